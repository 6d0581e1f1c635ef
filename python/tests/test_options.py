"""`TranscodeOptions`: chaining, values, and errors that name the option and the good values."""

from __future__ import annotations

import copy
import os
import pathlib
from collections.abc import Callable
from typing import Any, get_args

import pytest

import transcode_py
from transcode_py import TranscodeOptions


def names(alias: Any) -> list[Any]:
    """The names that a union of literals allows."""
    return [name for literal in get_args(alias) for name in get_args(literal)]


def test_every_method_returns_the_same_object() -> None:
    options = TranscodeOptions()
    chained = (
        options.input("in.mp4")
        .output("out.mp4")
        .video_codec("h264")
        .audio_codec("copy")
        .video_bitrate(2_000_000)
        .audio_bitrate(128_000)
        .audio_profile("lc")
        .audio_sample_rate(48_000)
        .audio_channels("stereo")
        .preset("fast")
        .tune("psnr")
        .keyint(250)
        .resolution(1280, 720)
        .overwrite(True)
        .threads(2)
    )
    assert chained is options


def test_values_are_readable() -> None:
    options = TranscodeOptions().input("in.mp4").output(pathlib.Path("dir", "out.mp4")).resolution(1280, 720)
    assert options.input_path == "in.mp4"
    assert options.output_path == os.path.join("dir", "out.mp4")
    assert (options.width, options.height) == (1280, 720)
    options.video_codec("h264").crf(20.5).preset("slow").threads(3).overwrite()
    assert options.to_dict() == {
        "input_path": "in.mp4",
        "output_path": os.path.join("dir", "out.mp4"),
        "video_codec": "h264",
        "audio_codec": None,
        "video_bitrate": None,
        "audio_bitrate": None,
        "audio_quality": None,
        "audio_profile": None,
        "audio_sample_rate": None,
        "audio_channels": None,
        "crf": 20.5,
        "qp": None,
        "preset": "slow",
        "tune": None,
        "keyint": None,
        **dict.fromkeys(transcode_py.EncoderOptions.__annotations__),
        "width": 1280,
        "height": 720,
        "overwrite": True,
        "threads": 3,
        "simd": None,
    }


def test_encoder_options_are_chained_and_read_back() -> None:
    options = TranscodeOptions().preset("medium").crf(23).tune("ssim").two_pass().deblock(-1, 1).ref(3).level("4.1")
    values = options.vbv_maxrate(2_000_000).vbv_bufsize(4_000_000).scenecut(False).to_dict()
    assert (values["two_pass"], values["deblock"], values["ref"], values["level"]) == (True, (-1, 1), 3, "4.1")
    assert (values["vbv_maxrate"], values["scenecut"], values["no_deblock"]) == (2_000_000, False, None)
    assert options.no_deblock().to_dict()["no_deblock"] is True


def test_nothing_is_set_at_first() -> None:
    values = TranscodeOptions().to_dict()
    assert values.pop("overwrite") is False  # type: ignore[misc]
    assert set(values.values()) == {None}


def test_repr_shows_what_was_set() -> None:
    assert repr(TranscodeOptions()) == "TranscodeOptions()"
    options = TranscodeOptions().input("in.mp4").qp(30).overwrite()
    assert repr(options) == "TranscodeOptions(input_path='in.mp4', qp=30, overwrite=True)"


def test_copies_are_independent_and_equal() -> None:
    options = TranscodeOptions().input("in.mp4")
    for other in (options.copy(), copy.copy(options)):
        assert other == options and other is not options
        other.input("other.mp4")
        assert other != options
        assert options.input_path == "in.mp4"
    assert options != "in.mp4"


