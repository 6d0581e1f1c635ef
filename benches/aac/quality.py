#!/usr/bin/env python3
"""How AAC encoders sound: a table of Zimtohrli distances and ViSQOL scores of each clip at each rate, in Markdown.

    pip install numpy scipy zimtohrli visqol-python
    cargo build --release -p transcode-core --example encode_aac
    cargo build --release --manifest-path benches/aac/fdk/Cargo.toml
    benches/aac/quality.py [--rates 48,64,96,128,192] [--clips NAME,...] [--visqol] [--encoder NAME='COMMAND'] [FOLDER]

FOLDER holds the clips; those that are missing are made (`clips.py`). An encoder is a command with {input} (raw interleaved stereo floats),
{hz}, {output} and {rate} (kbit/s) that writes ADTS; ours, FDK's (`fdk/`, 16 bits, afterburner on) and FFmpeg's are known. FFmpeg decodes.
A smaller distance and a higher score are better. Distances are means of left, right and middle, times 1000; scores are of the middle.
"""

import argparse
import concurrent.futures
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import scipy.signal

import clips

HERE = Path(__file__).resolve().parent
ENCODERS = {
    "ours": f"{HERE.parent.parent}/target/release/examples/encode_aac {{input}} {{hz}} 2 {{output}} {{rate}}",
    "fdk": f"{HERE}/fdk/target/release/fdk {{input}} {{hz}} 2 {{output}} {{rate}}",
    "ffmpeg": "ffmpeg -v error -y -f f32le -ar {hz} -ac 2 -i {input} -c:a aac -b:a {rate}k -f adts {output}",
}


def decode(path):
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "f32le", "-ac", "2", "-"]
    data = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    return np.frombuffer(data, dtype=np.float32).reshape(-1, 2)


def aligned(reference, decoded):
    """The part of the decoded signal that stands for the reference: encoders delay by up to some frames."""
    a, b = reference.sum(1)[:50000], decoded.sum(1)[:60000]
    correlation = scipy.signal.correlate(b, a, mode="full", method="fft")
    lag = int(np.argmax(correlation[len(a) - 1 : len(a) + 8191]))
    out = np.zeros_like(reference)
    part = decoded[lag : lag + len(reference)]
    out[: len(part)] = part
    return out


def measure(job):
    command, clip, rate, with_visqol = job
    hz = int(clip.name.split(".")[1])
    reference = np.fromfile(clip, dtype=np.float32).reshape(-1, 2)
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "out.aac"
        words = command.format(input=clip, output=output, rate=rate, hz=hz).split()
        subprocess.run(words, check=True, stderr=subprocess.DEVNULL)
        decoded = aligned(reference, decode(output))
        size = output.stat().st_size
    import zimtohrli

    def heard(samples):
        return samples.astype(np.float32) if hz == 48000 else scipy.signal.resample_poly(samples, 48000, hz).astype(np.float32)

    # Left, right, and what they have in common.
    views = [lambda s: s[:, 0], lambda s: s[:, 1], lambda s: s.mean(1)]
    pairs = [(heard(v(reference)), heard(v(decoded))) for v in views]
    model = zimtohrli.Pyohrli()
    distance = 1000 * np.mean([model.distance(a, b) for a, b in pairs])
    score = float("nan")
    if with_visqol:
        from visqol import VisqolApi

        api = VisqolApi()
        api.create(mode="audio", disable_global_alignment=True)
        score = api.measure_from_arrays(*(x.astype(np.float64) for x in pairs[2]), 48000).moslqo
    return distance, score, size * 8 / (len(reference) / hz) / 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=HERE.parent.parent / "target/aac-clips")
    parser.add_argument("--rates", default="48,64,96,128,192")
    parser.add_argument("--clips", help="these, by name")
    parser.add_argument("--visqol", action="store_true", help="ViSQOL too: some seconds a clip")
    parser.add_argument("--encoder", action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--only", help="these encoders")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    encoders = {**ENCODERS, **dict(e.split("=", 1) for e in args.encoder)}
    if args.only:
        encoders = {n: c for n, c in encoders.items() if n in args.only.split(",")}
    rates = args.rates.split(",")
    paths = clips.make(args.folder)
    if args.clips:
        paths = {n: p for n, p in paths.items() if n in args.clips.split(",")}
    keys = [(n, r, e) for n in paths for r in rates for e in encoders]
    with concurrent.futures.ProcessPoolExecutor(args.jobs) as pool:
        values = pool.map(measure, [(encoders[e], paths[n], r, args.visqol) for n, r, e in keys])
        table = dict(zip(keys, values))
    kinds = [("Zimtohrli distance x 1000", 0, 3), ("kbit/s of the file", 2, 1)]
    if args.visqol:
        kinds.insert(1, ("ViSQOL", 1, 2))
    for title, index, digits in kinds:
        print(f"\n{title}: {' / '.join(encoders)}\n\n| clip | {' | '.join(rates)} |\n|{'---|' * (len(rates) + 1)}")
        rows = [(n if n in clips.TUNED else f"{n} (held out)", [n]) for n in paths]
        rows += [("mean", list(paths)), ("mean of held out", [n for n in paths if n in clips.HELD_OUT])]
        for name, members in rows:
            if members:
                cells = [
                    " / ".join(f"{np.mean([table[n, r, e][index] for n in members]):.{digits}f}" for e in encoders) for r in rates
                ]
                print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
