//! What the muxer makes of packets on the presentation timeline.

use std::io::{Cursor, Read, Seek, SeekFrom, Write};

use proptest::prelude::*;
use transcode_container::mp4::{Mp4Demuxer, Mp4Muxer, Mp4Options};
use transcode_container::{
    AudioTrack, CodecId, Colour, Demuxer, Edit, EditList, Error, FourCc, Language, Limits, Matrix, Muxer, Packet,
    SampleEntry, Selection, Timebase, Timing, TrackId, TrackKind, TrackSpec, VideoTrack,
};

/// A record with one sequence and one picture parameter set.
const AVCC: &[u8] = &[1, 66, 0, 10, 0xff, 0xe1, 0, 4, 0x67, 66, 0, 10, 1, 0, 1, 0x68];

fn video(timebase: Timebase) -> TrackSpec {
    TrackSpec::h264(AVCC.to_vec(), VideoTrack { width: 64, height: 48, ..VideoTrack::default() }, timebase)
}

fn sound(rate: u32) -> TrackSpec {
    let mut raw = vec![0, 0, 0, 36];
    raw.extend_from_slice(b"mp4a\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\x02\0\x10\0\0\0\0");
    raw.extend_from_slice(&(rate << 16).to_be_bytes());
    let format = FourCc(*b"mp4a");
    let codec = CodecId::Other(format);
    let audio = AudioTrack { sample_rate: rate, channels: 2, bits_per_sample: 16, ..AudioTrack::default() };
    TrackSpec {
        kind: TrackKind::Audio(audio),
        codec,
        sample_entries: vec![SampleEntry { format, codec, codec_private: Vec::new(), raw }],
        handler: FourCc(*b"soun"),
        timebase: Timebase::per_second(rate),
        ..video(Timebase::per_second(rate))
    }
}

fn write(options: Mp4Options, tracks: Vec<TrackSpec>, packets: &[Packet]) -> Result<Vec<u8>, Error> {
    let mut muxer = Mp4Muxer::new(Cursor::new(Vec::new()), options);
    for track in tracks {
        muxer.add_track(track)?;
    }
    packets.iter().try_for_each(|p| muxer.write_packet(p))?;
    let summary = muxer.finish()?;
    let bytes = muxer.into_inner().into_inner();
    assert_eq!((summary.bytes, summary.packets), (bytes.len() as u64, packets.len() as u64));
    Ok(bytes)
}

fn read(file: Vec<u8>) -> (Mp4Demuxer, Vec<Packet>) {
    let mut demuxer = Mp4Demuxer::new(Box::new(Cursor::new(file)), &Limits::default()).unwrap();
    let mut packets = Vec::new();
    while let Some(p) = demuxer.next_packet().unwrap() {
        packets.push(p);
    }
    (demuxer, packets)
}

/// Pictures of 10 ticks in the order I P B B, the first presented at `start`.
fn pictures(start: i64, delay: i64) -> Vec<Packet> {
    let order = [0, 3, 1, 2];
    (0..12)
        .map(|i| {
            let pts = start + 10 * (i / 4 * 4 + order[i as usize % 4]);
            let data = vec![i as u8; 5 + i as usize];
            Packet::new(TrackId(0), pts, start + 10 * i - delay, 10, i % 4 == 0, data)
        })
        .collect()
}

fn same_times(sent: &[Packet], got: &[Packet]) {
    assert_eq!(sent.len(), got.len());
    for (a, b) in sent.iter().zip(got) {
        assert_eq!((a.pts, a.duration, a.key, &a.data), (b.pts, b.duration, b.key, &b.data));
        assert!(b.dts <= b.pts.unwrap());
        assert_eq!((a.discard, a.trim_start, a.trim_end), (b.discard, b.trim_start, b.trim_end));
    }
}

