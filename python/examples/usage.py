# Simple synchronous usage
import transcode_py

stats = transcode_py.transcode(
    "input.mp4",
    "output.mp4",
    video_codec="h264",
    video_bitrate=2_000_000
)
print(stats)

# Builder pattern
options = (transcode_py.TranscodeOptions()
    .input("input.mp4")
    .output("output.mp4")
    .video_codec("h264")
    .video_bitrate(2_000_000)
    .resolution(1920, 1080))

transcoder = transcode_py.Transcoder(options)
stats = transcoder.run()

# Async with progress
import asyncio

async def main():
    def on_progress(progress):
        print(f"Progress: {progress.percent:.1f}%")

    stats = await transcode_py.transcode_async(
        "input.mp4",
        "output.mp4",
        progress_callback=on_progress
    )
    print(f"Done! {stats}")

asyncio.run(main())

# Check hardware capabilities
caps = transcode_py.detect_simd()
print(f"SIMD: {caps.best_level()}")
