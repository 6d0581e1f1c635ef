"""Names and callables, as type checkers see them.

Names are unions of single literals, which means the same as one literal with several values: `mypy.stubtest` compares
unions with what is there at run time, but doesn't know the other form.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import Literal, TypeAlias, TypedDict

from ._native import Progress

VideoCodec: TypeAlias = Literal["h264"] | Literal["copy"] | Literal["none"]
"""What the picture becomes: encoded anew, carried over packet by packet, or left out."""

AudioCodec: TypeAlias = Literal["aac"] | Literal["pcm"] | Literal["copy"] | Literal["none"]
"""What the sound becomes: encoded as AAC, written as samples, carried over packet by packet, or left out."""

AudioProfile: TypeAlias = Literal["lc"] | Literal["he"]
"""Which kind of AAC is encoded: AAC LC, which everything plays, or HE-AAC, for low bitrates."""

ChannelLayout: TypeAlias = (
    Literal["mono"]
    | Literal["stereo"]
    | Literal["5.1"]
    | Literal["7.1"]
    | Literal["2.1"]
    | Literal["3.0"]
    | Literal["3.1"]
    | Literal["4.0"]
    | Literal["quad"]
    | Literal["5.0"]
    | Literal["5.1(side)"]
    | Literal["6.1"]
    | Literal["7.1(wide)"]
)
"""Which loudspeakers a sound is for."""

Preset: TypeAlias = (
    Literal["ultrafast"]
    | Literal["superfast"]
    | Literal["veryfast"]
    | Literal["faster"]
    | Literal["fast"]
    | Literal["medium"]
    | Literal["slow"]
    | Literal["slower"]
    | Literal["veryslow"]
    | Literal["placebo"]
)
"""How much work the encoder spends on each bit: later names take longer and need fewer bits."""

Tune: TypeAlias = (
    Literal["none"]
    | Literal["film"]
    | Literal["animation"]
    | Literal["grain"]
    | Literal["psnr"]
    | Literal["ssim"]
    | Literal["fastdecode"]
    | Literal["zerolatency"]
)
"""What the encoder favours: the look (the default) of films, drawn or grainy pictures, signal-to-noise ratio, structural similarity,
little work for decoders, or pictures that come out at once."""

SimdLevel: TypeAlias = Literal["scalar"] | Literal["neon"] | Literal["sse42"] | Literal["avx2"] | Literal["avx512"]
"""A level of vector instructions."""

StrPath: TypeAlias = str | os.PathLike[str]
"""A file's name."""

ProgressCallback: TypeAlias = Callable[[Progress], object]
"""Called with the job's progress, at most ten times a second, and once more at the end."""

AsyncProgressCallback: TypeAlias = Callable[[Progress], Awaitable[object] | object]
"""The same for the async calls; when it returns an awaitable, that is awaited before the next call."""


class OptionValues(TypedDict):
    """What :meth:`transcode_py.TranscodeOptions.to_dict` returns; ``None`` is an option that was never set."""

    input_path: str | None
    output_path: str | None
    video_codec: VideoCodec | None
    audio_codec: AudioCodec | None
    video_bitrate: int | None
    audio_bitrate: int | None
    audio_quality: int | None
    audio_profile: AudioProfile | None
    audio_sample_rate: int | None
    audio_channels: ChannelLayout | None
    crf: float | None
    qp: int | None
    preset: Preset | None
    tune: Tune | None
    keyint: int | None
    width: int | None
    height: int | None
    overwrite: bool
    threads: int | None
    simd: SimdLevel | None
