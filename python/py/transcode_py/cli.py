"""The `transcode` command: the same program as the Rust binary, run inside the interpreter."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ._native import run_cli

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command with `arguments` (by default those of the process, without its name).

    Returns the exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted by Ctrl-C.
    """
    try:
        return run_cli(["transcode", *(sys.argv[1:] if arguments is None else arguments)])
    except KeyboardInterrupt:
        return 130

