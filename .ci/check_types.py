"""Checks the package's types: mypy --strict of the package and its examples, and the stubs against the module."""

import pathlib
import subprocess
import sys

PYTHON = pathlib.Path(__file__).resolve().parent.parent / "python"


def run(*command: str) -> None:
    print("$", "python", *command, flush=True)
    subprocess.run([sys.executable, *command], cwd=PYTHON, check=True)


run("-m", "mypy", "--strict", "-p", "transcode_py")
run("-m", "mypy", "--strict", "tests")
for example in sorted((PYTHON / "examples").glob("*.py")):
    # The decision record's examples stand as it has them: with a callback that has no annotations.
    relaxed = ["--allow-untyped-defs", "--allow-untyped-calls"] if example.name == "usage.py" else []
    run("-m", "mypy", "--strict", *relaxed, str(example.relative_to(PYTHON)))
run("-m", "mypy.stubtest", "transcode_py", "--mypy-config-file", "pyproject.toml")
