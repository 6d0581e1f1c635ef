//! [`AdtsDemuxer`].

use std::collections::BTreeMap;

use transcode_core::aac::AdtsHeader;

use crate::aac::{self, AudioConfig};
use crate::io::Source;
use crate::probe::Format;
use crate::stream::{Input, Opened, StreamDemuxer, StreamReader};
use crate::{
    AudioTrack, CodecId, Error, Limits, MediaInfo, Packet, Result, SyncPoint, Timebase, TrackId, TrackInfo, TrackKind,
};

/// Reads a file of ADTS frames, behind an ID3v2 tag or without one. What lies between frames is passed over and counted as
/// damage.
///
/// Packets are raw data blocks without their headers, described by an `AudioSpecificConfig`, as MP4 has them. Where that cannot
/// be (a program configuration inside the stream, several blocks in a frame) they are whole frames, and there is no description:
/// decoders take them as they are, MP4 does not.
pub type AdtsDemuxer = StreamDemuxer<AdtsReader>;

/// Bytes of a file that are searched for the first frame.
const SEARCHED: u64 = 64 << 10;

/// The longest frame: 13 bits.
const LONGEST: usize = 8191;

/// A place in a file of ADTS frames.
#[derive(Debug, Clone)]
pub struct AdtsReader {
    /// What all frames must say.
    config: [u8; 2],
    /// Samples of a raw data block.
    block: i64,
    /// Packets keep their headers.
    whole: bool,
    at: u64,
    /// Where the last packet began.
    last: u64,
    /// Time of the next frame, in samples.
    time: i64,
    synced: bool,
    damaged: u64,
}

impl AdtsReader {
    fn matches(&self, header: &AdtsHeader) -> bool {
        aac::config_of_adts(header) == self.config
    }
}

/// Whether nothing but tags that stand at the end of files is left in `rest`.
fn is_trailer(rest: &[u8]) -> bool {
    rest.starts_with(b"TAG") || rest.starts_with(b"APETAGEX") || rest.iter().all(|&b| b == 0)
}

impl StreamReader for AdtsReader {
    fn open(source: &mut Source, _limits: &Limits) -> Result<Opened<Self>> {
        let start = super::after_id3(source)?;
        let head = source.read_vec(start, (source.len() - start).min(SEARCHED), "ADTS")?;
        let found = (0..head.len()).find_map(|i| {
            let header = AdtsHeader::parse(&head[i..]).ok()?;
            // Another one follows, or nothing that is there.
            let next = head.get(i + header.frame_length..).unwrap_or(&[]);
            let follows = next.len() < AdtsHeader::MIN_BYTES || AdtsHeader::parse(next).is_ok() || is_trailer(next);
            follows.then_some((i, header))
        });
        let Some((skipped, header)) = found else { return Err(Error::invalid("ADTS frame", start)) };
        let config = AudioConfig::of_adts(&header).ok_or_else(|| Error::invalid("sampling_frequency_index", start))?;
        let whole = header.channel_configuration == 0 || header.blocks != 1;
        let timebase = Timebase::per_second(config.sample_rate);
        let audio = AudioTrack { sample_rate: config.sample_rate, channels: config.channels, ..AudioTrack::default() };
        let mut track = TrackInfo::new(TrackId(0), 1, TrackKind::Audio(audio), CodecId::Aac, timebase);
        if !whole {
            track.codec_private = aac::config_of_adts(&header).to_vec();
        }
        let info =
            MediaInfo { format: Format::Adts, duration: None, timebase, size: source.len(), metadata: BTreeMap::new() };
        let reader = Self {
            config: aac::config_of_adts(&header),
            block: config.frame_length.into(),
            whole,
            at: start + skipped as u64,
            last: 0,
            time: 0,
            synced: true,
            damaged: u64::from(skipped > 0),
        };
        Ok(Opened { info, tracks: vec![track], reader })
    }

