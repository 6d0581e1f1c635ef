"""Draws size and time of this project's H.264 encoder against x264's.

    python rd.py CLIPS [--out docs/h264-rd.svg] [--transcode target/release/transcode]

CLIPS is a folder of 4:2:0 Y4M files. The first --frames pictures of each are encoded by both encoders, with one thread and
`--tune psnr`, at each preset and CRF, decoded by ffmpeg and compared with the source by it, so no encoder grades itself. Needs
ffmpeg and x264 on the PATH, and numpy and matplotlib: `python -m venv env && env/bin/pip install numpy matplotlib`.

Left: bits for the same PSNR-Y (Bjontegaard's measure, mean of the clips) over processor time, both relative to x264 medium.
Right: the rate-distortion curves of both at medium, a colour for each clip. Five presets and six clips of 640x360 take about five
minutes on one core; --presets, --crf and --frames make it shorter.
"""

import argparse
import math
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
import numpy as np


def run(command: list[str]) -> float:
    """Runs a command and returns its processor seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout[-2000:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def cut(clip: pathlib.Path, frames: int, to: pathlib.Path) -> tuple[int, float]:
    """Copies the first pictures of a clip. Returns how many there are and how many a second."""
    with clip.open("rb") as source, to.open("wb") as out:
        head = source.readline()
        field = lambda c: next(t[1:] for t in head.split()[1:] if t[:1] == c)
        width, height = int(field(b"W")), int(field(b"H"))
        num, den = field(b"F").split(b":")
        size = width * height + 2 * (-(-width // 2)) * (-(-height // 2))
        out.write(head)
        count = 0
        while count < frames and (line := source.readline()):
            out.write(line)
            out.write(source.read(size))
            count += 1
    return count, int(num) / int(den)


def psnr_y(stream: pathlib.Path, clip: pathlib.Path, frames: int, scratch: pathlib.Path) -> float:
    """PSNR of luma over all pictures."""
    log = scratch / "psnr.log"
    # Both numbered in one clock: a byte stream has times of its own.
    numbered = "settb=1/1000,setpts=40*N"
    graph = f"[0:v]{numbered}[a];[1:v]{numbered}[b];[a][b]psnr=stats_file={log}"
    run(["ffmpeg", "-v", "error", "-threads", "1", "-i", str(stream), "-i", str(clip), "-lavfi", graph, "-f", "null", "-"])
    errors = [float(e) for e in re.findall(r"mse_y:([\d.]+)", log.read_text())]
    if len(errors) != frames:
        sys.exit(f"{stream}: {len(errors)} pictures decoded, {frames} in {clip}")
    return 10 * math.log10(255**2 / max(sum(errors) / frames, 1e-9))


def bd_rate(reference: list[tuple[float, float]], points: list[tuple[float, float]]) -> float:
    """How many more bits `points` need than `reference`, as a factor: cubic fits of log rate over PSNR."""
    fits, spans = [], []
    for curve in (reference, points):
        rate, quality = np.log([r for r, _ in curve]), np.array([q for _, q in curve])
        fits.append(np.polyint(np.polyfit(quality, rate, min(3, len(curve) - 1))))
        spans.append((quality.min(), quality.max()))
    low, high = max(s[0] for s in spans), min(s[1] for s in spans)
    if high <= low:
        sys.exit("the curves do not overlap: choose other --crf")
    area = [np.polyval(f, high) - np.polyval(f, low) for f in fits]
    return math.exp((area[1] - area[0]) / (high - low))


def main() -> None:
    root = pathlib.Path(__file__).resolve().parents[2]
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("clips", type=pathlib.Path)
    arguments.add_argument("--out", type=pathlib.Path, default=root / "docs" / "h264-rd.svg")
    arguments.add_argument("--transcode", default=str(root / "target" / "release" / "transcode"))
    arguments.add_argument("--presets", default="ultrafast,superfast,veryfast,medium,slow")
    arguments.add_argument("--crf", default="22,27,32,37")
    arguments.add_argument("--frames", type=int, default=36)
    a = arguments.parse_args()
    for program in ("ffmpeg", "x264", a.transcode):
        if not shutil.which(program):
            sys.exit(f"{program}: not found")
    clips = sorted(a.clips.glob("*.y4m"))
    presets, crfs = a.presets.split(","), a.crf.split(",")
    if not clips or "medium" not in presets:
        sys.exit("no clips, or no medium among the presets")
    encoders = {
        "x264": lambda p, q, i, o: ["x264", "--quiet", "--preset", p, "--tune", "psnr", "--crf", q, "--threads", "1", "-o", o, i],
        "transcode": lambda p, q, i, o: [
            a.transcode, "encode", i, o, "--preset", p, "--tune", "psnr", "--crf", q, "--threads", "1", "--overwrite", "--quiet",
        ],
    }
    points: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    seconds: dict[tuple[str, str], float] = {}
    with tempfile.TemporaryDirectory() as name:
        scratch = pathlib.Path(name)
        for clip in clips:
            source = scratch / "in.y4m"
            frames, fps = cut(clip, a.frames, source)
            for preset in presets:
                # Side by side, so that both see the same load.
                for q in crfs:
                    for encoder, command in encoders.items():
                        stream = scratch / "out.264"
                        stream.unlink(missing_ok=True)
                        time = run(command(preset, q, str(source), str(stream)))
                        seconds[encoder, preset] = seconds.get((encoder, preset), 0) + time
                        kbps = stream.stat().st_size * 8 / 1000 / (frames / fps)
                        points.setdefault((encoder, preset, clip.stem), []).append((kbps, psnr_y(stream, source, frames, scratch)))
            print(clip.stem, flush=True)

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
    base = seconds["x264", "medium"]
    for encoder, colour in (("x264", "tab:gray"), ("transcode", "tab:red")):
        xs, ys = [], []
        for preset in presets:
            factors = [bd_rate(points["x264", "medium", c.stem], points[encoder, preset, c.stem]) for c in clips]
            xs.append(seconds[encoder, preset] / base)
            ys.append(100 * (sum(factors) / len(factors) - 1))
            left.annotate(preset, (xs[-1], ys[-1]), textcoords="offset points", xytext=(5, 4), fontsize=8, color=colour)
            print(f"{encoder:9} {preset:10} {ys[-1]:+7.1f}% bits  {xs[-1]:5.2f} of the time", flush=True)
        left.plot(xs, ys, "o-", color=colour, label=encoder)
    left.set(xscale="log", xlabel="processor time / x264 medium", ylabel="bits for the same PSNR-Y over x264 medium, %")
    left.set_title(f"Presets, mean of {len(clips)} clips: lower left is better")
    for i, clip in enumerate(clips):
        for encoder, style in (("x264", "--"), ("transcode", "-")):
            curve = sorted(points[encoder, "medium", clip.stem])
            label = clip.stem if encoder == "transcode" else None
            right.plot([r for r, _ in curve], [q for _, q in curve], style, color=f"C{i}", label=label, marker=".")
    right.set(xscale="log", xlabel="kbit/s", ylabel="PSNR-Y, dB")
    right.set_title("medium: solid transcode, dashed x264")
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    a.out.parent.mkdir(parents=True, exist_ok=True)
    plt.rcParams["svg.hashsalt"] = "transcode"
    figure.savefig(a.out, metadata={"Date": None})
    print(a.out)


if __name__ == "__main__":
    main()
