"""The clips of `quality.py`: sounds made here, and parts of the sound of test media, as raw interleaved stereo floats of 5 s at most.

A clip is `NAME.RATE.f32` in a folder. Those in `HELD_OUT` were not looked at while the encoder was tuned.
"""

import os
import subprocess
from pathlib import Path

import numpy as np
import scipy.signal

RATE = 44100
SECONDS = 5
MEDIA = Path(os.environ.get("TRANSCODE_MEDIA", Path(__file__).resolve().parents[3] / "shared/media"))

# Name, file, seconds to leave out.
DECODED = [
    ("al05", "aac-iso/al05_44.mp4", 1),
    ("cm", "aac-iso/al_sbr_cm_48_2.mp4", 3),
    ("avi", "other-codecs/ax_sample.avi", 0),
    ("al17", "aac-iso/al17_44.mp4", 1),
    ("cm2", "aac-iso/al_sbr_cm_48_2.mp4", 21),
    ("piano", "mp4-edge/mp4p_Beethoven_-_Bagatelle_op.119_no.11_i.m4a", 30),
    ("bear", "other-codecs/ax_bear.flac", 0),
    ("street", "real-camera/mei_Issue_515_java.mp4", 0),
    ("room", "real-camera/ax_internal_emulator_transformer_output_270_rotated.mp4", 0),
]
TUNED = "castanets band speech dialog pluck al05 cm avi organ kit glock al17 cm2 room talk".split()
HELD_OUT = "piano bear street harpsi clack".split()


def level(x, peak):
    return x / np.abs(x).max() * peak


def stereo(x):
    return np.stack([x, x], 1)


def add(out, x, at, left, right):
    i = int(at * RATE)
    n = min(len(x), len(out) - i)
    if n > 0:
        out[i : i + n, 0] += left * x[:n]
        out[i : i + n, 1] += right * x[:n]


def plucked(rng, hz, seconds, decay=0.996):
    """A string after Karplus and Strong, period by period."""
    n, period = int(RATE * seconds), int(RATE / hz)
    string, out = rng.uniform(-1, 1, period), np.empty(n)
    for i in range(0, n, period):
        m = min(period, n - i)
        out[i : i + m] = string[:m]
        string = decay * 0.5 * (string + np.roll(string, 1))
    return out


def spoken(seed, pitch, n):
    """Vowels of formants, fricatives and pauses."""
    rng, out, i = np.random.default_rng(seed), np.zeros(n), 0
    vowels = [(730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410), (490, 1350, 1690)]
    while i < n:
        kind, length = rng.integers(0, 5), int(RATE * rng.uniform(0.08, 0.22))
        if kind == 0:
            i += length // 2
            continue
        t, f = np.arange(length), np.fft.rfftfreq(length, 1 / RATE)
        if kind == 1:
            spectrum = np.fft.rfft(rng.normal(size=length)) * np.exp(-(((f - rng.choice([4500, 6500, 3000])) / 1800) ** 2))
            x, envelope = np.fft.irfft(spectrum, length) * 2.0, np.hanning(length) * 0.35
        else:
            hz = pitch * (1 + 0.15 * np.sin(2 * np.pi * t / length * rng.uniform(0.3, 1)) + 0.05 * rng.normal())
            source = np.zeros(length)
            source[np.diff(np.floor(np.cumsum(hz / RATE * np.ones(length))), prepend=0) > 0] = 1
            source += rng.normal(size=length) * 0.01
            response = np.ones_like(f, dtype=complex)
            for formant, width in zip(vowels[rng.integers(0, 6)] + (3500, 4500), (60, 90, 120, 150, 200)):
                s = 1j * f
                response *= formant * formant / (formant * formant - f * f + s * width)
            x = np.fft.irfft(np.fft.rfft(source) * response / (1 + f / 500), length)
            x /= np.abs(x).max() + 1e-9
            envelope = np.minimum(1, np.minimum(t, length - t) / (0.015 * RATE))
        m = min(length, n - i)
        out[i : i + m] += (x * envelope)[:m]
        i += int(length * 0.9)
    return out


