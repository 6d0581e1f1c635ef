//! Lost slices: what is made up for them is nearer to what was lost than a plain copy of the picture before.
#![cfg(feature = "h264-dec")]

mod media;
mod tools;

use tools::{gradient, x264, x264_of};
use transcode_core::Step;
use transcode_core::h264::{DecodeStats, Decoder, DecoderConfig, PacketTime, nal};

/// The luma of all pictures, and whether they are flagged.
fn luma(stream: &[u8]) -> (Vec<(Vec<u8>, bool)>, DecodeStats) {
    let mut decoder = Decoder::new(DecoderConfig::new());
    decoder.send(stream, PacketTime::default()).unwrap();
    decoder.finish();
    let mut pictures = vec![];
    while let Step::Output(frame) = decoder.receive().unwrap() {
        pictures.push((frame.rows(0).flatten().copied().collect(), frame.corrupt));
    }
    (pictures, decoder.stats())
}

/// The stream without its `lost`th slices.
fn without(stream: &[u8], lost: &[usize]) -> Vec<u8> {
    let mut slice = 0;
    let mut out = vec![];
    for unit in nal::annexb(stream) {
        let is_slice = matches!(unit.data[0] & 31, 1 | 5);
        if !(is_slice && lost.contains(&slice)) {
            out.extend_from_slice(&[0, 0, 1]);
            out.extend_from_slice(unit.data);
        }
        slice += usize::from(is_slice);
    }
    out
}

fn difference(a: &[u8], b: &[u8]) -> u64 {
    a.iter().zip(b).map(|(&a, &b)| u64::from(a.abs_diff(b)).pow(2)).sum()
}

#[test]
fn motion_goes_on_in_lost_slices() {
    for (options, lost) in [
        ("--bframes 0 --slices 4", 5 * 4 + 1),
        ("--bframes 0 --slices 4", 5 * 4),
        ("--bframes 0 --slices 4", 5 * 4 + 3),
        ("--bframes 0 --slices 4 --no-cabac --partitions none", 6 * 4 + 2),
        ("--bframes 0 --slices 2 --tff", 5 * 2 + 1),
        ("--bframes 0 --slices 2 --tff --weightp 0", 6 * 2),
    ] {
        let options = format!("--keyint 40 --scenecut 0 --qp 20 {options}");
        let Some(stream) = x264(128, 128, 10, &options) else { return };
        let (right, _) = luma(&stream);
        let (shown, stats) = luma(&without(&stream, &[lost]));
        assert_eq!((right.len(), shown.len()), (10, 10), "{options}");
        let n = shown.iter().position(|(_, corrupt)| *corrupt).unwrap();
        assert!(shown[n..].iter().all(|(_, corrupt)| *corrupt) && stats.concealed == 1, "{options}: {stats:?}");
        assert!((0..n).all(|i| shown[i].0 == right[i].0), "{options}");
        let made_up = difference(&shown[n].0, &right[n].0);
        let mbs = stats.concealed_mbs as usize;
        // What the rows of the lost slice cost if they were the picture's before.
        let rows: Vec<usize> =
            (0..128).filter(|y| shown[n].0[y * 128..][..128] != right[n].0[y * 128..][..128]).collect();
        let row = |p: &[u8], y: usize| p[y * 128..][..128].to_vec();
        let copied: u64 = rows.iter().map(|&y| difference(&row(&right[n - 1].0, y), &row(&right[n].0, y))).sum();
        println!("{options}, slice {lost}: {mbs} macroblocks, squared error {made_up}, a copy's {copied}");
        assert!(made_up * 4 < copied, "{options}, slice {lost}: {made_up} against {copied}");
    }
}

#[test]
fn a_lost_intra_slice_is_interpolated() {
    let Some(stream) = x264_of(&gradient(128, 128), 128, 128, "--slices 4 --qp 20") else { return };
    let (right, _) = luma(&stream);
    let (shown, stats) = luma(&without(&stream, &[1]));
    assert_eq!((shown.len(), shown[0].1, stats.concealed_mbs), (1, true, 16));
    let grey: Vec<u8> = right[0].0.iter().zip(&shown[0].0).map(|(&r, &s)| if r == s { r } else { 128 }).collect();
    let (made_up, greyed) = (difference(&shown[0].0, &right[0].0), difference(&grey, &right[0].0));
    assert!(made_up * 20 < greyed, "{made_up} against {greyed}");
}

/// After a change of scene the picture before is no help, though it is there.
#[test]
fn a_lost_slice_of_another_scene_is_not_taken_from_the_one_before() {
    let options = "--slices 4 --qp 20";
    let (Some(before), Some(after)) = (x264(128, 128, 2, options), x264_of(&gradient(128, 128), 128, 128, options))
    else {
        return;
    };
    // Both have the same parameter sets: the IDR picture follows.
    let from = nal::annexb(&after).find(|u| u.data[0] & 31 == 5).map_or(0, |u| u.offset - 3);
    let scene = [before, after[from..].to_vec()].concat();
    let (right, _) = luma(&scene);
    let (shown, _) = luma(&without(&scene, &[9]));
    assert_eq!((right.len(), shown.len()), (3, 3));
    assert!(!shown[1].1 && shown[2].1);
    let rows = |p: &[u8]| p[32 * 128..64 * 128].to_vec();
    let (made_up, copied) = (difference(&shown[2].0, &right[2].0), difference(&rows(&right[1].0), &rows(&right[2].0)));
    assert!(made_up * 20 < copied, "{made_up} against {copied}");
}

#[test]
fn lost_slices_of_fields_and_mbaff_frames_are_survived() {
    let Some(manifest) = media::manifest() else {
        println!("skipped: no test media at {}", media::folder().display());
        return;
    };
    for name in ["jm_main_field_cabac_b.264", "jm_main_mbaff_cabac_b.264", "jm_main_paff_cabac_b.264", "HCAFF1_HHI.264"]
    {
        let Some(Ok(stream)) = manifest.iter().find(|e| e.file == name).map(|e| e.read()) else {
            println!("skipped: {name} is not there");
            continue;
        };
        let mut cut = stream.clone();
        cut.truncate(60_000);
        let (right, _) = luma(&cut);
        // Slices that end early: the rest of each picture is made up.
        let mut damaged = vec![];
        for (i, unit) in nal::annexb(&cut).enumerate() {
            let keep = if i > 4 && i % 3 == 0 && unit.data.len() > 60 { unit.data.len() / 2 } else { unit.data.len() };
            damaged.extend_from_slice(&[0, 0, 1]);
            damaged.extend_from_slice(&unit.data[..keep]);
        }
        let (shown, stats) = luma(&damaged);
        assert!(stats.concealed_mbs > 0, "{name}: {stats:?}");
        assert!(shown.len() + 1 >= right.len(), "{name}: {} of {}", shown.len(), right.len());
        let error: u64 = shown.iter().zip(&right).map(|(s, r)| difference(&s.0, &r.0)).sum();
        let samples = right.iter().map(|r| r.0.len() as u64).sum::<u64>();
        println!("{name}: {} macroblocks made up, mean squared error {}", stats.concealed_mbs, error / samples.max(1));
        for ((s, corrupt), (r, _)) in shown.iter().zip(&right) {
            assert!(*corrupt || s == r, "{name}: a damaged picture is not flagged");
        }
    }
}
