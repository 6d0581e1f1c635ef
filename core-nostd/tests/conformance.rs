//! Decodes every H.264 byte stream of the test media and compares with the manifest's MD5: in release builds at every SIMD
//! level, fed with whole files and NAL unit by NAL unit in turn. With debug assertions, which make it slow, it is the best
//! level alone, NAL unit by NAL unit: the pipeline's test of the same name has every level of the same streams, fed with
//! access units.

mod media;

use media::{Entry, FrameHash};
use transcode_core::h264::{DecoderConfig, nal};
use transcode_core::{ErrorKind, Kernels};

/// Streams that this decoder must decode, where the media are there: a regression must not hide as "unsupported".
const REQUIRED: &[&str] = &[
    "BA1_FT_C.264",
    "BAMQ1_JVC_C.264",
    "BANM_MW_D.264",
    "BA_MW_D.264",
    "CI1_FT_B.264",
    "CVPCMNL1_SVA_C.264",
    "FREXT01_JVC_D.264",
    "FRExt1_Panasonic.avc",
    "FRExt_MMCO4_Sony_B.264",
    "Freh1_B.264",
    "HCAFF1_HHI.264",
    "HCAFR1_HHI.264",
    "HCAMFF1_HHI.264",
    "HPCADQ_BRCM_B.264",
    "HPCANL_BRCM_C.264",
    "HPCVFL_BRCM_A.264",
    "HPCVMOLQ_BRCM_B.264",
    "HPCV_BRCM_A.264",
    "LS_SVA_D.264",
    "MIDR_MW_D.264",
    "MPS_MW_A.264",
    "MR1_BT_A.h264",
    "NL1_Sony_D.jsv",
    "SVA_BA1_B.264",
    "SVA_CL1_E.264",
    "VID_1280x720_cabac_temporal_direct.264",
    "Adobe_PDF_sample_a_1024x768_50Frms.264",
    "ff_h264.annexb",
    "freh3.264",
    "freh6.264",
    "freh8.264",
    "PPH10I1_Panasonic_A.264",
    "PPH10I4_Panasonic_A.264",
    "jm_hi10_mbaff_b_cabac.264",
    "jm_hi422_10b_mbaff_cavlc.264",
    "jm_hi444_pred_cabac.264",
    "jm_main_field_cabac_b.264",
    "jm_main_frame_cabac_b.264",
    "jm_main_mbaff_cabac_b.264",
    "jm_main_mbaff_cavlc_b_temporal.264",
    "jm_main_multislice_cabac.264",
    "jm_main_paff_cabac_b.264",
    "jm_main_wp_explicit_pb.264",
];

#[derive(Debug, PartialEq)]
enum Outcome {
    Same,
    Unsupported(String),
    Failed(String),
}

/// Decodes with `kernels`; the packets are the whole file, or NAL unit by NAL unit.
fn run(entry: &Entry, data: &[u8], kernels: Kernels, whole: bool) -> Outcome {
    let config = DecoderConfig { kernels, ..DecoderConfig::new() };
    let mut hash = FrameHash::default();
    let mut corrupt = 0;
    let each = |frame: &transcode_core::h264::Frame| {
        hash.add(frame);
        corrupt += u32::from(frame.corrupt);
    };
    let units: Vec<_> = if whole {
        vec![data]
    } else {
        // Each with its start code, three bytes before it.
        nal::annexb(data).map(|n| &data[n.offset - 3..n.offset + n.data.len()]).collect()
    };
    match media::decode(config, units, each) {
        Err(e) if matches!(e.kind, ErrorKind::Unsupported { .. }) => Outcome::Unsupported(e.to_string()),
        Err(e) => Outcome::Failed(e.to_string()),
        Ok(stats) => {
            let bytes = hash.bytes;
            if hash.finish() == entry.decoded_md5 {
                Outcome::Same
            } else {
                Outcome::Failed(format!(
                    "{bytes} bytes of {}, {corrupt} corrupt frames, {stats:?}",
                    entry.decoded_bytes
                ))
            }
        }
    }
}

#[test]
fn streams_decode_to_the_md5_of_the_manifest() {
    let Some(manifest) = media::manifest() else {
        println!("skipped: no test media at {}", media::folder().display());
        return;
    };
    let only = std::env::var("TRANSCODE_ONLY").ok();
    let mut failed = vec![];
    let mut compared = 0;
    for entry in manifest.iter().filter(|e| e.is_h264_stream() && only.as_ref().is_none_or(|o| e.file.contains(o))) {
        let name = &entry.file;
        if entry.decoded_md5.is_empty() {
            println!("{name:45} skipped: the manifest has no MD5 of its video");
            continue;
        }
        let data = match entry.read() {
            Ok(data) => data,
            Err(e) => {
                println!("{name:45} skipped: {e}");
                continue;
            }
        };
        let levels: Vec<_> = match cfg!(debug_assertions) {
            true => vec![Kernels::detect()],
            false => Kernels::available().collect(),
        };
        let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
            let start = |(i, &kernels): (usize, &Kernels)| {
                let data = &data;
                scope.spawn(move || run(entry, data, kernels, i % 2 == 1))
            };
            let threads: Vec<_> = levels.iter().enumerate().map(start).collect();
            threads.into_iter().map(|t| t.join().unwrap_or(Outcome::Failed("panicked".into()))).collect()
        });
        for (kernels, outcome) in levels.iter().zip(outcomes) {
            let level = kernels.level();
            match outcome {
                Outcome::Same => {
                    println!("{name:45} {level:7} same");
                    compared += 1;
                }
                Outcome::Unsupported(why) if !REQUIRED.contains(&name.as_str()) => {
                    println!("{name:45} skipped: {why}");
                    break;
                }
                Outcome::Unsupported(why) | Outcome::Failed(why) => {
                    println!("{name:45} {level:7} FAILED: {why}");
                    failed.push(format!("{name} at {level}: {why}"));
                }
            }
        }
    }
    println!("{compared} decodes compared");
    assert!(failed.is_empty(), "{} of them differ:\n{}", failed.len(), failed.join("\n"));
}
