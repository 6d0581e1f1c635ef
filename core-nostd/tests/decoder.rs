//! The decoder between macroblocks and packets, on streams written by hand: order, references, loss, changes.

mod stream;

use stream::{Content, Slice, Sps, Stream};
use transcode_core::h264::{DecodeStats, Decoder, DecoderConfig, PacketTime};
use transcode_core::{Error, ErrorKind, Kernels, Limits, Step};

fn config() -> DecoderConfig {
    DecoderConfig { kernels: Kernels::scalar(), ..DecoderConfig::new() }
}

/// What is asked of a frame: the first luma sample, and whether it is flagged.
type Shown = (u8, bool);

fn drain(decoder: &mut Decoder) -> Result<Vec<Shown>, Error> {
    let mut shown = vec![];
    while let Step::Output(f) = decoder.receive()? {
        let value = f.rows(0).next().unwrap()[0];
        shown.push((value, f.corrupt));
    }
    Ok(shown)
}

fn decode_with(config: DecoderConfig, stream: &Stream) -> Result<(Vec<Shown>, DecodeStats), Error> {
    let mut d = Decoder::new(config);
    d.send(&stream.annexb(), PacketTime::default())?;
    d.finish();
    let shown = drain(&mut d)?;
    Ok((shown, d.stats()))
}

/// The values shown; nothing may be flagged.
fn values(stream: &Stream) -> Vec<u8> {
    let (shown, stats) = decode_with(config(), stream).unwrap();
    assert!(shown.iter().all(|&(_, corrupt)| !corrupt), "{shown:?} {stats:?}");
    assert_eq!(DecodeStats { pictures: 0, ..stats }, DecodeStats::default());
    shown.into_iter().map(|(v, _)| v).collect()
}

fn stream(sps: Sps, slices: &[Slice]) -> Stream {
    let mut s = Stream::new(sps);
    slices.iter().for_each(|slice| s.slice(slice));
    s
}

use Content::{Copy, Value};

#[test]
fn frames_come_in_the_order_of_their_order_count() {
    let b = |poc, v| Slice { reference: false, ..Slice::new(2, poc, Value(v)) };
    let slices = [
        Slice::idr(10),
        Slice::new(1, 8, Value(20)),
        b(4, 30),
        b(6, 40),
        Slice::new(2, 10, Value(50)),
        Slice { idr_pic_id: 1, ..Slice::idr(60) },
        Slice::new(1, 2, Value(70)),
    ];
    assert_eq!(values(&stream(Sps::default(), &slices)), [10, 30, 40, 20, 50, 60, 70]);
    let vui = Sps { reorder: Some((1, 4)), ..Sps::default() };
    assert_eq!(values(&stream(vui, &slices)), [10, 30, 40, 20, 50, 60, 70]);
}

#[test]
fn a_skipped_picture_copies_the_reference_that_the_list_names() {
    let slices = [
        Slice::idr(10),
        Slice::new(1, 2, Value(20)),
        Slice::new(2, 4, Value(30)),
        Slice::new(3, 6, Copy),
        // 4 - 3 = frame 1, then as it is.
        Slice { modification: vec![(0, 2)], ..Slice::new(4, 8, Copy) },
        Slice { modification: vec![(0, 2), (1, 0)], ..Slice::new(5, 10, Copy) },
    ];
    assert_eq!(values(&stream(Sps::default(), &slices)), [10, 20, 30, 30, 20, 30]);
}

#[test]
fn long_term_references_outlive_the_sliding_window() {
    let mut slices = vec![
        Slice { long_term_reference: true, ..Slice::idr(10) },
        Slice::new(1, 2, Value(20)),
        // Two long-term indices from now on; frame 1 gets the second.
        Slice { mmco: Some(vec![vec![4, 2], vec![3, 0, 1]]), ..Slice::new(2, 4, Value(30)) },
    ];
    slices.extend((3..9).map(|n| Slice::new(n, 2 * n, Value(40))));
    slices.push(Slice { modification: vec![(2, 1)], ..Slice::new(9, 18, Copy) });
    slices.push(Slice { modification: vec![(2, 0)], ..Slice::new(10, 20, Copy) });
    let shown = values(&stream(Sps::default(), &slices));
    assert_eq!(shown[9..], [20, 10]);
}

