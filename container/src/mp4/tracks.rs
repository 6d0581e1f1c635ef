//! From `trak` to [`TrackInfo`].

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::boxes::mvhd::Mvhd;
use super::boxes::stsd::Media;
use super::boxes::trak::Trak;
use super::edits::{self, Granularity, Segment};
use super::gapless;
use super::sample_table::{SampleTable, Unit};
use crate::{CodecId, EditList, Error, Limits, Result, Timebase, TrackId, TrackInfo, TrackKind, VideoTrack};

/// A track's description, samples, and place on the presentation timeline.
pub(crate) struct BuiltTrack {
    pub(crate) info: TrackInfo,
    pub(crate) table: SampleTable,
    pub(crate) segments: Vec<Segment>,
    pub(crate) granularity: Granularity,
}

/// Describes `trak`, whose fragments have been read into its table. `comment` is the file's metadata, if what they say of
/// gapless playback is about this track.
///
/// # Errors
/// `Invalid` for a timescale of 0, `LimitExceeded`.
pub(crate) fn build(
    id: TrackId,
    trak: Trak,
    mvhd: &Mvhd,
    comment: Option<&BTreeMap<String, String>>,
    limits: &Limits,
) -> Result<BuiltTrack> {
    let Trak { tkhd, mdhd, hdlr, edits, extended_language, media_header, local_data, entries, mut table } = trak;
    if mdhd.timescale == 0 {
        return Err(Error::invalid("mdhd timescale (0)", 0));
    }
    let timebase = Timebase::per_second(mdhd.timescale);
    let mut edit_list = EditList { timebase: Timebase::per_second(mvhd.timescale), edits };
    if let (b"soun", true, Some(metadata)) = (&hdlr.handler_type.0, edit_list.edits.is_empty(), comment)
        && let Some(said) = gapless::edit_list(metadata, timebase, table.end_dts())
    {
        edit_list = said;
    }
    let first = entries.first();
    let codec = first.map_or(CodecId::Other(Default::default()), |e| e.entry.codec);
    let (kind, granularity) = match first.map(|e| e.media) {
        Some(Media::Visual { width, height, sample_aspect_ratio, colour }) => {
            let video = VideoTrack {
                width: width.into(),
                height: height.into(),
                matrix: tkhd.matrix,
                sample_aspect_ratio,
                colour,
                pixel_format: None,
                display_size: Some((tkhd.width, tkhd.height)),
                frame_rate: None,
            };
            (TrackKind::Video(video), Granularity::Picture)
        }
        Some(Media::Sound(sound)) => {
            let mut audio = sound.track;
            audio.volume = tkhd.volume;
            if let Some(unit) = unit(codec, &audio, sound.packet, &table) {
                table.set_unit(unit);
            }
            (TrackKind::Audio(audio), Granularity::Sound)
        }
        _ => (TrackKind::Other, Granularity::Other),
    };
    let encrypted = entries.iter().find_map(|e| e.sinf).map(|sinf| match sinf.scheme {
        Some(scheme) => format!("encrypted track (scheme {scheme})"),
        None => "encrypted track".into(),
    });
    let elsewhere = |reference: u16| !local_data.get(usize::from(reference).wrapping_sub(1)).copied().unwrap_or(true);
    let mut unsupported: Option<Cow<'static, str>> = encrypted.map(Cow::Owned);
    if unsupported.is_none() && entries.iter().any(|e| elsewhere(e.data_reference_index)) {
        unsupported = Some("track whose samples are in another file".into());
    }
    let (segments, duration) = match edits::segments(&table, &edit_list, timebase, granularity, limits) {
        Ok(found) => found,
        Err(Error::Unsupported { feature }) => {
            unsupported.get_or_insert(feature);
            (Vec::new(), table.end_dts())
        }
        Err(other) => return Err(other),
    };
    let codec_private = first.map(|e| e.entry.codec_private.clone()).unwrap_or_default();
    let info = TrackInfo {
        id,
        source_id: tkhd.track_id,
        kind,
        codec,
        codec_private,
        sample_entries: entries.into_iter().map(|e| e.entry).collect(),
        timebase,
        duration: Some(duration),
        sample_count: Some(table.len()),
        language: mdhd.language,
        extended_language,
        edit_list,
        handler: hdlr.handler_type,
        handler_name: hdlr.name,
        media_header,
        flags: tkhd.flags,
        alternate_group: tkhd.alternate_group,
        unsupported,
    };
    Ok(BuiltTrack { info, table, segments, granularity })
}

/// Uncompressed and other constant-rate sound counts audio frames in `stsz`; how many bytes one takes.
fn unit(codec: CodecId, audio: &crate::AudioTrack, packet: Option<(u32, u32)>, table: &SampleTable) -> Option<Unit> {
    let size = table.constant_size()?;
    let pcm = match codec {
        CodecId::Pcm(code) => Some(match &code.0 {
            b"ulaw" | b"alaw" => 1,
            b"in24" => 3,
            b"in32" | b"fl32" => 4,
            b"fl64" => 8,
            _ => audio.bits_per_sample.div_ceil(8),
        }),
        _ => None,
    };
    match (packet, pcm) {
        // QuickTime counts frames as if each were one byte, whatever they take.
        (Some((frames, bytes)), _) if size == 1 => Some(Unit { frames, bytes }),
        (_, Some(bytes)) if size == 1 && bytes != 0 && audio.channels != 0 => {
            Some(Unit { frames: 1, bytes: bytes.checked_mul(audio.channels)? })
        }
        (_, Some(_)) => Some(Unit { frames: 1, bytes: size }),
        _ => None,
    }
}
