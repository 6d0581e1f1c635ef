//! Streams that begin in the middle: which pictures are right, and that they are.
#![cfg(feature = "h264-dec")]

mod media;
mod tools;

use tools::{Shown, decode, ffmpeg, x264};
use transcode_core::h264::{DecoderConfig, nal};

/// Offsets of the units (their start codes) with a recovery point message, which x264 writes alone.
fn recovery_points(stream: &[u8]) -> Vec<usize> {
    nal::annexb(stream).filter(|u| u.data[0] & 31 == 6 && u.data[1] == 6).map(|u| u.offset - 3).collect()
}

/// The stream's parameter sets and what follows `from`.
fn cut(stream: &[u8], from: usize) -> Vec<u8> {
    let sets = nal::annexb(stream).take_while(|u| u.offset < from).filter(|u| matches!(u.data[0] & 31, 7 | 8));
    let mut cut: Vec<u8> = sets.flat_map(|u| [&[0, 0, 1][..], u.data].concat()).collect();
    cut.extend_from_slice(&stream[from..]);
    cut
}

/// Decodes the whole stream and what follows each recovery point but the first. Every picture that is not flagged must be one of
/// the whole stream's, in its place from the end; the number of flagged pictures is told to `check`.
fn compare(stream: &[u8], check: impl Fn(&[Shown])) {
    let (whole, stats) = decode(DecoderConfig::new(), stream).unwrap();
    assert!(whole.iter().all(|s| !s.corrupt), "{stats:?}");
    let points = recovery_points(stream);
    assert!(points.len() > 2, "{points:?}");
    for &from in &points[1..points.len() - 1] {
        let part = cut(stream, from);
        let (shown, stats) = decode(DecoderConfig::new(), &part).unwrap();
        assert!(shown.len() <= whole.len() && stats.damaged_units == 0, "{stats:?}");
        for (a, b) in shown.iter().rev().zip(whole.iter().rev()) {
            assert!(a.corrupt || a.md5 == b.md5, "a picture that is not right is not flagged");
        }
        check(&shown);
        // Where ffmpeg shows a picture, so does this decoder.
        if let Some(theirs) = ffmpeg(&part) {
            assert!(theirs.len() <= shown.len(), "{} pictures, ffmpeg {}", shown.len(), theirs.len());
        }
    }
}

#[test]
fn an_open_group_of_pictures() {
    for options in ["--b-pyramid none --ref 3", "--b-pyramid normal --ref 4", "--tff --ref 2"] {
        let options = format!("--open-gop --bframes 3 --b-adapt 0 --keyint 12 --min-keyint 4 --scenecut 0 {options}");
        let Some(stream) = x264(64, 64, 40, &options) else { return };
        compare(&stream, |shown| {
            let flagged = shown.iter().take_while(|s| s.corrupt).count();
            assert!(flagged <= 3 && shown[flagged..].iter().all(|s| !s.corrupt), "{options}: {flagged}");
            assert!(shown[flagged].key, "the intra picture is where decoding starts");
        });
    }
}

#[test]
fn a_gradual_refresh() {
    for options in ["--bframes 0", "--bframes 2 --b-adapt 0", "--bframes 0 --no-cabac --ref 3"] {
        let options = format!("--intra-refresh --keyint 10 --scenecut 0 {options}");
        let Some(stream) = x264(96, 64, 50, &options) else { return };
        compare(&stream, |shown| {
            let flagged = shown.iter().take_while(|s| s.corrupt).count();
            assert!(flagged > 2 && flagged < 20, "{options}: {flagged}");
            assert!(shown[flagged..].iter().all(|s| !s.corrupt));
        });
    }
}
