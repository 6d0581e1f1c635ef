"""Ends a job from another thread after a time: `python cancel.py INPUT OUTPUT SECONDS`."""

import sys
import threading

import transcode_py


def main(source: str, target: str, seconds: float) -> int:
    options = transcode_py.TranscodeOptions().input(source).output(target)
    transcoder = transcode_py.Transcoder(options)
    alarm = threading.Timer(seconds, transcoder.cancel)
    alarm.start()
    try:
        print(transcoder.run())
    except transcode_py.CancelledError:
        print("too slow: cancelled, and no file is left")
    finally:
        alarm.cancel()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
