//! Jobs on films of their own making whose times are unusual.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use transcode_container::mp4::{Mp4Muxer, Mp4Options};
use transcode_container::{
    Edit, EditList, Muxer, Packet, Selection, Timebase, Timing, TrackInfo, TrackSpec, VideoTrack, probe,
};
use transcode_core::h264::{
    self, Decoder, DecoderConfig, EncodedPacket, Encoder, EncoderConfig, PacketTime, StreamFormat, VideoInfo,
};
use transcode_core::{Picture, PictureFormat, Step};
use transcode_pipeline::{Job, Preset, RunControl, Stats};

const CLOCK: Timebase = Timebase::per_second(1000);

/// Writes a film whose pictures are shown at `times`, and start 100 ticks after each other to be decoded.
fn film(path: &Path, clock: Timebase, times: &[i64], timing: Timing, told_rate: Option<(u32, u32)>) {
    let mut config = EncoderConfig::new(64, 48, (10, 1));
    config.preset = h264::Preset::Ultrafast;
    config.stream_format = StreamFormat::Avcc;
    config.vui = VideoInfo { frame_rate: told_rate, ..VideoInfo::default() };
    config.timing_info = told_rate.is_some();
    let mut encoder = Encoder::new(config).unwrap();
    let video = VideoTrack { width: 64, height: 48, ..VideoTrack::default() };
    let mut muxer = Mp4Muxer::new(File::create(path).unwrap(), Mp4Options::default());
    let spec = TrackSpec { timing, ..TrackSpec::h264(encoder.avcc(), video, clock) };
    let track = muxer.add_track(spec).unwrap();
    let mut picture = Picture::new(PictureFormat::YUV420P8, 64, 48, 0).unwrap();
    let mut write = |p: EncodedPacket| {
        let (n, pts) = (p.pts, times[p.pts as usize]);
        muxer.write_packet(&Packet::new(track, pts, n * 100, 100, p.key, p.data)).unwrap();
    };
    for n in 0..times.len() {
        picture.plane_mut(0).row_mut(n).fill((n * 20) as u8);
        encoder.send(&picture, n as i64, false).unwrap();
        while let Step::Output(p) = encoder.receive().unwrap() {
            write(p);
        }
    }
    encoder.finish();
    while let Step::Output(p) = encoder.receive().unwrap() {
        write(p);
    }
    muxer.finish().unwrap();
}

fn convert(input: &Path, output: &Path) -> Stats {
    convert_with(Preset::Ultrafast, input, output)
}

fn convert_with(preset: Preset, input: &Path, output: &Path) -> Stats {
    let job = Job::builder().input(input).output(output).preset(preset).qp(30).build().unwrap();
    job.run(RunControl::default()).unwrap()
}

/// The video track and its packets on the presentation timeline.
fn packets(path: &Path) -> (TrackInfo, Vec<Packet>) {
    let mut demuxer = probe::open(path).unwrap();
    let track = demuxer.tracks()[0].clone();
    demuxer.select_only(track.id, Selection::Presentation).unwrap();
    (track, std::iter::from_fn(|| demuxer.next_packet().unwrap()).collect())
}

/// Times of the pictures that are shown, and of those that are not.
fn times(path: &Path) -> (Vec<i64>, Vec<i64>) {
    let of = |discard| move |p: &Packet| (p.discard == discard).then_some(p.pts.unwrap());
    let (_, packets) = packets(path);
    (packets.iter().filter_map(of(false)).collect(), packets.iter().filter_map(of(true)).collect())
}

/// The frame rate that the stream tells.
fn told_rate(path: &Path) -> Option<(u32, u32)> {
    let (track, packets) = packets(path);
    let mut decoder = Decoder::new(DecoderConfig { low_delay: true, ..DecoderConfig::new() });
    if !track.codec_private.is_empty() {
        decoder.configure_avcc(&track.codec_private).unwrap();
    }
    decoder.send(&packets[0].data, PacketTime::default()).unwrap();
    decoder.finish();
    let Step::Output(frame) = decoder.receive().unwrap() else { panic!("no picture") };
    frame.video.frame_rate
}