#[test]
fn operation_5_starts_the_order_anew() {
    let slices = [
        Slice::idr(10),
        Slice::new(1, 20, Value(20)),
        Slice { mmco: Some(vec![vec![5]]), ..Slice::new(2, 30, Value(30)) },
        // frame_num and order count go on from 0.
        Slice::new(1, 6, Copy),
        Slice::new(2, 4, Value(40)),
    ];
    assert_eq!(values(&stream(Sps::default(), &slices)), [10, 20, 30, 40, 30]);
}

#[test]
fn gaps_that_are_allowed_are_no_damage_and_are_not_shown() {
    let sps = Sps { gaps_allowed: true, num_ref_frames: 3, ..Sps::default() };
    let slices = [
        Slice::idr(10),
        Slice::new(1, 2, Value(20)),
        // 2 is missing: the window holds 0, 1, 2; the copy names frame 1.
        Slice { modification: vec![(0, 1)], ..Slice::new(3, 6, Copy) },
        Slice::new(15, 30, Value(40)),
        Slice::new(0, 32, Copy),
    ];
    assert_eq!(values(&stream(sps, &slices)), [10, 20, 20, 40, 40]);
}

#[test]
fn lost_frames_are_counted_and_what_refers_to_them_is_flagged() {
    let slices = [
        Slice::idr(10),
        Slice::new(3, 6, Copy),
        Slice::new(4, 8, Value(30)),
        Slice { idr_pic_id: 1, ..Slice::idr(40) },
    ];
    let s = stream(Sps::default(), &slices);
    let (shown, stats) = decode_with(config(), &s).unwrap();
    assert_eq!(stats.lost_frames, 2);
    assert_eq!((shown[0], shown[1], shown[3]), ((10, false), (10, true), (40, false)));
    let strict = DecoderConfig { strict: true, ..config() };
    let e = decode_with(strict, &s).unwrap_err();
    assert_eq!(e.kind, ErrorKind::Invalid { field: "frame_num" });
    let at = s.units[..3].iter().map(|u| u.len() + 3).sum::<usize>() + 3;
    assert_eq!(e.position.unwrap().byte, at as u64);
}

#[test]
fn missing_macroblocks_are_copied_from_the_reference() {
    let sps = Sps { width_in_mbs: 2, ..Sps::default() };
    let half = |first_mb, s: Slice| Slice { first_mb, ..s };
    let mut s = stream(sps, &[half(0, Slice::idr(10)), half(1, Slice::idr(20))]);
    assert_eq!(values(&s), [10]);
    s.slice(&half(1, Slice::new(1, 2, Value(30))));
    s.slice(&Slice { mbs: 2, ..Slice::new(2, 4, Copy) });
    let (shown, stats) = decode_with(config(), &s).unwrap();
    assert_eq!(shown, [(10, false), (10, true), (10, true)]);
    assert_eq!((stats.concealed, stats.concealed_mbs), (1, 1));
    let strict = DecoderConfig { strict: true, ..config() };
    assert_eq!(decode_with(strict, &s).unwrap_err().kind, ErrorKind::UnexpectedEnd);
}

#[test]
fn what_follows_the_last_macroblock_is_overlooked_unless_strict() {
    let mut s = stream(Sps::default(), &[Slice::idr(10)]);
    s.units[2].extend([0xff, 0x12]);
    assert_eq!(values(&s), [10]);
    let strict = DecoderConfig { strict: true, ..config() };
    assert!(matches!(decode_with(strict, &s).unwrap_err().kind, ErrorKind::Invalid { .. }));
}

