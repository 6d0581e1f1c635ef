//! `stsd`: sample entries (ISO/IEC 14496-12 8.5.2, 12.1.3, 12.2.3; QuickTime sound descriptions of version 1 and 2).

use super::esds::Esds;
use super::sinf::Sinf;
use super::{chan, colr, pasp};
use crate::mp4::bytes::{BoxWriter, Bytes, ChildBox};
use crate::{AudioTrack, CodecId, Colour, FourCc, PcmFormat, PcmSample, Result, SampleEntry};

/// A sample entry, taken apart as far as it is understood.
#[derive(Debug, Clone)]
pub(crate) struct ParsedEntry {
    pub(crate) entry: SampleEntry,
    pub(crate) data_reference_index: u16,
    pub(crate) media: Media,
    /// Encrypted: by which scheme.
    pub(crate) sinf: Option<Sinf>,
}

/// The part of a sample entry that depends on the handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    Visual { width: u16, height: u16, sample_aspect_ratio: Option<(u32, u32)>, colour: Option<Colour> },
    Sound(Sound),
    Other,
}

/// A sound description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sound {
    pub(crate) track: AudioTrack,
    /// QuickTime version 1: frames in a packet and bytes in a packet of all channels, for constant-rate codecs.
    pub(crate) packet: Option<(u32, u32)>,
    /// QuickTime version 2: `formatSpecificFlags` of `lpcm`.
    flags: Option<u32>,
}

/// Reads all entries. `handler` tells which kind they are of; `quicktime` whether sound entries may have QuickTime's
/// versions although the box is of version 0.
pub(crate) fn parse(b: &mut Bytes, handler: FourCc, max_entries: usize) -> Result<Vec<ParsedEntry>> {
    let (version, _) = b.version_flags()?;
    let at = *b;
    let count = b.count(8)?;
    if count > max_entries {
        return Err(at.invalid());
    }
    let mut entries = Vec::new();
    while let (true, Some(child)) = (entries.len() < count, b.next_box()?) {
        entries.push(parse_entry(&child, handler, version == 0)?);
    }
    Ok(entries)
}

fn parse_entry(child: &ChildBox, handler: FourCc, quicktime: bool) -> Result<ParsedEntry> {
    let mut b = child.body.named("sample entry");
    b.skip(6)?;
    let data_reference_index = b.u16()?;
    let mut parts = Parts::default();
    let media = match &handler.0 {
        b"vide" => {
            b.skip(16)?;
            let (width, height) = (b.u16()?, b.u16()?);
            b.skip(14 + 32 + 4)?;
            parts.read(&mut b, 0)?;
            Media::Visual { width, height, sample_aspect_ratio: parts.sample_aspect_ratio, colour: parts.colour }
        }
        b"soun" => {
            let mut sound = parse_sound(&mut b, quicktime)?;
            parts.read(&mut b, 0)?;
            let format = parts.sinf.and_then(|s| s.original_format).unwrap_or(child.kind);
            sound.track.pcm = pcm_of(format, &sound, &parts);
            sound.track.channel_mask =
                parts.channel_mask.filter(|m| m.count_ones() == sound.track.channels).unwrap_or(0);
            Media::Sound(sound)
        }
        _ => Media::Other,
    };
    let format = parts.sinf.and_then(|s| s.original_format).unwrap_or(child.kind);
    let codec = codec_of(format, parts.esds.as_ref().map(|e| e.object_type));
    let codec_private = match (parts.esds, parts.config) {
        (_, Some((kind, config))) if codec_of_config(kind) == Some(codec) => config,
        (Some(esds), _) => esds.specific_info,
        _ => Vec::new(),
    };
    let entry = SampleEntry { format: child.kind, codec, codec_private, raw: child.raw.to_vec() };
    Ok(ParsedEntry { entry, data_reference_index, media, sinf: parts.sinf })
}

