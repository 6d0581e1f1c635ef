//! [`FlvReader`]: tags to packets.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use transcode_core::h264::nal::AvcConfig;

use super::amf;
use super::tag::{self, Role, START, TagBody};
use crate::aac::AudioConfig;
use crate::io::{Source, Window};
use crate::probe::Format;
use crate::stream::clock::FrameClock;
use crate::stream::{Input, Opened, StreamReader};
use crate::{
    AudioTrack, CodecId, Error, Limits, MediaInfo, Packet, Result, SyncPoint, Timebase, TrackId, TrackInfo, TrackKind,
    VideoTrack, avc,
};

const MS: Timebase = Timebase { num: 1, den: 1000 };

const AUDIO: u8 = 8;
const VIDEO: u8 = 9;
const SCRIPT: u8 = 18;

/// Bytes of a tag's header, and of the size that is repeated behind it.
const TAG: u64 = 11;
const TRAILER: u64 = 4;

/// What all readers of a file share of a track.
#[derive(Debug)]
struct TrackSetup {
    /// Tag type.
    kind: u8,
    codec: CodecId,
    configuration: Vec<u8>,
    clock: Option<FrameClock>,
}

#[derive(Debug, Clone)]
struct TrackState {
    clock: Option<FrameClock>,
    last_dts: i64,
    /// Configuration that has changed, as parameter sets for the next picture.
    parameter_sets: Vec<u8>,
    /// The configuration as it is now, if it is no longer the first, and where its tag is.
    configuration: Option<(Vec<u8>, u64)>,
}

/// A place between tags.
#[derive(Debug, Clone)]
pub struct FlvReader {
    tracks: Arc<Vec<TrackSetup>>,
    state: Vec<TrackState>,
    at: u64,
    /// Frames before this tag are passed over: the track was entered here.
    from: u64,
    place: [u64; 2],
    /// Time of the first tag: the film's 0.
    origin: i64,
    /// Time of the last tag, from which 32-bit times are continued.
    clock: Option<i64>,
}

/// A tag's header.
struct Tag {
    kind: u8,
    size: u64,
    time: i64,
    body: u64,
}

