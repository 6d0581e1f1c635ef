"""asyncio: progress, cancellation, an event loop that goes on."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import pathlib
import threading
import time
from collections.abc import Callable

import pytest

import transcode_py
from transcode_py import Progress, TranscodeOptions, Transcoder

# How long a cancelled job may take to end, and how long an event loop may be kept from a timer.
HALF_A_SECOND = 0.5
LONGEST_GAP = 0.05


class Stop(Exception):
    """Raised by callbacks."""


def test_transcode_async(clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    output = tmp_path / "out.mp4"
    stats = asyncio.run(transcode_py.transcode_async(clip, output, video_codec="h264", qp=30))
    assert stats.output_size == output.stat().st_size
    assert stats.frames_encoded > 0
    assert inspect.iscoroutinefunction(transcode_py.transcode_async)


@pytest.mark.parametrize("kind", ["plain", "coroutine"])
def test_progress_comes_on_the_loop(kind: str, options: TranscodeOptions) -> None:
    seen: list[float] = []
    variable = contextvars.ContextVar("variable", default="unset")

    def note(progress: Progress) -> None:
        assert threading.current_thread() is threading.main_thread()
        assert asyncio.get_running_loop() is not None
        assert variable.get() == "set"
        seen.append(progress.percent)

    async def note_later(progress: Progress) -> None:
        await asyncio.sleep(0.01)
        note(progress)

    async def main() -> None:
        variable.set("set")
        await Transcoder(options).run_async(note if kind == "plain" else note_later)

    asyncio.run(main())
    assert seen == sorted(seen)
    assert seen[-1] == 100
    assert seen.count(100) == 1


@pytest.mark.parametrize("kind", ["plain", "coroutine"])
def test_a_callback_that_raises_cancels_the_job(
    kind: str, long_options: TranscodeOptions, nothing_left: Callable[[], None]
) -> None:
    def stop(progress: Progress) -> None:
        raise Stop

    async def stop_later(progress: Progress) -> None:
        await asyncio.sleep(0)
        raise Stop

    with pytest.raises(Stop):
        asyncio.run(Transcoder(long_options).run_async(stop if kind == "plain" else stop_later))
    nothing_left()


def test_a_callback_that_raises_at_the_end_leaves_no_file(
    options: TranscodeOptions, nothing_left: Callable[[], None]
) -> None:
    def stop(progress: Progress) -> None:
        if progress.percent == 100:
            raise Stop

    with pytest.raises(Stop):
        asyncio.run(Transcoder(options).run_async(stop))
    nothing_left()


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("with_callback", [False, True])
def test_cancelling_the_task_ends_the_job(
    times: int, with_callback: bool, long_options: TranscodeOptions, nothing_left: Callable[[], None]
) -> None:
    async def main() -> None:
        transcoder = Transcoder(long_options)
        task = asyncio.create_task(transcoder.run_async((lambda progress: None) if with_callback else None))
        await asyncio.sleep(0.3)
        assert transcoder.running
        began = time.monotonic()
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - began < HALF_A_SECOND
        # The task waited for the job: there is nothing left to wait for.
        assert not transcoder.running
        nothing_left()

    asyncio.run(main())


def test_a_timeout_ends_the_job(long_options: TranscodeOptions, nothing_left: Callable[[], None]) -> None:
    async def main() -> None:
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(Transcoder(long_options).run_async(), timeout=0.3)
        assert time.monotonic() - began < 0.3 + HALF_A_SECOND
        nothing_left()

    asyncio.run(main())


def test_cancel_from_another_thread(long_options: TranscodeOptions, nothing_left: Callable[[], None]) -> None:
    async def main() -> None:
        transcoder = Transcoder(long_options)
        alarm = threading.Timer(0.3, transcoder.cancel)
        alarm.start()
        # Not asyncio's CancelledError: nobody cancelled the task.
        with pytest.raises(transcode_py.CancelledError):
            await transcoder.run_async()
        alarm.join()

    asyncio.run(main())
    nothing_left()


def test_a_second_run_at_the_same_time_is_an_error(long_options: TranscodeOptions) -> None:
    async def main() -> None:
        transcoder = Transcoder(long_options)
        task = asyncio.create_task(transcoder.run_async())
        await asyncio.sleep(0.1)
        with pytest.raises(RuntimeError, match="running already"):
            await transcoder.run_async()
        with pytest.raises(RuntimeError, match="running already"):
            transcoder.run()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_two_jobs_and_a_ticker(long_clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    gaps: list[float] = []

    async def tick() -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(0.01)
            now = time.monotonic()
            gaps.append(now - last)
            last = now

    async def main() -> None:
        ticker = asyncio.create_task(tick())
        await asyncio.gather(
            *(
                transcode_py.transcode_async(
                    long_clip, tmp_path / f"{i}.mp4", resolution=(320, 240), progress_callback=lambda progress: None
                )
                for i in range(2)
            )
        )
        ticker.cancel()

    asyncio.run(main())
    assert len(gaps) > 20
    assert max(gaps) < LONGEST_GAP


def test_in_a_task_group(clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(transcode_py.transcode_async(clip, tmp_path / f"{i}.mp4", video_codec="copy"))
                for i in range(5)
            ]
        assert all(task.result().packets_processed > 0 for task in tasks)

    asyncio.run(main())


def test_several_event_loops(clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """One after the other, and in several threads at once: a job belongs to the loop that awaits it."""

    def one(name: str) -> None:
        asyncio.run(transcode_py.transcode_async(clip, tmp_path / name, video_codec="copy"))

    for i in range(3):
        one(f"{i}.mp4")
    threads = [threading.Thread(target=one, args=(f"thread-{i}.mp4",)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(tmp_path.iterdir())) == 6


def test_an_unawaited_run_does_nothing(options: TranscodeOptions, nothing_left: Callable[[], None]) -> None:
    transcoder = Transcoder(options)
    coroutine = transcoder.run_async()
    assert inspect.iscoroutine(coroutine)
    assert not transcoder.running
    coroutine.close()
    nothing_left()


def test_without_an_event_loop(options: TranscodeOptions) -> None:
    transcoder = Transcoder(options)
    coroutine = transcoder.run_async()
    with pytest.raises(RuntimeError, match="no running event loop"):
        coroutine.send(None)
    assert not transcoder.running


def test_the_callback_must_be_callable(options: TranscodeOptions) -> None:
    with pytest.raises(TypeError, match="callable"):
        Transcoder(options).run_async(3)  # type: ignore[arg-type, unused-coroutine]
