//! [`AnnexBMuxer`].

use std::io::Write;

use transcode_core::h264::nal::{self, AvcConfig, nal_type};

use crate::{CodecId, Error, MuxSummary, Muxer, Packet, Result, TrackId, TrackSpec};

/// Writes one H.264 track as a byte stream (annex B). Times are not kept: the format has no place for them.
///
/// A track whose `codec_private` holds an `AVCDecoderConfigurationRecord` sends length-prefixed NAL units: they are
/// framed anew, and its parameter sets are written before each key picture that does not bring its own. A track
/// without one sends byte-stream packets, which are written as they are.
pub struct AnnexBMuxer<W> {
    out: W,
    track: Option<Framing>,
    summary: MuxSummary,
    scratch: Vec<u8>,
}

enum Framing {
    /// Already a byte stream.
    AsIs,
    Lengths {
        size: u8,
        parameter_sets: Vec<Vec<u8>>,
    },
}

impl<W: Write + Send> AnnexBMuxer<W> {
    /// A muxer that writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out, track: None, summary: MuxSummary::default(), scratch: Vec::new() }
    }
    /// The writer.
    pub fn into_inner(self) -> W {
        self.out
    }
}

fn put(unit: &[u8], out: &mut Vec<u8>) {
    // B.1.2: the first NAL unit of an access unit and parameter sets have a zero_byte; others may.
    out.extend_from_slice(&[0, 0, 0, 1]);
    out.extend_from_slice(unit);
}

impl<W: Write + Send> Muxer for AnnexBMuxer<W> {
    fn add_track(&mut self, track: TrackSpec) -> Result<TrackId> {
        if self.track.is_some() {
            return Err(Error::unsupported("more than one track in an H.264 byte stream"));
        }
        if track.codec != CodecId::H264 {
            return Err(Error::unsupported(format!("{} in an H.264 byte stream", track.codec)));
        }
        self.track = Some(if track.codec_private.is_empty() {
            Framing::AsIs
        } else {
            let config = AvcConfig::parse(&track.codec_private)
                .map_err(|e| Error::invalid("avcC", e.position.map_or(0, |p| p.byte)))?;
            let parameter_sets = config.parameter_sets.iter().map(|n| n.data.to_vec()).collect();
            Framing::Lengths { size: config.length_size, parameter_sets }
        });
        Ok(TrackId(0))
    }
    fn write_packet(&mut self, packet: &Packet) -> Result<()> {
        let framing = self.track.as_ref().filter(|_| packet.track == TrackId(0));
        let bytes = match framing.ok_or_else(|| Error::input("packet", "its track was not added"))? {
            Framing::AsIs => &packet.data,
            Framing::Lengths { size, parameter_sets } => {
                let units: Vec<_> = nal::length_prefixed(&packet.data, *size)
                    .collect::<Result<_, _>>()
                    .map_err(|_| Error::input("packet", "a NAL unit reaches past its end"))?;
                let is = |data: &[u8], kind| data.first().is_some_and(|&b| b & 31 == kind);
                let brings_its_own = units.iter().any(|u| is(u.data, nal_type::SPS));
                self.scratch.clear();
                let mut sets = packet.key && !brings_its_own;
                for unit in units {
                    // An access unit delimiter comes before everything else (7.4.1.2.3).
                    if sets && !is(unit.data, nal_type::AUD) {
                        sets = false;
                        parameter_sets.iter().for_each(|s| put(s, &mut self.scratch));
                    }
                    put(unit.data, &mut self.scratch);
                }
                &self.scratch
            }
        };
        self.out.write_all(bytes)?;
        self.summary.bytes += bytes.len() as u64;
        self.summary.packets += 1;
        Ok(())
    }
    fn finish(&mut self) -> Result<MuxSummary> {
        self.out.flush()?;
        Ok(self.summary)
    }
    fn bytes_written(&self) -> u64 {
        self.summary.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Timebase, VideoTrack};

    #[test]
    fn parameter_sets_before_key_pictures_that_lack_them() {
        let avcc = [1, 66, 0, 10, 0xff, 0xe1, 0, 2, 0x67, 7, 1, 0, 2, 0x68, 8];
        let mut muxer = AnnexBMuxer::new(Vec::new());
        let spec = TrackSpec::h264(avcc.to_vec(), VideoTrack::default(), Timebase::per_second(25));
        let id = muxer.add_track(spec).unwrap();
        let mut send = |key, data: &[u8]| muxer.write_packet(&Packet::new(id, 0, 0, 1, key, data.to_vec()));
        send(true, &[0, 0, 0, 2, 9, 0x10, 0, 0, 0, 2, 0x65, 1]).unwrap();
        send(false, &[0, 0, 0, 2, 0x41, 2]).unwrap();
        send(true, &[0, 0, 0, 2, 0x67, 9, 0, 0, 0, 2, 0x65, 3]).unwrap();
        assert!(matches!(send(true, &[0, 0, 0, 9, 0x65]), Err(Error::InvalidInput { .. })));
        let expected: Vec<u8> = [[9, 0x10], [0x67, 7], [0x68, 8], [0x65, 1], [0x41, 2], [0x67, 9], [0x65, 3]]
            .iter()
            .flat_map(|unit| [&[0, 0, 0, 1][..], unit].concat())
            .collect();
        assert_eq!(muxer.into_inner(), expected);
    }
}
