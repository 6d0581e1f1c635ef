"""Ctrl-C ends a synchronous run within half a second, as a KeyboardInterrupt, and leaves nothing."""

from __future__ import annotations

import pathlib
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from conftest import PATIENCE

HALF_A_SECOND = 0.5

RUN = """
    import sys, time, transcode_py
    source, target, followed = sys.argv[1:]
    def started(progress):
        print("started", flush=True)
    transcoder = transcode_py.Transcoder(
        transcode_py.TranscodeOptions().input(source).output(target).resolution(1280, 720))
    if followed == "0":
        print("started", flush=True)
    try:
        transcoder.run(started if followed == "1" else None)
    except KeyboardInterrupt:
        assert not transcoder.running
        print("interrupted", flush=True)
"""

HANDLER = """
    import signal, sys, transcode_py
    source, target, _ = sys.argv[1:]
    class Alarm(Exception):
        pass
    def alarm(number, frame):
        raise Alarm
    signal.signal(signal.SIGINT, alarm)
    print("started", flush=True)
    try:
        transcode_py.transcode(source, target, resolution=(1280, 720))
    except Alarm:
        print("interrupted", flush=True)
"""


def interrupt(command: list[str], cwd: pathlib.Path, ready: bool = True) -> tuple[int, str, str, float]:
    """Starts `command`, sends SIGINT when it has said something (or after a while), and tells how it ended and how fast."""
    process = subprocess.Popen(
        command, cwd=cwd, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        first = process.stdout.readline() if ready else ""
        time.sleep(0.3 if ready else 1.0)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        out, err = process.communicate(timeout=PATIENCE)
        return process.returncode, first + out, err, time.monotonic() - began
    finally:
        process.kill()


@pytest.mark.parametrize(("script", "followed"), [(RUN, "0"), (RUN, "1"), (HANDLER, "0")])
def test_ctrl_c(script: str, followed: str, long_clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    output = tmp_path / "out.mp4"
    command = [sys.executable, "-c", textwrap.dedent(script), str(long_clip), str(output), followed]
    status, out, err, seconds = interrupt(command, tmp_path)
    assert (status, err) == (0, "")
    assert out.splitlines()[-1] == "interrupted"
    # The rest of the time is the interpreter's exit.
    assert seconds < HALF_A_SECOND + 0.2
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_in_the_command(long_clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    command = [sys.executable, "-m", "transcode_py", "convert", str(long_clip), str(tmp_path / "out.mp4")]
    command += ["--resolution", "1280x720", "--quiet"]
    status, out, _, seconds = interrupt(command, tmp_path, ready=False)
    assert status not in (0, 2)
    assert out == ""
    assert seconds < HALF_A_SECOND + 0.2
    assert list(tmp_path.iterdir()) == []