def test_names_are_those_of_the_types() -> None:
    for name in names(transcode_py.VideoCodec):
        TranscodeOptions().video_codec(name)
    for name in names(transcode_py.AudioCodec):
        TranscodeOptions().audio_codec(name)
    for name in names(transcode_py.AudioProfile):
        TranscodeOptions().audio_profile(name)
    for name in names(transcode_py.ChannelLayout):
        assert TranscodeOptions().audio_channels(name).to_dict()["audio_channels"] == name
    for name in names(transcode_py.Preset):
        TranscodeOptions().preset(name)
    for name in names(transcode_py.Tune):
        TranscodeOptions().tune(name)
    for name in names(transcode_py.SimdLevel):
        TranscodeOptions().simd(name)
    for name in names(transcode_py.Profile):
        assert TranscodeOptions().profile(name).to_dict()["profile"] == name
    for name in names(transcode_py.Level):
        assert TranscodeOptions().level(name).to_dict()["level"] == name
    for name in names(transcode_py.NalHrd):
        TranscodeOptions().nal_hrd(name)
    for name in names(transcode_py.BAdapt):
        TranscodeOptions().b_adapt(name)
    for level in names(transcode_py.WeightP):
        assert TranscodeOptions().weightp(level).to_dict()["weightp"] == level
    for name in names(transcode_py.Direct):
        TranscodeOptions().direct(name)


@pytest.mark.parametrize("method", ["video_codec", "audio_codec", "audio_profile", "preset", "tune", "simd", "profile", "level", "nal_hrd", "b_adapt", "direct"])
def test_a_bad_name_lists_the_good_ones(method: str) -> None:
    literal = {
        "video_codec": transcode_py.VideoCodec,
        "audio_codec": transcode_py.AudioCodec,
        "audio_profile": transcode_py.AudioProfile,
        "preset": transcode_py.Preset,
        "tune": transcode_py.Tune,
        "simd": transcode_py.SimdLevel,
        "profile": transcode_py.Profile,
        "level": transcode_py.Level,
        "nal_hrd": transcode_py.NalHrd,
        "b_adapt": transcode_py.BAdapt,
        "direct": transcode_py.Direct,
    }[method]
    with pytest.raises(ValueError) as caught:
        getattr(TranscodeOptions(), method)("nonsense")
    assert str(caught.value) == f'{method}: "nonsense" is not one of {", ".join(names(literal))}'


@pytest.mark.parametrize(
    ("change", "start"),
    [
        (lambda o: o.crf(52), "crf: "),
        (lambda o: o.crf(-0.5), "crf: "),
        (lambda o: o.crf(float("nan")), "crf: "),
        (lambda o: o.qp(52), "qp: "),
        (lambda o: o.qp(-1), "qp: "),
        (lambda o: o.video_bitrate(0), "video_bitrate: "),
        (lambda o: o.video_bitrate(-1), "video_bitrate: "),
        (lambda o: o.video_bitrate(10**40), "video_bitrate: "),
        (lambda o: o.resolution(0, 720), "resolution: "),
        (lambda o: o.resolution(1281, 720), "resolution: "),
        (lambda o: o.resolution(-2, 720), "resolution: "),
        (lambda o: o.audio_bitrate(1), "audio_bitrate: "),
        (lambda o: o.audio_quality(6), "audio_quality: "),
        (lambda o: o.audio_sample_rate(0), "audio_sample_rate: "),
        (lambda o: o.audio_channels(0), "audio_channels: "),
        (lambda o: o.audio_channels("5.2"), "audio_channels: "),
        (lambda o: o.threads(0), "threads: "),
        (lambda o: o.threads(-1), "threads: "),
        (lambda o: o.keyint(0), "keyint: "),
        (lambda o: o.bframes(17), "bframes: "),
        (lambda o: o.ref(0), "ref: "),
        (lambda o: o.weightp(3), "weightp: "),
        (lambda o: o.weightp(-1), "weightp: "),
        (lambda o: o.qcomp(1.5), "qcomp: "),
        (lambda o: o.vbv_init(2), "vbv_init: "),
        (lambda o: o.vbv_maxrate(10), "vbv_maxrate: "),
        (lambda o: o.vbv_bufsize(10), "vbv_bufsize: "),
        (lambda o: o.deblock(7), "deblock: "),
        (lambda o: o.aq_strength(float("nan")), "aq_strength: "),
        (lambda o: o.input(""), "input: "),
        (lambda o: o.output("out.txt"), "output: "),
    ],
)
def test_a_bad_value_is_refused_where_it_is_given(change: Callable[[TranscodeOptions], object], start: str) -> None:
    options = TranscodeOptions()
    with pytest.raises(ValueError) as caught:
        change(options)
    assert str(caught.value).startswith(start)
    assert options == TranscodeOptions(), "a refused value must not be kept"


