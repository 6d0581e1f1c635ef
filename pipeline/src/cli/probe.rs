//! `transcode probe`.

use super::args;
use super::print;
use crate::error::Result;
use crate::input;
use crate::plan::duration;
use serde_json::{Value, json};
use std::fmt::Write;
use transcode_container::{CodecId, Demuxer, Selection, TrackInfo, TrackKind};
use transcode_core::ChromaFormat;
use transcode_core::h264::nal::{self, AvcConfig, NalUnit, nal_type};
use transcode_core::h264::params::Sps;

/// Prints what a file contains.
pub(super) fn probe(a: &args::Probe) -> Result<()> {
    let mut demuxer = input::open(&a.input)?;
    let value = describe(&a.input.display().to_string(), demuxer.as_mut());
    if a.json { print(&format!("{value:#}\n")) } else { print(&text(&value)) }
}

fn describe(file: &str, demuxer: &mut dyn Demuxer) -> Value {
    let tracks: Vec<Value> = demuxer.tracks().to_vec().iter().map(|t| track(t, sps_of(demuxer, t).as_ref())).collect();
    let info = demuxer.info();
    json!({
        "file": file,
        "format": info.format.to_string(),
        "size": info.size,
        "duration": duration(demuxer).as_secs_f64(),
        "metadata": info.metadata,
        "tracks": tracks,
    })
}

/// The first sequence parameter set of an H.264 track: of its configuration, or else of its first packet.
fn sps_of(demuxer: &mut dyn Demuxer, t: &TrackInfo) -> Option<Sps> {
    if t.codec != CodecId::H264 {
        return None;
    }
    let find = |mut units: &mut dyn Iterator<Item = NalUnit<'_>>| {
        let unit = (&mut units).find(|u| u.data[0] & 31 == nal_type::SPS)?;
        let mut rbsp = Vec::new();
        nal::unescape(&unit.data[1..], &mut rbsp);
        Sps::parse(&rbsp).ok()
    };
    if let Ok(config) = AvcConfig::parse(&t.codec_private) {
        return find(&mut config.parameter_sets.iter().copied());
    }
    demuxer.select_only(t.id, Selection::Presentation).ok()?;
    let packet = demuxer.next_packet().ok()??;
    find(&mut nal::annexb(&packet.data))
}

/// Name of the profile, A.2; `None` for one that is none of H.264's own.
fn profile(sps: &Sps) -> Option<&'static str> {
    let set = |i: u8| sps.constraint_flags & 0x80 >> i != 0;
    Some(match sps.profile_idc {
        44 => "CAVLC 4:4:4 Intra",
        66 if set(1) => "Constrained Baseline",
        66 => "Baseline",
        77 => "Main",
        88 => "Extended",
        100 if set(4) && set(5) => "Constrained High",
        100 if set(4) => "Progressive High",
        100 => "High",
        110 if set(3) => "High 10 Intra",
        110 => "High 10",
        122 if set(3) => "High 4:2:2 Intra",
        122 => "High 4:2:2",
        244 if set(3) => "High 4:4:4 Intra",
        244 => "High 4:4:4 Predictive",
        _ => return None,
    })
}

/// What the sequence parameter set says.
fn stream(sps: &Sps) -> Value {
    let chroma = match sps.format().chroma {
        ChromaFormat::Monochrome => "4:0:0",
        ChromaFormat::Yuv420 => "4:2:0",
        ChromaFormat::Yuv422 => "4:2:2",
        ChromaFormat::Yuv444 => "4:4:4",
    };
    let level = match (sps.level_idc / 10, sps.level_idc % 10) {
        _ if sps.is_level_1b() => "1b".to_owned(),
        (whole, 0) => whole.to_string(),
        (whole, part) => format!("{whole}.{part}"),
    };
    json!({
        "profile": profile(sps),
        "level": level,
        "chroma_format": chroma,
        "bit_depth": sps.bit_depth_luma.max(sps.bit_depth_chroma),
        "frames_only": sps.frame_mbs_only_flag,
    })
}

fn track(t: &TrackInfo, sps: Option<&Sps>) -> Value {
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
            "stream": sps.map(stream),
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
                if let Value::Object(s) = &t["stream"] {
                    let _ = write!(
                        out,
                        ", {} profile at level {}, {} of {} bits",
                        s["profile"].as_str().unwrap_or("unknown"),
                        plain(&s["level"]),
                        plain(&s["chroma_format"]),
                        s["bit_depth"]
                    );
                    if s["frames_only"] == false {
                        out.push_str(", perhaps interlaced");
                    }
                }
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
