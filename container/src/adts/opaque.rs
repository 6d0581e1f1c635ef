//! [`AacStreamDemuxer`].

use std::collections::BTreeMap;

use crate::io::Source;
use crate::probe::{self, Format};
use crate::stream::{Input, Opened, StreamDemuxer, StreamReader};
use crate::{AudioTrack, CodecId, Error, Limits, MediaInfo, Packet, Result, SyncPoint, Timebase, TrackId, TrackInfo};

/// Reads AAC in ADIF or LOAS, where only a decoder finds the frames: packets are pieces of the file, without times.
pub type AacStreamDemuxer = StreamDemuxer<AacStreamReader>;

/// Bytes in a packet.
const PIECE: u64 = 4096;

/// A place in such a file.
#[derive(Debug, Clone)]
pub struct AacStreamReader {
    at: u64,
    last: u64,
}

impl StreamReader for AacStreamReader {
    fn open(source: &mut Source, _limits: &Limits) -> Result<Opened<Self>> {
        let at = super::after_id3(source)?;
        let head = source.read_vec(at, (source.len() - at).min(probe::PROBE_BYTES), "AAC stream")?;
        let (format, codec) = match probe::detect(&head) {
            Some(Format::Adif) => (Format::Adif, CodecId::Aac),
            Some(Format::Loas) => (Format::Loas, CodecId::AacLatm),
            _ => return Err(Error::invalid("AAC stream", at)),
        };
        let timebase = Timebase::per_second(1000);
        let kind = crate::TrackKind::Audio(AudioTrack::default());
        let track = TrackInfo::new(TrackId(0), 1, kind, codec, timebase);
        let info = MediaInfo { format, duration: None, timebase, size: source.len(), metadata: BTreeMap::new() };
        Ok(Opened { info, tracks: vec![track], reader: Self { at, last: at } })
    }
    fn next_packet(&mut self, input: &mut Input<'_>) -> Result<Option<Packet>> {
        let size = input.source.len().saturating_sub(self.at).min(PIECE);
        if size == 0 {
            return Ok(None);
        }
        let mut data = Vec::new();
        if !input.skim {
            input.window.read(input.source, self.at, size, &mut data, "AAC stream")?;
        }
        let mut packet = Packet::new(TrackId(0), 0, 0, 0, self.at == self.last, data);
        (packet.pts, packet.offset) = (None, Some(self.at));
        self.last = self.at;
        self.at += size;
        Ok(Some(packet))
    }
    fn place(&self) -> [u64; 2] {
        [self.last, 0]
    }
    fn go_to(&mut self, _track: TrackId, point: &SyncPoint) {
        self.at = point.place[0];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Demuxer;
    use std::io::Cursor;

    #[test]
    fn pieces() {
        let mut file = b"ADIF".to_vec();
        file.resize(5000, 7);
        let mut d = AacStreamDemuxer::new(Box::new(Cursor::new(file)), &Limits::default()).unwrap();
        assert_eq!((d.info().format, d.tracks()[0].codec), (Format::Adif, CodecId::Aac));
        let sizes: Vec<_> = std::iter::from_fn(|| d.next_packet().unwrap()).map(|p| (p.pts, p.data.len())).collect();
        assert_eq!(sizes, [(None, 4096), (None, 904)]);
    }
}
