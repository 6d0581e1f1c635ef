"""The interpreter exits cleanly, whatever jobs are doing: status 0, and not a word.

A thread of Rust's that comes back to a finalised interpreter aborts the process, but only if it comes at the wrong moment:
so each way to exit is tried many times.
"""

from __future__ import annotations

import concurrent.futures
import os
import pathlib
import subprocess
import textwrap

import pytest

from conftest import run_python

PROCESSES = 100
AT_A_TIME = 2 * (os.cpu_count() or 1)

AWAITED = """
    import asyncio, sys, transcode_py
    source, target = sys.argv[1:]
    async def main():
        await transcode_py.transcode_async(source, target, video_codec="copy", progress_callback=lambda progress: None)
    asyncio.run(main())
"""

AWAITED_WITHOUT_A_CALLBACK = """
    import asyncio, sys, transcode_py
    source, target = sys.argv[1:]
    asyncio.run(transcode_py.transcode_async(source, target, video_codec="copy"))
"""

# Ways to leave while a job runs. {delay} differs from process to process, to hit different moments of the job.
LEFT_RUNNING = {
    "the main coroutine returns": """
        import asyncio, sys, transcode_py
        source, target = sys.argv[1:]
        async def main():
            asyncio.ensure_future(transcode_py.transcode_async(
                source, target, resolution=(1280, 720), progress_callback=lambda progress: None))
            await asyncio.sleep({delay})
        asyncio.run(main())
    """,
    "sys.exit in a coroutine": """
        import asyncio, sys, transcode_py
        source, target = sys.argv[1:]
        async def main():
            task = asyncio.create_task(transcode_py.transcode_async(source, target, resolution=(1280, 720)))
            await asyncio.sleep({delay})
            sys.exit(0)
        asyncio.run(main())
    """,
    "the event loop is dropped": """
        import asyncio, sys, transcode_py
        source, target = sys.argv[1:]
        loop = asyncio.new_event_loop()
        task = loop.create_task(transcode_py.transcode_async(
            source, target, resolution=(1280, 720), progress_callback=lambda progress: None))
        loop.run_until_complete(asyncio.sleep({delay}))
    """,
    "the event loop is closed": """
        import asyncio, sys, transcode_py
        source, target = sys.argv[1:]
        loop = asyncio.new_event_loop()
        task = loop.create_task(transcode_py.transcode_async(source, target, resolution=(1280, 720)))
        loop.run_until_complete(asyncio.sleep({delay}))
        loop.close()
    """,
    "a daemon thread": """
        import sys, threading, time, transcode_py
        source, target = sys.argv[1:]
        options = transcode_py.TranscodeOptions().input(source).output(target).resolution(1280, 720)
        def job():
            try:
                transcode_py.Transcoder(options).run(lambda progress: None)
            except transcode_py.CancelledError:
                pass
        threading.Thread(target=job, daemon=True).start()
        time.sleep({delay})
    """,
    "an event loop in a daemon thread": """
        import asyncio, sys, threading, time, transcode_py
        source, target = sys.argv[1:]
        async def job():
            try:
                await transcode_py.transcode_async(
                    source, target, resolution=(1280, 720), progress_callback=lambda progress: None)
            except transcode_py.CancelledError:
                pass
        threading.Thread(target=asyncio.run, args=(job(),), daemon=True).start()
        time.sleep({delay})
    """,
}


def write(folder: pathlib.Path, name: str, script: str) -> pathlib.Path:
    path = folder / name
    path.write_text(textwrap.dedent(script))
    return path


def check(result: subprocess.CompletedProcess[str]) -> None:
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_processes_that_await_their_job(clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    scripts = [write(tmp_path, "with.py", AWAITED), write(tmp_path, "without.py", AWAITED_WITHOUT_A_CALLBACK)]

    def one(i: int) -> None:
        # Three in four with a callback.
        script = scripts[i % 4 == 3]
        target = tmp_path / f"{i}.mp4"
        check(run_python(script, clip, target, cwd=tmp_path))
        assert target.stat().st_size > 0
        target.unlink()

    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        assert len(list(pool.map(one, range(PROCESSES)))) == PROCESSES


def test_processes_that_leave_a_job_running(long_clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    outputs = tmp_path / "outputs"
    outputs.mkdir()
    ways = list(LEFT_RUNNING.values())

    def one(i: int) -> None:
        delay = 0.01 + 0.2 * (i * 37 % 100) / 100
        script = write(tmp_path, f"{i}.py", ways[i % len(ways)].replace("{delay}", str(delay)))
        check(run_python(script, long_clip, outputs / f"{i}.mp4", cwd=tmp_path))

    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        assert len(list(pool.map(one, range(PROCESSES)))) == PROCESSES
    assert list(outputs.iterdir()) == [], "a job that the exit ended must leave nothing behind"


@pytest.mark.parametrize("way", LEFT_RUNNING)
def test_each_way_to_leave(way: str, long_clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    script = write(tmp_path, "script.py", LEFT_RUNNING[way].replace("{delay}", "0.3"))
    check(run_python(script, long_clip, tmp_path / "out.mp4", cwd=tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["script.py"]


def test_a_thread_that_is_no_daemon_finishes_its_job(clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """As Python does with every such thread: it is waited for, not cut off."""
    script = write(
        tmp_path,
        "script.py",
        """
        import sys, threading, transcode_py
        threading.Thread(target=transcode_py.transcode, args=sys.argv[1:]).start()
        """,
    )
    check(run_python(script, clip, tmp_path / "out.mp4", cwd=tmp_path))
    assert (tmp_path / "out.mp4").stat().st_size > 0


def test_no_job_starts_during_the_exit(clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    script = write(
        tmp_path,
        "script.py",
        """
        import atexit, sys
        source, target = sys.argv[1:]
        def late():
            try:
                transcode_py.transcode(source, target)
            except transcode_py.CancelledError as error:
                assert "exiting" in str(error)
            else:
                raise AssertionError("a job ran after the exit hook of the package")
        atexit.register(late)
        import transcode_py
        """,
    )
    check(run_python(script, clip, tmp_path / "out.mp4", cwd=tmp_path))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
def test_jobs_work_in_a_forked_child(clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """The parent's runtime threads don't exist in the child, which must not wait for them, neither at work nor at exit."""
    script = write(
        tmp_path,
        "script.py",
        """
        import asyncio, os, sys, transcode_py
        source, target = sys.argv[1:]
        def work():
            asyncio.run(transcode_py.transcode_async(source, target, video_codec="copy", overwrite=True))
        work()
        child = os.fork()
        if child == 0:
            work()
            sys.exit(7)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 7, status
        """,
    )
    check(run_python(script, clip, tmp_path / "out.mp4", cwd=tmp_path))
