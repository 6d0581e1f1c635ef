//! `TrackEntry` (RFC 9559 5.1.4.1).

use std::borrow::Cow;

use super::codec::{codec_of, pcm_of};
use super::ebml::{Element, Elements};
use super::ids::*;
use crate::aac::AudioConfig;
use crate::stream::clock::FrameClock;
use crate::track::Matrix;
use crate::{AudioTrack, CodecId, Colour, Language, Result, Timebase, TrackId, TrackInfo, TrackKind, VideoTrack, avc};

/// What reading blocks needs of a track.
#[derive(Debug, Clone)]
pub(super) struct TrackSetup {
    /// `TrackNumber`.
    pub(super) number: u64,
    /// Bytes that header stripping took from the start of each frame.
    pub(super) stripped: Vec<u8>,
    /// Nanoseconds; 0 is unknown.
    pub(super) default_duration: u64,
    /// Nanoseconds at the start that are decoded and not heard.
    pub(super) codec_delay: u64,
    pub(super) timestamp_scale: f64,
    /// Counts samples, where frames are of constant length.
    pub(super) clock: Option<FrameClock>,
    /// Presentation times are not in decoding order.
    pub(super) reorders: bool,
    /// How far they are not, where the stream says so.
    pub(super) depth: Option<usize>,
    pub(super) timebase: Timebase,
}

/// Nanoseconds.
pub(super) const NANO: Timebase = Timebase { num: 1, den: 1_000_000_000 };

/// The elements as stored.
struct Entry {
    number: u64,
    kind: u64,
    enabled: bool,
    default_duration: u64,
    timestamp_scale: f64,
    name: String,
    language: Language,
    extended_language: Option<String>,
    codec_id: String,
    codec_private: Vec<u8>,
    codec_delay: u64,
    video: Option<VideoTrack>,
    audio: AudioTrack,
    stripped: Vec<u8>,
    unsupported: Option<Cow<'static, str>>,
}

impl Entry {
    fn parse(mut children: Elements<'_>) -> Result<Self> {
        let mut e = Self {
            number: 0,
            kind: 0,
            enabled: true,
            default_duration: 0,
            timestamp_scale: 1.0,
            name: String::new(),
            // The default of the element.
            language: Language::of_iso639_2(b"eng"),
            extended_language: None,
            codec_id: String::new(),
            codec_private: Vec::new(),
            codec_delay: 0,
            video: None,
            audio: AudioTrack { sample_rate: 8000, channels: 1, ..AudioTrack::default() },
            stripped: Vec::new(),
            unsupported: None,
        };
        while let Some(child) = children.next()? {
            match child.id {
                TRACK_NUMBER => e.number = child.uint()?,
                TRACK_TYPE => e.kind = child.uint()?,
                FLAG_ENABLED => e.enabled = child.uint()? != 0,
                DEFAULT_DURATION => e.default_duration = child.uint()?,
                TRACK_TIMESTAMP_SCALE => e.timestamp_scale = child.float()?,
                NAME => e.name = child.text(),
                LANGUAGE => e.language = Language::of_iso639_2(child.text().as_bytes()),
                LANGUAGE_BCP47 => e.extended_language = Some(child.text()),
                CODEC_ID => e.codec_id = child.text(),
                CODEC_PRIVATE => e.codec_private = child.data.to_vec(),
                CODEC_DELAY => e.codec_delay = child.uint()?,
                VIDEO => e.video = Some(video(child)?),
                AUDIO => audio(child, &mut e.audio)?,
                CONTENT_ENCODINGS => e.content_encodings(child)?,
                _ => {}
            }
        }
        if let Some(tag) = &e.extended_language {
            // RFC 9559 5.1.4.1.20: then `Language` is to be ignored.
            let primary = tag.split('-').next().unwrap_or("");
            e.language = Language::of_iso639_2(primary.as_bytes());
        }
        if !(e.timestamp_scale.is_finite() && e.timestamp_scale > 0.0) {
            e.timestamp_scale = 1.0;
        }
        Ok(e)
    }

    fn content_encodings(&mut self, element: Element<'_>) -> Result<()> {
        let mut encodings = element.children();
        let mut count = 0;
        while let Some(encoding) = encodings.next()? {
            if encoding.id != CONTENT_ENCODING {
                continue;
            }
            count += 1;
            let (mut scope, mut kind, mut algorithm, mut settings) = (1, 0, None, Vec::new());
            let mut children = encoding.children();
            while let Some(child) = children.next()? {
                match child.id {
                    CONTENT_ENCODING_SCOPE => scope = child.uint()?,
                    CONTENT_ENCODING_TYPE => kind = child.uint()?,
                    CONTENT_COMPRESSION => {
                        algorithm = Some(0);
                        let mut children = child.children();
                        while let Some(child) = children.next()? {
                            match child.id {
                                CONTENT_COMP_ALGO => algorithm = Some(child.uint()?),
                                CONTENT_COMP_SETTINGS => settings = child.data.to_vec(),
                                _ => {}
                            }
                        }
                    }
                    _ => {}
                }
            }
            let refused: Cow<'static, str> = match (kind, algorithm.unwrap_or(0), scope) {
                (1, ..) => "encrypted Matroska track".into(),
                (0, 3, 1) if count == 1 => {
                    self.stripped = settings;
                    continue;
                }
                (0, 3, _) => "Matroska header stripping of more than the frames".into(),
                (0, 0, _) => "Matroska track compressed with zlib".into(),
                (0, 1, _) => "Matroska track compressed with bzlib".into(),
                (0, 2, _) => "Matroska track compressed with lzo1x".into(),
                (kind, algorithm, _) => format!("Matroska content encoding {kind}/{algorithm}").into(),
            };
            self.unsupported.get_or_insert(refused);
        }
        Ok(())
    }
}

