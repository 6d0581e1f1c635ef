"""Bad input and bad targets: a typed error, and no file."""

from __future__ import annotations

import asyncio
import errno
import os
import pathlib
import pickle
from collections.abc import Callable

import pytest

import transcode_py

Run = Callable[[pathlib.Path, pathlib.Path], object]


def run_sync(source: pathlib.Path, target: pathlib.Path) -> object:
    return transcode_py.transcode(source, target)


def run_async(source: pathlib.Path, target: pathlib.Path) -> object:
    return asyncio.run(transcode_py.transcode_async(source, target))


both = pytest.mark.parametrize("run", [run_sync, run_async])


def test_the_classes() -> None:
    assert issubclass(transcode_py.InvalidDataError, transcode_py.TranscodeError)
    assert issubclass(transcode_py.InvalidDataError, ValueError)
    assert issubclass(transcode_py.UnsupportedError, transcode_py.TranscodeError)
    assert issubclass(transcode_py.UnsupportedError, NotImplementedError)
    assert issubclass(transcode_py.LimitError, transcode_py.TranscodeError)
    assert issubclass(transcode_py.CancelledError, transcode_py.TranscodeError)
    # asyncio's own must stay distinguishable: it is not an Exception.
    assert not issubclass(transcode_py.CancelledError, asyncio.CancelledError)


@both
def test_missing_input(run: Run, tmp_path: pathlib.Path) -> None:
    source = tmp_path / "missing.mp4"
    with pytest.raises(FileNotFoundError) as caught:
        run(source, tmp_path / "out.mp4")
    assert caught.value.errno == errno.ENOENT
    assert caught.value.filename == str(source)
    assert list(tmp_path.iterdir()) == []


@both
def test_missing_folder_of_the_output(run: Run, clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    with pytest.raises(FileNotFoundError):
        run(clip, tmp_path / "missing" / "out.mp4")
    assert list(tmp_path.iterdir()) == []


@both
def test_existing_output(run: Run, clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    target = tmp_path / "out.mp4"
    target.write_bytes(b"precious")
    with pytest.raises(FileExistsError) as caught:
        run(clip, target)
    assert caught.value.errno == errno.EEXIST
    assert caught.value.filename == str(target)
    assert target.read_bytes() == b"precious"


def test_overwrite(clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    target = tmp_path / "out.mp4"
    target.write_bytes(b"old")
    stats = transcode_py.transcode(clip, target, overwrite=True, video_codec="copy")
    assert target.stat().st_size == stats.output_size > 3


@both
def test_a_directory(run: Run, clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "folder.mp4"
    folder.mkdir()
    with pytest.raises(IsADirectoryError):
        run(folder, tmp_path / "out.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.mp4"]


@both
@pytest.mark.parametrize("content", [b"", b"not a film" * 1000, bytes(4096), os.urandom(4096)])
def test_no_media(run: Run, content: bytes, tmp_path: pathlib.Path) -> None:
    source = tmp_path / "in.mp4"
    source.write_bytes(content)
    with pytest.raises(transcode_py.InvalidDataError, match="in.mp4"):
        run(source, tmp_path / "out.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


@both
def test_truncated(run: Run, clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    source = tmp_path / "in.mp4"
    source.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    with pytest.raises(transcode_py.InvalidDataError, match="in.mp4"):
        run(source, tmp_path / "out.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


@both
def test_unsupported_codec(run: Run, clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    source = tmp_path / "in.mp4"
    # The sample entry says what the codec is: let it say something that nobody has.
    source.write_bytes(clip.read_bytes().replace(b"avc1", b"zzz1"))
    with pytest.raises(transcode_py.UnsupportedError, match="zzz1"):
        run(source, tmp_path / "out.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


@pytest.mark.parametrize("name", ["InvalidDataError", "UnsupportedError", "LimitError", "CancelledError", "TranscodeError"])
def test_errors_cross_processes(name: str) -> None:
    error = getattr(transcode_py, name)("what happened")
    other = pickle.loads(pickle.dumps(error))
    assert type(other) is type(error)
    assert other.args == error.args
