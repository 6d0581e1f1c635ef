//! What young decoders get wrong, by name: streams of x264 decoded as ffmpeg decodes them.
#![cfg(feature = "h264-dec")]

mod media;
mod tools;

use tools::{Shown, decode, ffmpeg, x264_of};
use transcode_core::Step;
use transcode_core::h264::{Decoder, DecoderConfig, PacketTime, nal};

/// Decodes what x264 makes of a film of 12 pictures with each of `options`, strictly, and compares every picture.
fn same_as_ffmpeg(width: usize, height: usize, options: &[&str]) {
    let film = tools::film(width, height, 12);
    for options in options {
        let Some(stream) = x264_of(&film, width, height, options) else { return };
        same(&stream, options);
    }
}

fn same(stream: &[u8], what: &str) {
    let (shown, stats) = decode(DecoderConfig { strict: true, ..DecoderConfig::new() }, stream).expect(what);
    assert!(shown.iter().all(|s| !s.corrupt), "{what}: {stats:?}");
    let Some(theirs) = ffmpeg(stream) else { return };
    assert_eq!(shown.len(), theirs.len(), "{what}");
    for (n, (Shown { md5, .. }, theirs)) in shown.iter().zip(&theirs).enumerate() {
        assert_eq!(md5, theirs, "{what}: picture {n}");
    }
}

/// 8.3.1.2: inter neighbours are no neighbours of intra macroblocks, and of I_PCM and Intra_16x16 as of Intra_4x4.
#[test]
fn constrained_intra_pred() {
    same_as_ffmpeg(
        64,
        48,
        &[
            "--constrained-intra --bframes 2 --keyint 12",
            "--constrained-intra --no-cabac --no-8x8dct --bframes 0",
            "--constrained-intra --slice-max-mbs 3 --subme 1",
            "--constrained-intra --qp 2 --partitions all",
        ],
    );
}

/// 7.4.2.1.1: the crop units, also of fields and of monochrome.
#[test]
fn cropping_to_any_size() {
    for (width, height) in [(2, 2), (18, 34), (30, 14), (66, 50)] {
        same_as_ffmpeg(width, height, &["--bframes 1", "--tff", "--no-cabac --fake-interlaced"]);
    }
}

/// 8.4.2.1, 7.3.3.1: a picture of as many slices as it has macroblocks, and 16 references.
#[test]
fn many_slices_and_references() {
    same_as_ffmpeg(
        64,
        48,
        &[
            "--slice-max-mbs 1 --bframes 2",
            "--slice-max-mbs 1 --no-cabac --no-deblock",
            "--ref 16 --bframes 0 --keyint 100 --partitions all",
            "--ref 8 --tff --bframes 3 --b-pyramid normal --slices 3",
            "--slice-max-size 100 --deblock 2:2",
        ],
    );
}

/// 7.3.5: I_PCM restarts CABAC, and deblocking takes it as QP 0 whatever the slice has. Noise at the lowest QPs makes x264 send it.
#[test]
fn i_pcm_at_the_extremes_of_qp() {
    let mut state = 1u32;
    let noise: Vec<u8> = (0..64 * 48 * 3 / 2 * 4)
        .map(|i| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Half of each row is flat, so that kinds of macroblocks meet.
            if i % 64 < 20 { 90 } else { (state >> 24) as u8 }
        })
        .collect();
    for options in
        ["--qp 1", "--qp 1 --no-cabac", "--qp 2 --tff", "--qp 1 --bframes 2 --slice-max-mbs 5", "--qp 51 --ipratio 10"]
    {
        let Some(stream) = x264_of(&noise, 64, 48, options) else { return };
        same(&stream, options);
    }
}

/// 8.3.1.2.1: samples of other slices are not available, and those above on the right neither, where slices begin anywhere.
#[test]
fn intra_neighbours_at_the_edges_of_slices() {
    same_as_ffmpeg(
        80,
        48,
        &[
            "--keyint 1 --slice-max-mbs 3 --partitions i4x4",
            "--keyint 1 --slice-max-mbs 4 --partitions i8x8,i4x4 --qp 12",
            "--keyint 1 --slice-max-mbs 7 --no-cabac --qp 30",
            "--keyint 1 --slice-max-mbs 6 --tff --partitions all",
        ],
    );
}

/// E.2.1: with `max_num_reorder_frames` 0 each picture leaves as soon as it is whole.
#[test]
fn nothing_is_reordered() {
    let film = tools::film(48, 48, 12);
    let Some(stream) = x264_of(&film, 48, 48, "--bframes 0 --ref 4 --slices 2") else { return };
    same(&stream, "--bframes 0");
    let mut decoder = Decoder::new(DecoderConfig::new());
    let (mut sent, mut given) = (0, 0);
    for unit in nal::annexb(&stream) {
        let packet = [&[0, 0, 1][..], unit.data].concat();
        decoder.send(&packet, PacketTime::default()).unwrap();
        while let Step::Output(_) = decoder.receive().unwrap() {
            given += 1;
        }
        // A picture is whole when the first slice of the next one has come.
        sent += usize::from(matches!(unit.data[0] & 31, 1 | 5));
        let whole = sent.saturating_sub(1) / 2;
        assert_eq!(given, whole, "after {sent} slices");
    }
}

/// 6.2: no chroma at all, in High profile; both decoders show it with grey chroma.
#[test]
fn monochrome() {
    same_as_ffmpeg(
        34,
        18,
        &["--output-csp i400", "--output-csp i400 --no-cabac --bframes 2", "--output-csp i400 --tff --qp 1"],
    );
}

/// 8.4.2.3: weights with fields and in frames of field macroblocks (x264 weights P slices alone; see the media for B).
#[test]
fn explicit_weights() {
    // A film that gets darker.
    let mut film = tools::film(64, 48, 12);
    let size = 64 * 48 * 3 / 2;
    for (n, picture) in film.chunks_mut(size).enumerate() {
        picture[..64 * 48].iter_mut().for_each(|s| *s = (u32::from(*s) * (14 - n as u32) / 14) as u8);
    }
    for options in [
        "--weightp 2 --bframes 0",
        "--weightp 2 --bframes 2 --weightb --ref 3",
        "--weightp 1 --no-cabac --slices 2",
        "--weightp 2 --tff --bframes 2 --weightb",
        "--weightp 2 --bff --no-cabac --direct temporal --bframes 3",
    ] {
        let Some(stream) = x264_of(&film, 64, 48, options) else { return };
        same(&stream, options);
    }
}