fn video(element: Element<'_>) -> Result<VideoTrack> {
    let mut video = VideoTrack::default();
    let mut crop = [0u32; 4];
    let (mut display, mut unit, mut roll) = ([0u32; 2], 0, 0.0);
    let mut children = element.children();
    while let Some(child) = children.next()? {
        match child.id {
            PIXEL_WIDTH => video.width = child.uint32()?,
            PIXEL_HEIGHT => video.height = child.uint32()?,
            PIXEL_CROP_LEFT => crop[0] = child.uint32()?,
            PIXEL_CROP_RIGHT => crop[1] = child.uint32()?,
            PIXEL_CROP_TOP => crop[2] = child.uint32()?,
            PIXEL_CROP_BOTTOM => crop[3] = child.uint32()?,
            DISPLAY_WIDTH => display[0] = child.uint32()?,
            DISPLAY_HEIGHT => display[1] = child.uint32()?,
            DISPLAY_UNIT => unit = child.uint()?,
            COLOUR => video.colour = colour(child)?,
            PROJECTION => {
                let mut children = child.children();
                while let Some(child) = children.next()? {
                    if child.id == PROJECTION_POSE_ROLL {
                        roll = child.float()?;
                    }
                }
            }
            _ => {}
        }
    }
    let shown = (
        video.width.saturating_sub(crop[0]).saturating_sub(crop[1]),
        video.height.saturating_sub(crop[2]).saturating_sub(crop[3]),
    );
    video.sample_aspect_ratio = aspect(shown, display, unit);
    video.matrix = turned(roll);
    Ok(video)
}

/// Pixel aspect ratio of a picture of which `shown` is to fill `display`; `None` where nothing is said.
fn aspect(shown: (u32, u32), [width, height]: [u32; 2], unit: u64) -> Option<(u32, u32)> {
    // DisplayUnit 4 is unknown; all others (pixels, centimetres, inches, ratio) are square.
    if width == 0 || height == 0 || shown.0 == 0 || shown.1 == 0 || unit > 3 {
        return None;
    }
    let (num, den) = (u64::from(width) * u64::from(shown.1), u64::from(height) * u64::from(shown.0));
    // A display size in pixels is rounded: half a pixel either way is no other shape.
    let rounded = unit == 0
        && (width.abs_diff(shown.0) <= 1 && height == shown.1 || height.abs_diff(shown.1) <= 1 && width == shown.0);
    if num == den || rounded {
        return Some((1, 1));
    }
    let gcd = gcd(num, den);
    Some((u32::try_from(num / gcd).ok()?, u32::try_from(den / gcd).ok()?))
}

pub(super) fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// `ProjectionPoseRoll` in degrees, counter-clockwise, as the quarter turn that it is; other angles are not kept.
fn turned(roll: f64) -> Matrix {
    const ONE: i32 = 1 << 16;
    let [a, b, c, d] = match roll.round() as i64 {
        -90 | 270 => [0, ONE, -ONE, 0],
        90 | -270 => [0, -ONE, ONE, 0],
        180 | -180 => [-ONE, 0, 0, -ONE],
        _ => return Matrix::IDENTITY,
    };
    Matrix([a, b, 0, c, d, 0, 0, 0, 1 << 30])
}

fn colour(element: Element<'_>) -> Result<Option<Colour>> {
    // 2 is "unspecified" of H.273.
    let mut colour = Colour { primaries: 2, transfer: 2, matrix: 2, full_range: None };
    let mut children = element.children();
    while let Some(child) = children.next()? {
        let value = child.data.len() <= 8 && child.id != COLOUR;
        let code = |v: u64| u16::try_from(v).unwrap_or(2);
        match child.id {
            PRIMARIES if value => colour.primaries = code(child.uint()?),
            TRANSFER_CHARACTERISTICS if value => colour.transfer = code(child.uint()?),
            MATRIX_COEFFICIENTS if value => colour.matrix = code(child.uint()?),
            RANGE if value => {
                colour.full_range = match child.uint()? {
                    1 => Some(false),
                    2 => Some(true),
                    _ => None,
                }
            }
            _ => {}
        }
    }
    let silent = (colour.primaries, colour.transfer, colour.matrix, colour.full_range) == (2, 2, 2, None);
    Ok((!silent).then_some(colour))
}

