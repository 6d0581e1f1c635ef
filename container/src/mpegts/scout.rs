//! What is learned of a file before it is read.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::clock::{CLOCK, Timeline};
use super::packet::{Layout, Packets, SIZE};
use super::pes::{Parsed, PesHeader};
use super::psi::Elementary;
use super::reader::{Psi, Stream, TrackSetup, TsReader};
use crate::annexb::splitter::Splitter;
use crate::io::{Source, Window};
use crate::probe::Format;
use crate::stream::{Input, Opened, StreamReader};
use crate::{AudioTrack, CodecId, Error, Limits, MediaInfo, Result, TrackId, TrackInfo, TrackKind, VideoTrack, avc};

/// Bytes in which the maps, and then the first packet of each track, are looked for.
const LOOK_AHEAD: u64 = 8 << 20;

/// Bytes at the end of the file in which the last time is looked for.
const LOOK_BACK: u64 = 1 << 20;

pub(super) fn open(source: &mut Source, limits: &Limits) -> Result<Opened<TsReader>> {
    let head = source.read_vec(0, source.len().min(4096), "transport packet")?;
    let layout = Layout::detect(&head).ok_or_else(|| Error::invalid("transport packet", 0))?;
    let start = Packets { layout, at: 0, damaged: 0 };
    let (psi, found) = maps(start, source, limits)?;
    let (mut streams, mut setups) = (Vec::new(), Vec::new());
    for (program, e) in &found {
        setups.push(TrackSetup { program: *program, codec: e.codec, pid: e.pid });
        streams.push(Stream::new(TrackId(streams.len() as u32), e));
    }
    let mut reader = TsReader::new(Arc::new(setups), start, psi, streams);
    let mut scout = reader.clone();
    first_packets(&mut scout, source, limits)?;
    reader.timeline = Timeline::starting_at(scout.timeline.earliest.unwrap_or(0));
    let mut infos = Vec::new();
    for (i, (_, e)) in found.iter().enumerate() {
        let stream = &scout.streams[i];
        stream.es.learned(&mut reader.streams[i].es);
        infos.push(describe(TrackId(i as u32), e, stream));
    }
    let duration = last_time(&reader, source)?.map(|t| t.saturating_sub(reader.timeline.origin)).filter(|&d| d > 0);
    let size = source.len();
    let info = MediaInfo { format: Format::MpegTs, duration, timebase: CLOCK, size, metadata: BTreeMap::new() };
    Ok(Opened { info, tracks: infos, reader })
}

/// The streams of all programs: the first map of each.
fn maps(mut packets: Packets, source: &mut Source, limits: &Limits) -> Result<(Psi, Vec<(u16, Elementary)>)> {
    let (mut psi, mut window, mut found) = (Psi::default(), Window::default(), Vec::<(u16, Elementary)>::new());
    while !psi.is_complete() && packets.at < LOOK_AHEAD {
        let Some(packet) = packets.next(source, &mut window)? else { break };
        for map in psi.push(&packet).0 {
            for e in map.streams {
                if !found.iter().any(|f| f.1.pid == e.pid) {
                    found.push((map.program, e));
                    Error::check_limit("max_tracks", found.len() as u64, limits.max_tracks.into())?;
                }
            }
        }
    }
    if found.is_empty() {
        return Err(Error::unexpected_end("transport stream without a program map", packets.at.min(source.len())));
    }
    Ok((psi, found))
}

/// Reads up to the first packet of each track, as far as they are found.
fn first_packets(reader: &mut TsReader, source: &mut Source, limits: &Limits) -> Result<()> {
    let mut wanted = vec![true; reader.streams.len()];
    let mut window = Window::default();
    while wanted.contains(&true) && reader.packets.at < LOOK_AHEAD {
        let mut input = Input { source, window: &mut window, limits, wanted: &wanted, skim: false };
        match reader.next_packet(&mut input) {
            Ok(Some(packet)) => {
                // A stream that was cut into begins before its first parameter sets.
                let index = packet.track.index();
                let described = |s: &Splitter| s.first_sps().is_some();
                wanted[index] = !reader.streams[index].es.splitter().is_none_or(described);
            }
            Ok(None) => break,
            Err(e @ Error::Io { .. }) => return Err(e),
            // What is wrong is told when it is reached.
            Err(_) => break,
        }
    }
    Ok(())
}

fn describe(id: TrackId, e: &Elementary, stream: &Stream) -> TrackInfo {
    let (mut timebase, mut private) = (CLOCK, Vec::new());
    let kind = if e.video {
        let sps = stream.es.splitter().and_then(Splitter::first_sps);
        TrackKind::Video(sps.map_or_else(VideoTrack::default, avc::video_of))
    } else if e.audio {
        let mut audio = AudioTrack::default();
        if let Some((config, clock)) = stream.es.audio_config() {
            (timebase, private) = (clock.timebase, config.to_vec());
            let config = crate::aac::AudioConfig::parse(&config);
            (audio.sample_rate, audio.channels) = config.map_or((0, 0), |c| (c.sample_rate, c.channels));
        }
        TrackKind::Audio(audio)
    } else {
        TrackKind::Other
    };
    let mut info = TrackInfo::new(id, e.pid.into(), kind, e.codec, timebase);
    info.codec_private = private;
    info.language = e.language;
    info.unsupported = if stream.scrambled {
        Some("encrypted (scrambled) track".into())
    } else if e.codec == CodecId::Aac && stream.es.audio_config().is_none() {
        Some(Cow::Borrowed("AAC without a frame at the start of the file"))
    } else {
        None
    };
    info
}

/// The latest presentation time near the end of the file.
fn last_time(reader: &TsReader, source: &mut Source) -> Result<Option<i64>> {
    let mut packets = reader.packets;
    let from = source.len().saturating_sub(LOOK_BACK);
    // A whole number of packets from the start, so that no packet is cut into.
    packets.at = from - from % (SIZE as u64 * 3 * 16 * 17);
    let mut window = Window::default();
    let mut last = None;
    while let Some(packet) = packets.next(source, &mut window)? {
        let known = reader.tracks.iter().any(|t| t.pid == packet.pid());
        if packet.is_damaged() || packet.is_scrambled() || !packet.starts_unit() || !known {
            continue;
        }
        if let Parsed::Header(PesHeader { pts: Some(pts), .. }) = PesHeader::parse(packet.payload()) {
            // Later than the origin by less than a wrap.
            let since = (pts as i64).wrapping_sub(reader.timeline.origin) & ((1 << 33) - 1);
            last = last.max(Some(reader.timeline.origin.saturating_add(since)));
        }
    }
    Ok(last)
}
