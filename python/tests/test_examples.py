"""The examples run: those of the decision record verbatim, the others as programs."""

from __future__ import annotations

import pathlib
import re
import shutil
import sys

import pytest

from conftest import run_python

EXAMPLES = pathlib.Path(__file__).parent.parent / "examples"

# The four examples are one file, each under its own comment; only the first says `import transcode_py`.
SECTIONS = dict(
    re.findall(r"^# (.+)\n((?:(?!^# ).*\n)+)", (EXAMPLES / "usage.py").read_text(encoding="utf-8"), re.MULTILINE)
)


@pytest.fixture
def folder(clip: pathlib.Path, tmp_path: pathlib.Path) -> pathlib.Path:
    shutil.copy(clip, tmp_path / "input.mp4")
    return tmp_path


def test_there_are_four() -> None:
    assert list(SECTIONS) == [
        "Simple synchronous usage",
        "Builder pattern",
        "Async with progress",
        "Check hardware capabilities",
    ]


@pytest.mark.parametrize(
    ("section", "printed"),
    [
        ("Simple synchronous usage", r"TranscodeStats\(packets=\d+, .*\)\n"),
        ("Builder pattern", r""),
        ("Async with progress", r"(Progress: \d+\.\d%\n)*Progress: 100\.0%\nDone! TranscodeStats\(.*\)\n"),
        ("Check hardware capabilities", r"SIMD: (AVX-512|AVX2|SSE4\.2|NEON|Scalar)\n"),
    ],
)
def test_usage(section: str, printed: str, folder: pathlib.Path) -> None:
    script = SECTIONS[section]
    if "import transcode_py" not in script:
        script = f"import transcode_py\n{script}"
    result = run_python("-c", script, cwd=folder)
    assert (result.returncode, result.stderr) == (0, "")
    assert re.fullmatch(printed, result.stdout), result.stdout
    expected = {"input.mp4"} if section == "Check hardware capabilities" else {"input.mp4", "output.mp4"}
    assert {path.name for path in folder.iterdir()} == expected


def test_demo(folder: pathlib.Path) -> None:
    result = run_python(EXAMPLES / "demo.py", "input.mp4", "--output", "output.mp4", cwd=folder)
    assert (result.returncode, result.stderr) == (0, "")
    assert "100.0%" in result.stdout
    assert "TranscodeStats(" in result.stdout
    assert (folder / "output.mp4").stat().st_size > 0


def test_demo_makes_a_clip(tmp_path: pathlib.Path) -> None:
    result = run_python(EXAMPLES / "demo.py", "--output", "output.mp4", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert "TranscodeStats(" in result.stdout


def test_demo_fails_on_bad_input(tmp_path: pathlib.Path) -> None:
    result = run_python(EXAMPLES / "demo.py", "missing.mp4", "--output", "output.mp4", cwd=tmp_path)
    assert result.returncode == 1
    assert result.stderr.startswith("FileNotFoundError: ")
    assert list(tmp_path.iterdir()) == []


def test_batch(folder: pathlib.Path) -> None:
    shutil.copy(folder / "input.mp4", folder / "second.mp4")
    (folder / "broken.mp4").write_bytes(b"no film")
    result = run_python(EXAMPLES / "batch.py", folder, folder / "out", cwd=folder)
    assert (result.returncode, result.stderr) == (1, "")
    assert "broken.mp4: InvalidDataError: " in result.stdout
    assert {path.name for path in (folder / "out").iterdir()} == {"input.mp4", "second.mp4"}


@pytest.mark.parametrize(("seconds", "printed"), [("60", "TranscodeStats("), ("0.3", "too slow: ")])
def test_cancel(seconds: str, printed: str, clip: pathlib.Path, long_clip: pathlib.Path, tmp_path: pathlib.Path) -> None:
    source = clip if seconds == "60" else long_clip
    result = run_python(EXAMPLES / "cancel.py", source, tmp_path / "out.mp4", seconds, cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(printed)


def test_the_readmes_show_what_works(folder: pathlib.Path) -> None:
    """Every Python block of the READMEs is a program."""
    readmes = [EXAMPLES.parent / "README.md", EXAMPLES.parent.parent / "README.md"]
    blocks = [
        block
        for readme in readmes
        for block in re.findall(r"^```python\n(.*?)^```", readme.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    ]
    assert len(blocks) >= 4
    for block in blocks:
        (folder / "output.mp4").unlink(missing_ok=True)
        result = run_python("-W", "error", "-c", block, cwd=folder)
        assert (result.returncode, result.stderr) == (0, ""), block


def test_this_interpreter_is_the_one_with_the_wheel() -> None:
    assert run_python("-c", "import sys; print(sys.prefix)", cwd=EXAMPLES).stdout.strip() == sys.prefix


def test_audio(folder: pathlib.Path) -> None:
    result = run_python(EXAMPLES / "audio.py", cwd=folder)
    assert (result.returncode, result.stderr) == (0, "")
    assert {path.name for path in folder.iterdir()} == {"input.mp4", "output.mp4", "sound.wav"}