#[test]
fn reordered_pictures_start_where_they_should() {
    // The delay of an encoder that sends dts <= pts, and of one that does not; from the start, later, and before 0.
    for delay in [20, 10, 0, 500] {
        for start in [0, 7, 12345] {
            let sent = pictures(start, delay);
            let file = write(Mp4Options::default(), vec![video(Timebase::new(1, 250))], &sent).unwrap();
            let (mut demuxer, got) = read(file);
            same_times(&sent, &got);
            let track = &demuxer.tracks()[0];
            assert_eq!(track.duration, Some(start + 120), "delay {delay}, start {start}");
            assert_eq!(
                demuxer.sync_points(TrackId(0)).unwrap().iter().map(|s| s.position).collect::<Vec<_>>(),
                [0, 4, 8]
            );
        }
    }
}

#[test]
fn a_film_cut_inside_a_picture_starts_with_it() {
    for (start, edit_start, delay) in [(-7, 0, 0), (-7, 0, 20), (20, 25, 0), (20, 25, 500), (20, 20, 10)] {
        let mut sent = pictures(start, delay);
        sent[0].discard = true;
        let spec = TrackSpec { edit_start: Some(edit_start), ..video(Timebase::new(1, 250)) };
        let (demuxer, got) = read(write(Mp4Options::default(), vec![spec], &sent).unwrap());
        let track = &demuxer.tracks()[0];
        assert_eq!(track.duration, Some(start + 120), "{start} {edit_start} {delay}");
        assert_eq!(track.edit_list.start(track.timebase), Some(edit_start), "{start} {edit_start} {delay}");
        // A picture that starts with the edit is presented, whatever it was said to be.
        sent[0].discard = start < edit_start;
        same_times(&sent, &got);
    }
    // Nothing is there to be shown from the edit's start.
    let sent = pictures(7, 0);
    let spec = TrackSpec { edit_start: Some(0), ..video(Timebase::new(1, 250)) };
    let (demuxer, got) = read(write(Mp4Options::default(), vec![spec], &sent).unwrap());
    same_times(&sent, &got);
    assert_eq!(demuxer.tracks()[0].edit_list.start(Timebase::new(1, 250)), Some(7));
}

#[test]
fn an_edit_to_the_end_of_the_media_presents_reordered_pictures_too() {
    let sent = pictures(20, 20);
    let (clock, edit) = (Timebase::new(1, 250), |duration| Edit { duration, media_time: 20, rate: 1 << 16 });
    let list = EditList { timebase: clock, edits: vec![edit(0)] };
    let spec = TrackSpec { timing: Timing::Media(list), ..video(clock) };
    let (demuxer, got) = read(write(Mp4Options::default(), vec![spec], &sent).unwrap());
    let track = &demuxer.tracks()[0];
    assert_eq!((track.duration, track.edit_list.edits[0].media_time), (Some(120), 20));
    assert!(got.iter().all(|p| !p.discard), "all twelve are shown");
    assert_eq!(got.iter().map(|p| p.pts.unwrap()).max(), Some(110));
}

#[test]
fn seeking_to_every_packet() {
    let sent = pictures(0, 20);
    let file = write(Mp4Options::default(), vec![video(Timebase::new(1, 250))], &sent).unwrap();
    let (mut demuxer, got) = read(file);
    for (i, packet) in got.iter().enumerate().rev() {
        demuxer.seek(TrackId(0), i as u64).unwrap();
        assert_eq!(demuxer.next_packet().unwrap().as_ref(), Some(packet));
    }
    assert!(matches!(demuxer.seek(TrackId(0), 12), Err(Error::InvalidInput { .. })));
    for point in demuxer.sync_points(TrackId(0)).unwrap() {
        let packet = &got[point.position as usize];
        assert_eq!((point.pts, point.dts, point.discard), (packet.pts, packet.dts, packet.discard));
        assert!(packet.key);
    }
}

