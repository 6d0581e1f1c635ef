"""The two functions that most users need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._native import Transcoder, TranscodeOptions, TranscodeStats
from ._types import EncoderOptions

if TYPE_CHECKING:
    from typing import Unpack

    from ._types import (
        AsyncProgressCallback,
        AudioCodec,
        AudioProfile,
        ChannelLayout,
        Preset,
        ProgressCallback,
        SimdLevel,
        StrPath,
        Tune,
        VideoCodec,
    )


def transcode(
    input_path: StrPath,
    output_path: StrPath,
    *,
    video_codec: VideoCodec | None = None,
    audio_codec: AudioCodec | None = None,
    video_bitrate: int | None = None,
    audio_bitrate: int | None = None,
    audio_quality: int | None = None,
    audio_profile: AudioProfile | None = None,
    audio_sample_rate: int | None = None,
    audio_channels: ChannelLayout | int | None = None,
    crf: float | None = None,
    qp: int | None = None,
    preset: Preset | None = None,
    tune: Tune | None = None,
    keyint: int | None = None,
    resolution: tuple[int, int] | None = None,
    overwrite: bool = False,
    threads: int | None = None,
    simd: SimdLevel | None = None,
    progress_callback: ProgressCallback | None = None,
    **encoder: Unpack[EncoderOptions],
) -> TranscodeStats:
    """Transcodes `input_path` to `output_path` and returns the job's statistics.

    The options are those of :class:`TranscodeOptions`; one that is ``None`` is left at its default. The GIL is released
    while the job works. `progress_callback` is called in this thread; if it raises, the job is cancelled and the exception
    comes out here, and so does the ``KeyboardInterrupt`` of a Ctrl-C. A job that doesn't succeed leaves no file.

    >>> stats = transcode("in.mp4", "out.mp4", video_codec="h264", crf=23)  # doctest: +SKIP
    >>> stats = transcode("in.mp4", "out.mp4", video_bitrate=2_000_000, two_pass=True, preset="slow")  # doctest: +SKIP
    >>> stats = transcode("in.mp4", "out.mp4", audio_codec="aac", audio_bitrate=128_000)  # doctest: +SKIP
    """
    options = _options(
        input_path,
        output_path,
        video_codec=video_codec,
        audio_codec=audio_codec,
        video_bitrate=video_bitrate,
        audio_bitrate=audio_bitrate,
        audio_quality=audio_quality,
        audio_profile=audio_profile,
        audio_sample_rate=audio_sample_rate,
        audio_channels=audio_channels,
        crf=crf,
        qp=qp,
        preset=preset,
        tune=tune,
        keyint=keyint,
        resolution=resolution,
        overwrite=overwrite,
        threads=threads,
        simd=simd,
        encoder=encoder,
    )
    return Transcoder(options).run(progress_callback)


async def transcode_async(
    input_path: StrPath,
    output_path: StrPath,
    *,
    video_codec: VideoCodec | None = None,
    audio_codec: AudioCodec | None = None,
    video_bitrate: int | None = None,
    audio_bitrate: int | None = None,
    audio_quality: int | None = None,
    audio_profile: AudioProfile | None = None,
    audio_sample_rate: int | None = None,
    audio_channels: ChannelLayout | int | None = None,
    crf: float | None = None,
    qp: int | None = None,
    preset: Preset | None = None,
    tune: Tune | None = None,
    keyint: int | None = None,
    resolution: tuple[int, int] | None = None,
    overwrite: bool = False,
    threads: int | None = None,
    simd: SimdLevel | None = None,
    progress_callback: AsyncProgressCallback | None = None,
    **encoder: Unpack[EncoderOptions],
) -> TranscodeStats:
    """Like :func:`transcode`, for asyncio: the event loop goes on while the job works.

    `progress_callback` is a plain function or a coroutine function, called on the event loop's thread. Cancelling the task
    cancels the job; the task ends when the job has ended and its files are gone.

    >>> stats = await transcode_async("in.mp4", "out.mp4", audio_codec="none")  # doctest: +SKIP
    """
    options = _options(
        input_path,
        output_path,
        video_codec=video_codec,
        audio_codec=audio_codec,
        video_bitrate=video_bitrate,
        audio_bitrate=audio_bitrate,
        audio_quality=audio_quality,
        audio_profile=audio_profile,
        audio_sample_rate=audio_sample_rate,
        audio_channels=audio_channels,
        crf=crf,
        qp=qp,
        preset=preset,
        tune=tune,
        keyint=keyint,
        resolution=resolution,
        overwrite=overwrite,
        threads=threads,
        simd=simd,
        encoder=encoder,
    )
    return await Transcoder(options).run_async(progress_callback)


def _options(
    input_path: StrPath,
    output_path: StrPath,
    *,
    video_codec: VideoCodec | None,
    audio_codec: AudioCodec | None,
    video_bitrate: int | None,
    audio_bitrate: int | None,
    audio_quality: int | None,
    audio_profile: AudioProfile | None,
    audio_sample_rate: int | None,
    audio_channels: ChannelLayout | int | None,
    crf: float | None,
    qp: int | None,
    preset: Preset | None,
    tune: Tune | None,
    keyint: int | None,
    resolution: tuple[int, int] | None,
    overwrite: bool,
    threads: int | None,
    simd: SimdLevel | None,
    encoder: EncoderOptions,
) -> TranscodeOptions:
    options = TranscodeOptions().input(input_path).output(output_path).overwrite(overwrite)
    if video_codec is not None:
        options.video_codec(video_codec)
    if audio_codec is not None:
        options.audio_codec(audio_codec)
    if video_bitrate is not None:
        options.video_bitrate(video_bitrate)
    if audio_bitrate is not None:
        options.audio_bitrate(audio_bitrate)
    if audio_quality is not None:
        options.audio_quality(audio_quality)
    if audio_profile is not None:
        options.audio_profile(audio_profile)
    if audio_sample_rate is not None:
        options.audio_sample_rate(audio_sample_rate)
    if audio_channels is not None:
        options.audio_channels(audio_channels)
    if crf is not None:
        options.crf(crf)
    if qp is not None:
        options.qp(qp)
    if preset is not None:
        options.preset(preset)
    if tune is not None:
        options.tune(tune)
    if keyint is not None:
        options.keyint(keyint)
    if resolution is not None:
        width, height = resolution
        options.resolution(width, height)
    if threads is not None:
        options.threads(threads)
    if simd is not None:
        options.simd(simd)
    for name, value in encoder.items():
        if name not in EncoderOptions.__annotations__:
            raise TypeError(f"transcode: unexpected keyword argument {name!r}")
        if name == "deblock" and isinstance(value, tuple):
            options.deblock(*value)
        elif name == "no_deblock":
            if value:
                options.no_deblock()
        elif value is not None:
            getattr(options, name)(value)
    return options
