//! The demux and decode stage: a segment's packets to its pictures, in the order they are shown.

use crate::cancel::CancelToken;
use crate::error::{Error, Result};
use crate::input;
use crate::segment::Segment;
use crate::stage::reduce::reduced;
use crate::workers::FrameThreads;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use transcode_container::{ChromaSiting, CodecId, Demuxer, Error as ContainerError, Packet, Selection, TrackInfo};
use transcode_core::h264::{Decoder, DecoderConfig, FieldOrder, Frame, PacketTime, VideoInfo};
use transcode_core::{ChromaFormat, Kernels, Picture, PictureFormat, Rect, Step};

/// Packets that a decoder may hold pictures of: 16 frames of reordering, and as many again for streams that lie.
const MOST_PENDING: usize = 64;

/// Pictures a second of a stream that does not say how many, as a fraction.
pub(crate) const DEFAULT_RATE: (u32, u32) = (25, 1);

/// How a source decodes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SourceOptions {
    /// The decoder's kernels.
    pub(crate) kernels: Kernels,
    /// Give each picture out at once, in decoding order: to look at the first one only.
    pub(crate) low_delay: bool,
    /// Stop at the first error in the video instead of concealing it.
    pub(crate) strict: bool,
    /// Take a file that was cut short as one that ends there; [`FrameSource::cut_short`] then tells.
    pub(crate) take_cut: bool,
    /// Make every picture 8-bit 4:2:0, which is what the encoder takes.
    pub(crate) reduce: bool,
    /// Give out first the picture in which the film's first edit starts, if it starts inside one. Such a picture is not
    /// counted as shown, but players that show an edit from its first instant need it.
    pub(crate) lead_in: bool,
    /// Pictures to decode at the same time, on as many threads; 1 decodes on the caller's.
    pub(crate) threads: usize,
}

/// A picture with the time at which it is shown.
#[derive(Debug)]
pub(crate) struct SourceFrame {
    content: Content,
    crop: Rect,
    /// Presentation time in ticks of the track.
    pub(crate) pts: i64,
    /// Duration of its packet as stored, 0 if unknown. (Only that of the last picture matters: the others last until
    /// the next one.)
    pub(crate) duration: i64,
}

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all are the large one")]
enum Content {
    Decoded(Frame),
    Raw(Box<Picture<u8>>, VideoInfo),
}

impl SourceFrame {
    /// The samples, of which [`SourceFrame::crop`] is to be shown, if they are of 8 bits.
    pub(crate) fn picture(&self) -> Option<&Picture<u8>> {
        match &self.content {
            Content::Decoded(f) => f.picture(),
            Content::Raw(p, _) => Some(p),
        }
    }
    /// What the samples are.
    #[cfg(feature = "cli")]
    pub(crate) fn format(&self) -> PictureFormat {
        match &self.content {
            Content::Decoded(f) => f.format(),
            Content::Raw(p, _) => p.format(),
        }
    }
    /// Gives all that is shown to `take`, plane by plane: a byte a sample, or two, the lower first, above 8 bits.
    #[cfg(feature = "cli")]
    pub(crate) fn for_each_row(&self, mut take: impl FnMut(&[u8])) {
        match &self.content {
            Content::Decoded(f) => {
                for plane in 0..f.format().chroma.planes() {
                    f.for_each_row(plane, &mut take);
                }
            }
            Content::Raw(p, _) => p.planes().iter().flat_map(|p| p.rows()).for_each(take),
        }
    }
    /// Puts what [`SourceFrame::for_each_row`] gives into `bytes`.
    #[cfg(feature = "cli")]
    pub(crate) fn copy_to(&self, bytes: &mut Vec<u8>) {
        bytes.clear();
        self.for_each_row(|row| bytes.extend_from_slice(row));
    }
    /// The part of the picture to be shown.
    pub(crate) fn crop(&self) -> Rect {
        self.crop
    }
    /// What the stream says of how pictures are shown.
    pub(crate) fn video_info(&self) -> VideoInfo {
        match &self.content {
            Content::Decoded(f) => f.video,
            Content::Raw(_, info) => *info,
        }
    }
    /// The order of the fields, as far as a decoder told.
    #[cfg(feature = "cli")]
    pub(crate) fn field_order(&self) -> FieldOrder {
        match &self.content {
            Content::Decoded(f) => f.field_order,
            Content::Raw(..) => FieldOrder::Progressive,
        }
    }
}

