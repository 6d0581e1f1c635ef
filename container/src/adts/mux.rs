//! [`AdtsMuxer`].

use std::io::Write;

use transcode_core::aac::adts::write_header;
use transcode_core::aac::{AudioSpecificConfig, Signalling};

use crate::{CodecId, Error, MuxSummary, Muxer, Packet, Result, TrackId, TrackSpec};

/// Writes one AAC track as ADTS frames. Times are not kept: the format has no place for them, nor for what of the first and
/// last frame is to be heard.
pub struct AdtsMuxer<W> {
    out: W,
    config: Option<AudioSpecificConfig>,
    header: Vec<u8>,
    summary: MuxSummary,
}

/// Checks whether a track can be written as ADTS.
///
/// # Errors
/// `Unsupported` for other codecs, and for AAC that the header cannot describe.
pub fn check_track(track: &TrackSpec) -> Result<()> {
    config_of(track).map(drop)
}

/// What the headers of a track's frames say.
fn config_of(track: &TrackSpec) -> Result<AudioSpecificConfig> {
    if track.codec != CodecId::Aac {
        return Err(Error::unsupported(format!("{} in ADTS", track.codec)));
    }
    let Ok(config) = AudioSpecificConfig::parse(&track.codec_private) else {
        return Err(Error::unsupported("AAC without a configuration that is known in ADTS"));
    };
    // Down-sampled SBR looks like SBR to whoever reads the frames alone.
    if config.sbr == Signalling::Present && config.extension_sampling_frequency == Some(config.sampling_frequency) {
        return Err(Error::unsupported("down-sampled SBR in ADTS"));
    }
    write_header(&config, 0, &mut Vec::new()).map_err(|e| Error::unsupported(e.to_string()))?;
    Ok(config)
}

impl<W: Write + Send> AdtsMuxer<W> {
    /// A muxer that writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out, config: None, header: Vec::new(), summary: MuxSummary::default() }
    }
    /// The writer.
    pub fn into_inner(self) -> W {
        self.out
    }
}

impl<W: Write + Send> Muxer for AdtsMuxer<W> {
    fn add_track(&mut self, track: TrackSpec) -> Result<TrackId> {
        if self.config.is_some() {
            return Err(Error::unsupported("more than one track in ADTS"));
        }
        self.config = Some(config_of(&track)?);
        Ok(TrackId(0))
    }
    fn write_packet(&mut self, packet: &Packet) -> Result<()> {
        let Some(config) = self.config.as_ref().filter(|_| packet.track == TrackId(0)) else {
            return Err(Error::input("packet", "its track was not added"));
        };
        self.header.clear();
        write_header(config, packet.data.len(), &mut self.header)
            .map_err(|_| Error::input("packet", "larger than ADTS can say"))?;
        self.out.write_all(&self.header)?;
        self.out.write_all(&packet.data)?;
        self.summary.bytes += (self.header.len() + packet.data.len()) as u64;
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
    use crate::adts::AdtsDemuxer;
    use crate::{AudioTrack, Demuxer, Limits};
    use std::io::Cursor;

    fn spec(asc: &[u8]) -> TrackSpec {
        let audio = AudioTrack { sample_rate: 44100, channels: 2, ..AudioTrack::default() };
        TrackSpec::aac(asc.to_vec(), audio)
    }

    #[test]
    fn what_is_written_is_read() {
        let mut m = AdtsMuxer::new(Vec::new());
        let id = m.add_track(spec(&[0x12, 0x10])).unwrap();
        for n in [0, 1, 300] {
            m.write_packet(&Packet::new(id, 0, 0, 1024, true, vec![9; n])).unwrap();
        }
        assert!(m.write_packet(&Packet::new(id, 0, 0, 1024, true, vec![9; 8190])).is_err(), "too long");
        assert_eq!(m.finish().unwrap(), MuxSummary { bytes: 322, packets: 3 });
        let mut d = AdtsDemuxer::new(Box::new(Cursor::new(m.into_inner())), &Limits::default()).unwrap();
        assert_eq!(d.tracks()[0].codec_private, [0x12, 0x10]);
        let sizes: Vec<_> = std::iter::from_fn(|| d.next_packet().unwrap()).map(|p| p.data.len()).collect();
        assert_eq!(sizes, [0, 1, 300]);
    }

    #[test]
    fn what_the_header_cannot_say() {
        for asc in [&[0x12, 0x14][..], &[0x17, 0x80, 0x1f, 0x41, 0x10], &[0x12], &[]] {
            assert!(matches!(check_track(&spec(asc)), Err(Error::Unsupported { .. })), "{asc:x?}");
        }
        // HE-AAC is written as the LC that it extends.
        assert!(check_track(&spec(&[0x2b, 0x11, 0x88, 0x00])).is_ok());
    }
}
