# `make demo` shows the wheel at work; `make test` runs every check. Each is enough on a fresh Debian with Rust and Python 3.11.
#
#   make demo [INPUT=clip.mp4] [OUTPUT=out.mp4]   build and install the wheel in .venv, transcode, show statistics and a probe
#   make test                                     every check below, one after the other
#   make fmt clippy rust fuzz-check python typing embedded aarch64 avx512    the checks by themselves
#   make clean                                    remove what was built

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INPUT ?=
OUTPUT ?= target/demo/output.mp4
# Wheels of different builds don't mix: each has its own folder.
WHEELS := target/wheels
SOURCES := $(shell find simd core-nostd container pipeline python -name target -prune -o -type f \
	\( -name '*.rs' -o -name '*.toml' -o -name '*.py' -o -name '*.pyi' \) -print) Cargo.toml Cargo.lock

.PHONY: help demo test fmt clippy rust fuzz-check python typing embedded aarch64 avx512 clean

help:
	@sed -n 's/^# \{0,1\}//p' Makefile | sed -n '1,/^$$/p'

demo: $(VENV)/.wheel
	@mkdir -p "$(dir $(OUTPUT))"
	$(BIN)/python python/examples/demo.py $(if $(INPUT),"$(INPUT)") --output "$(OUTPUT)"

test: fmt clippy rust fuzz-check python typing embedded aarch64 avx512
	@echo "make test: every check has passed or said that it was skipped"

fmt:
	cargo fmt --all --check

# The extension only builds with its feature, the benches only with --all-targets.
clippy:
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo clippy --locked -p transcode-python --features extension -- -D warnings
	cargo clippy --locked -p transcode-pipeline --no-default-features -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --quiet

rust:
	cargo test --locked

fuzz-check:
	cargo check --manifest-path fuzz/Cargo.toml --bins

python: $(VENV)/.wheel $(VENV)/.test-tools
	cd python && ../$(BIN)/python -m pytest

typing: $(VENV)/.wheel $(VENV)/.test-tools
	$(BIN)/python .ci/check_types.py

embedded:
	.ci/embedded

aarch64:
	.ci/aarch64

avx512:
	.ci/avx512

clean:
	rm -rf $(VENV) target fuzz/target

$(VENV)/.made:
	.ci/venv "$(PYTHON)" "$(VENV)"
	touch $@

$(VENV)/.build-tools: $(VENV)/.made python/pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'maturin>=1.8,<2'
	touch $@

$(VENV)/.test-tools: $(VENV)/.made python/pyproject.toml
	requirements=$$($(BIN)/python .ci/requirements.py python/pyproject.toml test)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $$requirements
	touch $@

$(VENV)/.wheel: $(VENV)/.build-tools $(SOURCES)
	rm -rf $(WHEELS)
	$(BIN)/maturin build --quiet --release --locked --manifest-path python/Cargo.toml --interpreter $(BIN)/python --out $(WHEELS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps $(WHEELS)/*.whl
	touch $@
