//! What becomes of each track of an input, decided before any work.

use crate::audio::stream::SoundPlan;
use crate::error::{Error, Result};
use crate::format::OutputFormat;
use crate::job::{Job, JobOptions};
use crate::options::{AudioCodec, Rate, VideoCodec};
use crate::plan_sound::{Choice, SoundJob};
use crate::segment::{self, CutSigns, Segment};
use crate::stage::decode::{DEFAULT_RATE, FrameSource, SourceOptions};
use crate::stats::Warning;
use crate::video_options::VideoOptions;
use crate::{CancelToken, input, look};
use std::path::{Path, PathBuf};
use std::time::Duration;
use transcode_container::probe::Format;
use transcode_container::{
    CodecId, Demuxer, Error as ContainerError, Selection, SyncPoint, TrackId, TrackInfo, TrackKind, TrackSpec,
    VideoTrack,
};
use transcode_core::Kernels;
use transcode_core::h264::nal::AvcConfig;
use transcode_core::h264::{EncoderConfig, RateControl, StreamFormat};

/// What becomes of a track that the output shall have.
#[derive(Debug)]
pub(crate) enum Action {
    /// Its pictures are decoded and encoded.
    Encode(Box<EncodePlan>),
    /// Its packets are copied.
    Copy(Box<TrackSpec>),
    /// Its sound is decoded and coded anew.
    Sound(Box<SoundPlan>),
}

/// How a track is decoded and encoded.
#[derive(Debug)]
pub(crate) struct EncodePlan {
    /// The encoder of every segment: all give the same parameter sets.
    pub(crate) config: EncoderConfig,
    /// The output's description of the picture.
    pub(crate) video: VideoTrack,
    /// Whether a first pass tells what each picture needs.
    pub(crate) two_pass: bool,
    /// The parts that are worked on apart from each other.
    pub(crate) segments: Vec<Segment>,
    /// How many pictures the track has, where that is known.
    pub(crate) count: Option<u64>,
    /// End of the presentation in ticks of the track, where an edit list says it.
    pub(crate) end_pts: Option<i64>,
}

impl EncodePlan {
    /// The encoder of segment `i`: the same parameter sets, but for what it has to know of its place.
    pub(crate) fn config_of(&self, i: usize) -> EncoderConfig {
        let mut config = self.config.clone();
        config.part_of = [i > 0, i + 1 < self.segments.len()];
        let segment = &self.segments[i];
        config.expected_frames = segment.end.or(self.count).and_then(|end| end.checked_sub(segment.first));
        config
    }
}

/// A track of the output.
#[derive(Debug)]
pub(crate) struct PlannedTrack {
    /// The track of the input.
    pub(crate) info: TrackInfo,
    /// What becomes of it.
    pub(crate) action: Action,
}

/// A job made concrete for its input.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) input: PathBuf,
    pub(crate) input_size: u64,
    pub(crate) format: OutputFormat,
    /// The output's tracks, in the input's order.
    pub(crate) tracks: Vec<PlannedTrack>,
    /// Tracks that cannot be carried over.
    pub(crate) warnings: Vec<Warning>,
    /// Length of the presentation, zero if unknown.
    pub(crate) duration: Duration,
    pub(crate) kernels: Kernels,
}