fn audio(element: Element<'_>, audio: &mut AudioTrack) -> Result<()> {
    let mut output = 0.0;
    let mut children = element.children();
    while let Some(child) = children.next()? {
        match child.id {
            // A cast from float saturates; NaN is 0.
            SAMPLING_FREQUENCY => audio.sample_rate = child.float()?.round() as u32,
            OUTPUT_SAMPLING_FREQUENCY => output = child.float()?,
            CHANNELS => audio.channels = child.uint32()?,
            BIT_DEPTH => audio.bits_per_sample = child.uint32()?,
            _ => {}
        }
    }
    if output > 0.0 {
        audio.sample_rate = output.round() as u32;
    }
    Ok(())
}

/// A track of `entry`, in a segment that counts in ticks of `tick`.
pub(super) fn build(id: TrackId, entry: Element<'_>, tick: Timebase) -> Result<(TrackInfo, TrackSetup)> {
    let e = Entry::parse(entry.children())?;
    let (codec, codec_private) = codec_of(&e.codec_id, &e.codec_private, e.audio.sample_rate, e.audio.channels);
    let mut setup = TrackSetup {
        number: e.number,
        stripped: e.stripped,
        default_duration: e.default_duration,
        codec_delay: e.codec_delay,
        timestamp_scale: e.timestamp_scale,
        clock: None,
        reorders: false,
        depth: None,
        timebase: tick,
    };
    let mut unsupported = e.unsupported;
    let kind = match (e.kind, e.video) {
        (1, Some(mut video)) => {
            let rate = (e.default_duration != 0).then(|| gcd(NANO.den.into(), e.default_duration));
            video.frame_rate = rate.and_then(|g| {
                nominal_rate(e.default_duration)
                    .or_else(|| Some(((u64::from(NANO.den) / g) as u32, u32::try_from(e.default_duration / g).ok()?)))
            });
            setup.reorders = !e.codec_id.starts_with("V_MS/VFW");
            setup.depth = (codec == CodecId::H264).then(|| avc::sps_of(&codec_private)).flatten().and_then(|sps| {
                if video.colour.is_none() {
                    video.colour = avc::video_of(&sps).colour;
                }
                avc::reorder_depth(&sps)
            });
            TrackKind::Video(video)
        }
        (2, _) => {
            let config = (codec == CodecId::Aac).then(|| AudioConfig::parse(&codec_private)).flatten();
            if let Some(config) = config {
                let clock = FrameClock::new(config.sample_rate, config.frame_length, tick);
                setup.timebase = clock.timebase;
                setup.clock = Some(clock);
            }
            let pcm = pcm_of(&e.codec_id, &e.codec_private, e.audio.bits_per_sample);
            TrackKind::Audio(AudioTrack { pcm, ..e.audio })
        }
        _ => TrackKind::Other,
    };
    if e.number == 0 {
        unsupported.get_or_insert("Matroska track without a number".into());
    }
    let text = matches!(kind, TrackKind::Other) && e.codec_id.starts_with("S_");
    let mut info = TrackInfo::new(id, u32::try_from(e.number).unwrap_or(u32::MAX), kind, codec, setup.timebase);
    info.codec_private = codec_private;
    info.language = e.language;
    info.extended_language = e.extended_language;
    if text {
        info.handler = crate::FourCc(*b"subt");
    }
    if !e.name.is_empty() {
        info.handler_name = e.name;
    }
    info.flags = if e.enabled { 3 } else { 2 };
    info.unsupported = unsupported;
    Ok((info, setup))
}

/// The rate whose picture duration in whole nanoseconds is `duration`, if it is one of those that films have.
fn nominal_rate(duration: u64) -> Option<(u32, u32)> {
    let integral = [24, 25, 30, 48, 50, 60, 100, 120].map(|n| (n, 1));
    let ntsc = [24000, 30000, 48000, 60000, 120_000].map(|n| (n, 1001));
    integral.into_iter().chain(ntsc).find(|&(num, den)| {
        let exact = u64::from(NANO.den) * u64::from(den);
        (duration * u64::from(num)).abs_diff(exact) <= u64::from(num)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        assert_eq!(aspect((720, 576), [1024, 576], 0), Some((64, 45)));
        assert_eq!(aspect((1920, 1080), [1920, 1080], 0), Some((1, 1)));
        assert_eq!(aspect((1920, 1080), [16, 9], 3), Some((1, 1)));
        assert_eq!(aspect((640, 480), [0, 480], 0), None);
        assert_eq!(aspect((640, 480), [641, 480], 0), Some((1, 1)), "rounding");
        assert_eq!(aspect((640, 480), [u32::MAX, 1], 4), None);
        assert_eq!(aspect((3, 7), [u32::MAX, 1], 0), None, "beyond 32 bits");
    }

    #[test]
    fn rates() {
        assert_eq!(nominal_rate(33_366_666), Some((30000, 1001)));
        assert_eq!(nominal_rate(33_333_333), Some((30, 1)));
        assert_eq!(nominal_rate(41_708_333), Some((24000, 1001)));
        assert_eq!(nominal_rate(40_000_000), Some((25, 1)));
        assert_eq!(nominal_rate(45_000_000), None);
    }
}
