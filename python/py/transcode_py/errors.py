"""The exceptions of the package.

Missing and existing files, permissions and full disks are not among them: they raise the ``OSError`` that Python has for
each (``FileNotFoundError``, ``FileExistsError``, ``IsADirectoryError``, ``PermissionError``, ...). An option with a bad value
raises ``ValueError``, an argument of the wrong type ``TypeError``.
"""

from __future__ import annotations

__all__ = ["CancelledError", "InvalidDataError", "LimitError", "TranscodeError", "UnsupportedError"]


class TranscodeError(Exception):
    """The base of every error that a job raises by itself."""


class InvalidDataError(TranscodeError, ValueError):
    """The input is not what it claims to be: no media at all, truncated, or broken beyond use."""


class UnsupportedError(TranscodeError, NotImplementedError):
    """The input is valid, but needs a codec or a coding tool that this version doesn't have."""


class LimitError(TranscodeError):
    """The input asks for more than the limits allow (picture size, number of tracks, memory)."""


class CancelledError(TranscodeError):
    """The job was cancelled by :meth:`transcode_py.Transcoder.cancel`, or by the interpreter's exit.

    A cancelled asyncio task raises :class:`asyncio.CancelledError` instead, as asyncio demands.
    """