/// What is remembered of a packet until its picture comes out.
#[derive(Debug, Clone, Copy)]
struct Pending {
    id: i64,
    pts: Option<i64>,
    duration: i64,
    discard: bool,
}

/// What a source has counted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SourceCounts {
    pub(crate) packets: u64,
    pub(crate) decoded: u64,
    /// Pictures of which parts were concealed.
    pub(crate) concealed: u64,
    /// Pictures of which something is wrong: concealed, or predicted from what is not there.
    pub(crate) corrupt: u64,
    /// Reference pictures that the stream has lost.
    pub(crate) lost: u64,
    /// NAL units that could not be read, and damaged places of the file.
    pub(crate) damaged_units: u64,
    /// Pictures whose two fields are of different times.
    pub(crate) interlaced: u64,
    /// Pictures whose samples were made 8-bit 4:2:0.
    pub(crate) reduced: u64,
}

/// Gives the pictures of one segment, each that is shown exactly once.
pub(crate) struct FrameSource {
    path: PathBuf,
    demuxer: Box<dyn Demuxer>,
    track: TrackInfo,
    cancel: CancelToken,
    /// Packets of the segment that are left.
    left: u64,
    decoder: Option<H264Source>,
    counts: SourceCounts,
    /// Pictures given out, to count time by where there is none.
    given: i64,
    /// Presentation time of the last picture given out.
    last_pts: i64,
    /// Some picture had a time.
    timed: bool,
    lead_in: LeadIn,
    reduce: bool,
    /// That the file ends too early, to be told after all pictures before that.
    cut_short: Option<Error>,
    take_cut: bool,
}

/// What is known of a picture when it comes out: its samples, its time if there is one, and its stored duration.
type Timed = (Content, Option<i64>, i64);

/// The picture in which the film's first edit starts, if it starts inside one.
#[derive(Debug)]
enum LeadIn {
    /// The edit starts at this time; the last picture before it.
    Looking(i64, Option<Timed>),
    /// It was given out, and this is the first picture that is shown.
    Given(Timed),
    /// There is none, or it was dealt with.
    Over,
}

struct H264Source {
    config: DecoderConfig,
    // Before the threads, so that it is dropped before them.
    decoder: Decoder,
    threads: Option<FrameThreads>,
    /// Sample entry that the decoder is configured with.
    entry: u32,
    pending: VecDeque<Pending>,
    /// Identifies a packet through the decoder, in the place of its decoding time.
    next_id: i64,
    last_dts: Option<i64>,
    /// A packet that decoding starts anew at, once all pictures before it are out.
    held: Option<Packet>,
}

