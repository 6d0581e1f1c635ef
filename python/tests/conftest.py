"""What the tests share: clips that the package makes itself, and jobs of a known length."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from collections.abc import Callable

import pytest

import transcode_py

# A job that nobody interrupts must end in this time even on a slow machine; one that hangs must not hang the tests.
PATIENCE = 120.0


def run_python(
    *arguments: str | os.PathLike[str], cwd: pathlib.Path, timeout: float = PATIENCE
) -> subprocess.CompletedProcess[str]:
    """Runs a fresh interpreter and returns what it printed."""
    command = [sys.executable, *(os.fspath(argument) for argument in arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=timeout)


def make_clip(path: pathlib.Path, seconds: int) -> pathlib.Path:
    """A film with picture and sound, made by the command's own generator."""
    subprocess.run(
        [sys.executable, "-m", "transcode_py", "--quiet", "make-clip", str(path), "--seconds", str(seconds)],
        check=True,
        timeout=PATIENCE,
    )
    return path


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A second: 30 pictures, 640x360."""
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", 1)


@pytest.fixture(scope="session")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Eight seconds; scaled up it keeps an encoder busy for long enough to be interrupted."""
    return make_clip(tmp_path_factory.mktemp("clip") / "long.mp4", 8)


@pytest.fixture
def options(clip: pathlib.Path, tmp_path: pathlib.Path) -> transcode_py.TranscodeOptions:
    """A short job into an empty folder."""
    return transcode_py.TranscodeOptions().input(clip).output(tmp_path / "out.mp4")


@pytest.fixture
def long_options(long_clip: pathlib.Path, tmp_path: pathlib.Path) -> transcode_py.TranscodeOptions:
    """A job of many seconds into an empty folder."""
    return transcode_py.TranscodeOptions().input(long_clip).output(tmp_path / "out.mp4").resolution(1280, 720)


@pytest.fixture
def nothing_left(tmp_path: pathlib.Path) -> Callable[[], None]:
    """Asserts that the job left nothing in its folder: no output, no temporary file."""

    def check() -> None:
        assert list(tmp_path.iterdir()) == []

    return check
