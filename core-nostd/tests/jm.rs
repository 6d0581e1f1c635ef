//! The tools of the Baseline and Extended profiles that other encoders do not write, on streams that the JM reference encoder writes:
//! the decoded frames are those of its reconstruction. `TRANSCODE_JM` names the folder of `lencod.exe` and its configuration files.
#![cfg(feature = "h264-dec")]

use std::path::{Path, PathBuf};
use std::process::Command;
use transcode_core::Step;
use transcode_core::h264::{Decoder, DecoderConfig, PacketTime, nal};

const BASELINE: &str = "encoder_baseline.cfg";
const EXTENDED: &str = "encoder_extended.cfg";
/// What JM wants for macroblock pairs.
const PAIRS: &str = "MbInterlace=1 ReferenceReorder=0 PocMemoryManagement=0 RDOptimization=1";

/// A stream: configuration file, width, height, and parameters.
struct Case(&'static str, &'static str, usize, usize, &'static str);

const CASES: &[Case] = &[
    Case("fmo_interleaved", BASELINE, 176, 144, "num_slice_groups_minus1=2 slice_group_map_type=0 Groups=24,20,10"),
    Case(
        "fmo_dispersed",
        BASELINE,
        176,
        144,
        "num_slice_groups_minus1=7 slice_group_map_type=1 UseConstrainedIntraPred=1",
    ),
    Case("fmo_foreground", BASELINE, 176, 144, "num_slice_groups_minus1=2 slice_group_map_type=2 Groups=12,46,24,70"),
    Case(
        "fmo_box_out",
        BASELINE,
        200,
        120,
        "num_slice_groups_minus1=1 slice_group_map_type=3 slice_group_change_rate_minus1=8",
    ),
    Case(
        "fmo_raster",
        BASELINE,
        200,
        120,
        "num_slice_groups_minus1=1 slice_group_map_type=4 slice_group_change_rate_minus1=8 SliceMode=1 SliceArgument=20",
    ),
    Case(
        "fmo_wipe",
        BASELINE,
        200,
        120,
        "num_slice_groups_minus1=1 slice_group_map_type=5 slice_group_change_rate_minus1=8 slice_group_change_direction_flag=1",
    ),
    Case(
        "fmo_no_filter_across",
        BASELINE,
        200,
        120,
        "num_slice_groups_minus1=3 slice_group_map_type=1 SliceMode=1 SliceArgument=7 DFParametersFlag=1 DFDisableRefISlice=2 DFDisableRefPSlice=2",
    ),
    Case(
        "redundant",
        BASELINE,
        176,
        144,
        "UseRedundantPicture=1 NumRedundantHierarchy=1 PrimaryGOPLength=4 NumberReferenceFrames=4",
    ),
    Case(
        "fields_fmo",
        EXTENDED,
        192,
        96,
        "PicInterlace=1 num_slice_groups_minus1=1 slice_group_map_type=5 slice_group_change_rate_minus1=5",
    ),
    Case(
        "paff_fmo",
        EXTENDED,
        192,
        96,
        "PicInterlace=2 num_slice_groups_minus1=6 slice_group_map_type=1 SliceMode=1 SliceArgument=9",
    ),
    Case("mbaff_fmo", EXTENDED, 192, 96, "num_slice_groups_minus1=1 slice_group_map_type=1 Pairs"),
    Case("partitions", EXTENDED, 200, 120, "PartitionMode=1 SliceMode=1 SliceArgument=17 NumberBFrames=2"),
    Case("partitions_pcm", EXTENDED, 176, 144, "PartitionMode=1 QPISlice=1 QPPSlice=1 UseConstrainedIntraPred=1"),
    Case(
        "partitions_paff",
        EXTENDED,
        192,
        96,
        "PartitionMode=1 UseConstrainedIntraPred=1 PicInterlace=2 SliceMode=1 SliceArgument=13",
    ),
    Case(
        "partitions_mbaff",
        EXTENDED,
        192,
        96,
        "PartitionMode=1 UseConstrainedIntraPred=1 SliceMode=1 SliceArgument=10 Pairs",
    ),
    Case(
        "partitions_fmo",
        EXTENDED,
        176,
        144,
        "PartitionMode=1 UseConstrainedIntraPred=1 num_slice_groups_minus1=2 slice_group_map_type=1",
    ),
    Case(
        "sp",
        EXTENDED,
        200,
        120,
        "SPPicturePeriodicity=2 NumberBFrames=1 QPSPSlice=30 QPSP2Slice=25 SliceMode=1 SliceArgument=17",
    ),
    Case(
        "sp_partitions",
        EXTENDED,
        176,
        144,
        "SPPicturePeriodicity=1 NumberBFrames=0 QPSPSlice=20 QPSP2Slice=40 PartitionMode=1",
    ),
    Case("si", EXTENDED, 176, 144, "SPPicturePeriodicity=2 NumberBFrames=0 SI_FRAMES=1"),
];

const FRAMES: usize = 6;

/// Texture that moves, with noise: planar 4:2:0.
fn source(width: usize, height: usize) -> Vec<u8> {
    let mut out = vec![];
    let mut seed = 1u32;
    for n in 0..FRAMES {
        for (w, h, plane) in [(width, height, 0), (width / 2, height / 2, 1), (width / 2, height / 2, 2)] {
            for y in 0..h {
                for x in 0..w {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let (u, v) = (x + 3 * n, y + 2 * n);
                    let wave = (u * u / 23 + v * 3 + u * v / 17 + 60 * plane) % 190;
                    out.push((20 + wave) as u8 + (seed >> 28) as u8);
                }
            }
        }
    }
    out
}

/// Encodes with JM; the stream and its reconstruction.
fn encode(jm: &Path, folder: &Path, case: &Case) -> Result<(Vec<u8>, Vec<u8>), String> {
    let Case(name, config, width, height, parameters) = case;
    std::fs::create_dir_all(folder).map_err(|e| e.to_string())?;
    let file = |extension: &str| folder.join(format!("{name}.{extension}")).display().to_string();
    std::fs::write(file("src"), source(*width, *height)).map_err(|e| e.to_string())?;
    let mut all: Vec<String> = format!(
        "FramesToBeEncoded={FRAMES} LevelIDC=40 SearchRange=16 RDOptimization=0 SourceWidth={width} SourceHeight={height} \
         OutputWidth={width} OutputHeight={height}"
    )
    .split(' ')
    .map(String::from)
    .collect();
    for (key, extension) in [("InputFile", "src"), ("OutputFile", "264"), ("ReconFile", "yuv"), ("StatsFile", "stat")] {
        all.push(format!("{key}={}", file(extension)));
    }
    for p in parameters.split(' ') {
        match p.split_once('=') {
            None => all.extend(PAIRS.split(' ').map(String::from)),
            Some(("Groups", lines)) => {
                std::fs::write(file("groups"), lines.replace(',', "\n") + "\n").map_err(|e| e.to_string())?;
                all.push(format!("SliceGroupConfigFileName={}", file("groups")));
            }
            Some(_) => all.push(p.into()),
        }
    }
    let mut command = Command::new(jm.join("lencod.exe"));
    command.current_dir(folder).arg("-d").arg(jm.join(config)).args(all.iter().flat_map(|p| ["-p", p]));
    let output = command.output().map_err(|e| e.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let read = |extension| std::fs::read(file(extension)).map_err(|e| e.to_string());
    Ok((read("264")?, read("yuv")?))
}

/// The frames and how many of them are flagged.
fn decode(stream: &[u8]) -> (Vec<u8>, usize) {
    let mut decoder = Decoder::new(DecoderConfig::new());
    decoder.send(stream, PacketTime::default()).unwrap();
    decoder.finish();
    let (mut samples, mut corrupt) = (vec![], 0);
    while let Step::Output(frame) = decoder.receive().unwrap() {
        (0..3).flat_map(|plane| frame.rows(plane)).for_each(|row| samples.extend_from_slice(row));
        corrupt += usize::from(frame.corrupt);
    }
    (samples, corrupt)
}

#[test]
fn streams_of_the_reference_encoder_decode_to_its_reconstruction() {
    let Some(jm) = std::env::var_os("TRANSCODE_JM").map(PathBuf::from) else {
        println!("skipped: TRANSCODE_JM names no folder of the JM encoder");
        return;
    };
    let folder = std::env::temp_dir().join(format!("transcode-jm-{}", std::process::id()));
    let mut failed = vec![];
    for case in CASES {
        let name = case.0;
        match encode(&jm, &folder, case) {
            Err(e) => failed.push(format!("{name}: not encoded: {e}")),
            Ok((stream, want)) => {
                let (samples, corrupt) = decode(&stream);
                if samples != want || corrupt > 0 {
                    let first = samples.iter().zip(&want).position(|(a, b)| a != b);
                    failed.push(format!(
                        "{name}: {} of {} bytes, first difference at {first:?}, {corrupt} flagged",
                        samples.len(),
                        want.len()
                    ));
                }
                failed.extend(lose(name, &stream));
                println!("{name}: {} bytes", stream.len());
            }
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Without some of its slices or partitions the stream is decoded, and flagged if anything is different; a lost B or C never takes a
/// picture with it.
fn lose(name: &str, stream: &[u8]) -> Option<String> {
    let units: Vec<&[u8]> = nal::annexb(stream).map(|u| u.data).collect();
    let (whole, _) = decode(stream);
    for lost in [1, 2, 3, 4] {
        let kept = units.iter().enumerate().filter(|(i, unit)| unit[0] & 31 != lost || i % 3 != 0);
        let damaged: Vec<u8> = kept.flat_map(|(_, unit)| [&[0, 0, 1][..], unit].concat()).collect();
        let (samples, corrupt) = decode(&damaged);
        if samples.len() == whole.len() && samples != whole && corrupt == 0 || lost > 2 && samples.len() != whole.len()
        {
            return Some(format!(
                "{name}: without type {lost}: {} bytes of {}, {corrupt} flagged",
                samples.len(),
                whole.len()
            ));
        }
    }
    None
}
