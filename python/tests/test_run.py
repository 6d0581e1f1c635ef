"""Synchronous runs: results, progress, callbacks, cancellation, threads."""

from __future__ import annotations

import pathlib
import threading
import time
from collections.abc import Callable

import pytest

import transcode_py
from transcode_py import Progress, TranscodeOptions, Transcoder

# How long a cancelled job may take to end.
HALF_A_SECOND = 0.5


class Stop(Exception):
    """Raised by callbacks."""


def test_transcode_tells_what_it_did(clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    output = tmp_path / "out.mp4"
    stats = transcode_py.transcode(clip, output, video_codec="h264", qp=30)
    assert stats.output_size == output.stat().st_size
    assert stats.input_size == clip.stat().st_size
    assert stats.compression_ratio == pytest.approx(stats.input_size / stats.output_size)
    assert stats.frames_decoded == stats.frames_encoded == 30
    assert stats.frames_concealed == 0
    assert stats.packets_processed >= stats.frames_decoded
    assert stats.elapsed > 0
    assert stats.speed == pytest.approx(1 / stats.elapsed, rel=0.1)
    assert repr(stats).startswith(f"TranscodeStats(packets={stats.packets_processed}, frames_decoded=")


def test_paths_may_be_strings(clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    transcode_py.transcode(str(clip), str(tmp_path / "out.mp4"), video_codec="copy")
    assert (tmp_path / "out.mp4").stat().st_size > 0


def test_copied_tracks_are_neither_decoded_nor_encoded(clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    stats = transcode_py.transcode(clip, tmp_path / "out.mp4", video_codec="copy", audio_codec="copy")
    assert stats.packets_processed > 0
    assert (stats.frames_decoded, stats.frames_encoded) == (0, 0)


def test_options_reach_the_job(clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    def size(name: str, qp: int) -> int:
        return transcode_py.transcode(clip, tmp_path / name, qp=qp, audio_codec="none").output_size

    assert size("coarse.mp4", 45) < size("fine.mp4", 20)


def test_the_output_does_not_depend_on_threads(clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    results = []
    for threads in (1, 2):
        output = tmp_path / f"{threads}.mp4"
        transcode_py.transcode(clip, output, threads=threads)
        results.append(output.read_bytes())
    assert results[0] == results[1]


def test_progress_tells_the_truth(long_options: TranscodeOptions) -> None:
    seen: list[Progress] = []
    times: list[float] = []
    threads: set[int] = set()

    def note(progress: Progress) -> None:
        seen.append(progress)
        times.append(time.monotonic())
        threads.add(threading.get_ident())

    stats = Transcoder(long_options.resolution(320, 240)).run(note)
    assert threads == {threading.get_ident()}
    assert all(0 <= p.percent <= 100 and p.size >= 0 for p in seen)
    assert [p.percent for p in seen] == sorted(p.percent for p in seen)
    assert [p.frames for p in seen] == sorted(p.frames for p in seen)
    last = seen[-1]
    assert last.percent == 100
    assert last.frames == stats.frames_encoded
    assert last.eta in (0, None)
    assert sum(p.percent == 100 for p in seen) == 1
    # At most ten a second, plus the first and the last.
    assert len(seen) <= 10 * (times[-1] - times[0]) + 2
    assert repr(last).startswith("Progress(percent=100.0%, frames=")


def test_a_callback_that_raises_cancels_the_job(
    long_options: TranscodeOptions, nothing_left: Callable[[], None]
) -> None:
    def stop(progress: Progress) -> None:
        raise Stop(progress.percent)

    with pytest.raises(Stop) as caught:
        Transcoder(long_options).run(stop)
    assert caught.value.args[0] < 100
    nothing_left()


def test_a_callback_that_raises_at_the_end_leaves_no_file(
    options: TranscodeOptions, nothing_left: Callable[[], None]
) -> None:
    def stop(progress: Progress) -> None:
        if progress.percent == 100:
            raise Stop

    with pytest.raises(Stop):
        Transcoder(options).run(stop)
    nothing_left()


def test_a_slow_callback_does_not_slow_the_job(options: TranscodeOptions) -> None:
    calls: list[float] = []

    def slow(progress: Progress) -> None:
        calls.append(progress.percent)
        time.sleep(0.3)

    began = time.monotonic()
    stats = Transcoder(options).run(slow)
    # One call for each, if the callback takes longer than the job: the samples in between are dropped, not queued.
    assert len(calls) <= stats.elapsed / 0.3 + 2
    assert calls[-1] == 100
    assert time.monotonic() - began < stats.elapsed + 1.0


def test_cancel_from_another_thread(long_options: TranscodeOptions, nothing_left: Callable[[], None]) -> None:
    transcoder = Transcoder(long_options)
    started = threading.Event()
    cancelled_at: list[float] = []

    def cancel() -> None:
        started.wait()
        cancelled_at.append(time.monotonic())
        assert transcoder.cancel()

    canceller = threading.Thread(target=cancel)
    canceller.start()
    with pytest.raises(transcode_py.CancelledError):
        transcoder.run(lambda progress: started.set())
    assert time.monotonic() - cancelled_at[0] < HALF_A_SECOND
    canceller.join()
    nothing_left()
    assert not transcoder.running
    assert not transcoder.cancel(), "there is nothing left to cancel"


def test_a_cancelled_transcoder_can_run_again(options: TranscodeOptions) -> None:
    transcoder = Transcoder(options)
    with pytest.raises(transcode_py.CancelledError):
        transcoder.run(lambda progress: transcoder.cancel() and None)
    assert transcoder.run().frames_encoded > 0


def test_a_second_run_at_the_same_time_is_an_error(long_options: TranscodeOptions) -> None:
    transcoder = Transcoder(long_options)

    def again(progress: Progress) -> None:
        assert transcoder.running
        transcoder.run()

    with pytest.raises(RuntimeError, match="running already"):
        transcoder.run(again)
    assert not transcoder.running


def test_other_threads_go_on(long_options: TranscodeOptions) -> None:
    """The GIL is free while a job works: a thread that wants it every millisecond gets it."""
    gaps: list[float] = []
    stop = threading.Event()

    def tick() -> None:
        last = time.monotonic()
        while not stop.is_set():
            time.sleep(0.001)
            now = time.monotonic()
            gaps.append(now - last)
            last = now

    ticker = threading.Thread(target=tick)
    ticker.start()
    Transcoder(long_options.resolution(320, 240).threads(1)).run()
    stop.set()
    ticker.join()
    assert len(gaps) > 50
    assert max(gaps) < 0.25


def test_the_callback_must_be_callable_and_plain(options: TranscodeOptions) -> None:
    async def coroutine(progress: Progress) -> None: ...

    transcoder = Transcoder(options)
    with pytest.raises(TypeError, match="callable"):
        transcoder.run(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="run_async"):
        transcoder.run(coroutine)
    assert not transcoder.running


def test_two_passes_tell_of_their_pictures(clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    stats = transcode_py.transcode(
        clip, tmp_path / "out.mp4", video_bitrate=400_000, preset="veryfast", two_pass=True, psnr=True, bframes=2, deblock=(-1, 0)
    )
    # A second is too short to meet a rate exactly.
    assert 200_000 < stats.video_bitrate < 420_000
    assert sum(stats.picture_counts) == stats.frames_encoded == 30
    assert sum(stats.picture_bytes) * 8 == pytest.approx(stats.video_bitrate, rel=0.01)
    assert stats.psnr is not None and min(stats.psnr) > 25
    assert 0 < stats.mean_qp < 51
    options = TranscodeOptions().preset("medium").crf(23).tune("ssim").two_pass()
    once = Transcoder(options.input(clip).output(tmp_path / "chain.mp4").preset("ultrafast")).run()
    assert once.frames_encoded == 30 and once.psnr is None


def test_an_unknown_option_is_a_type_error(clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    with pytest.raises(TypeError, match="two_passes"):
        transcode_py.transcode(clip, tmp_path / "out.mp4", two_passes=True)  # type: ignore[call-arg]
