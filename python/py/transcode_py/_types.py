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

Profile: TypeAlias = Literal["baseline"] | Literal["main"] | Literal["high"]
"""What the decoder of H.264 must know: "baseline" plays on old devices, "high" needs the fewest bits."""

Level: TypeAlias = (
    Literal["1"]
    | Literal["1.1"]
    | Literal["1.2"]
    | Literal["1.3"]
    | Literal["2"]
    | Literal["2.1"]
    | Literal["2.2"]
    | Literal["3"]
    | Literal["3.1"]
    | Literal["3.2"]
    | Literal["4"]
    | Literal["4.1"]
    | Literal["4.2"]
    | Literal["5"]
    | Literal["5.1"]
    | Literal["5.2"]
    | Literal["6"]
    | Literal["6.1"]
    | Literal["6.2"]
)
"""What the decoder of H.264 must stand: size, pictures and bits a second, memory."""

NalHrd: TypeAlias = Literal["none"] | Literal["vbr"] | Literal["cbr"]
"""Whether the stream tells of the decoder's buffer, and whether it is filled up to a constant rate."""

BAdapt: TypeAlias = Literal["none"] | Literal["fast"] | Literal["trellis"]
"""How the number of B pictures in a row is chosen."""

WeightP: TypeAlias = Literal[0] | Literal[1] | Literal[2]
"""Weighted prediction of P pictures: none, for fades, or also with a second look at the nearest picture."""

Direct: TypeAlias = Literal["spatial"] | Literal["temporal"]
"""Where the motion of direct macroblocks comes from: from those around, or from the next picture."""

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
    deblock: tuple[int, int] | None
    no_deblock: bool | None
    level: Level | None
    two_pass: bool | None
    vbv_maxrate: int | None
    vbv_bufsize: int | None
    vbv_init: float | None
    nal_hrd: NalHrd | None
    bframes: int | None
    b_adapt: BAdapt | None
    b_pyramid: bool | None
    weightb: bool | None
    weightp: WeightP | None
    direct: Direct | None
    ref: int | None
    min_keyint: int | None
    scenecut: bool | None
    rc_lookahead: int | None
    aq_strength: float | None
    qcomp: float | None
    ipratio: float | None
    pbratio: float | None
    qpmin: int | None
    qpmax: int | None
    profile: Profile | None
    psnr: bool | None
    width: int | None
    height: int | None
    overwrite: bool
    threads: int | None
    simd: SimdLevel | None


class EncoderOptions(TypedDict, total=False):
    """What :func:`transcode_py.transcode` takes beside its own arguments: more of :class:`transcode_py.TranscodeOptions`' methods,
    by name. ``None`` leaves one at its default."""

    deblock: tuple[int, int] | None
    no_deblock: bool | None
    level: Level | None
    two_pass: bool | None
    vbv_maxrate: int | None
    vbv_bufsize: int | None
    vbv_init: float | None
    nal_hrd: NalHrd | None
    bframes: int | None
    b_adapt: BAdapt | None
    b_pyramid: bool | None
    weightb: bool | None
    weightp: WeightP | None
    direct: Direct | None
    ref: int | None
    min_keyint: int | None
    scenecut: bool | None
    rc_lookahead: int | None
    aq_strength: float | None
    qcomp: float | None
    ipratio: float | None
    pbratio: float | None
    qpmin: int | None
    qpmax: int | None
    profile: Profile | None
    psnr: bool | None
