"""Transcodes a film with a progress bar, prints the statistics and probes the result: what `make demo` runs."""

import argparse
import pathlib
import sys
import tempfile

import transcode_py
from transcode_py.cli import main as transcode_command

BAR_WIDTH = 40


def show(progress: transcode_py.Progress) -> None:
    """Draws the bar: over itself on a terminal, line by line into a file or a log."""
    filled = round(progress.percent / 100 * BAR_WIDTH)
    eta = "" if progress.eta is None else f", {progress.eta:.0f} s left"
    bar = f"[{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {progress.percent:5.1f}%"
    line = f"{bar}  {progress.frames} pictures, {progress.speed:.1f}x{eta}"
    if sys.stdout.isatty():
        end = "\n" if progress.percent >= 100 else ""
        print(f"\r\x1b[K{line}", end=end, flush=True)
    else:
        print(line, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("input", nargs="?", type=pathlib.Path, help="without it a clip with picture and sound is made")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("output.mp4"))
    arguments = parser.parse_args()

    print(f"transcode_py {transcode_py.version()}, {transcode_py.detect_simd()}")
    with tempfile.TemporaryDirectory() as folder:
        source = arguments.input
        if source is None:
            source = pathlib.Path(folder, "clip.mp4")
            if transcode_command(["make-clip", str(source)]) != 0:
                return 1
        print(f"{source} -> {arguments.output}")
        try:
            stats = transcode_py.transcode(
                source, arguments.output, video_codec="h264", overwrite=True, progress_callback=show
            )
        except (transcode_py.TranscodeError, OSError) as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            return 1
    print(stats)
    return transcode_command(["probe", str(arguments.output)])


if __name__ == "__main__":
    sys.exit(main())
