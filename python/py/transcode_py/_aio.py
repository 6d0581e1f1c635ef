"""The asyncio side of a job: it waits, calls back and cancels on the event loop's own thread.

The job runs on a thread of the Rust runtime, which touches Python once, at the end, to resolve one future. Progress is
fetched from here, so no foreign thread ever calls a user's function, and a slow callback never slows the job.
"""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._native import AsyncRun, Transcoder, TranscodeStats
    from ._types import AsyncProgressCallback

# The job samples itself at most ten times a second; looking twice as often keeps the last sample from waiting long.
_LOOK_SECONDS = 0.05


async def drive(transcoder: Transcoder, progress_callback: AsyncProgressCallback | None) -> TranscodeStats:
    """Starts a run of `transcoder`, calls back until it ends, and returns its statistics."""
    run = transcoder._start(followed=progress_callback is not None)
    try:
        if progress_callback is not None:
            await _follow(run, progress_callback)
        else:
            await asyncio.wait((run.ended,))
    except GeneratorExit:
        # The coroutine is being thrown away: nothing may be awaited any more.
        run.cancel()
        raise
    except BaseException:
        run.cancel()
        await _outlast(run)
        raise
    return run.result()


async def _follow(run: AsyncRun, progress_callback: AsyncProgressCallback) -> None:
    ended = False
    while not ended:
        done, _ = await asyncio.wait((run.ended,), timeout=_LOOK_SECONDS)
        ended = bool(done)
        progress = run.take_progress()
        if progress is not None:
            outcome = progress_callback(progress)
            if inspect.isawaitable(outcome):
                await outcome
            run.acknowledge()


async def _outlast(run: AsyncRun) -> None:
    """Waits until the cancelled job has ended and its files are gone, however often the task is cancelled meanwhile."""
    while not run.ended.done():
        try:
            await asyncio.wait((run.ended,))
        except asyncio.CancelledError:
            continue