impl FrameSource {
    /// Opens the file anew and goes to the segment's start.
    ///
    /// # Errors
    /// What is wrong with the file, or that its codec cannot be decoded.
    pub(crate) fn open(
        path: &Path,
        track: &TrackInfo,
        segment: Segment,
        options: SourceOptions,
        cancel: &CancelToken,
    ) -> Result<Self> {
        let fail = |e| Error::container(path, e);
        let mut demuxer = input::open(path)?;
        demuxer.select_only(track.id, Selection::Presentation).map_err(fail)?;
        if let Some(point) = &segment.point {
            demuxer.seek_to(track.id, point).map_err(fail)?;
        }
        let decoder = match track.codec {
            CodecId::H264 => Some(H264Source::new(path, track, options)?),
            CodecId::RawVideo => {
                let format = track.video().and_then(|v| v.pixel_format);
                if format.is_some_and(|f| (f.chroma, f.depth) != (ChromaFormat::Yuv420, 8)) {
                    let feature = "uncompressed video that is not 8-bit 4:2:0".into();
                    return Err(Error::Unsupported { path: path.into(), feature });
                }
                None
            }
            codec => {
                let feature = format!("decoding video coded as {codec}");
                return Err(Error::Unsupported { path: path.into(), feature });
            }
        };
        let edit_start = track.edit_list.start(track.timebase).filter(|_| options.lead_in && segment.first == 0);
        Ok(Self {
            path: path.into(),
            demuxer,
            track: track.clone(),
            cancel: cancel.clone(),
            left: segment.end.map_or(u64::MAX, |end| end.saturating_sub(segment.first)),
            decoder,
            counts: SourceCounts::default(),
            given: 0,
            last_pts: segment.start_pts.filter(|_| segment.first > 0).unwrap_or(i64::MIN),
            timed: false,
            reduce: options.reduce,
            lead_in: edit_start.map_or(LeadIn::Over, |t| LeadIn::Looking(t, None)),
            cut_short: None,
            take_cut: options.take_cut,
        })
    }
    /// What has been counted so far.
    pub(crate) fn counts(&self) -> SourceCounts {
        let stats = self.decoder.as_ref().map(|d| d.decoder.stats()).unwrap_or_default();
        SourceCounts {
            concealed: self.counts.concealed + stats.concealed,
            lost: self.counts.lost + stats.lost_frames,
            damaged_units: self.counts.damaged_units + stats.damaged_units + self.demuxer.damaged_places(),
            ..self.counts
        }
    }
    /// How the file ends too early, if it does and that was reached.
    #[cfg(feature = "cli")]
    pub(crate) fn cut_short(&self) -> Option<&Error> {
        self.cut_short.as_ref()
    }
    /// The next picture that is shown, `None` after the last.
    ///
    /// # Errors
    /// [`Error::Cancelled`]; what is wrong with the file or the stream.
    pub(crate) fn next_frame(&mut self) -> Result<Option<SourceFrame>> {
        let next = if self.decoder.is_some() { self.next_decoded()? } else { self.next_raw()? };
        let Some((content, pts, duration)) = next else {
            return if self.take_cut { Ok(None) } else { self.cut_short.take().map_or(Ok(None), Err) };
        };
        // Where there are no times, pictures follow each other at the stream's rate.
        let (pts, duration) = match pts {
            Some(pts) => {
                self.timed = true;
                (pts, duration)
            }
            // Some packets of a transport stream have none.
            None if self.timed => (self.last_pts.saturating_add(duration), duration),
            None => (self.given.saturating_mul(duration.max(1)), duration.max(1)),
        };
        self.given += 1;
        // Streams whose times contradict their order: a picture is never shown before the one that precedes it.
        let pts = pts.max(self.last_pts);
        self.last_pts = pts;
        let crop = match &content {
            Content::Decoded(f) => f.crop,
            Content::Raw(p, _) => Rect { x: 0, y: 0, width: p.width() as u32, height: p.height() as u32 },
        };
        Ok(Some(SourceFrame { content, crop, pts, duration }))
    }
    fn next_decoded(&mut self) -> Result<Option<Timed>> {
        if let LeadIn::Given(_) = self.lead_in
            && let LeadIn::Given(first) = std::mem::replace(&mut self.lead_in, LeadIn::Over)
        {
            return Ok(Some(first));
        }
        loop {
            self.cancel.check()?;
            let Some(source) = &mut self.decoder else { return Ok(None) };
            let step = source.decoder.receive();
            match step.map_err(|e| source.error(&self.path, e))? {
                Step::Output(mut frame) => {
                    frame.crop = cropped_by_container(frame.crop, &self.track);
                    self.counts.decoded += 1;
                    self.counts.corrupt += u64::from(frame.corrupt);
                    self.counts.interlaced += u64::from(frame.field_order != FieldOrder::Progressive);
                    let packet = source.take_pending(&frame);
                    let (pts, duration) = packet.map_or((None, 0), |p| (p.pts, p.duration));
                    let content = if self.reduce && frame.format() != PictureFormat::YUV420P8 {
                        self.counts.reduced += 1;
                        let picture = reduced(frame.samples(), frame.crop);
                        Content::Raw(Box::new(picture.map_err(|e| source.error(&self.path, e))?), frame.video)
                    } else {
                        Content::Decoded(frame)
                    };
                    let timed = (content, pts, duration);
                    if !packet.is_some_and(|p| p.discard) {
                        return Ok(Some(self.after_lead_in(timed)));
                    }
                    if let LeadIn::Looking(start, last) = &mut self.lead_in
                        && pts.is_some_and(|t| t < *start)
                    {
                        *last = Some(timed);
                    }
                }
                Step::NeedInput => self.feed()?,
                Step::End => match source.held.take() {
                    Some(packet) => {
                        let stats = source.decoder.stats();
                        self.counts.concealed += stats.concealed;
                        self.counts.lost += stats.lost_frames;
                        self.counts.damaged_units += stats.damaged_units;
                        source.restart(&self.path, &self.track, packet.entry)?;
                        source.send(&self.path, &packet)?;
                    }
                    None => return Ok(None),
                },
            }
        }
    }
    /// `first`, the first picture that is shown, or the one before it that the edit starts in.
    fn after_lead_in(&mut self, first: Timed) -> Timed {
        match std::mem::replace(&mut self.lead_in, LeadIn::Over) {
            LeadIn::Looking(start, Some(before)) if first.1.is_some_and(|t| t > start) => {
                self.lead_in = LeadIn::Given(first);
                before
            }
            _ => first,
        }
    }
    /// Sends the decoder its next packet, or the news that there is none.
    fn feed(&mut self) -> Result<()> {
        let packet = self.read()?;
        let Some(source) = &mut self.decoder else { return Ok(()) };
        match packet {
            None => source.decoder.finish(),
            // A later edit's lead-in, or another sample entry: a new sequence, even where the stream itself goes on.
            Some(p) if source.last_dts.is_some_and(|last| p.dts < last) || p.entry != source.entry => {
                source.decoder.finish();
                source.held = Some(p);
            }
            Some(p) => source.send(&self.path, &p)?,
        }
        Ok(())
    }
    fn read(&mut self) -> Result<Option<Packet>> {
        if self.left == 0 {
            return Ok(None);
        }
        let packet = match self.demuxer.next_packet() {
            // What came before is whole and is given out first.
            Err(e @ ContainerError::UnexpectedEnd { .. }) => {
                self.cut_short = Some(Error::container(&self.path, e));
                None
            }
            other => other.map_err(|e| Error::container(&self.path, e))?,
        };
        self.left = if packet.is_some() { self.left - 1 } else { 0 };
        self.counts.packets += u64::from(packet.is_some());
        Ok(packet)
    }
    fn next_raw(&mut self) -> Result<Option<Timed>> {
        self.cancel.check()?;
        let Some(packet) = self.read()? else { return Ok(None) };
        let video = self.track.video().copied().unwrap_or_default();
        let picture = picture_of(&packet.data, video.width as usize, video.height as usize)
            .map_err(|e| Error::codec(&self.path, &place(&packet, self.counts.packets), e))?;
        let chroma_location = match video.pixel_format.and_then(|f| f.siting) {
            Some(ChromaSiting::Centre) => Some(1),
            // Cr lies a row below Cb; H.264 can only say where Cb does.
            Some(ChromaSiting::PalDv) => Some(2),
            Some(ChromaSiting::Left) | None => None,
        };
        let info = VideoInfo { chroma_location, ..VideoInfo::default() };
        self.counts.decoded += 1;
        Ok(Some((Content::Raw(Box::new(picture), info), packet.pts, packet.duration)))
    }
}

