"""`python -m transcode_py` is the `transcode` command."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