#[test]
fn slices_may_come_in_any_order_twice_and_redundant() {
    let sps = Sps { width_in_mbs: 2, ..Sps::default() };
    let mut s = Stream::new(sps);
    s.pps(1, 0, true);
    let part = |first_mb, v, redundant| Slice { first_mb, pps: 1, redundant: Some(redundant), ..Slice::idr(v) };
    s.slice(&part(1, 20, 0));
    s.slice(&part(0, 10, 0));
    s.slice(&part(0, 10, 0));
    s.slice(&part(0, 99, 1));
    assert_eq!(values(&s), [10]);
    // Without its primary slice the redundant one is shown: not quite what was lost, perhaps.
    s.units.drain(4..6);
    let (shown, stats) = decode_with(config(), &s).unwrap();
    assert_eq!((shown, stats.concealed), (vec![(99, true)], 0));
}

#[test]
fn parameter_sets_change_in_mid_stream() {
    let mut s = stream(Sps::default(), &[Slice::idr(10), Slice::new(1, 4, Value(20))]);
    // Another size under the same id, announced while pictures wait for output.
    s.sps(Sps { width_in_mbs: 2, ..Sps::default() });
    s.slice(&Slice { mbs: 2, idr_pic_id: 1, ..Slice::idr(30) });
    s.slice(&Slice { mbs: 2, ..Slice::new(1, 2, Copy) });
    // Another sequence and its picture parameter set, then back without sending anything again.
    s.sps(Sps { id: 3, poc_type: 2, height_in_mbs: 2, ..Sps::default() });
    s.pps(9, 3, false);
    s.slice(&Slice { mbs: 2, pps: 9, ..Slice::idr(40) });
    s.slice(&Slice { mbs: 2, pps: 9, ..Slice::new(1, 0, Copy) });
    let mut again = Stream::without_parameter_sets(Sps { width_in_mbs: 2, ..Sps::default() });
    again.slice(&Slice { mbs: 2, ..Slice::idr(50) });
    s.units.extend(again.units);
    let mut d = Decoder::new(config());
    d.send(&s.annexb(), PacketTime::default()).unwrap();
    d.finish();
    let mut sizes = vec![];
    while let Step::Output(f) = d.receive().unwrap() {
        sizes.push((f.rows(0).next().unwrap()[0], f.width(), f.height()));
    }
    let want = [(10, 16, 16), (20, 16, 16), (30, 32, 16), (30, 32, 16), (40, 16, 32), (40, 16, 32), (50, 32, 16)];
    assert_eq!(sizes, want);
}

#[test]
fn length_prefixed_packets_give_the_same_and_keep_their_times() {
    let slices = [Slice::idr(10), Slice::new(1, 8, Value(20)), Slice { reference: false, ..Slice::new(2, 4, Copy) }];
    let s = stream(Sps::default(), &slices);
    let (avcc, packets) = s.avcc();
    let mut d = Decoder::new(config());
    d.configure_avcc(&avcc).unwrap();
    for round in 0..2 {
        let mut shown = vec![];
        for (i, p) in packets.iter().enumerate() {
            let time = PacketTime { pts: Some([0, 2, 1][i] + 100 * round), ..PacketTime::default() };
            d.send(p, time).unwrap();
            while let Step::Output(f) = d.receive().unwrap() {
                shown.push((f.rows(0).next().unwrap()[0], f.time.pts, f.key));
            }
        }
        d.finish();
        while let Step::Output(f) = d.receive().unwrap() {
            shown.push((f.rows(0).next().unwrap()[0], f.time.pts, f.key));
        }
        let at = |n| Some(n + 100 * round);
        assert_eq!(shown, [(10, at(0), true), (20, at(1), false), (20, at(2), false)]);
        assert_eq!(d.receive().map(|s| matches!(s, Step::End)), Ok(true));
        d.reset();
    }
}

#[test]
fn low_delay_gives_each_frame_with_its_packet() {
    let s = stream(Sps::default(), &[Slice::idr(10), Slice::new(1, 2, Copy), Slice::new(2, 4, Value(20))]);
    let mut d = Decoder::new(DecoderConfig { low_delay: true, ..config() });
    let mut shown = vec![];
    for unit in &s.units {
        d.send(&[&[0, 0, 1][..], unit].concat(), PacketTime::default()).unwrap();
        shown.push(drain(&mut d).unwrap().len());
    }
    assert_eq!(shown, [0, 0, 1, 1, 1]);
}

