//! What stands before the clusters, and what `SeekHead` says stands behind them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::cluster::{MatroskaReader, Setup};
use super::ebml::{Elements, HEADER, Header};
use super::ids::*;
use super::tracks::{self, NANO, gcd};
use crate::io::{Source, Window};
use crate::probe::Format;
use crate::stream::Opened;
use crate::stream::reorder::Reorder;
use crate::{Error, Limits, MediaInfo, Result, Timebase, TrackId, TrackInfo};

/// The top of a segment, as it is read.
struct Scan<'a> {
    source: &'a mut Source,
    window: Window,
    limits: &'a Limits,
    /// Bytes of master elements that were held in memory.
    index_bytes: u64,
    info: Option<Vec<u8>>,
    tracks: Option<(Vec<u8>, u64)>,
    metadata: BTreeMap<String, String>,
    /// Positions in the segment by `SeekHead`.
    seeks: Vec<(u32, u64)>,
}

impl Scan<'_> {
    fn header(&mut self, at: u64) -> Result<Header> {
        let data = self.window.peek(self.source, at, HEADER, "element")?;
        Header::parse(data, at)
    }
    fn body(&mut self, at: u64, size: u64, what: &'static str) -> Result<Vec<u8>> {
        self.index_bytes = self.index_bytes.saturating_add(size);
        Error::check_limit("max_index_bytes", self.index_bytes, self.limits.max_index_bytes)?;
        self.source.read_vec(at, size, what)
    }
    /// The EBML header; where what follows it begins.
    fn ebml(&mut self) -> Result<u64> {
        let header = self.header(0)?;
        let size = header.size.filter(|_| header.id == EBML).ok_or_else(|| Error::invalid("EBML header", 0))?;
        let body = self.body(header.len, size, "EBML header")?;
        let mut children = Elements::new(&body, header.len);
        let mut doc_type = String::new();
        while let Some(child) = children.next()? {
            match child.id {
                DOC_TYPE => doc_type = child.text(),
                EBML_MAX_ID_LENGTH if child.uint()? > 4 => {
                    return Err(Error::unsupported("EBML identifiers of more than 4 bytes"));
                }
                EBML_MAX_SIZE_LENGTH if child.uint()? > 8 => {
                    return Err(Error::unsupported("EBML sizes of more than 8 bytes"));
                }
                _ => {}
            }
        }
        match doc_type.as_str() {
            "matroska" | "webm" => Ok(header.len + size),
            other => Err(Error::unsupported(format!("EBML document of type {other:?}"))),
        }
    }
    /// Reads a master element that describes the file; whether it was one.
    fn describe(&mut self, id: u32, at: u64, size: u64) -> Result<()> {
        match id {
            INFO if self.info.is_none() => self.info = Some(self.body(at, size, "Info")?),
            TRACKS if self.tracks.is_none() => self.tracks = Some((self.body(at, size, "Tracks")?, at)),
            TAGS => {
                let body = self.body(at, size, "Tags")?;
                tags(Elements::new(&body, at), &mut self.metadata)?;
            }
            SEEK_HEAD => {
                let body = self.body(at, size, "SeekHead")?;
                let mut seeks = Elements::new(&body, at);
                while let Some(seek) = seeks.next()? {
                    if seek.id != SEEK {
                        continue;
                    }
                    let (mut id, mut position) = (0, None);
                    let mut children = seek.children();
                    while let Some(child) = children.next()? {
                        match child.id {
                            SEEK_ID => id = child.uint32()?,
                            SEEK_POSITION => position = Some(child.uint()?),
                            _ => {}
                        }
                    }
                    self.seeks.extend(position.map(|p| (id, p)));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Tags of the whole file (RFC 9559 5.1.8), not of a track, chapter, edition or attachment.
fn tags(mut tags: Elements<'_>, metadata: &mut BTreeMap<String, String>) -> Result<()> {
    while let Some(tag) = tags.next()? {
        if tag.id != TAG {
            continue;
        }
        let (mut whole, mut found) = (true, Vec::new());
        let mut children = tag.children();
        while let Some(child) = children.next()? {
            let mut inner = child.children();
            match child.id {
                TARGETS => {
                    while let Some(target) = inner.next()? {
                        let part = [TAG_TRACK_UID, TAG_CHAPTER_UID, TAG_ATTACHMENT_UID, TAG_EDITION_UID];
                        whole &= !(part.contains(&target.id) && target.uint()? != 0);
                    }
                }
                SIMPLE_TAG => {
                    let (mut name, mut text) = (String::new(), None);
                    while let Some(part) = inner.next()? {
                        match part.id {
                            TAG_NAME => name = part.text(),
                            TAG_STRING => text = Some(part.text()),
                            _ => {}
                        }
                    }
                    found.extend(text.map(|t| (name, t)));
                }
                _ => {}
            }
        }
        if whole {
            metadata.extend(found);
        }
    }
    Ok(())
}

pub(super) fn open(source: &mut Source, limits: &Limits) -> Result<Opened<MatroskaReader>> {
    let mut scan = Scan {
        source,
        window: Window::with_size(4 << 10),
        limits,
        index_bytes: 0,
        info: None,
        tracks: None,
        metadata: BTreeMap::new(),
        seeks: Vec::new(),
    };
    let mut at = scan.ebml()?;
    let segment = loop {
        let header = scan.header(at)?;
        match (header.id, header.size) {
            (SEGMENT, _) => break header,
            (VOID | CRC_32, Some(size)) => at = at.saturating_add(header.len).saturating_add(size),
            _ => return Err(Error::invalid("element before the Segment", at)),
        }
    };
    let start = at + segment.len;
    let end = segment.size.map(|size| start.saturating_add(size));
    let limit = end.unwrap_or(u64::MAX).min(scan.source.len());
    at = start;
    let mut first_cluster = None;
    let mut count = 0;
    while at < limit {
        count += 1;
        Error::check_limit("max_top_level", count, limits.max_top_level)?;
        let header = scan.header(at)?;
        if header.id == CLUSTER {
            first_cluster = Some(at);
            break;
        }
        let size = header.size.ok_or_else(|| Error::invalid("element of unknown size before the clusters", at))?;
        scan.describe(header.id, at + header.len, size)?;
        at = at.saturating_add(header.len).saturating_add(size);
    }
    // What describes the file may stand behind the clusters. What can't be read there is done without, if it can be.
    for (id, position) in std::mem::take(&mut scan.seeks) {
        let missing = match id {
            INFO => scan.info.is_none(),
            TRACKS => scan.tracks.is_none(),
            TAGS => scan.metadata.is_empty(),
            _ => false,
        };
        let at = start.saturating_add(position);
        if !missing || at >= limit {
            continue;
        }
        if let Ok(header) = scan.header(at)
            && let (true, Some(size)) = (header.id == id, header.size)
        {
            let described = scan.describe(id, at + header.len, size);
            if let Err(e @ (Error::Io { .. } | Error::LimitExceeded { .. })) = described {
                return Err(e);
            }
        }
    }
    let Some((tracks, tracks_at)) = scan.tracks.take() else {
        return Err(Error::unexpected_end("Segment without Tracks", scan.source.len()));
    };
    let Info { tick, duration } = describe(scan.info.as_deref().unwrap_or(&[]), &mut scan.metadata)?;
    let (mut infos, mut setups) = (Vec::new(), Vec::new());
    let mut entries = Elements::new(&tracks, tracks_at);
    while let Some(entry) = entries.next()? {
        if entry.id == TRACK_ENTRY {
            Error::check_limit("max_tracks", infos.len() as u64 + 1, limits.max_tracks.into())?;
            let (info, setup) = tracks::build(TrackId(infos.len() as u32), entry, tick)?;
            infos.push(info);
            setups.push(setup);
        }
    }
    let info = MediaInfo {
        format: Format::Matroska,
        duration,
        timebase: tick,
        size: scan.source.len(),
        metadata: std::mem::take(&mut scan.metadata),
    };
    let setup = Setup { start: first_cluster.unwrap_or(limit), segment: start, end, tick, tracks: setups };
    let reader = MatroskaReader::new(Arc::new(setup));
    let reader = measured(reader, scan.source, limits, &infos)?;
    Ok(Opened { info, tracks: infos, reader })
}

/// What `Info` says.
struct Info {
    tick: Timebase,
    duration: Option<i64>,
}

fn describe(info: &[u8], metadata: &mut BTreeMap<String, String>) -> Result<Info> {
    let (mut scale, mut duration) = (1_000_000, 0.0);
    let mut children = Elements::new(info, 0);
    while let Some(child) = children.next()? {
        match child.id {
            TIMESTAMP_SCALE => scale = child.uint()?,
            DURATION => duration = child.float()?,
            TITLE => {
                metadata.insert("TITLE".into(), child.text());
            }
            _ => {}
        }
    }
    if scale == 0 {
        return Err(Error::invalid("TimestampScale (0)", 0));
    }
    let common = gcd(scale, NANO.den.into());
    let num = u32::try_from(scale / common).map_err(|_| Error::unsupported("Matroska ticks of more than 4 seconds"))?;
    // A cast from float saturates; NaN is 0.
    let duration = Some(duration.round() as i64).filter(|&d| d > 0);
    Ok(Info { tick: Timebase::new(num, (u64::from(NANO.den) / common) as u32), duration })
}

/// Blocks that are looked at to see how far pictures are reordered.
const LOOK_AHEAD: usize = 512;

/// Tells the reader how far pictures are reordered, by the first ones where the stream itself does not say.
fn measured(
    mut reader: MatroskaReader,
    source: &mut Source,
    limits: &Limits,
    infos: &[TrackInfo],
) -> Result<MatroskaReader> {
    let measured: Vec<bool> = reader.tracks().iter().map(|t| t.reorders).collect();
    if !measured.contains(&true) {
        return Ok(reader);
    }
    let mut times: Vec<Vec<i64>> = vec![Vec::new(); infos.len()];
    let mut scout = reader.clone();
    let mut window = Window::with_size(4 << 10);
    let mut input = crate::stream::Input { source, window: &mut window, limits, wanted: &measured, skim: true };
    for _ in 0..LOOK_AHEAD {
        match crate::stream::StreamReader::next_packet(&mut scout, &mut input) {
            Ok(Some(packet)) => times[packet.track.index()].extend(packet.pts),
            Err(e @ Error::Io { .. }) => return Err(e),
            // What is wrong is told when it is reached.
            Ok(None) | Err(_) => break,
        }
    }
    for (i, times) in times.iter().enumerate().filter(|(i, _)| measured[*i]) {
        let (depth, step) = Reorder::measure(times);
        reader.set_reorder(i, depth, step);
    }
    Ok(reader)
}
