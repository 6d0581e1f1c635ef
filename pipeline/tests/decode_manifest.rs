//! `transcode decode --md5` against the manifest of the test media, at every SIMD level of this machine.

mod common;

use common::{manifest, transcode};
use transcode_core::Kernels;

#[test]
fn every_stream_is_bit_exact_at_every_level() {
    let rows = manifest();
    let levels: Vec<String> = Kernels::available().map(|k| k.level().to_string()).collect();
    let (mut checked, mut wrong) = (0, Vec::new());
    for row in &rows {
        if row.decoded_md5.is_empty() || !row.streams.contains("V:h264/") {
            continue;
        }
        if let Some(why) = unsupported(row) {
            println!("skipped: {}: {why}", row.name());
            continue;
        }
        for level in &levels {
            let args = ["decode", row.path.to_str().unwrap(), "--md5", "--simd", level];
            let (status, out, err) = transcode(&args);
            checked += 1;
            if status != 0 || out.trim() != row.decoded_md5 {
                wrong.push(format!("{} at {level}: status {status}, {} {}", row.name(), out.trim(), err.trim()));
            }
        }
    }
    println!("{checked} decodes checked at {}", levels.join(", "));
    assert!(wrong.is_empty(), "{} of {checked} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(rows.is_empty() || checked > 0, "media without a single stream to decode");
}

/// Why a row is not for this decoder, if it is not. What is skipped here must be a typed error of the command.
fn unsupported(row: &common::Row) -> Option<String> {
    if row.is_decodable() && is_readable(row) {
        return None;
    }
    let (status, out, err) = transcode(&["decode", row.path.to_str().unwrap(), "--md5"]);
    assert_eq!(status, 1, "{}: {out}{err}", row.name());
    assert!(err.contains("unsupported"), "{}: {err}", row.name());
    assert_eq!(err.lines().count(), 1, "{err}");
    Some(err.trim().rsplit("unsupported: ").next().unwrap_or_default().to_owned())
}

fn is_readable(row: &common::Row) -> bool {
    !["mkv", "ts", "flv", "webm", "avi"].iter().any(|e| row.file.ends_with(e))
}