    fn next_packet(&mut self, input: &mut Input<'_>) -> Result<Option<Packet>> {
        loop {
            let head = input.window.peek(input.source, self.at, LONGEST + AdtsHeader::MIN_BYTES, "ADTS")?;
            if head.is_empty() {
                return Ok(None);
            }
            let header = AdtsHeader::parse(head).ok();
            // Out of step, a header that another one does not follow is no proof.
            let follows = |h: &AdtsHeader| {
                let next = head.get(h.frame_length..).unwrap_or(&[]);
                next.len() < AdtsHeader::MIN_BYTES || AdtsHeader::parse(next).is_ok_and(|n| self.matches(&n))
            };
            let Some(header) = header.filter(|h| self.synced || (self.matches(h) && follows(h))) else {
                if std::mem::replace(&mut self.synced, false) && !is_trailer(head) {
                    self.damaged += 1;
                }
                let next = head.iter().skip(1).position(|&b| b == 0xff).map_or(head.len(), |i| i + 1);
                self.at += next as u64;
                continue;
            };
            if !self.matches(&header) {
                return Err(Error::unsupported("ADTS whose configuration changes"));
            }
            if !self.whole && header.blocks != 1 {
                return Err(Error::unsupported("ADTS frames of one raw data block, then of several"));
            }
            let Some(frame) = head.get(..header.frame_length) else {
                // What is there of the last frame would decode to something else.
                return Err(Error::unexpected_end("ADTS frame", input.source.len()));
            };
            self.synced = true;
            self.last = self.at;
            let duration = self.block * i64::from(header.blocks);
            let data = if input.skim {
                Vec::new()
            } else {
                frame[if self.whole { 0 } else { header.header_length }..].to_vec()
            };
            let mut packet = Packet::new(TrackId(0), self.time, self.time, duration, true, data);
            packet.offset = Some(self.at);
            self.time = self.time.saturating_add(duration);
            self.at += header.frame_length as u64;
            if input.wanted.first() == Some(&true) {
                return Ok(Some(packet));
            }
        }
    }
    fn place(&self) -> [u64; 2] {
        [self.last, 0]
    }
    fn go_to(&mut self, _track: TrackId, point: &SyncPoint) {
        (self.at, self.time, self.synced) = (point.place[0], point.dts, true);
    }
    fn damaged_places(&self) -> u64 {
        self.damaged
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Demuxer;
    use std::io::Cursor;

    /// A frame of LC at 44.1 kHz with `n` bytes of payload.
    fn frame(channels: u8, n: u8) -> Vec<u8> {
        let length = 7 + usize::from(n);
        let mut f = vec![0xff, 0xf1, 0x50 | channels >> 2, channels << 6 | (length >> 11) as u8];
        f.extend([(length >> 3) as u8, (length << 5) as u8 | 0x1f, 0xfc]);
        f.extend(std::iter::repeat_n(n, n.into()));
        f
    }

    fn open(bytes: Vec<u8>) -> AdtsDemuxer {
        AdtsDemuxer::new(Box::new(Cursor::new(bytes)), &Limits::default()).unwrap()
    }

    fn sizes(d: &mut AdtsDemuxer) -> Vec<(i64, usize)> {
        std::iter::from_fn(|| d.next_packet().unwrap()).map(|p| (p.dts, p.data.len())).collect()
    }

    #[test]
    fn frames_behind_a_tag_and_around_damage() {
        let mut file = b"ID3\x04\0\0\0\0\0\x05abcde".to_vec();
        for part in [frame(2, 3), frame(2, 4), vec![1, 0xff, 3], frame(2, 5), frame(2, 6), b"TAG\0\0\0\0\0".to_vec()] {
            file.extend(part);
        }
        let mut d = open(file);
        assert_eq!(d.tracks()[0].codec_private, [0x12, 0x10]);
        assert_eq!(sizes(&mut d), [(0, 3), (1024, 4), (2048, 5), (3072, 6)]);
        assert_eq!(d.damaged_places(), 1);
        let points = d.sync_points(TrackId(0)).unwrap();
        assert_eq!((points.len(), d.tracks()[0].duration), (4, Some(4096)));
        d.seek_to(TrackId(0), &points[2]).unwrap();
        assert_eq!(sizes(&mut d), [(2048, 5), (3072, 6)]);
    }

    #[test]
    fn what_needs_a_decoder_keeps_its_headers() {
        let mut d = open([frame(0, 9), frame(0, 8)].concat());
        assert!(d.tracks()[0].codec_private.is_empty());
        assert_eq!(sizes(&mut d), [(0, 16), (1024, 15)]);
    }

    #[test]
    fn faults() {
        let mut d = open([frame(2, 9), frame(1, 8)].concat());
        assert!(d.next_packet().unwrap().is_some());
        assert!(matches!(d.next_packet(), Err(Error::Unsupported { .. })));
        let mut d = open([frame(2, 9), frame(2, 8)[..10].to_vec()].concat());
        assert!(d.next_packet().unwrap().is_some());
        assert!(matches!(d.next_packet(), Err(Error::UnexpectedEnd { .. })));
        assert!(AdtsDemuxer::new(Box::new(Cursor::new(vec![0; 99])), &Limits::default()).is_err());
    }
}