#[test]
fn audio_priming_and_end_padding_are_cut_to_the_sample() {
    // 2112 samples of priming, 5000 of sound.
    let mut sent: Vec<_> = (0..7)
        .map(|i| Packet::new(TrackId(0), i * 1024 - 2112, i * 1024 - 2112, 1024, true, vec![i as u8; 9]))
        .collect();
    for p in &mut sent[..2] {
        p.discard = true;
    }
    sent[2].trim_start = 64;
    sent[6].trim_end = 7 * 1024 - 2112 - 5000;
    let file = write(Mp4Options::default(), vec![sound(44100)], &sent).unwrap();
    let (demuxer, got) = read(file);
    same_times(&sent, &got);
    let info = &demuxer.tracks()[0];
    assert_eq!(info.duration, Some(5000), "exact, in a movie clock that can say it");
    assert_eq!(info.edit_list.edits[0].media_time, 2112);
}

#[test]
fn variable_frame_rates_stay_exact() {
    let times = [0, 3003, 6006, 6007, 90000, 90001, 1_000_000_007];
    let pairs = times.windows(2);
    let mut sent: Vec<_> = pairs.map(|t| Packet::new(TrackId(0), t[0], t[0], t[1] - t[0], true, vec![1])).collect();
    sent.push(Packet::new(TrackId(0), 1_000_000_007, 1_000_000_007, 1, true, vec![2]));
    let file = write(Mp4Options::default(), vec![video(Timebase::per_second(90000))], &sent).unwrap();
    same_times(&sent, &read(file).1);
}

#[test]
fn a_timebase_with_a_numerator_is_scaled() {
    let sent: Vec<_> = (0..4).map(|i| Packet::new(TrackId(0), i, i, 1, true, vec![i as u8])).collect();
    let file = write(Mp4Options::default(), vec![video(Timebase::new(1001, 30000))], &sent).unwrap();
    let (demuxer, got) = read(file);
    assert_eq!(demuxer.tracks()[0].timebase, Timebase::per_second(30000));
    assert_eq!(got.iter().map(|p| p.pts.unwrap()).collect::<Vec<_>>(), [0, 1001, 2002, 3003]);
}

#[test]
fn descriptions_survive() {
    let colour = Colour { primaries: 9, transfer: 16, matrix: 9, full_range: Some(true) };
    let matrix = Matrix([0, 1 << 16, 0, -(1 << 16), 0, 0, 48 << 16, 0, 1 << 30]);
    let kind = VideoTrack {
        width: 64,
        height: 48,
        matrix,
        sample_aspect_ratio: Some((4, 3)),
        colour: Some(colour),
        ..VideoTrack::default()
    };
    let spec = TrackSpec {
        kind: TrackKind::Video(kind),
        language: Language::new("deu").unwrap(),
        extended_language: Some("de-AT".into()),
        handler_name: "Bild".into(),
        ..video(Timebase::per_second(25))
    };
    let packets = [Packet::new(TrackId(0), 0, 0, 1, true, vec![0])];
    for faststart in [false, true] {
        let options = Mp4Options { faststart, creation_time: 0 };
        let file = write(options, vec![spec.clone()], &packets).unwrap();
        assert_eq!(file, write(options, vec![spec.clone()], &packets).unwrap(), "equal input, equal file");
        let (moov, mdat) = (position(&file, b"moov"), position(&file, b"mdat"));
        assert_eq!(faststart, moov < mdat);
        let (demuxer, _) = read(file);
        let track = &demuxer.tracks()[0];
        let video = track.video().unwrap();
        assert_eq!((video.sample_aspect_ratio, video.colour, video.matrix), (Some((4, 3)), Some(colour), matrix));
        assert_eq!(video.matrix.orientation(), Some((90, false)));
        assert_eq!(video.display_size, Some((5_592_405, 48 << 16)), "64 * 4/3 in 16.16");
        assert_eq!((track.language.as_str(), track.extended_language.as_deref()), ("deu", Some("de-AT")));
        assert_eq!((track.handler_name.as_str(), &track.codec_private[..]), ("Bild", AVCC));
    }
}