impl Plan {
    /// Opens the job's input and decides.
    ///
    /// # Errors
    /// What is wrong with the input, or what of the job cannot be done with it.
    pub(crate) fn new(job: &Job, cancel: &CancelToken) -> Result<Self> {
        let o = job.options();
        let mut demuxer = input::open(job.input())?;
        let kernels = o.simd.map_or_else(Kernels::detect, Kernels::at_most);
        let mut plan = Self {
            input: job.input().into(),
            input_size: demuxer.info().size,
            format: job.format(),
            tracks: Vec::new(),
            warnings: Vec::new(),
            duration: duration(demuxer.as_ref()),
            kernels,
        };
        let encoded = plan.encoded_track(o, demuxer.tracks())?;
        if let (None, Some(name)) = (demuxer.tracks().iter().find(|t| t.audio().is_some()), o.needs_sound()) {
            return Err(Error::option(name, "has no effect: the input has no sound"));
        }
        let mut alone = plan.format.is_sound_alone();
        for info in demuxer.tracks().to_vec() {
            if Some(info.id) == encoded {
                let encode = plan.encode(job, demuxer.as_mut(), &info, cancel)?;
                plan.tracks.push(PlannedTrack { info, action: Action::Encode(Box::new(encode)) });
            } else if !wanted(o, &info) {
            } else if plan.format.is_sound_alone() && !(info.audio().is_some() && std::mem::take(&mut alone)) {
                let reason = "the output holds one track of sound and nothing else".into();
                plan.warnings.push(Warning::TrackDropped { track: info.id.0, reason });
            } else if info.audio().is_some() && plan.format != OutputFormat::AnnexB {
                plan.sound(job, info, demuxer.info().format, cancel)?;
            } else {
                plan.copy(info, o, demuxer.info().format)?;
            }
        }
        if plan.tracks.is_empty() {
            return Err(Error::Unsupported {
                path: plan.input,
                feature: "an input of which no track is left to write".into(),
            });
        }
        Ok(plan)
    }
    /// The encoded track and how it is made, if there is one.
    pub(crate) fn encode_plan(&self) -> Option<(&TrackInfo, &EncodePlan)> {
        self.tracks.iter().find_map(|t| match &t.action {
            Action::Encode(e) => Some((&t.info, e.as_ref())),
            Action::Copy(_) | Action::Sound(_) => None,
        })
    }
    /// The tracks of sound that are coded anew, and how.
    pub(crate) fn sound_plans(&self) -> impl Iterator<Item = (&TrackInfo, &SoundPlan)> {
        self.tracks.iter().filter_map(|t| match &t.action {
            Action::Sound(s) => Some((&t.info, s.as_ref())),
            Action::Copy(_) | Action::Encode(_) => None,
        })
    }
    /// Bytes of uncompressed sound that the output may get, where its length is known.
    pub(crate) fn expected_bytes(&self) -> Option<u64> {
        let second = self.tracks.iter().filter_map(|t| {
            let audio = match &t.action {
                Action::Sound(plan) => plan.spec.kind.audio()?,
                _ => t.info.audio()?,
            };
            Some(u64::from(audio.sample_rate) * u64::from(audio.channels) * u64::from(audio.bits_per_sample.max(8) / 8))
        });
        // A little more, for lengths in coarse ticks.
        (!self.duration.is_zero()).then(|| second.sum::<u64>().saturating_mul(self.duration.as_secs() + 10))
    }
    /// Plans what becomes of a track of sound.
    fn sound(&mut self, job: &Job, info: TrackInfo, from: Format, cancel: &CancelToken) -> Result<()> {
        let copy = self.format.copy_of(&info, from).map(drop).map_err(|e| match e {
            ContainerError::Unsupported { feature } => feature.into_owned(),
            other => other.to_string(),
        });
        let (input, kernels, format) = (self.input.clone(), self.kernels, self.format);
        let sound = SoundJob { options: job.options(), input: &input, output: job.output(), format, kernels, cancel };
        match sound.choose(&info, copy)? {
            Choice::Copy => self.copy(info, job.options(), from),
            Choice::Code(plan) => {
                self.tracks.push(PlannedTrack { info, action: Action::Sound(plan) });
                Ok(())
            }
            Choice::Drop(reason) => {
                let reason = format!("{} sound: {reason}", info.codec);
                self.warnings.push(Warning::TrackDropped { track: info.id.0, reason });
                Ok(())
            }
        }
    }
    /// The video track to encode, if any.
    fn encoded_track(&self, o: &JobOptions, tracks: &[TrackInfo]) -> Result<Option<TrackId>> {
        if self.format.is_sound_alone() {
            let named = o.video_codec.filter(|&c| c != VideoCodec::None).map(|_| "video_codec");
            return match named.or_else(|| o.encoder_options().next()) {
                Some(name) => Err(Error::option(name, "has no effect: the output holds no pictures")),
                None => Ok(None),
            };
        }
        let video = tracks.iter().find(|t| t.video().is_some());
        match (o.video_codec, video) {
            (None | Some(VideoCodec::H264), Some(track)) => {
                if !matches!(track.codec, CodecId::H264 | CodecId::RawVideo) {
                    return Err(self.unsupported(format!("decoding video coded as {}", track.codec)));
                }
                Ok(Some(track.id))
            }
            (Some(VideoCodec::H264), None) => {
                Err(Error::option("video_codec", "h264 has no effect: the input has no video"))
            }
            (None, None) => match o.encoder_options().next() {
                Some(name) => Err(Error::option(name, "has no effect: the input has no video")),
                None => Ok(None),
            },
            (Some(_), _) => Ok(None),
        }
    }
    /// Plans to copy a track, or to warn that it cannot be: pictures must not go missing, nor sound that was asked for
    /// or that another kind of output would hold; other data may.
    fn copy(&mut self, info: TrackInfo, o: &JobOptions, from: Format) -> Result<()> {
        let dropped = |plan: &mut Self, reason| {
            plan.warnings.push(Warning::TrackDropped { track: info.id.0, reason });
            Ok(())
        };
        match (self.format.copy_of(&info, from), &info.kind) {
            (Ok(spec), _) => {
                self.tracks.push(PlannedTrack { info, action: Action::Copy(Box::new(spec)) });
                Ok(())
            }
            (Err(ContainerError::Unsupported { feature }), TrackKind::Other) => {
                dropped(self, format!("{} data: {feature}", info.codec))
            }
            (Err(ContainerError::Unsupported { feature }), TrackKind::Audio(_))
                if o.audio_codec.is_none() && self.format == OutputFormat::Mp4 =>
            {
                dropped(self, format!("{} sound: {feature}", info.codec))
            }
            (Err(ContainerError::Unsupported { feature }), kind) => {
                let (kind, option) = match kind {
                    TrackKind::Audio(_) => ("audio", "audio_codec"),
                    _ => ("video", "video_codec"),
                };
                Err(self.unsupported(format!(
                    "copying {kind} track {} ({}): {feature}; {option} none leaves it out",
                    info.id.0, info.codec
                )))
            }
            (Err(e), _) => Err(Error::container(&self.input, e)),
        }
    }
    fn encode(
        &self,
        job: &Job,
        demuxer: &mut dyn Demuxer,
        info: &TrackInfo,
        cancel: &CancelToken,
    ) -> Result<EncodePlan> {
        let o = job.options();
        let end_pts = info.duration.filter(|&d| d > 0);
        let options = SourceOptions {
            kernels: self.kernels,
            low_delay: true,
            strict: false,
            take_cut: true,
            reduce: false,
            lead_in: false,
            threads: 1,
        };
        let mut source = FrameSource::open(&self.input, info, Segment::whole(end_pts), options, cancel)?;
        let first = source.next_frame()?.ok_or_else(|| Error::InvalidData {
            path: self.input.clone(),
            message: "the video track has no picture that is shown".into(),
        })?;
        let (crop, said) = (first.crop(), first.video_info());
        let source_size = (crop.width, crop.height);
        let size = o.resolution.map_or(source_size, |r| (r.width, r.height));
        let video = info.video().copied().unwrap_or_default();
        let (shown, video) = look::of_output(&said, &video, source_size, size);
        // First of all the sync points: containers without an index count their packets for them.
        let points = sync_points(&self.input, demuxer, info)?;
        let counted = demuxer.tracks().get(info.id.index()).unwrap_or(info);
        let rate = frame_rate(counted, demuxer.packet_count(info.id)).or(said.frame_rate).unwrap_or(DEFAULT_RATE);
        let mut config = EncoderConfig::new(size.0, size.1, rate);
        config.rate = match job.rate() {
            Rate::Crf(q) => RateControl::Crf(q),
            Rate::Qp(q) => RateControl::Cqp(q),
            Rate::Bitrate(bits_per_second) => RateControl::Abr { bits_per_second },
        };
        config.preset = o.preset.unwrap_or(config.preset);
        config.tune = o.tune.unwrap_or(config.tune);
        config.keyint = o.keyint.unwrap_or(config.keyint);
        config.vui = shown;
        // The mean rate is nominal only where pictures come evenly, which a stream without a rate does not claim.
        config.timing_info =
            said.frame_rate.is_some() || info.codec == CodecId::RawVideo || job.format() == OutputFormat::AnnexB;
        o.video.apply(&mut config)?;
        config.min_keyint = config.min_keyint.min(config.keyint);
        config.kernels = self.kernels;
        // What muxers take; one that wants a byte stream frames it anew.
        config.stream_format = StreamFormat::Avcc;
        // All segments must have the level of the whole, or their parameter sets would differ.
        config.level = Some(config.validate().map_err(|e| Error::codec(job.output(), "encoder", e))?);
        // 4:2:0 streams have even sizes: an odd one grows by a column or a row.
        let video = VideoTrack { width: size.0.next_multiple_of(2), height: size.1.next_multiple_of(2), ..video };
        let count = demuxer.packet_count(info.id);
        let segments = match VideoOptions::in_one_part(&config) {
            true => vec![Segment::whole(end_pts)],
            false => cut(&self.input, demuxer, info, &points, config.keyint, end_pts)?,
        };
        let end_pts = end_pts.filter(|_| !info.edit_list.edits.is_empty());
        Ok(EncodePlan { config, video, two_pass: o.video.two_pass == Some(true), segments, count, end_pts })
    }
    fn unsupported(&self, feature: String) -> Error {
        Error::Unsupported { path: self.input.clone(), feature }
    }
}

