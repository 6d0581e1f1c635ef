"""Transcodes many films with asyncio, a few at a time: `python batch.py FOLDER_IN FOLDER_OUT`."""

import asyncio
import pathlib
import sys

import transcode_py

AT_A_TIME = 2


async def one(source: pathlib.Path, target: pathlib.Path, turn: asyncio.Semaphore) -> bool:
    """Does one film; says what went wrong instead of stopping the others."""
    async with turn:
        try:
            stats = await transcode_py.transcode_async(source, target, overwrite=True, threads=1)
        except (transcode_py.TranscodeError, OSError) as error:
            print(f"{source.name}: {type(error).__name__}: {error}")
            return False
        print(f"{source.name}: {stats.frames_encoded} pictures, {stats.compression_ratio:.2f} times smaller")
        return True


async def main(source: pathlib.Path, target: pathlib.Path) -> int:
    target.mkdir(exist_ok=True)
    turn = asyncio.Semaphore(AT_A_TIME)
    done = await asyncio.gather(*(one(film, target / film.name, turn) for film in sorted(source.glob("*.mp4"))))
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))))