impl FlvReader {
    /// Reads the tag header at `self.at`; `None` at the end of the file.
    fn header(&mut self, source: &mut Source, window: &mut Window) -> Result<Option<Tag>> {
        let (at, len) = (self.at, source.len());
        // The size of the last tag may be left out.
        if at >= len || len - at <= TRAILER {
            return Ok(None);
        }
        let data = window.peek(source, at, TAG as usize, "tag")?;
        let Some(&[kind, s0, s1, s2, t0, t1, t2, t3, ..]) = data.first_chunk::<{ TAG as usize }>() else {
            return Err(Error::unexpected_end("tag", len));
        };
        if kind & 0x20 != 0 {
            return Err(Error::unsupported("encrypted FLV"));
        }
        if kind & 0xc0 != 0 {
            return Err(Error::invalid("tag type", at));
        }
        let size = u64::from(u32::from_be_bytes([0, s0, s1, s2]));
        let body = at + TAG;
        if body + size > len {
            return Err(Error::unexpected_end("tag", len));
        }
        let raw = u32::from_be_bytes([t3, t0, t1, t2]);
        // Continued to the nearest time: 32 bits of milliseconds wrap after 49 days.
        let time = match self.clock {
            Some(last) => last.saturating_add(i64::from(raw.wrapping_sub(last as u32) as i32)),
            None => i64::from(raw as i32),
        };
        Ok(Some(Tag { kind, size, time, body }))
    }
    /// Takes in a change of configuration.
    fn configure(&mut self, track: usize, new: &[u8], tag: u64, at: u64) -> Result<()> {
        let setup = &self.tracks[track];
        let state = &mut self.state[track];
        let now = state.configuration.as_ref().map_or(&setup.configuration, |c| &c.0);
        if new == now || new.is_empty() {
            return Ok(());
        }
        if setup.codec != CodecId::H264 {
            return Err(Error::unsupported(format!("{} whose configuration changes in FLV", setup.codec)));
        }
        let invalid = |_| Error::invalid("AVCDecoderConfigurationRecord", at);
        let config = AvcConfig::parse(new).map_err(invalid)?;
        let first = AvcConfig::parse(&setup.configuration).map_err(invalid)?;
        if config.length_size != first.length_size {
            return Err(Error::unsupported("H.264 whose length fields change in FLV"));
        }
        state.parameter_sets.clear();
        for unit in &config.parameter_sets {
            let length = (unit.data.len() as u32).to_be_bytes();
            state.parameter_sets.extend_from_slice(&length[4 - usize::from(config.length_size)..]);
            state.parameter_sets.extend_from_slice(unit.data);
        }
        state.configuration = Some((new.to_vec(), tag));
        Ok(())
    }
    fn packet(&mut self, track: usize, tag: &Tag, body: TagBody, coded: Vec<u8>) -> Packet {
        let setup = &self.tracks[track];
        let state = &mut self.state[track];
        let time = tag.time.saturating_sub(self.origin);
        let (pts, dts, duration) = match &mut state.clock {
            Some(clock) => {
                let time = clock.tick(Some(MS.rescale(time, clock.timebase)));
                (time, time, clock.frame)
            }
            None => {
                let dts = time.max(state.last_dts);
                (time.saturating_add(body.composition.into()), dts, 0)
            }
        };
        state.last_dts = dts;
        let mut data = coded;
        if !state.parameter_sets.is_empty() {
            data = [std::mem::take(&mut state.parameter_sets), data].concat();
        }
        let offset = Some(tag.body + body.len as u64);
        let key = body.key || setup.kind == AUDIO;
        Packet { offset, ..Packet::new(TrackId(track as u32), pts, dts, duration, key, data) }
    }
}

impl StreamReader for FlvReader {
    fn open(source: &mut Source, limits: &Limits) -> Result<Opened<Self>> {
        Scout::run(source, limits)
    }
    fn next_packet(&mut self, input: &mut Input<'_>) -> Result<Option<Packet>> {
        while let Some(tag) = self.header(input.source, input.window)? {
            let element = self.at;
            self.clock = Some(tag.time);
            self.at = tag.body + tag.size + TRAILER;
            let Some(track) = self.tracks.iter().position(|t| t.kind == tag.kind) else { continue };
            if !input.wanted[track] || tag.size == 0 {
                continue;
            }
            let least = tag.size.min(START as u64) as usize;
            let data = input.window.peek(input.source, tag.body, least, "tag")?;
            let body = if tag.kind == VIDEO { tag::video(&data[..least]) } else { tag::audio(&data[..least]) };
            let body = body.ok_or_else(|| Error::invalid("tag body", tag.body))?;
            if body.codec != self.tracks[track].codec {
                return Err(Error::unsupported(format!(
                    "FLV whose codec changes from {} to {}",
                    self.tracks[track].codec, body.codec
                )));
            }
            if element < self.from && body.role != Role::Configuration {
                continue;
            }
            let size = tag.size - (body.len as u64).min(tag.size);
            Error::check_limit("max_packet_bytes", size, input.limits.max_packet_bytes)?;
            let mut coded = Vec::new();
            if !input.skim || body.role == Role::Configuration {
                coded.reserve_exact(size as usize);
                let at = tag.body + body.len as u64;
                input.window.read(input.source, at, size, &mut coded, "tag")?;
            }
            match body.role {
                Role::Frame if size == 0 => {}
                Role::Frame => {
                    // A way back leads over the configuration, if that is not the first.
                    let from = self.state[track].configuration.as_ref().map_or(element, |c| c.1);
                    self.place = [from, element];
                    return Ok(Some(self.packet(track, &tag, body, coded)));
                }
                Role::Configuration => self.configure(track, &coded, element, tag.body)?,
                Role::Nothing => {}
                Role::Unsupported(feature) => return Err(Error::unsupported(feature)),
            }
        }
        Ok(None)
    }
    fn place(&self) -> [u64; 2] {
        self.place
    }
    fn go_to(&mut self, track: TrackId, point: &SyncPoint) {
        [self.at, self.from] = point.place;
        let clock = self.state.get_mut(track.index()).and_then(|t| t.clock.as_mut());
        let time = clock.map_or(point.dts, |c| {
            c.enter(point.dts);
            c.timebase.rescale(point.dts, MS)
        });
        self.clock = Some(time.saturating_add(self.origin));
    }
}