#[test]
fn a_start_without_idr_is_flagged_until_the_recovery_point() {
    let mut s = Stream::new(Sps::default());
    s.recovery_point(2);
    for n in 5..9 {
        s.slice(&Slice::new(n, 2 * n, if n == 5 { Value(10) } else { Copy }));
    }
    let (shown, stats) = decode_with(config(), &s).unwrap();
    assert_eq!(shown, [(10, true), (10, true), (10, false), (10, false)]);
    assert_eq!((stats.missing_references, stats.lost_frames), (0, 0));
    // Without any reference there is only grey.
    let s = stream(Sps::default(), &[Slice::new(5, 10, Copy), Slice::new(6, 12, Copy)]);
    let (shown, stats) = decode_with(config(), &s).unwrap();
    assert_eq!((shown, stats.missing_references), (vec![(128, true), (128, true)], 1));
}

#[test]
fn no_output_of_prior_pics_is_obeyed_on_request() {
    let slices = [
        Slice::idr(10),
        Slice::new(1, 2, Value(20)),
        Slice { no_output_of_prior_pics: true, idr_pic_id: 1, ..Slice::idr(30) },
    ];
    let s = stream(Sps::default(), &slices);
    assert_eq!(values(&s), [10, 20, 30]);
    let obey = DecoderConfig { honour_no_output_of_prior_pics: true, ..config() };
    assert_eq!(decode_with(obey, &s).unwrap().0, [(30, false)]);
}

#[test]
fn what_is_not_done_is_refused_as_early_as_it_is_known() {
    let s = stream(Sps { width_in_mbs: 20, ..Sps::default() }, &[Slice::idr(1)]);
    let limits = Limits { max_width: 319, ..Limits::default() };
    let limit = ErrorKind::LimitExceeded { limit: "max_width", requested: 320, allowed: 319 };
    assert_eq!(Decoder::new(DecoderConfig { limits, ..config() }).configure_avcc(&s.avcc().0).unwrap_err().kind, limit);
    assert_eq!(decode_with(DecoderConfig { limits, ..config() }, &s).unwrap_err().kind, limit);
    let limits = Limits { max_packet_bytes: 10, ..Limits::default() };
    let mut d = Decoder::new(DecoderConfig { limits, ..config() });
    let e = d.send(&[0; 11], PacketTime::default()).unwrap_err();
    assert_eq!(e.kind, ErrorKind::LimitExceeded { limit: "max_packet_bytes", requested: 11, allowed: 10 });
}

#[test]
fn a_stream_of_nothing_that_decodes_is_an_error_at_its_end() {
    let mut s = stream(Sps::default(), &[Slice::idr(10)]);
    s.units.remove(1);
    let mut d = Decoder::new(config());
    d.send(&s.annexb(), PacketTime::default()).unwrap();
    assert!(matches!(d.receive(), Ok(Step::NeedInput)));
    d.finish();
    assert_eq!(d.receive().unwrap_err().kind, ErrorKind::Invalid { field: "pic_parameter_set_id" });
    assert!(matches!(d.receive(), Ok(Step::End)));
    // No unit at all is an empty stream.
    let (shown, _) = decode_with(config(), &Stream::default()).unwrap();
    assert_eq!(shown, []);
}

#[test]
fn a_strict_decoder_stays_at_its_error() {
    let s =
        stream(Sps::default(), &[Slice::idr(10), Slice { pps: 7, ..Slice::new(1, 2, Copy) }, Slice::new(1, 2, Copy)]);
    let mut d = Decoder::new(DecoderConfig { strict: true, ..config() });
    d.send(&s.annexb(), PacketTime::default()).unwrap();
    let first = d.receive().unwrap_err();
    assert_eq!(first.kind, ErrorKind::Invalid { field: "pic_parameter_set_id" });
    assert_eq!(d.receive().unwrap_err(), first);
    d.reset();
    d.send(&s.annexb()[..s.annexb().len() - 30], PacketTime::default()).unwrap();
}
