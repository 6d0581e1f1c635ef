//! `transcode decode`.

use super::args::Decode;
use super::{Common, decode_audio, print, signal};
use crate::cancel::CancelToken;
use crate::error::{Error, Result};
use crate::input;
use crate::job::{MAX_THREADS, thread_count};
use crate::options::StreamKind;
use crate::output::{self, AtomicOutput};
use crate::plan::frame_rate;
use crate::segment::Segment;
use crate::stage::decode::{DEFAULT_RATE, FrameSource, SourceFrame, SourceOptions};
use crate::stage::pump::pump;
use crate::stats::Warning;
use md5::{Digest, Md5};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use transcode_container::y4m::{Interlacing, Y4mHeader, Y4mWriter};
use transcode_container::{ChromaSiting, PixelFormat, TrackInfo};
use transcode_core::ChromaFormat;
use transcode_core::h264::FieldOrder;

/// How pictures are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Planes one after the other, nothing else.
    Yuv,
    /// YUV4MPEG2.
    Y4m,
}

impl Form {
    fn of(path: &Path) -> Result<Self> {
        let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        match ending.as_deref() {
            Some("yuv") => Ok(Self::Yuv),
            Some("y4m") => Ok(Self::Y4m),
            // Devices and pipes have no ending to go by; planes fit them all.
            None if is_special(path) => Ok(Self::Yuv),
            _ => Err(Error::option("output", format!("{} ends in neither .y4m nor .yuv", path.display()))),
        }
    }
}

/// Whether `path` is there and no regular file: a device or a pipe, which is written to and not replaced.
pub(super) fn is_special(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir())
}

/// Where what is decoded goes.
pub(super) enum Target<'a> {
    Md5,
    Null,
    File(&'a Path),
}

impl Decode {
    pub(super) fn target(&self) -> Target<'_> {
        match &self.output {
            Some(path) => Target::File(path),
            None if self.md5 => Target::Md5,
            None => Target::Null,
        }
    }
}

/// Which kind of track to decode.
fn kind(a: &Decode) -> Result<StreamKind> {
    let named = a.output.as_deref().is_some_and(decode_audio::is_sound).then_some(StreamKind::Audio);
    if let Some(kind) = a.stream.or(named) {
        return Ok(kind);
    }
    let demuxer = input::open(&a.input)?;
    let (mut video, mut audio) = (false, false);
    for track in demuxer.tracks() {
        video |= track.video().is_some();
        audio |= track.audio().is_some();
    }
    Ok(if audio && !video { StreamKind::Audio } else { StreamKind::Video })
}

/// Runs `transcode decode`.
pub(super) fn decode(a: &Decode, common: Common) -> Result<()> {
    if let Some(threads) = a.threads.filter(|t| !(1..=MAX_THREADS).contains(t)) {
        return Err(Error::option("threads", format!("{threads} is not from 1 to {MAX_THREADS}")));
    }
    let cancel = signal::token();
    if kind(a)? == StreamKind::Audio {
        return decode_audio::decode(a, common, &cancel.child());
    }
    if a.sample_format.is_some() {
        return Err(Error::option("sample_format", "has no effect on pictures; --stream audio decodes sound"));
    }
    let reader = Reader { args: a, common, cancel };
    match &a.output {
        None if a.md5 => {
            let mut md5 = Md5::new();
            reader.all(|frame| {
                frame.for_each_row(|row| md5.update(row));
                Ok(())
            })?;
            let digest: String = md5.finalize().iter().map(|b| format!("{b:02x}")).collect();
            print(&format!("{digest}\n"))
        }
        None => {
            let pictures = reader.all(|_| Ok(()))?;
            if common.quiet { Ok(()) } else { print(&format!("{pictures} pictures\n")) }
        }
        Some(path) => {
            let form = Form::of(path)?;
            if is_special(path) {
                let file = File::options().write(true).open(path).map_err(|e| Error::io(path, e))?;
                return reader.write(BufWriter::new(file), form, path);
            }
            output::check(&a.input, path, a.overwrite)?;
            let (output, file) = AtomicOutput::create(path, a.overwrite)?;
            reader.write(file, form, path)?;
            output.commit().map(|_| ())
        }
    }
}

struct Reader<'a> {
    args: &'a Decode,
    common: Common,
    cancel: CancelToken,
}