fn parse_sound(b: &mut Bytes, quicktime: bool) -> Result<Sound> {
    let version = b.u16()?;
    b.skip(6)?;
    let (channels, bits) = (b.u16()?, b.u16()?);
    b.skip(4)?;
    let rate = b.u32()? >> 16;
    let (channels, bits_per_sample) = (channels.into(), bits.into());
    let track = AudioTrack { sample_rate: rate, channels, bits_per_sample, ..AudioTrack::default() };
    let mut sound = Sound { track, packet: None, flags: None };
    if quicktime && version == 1 {
        let (frames, _bytes_per_channel, bytes, _bytes_per_sample) = (b.u32()?, b.u32()?, b.u32()?, b.u32()?);
        sound.packet = (frames != 0 && bytes != 0).then_some((frames, bytes));
    } else if quicktime && version == 2 {
        b.skip(4)?;
        let rate = f64::from_bits(b.u64()?);
        sound.track.sample_rate = rate.round() as u32; // saturates; NaN is 0
        sound.track.channels = b.u32()?;
        b.skip(4)?;
        sound.track.bits_per_sample = b.u32()?;
        sound.flags = Some(b.u32()?);
        b.skip(8)?;
    }
    Ok(sound)
}

/// The boxes inside an entry that matter.
#[derive(Default)]
struct Parts {
    esds: Option<Esds>,
    config: Option<(FourCc, Vec<u8>)>,
    sample_aspect_ratio: Option<(u32, u32)>,
    colour: Option<Colour>,
    sinf: Option<Sinf>,
    channel_mask: Option<u32>,
    /// `enda` says that samples are little-endian.
    little_endian: bool,
    /// `pcmC`: little-endian, and bits of a sample.
    pcm: Option<(bool, u8)>,
}

/// How the samples of an uncompressed format are stored (QuickTime File Format, "Sound sample descriptions"; ISO/IEC 23003-5);
/// `None` for formats that are compressed or not known.
fn pcm_of(format: FourCc, sound: &Sound, parts: &Parts) -> Option<PcmFormat> {
    let bytes = sound.track.bits_per_sample.div_ceil(8);
    let of = |sample, big_endian| Some(PcmFormat { sample, big_endian });
    let quicktime_endian = !parts.little_endian;
    match &format.0 {
        b"raw " => of(PcmSample::U8, false),
        // 0 bits were once written for "as usual".
        b"twos" => of(PcmSample::signed(if bytes == 0 { 2 } else { bytes })?, true),
        b"sowt" => of(PcmSample::signed(if bytes == 0 { 2 } else { bytes })?, false),
        b"in24" => of(PcmSample::S24, quicktime_endian),
        b"in32" => of(PcmSample::S32, quicktime_endian),
        b"fl32" => of(PcmSample::F32, quicktime_endian),
        b"fl64" => of(PcmSample::F64, quicktime_endian),
        b"ulaw" => of(PcmSample::MuLaw, false),
        b"alaw" => of(PcmSample::ALaw, false),
        b"ipcm" | b"fpcm" => {
            let (little, bits) = parts.pcm?;
            let bytes = u32::from(bits).div_ceil(8);
            of(if format.0 == *b"fpcm" { PcmSample::float(bytes)? } else { PcmSample::signed(bytes)? }, !little)
        }
        b"lpcm" => {
            let flags = sound.flags?;
            let big = flags & LPCM_BIG_ENDIAN != 0;
            // Samples in the low bits of larger words, and planes, are not known here.
            if flags & LPCM_PLANAR != 0 || (flags & LPCM_PACKED == 0 && !sound.track.bits_per_sample.is_multiple_of(8))
            {
                return None;
            }
            match flags & (LPCM_FLOAT | LPCM_SIGNED) {
                f if f & LPCM_FLOAT != 0 => of(PcmSample::float(bytes)?, big),
                LPCM_SIGNED => of(PcmSample::signed(bytes)?, big),
                _ if bytes == 1 => of(PcmSample::U8, false),
                _ => None,
            }
        }
        _ => None,
    }
}

/// `kAudioFormatFlag...` of QuickTime sound descriptions of version 2.
const LPCM_FLOAT: u32 = 1;
const LPCM_BIG_ENDIAN: u32 = 2;
const LPCM_SIGNED: u32 = 4;
const LPCM_PACKED: u32 = 8;
const LPCM_PLANAR: u32 = 32;