/// Whether the options keep this track, if it is not the one that is encoded.
fn wanted(o: &JobOptions, track: &TrackInfo) -> bool {
    match track.kind {
        TrackKind::Video(_) => o.video_codec != Some(VideoCodec::None),
        TrackKind::Audio(_) => o.audio_codec != Some(AudioCodec::None),
        TrackKind::Other => true,
    }
}

/// Length of a file's presentation.
pub(crate) fn duration(demuxer: &dyn Demuxer) -> Duration {
    let info = demuxer.info();
    let whole = info.duration.map(|d| info.timebase.seconds(d));
    let longest = || demuxer.tracks().iter().filter_map(|t| Some(t.timebase.seconds(t.duration?))).reduce(f64::max);
    whole.or_else(longest).and_then(|s| Duration::try_from_secs_f64(s).ok()).unwrap_or_default()
}

/// Pictures a second as a fraction: what the container says, or the mean of a track that shows `count` pictures.
pub(crate) fn frame_rate(info: &TrackInfo, count: Option<u64>) -> Option<(u32, u32)> {
    if let Some(nominal) = info.video().and_then(|v| v.frame_rate) {
        return Some(nominal);
    }
    let list = &info.edit_list;
    let shown: u64 = list.edits.iter().filter(|e| e.media_time >= 0).map(|e| e.duration).fold(0, u64::saturating_add);
    let (ticks, clock) = match i64::try_from(shown) {
        Ok(shown @ 1..) => (shown, list.timebase),
        _ => (info.duration?, info.timebase),
    };
    let num = u128::from(count?) * u128::from(clock.den);
    let den = u128::try_from(ticks).ok()? * u128::from(clock.num);
    look::fraction(num, den, u32::MAX)
}

