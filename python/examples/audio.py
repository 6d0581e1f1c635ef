# Sound: coded anew beside a copied picture, and taken out alone
import transcode_py

transcode_py.transcode(
    "input.mp4",
    "output.mp4",
    video_codec="copy",
    audio_codec="aac",
    audio_bitrate=128_000,
    audio_channels="stereo",
)

# The ending says what the file is: samples in .wav, AAC in .aac and .m4a
transcode_py.transcode("input.mp4", "sound.wav", audio_sample_rate=48_000)