impl Parts {
    /// Reads children; QuickTime's `wave` holds some of them one level down.
    fn read(&mut self, b: &mut Bytes, depth: u8) -> Result<()> {
        // Whatever follows that is no box (padding, a writer's leftovers) ends the children.
        while let Ok(Some(child)) = b.next_box() {
            let mut body = child.body;
            match &child.kind.0 {
                b"esds" => self.esds = self.esds.take().or(Esds::parse(&mut body.named("esds")).ok()),
                b"pasp" => self.sample_aspect_ratio = pasp::parse(&mut body.named("pasp"))?,
                b"colr" => self.colour = self.colour.or(colr::parse(&mut body.named("colr"))?),
                b"sinf" => self.sinf = Some(Sinf::parse(&mut body)?),
                b"chan" => self.channel_mask = self.channel_mask.or(chan::parse(&mut body.named("chan"))?),
                b"enda" => self.little_endian = body.u16()? == 1,
                b"pcmC" => {
                    body.version_flags()?;
                    self.pcm = Some((body.u8()? & 1 == 1, body.u8()?));
                }
                b"wave" if depth == 0 => self.read(&mut body, 1)?,
                _ if codec_of_config(child.kind).is_some() => {
                    self.config.get_or_insert_with(|| (child.kind, body.rest().to_vec()));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The codec that a configuration box belongs to.
fn codec_of_config(kind: FourCc) -> Option<CodecId> {
    Some(match &kind.0 {
        b"avcC" => CodecId::H264,
        b"hvcC" => CodecId::Hevc,
        b"av1C" => CodecId::Av1,
        b"vpcC" => CodecId::Vp9,
        b"d263" => CodecId::H263,
        b"dac3" => CodecId::Ac3,
        b"dec3" => CodecId::Eac3,
        b"alac" => CodecId::Alac,
        b"dOps" => CodecId::Opus,
        b"dfLa" => CodecId::Flac,
        _ => return None,
    })
}

/// The codec of a sample entry, by its type and, for the MPEG-4 entries, its `objectTypeIndication`.
fn codec_of(format: FourCc, object_type: Option<u8>) -> CodecId {
    match &format.0 {
        b"avc1" | b"avc2" | b"avc3" | b"avc4" => CodecId::H264,
        b"hvc1" | b"hev1" => CodecId::Hevc,
        b"av01" => CodecId::Av1,
        b"vp08" => CodecId::Vp8,
        b"vp09" => CodecId::Vp9,
        b"s263" | b"h263" | b"H263" => CodecId::H263,
        b"jpeg" | b"mjpa" | b"mjpb" => CodecId::Mjpeg,
        b"raw " | b"2vuy" | b"yuv2" | b"v210" | b"v308" | b"v408" if object_type.is_none() => match &format.0 {
            b"raw " => CodecId::Pcm(format),
            _ => CodecId::RawVideo,
        },
        b"mp4v" | b"mp4a" => match object_type {
            Some(0x20) => CodecId::Mpeg4Visual,
            Some(0x40 | 0x66..=0x68) => CodecId::Aac,
            Some(0x60..=0x65 | 0x6a) => CodecId::Mpeg2Video,
            Some(0x69 | 0x6b) => CodecId::Mp3,
            Some(0x6c) => CodecId::Mjpeg,
            Some(0xa5) => CodecId::Ac3,
            Some(0xa6) => CodecId::Eac3,
            Some(0xad) => CodecId::Opus,
            _ => CodecId::Other(format),
        },
        b".mp3" => CodecId::Mp3,
        b"ac-3" => CodecId::Ac3,
        b"ec-3" => CodecId::Eac3,
        b"alac" => CodecId::Alac,
        b"Opus" => CodecId::Opus,
        b"fLaC" => CodecId::Flac,
        b"twos" | b"sowt" | b"lpcm" | b"in24" | b"in32" | b"fl32" | b"fl64" | b"ipcm" | b"fpcm" | b"ulaw" | b"alaw" => {
            CodecId::Pcm(format)
        }
        _ => CodecId::Other(format),
    }
}

/// Writes `stsd` with entries kept verbatim.
pub(crate) fn write(entries: &[Vec<u8>], w: &mut BoxWriter) {
    w.full(b"stsd", 0, 0, |w| {
        w.u32(entries.len() as u32);
        entries.iter().for_each(|e| w.bytes(e));
    });
}

/// An `avc1` entry around an `AVCDecoderConfigurationRecord`.
pub(crate) fn avc1(
    avcc: &[u8],
    (width, height): (u16, u16),
    sample_aspect_ratio: Option<(u32, u32)>,
    colour: Option<Colour>,
) -> Vec<u8> {
    let mut w = BoxWriter::default();
    w.boxed(b"avc1", |w| {
        w.zeros(6);
        w.u16(1); // data_reference_index
        w.zeros(16);
        w.u16(width);
        w.u16(height);
        w.u32(72 << 16); // horizresolution
        w.u32(72 << 16); // vertresolution
        w.zeros(4);
        w.u16(1); // frame_count
        w.zeros(32); // compressorname
        w.u16(24); // depth: colour, no alpha
        w.u16(0xffff);
        w.boxed(b"avcC", |w| w.bytes(avcc));
        if let Some(ratio) = sample_aspect_ratio {
            pasp::write(ratio, w);
        }
        if let Some(colour) = colour {
            colr::write(&colour, w);
        }
    });
    w.into_bytes()
}

/// An entry for sound in `codec`, of which `config` is the configuration as [`SampleEntry::codec_private`] has it; `None`
/// if that codec is not known here, or cannot do without configuration.
pub(crate) fn sound(codec: CodecId, config: &[u8], audio: &AudioTrack) -> Option<Vec<u8>> {
    if let Some(pcm) = audio.pcm.filter(|_| matches!(codec, CodecId::Pcm(_))) {
        return Some(uncompressed(pcm, audio));
    }
    let (format, object_type, kind) = match codec {
        CodecId::Aac => (b"mp4a", Some(0x40), b"esds"),
        CodecId::Mp3 => (b"mp4a", Some(0x6b), b"esds"),
        CodecId::Opus => (b"Opus", None, b"dOps"),
        CodecId::Flac => (b"fLaC", None, b"dfLa"),
        CodecId::Alac => (b"alac", None, b"alac"),
        _ => return None,
    };
    if config.is_empty() && codec != CodecId::Mp3 {
        return None;
    }
    let mut w = BoxWriter::default();
    w.boxed(format, |w| {
        w.zeros(6);
        w.u16(1); // data_reference_index
        w.zeros(8);
        w.u16(u16::try_from(audio.channels).unwrap_or(0));
        w.u16(16); // samplesize, of no meaning
        w.zeros(4);
        // Rates beyond 16 bits are in the configuration alone.
        w.u32(u32::from(u16::try_from(audio.sample_rate).unwrap_or(0)) << 16);
        match object_type {
            Some(object_type) => Esds { object_type, specific_info: config.to_vec() }.write(w),
            None => w.boxed(kind, |w| w.bytes(config)),
        }
    });
    Some(w.into_bytes())
}

/// An entry for uncompressed sound: QuickTime's version 0 where that can say it, version 2 otherwise, which all readers of
/// QuickTime files know.
fn uncompressed(pcm: PcmFormat, audio: &AudioTrack) -> Vec<u8> {
    let FourCc(format) = pcm.fourcc();
    let bits = 8 * pcm.sample.bytes();
    let rate = u16::try_from(audio.sample_rate).ok().filter(|_| format != *b"lpcm" && audio.channels <= 2);
    let mut w = BoxWriter::default();
    w.boxed(if rate.is_some() { &format } else { b"lpcm" }, |w| {
        w.zeros(6);
        w.u16(1); // data_reference_index
        w.u16(if rate.is_some() { 0 } else { 2 });
        w.zeros(6);
        if let Some(rate) = rate {
            w.u16(audio.channels as u16);
            w.u16(if bits == 8 && pcm.sample != PcmSample::U8 && pcm.sample != PcmSample::S8 {
                16
            } else {
                bits as u16
            });
            w.zeros(4);
            w.u32(u32::from(rate) << 16);
        } else {
            [3, 16, 0xfffe, 0].iter().for_each(|&v| w.u16(v));
            w.u32(0x1_0000);
            w.u32(72); // sizeOfStructOnly
            w.u64(f64::from(audio.sample_rate).to_bits());
            w.u32(audio.channels);
            w.u32(0x7f00_0000);
            w.u32(bits);
            let kind = match pcm.sample {
                PcmSample::F32 | PcmSample::F64 => LPCM_FLOAT,
                PcmSample::U8 => 0,
                _ => LPCM_SIGNED,
            };
            w.u32(kind | LPCM_PACKED | if pcm.big_endian { LPCM_BIG_ENDIAN } else { 0 });
            w.u32(pcm.sample.bytes() * audio.channels);
            w.u32(1); // frames in a packet
        }
        if audio.channel_mask.count_ones() == audio.channels && audio.channels > 2 {
            chan::write(audio.channel_mask, w);
        }
    });
    w.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_one(entry: Vec<u8>, handler: &[u8; 4]) -> ParsedEntry {
        let mut w = BoxWriter::default();
        write(&[entry], &mut w);
        let bytes = w.into_bytes();
        let mut body = crate::mp4::bytes::only_box(&bytes).body;
        parse(&mut body, FourCc(*handler), 8).unwrap().remove(0)
    }

    #[test]
    fn avc1_round_trip() {
        let colour = Colour { primaries: 1, transfer: 1, matrix: 1, full_range: Some(false) };
        let raw = avc1(&[1, 2, 3], (1920, 1080), Some((4, 3)), Some(colour));
        let parsed = parse_one(raw.clone(), b"vide");
        let media =
            Media::Visual { width: 1920, height: 1080, sample_aspect_ratio: Some((4, 3)), colour: Some(colour) };
        assert_eq!(parsed.media, media);
        let codec_private = vec![1, 2, 3];
        assert_eq!(parsed.entry, SampleEntry { format: FourCc(*b"avc1"), codec: CodecId::H264, codec_private, raw });
    }

    const ESDS: &[u8] = b"\0\0\0\0\x03\x16\0\x01\0\x04\x11\x40\x15\0\0\0\0\0\0\0\0\0\0\0\x05\x02\x12\x10";

    #[test]
    fn sound_round_trip() {
        let audio = AudioTrack { sample_rate: 44100, channels: 2, bits_per_sample: 16, ..AudioTrack::default() };
        for (codec, config) in [(CodecId::Aac, &[0x12, 0x10][..]), (CodecId::Opus, &[0; 11]), (CodecId::Mp3, &[])] {
            let raw = super::sound(codec, config, &audio).unwrap();
            let parsed = parse_one(raw, b"soun");
            assert_eq!((parsed.entry.codec, &parsed.entry.codec_private[..]), (codec, config));
            let Media::Sound(s) = parsed.media else { panic!() };
            assert_eq!(s.track, audio);
        }
        assert_eq!(super::sound(CodecId::Aac, &[], &audio), None);
        assert_eq!(super::sound(CodecId::Ac3, &[1], &audio), None);
    }

    #[test]
    fn uncompressed_round_trip() {
        use PcmSample::*;
        for sample in [U8, S8, S16, S24, S32, F32, F64, ALaw, MuLaw] {
            for big_endian in [false, sample.bytes() > 1] {
                for (channels, channel_mask, sample_rate) in
                    [(1, 0, 8000), (2, 0, 44100), (6, 0x3f, 48000), (2, 0, 192_000)]
                {
                    if matches!(sample, ALaw | MuLaw) && (channels > 2 || sample_rate > 65535) {
                        continue; // Version 2 has no such samples.
                    }
                    let big_endian = big_endian || sample == S8 && channels <= 2 && sample_rate <= 65535;
                    let pcm = Some(PcmFormat { sample, big_endian });
                    let audio = AudioTrack { sample_rate, channels, channel_mask, pcm, ..AudioTrack::default() };
                    let codec = CodecId::Pcm(audio.pcm.unwrap().fourcc());
                    let parsed = parse_one(super::sound(codec, &[], &audio).unwrap(), b"soun");
                    let Media::Sound(s) = parsed.media else { panic!() };
                    let bits_per_sample = s.track.bits_per_sample;
                    assert_eq!(s.track, AudioTrack { bits_per_sample, ..audio }, "{sample:?}");
                    assert!(matches!(parsed.entry.codec, CodecId::Pcm(_)));
                }
            }
        }
    }

    #[test]
    fn endianness_in_boxes() {
        let enda = |code: &[u8; 4], little: u16| {
            let entry = sound(code, 1, |w| {
                [1, 3, 6, 2].iter().for_each(|&v| w.u32(v));
                w.boxed(b"wave", |w| w.boxed(b"enda", |w| w.u16(little)));
            });
            let Media::Sound(s) = parse_one(entry, b"soun").media else { panic!() };
            s.track.pcm
        };
        assert_eq!(enda(b"in24", 1), Some(PcmFormat::little(PcmSample::S24)));
        assert_eq!(enda(b"fl64", 0), Some(PcmFormat::big(PcmSample::F64)));
        let entry = sound(b"ipcm", 0, |w| w.full(b"pcmC", 0, 0, |w| w.bytes(&[1, 24])));
        let Media::Sound(s) = parse_one(entry, b"soun").media else { panic!() };
        assert_eq!(s.track.pcm, Some(PcmFormat::little(PcmSample::S24)));
    }

    fn sound(format: &[u8; 4], version: u16, more: impl FnOnce(&mut BoxWriter)) -> Vec<u8> {
        let mut w = BoxWriter::default();
        w.boxed(format, |w| {
            w.zeros(6);
            w.u16(1);
            w.u16(version);
            w.zeros(6);
            w.u16(2);
            w.u16(16);
            w.zeros(4);
            w.u32(44100 << 16);
            more(w);
        });
        w.into_bytes()
    }

    #[test]
    fn quicktime_sound_versions() {
        let iso = parse_one(sound(b"mp4a", 0, |w| w.boxed(b"esds", |w| w.bytes(ESDS))), b"soun");
        let v1 = parse_one(
            sound(b"mp4a", 1, |w| {
                [1024, 0, 4, 2].iter().for_each(|&v| w.u32(v));
                w.boxed(b"wave", |w| {
                    w.boxed(b"frma", |w| w.bytes(b"mp4a"));
                    w.boxed(b"esds", |w| w.bytes(ESDS));
                    w.zeros(8);
                });
            }),
            b"soun",
        );
        for parsed in [&iso, &v1] {
            assert_eq!((parsed.entry.codec, &parsed.entry.codec_private[..]), (CodecId::Aac, &[0x12, 0x10][..]));
            let Media::Sound(s) = parsed.media else { panic!() };
            assert_eq!((s.track.sample_rate, s.track.channels), (44100, 2));
        }
        let v2 = parse_one(
            sound(b"lpcm", 2, |w| {
                w.u32(72);
                w.u64(96000f64.to_bits());
                [6, 0x7f00_0000, 24, 0, 18, 1].iter().for_each(|&v| w.u32(v));
            }),
            b"soun",
        );
        let Media::Sound(s) = v2.media else { panic!() };
        assert_eq!((s.track.sample_rate, s.track.channels, s.track.bits_per_sample), (96000, 6, 24));
    }

    #[test]
    fn encrypted_entries_keep_their_original_format() {
        let entry = sound(b"enca", 0, |w| {
            w.boxed(b"esds", |w| w.bytes(ESDS));
            w.boxed(b"sinf", |w| {
                w.boxed(b"frma", |w| w.bytes(b"mp4a"));
                w.full(b"schm", 0, 0, |w| w.bytes(b"cenc\0\x01\0\0"));
            });
        });
        let parsed = parse_one(entry, b"soun");
        assert_eq!(parsed.entry.codec, CodecId::Aac);
        assert_eq!(parsed.sinf.unwrap().scheme, Some(FourCc(*b"cenc")));
    }
}