fn position(file: &[u8], kind: &[u8; 4]) -> usize {
    file.windows(4).position(|w| w == kind).unwrap()
}

#[test]
fn tracks_are_interleaved() {
    let mut packets = Vec::new();
    for i in 0..100 {
        packets.push(Packet::new(TrackId(0), i * 40, i * 40, 40, true, vec![1; 100]));
        for k in 0..2 {
            let t = (i * 2 + k) * 960;
            packets.push(Packet::new(TrackId(1), t, t, 960, true, vec![2; 10]));
        }
    }
    let tracks = vec![video(Timebase::per_second(1000)), sound(48000)];
    let (mut demuxer, got) = read(write(Mp4Options::default(), tracks, &packets).unwrap());
    let mut last = (0.0f64, 0.0f64);
    for p in &got {
        let t = demuxer.tracks()[p.track.index()].timebase.seconds(p.dts);
        if p.track.0 == 0 {
            last.0 = t
        } else {
            last.1 = t
        }
        assert!((last.0 - last.1).abs() < 0.05, "given out in order of time");
    }
    let mut by_place = got.clone();
    by_place.sort_by_key(|p| p.offset);
    let mut reached = [0.0f64; 2];
    for p in &by_place {
        reached[p.track.index()] = demuxer.tracks()[p.track.index()].timebase.seconds(p.dts);
        assert!((reached[0] - reached[1]).abs() < 1.1, "half a second a chunk, in turns");
    }
    demuxer.select_only(TrackId(1), Selection::Presentation).unwrap();
    assert_eq!(demuxer.next_packet().unwrap().unwrap().track, TrackId(1));
    assert_eq!(demuxer.packet_count(TrackId(0)), Some(0));
}

#[test]
fn what_mp4_cannot_say_is_refused() {
    let one = |p: Packet| write(Mp4Options::default(), vec![video(Timebase::per_second(25))], &[p]);
    let good = || Packet::new(TrackId(0), 0, 0, 1, true, vec![0]);
    assert!(one(good()).is_ok());
    for bad in [
        Packet { pts: None, ..good() },
        Packet { track: TrackId(1), ..good() },
        Packet { duration: -1, ..good() },
        Packet { samples: 0, ..good() },
        Packet { entry: 1, ..good() },
        Packet { pts: Some(1 << 40), ..good() },
        Packet { pts: Some(i64::MIN), dts: i64::MAX, ..good() },
        Packet { discard: true, ..good() },
    ] {
        assert!(matches!(one(bad.clone()), Err(Error::InvalidInput { .. })), "{bad:?}");
    }
    let back = [good(), Packet { dts: -5, ..good() }];
    assert!(write(Mp4Options::default(), vec![video(Timebase::per_second(25))], &back).is_err());
    let at = |t| Packet::new(TrackId(0), t, t, 1, true, vec![0]);
    let hole = [at(0), Packet { discard: true, ..at(1) }, at(2)];
    assert!(write(Mp4Options::default(), vec![video(Timebase::per_second(25))], &hole).is_err());
    let raw = TrackSpec { codec: CodecId::RawVideo, ..video(Timebase::per_second(25)) };
    assert!(matches!(write(Mp4Options::default(), vec![raw], &[]), Err(Error::Unsupported { .. })));
    let empty = write(Mp4Options::default(), vec![video(Timebase::per_second(25))], &[]).unwrap();
    assert!(read(empty).1.is_empty());
}

/// A file of zeros but for what is written elsewhere: lets a test fill gigabytes.
#[derive(Default)]
struct Sparse {
    pieces: std::collections::BTreeMap<u64, Vec<u8>>,
    len: u64,
    at: u64,
}

