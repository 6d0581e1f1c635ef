#!/usr/bin/env python3
"""How AAC encoders sound: a table of Zimtohrli distances and ViSQOL scores of each clip at each rate.

    pip install numpy scipy zimtohrli visqol-python
    cargo build --release -p transcode-core --example encode_aac
    benches/aac/quality.py [--rates 48,64,96,128,192] [--visqol] [--encoder NAME='COMMAND'] CLIP.f32 ...

Clips are interleaved stereo floats of 44.1 kHz, raw. An encoder is a command with {input}, {output} and {rate} (kbit/s) that writes
ADTS; ours and FFmpeg's are known. FFmpeg decodes. A smaller distance and a higher score are better; the rate is that of the file
without ADTS headers.
"""

import argparse
import concurrent.futures
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import scipy.signal

RATE = 44100
HERE = Path(__file__).resolve().parent.parent.parent
ENCODERS = {
    "ours": f"{HERE}/target/release/examples/encode_aac {{input}} {RATE} 2 {{output}} {{rate}}",
    "ffmpeg": f"ffmpeg -v error -y -f f32le -ar {RATE} -ac 2 -i {{input}} -c:a aac -b:a {{rate}}k -f adts {{output}}",
}


def decode(path):
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "f32le", "-ar", str(RATE), "-ac", "2", "-"]
    data = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    return np.frombuffer(data, dtype=np.float32).reshape(-1, 2)


def payload(path):
    """Bytes of the stream without ADTS headers, and frames."""
    data, at, total, frames = path.read_bytes(), 0, 0, 0
    while at < len(data):
        length = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
        total += length - 7
        frames += 1
        at += length
    return total, frames


def aligned(reference, decoded):
    """The part of the decoded signal that stands for the reference."""
    a, b = reference.sum(1)[: 4 * RATE], decoded.sum(1)[: 4 * RATE + 8192]
    correlation = scipy.signal.correlate(b, a, mode="full", method="fft")
    lag = int(np.argmax(correlation[len(a) - 1 : len(a) + 8191]))
    out = np.zeros_like(reference)
    part = decoded[lag : lag + len(reference)]
    out[: len(part)] = part
    return out, lag


def measure(job):
    name, command, clip, rate, visqol = job
    reference = np.fromfile(clip, dtype=np.float32).reshape(-1, 2)
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "out.aac"
        subprocess.run(command.format(input=clip, output=output, rate=rate).split(), check=True, stderr=subprocess.DEVNULL)
        decoded, lag = aligned(reference, decode(output))
        size, frames = payload(output)
    import zimtohrli

    up = lambda x: scipy.signal.resample_poly(x, 160, 147)  # to 48 kHz
    # Left, right, and what tells them apart.
    views = [lambda s: s[:, 0], lambda s: s[:, 1], lambda s: (s[:, 0] + s[:, 1]) / 2]
    distance = np.mean([zimtohrli.Pyohrli().distance(up(v(reference)), up(v(decoded))) for v in views])
    score = float("nan")
    if visqol:
        from visqol import VisqolApi

        api = VisqolApi()
        api.create(mode="audio", disable_global_alignment=True)
        scores = [
            api.measure_from_arrays(up(v(reference)).astype(np.float64), up(v(decoded)).astype(np.float64), 48000).moslqo
            for v in views[2:]
        ]
        score = float(np.mean(scores))
    seconds = len(reference) / RATE
    return clip, rate, name, distance, score, size * 8 / seconds / 1000, lag


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="+")
    parser.add_argument("--rates", default="48,64,96,128,192")
    parser.add_argument("--visqol", action="store_true", help="ViSQOL too: some seconds a clip")
    parser.add_argument("--encoder", action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--only", help="these encoders")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    encoders = dict(ENCODERS)
    encoders.update(e.split("=", 1) for e in args.encoder)
    if args.only:
        encoders = {n: c for n, c in encoders.items() if n in args.only.split(",")}
    rates = [int(r) for r in args.rates.split(",")]
    jobs = [(n, c, clip, r, args.visqol) for clip in args.clips for r in rates for n, c in encoders.items()]
    table = {}
    with concurrent.futures.ProcessPoolExecutor(args.jobs) as pool:
        for clip, rate, name, distance, score, kbps, lag in pool.map(measure, jobs):
            table[clip, rate, name] = (distance, score, kbps, lag)
    print("clip".ljust(12) + "rate " + "".join(n.rjust(27) for n in encoders))
    print(" " * 17 + "".join("distance   ViSQOL   kbps".rjust(27) for _ in encoders))
    for clip in [*args.clips, None]:
        for rate in rates:
            line = (Path(clip).stem if clip else "mean").ljust(12) + str(rate).rjust(4) + " "
            for name in encoders:
                rows = [table[c, rate, name] for c in ([clip] if clip else args.clips)]
                mean = np.mean(np.array(rows), axis=0)
                line += f"{1000 * mean[0]:12.3f} {mean[1]:7.3f} {mean[2]:6.1f}"
            print(line)


if __name__ == "__main__":
    main()