def first_set():
    rng, n = np.random.default_rng(7), RATE * 6
    out = np.zeros((n, 2))
    t, k, notes = 0.05, 0, [196, 247, 294, 392, 330, 262, 220, 165, 147, 494, 440, 349]
    while t < 5.6:
        hz, pan = notes[k % len(notes)], 0.3 + 0.4 * ((k * 7) % 5) / 4
        add(out, plucked(rng, hz, 1.6), t, 1 - pan, pan)
        if k % 4 == 0:
            add(out, plucked(rng, hz / 2, 2.2), t, 0.6, 0.6)
        t, k = t + 0.17, k + 1
    yield "pluck", level(out, 0.7)

    out, t, k = np.zeros((n, 2)), 0.2, 0
    while t < 5.9:
        m = int(0.03 * RATE)
        u = np.arange(m)
        click = np.convolve(rng.normal(size=m) * np.exp(-u / (0.004 * RATE)), [1, -0.6])
        tone = np.sin(2 * np.pi * (2300 + 400 * (k % 3)) * u / RATE) * np.exp(-u / (0.006 * RATE))
        pan = 0.5 + 0.3 * np.sin(k)
        add(out, click[:m] * 0.7 + tone, t, 1 - pan, pan)
        t, k = t + [0.11, 0.11, 0.22, 0.08, 0.08, 0.3][k % 6], k + 1
    yield "castanets", level(out + rng.normal(size=out.shape) * 2e-4, 0.8)

    out = np.zeros((n, 2))
    for b in range(24):
        t, m = b * 0.25, int(0.3 * RATE)
        u = np.arange(m) / RATE
        if b % 2 == 0:
            add(out, np.sin(2 * np.pi * (50 * u + 30 * (1 - np.exp(-u * 30)) / 3)) * np.exp(-u * 12), t, 1, 1)
        if b % 4 == 2:
            drum = rng.normal(size=m) * np.exp(-u * 18) * 0.5 + np.sin(2 * np.pi * 190 * u) * np.exp(-u * 25) * 0.4
            add(out, drum, t, 0.8, 0.7)
        hat = np.diff(np.diff(rng.normal(size=m), prepend=0), prepend=0)
        add(out, hat * np.exp(-u * 60) * 0.12, t, 0.6, 0.9)
        add(out, hat * np.exp(-u * 80) * 0.07, t + 0.125, 0.9, 0.6)
    u = np.arange(n) / RATE
    for hz, pan in [(220, 0.3), (277, 0.6), (330, 0.5), (440.5, 0.4), (659, 0.7)]:
        partials = (h for h in range(1, 12) if hz * h < 18000)
        s = sum(
            np.sin(2 * np.pi * hz * h * u + rng.uniform(0, 6) + 0.3 * np.sin(2 * np.pi * 4.5 * u)) / h**1.3 for h in partials
        )
        out[:, 0] += 0.06 * (1 - pan) * s
        out[:, 1] += 0.06 * pan * s
    yield "band", level(out, 0.85)

    yield "speech", level(stereo(spoken(3, 120, n)) + rng.normal(size=(n, 2)) * 3e-4, 0.6)
    voices = [spoken(4, 200, n), spoken(5, 105, n)]
    both = np.stack([voices[0] * 0.8 + voices[1] * 0.3, voices[0] * 0.3 + voices[1] * 0.8], 1)
    yield "dialog", level(both + rng.normal(size=(n, 2)) * 3e-4, 0.6)