impl Reader<'_> {
    /// Gives every picture of the first video track to `take` and tells how many there were.
    fn all(&self, mut take: impl FnMut(&SourceFrame) -> Result<()>) -> Result<u64> {
        let input = self.args.input.as_path();
        let track = video_track(input)?;
        let options = SourceOptions {
            kernels: self.common.kernels(),
            low_delay: false,
            reduce: false,
            strict: self.args.strict,
            take_cut: self.args.output.is_none(),
            lead_in: false,
            threads: thread_count(self.args.threads),
        };
        let cancel = self.cancel.child();
        let mut source = FrameSource::open(input, &track, Segment::whole(None), options, &cancel)?;
        // Writing need not wait for reading.
        let staged = options.threads > 1 && self.args.output.is_some();
        let mut pictures = 0;
        let mut sizes: Vec<(u32, u32)> = Vec::new();
        pump(&mut source, staged, &cancel, |frame| {
            pictures += 1;
            let size = (frame.crop().width, frame.crop().height);
            // As many as a line takes.
            if !sizes.contains(&size) && sizes.len() < 8 {
                sizes.push(size);
            }
            take(frame)
        })?;
        self.cancel.check()?;
        let warn = |text: String| {
            if !self.common.quiet {
                let _ = writeln!(std::io::stderr(), "transcode: warning: {text}");
            }
        };
        // Without an output that would look whole, a file that was cut short is worth as much as there is of it.
        if let Some(e) = source.cut_short() {
            warn(e.to_string());
        }
        let counts = source.counts();
        if self.args.strict && counts.damaged_units > 0 {
            let message = format!("{} damaged places", counts.damaged_units);
            return Err(Error::InvalidData { path: input.into(), message });
        }
        if let Some(warning) = Warning::of_damage(counts.concealed, counts.damaged_units) {
            warn(warning.to_string());
        }
        if sizes.len() > 1 {
            let sizes: Vec<_> = sizes.iter().map(|(w, h)| format!("{w}x{h}")).collect();
            warn(format!("the size of the pictures changes: {}", sizes.join(", ")));
        }
        if !self.common.quiet {
            let line = format!(
                "transcode: {pictures} frames, {} concealed, {} corrupt, {} lost, {} damaged units",
                counts.concealed, counts.corrupt, counts.lost, counts.damaged_units
            );
            let _ = writeln!(std::io::stderr(), "{line}");
        }
        Ok(pictures)
    }
    /// Writes every picture to `file`, whose name is `path`.
    fn write(&self, mut file: impl Write, form: Form, path: &Path) -> Result<()> {
        let mut bytes = Vec::new();
        let pictures = match form {
            Form::Yuv => self.all(|frame| {
                frame.copy_to(&mut bytes);
                file.write_all(&bytes).map_err(|e| Error::io(path, e))
            })?,
            Form::Y4m => {
                let track = video_track(&self.args.input)?;
                let (mut out, mut writer) = (Some(&mut file), None);
                self.all(|frame| {
                    let format = frame.format();
                    if format.bit_depth_luma != format.bit_depth_chroma {
                        let feature = "luma and chroma of different depths in Y4M; .yuv takes them".into();
                        return Err(Error::Unsupported { path: path.into(), feature });
                    }
                    let header = header(&track, frame);
                    let fail = |e| Error::container(path, e);
                    if let Some(out) = out.take() {
                        writer =
                            Some((Y4mWriter::new(out, &header).map_err(fail)?, (header.width, header.height, format)));
                    }
                    match &mut writer {
                        Some((y4m, first)) if *first == (header.width, header.height, format) => {
                            frame.copy_to(&mut bytes);
                            y4m.write_frame([&bytes[..]]).map_err(fail)
                        }
                        _ => Err(Error::Unsupported {
                            path: path.into(),
                            feature: "pictures that change their size or format in Y4M; .yuv takes them".into(),
                        }),
                    }
                })?
            }
        };
        file.flush().map_err(|e| Error::io(path, e))?;
        if self.common.quiet { Ok(()) } else { print(&format!("{}: {pictures} pictures\n", path.display())) }
    }
}

fn video_track(input: &Path) -> Result<TrackInfo> {
    let demuxer = input::open(input)?;
    demuxer.tracks().iter().find(|t| t.video().is_some()).cloned().ok_or_else(|| Error::Unsupported {
        path: input.into(),
        feature: "decoding an input without a video track".into(),
    })
}

/// The stream header that goes with the first picture.
fn header(track: &TrackInfo, frame: &SourceFrame) -> Y4mHeader {
    let (crop, info) = (frame.crop(), frame.video_info());
    let rate = frame_rate(track, track.sample_count).or(info.frame_rate).unwrap_or(DEFAULT_RATE);
    let siting = match info.chroma_location {
        Some(1) => ChromaSiting::Centre,
        Some(2) => ChromaSiting::PalDv,
        _ => ChromaSiting::Left,
    };
    let coded = frame.format();
    let siting = (coded.chroma == ChromaFormat::Yuv420).then_some(siting);
    let format = PixelFormat { chroma: coded.chroma, depth: coded.bit_depth_luma, siting };
    let said = track.video().and_then(|v| v.sample_aspect_ratio);
    let coded = info.sample_aspect_ratio.map(|(w, h)| (u32::from(w), u32::from(h)));
    Y4mHeader {
        interlacing: match frame.field_order() {
            FieldOrder::Progressive => Interlacing::Progressive,
            FieldOrder::TopFirst => Interlacing::TopFieldFirst,
            FieldOrder::BottomFirst => Interlacing::BottomFieldFirst,
        },
        sample_aspect_ratio: said.or(coded),
        full_range: Some(info.full_range),
        ..Y4mHeader::new(crop.width, crop.height, rate, format)
    }
}
