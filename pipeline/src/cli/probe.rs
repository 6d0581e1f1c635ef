//! `transcode probe`.

use super::args;
use super::print;
use crate::error::{Error, Result};
use crate::plan::duration;
use serde_json::{Value, json};
use std::fmt::Write;
use transcode_container::{Demuxer, TrackInfo, TrackKind, probe};

/// Prints what a file contains.
pub(super) fn probe(a: &args::Probe) -> Result<()> {
    let demuxer = probe::open(&a.input).map_err(|e| Error::container(&a.input, e))?;
    let value = describe(&a.input.display().to_string(), demuxer.as_ref());
    if a.json { print(&format!("{value:#}\n")) } else { print(&text(&value)) }
}

fn describe(file: &str, demuxer: &dyn Demuxer) -> Value {
    let info = demuxer.info();
    json!({
        "file": file,
        "format": info.format.to_string(),
        "size": info.size,
        "duration": duration(demuxer).as_secs_f64(),
        "metadata": info.metadata,
        "tracks": demuxer.tracks().iter().map(track).collect::<Vec<_>>(),
    })
}

fn track(t: &TrackInfo) -> Value {
    let mut value = json!({
        "index": t.id.0,
        "id": t.source_id,
        "type": match t.kind {
            TrackKind::Video(_) => "video",
            TrackKind::Audio(_) => "audio",
            TrackKind::Other => "other",
        },
        "codec": t.codec.to_string(),
        "timebase": [t.timebase.num, t.timebase.den],
        "duration": t.duration.map(|d| t.timebase.seconds(d)),
        "packets": t.sample_count,
        "language": t.language.as_str(),
        "handler": t.handler.to_string(),
        "edits": t.edit_list.edits.iter().map(|e| json!({
            "duration": t.edit_list.timebase.seconds(i64::try_from(e.duration).unwrap_or(i64::MAX)),
            "media_time": e.media_time,
            "rate": f64::from(e.rate) / 65536.0,
        })).collect::<Vec<_>>(),
        "unsupported": t.unsupported,
    });
    let more = match &t.kind {
        TrackKind::Video(v) => json!({
            "width": v.width,
            "height": v.height,
            "frame_rate": t.mean_rate(),
            "rotation": v.matrix.orientation().map(|o| o.0),
            "mirrored": v.matrix.orientation().map(|o| o.1),
            "sample_aspect_ratio": v.sample_aspect_ratio,
            "colour": v.colour.map(|c| json!({
                "primaries": c.primaries,
                "transfer": c.transfer,
                "matrix": c.matrix,
                "full_range": c.full_range,
            })),
        }),
        TrackKind::Audio(a) => json!({
            "sample_rate": a.sample_rate,
            "channels": a.channels,
            "bits_per_sample": a.bits_per_sample,
        }),
        TrackKind::Other => json!({}),
    };
    if let (Value::Object(all), Value::Object(more)) = (&mut value, more) {
        all.extend(more);
    }
    value
}

/// The same, for people.
fn text(v: &Value) -> String {
    let seconds = |v: &Value| v.as_f64().map_or_else(|| "unknown length".into(), |s| format!("{s:.3} s"));
    let plain = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    let mut out =
        format!("{}: {}, {}, {} bytes\n", plain(&v["file"]), plain(&v["format"]), seconds(&v["duration"]), v["size"]);
    for t in v["tracks"].as_array().into_iter().flatten() {
        let _ = write!(out, "  {} {}: {}", t["index"], plain(&t["type"]), plain(&t["codec"]));
        match t["type"].as_str() {
            Some("video") => {
                let _ = write!(out, ", {}x{}", t["width"], t["height"]);
                if let Some(rate) = t["frame_rate"].as_f64() {
                    let _ = write!(out, ", {rate:.3} pictures a second");
                }
                if let Some(r @ 1..) = t["rotation"].as_u64() {
                    let _ = write!(out, ", turned by {r} degrees");
                }
                if t["mirrored"] == true {
                    out.push_str(", mirrored");
                }
                if let Value::Array(a) = &t["sample_aspect_ratio"] {
                    let _ = write!(out, ", pixels {}:{}", a[0], a[1]);
                }
                if let Value::Object(c) = &t["colour"] {
                    let _ = write!(out, ", colour {}/{}/{}", c["primaries"], c["transfer"], c["matrix"]);
                }
            }
            Some("audio") => {
                let _ = write!(out, ", {} Hz, {} channels", t["sample_rate"], t["channels"]);
            }
            _ => {}
        }
        let _ = write!(out, ", {}", seconds(&t["duration"]));
        if let Some(n) = t["packets"].as_u64() {
            let _ = write!(out, ", {n} packets");
        }
        let _ = write!(out, ", language {}", plain(&t["language"]));
        if let Some(why) = t["unsupported"].as_str() {
            let _ = write!(out, ", unsupported: {why}");
        }
        out.push('\n');
    }
    out
}
