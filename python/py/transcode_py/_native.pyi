import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Self, final

from ._types import (
    AsyncProgressCallback,
    AudioCodec,
    AudioProfile,
    BAdapt,
    ChannelLayout,
    Direct,
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

__all__ = [
    "AsyncRun",
    "Progress",
    "SimdCapabilities",
    "TranscodeOptions",
    "TranscodeStats",
    "Transcoder",
    "detect_simd",
    "run_cli",
    "version",
]

@final
class TranscodeOptions:
    """What a job shall do. Each method sets one option and returns the same object, so calls can be chained.

    The values are read back from `to_dict`, and paths and size from attributes as well.
    """

    def __new__(cls) -> Self: ...
    def input(self, path: StrPath) -> Self:
        """The file to read."""

    def output(self, path: StrPath) -> Self:
        """The file to write; its ending names the container."""

    def video_codec(self, codec: VideoCodec) -> Self:
        """What the picture becomes; "h264" if not set."""

    def audio_codec(self, codec: AudioCodec) -> Self:
        """What the sound becomes. If not set: "copy" where the output can hold a copy and no other option asks for more, else "aac"
        ("pcm" in .wav)."""

    def video_bitrate(self, bitrate: int) -> Self:
        """The mean bitrate of the picture in bits per second. At most one of `video_bitrate`, `crf` and `qp` may be set."""

    def audio_bitrate(self, bitrate: int) -> Self:
        """The bitrate of the sound in bits per second, all channels together. At most one of `audio_bitrate` and `audio_quality` may
        be set."""

    def audio_quality(self, quality: int) -> Self:
        """Constant quality of the sound: 1 to 5 (best)."""

    def audio_profile(self, profile: AudioProfile) -> Self:
        """Which kind of AAC is encoded; "lc" if not set."""

    def audio_sample_rate(self, rate: int) -> Self:
        """The sound's samples a second; those of the source if not set."""

    def audio_channels(self, channels: ChannelLayout | int) -> Self:
        """The sound's channels: how many, or a layout's name; those of the source if not set."""

    def crf(self, crf: float) -> Self:
        """Constant quality: 0 (best) to 51, 23 if nothing else is set."""

    def qp(self, qp: int) -> Self:
        """Constant quantiser: 0 to 51."""

    def preset(self, preset: Preset) -> Self:
        """How much work the encoder spends; "medium" if not set."""

    def tune(self, tune: Tune) -> Self:
        """Which measure of quality the encoder favours."""

    def keyint(self, pictures: int) -> Self:
        """Most pictures from one keyframe to the next."""

    def two_pass(self, enabled: bool = True) -> Self:
        """Two passes: the first finds out what each picture needs, the second shares the bits out over the whole film. For
        a bitrate that must be met with even quality; it takes about a third longer. With `crf` it changes nothing where
        there is a lookahead, and costs the time. Not with `qp`."""

    def vbv_maxrate(self, value: int) -> Self:
        """Bits per second at which the player's buffer fills, for streaming over a line of that rate. With `vbv_bufsize`."""

    def vbv_bufsize(self, value: int) -> Self:
        """Bits that the player's buffer holds: one to two seconds of `vbv_maxrate` suit streaming, less suits conferences."""

    def vbv_init(self, value: float) -> Self:
        """How full that buffer is when the first picture is shown, 0 to 1; 0.9 if not set."""

    def nal_hrd(self, name: NalHrd) -> Self:
        """Whether the stream tells of that buffer, as broadcast systems ask for; "cbr" also fills it up to a constant
        rate. The film is then coded in one part."""

    def bframes(self, value: int) -> Self:
        """Most B pictures in a row, 0 to 16; the preset's number if not set. 0 for players that know none, and for least
        delay."""

    def b_adapt(self, name: BAdapt) -> Self:
        """How their number is chosen."""

    def b_pyramid(self, enabled: bool = True) -> Self:
        """Whether B pictures may be references for others; they may if not set."""

    def weightb(self, enabled: bool = True) -> Self:
        """Weighted prediction of B pictures; on if not set."""

    def weightp(self, value: WeightP) -> Self:
        """Weighted prediction of P pictures: 0 for none, 1 for fades, 2 also with a second look at the nearest picture; the
        preset's if not set. Not with profile "baseline"."""

    def direct(self, name: Direct) -> Self:
        """Where the motion of direct macroblocks comes from."""

    def ref(self, value: int) -> Self:
        """Reference pictures, 1 to 16; the preset's number if not set. More take longer, and more memory to play."""

    def min_keyint(self, value: int) -> Self:
        """Least number of pictures from a keyframe to one at a scene cut; 25 if not set."""

    def scenecut(self, enabled: bool = True) -> Self:
        """Whether scene cuts become keyframes; they do if not set."""

    def rc_lookahead(self, value: int) -> Self:
        """Pictures that are looked at ahead, 0 to 250; the preset's number if not set. More make better use of the bits
        and take memory."""

    def aq_strength(self, value: float) -> Self:
        """Strength of adaptive quantisation, 0 (off) to 3: flat parts get more of the bits, as the eye wants. The tune's
        if not set."""

    def qcomp(self, value: float) -> Self:
        """How much quality follows complexity, 0 (all pictures get the same bits) to 1 (the same quantiser); 0.6 if not
        set."""

    def ipratio(self, value: float) -> Self:
        """Quantiser step of P pictures over that of keyframes, 0.1 to 10."""

    def pbratio(self, value: float) -> Self:
        """Quantiser step of B pictures over that of P pictures, 0.1 to 10; without effect where there is a lookahead,
        which tells it."""

    def qpmin(self, value: int) -> Self:
        """Least quantiser of a picture, 0 to 51."""

    def qpmax(self, value: int) -> Self:
        """Largest quantiser of a picture, 0 to 51."""

    def profile(self, name: Profile) -> Self:
        """What the decoder must know: "baseline" for old devices (no B pictures, no CABAC), "main", or "high", the
        default, which everything of today plays."""

    def psnr(self, enabled: bool = True) -> Self:
        """Whether the error of the pictures is measured, for `TranscodeStats.psnr`."""

    def deblock(self, alpha: int, beta: int | None = None) -> Self:
        """The deblocking filter's offsets, -6 (filters less, keeps grain) to 6 (filters more); the tune's if not set."""

    def no_deblock(self) -> Self:
        """Switches the deblocking filter off: a little less work for decoders, visible blocks at low rates."""

    def level(self, name: Level) -> Self:
        """The level that players must stand, like "4.1". The rate is kept to what the level takes; a size or frame rate
        beyond it is an error. The lowest that fits if not set."""

    def resolution(self, width: int, height: int) -> Self:
        """Scales the picture to `width` x `height` pixels."""

    def overwrite(self, overwrite: bool = True) -> Self:
        """Whether an existing output may be replaced; not, if not set."""

    def threads(self, threads: int) -> Self:
        """How many threads may work; as many as the machine has, if not set. The output never depends on it."""

    def simd(self, level: SimdLevel) -> Self:
        """Uses vector instructions of at most this level. The output never depends on it."""

    @property
    def input_path(self) -> str | None:
        """The file to read."""

    @property
    def output_path(self) -> str | None:
        """The file to write."""

    @property
    def width(self) -> int | None:
        """The width to scale to, in pixels."""

    @property
    def height(self) -> int | None:
        """The height to scale to, in pixels."""

    def to_dict(self) -> OptionValues:
        """All values, by name; ``None`` where nothing was set."""

    def copy(self) -> Self:
        """An independent copy."""

    def __copy__(self) -> Self: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...

@final
class Transcoder:
    """A job that can be run, awaited, and cancelled from any thread. The options are copied: later changes have no effect."""

    def __new__(cls, options: TranscodeOptions) -> Self: ...
    @property
    def options(self) -> TranscodeOptions:
        """A copy of the options."""

    @property
    def running(self) -> bool:
        """Whether a run is under way."""

    def run(self, progress_callback: ProgressCallback | None = None) -> TranscodeStats:
        """Does the job in this thread's time, with the GIL released, and returns its statistics.

        `progress_callback` is called in this thread; what it raises cancels the job and comes out here. Ctrl-C raises
        ``KeyboardInterrupt`` when the job has ended. ``RuntimeError`` if a run is under way already.
        """

    def run_async(self, progress_callback: AsyncProgressCallback | None = None) -> Coroutine[Any, Any, TranscodeStats]:
        """The same for asyncio; the run starts when it is awaited or made a task.

        `progress_callback` is a plain function or a coroutine function, called on the event loop's thread. Cancelling the
        task cancels the job and waits for its end.
        """

    def cancel(self) -> bool:
        """Ends the run that is under way, from any thread: it raises `CancelledError` where it was started.

        Returns whether there was one. It doesn't wait for the end.
        """

    def _start(self, followed: bool) -> AsyncRun: ...

@final
class AsyncRun:
    """A run under way, as the package's asyncio driver sees it; not part of the public interface."""

    @property
    def ended(self) -> asyncio.Future[None]: ...
    def take_progress(self) -> Progress | None: ...
    def acknowledge(self) -> None: ...
    def cancel(self) -> None: ...
    def result(self) -> TranscodeStats: ...

@final
class Progress:
    """How far a job has come."""

    @property
    def percent(self) -> float:
        """The share of the input's duration that is done, 0 to 100."""

    @property
    def frames(self) -> int:
        """The pictures written."""

    @property
    def speed(self) -> float:
        """Media time done over wall time."""

    @property
    def eta(self) -> float | None:
        """The seconds that are left, or ``None`` while that isn't known."""

    @property
    def size(self) -> int:
        """The bytes written."""

    @property
    def bitrate(self) -> int:
        """The output's bits per second of media time so far."""

@final
class TranscodeStats:
    """What a job has done."""

    @property
    def packets_processed(self) -> int:
        """The packets read from the input."""

    @property
    def frames_decoded(self) -> int:
        """The pictures decoded."""

    @property
    def frames_encoded(self) -> int:
        """The pictures encoded."""

    @property
    def frames_concealed(self) -> int:
        """The decoded pictures that had errors, and were patched from their neighbours."""

    @property
    def audio_packets_decoded(self) -> int:
        """The packets of audio decoded; 0 where audio is copied or left out."""

    @property
    def audio_samples_decoded(self) -> int:
        """The samples decoded, of each channel."""

    @property
    def audio_bitrate_decoded(self) -> int:
        """The bits per second of the audio that was decoded."""

    @property
    def audio_packets_encoded(self) -> int:
        """The packets of audio encoded."""

    @property
    def audio_samples_encoded(self) -> int:
        """The samples encoded, of each channel."""

    @property
    def audio_bitrate_encoded(self) -> int:
        """The bits per second of the audio that was encoded."""

    @property
    def input_size(self) -> int:
        """The input's size in bytes."""

    @property
    def output_size(self) -> int:
        """The output's size in bytes."""

    @property
    def compression_ratio(self) -> float:
        """The input's size over the output's."""

    @property
    def video_bitrate(self) -> float:
        """The encoded video's bits per second, 0 if none was encoded."""

    @property
    def mean_qp(self) -> float:
        """The mean quantiser of the encoded pictures, 0 if there are none."""

    @property
    def picture_counts(self) -> tuple[int, int, int, int]:
        """The encoded pictures by kind: I (keyframes), P, B that others refer to, other B."""

    @property
    def picture_bytes(self) -> tuple[int, int, int, int]:
        """What they take, by the same kinds."""

    @property
    def psnr(self) -> tuple[float, float, float] | None:
        """Peak signal to noise ratio of Y, Cb and Cr in dB over all encoded pictures, if `TranscodeOptions.psnr` was set."""

    @property
    def elapsed(self) -> float:
        """The wall time in seconds."""

    @property
    def speed(self) -> float:
        """Media time over wall time."""

@final
class SimdCapabilities:
    """The vector instructions that this machine has and the codecs use."""

    @property
    def sse42(self) -> bool:
        """SSE4.2 (with SSSE3, SSE4.1 and POPCNT)."""

    @property
    def avx2(self) -> bool:
        """AVX2 (with FMA, BMI1 and BMI2)."""

    @property
    def avx512(self) -> bool:
        """AVX-512 (F, CD, BW, DQ and VL)."""

    @property
    def neon(self) -> bool:
        """NEON."""

    def has_simd(self) -> bool:
        """Whether there is any."""

    def best_level(self) -> str:
        """The best level's name, as people write it: "AVX-512", "AVX2", "SSE4.2", "NEON" or "Scalar"."""

def detect_simd() -> SimdCapabilities:
    """What this machine has."""

def version() -> str:
    """The version of the package and of the Rust crates in it."""

def run_cli(arguments: Sequence[str]) -> int:
    """Runs the `transcode` command; the first argument is the program's name. Returns the exit status."""