#[test]
fn a_film_cut_inside_a_picture_keeps_that_picture_for_its_first_instant() {
    let dir = tempfile::tempdir().unwrap();
    let (input, output) = (dir.path().join("in.mp4"), dir.path().join("out.mp4"));
    let play = |duration, media_time| Edit { duration, media_time, rate: 1 << 16 };
    for (edits, shown, before) in [
        (vec![play(350, 250)], vec![50, 150, 250], vec![-50]),
        (vec![play(70, -1), play(350, 250)], vec![120, 220, 320], vec![20]),
        (vec![play(400, 200)], vec![0, 100, 200, 300], vec![]),
        (vec![play(70, -1), play(600, 0)], vec![70, 170, 270, 370, 470, 570], vec![]),
    ] {
        let list = EditList { timebase: CLOCK, edits };
        film(&input, CLOCK, &[0, 100, 200, 300, 400, 500], Timing::Media(list.clone()), None);
        assert_eq!(times(&input).0, shown);
        let stats = convert(&input, &output);
        assert_eq!(times(&output), (shown.clone(), before.clone()), "{list:?}");
        assert_eq!(stats.frames_encoded, (shown.len() + before.len()) as u64);
        let when = |t: TrackInfo| (t.duration, t.edit_list.start(CLOCK).unwrap_or(0));
        assert_eq!(when(packets(&input).0), when(packets(&output).0), "{list:?}");
        std::fs::remove_file(&output).unwrap();
    }
}

/// B pictures are decoded in another order than shown: neither times nor lengths change.
#[test]
fn reordered_pictures_keep_their_times() {
    let dir = tempfile::tempdir().unwrap();
    let (input, output) = (dir.path().join("in.mp4"), dir.path().join("out.mp4"));
    let even: Vec<i64> = (0..17).map(|n| n * 100).collect();
    let uneven: Vec<i64> = (0..17).map(|n| 50 * n * n % 700 + 700 * n).collect();
    for shown in [&even[..], &uneven, &even[..1], &even[..2], &even[..3], &uneven[..5]] {
        film(&input, CLOCK, shown, Timing::Presentation, None);
        convert_with(Preset::Veryfast, &input, &output);
        assert_eq!(times(&output).0.iter().copied().collect::<BTreeSet<_>>(), shown.iter().copied().collect());
        let (track, packets) = packets(&output);
        assert_eq!(track.duration, self::packets(&input).0.duration, "{shown:?}");
        assert!(packets.windows(2).all(|p| p[0].dts < p[1].dts) && packets.iter().all(|p| p.dts <= p.pts.unwrap()));
        assert_eq!(shown.len() > 2, packets.windows(2).any(|p| p[0].pts > p[1].pts), "{shown:?}");
        std::fs::remove_file(&output).unwrap();
    }
}

#[test]
fn times_that_contradict_the_order_of_pictures_are_put_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let (input, output) = (dir.path().join("in.mp4"), dir.path().join("out.mp4"));
    film(&input, CLOCK, &[0, 200, 100, 300], Timing::Presentation, None);
    assert_eq!(convert(&input, &output).frames_encoded, 4);
    assert_eq!(times(&output).0, [0, 200, 200, 300]);
}

#[test]
fn the_stream_tells_the_rate_that_its_source_tells() {
    let dir = tempfile::tempdir().unwrap();
    let (input, output) = (dir.path().join("in.mp4"), dir.path().join("out.mp4"));
    for rate in [Some((25, 1)), Some((30000, 1001)), None] {
        // Four pictures in 1.6 s: the mean is nobody's nominal rate.
        film(&input, CLOCK, &[0, 40, 80, 1500], Timing::Presentation, rate);
        assert_eq!(told_rate(&input), rate);
        convert(&input, &output);
        assert_eq!(told_rate(&output), rate);
        std::fs::remove_file(&output).unwrap();
        // A byte stream has no other place for it.
        let stream = output.with_extension("264");
        convert(&input, &stream);
        assert!(told_rate(&stream).is_some());
        std::fs::remove_file(&stream).unwrap();
    }
}

#[test]
fn the_last_picture_lasts_until_the_edit_ends_but_for_rounding() {
    let dir = tempfile::tempdir().unwrap();
    let (input, output) = (dir.path().join("in.mp4"), dir.path().join("out.mp4"));
    let clock = Timebase::per_second(12800);
    // The media ends at 300 of 12800, which is 23.4 of 1000.
    for (milliseconds, end) in [(23, 300), (24, 300), (30, 384), (20, 256)] {
        let edits = vec![Edit { duration: milliseconds, media_time: 0, rate: 1 << 16 }];
        film(&input, clock, &[0, 100, 200], Timing::Media(EditList { timebase: CLOCK, edits }), None);
        convert(&input, &output);
        let (track, packets) = packets(&output);
        assert_eq!((track.duration, packets.len()), (Some(end), 3), "{milliseconds} ms");
        assert_eq!(packets[2].duration, end - 200, "{milliseconds} ms");
        std::fs::remove_file(&output).unwrap();
    }
}