/// Tags that are looked at for the first of each kind, and for how long in the file.
const LOOK_AHEAD: (u64, u64) = (4096, 16 << 20);

/// What is learned of a file before it is read.
struct Scout {
    reader: FlvReader,
    metadata: BTreeMap<String, String>,
    video: Option<(TagBody, Vec<u8>)>,
    audio: Option<(TagBody, Vec<u8>)>,
    /// By the file's header.
    announced: u8,
}

impl Scout {
    fn run(source: &mut Source, limits: &Limits) -> Result<Opened<FlvReader>> {
        let mut head = [0; 9];
        source.read_at(0, &mut head, "FLV header")?;
        let offset = u64::from(u32::from_be_bytes([head[5], head[6], head[7], head[8]]));
        if !head.starts_with(b"FLV") || offset < head.len() as u64 {
            return Err(Error::invalid("FLV header", 0));
        }
        // PreviousTagSize0.
        let at = offset + TRAILER;
        let reader =
            FlvReader { tracks: Arc::default(), state: Vec::new(), at, from: 0, place: [0; 2], origin: 0, clock: None };
        let mut scout = Self { reader, metadata: BTreeMap::new(), video: None, audio: None, announced: head[4] };
        let origin = scout.look(source, limits)?;
        scout.reader = FlvReader { at, origin, clock: None, ..scout.reader };
        scout.describe(source)
    }
    /// Looks at the first tags; the time of the first one with sound or a picture.
    fn look(&mut self, source: &mut Source, limits: &Limits) -> Result<i64> {
        let mut window = Window::with_size(4 << 10);
        let mut origin = None;
        for _ in 0..LOOK_AHEAD.0 {
            let tag = match self.reader.header(source, &mut window) {
                Ok(Some(tag)) => tag,
                Err(e @ (Error::Io { .. } | Error::Unsupported { .. })) => return Err(e),
                // What is wrong is told when it is reached, if anything comes before it.
                _ => break,
            };
            self.reader.clock = Some(tag.time);
            self.reader.at = tag.body + tag.size + TRAILER;
            if self.reader.at > LOOK_AHEAD.1 {
                break;
            }
            let seen = match tag.kind {
                SCRIPT if self.metadata.is_empty() => {
                    Error::check_limit("max_index_bytes", tag.size, limits.max_index_bytes)?;
                    let data = source.read_vec(tag.body, tag.size, "tag")?;
                    self.metadata = amf::metadata(&data);
                    continue;
                }
                VIDEO => &mut self.video,
                AUDIO => &mut self.audio,
                _ => continue,
            };
            if tag.size == 0 {
                continue;
            }
            origin.get_or_insert(tag.time);
            let data = source.read_vec(tag.body, tag.size.min(MOST_CONFIGURATION), "tag")?;
            let start = &data[..data.len().min(START)];
            let Some(body) = (if tag.kind == VIDEO { tag::video(start) } else { tag::audio(start) }) else { continue };
            let configured = seen.as_ref().is_some_and(|(b, c)| !c.is_empty() || !needs_configuration(b.codec));
            if body.role == Role::Configuration {
                if !configured {
                    *seen = Some((body, data.get(body.len..).unwrap_or(&[]).to_vec()));
                }
            } else if seen.is_none() && body.role != Role::Nothing {
                *seen = Some((body, Vec::new()));
            }
            let done = |seen: &Option<(TagBody, Vec<u8>)>| {
                seen.as_ref().is_some_and(|(b, c)| !c.is_empty() || !needs_configuration(b.codec))
            };
            let expected = |flag: u8, seen: &Option<_>| self.announced & flag == 0 && seen.is_none();
            if (done(&self.video) || expected(1, &self.video)) && (done(&self.audio) || expected(4, &self.audio)) {
                break;
            }
        }
        Ok(origin.unwrap_or(0))
    }
    fn describe(mut self, source: &mut Source) -> Result<Opened<FlvReader>> {
        let (mut infos, mut setups): (Vec<TrackInfo>, Vec<TrackSetup>) = (Vec::new(), Vec::new());
        let number = |key: &str| self.metadata.get(key).and_then(|v| v.parse::<f64>().ok()).unwrap_or(0.0);
        for (kind, seen) in [(VIDEO, self.video.take()), (AUDIO, self.audio.take())] {
            let Some((body, configuration)) = seen else { continue };
            let mut clock = None;
            let mut unsupported: Option<Cow<'static, str>> = match body.role {
                Role::Unsupported(feature) => Some(feature.into()),
                _ => None,
            };
            let media = if kind == VIDEO {
                let sps = avc::sps_of(&configuration);
                let mut video = sps.as_ref().map(avc::video_of).unwrap_or_default();
                if video.width == 0 {
                    // A cast from float saturates; NaN is 0.
                    let (width, height) = (number("width") as u32, number("height") as u32);
                    video = VideoTrack { width, height, ..video };
                }
                TrackKind::Video(video)
            } else {
                let (sample_rate, channels, bits_per_sample) = body.sound;
                let mut audio = AudioTrack { sample_rate, channels, bits_per_sample, ..AudioTrack::default() };
                if body.codec == CodecId::Aac
                    && let Some(config) = AudioConfig::parse(&configuration)
                {
                    audio.sample_rate = config.sample_rate;
                    audio.channels = if config.channels == 0 { channels } else { config.channels };
                    clock = Some(FrameClock::new(config.sample_rate, config.frame_length, MS));
                }
                TrackKind::Audio(audio)
            };
            if needs_configuration(body.codec) && configuration.is_empty() {
                unsupported.get_or_insert(format!("{} without configuration in FLV", body.codec).into());
            }
            let timebase = clock.as_ref().map_or(MS, |c: &FrameClock| c.timebase);
            let mut info = TrackInfo::new(TrackId(infos.len() as u32), kind.into(), media, body.codec, timebase);
            info.codec_private.clone_from(&configuration);
            info.unsupported = unsupported;
            infos.push(info);
            setups.push(TrackSetup { kind, codec: body.codec, configuration, clock });
        }
        let duration = Some((number("duration") * 1000.0).round() as i64).filter(|&d| d > 0);
        let state = |t: &TrackSetup| TrackState {
            clock: t.clock.clone(),
            last_dts: i64::MIN,
            parameter_sets: Vec::new(),
            configuration: None,
        };
        let state = setups.iter().map(state).collect();
        let reader = FlvReader { tracks: Arc::new(setups), state, ..self.reader };
        let size = source.len();
        let info = MediaInfo { format: Format::Flv, duration, timebase: MS, size, metadata: self.metadata };
        Ok(Opened { info, tracks: infos, reader })
    }
}

/// Bytes of a tag that are looked at for configuration.
const MOST_CONFIGURATION: u64 = 1 << 16;

/// Whether nothing can be decoded before the configuration has come.
fn needs_configuration(codec: CodecId) -> bool {
    matches!(codec, CodecId::H264 | CodecId::Hevc | CodecId::Av1 | CodecId::Aac)
}
