//! Streams of x264 and pictures of ffmpeg, where those programs are there.
#![allow(dead_code, reason = "each test uses a part")]

use std::io::Write;
use std::process::{Command, Stdio};
use transcode_core::h264::{DecodeStats, Decoder, DecoderConfig, Frame, PacketTime};
use transcode_core::{Error, Step};

/// Runs a program with `input`; what it writes. `None`, said aloud, if it is not there or fails.
fn run(program: &str, args: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let child =
        Command::new(program).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let Ok(mut child) = child else {
        println!("skipped: {program} not found");
        return None;
    };
    let mut stdin = child.stdin.take()?;
    let output = std::thread::scope(|scope| {
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().ok()
    })?;
    if !output.status.success() {
        println!("skipped: {program} {} failed", args.join(" "));
        return None;
    }
    Some(output.stdout)
}

/// `count` pictures of textures that move in different directions, 8-bit 4:2:0, as one run of planes.
pub(crate) fn film(width: usize, height: usize, count: usize) -> Vec<u8> {
    let mut film = Vec::new();
    for n in 0..count {
        for (plane, shift) in [(0, 0), (1, 1), (2, 1)] {
            for y in 0..height.div_ceil(1 << shift) {
                for x in 0..width.div_ceil(1 << shift) {
                    // Two halves, one of which moves to the right, the other down; a little noise keeps the coder busy.
                    let (u, v) =
                        if x << shift < width / 2 { (x + 64 - n % 64, y) } else { (x, y + 128 - 2 * (n % 64)) };
                    let texture = (u * u / 23 + v * 5 + u * v / 31 + plane * 40) % 180;
                    film.push((30 + texture + (x * 7 + y * 13 + n * 29) % 5) as u8);
                }
            }
        }
    }
    film
}

/// A picture that gets brighter to the right and to the bottom, as [`film`] has them.
pub(crate) fn gradient(width: usize, height: usize) -> Vec<u8> {
    let luma = (0..width * height).map(|i| (40 + i % width / 2 + i / width / 2) as u8);
    luma.chain((0..width * height / 2).map(|i| (100 + i % width / 8) as u8)).collect()
}

/// What x264 makes of [`film`] with these options.
pub(crate) fn x264(width: usize, height: usize, count: usize, options: &str) -> Option<Vec<u8>> {
    x264_of(&film(width, height, count), width, height, options)
}

/// What x264 makes of `film` with these options.
pub(crate) fn x264_of(film: &[u8], width: usize, height: usize, options: &str) -> Option<Vec<u8>> {
    let size = format!("{width}x{height}");
    let mut args = vec!["--input-res", &size, "--input-csp", "i420", "--fps", "25", "--threads", "1"];
    args.extend(options.split_whitespace());
    args.extend(["--output", "-", "-"]);
    run("x264", &args, film)
}

/// The pictures of a byte stream as ffmpeg decodes them: one MD5 each, of the planes one after the other.
pub(crate) fn ffmpeg(stream: &[u8]) -> Option<Vec<String>> {
    let args = ["-v", "quiet", "-f", "h264", "-i", "-", "-fps_mode", "passthrough", "-f", "framemd5", "-"];
    let text = String::from_utf8(run("ffmpeg", &args, stream)?).ok()?;
    let lines = text.lines().filter(|l| !l.starts_with('#'));
    Some(lines.filter_map(|l| l.rsplit(',').next()).map(|md5| md5.trim().to_string()).collect())
}

/// MD5 of what is shown of a frame, as [`ffmpeg`] counts it.
pub(crate) fn md5(frame: &Frame) -> String {
    let mut hash = super::media::FrameHash::default();
    hash.add(frame);
    hash.finish()
}

/// A decoded frame.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shown {
    pub(crate) md5: String,
    pub(crate) corrupt: bool,
    pub(crate) key: bool,
}

/// Decodes a byte stream with [`PacketTime::default`], whole.
pub(crate) fn decode(config: DecoderConfig, stream: &[u8]) -> Result<(Vec<Shown>, DecodeStats), Error> {
    let mut decoder = Decoder::new(config);
    decoder.send(stream, PacketTime::default())?;
    decoder.finish();
    let mut shown = vec![];
    while let Step::Output(frame) = decoder.receive()? {
        shown.push(Shown { md5: md5(&frame), corrupt: frame.corrupt, key: frame.key });
    }
    Ok((shown, decoder.stats()))
}