def second_set():
    rng, n = np.random.default_rng(99), RATE * SECONDS

    def chord(seconds, tones):
        u, x = np.arange(int(seconds * RATE)) / RATE, 0
        for hz in tones:
            for h, a in ((1, 1), (2, 0.7), (3, 0.4), (4, 0.5), (6, 0.25), (8, 0.25), (12, 0.1), (16, 0.06)):
                if hz * h < 15000:
                    x = x + a * np.sin(2 * np.pi * hz * h * u + rng.uniform(0, 6))
        return np.minimum(1, np.minimum(u / 0.03, (seconds - u) / 0.05)) * x

    out = np.zeros((n, 2))
    for i, tones in enumerate([(131, 262, 330, 392), (147, 294, 349, 440), (98, 247, 294, 392), (131, 262, 330, 523)]):
        add(out, chord(1.3, tones), i * 1.25, 0.9, 0.6)
        add(out, chord(1.3, [hz * 1.003 for hz in tones]), i * 1.25, 0.3, 0.7)
    yield "organ", level(out + rng.normal(size=out.shape) * 1e-4, 0.5)

    out, t, k, notes = np.zeros((n, 2)), 0.1, 0, [1047, 1319, 1568, 2093, 1760, 1397, 1175, 2349]
    while t < 4.8:
        hz, u = notes[(k * 5) % 8], np.arange(int(1.2 * RATE)) / RATE
        modes = ((1, 1, 4), (2.756, 0.5, 7), (5.404, 0.3, 12), (8.93, 0.15, 25))
        x = sum(a * np.sin(2 * np.pi * hz * r * u) * np.exp(-u * d) for r, a, d in modes if hz * r < 20000)
        x[:200] += rng.normal(size=200) * np.exp(-np.arange(200) / 40) * 0.3
        pan = 0.2 + 0.6 * ((k * 3) % 7) / 6
        add(out, x, t, 1 - pan, pan)
        t, k = t + [0.2, 0.2, 0.1, 0.3][k % 4], k + 1
    yield "glock", level(out, 0.6)

    out = np.zeros((n, 2))
    for k in range(30):
        hz = [220, 262, 330, 440, 392, 349, 294, 247][(k * 3) % 8] * (2 if k % 3 == 0 else 1)
        u = np.arange(int(RATE * 0.9)) / RATE
        x = np.zeros(len(u))
        for i in range(1, 40):
            if hz * i < 19000:
                tone = np.sin(2 * np.pi * hz * i * (1 + 2e-5 * i * i) * u + rng.uniform(0, 6))
                x += tone * np.exp(-u * (1.5 + 0.15 * i)) / i**0.6 * abs(np.sin(i * 0.37 * np.pi))
        x[:100] += rng.normal(size=100) * 0.5 * np.exp(-np.arange(100) / 20)
        pan = 0.35 + 0.3 * (k % 4) / 3
        add(out, x, 0.05 + k * 0.16, 1 - pan, pan)
    yield "harpsi", level(out, 0.6)

    out = np.zeros((n, 2))
    for b in range(40):
        t, m = b * 0.125, int(0.4 * RATE)
        u = np.arange(m) / RATE
        if b % 4 == 0:
            drum = np.sin(2 * np.pi * (45 * u + 20 * (1 - np.exp(-u * 40)) / 2)) * np.exp(-u * 9) + np.exp(-u * 600) * 0.3
            add(out, drum, t, 0.8, 0.8)
        if b % 8 == 4:
            drum = rng.normal(size=m) * np.exp(-u * 14) * 0.4 + np.sin(2 * np.pi * 210 * u) * np.exp(-u * 20) * 0.4
            add(out, drum, t, 0.7, 0.8)
        hat = np.diff(rng.normal(size=m), prepend=0) * np.exp(-u * (20 if b % 4 == 2 else 70)) * 0.15
        add(out, hat, max(0, t + 0.004 * rng.normal()), 0.4, 0.8)
        if b % 8 == 6:
            add(out, np.sin(2 * np.pi * (330 * u - 40 * u * u)) * np.exp(-u * 10) * 0.5, t, 0.9, 0.3)
    m = int(0.35 * RATE)
    room = rng.normal(size=(m, 2)) * np.exp(-np.arange(m) / (0.09 * RATE))[:, None]
    reverb = np.stack([scipy.signal.fftconvolve(out[:, c], room[:, c])[:n] for c in (0, 1)], 1)
    yield "kit", level(out + 0.02 * reverb / np.abs(room).sum() * 400, 0.8)

    n6 = RATE * 6
    voice = spoken(21, 150, n6)
    reverb = np.stack([scipy.signal.fftconvolve(voice, room[:, c])[:n6] for c in (0, 1)], 1)
    yield "talk", level(stereo(voice), 0.5) + reverb * 0.0015 + rng.normal(size=(n6, 2)) * 5e-4

    out, t, k = np.zeros((n6, 2)), 0.15, 0
    while t < 5:
        m = int(0.02 * RATE)
        u = np.arange(m) / RATE
        hz = 1700 + 250 * (k % 2)
        x = np.sin(2 * np.pi * hz * u) * np.exp(-u * 350) + 0.6 * np.sin(2 * np.pi * hz * 2.3 * u) * np.exp(-u * 500)
        x = (x + 0.3 * rng.normal(size=m) * np.exp(-u * 900)) * (0.4 + 0.6 * rng.uniform())
        add(out, x, t, *((0.9, 0.5) if k % 2 else (0.5, 0.9)))
        t, k = t + [0.25, 0.125, 0.0625, 0.0625, 0.125, 0.25, 0.05, 0.05, 0.05][k % 9], k + 1
    yield "clack", level(out, 0.8) + rng.normal(size=out.shape) * 1e-4


def from_media(name, file, skip):
    path = MEDIA / file
    if not path.exists():
        print(f"skipped: {name}, no {path}")
        return None
    probe = ["ffprobe", "-v", "error", "-select_streams", "a:0", "-show_entries", "stream=sample_rate", "-of", "csv=p=0", str(path)]
    rate = int(subprocess.run(probe, stdout=subprocess.PIPE, check=True, text=True).stdout.split()[0].strip(","))
    decode = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:a:0", "-ac", "2", "-f", "f32le", "-"]
    samples = np.frombuffer(subprocess.run(decode, stdout=subprocess.PIPE, check=True).stdout, dtype=np.float32)
    return samples.reshape(-1, 2)[skip * rate :], rate


def make(folder):
    """Makes all clips that are not there; returns their paths by name, in the order of tables."""
    folder.mkdir(parents=True, exist_ok=True)
    have = {p.name.split(".")[0]: p for p in sorted(folder.glob("*.f32"))}

    def put(name, samples, rate):
        have[name] = folder / f"{name}.{rate}.f32"
        np.asarray(samples, dtype=np.float32)[: rate * SECONDS].tofile(have[name])

    if not {"pluck", "dialog", "organ", "clack"} <= have.keys():
        for name, samples in (*first_set(), *second_set()):
            put(name, samples, RATE)
    for name, file, skip in DECODED:
        if name not in have and (clip := from_media(name, file, skip)):
            put(name, *clip)
    return {name: have[name] for name in TUNED + HELD_OUT if name in have}
