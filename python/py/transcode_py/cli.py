"""The `transcode` command: the same program as the Rust binary, run inside the interpreter."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence

from ._native import run_cli

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command with `arguments` (by default those of the process, without its name).

    Returns the exit status: 0 done, 1 failed or interrupted, 2 wrong usage.
    """
    command = ["transcode", *(sys.argv[1:] if arguments is None else arguments)]
    try:
        # Python's handler would only set a flag that nobody looks at. Without it the program installs its own, which ends
        # the job and removes its files.
        python_handler = signal.signal(signal.SIGINT, signal.SIG_DFL)
    except ValueError:
        # Not in the main thread: signals are the main thread's business.
        return run_cli(command)
    try:
        return run_cli(command)
    finally:
        signal.signal(signal.SIGINT, python_handler)

