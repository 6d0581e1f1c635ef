"""Sound: coded anew, uncompressed, copied, left out; and what is refused."""

from __future__ import annotations

import json
import pathlib
import struct
import subprocess
import sys
import wave
from typing import Any

import pytest

import transcode_py

RATE = 48_000


def probe(path: pathlib.Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "transcode_py", "probe", "--json", str(path)]
    value: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return value


def sound(path: pathlib.Path) -> dict[str, Any]:
    track: dict[str, Any] = next(t for t in probe(path)["tracks"] if t["type"] == "audio")
    return track


def write_wave(path: pathlib.Path, channels: int, frames: int, click: int) -> None:
    """Silence with a click of its own in each channel."""
    samples = [0] * (frames * channels)
    for channel in range(channels):
        samples[(click + 1000 * channel) * channels + channel] = 30_000
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))


def decode(path: pathlib.Path, channels: int) -> list[tuple[int, ...]]:
    """The samples of each channel."""
    raw = path.with_suffix(".pcm")
    command = [sys.executable, "-m", "transcode_py", "--quiet", "decode", str(path), str(raw), "--sample-format", "s16"]
    subprocess.run([*command, "--overwrite"], check=True)
    data = raw.read_bytes()
    samples = struct.unpack(f"<{len(data) // 2}h", data)
    return [samples[channel::channels] for channel in range(channels)]


@pytest.mark.parametrize("channels", [1, 2])
def test_a_click_stays_where_it_is(tmp_path: pathlib.Path, channels: int) -> None:
    source, target = tmp_path / "in.wav", tmp_path / "out.m4a"
    write_wave(source, channels, 30_000, 12_345)
    stats = transcode_py.transcode(source, target, audio_codec="aac", audio_bitrate=96_000 * channels)
    assert stats.output_size == target.stat().st_size
    planes = decode(target, channels)
    for channel, plane in enumerate(planes):
        assert len(plane) == 30_000
        assert max(range(len(plane)), key=lambda i: abs(plane[i])) == 12_345 + 1000 * channel


def test_a_film_gets_other_sound(clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    target = tmp_path / "out.mp4"
    transcode_py.transcode(
        clip,
        target,
        video_codec="copy",
        audio_codec="aac",
        audio_bitrate=64_000,
        audio_sample_rate=44_100,
        audio_channels="mono",
    )
    track = sound(target)
    assert (track["codec"], track["sample_rate"], track["channels"]) == ("aac", 44_100, 1)
    assert track["duration"] == 1.0


def test_sound_alone(clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    transcode_py.transcode(clip, tmp_path / "out.wav", audio_channels=1)
    with wave.open(str(tmp_path / "out.wav")) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (1, RATE, RATE)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"audio_codec": "copy", "audio_bitrate": 96_000}, "^audio_bitrate: has no effect"),
        ({"audio_codec": "mp3"}, "aac, pcm, copy, none"),
        ({"audio_channels": "quad", "audio_codec": "aac"}, "mono, stereo, 3.0, 4.0, 5.0, 5.1, 7.1"),
        ({"audio_sample_rate": 44_000, "audio_codec": "aac"}, "44100, 48000"),
        ({"audio_bitrate": 96_000, "audio_quality": 3}, "together with audio_bitrate"),
    ],
)
def test_refusals_name_what_would_be_right(
    clip: pathlib.Path, tmp_path: pathlib.Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        transcode_py.transcode(clip, tmp_path / "out.mp4", video_codec="copy", **options)
    assert not (tmp_path / "out.mp4").exists()
