"""What the package says about itself."""

from __future__ import annotations

import importlib.metadata
import importlib.resources
import inspect
import platform

import pytest

import transcode_py


def test_version() -> None:
    assert transcode_py.version() == transcode_py.__version__ == importlib.metadata.version("transcode-py")


def test_it_is_typed() -> None:
    files = importlib.resources.files(transcode_py)
    assert files.joinpath("py.typed").is_file()
    assert files.joinpath("_native.pyi").is_file()


def test_everything_public_is_there_and_documented() -> None:
    for name in transcode_py.__all__:
        value = getattr(transcode_py, name)
        if inspect.isroutine(value) or inspect.isclass(value):
            assert value.__doc__, name
        if inspect.isclass(value):
            for method, attribute in vars(value).items():
                if not method.startswith("_"):
                    assert attribute.__doc__, f"{name}.{method}"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="compares with the flags of an x86 processor")
def test_detect_simd_agrees_with_the_system() -> None:
    with open("/proc/cpuinfo", encoding="ascii") as file:
        flags = set(next(line for line in file if line.startswith("flags")).split())
    simd = transcode_py.detect_simd()
    assert simd.sse42 == ({"ssse3", "sse4_1", "sse4_2", "popcnt"} <= flags)
    assert simd.avx2 == (simd.sse42 and {"avx2", "fma", "bmi1", "bmi2"} <= flags)
    assert simd.avx512 == (simd.avx2 and {"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"} <= flags)
    assert not simd.neon
    assert simd.has_simd() == simd.sse42
    best = "AVX-512" if simd.avx512 else "AVX2" if simd.avx2 else "SSE4.2" if simd.sse42 else "Scalar"
    assert simd.best_level() == best
    assert repr(simd) == f"SimdCapabilities(sse42={simd.sse42}, avx2={simd.avx2}, avx512={simd.avx512}, neon=False)"


@pytest.mark.parametrize("cls", [transcode_py.Progress, transcode_py.TranscodeStats, transcode_py.SimdCapabilities])
def test_results_are_read_only_and_not_made_by_users(cls: type) -> None:
    with pytest.raises(TypeError):
        cls()