fn decoder(config: DecoderConfig, threads: Option<&FrameThreads>) -> Decoder {
    match threads {
        Some(threads) => Decoder::with_workers(config, threads.workers()),
        None => Decoder::new(config),
    }
}

impl H264Source {
    fn new(path: &Path, track: &TrackInfo, options: SourceOptions) -> Result<Self> {
        let config = DecoderConfig {
            kernels: options.kernels,
            low_delay: options.low_delay,
            strict: options.strict,
            ..DecoderConfig::new()
        };
        let threads = (options.threads > 1).then(|| FrameThreads::start(options.threads)).transpose();
        let threads = threads.map_err(|e| Error::io(path, e))?;
        let mut source = Self {
            decoder: decoder(config, threads.as_ref()),
            threads,
            config,
            entry: 0,
            pending: VecDeque::new(),
            next_id: 0,
            last_dts: None,
            held: None,
        };
        source.configure(path, track, 0)?;
        Ok(source)
    }
    /// Gives the decoder the parameter sets of a sample entry; a raw byte stream has none.
    fn configure(&mut self, path: &Path, track: &TrackInfo, entry: u32) -> Result<()> {
        let described = track.sample_entries.get(entry as usize);
        let avcc = described.map_or(track.codec_private.as_slice(), |e| e.codec_private.as_slice());
        if !avcc.is_empty() {
            self.decoder.configure_avcc(avcc).map_err(|e| Error::codec(path, "decoder configuration", e))?;
        }
        self.entry = entry;
        Ok(())
    }
    fn restart(&mut self, path: &Path, track: &TrackInfo, entry: u32) -> Result<()> {
        self.decoder = decoder(self.config, self.threads.as_ref());
        self.configure(path, track, entry)
    }
    fn send(&mut self, path: &Path, packet: &Packet) -> Result<()> {
        self.last_dts = Some(packet.dts);
        let id = self.next_id;
        self.next_id += 1;
        if self.pending.len() == MOST_PENDING {
            self.pending.pop_front();
        }
        let pending = Pending { id, pts: packet.pts, duration: packet.duration, discard: packet.discard };
        self.pending.push_back(pending);
        let time = PacketTime { pts: packet.pts, dts: Some(id), duration: Some(packet.duration) };
        self.decoder.send(&packet.data, time).map_err(|e| Error::codec(path, &place(packet, self.next_id as u64), e))
    }
    /// What was remembered of the packet that `frame` was coded in.
    fn take_pending(&mut self, frame: &Frame) -> Option<Pending> {
        let at = self.pending.iter().position(|p| Some(p.id) == frame.time.dts)?;
        self.pending.remove(at)
    }
    fn error(&self, path: &Path, e: transcode_core::Error) -> Error {
        Error::codec(path, &format!("in video packet {}", self.next_id), e)
    }
}

