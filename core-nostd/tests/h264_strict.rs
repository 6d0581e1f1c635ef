//! Strict mode: decoding stops at the first error, which says in which NAL unit it is.
#![cfg(feature = "h264-dec")]

mod stream;

use stream::{Content, Slice, Sps, Stream};
use transcode_core::h264::{Decoder, DecoderConfig, PacketTime};
use transcode_core::{Error, ErrorKind, Kernels, Step};

/// Three pictures of two macroblocks; units 0 and 1 are the parameter sets.
fn good() -> Stream {
    let mut s = Stream::new(Sps { width_in_mbs: 2, ..Sps::default() });
    s.slice(&Slice { mbs: 2, ..Slice::idr(10) });
    s.slice(&Slice { mbs: 2, ..Slice::new(1, 2, Content::Value(20)) });
    s.slice(&Slice { mbs: 2, ..Slice::new(2, 4, Content::Copy) });
    s
}

/// Decodes until the first error. How many pictures came before it?
fn first_error(bytes: &[u8], strict: bool) -> (usize, Option<Error>) {
    let config = DecoderConfig { strict, kernels: Kernels::scalar(), ..DecoderConfig::new() };
    let mut d = Decoder::new(config);
    if let Err(e) = d.send(bytes, PacketTime::default()) {
        return (0, Some(e));
    }
    d.finish();
    let mut pictures = 0;
    loop {
        match d.receive() {
            Ok(Step::Output(_)) => pictures += 1,
            Ok(_) => return (pictures, None),
            Err(e) => {
                assert_eq!(d.receive().err(), Some(e).filter(|_| strict), "a strict decoder stays at its error");
                return (pictures, Some(e));
            }
        }
    }
}

/// The error must lie in unit `unit` (its header byte to its end), and be found in no stream that is not strict.
fn expect(what: &str, s: &Stream, unit: usize, kind: fn(&ErrorKind) -> bool) {
    let (_, e) = first_error(&s.annexb(), true);
    let e = e.unwrap_or_else(|| panic!("{what}: no error"));
    assert!(kind(&e.kind), "{what}: {e}");
    let start = s.units[..unit].iter().map(|u| u.len() + 3).sum::<usize>() + 3;
    let range = start..=start + s.units[unit].len();
    let at = e.position.unwrap_or_else(|| panic!("{what}: no position")).byte as usize;
    assert!(range.contains(&at), "{what}: {e}, but the unit is {range:?}");
    assert_eq!(first_error(&s.annexb(), false).1, None, "{what}");
}

const INVALID: fn(&ErrorKind) -> bool = |k| matches!(k, ErrorKind::Invalid { .. });
const END: fn(&ErrorKind) -> bool = |k| matches!(k, ErrorKind::UnexpectedEnd);

#[test]
fn the_stream_itself_is_good() {
    assert_eq!(first_error(&good().annexb(), true), (3, None));
}

#[test]
fn errors_lie_in_the_unit_that_has_them() {
    let mut s = good();
    s.units[3][0] |= 0x80;
    expect("forbidden_zero_bit", &s, 3, INVALID);

    let mut s = good();
    let cut = s.units[0].len() / 2;
    let mut broken = s.units[0].clone();
    broken.truncate(cut);
    s.units.insert(3, broken);
    expect("a sequence parameter set that ends early", &s, 3, END);

    let mut s = good();
    let mut broken = s.units[1].clone();
    broken.truncate(2);
    s.units.insert(3, broken);
    expect("a picture parameter set that ends early", &s, 3, END);

    let mut s = good();
    s.slice(&Slice { mbs: 2, pps: 9, ..Slice::new(3, 6, Content::Copy) });
    expect("a picture parameter set that was never sent", &s, 5, INVALID);

    let mut s = good();
    s.units.insert(3, vec![6, 137, 24, 1, 2, 3, 0x80]);
    expect("an SEI message longer than its unit", &s, 3, END);

    let mut s = good();
    let cut = s.units[3].len() - 100;
    s.units[3].truncate(cut);
    expect("a slice that ends early", &s, 3, END);

    let mut s = good();
    s.slice(&Slice { mbs: 2, frame_num: 9, ..Slice::new(9, 18, Content::Copy) });
    expect("lost frames", &s, 5, INVALID);

    let mut s = good();
    // MaxLongTermFrameIdx is "none": no index may be given.
    let long_term = Some(vec![vec![6, 0]]);
    s.slice(&Slice { mbs: 2, mmco: long_term, ..Slice::new(3, 6, Content::Copy) });
    s.slice(&Slice { mbs: 2, ..Slice::new(4, 8, Content::Copy) });
    // Marking comes when the picture is whole: at the unit that begins the next.
    expect("a marking that is not allowed", &s, 6, INVALID);

    let mut s = good();
    let missing = vec![(0, 11)];
    s.slice(&Slice { mbs: 2, modification: missing, ..Slice::new(3, 6, Content::Copy) });
    expect("a reference that is not there", &s, 5, INVALID);
}

/// Emulation prevention is counted: the position is one in the file.
#[test]
fn positions_are_those_of_the_file() {
    let mut s = Stream::new(Sps { width_in_mbs: 2, ..Sps::default() });
    // Zeros, of which every third byte in the file is an emulation_prevention_three_byte.
    s.slice(&Slice { mbs: 2, ..Slice::idr(0) });
    let unit = s.units.len() - 1;
    let cut = s.units[unit].len() - 20;
    s.units[unit].truncate(cut);
    expect("a slice of zeros that ends early", &s, unit, END);
    let end = s.annexb().len();
    let at = first_error(&s.annexb(), true).1.and_then(|e| e.position).map_or(0, |p| p.byte as usize);
    assert!(at + 400 > end, "{at} of {end}");
}

#[test]
fn a_length_that_reaches_past_the_packet() {
    let s = good();
    let (avcc, packets) = s.avcc();
    let mut d = Decoder::new(DecoderConfig { strict: true, ..DecoderConfig::new() });
    d.configure_avcc(&avcc).unwrap();
    let mut packet = packets[0].clone();
    packet.truncate(packet.len() - 1);
    let e = d.send(&packet, PacketTime::default()).unwrap_err();
    assert_eq!((e.kind, e.position.map(|p| p.byte)), (ErrorKind::UnexpectedEnd, Some(0)));
}
