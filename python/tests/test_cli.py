"""The command that the wheel installs: the Rust program, with its exit statuses."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sysconfig

import pytest

import transcode_py
from conftest import PATIENCE, run_python

COMMAND = pathlib.Path(sysconfig.get_path("scripts"), "transcode")


def transcode(*arguments: str | pathlib.Path, cwd: pathlib.Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, *arguments], cwd=cwd, capture_output=True, text=True, timeout=PATIENCE)


def test_convert_and_probe(clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    result = transcode("convert", clip, "out.mp4", "--video-codec", "h264", "--qp", "30", "--quiet", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    result = transcode("probe", "out.mp4", "--json", cwd=tmp_path)
    assert result.returncode == 0
    assert "h264" in result.stdout
    json.loads(result.stdout)


def test_exit_statuses(clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    assert transcode("simd", cwd=tmp_path).returncode == 0
    failed = transcode("convert", "missing.mp4", "out.mp4", cwd=tmp_path)
    assert failed.returncode == 1
    assert "missing.mp4" in failed.stderr
    assert transcode("no-such-command", cwd=tmp_path).returncode == 2
    assert transcode("convert", clip, "out.mp4", "--preset", "nonsense", cwd=tmp_path).returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_python_dash_m_is_the_same_program(tmp_path: pathlib.Path) -> None:
    result = run_python("-m", "transcode_py", "--version", cwd=tmp_path)
    assert result.returncode == 0
    assert transcode_py.version() in result.stdout
    assert result.stdout == transcode("--version", cwd=tmp_path).stdout


@pytest.mark.parametrize("level", ["scalar", "sse42", "avx2", "avx512", "neon"])
def test_detect_simd_agrees_with_the_command(level: str, tmp_path: pathlib.Path) -> None:
    lines = transcode("simd", cwd=tmp_path).stdout.splitlines()
    has = True if level == "scalar" else getattr(transcode_py.detect_simd(), level)
    (line,) = [line for line in lines if line.split()[:1] in ([level], [f"{level}:"])]
    assert ("unavailable" not in line and "not available" not in line and " no" not in line) == has, line