impl Write for Sparse {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        if buf.iter().any(|&b| b != 0) {
            self.pieces.insert(self.at, buf.to_vec());
        }
        self.at += buf.len() as u64;
        self.len = self.len.max(self.at);
        Ok(buf.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Read for Sparse {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let n = (self.len - self.at).min(buf.len() as u64);
        buf[..n as usize].fill(0);
        for (&start, piece) in self.pieces.range(..self.at + n) {
            let from = start.max(self.at);
            let to = (start + piece.len() as u64).min(self.at + n);
            if from < to {
                let src = &piece[(from - start) as usize..(to - start) as usize];
                buf[(from - self.at) as usize..(to - self.at) as usize].copy_from_slice(src);
            }
        }
        self.at += n;
        Ok(n as usize)
    }
}

impl Seek for Sparse {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::End(by) => self.len.checked_add_signed(by).unwrap(),
            SeekFrom::Current(by) => self.at.checked_add_signed(by).unwrap(),
        };
        Ok(self.at)
    }
}

#[test]
fn more_than_four_gigabytes() {
    let mut muxer = Mp4Muxer::new(Sparse::default(), Mp4Options::default());
    let id = muxer.add_track(video(Timebase::per_second(1))).unwrap();
    let blank = vec![0; 64 << 20];
    for i in 0..66 {
        muxer.write_packet(&Packet::new(id, i, i, 1, true, blank.clone())).unwrap();
    }
    muxer.write_packet(&Packet::new(id, 66, 66, 1, true, vec![7; 5])).unwrap();
    let summary = muxer.finish().unwrap();
    assert!(summary.bytes > 4 << 30);
    let mut demuxer = Mp4Demuxer::new(Box::new(muxer.into_inner()), &Limits::default()).unwrap();
    demuxer.seek(id, 66).unwrap();
    let last = demuxer.next_packet().unwrap().unwrap();
    assert_eq!((last.pts, last.data), (Some(66), vec![7; 5]));
    assert!(last.offset.unwrap() > 4 << 30);
    assert!(demuxer.next_packet().unwrap().is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    /// Any sequence of packets with increasing decoding times comes back as it was sent.
    #[test]
    fn any_timing_survives(
        steps in prop::collection::vec((0i64..5000, -3000i64..3000, any::<bool>(), 0usize..40), 1..60),
        start in 0i64..100_000,
        faststart in any::<bool>(),
    ) {
        let mut dts = start;
        let mut sent: Vec<Packet> = Vec::new();
        for (step, offset, key, size) in steps {
            // Presentation stays at or after 0: what lies before is cut off.
            let pts = (dts + offset).max(0);
            sent.push(Packet::new(TrackId(0), pts, dts, step, key, vec![size as u8; size]));
            dts += step;
        }
        let file = write(Mp4Options { faststart, creation_time: 0 }, vec![video(Timebase::per_second(12800))], &sent).unwrap();
        let mut demuxer = Mp4Demuxer::new(Box::new(Cursor::new(file)), &Limits::default()).unwrap();
        demuxer.select(TrackId(0), Selection::Media).unwrap();
        let mut got = Vec::new();
        while let Some(p) = demuxer.next_packet().unwrap() {
            got.push(p);
        }
        prop_assert_eq!(sent.len(), got.len());
        let edits = &demuxer.tracks()[0].edit_list;
        let empty: u64 = edits.edits.iter().filter(|e| e.media_time < 0).map(|e| e.duration).sum();
        let lead = edits.timebase.rescale(empty as i64, Timebase::per_second(12800));
        let from = edits.edits.iter().map(|e| e.media_time).find(|&t| t >= 0).unwrap_or(0);
        for (a, b) in sent.iter().zip(&got) {
            prop_assert_eq!(a.pts.unwrap(), b.pts.unwrap() - from + lead);
            prop_assert_eq!((&a.data, a.key), (&b.data, b.key));
            prop_assert!(b.dts <= b.pts.unwrap());
        }
    }
}