/// The part to be shown of a picture whose stream says `crop`. Some cameras leave the crop of the last macroblocks to the
/// container; its size then lies within the same number of macroblocks.
fn cropped_by_container(crop: Rect, track: &TrackInfo) -> Rect {
    let Some(video) = track.video().filter(|v| v.width > 0 && v.height > 0) else { return crop };
    let fits = |said: u32, coded: u32| said <= coded && said.div_ceil(16) == coded.div_ceil(16);
    if crop.x == 0 && crop.y == 0 && fits(video.width, crop.width) && fits(video.height, crop.height) {
        Rect { width: video.width, height: video.height, ..crop }
    } else {
        crop
    }
}

/// Where a packet is, for an error message.
fn place(packet: &Packet, ordinal: u64) -> String {
    match packet.offset {
        Some(offset) => format!("in video packet {ordinal}, {} bytes at byte {offset} of the file", packet.data.len()),
        None => format!("in video packet {ordinal}"),
    }
}

/// A picture of planar 8-bit 4:2:0 samples.
fn picture_of(data: &[u8], width: usize, height: usize) -> transcode_core::error::Result<Picture<u8>> {
    let mut picture = Picture::new(PictureFormat::YUV420P8, width, height, 0)?;
    let mut rest = data;
    for plane in picture.planes_mut() {
        for y in 0..plane.height() {
            let row = plane.row_mut(y);
            let end = transcode_core::Error::unexpected_end(data.len() as u64 * 8);
            let (samples, after) = rest.split_at_checked(row.len()).ok_or(end)?;
            row.copy_from_slice(samples);
            rest = after;
        }
    }
    Ok(picture)
}