/// The places at which a track can be entered; nothing else is selected from then on.
fn sync_points(path: &Path, demuxer: &mut dyn Demuxer, info: &TrackInfo) -> Result<Vec<SyncPoint>> {
    let fail = |e| Error::container(path, e);
    demuxer.select_only(info.id, Selection::Presentation).map_err(fail)?;
    demuxer.sync_points(info.id).map_err(fail)
}

/// Cuts a video track into segments.
fn cut(
    path: &Path,
    demuxer: &mut dyn Demuxer,
    info: &TrackInfo,
    points: &[SyncPoint],
    keyint: u32,
    end_pts: Option<i64>,
) -> Result<Vec<Segment>> {
    let fail = |e| Error::container(path, e);
    if info.codec == CodecId::RawVideo {
        return segment::cut(&segment::every(points, keyint), info.timebase, end_pts, |_| Ok(true));
    }
    let length_size = match AvcConfig::parse(&info.codec_private) {
        Ok(avcc) => Some(avcc.length_size),
        // A byte stream.
        Err(_) if info.codec_private.is_empty() => None,
        Err(_) => return Ok(vec![Segment::whole(end_pts)]),
    };
    let Some(start) = points.first() else { return Ok(vec![Segment::whole(end_pts)]) };
    let mut signs_at = |point: &SyncPoint| {
        demuxer.seek_to(info.id, point).map_err(fail)?;
        let packet = demuxer.next_packet().map_err(fail)?;
        Ok(packet.map(|p| (CutSigns::of(&p, length_size), p.entry)).unwrap_or_default())
    };
    let (first, first_entry) = signs_at(start)?;
    segment::cut(points, info.timebase, end_pts, |point| {
        let (signs, entry) = signs_at(point)?;
        // Parameter sets inside the stream must not come from before the cut.
        Ok(signs.idr && entry == first_entry && (signs.parameter_sets || !first.parameter_sets))
    })
}
