"""A memory-safe transcoder: codecs in Rust, no FFmpeg inside.

>>> import transcode_py
>>> stats = transcode_py.transcode("input.mp4", "output.mp4", video_codec="h264")  # doctest: +SKIP

`transcode` and `transcode_async` do a job in one call. `TranscodeOptions` and `Transcoder` do the same in steps, with
`Transcoder.cancel` for other threads. `detect_simd` tells what this machine can do, `version` what this package is.
"""

from ._api import transcode, transcode_async
from ._native import (
    Progress,
    SimdCapabilities,
    Transcoder,
    TranscodeOptions,
    TranscodeStats,
    detect_simd,
    version,
)
from ._types import (
    AsyncProgressCallback,
    AudioCodec,
    AudioProfile,
    BAdapt,
    ChannelLayout,
    Direct,
    EncoderOptions,
    Level,
    NalHrd,
    OptionValues,
    Preset,
    Profile,
    ProgressCallback,
    SimdLevel,
    StrPath,
    Tune,
    VideoCodec,
    WeightP,
)
from .errors import CancelledError, InvalidDataError, LimitError, TranscodeError, UnsupportedError

__all__ = [
    "AsyncProgressCallback",
    "AudioCodec",
    "AudioProfile",
    "BAdapt",
    "ChannelLayout",
    "CancelledError",
    "Direct",
    "EncoderOptions",
    "InvalidDataError",
    "Level",
    "LimitError",
    "NalHrd",
    "OptionValues",
    "Preset",
    "Profile",
    "Progress",
    "ProgressCallback",
    "SimdCapabilities",
    "SimdLevel",
    "StrPath",
    "TranscodeError",
    "TranscodeOptions",
    "TranscodeStats",
    "Transcoder",
    "Tune",
    "UnsupportedError",
    "VideoCodec",
    "WeightP",
    "__version__",
    "detect_simd",
    "transcode",
    "transcode_async",
    "version",
]

__version__ = version()