@pytest.mark.parametrize(
    "change",
    [
        lambda o: o.input(b"in.mp4"),
        lambda o: o.input(3),
        lambda o: o.output(None),
        lambda o: o.video_codec(264),
        lambda o: o.video_bitrate("2M"),
        lambda o: o.audio_channels(2.0),
        lambda o: o.audio_sample_rate("48k"),
        lambda o: o.video_bitrate(2e6),
        lambda o: o.video_bitrate(True),
        lambda o: o.crf("23"),
        lambda o: o.threads(False),
        lambda o: o.weightp(True),
        lambda o: o.weightp("1"),
        lambda o: o.resolution("1280x720"),
        lambda o: o.overwrite("yes"),
    ],
)
def test_a_wrong_type_is_a_type_error(change: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError):
        change(TranscodeOptions())


@pytest.mark.parametrize(
    ("change", "option"),
    [
        (lambda o: o.video_codec("copy").video_bitrate(1_000_000), "video_bitrate"),
        (lambda o: o.video_codec("copy").crf(23), "crf"),
        (lambda o: o.video_codec("none").qp(23), "qp"),
        (lambda o: o.video_codec("copy").preset("fast"), "preset"),
        (lambda o: o.video_codec("copy").tune("ssim"), "tune"),
        (lambda o: o.video_codec("copy").keyint(10), "keyint"),
        (lambda o: o.resolution(640, 360).video_codec("copy"), "resolution"),
        (lambda o: o.audio_codec("copy").audio_bitrate(128_000), "audio_bitrate"),
        (lambda o: o.audio_codec("pcm").audio_quality(3), "audio_quality"),
        (lambda o: o.audio_codec("copy").audio_channels(2), "audio_channels"),
        (lambda o: o.audio_codec("none").audio_bitrate(128_000), "audio_bitrate"),
        (lambda o: o.crf(23).video_bitrate(1_000_000), "video_bitrate"),
        (lambda o: o.crf(23).qp(23), "qp"),
        (lambda o: o.qp(23).two_pass(), "two_pass"),
        (lambda o: o.video_codec("copy").two_pass(), "two_pass"),
        (lambda o: o.vbv_maxrate(1_000_000), "vbv_maxrate"),
        (lambda o: o.profile("baseline").bframes(2), "bframes"),
        (lambda o: o.profile("baseline").weightp(1), "weightp"),
    ],
)
def test_an_option_without_effect_is_an_error(change: Callable[[TranscodeOptions], TranscodeOptions], option: str) -> None:
    options = change(TranscodeOptions().input("in.mp4").output("out.mp4"))
    with pytest.raises(ValueError, match=f"^{option}: "):
        transcode_py.Transcoder(options)


def test_both_paths_are_needed() -> None:
    with pytest.raises(ValueError, match="^input: "):
        transcode_py.Transcoder(TranscodeOptions().output("out.mp4"))
    with pytest.raises(ValueError, match="^output: "):
        transcode_py.Transcoder(TranscodeOptions().input("in.mp4"))


def test_a_transcoder_copies_its_options() -> None:
    options = TranscodeOptions().input("in.mp4").output("out.mp4")
    transcoder = transcode_py.Transcoder(options)
    options.input("other.mp4")
    assert transcoder.options.input_path == "in.mp4"
    transcoder.options.input("third.mp4")
    assert transcoder.options.input_path == "in.mp4"
    assert repr(transcoder) == "Transcoder(TranscodeOptions(input_path='in.mp4', output_path='out.mp4'))"
