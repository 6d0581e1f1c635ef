//! Slice groups, slices in any order, data partitions and SP slices, on streams written by hand of which every sample is known.
#![cfg(feature = "h264-dec")]

mod stream;

use stream::{Content, Slice, Sps, Stream};
use transcode_core::Step;
use transcode_core::bits::BitWriter;
use transcode_core::h264::{DecodeStats, Decoder, DecoderConfig, Frame, PacketTime};

/// Pictures of 5 by 4 macroblocks.
const SIZE: Sps = Sps {
    id: 0,
    profile_idc: 88,
    bit_depth: 8,
    width_in_mbs: 5,
    height_in_mbs: 4,
    interlaced: false,
    poc_type: 2,
    num_ref_frames: 1,
    gaps_allowed: false,
    reorder: None,
};

fn frames(stream: &Stream) -> (Vec<Frame>, DecodeStats) {
    let mut d = Decoder::new(DecoderConfig::new());
    d.send(&stream.annexb(), PacketTime::default()).unwrap();
    d.finish();
    let mut frames = vec![];
    while let Step::Output(f) = d.receive().unwrap() {
        frames.push(f);
    }
    (frames, d.stats())
}

/// The macroblocks of a frame, each of which must be of one value in all planes: a row of digits for each of the frame, by `digit`.
fn map(frame: &Frame, digit: impl Fn(u8) -> char) -> String {
    let planes: Vec<Vec<Vec<u8>>> = (0..3).map(|p| frame.rows(p).map(<[u8]>::to_vec).collect()).collect();
    let (width, height) = (planes[0][0].len() / 16, planes[0].len() / 16);
    let value = |x: usize, y: usize| {
        let v = planes[0][16 * y][16 * x];
        for (plane, n) in planes.iter().zip([16, 8, 8]) {
            assert!(plane[n * y..][..n].iter().all(|row| row[n * x..][..n].iter().all(|&s| s == v)), "at ({x}, {y})");
        }
        digit(v)
    };
    let rows: Vec<String> = (0..height).map(|y| (0..width).map(|x| value(x, y)).collect()).collect();
    rows.join(" ")
}

/// Orders of `n` things: as they are, the other way round, and two more.
fn orders(n: usize) -> [Vec<usize>; 4] {
    let turned = |by: usize| (0..n).map(|i| (i + by) % n).collect();
    let mut swapped: Vec<usize> = (0..n).collect();
    swapped.chunks_mut(2).for_each(<[usize]>::reverse);
    [turned(0), (0..n).rev().collect(), turned(n / 2), swapped]
}

/// A slice group map by its syntax elements and what it makes of 5 by 4 map units, worked out by hand from 8.2.2.
struct Case {
    elements: fn(&mut BitWriter),
    /// `slice_group_change_cycle` and its number of bits.
    cycle: Option<(u32, u32)>,
    map: &'static str,
}

fn ue(w: &mut BitWriter, values: &[u32]) {
    values.iter().for_each(|&v| w.ue(v));
}

/// Two groups of a changing map.
fn changing(w: &mut BitWriter, map_type: u32, direction: bool, rate: u32) {
    ue(w, &[1, map_type]);
    w.flag(direction);
    w.ue(rate - 1);
}

const CASES: [Case; 11] = [
    Case { elements: |w| ue(w, &[2, 0, 1, 0, 3]), cycle: None, map: "00122 22001 22220 01222" },
    Case { elements: |w| ue(w, &[1, 1]), cycle: None, map: "01010 10101 01010 10101" },
    Case { elements: |w| ue(w, &[3, 1]), cycle: None, map: "01230 23012 01230 23012" },
    // Columns 1 to 3 of rows 0 and 1 over columns 3 and 4 of rows 1 to 3.
    Case { elements: |w| ue(w, &[2, 2, 1, 8, 8, 19]), cycle: None, map: "20002 20001 22211 22211" },
    // 20 / 3 + 1 = 7.7 in 3 bits: two, and three times three units.
    Case { elements: |w| changing(w, 3, false, 3), cycle: Some((2, 3)), map: "11111 10001 10001 11111" },
    Case { elements: |w| changing(w, 3, true, 2), cycle: Some((2, 4)), map: "11111 11001 11001 11111" },
    Case { elements: |w| changing(w, 4, false, 7), cycle: Some((1, 2)), map: "00000 00111 11111 11111" },
    Case { elements: |w| changing(w, 4, true, 7), cycle: Some((1, 2)), map: "11111 11111 11100 00000" },
    Case { elements: |w| changing(w, 5, false, 6), cycle: Some((1, 3)), map: "00111 00111 01111 01111" },
    Case { elements: |w| changing(w, 5, true, 6), cycle: Some((1, 3)), map: "11110 11110 11100 11100" },
    Case {
        elements: |w| {
            ue(w, &[2, 6, 19]);
            (0..20).for_each(|i| w.u(i * 7 % 3, 2));
        },
        cycle: None,
        map: "01201 20120 12012 01201",
    },
];

/// The macroblocks of each group, in order.
fn groups(map: &str) -> Vec<Vec<usize>> {
    let units: Vec<usize> = map.bytes().filter(|b| *b != b' ').map(|b| usize::from(b - b'0')).collect();
    let count = units.iter().max().unwrap() + 1;
    (0..count).map(|g| (0..units.len()).filter(|&i| units[i] == g).collect()).collect()
}

#[test]
fn macroblocks_go_where_their_slice_group_is() {
    for (number, case) in CASES.iter().enumerate() {
        let groups = groups(case.map);
        // Each group is a slice of two macroblocks and one of the rest.
        let slices: Vec<(usize, &[usize])> =
            groups.iter().enumerate().flat_map(|(g, mbs)| [(g, &mbs[..2]), (g, &mbs[2..])]).collect();
        for order in orders(slices.len()) {
            let mut stream = Stream::new(SIZE);
            stream.pps_with(1, 0, &case.elements, false);
            // First all of it by groups; then the groups of odd number change, and the others are copied.
            for inter in [false, true] {
                for &i in &order {
                    let (group, mbs) = slices[i];
                    let content = match (inter, group % 2) {
                        (false, _) => Content::Value(10 + 10 * group as u8),
                        (true, 0) => Content::Copy,
                        (true, _) => Content::Value(100 + 10 * group as u8),
                    };
                    let new = if inter {
                        Slice::new(1, 0, content)
                    } else {
                        Slice { idr: true, ..Slice::new(0, 0, content) }
                    };
                    let (first_mb, mbs) = (mbs[0] as u32, mbs.len() as u32);
                    stream.slice(&Slice { pps: 1, first_mb, mbs, change_cycle: case.cycle, ..new });
                }
            }
            let (frames, stats) = frames(&stream);
            assert_eq!(stats, DecodeStats { pictures: 2, ..DecodeStats::default() }, "case {number}, {order:?}");
            assert_eq!(map(&frames[0], |v| char::from(b'0' + v / 10 - 1)), case.map, "case {number}, {order:?}");
            let group = |v: u8| char::from(if v > 100 { b'0' + (v - 100) / 10 } else { b'0' + v / 10 - 1 });
            assert_eq!(map(&frames[1], group), case.map, "case {number}, {order:?}");
            let changed = map(&frames[1], |v| if v > 100 { '1' } else { '0' });
            assert_eq!(changed, case.map.replace('2', "0").replace('3', "1"), "case {number}, {order:?}");
        }
    }
}

#[test]
fn a_slice_that_is_lost_among_others_is_concealed_by_itself() {
    let mut stream = Stream::new(SIZE);
    stream.pps_with(1, 0, &CASES[1].elements, false);
    let part = |first_mb, v| Slice { pps: 1, first_mb, mbs: 10, ..Slice::new(1, 0, Content::Value(v)) };
    for (first_mb, v) in [(1, 20), (0, 10)] {
        stream.slice(&Slice { idr: true, frame_num: 0, ..part(first_mb, v) });
    }
    // Not so far from what was there before that it looks like another scene.
    stream.slice(&part(1, 24));
    let (frames, stats) = frames(&stream);
    assert_eq!(map(&frames[1], |v| char::from(b'0' + v / 10)), "12121 21212 12121 21212");
    assert_eq!((frames[0].corrupt, frames[1].corrupt, stats.concealed_mbs), (false, true, 10));
}

/// What is in a partition of [`partitioned`].
type Bits<'a> = &'a dyn Fn(&mut BitWriter);

/// A P slice with `first_mb` and `slice_id` in partitions A, B and C.
fn partitioned(stream: &mut Stream, first_mb: u32, slice_id: u32, a: Bits<'_>, residuals: [Option<Bits<'_>>; 2]) {
    let slice = Slice { pps: 1, first_mb, no_filter: true, ..Slice::new(1, 0, Content::Copy) };
    stream.slice_with(&slice, 2, &|w| {
        w.ue(slice_id);
        a(w);
    });
    for (nal_unit_type, part) in [3, 4].into_iter().zip(residuals) {
        if let Some(part) = part {
            stream.partition(nal_unit_type, &|w| {
                w.ue(slice_id);
                part(w);
            });
        }
    }
}

/// `P_L0_16x16` that does not move, with a residual in its first quarter.
fn inter_macroblock(w: &mut BitWriter) {
    ue(w, &[0, 0]); // mb_skip_run, mb_type
    w.se(0); // mvd_l0
    w.se(0);
    w.ue(2); // coded_block_pattern 1
    w.se(0); // mb_qp_delta
}

/// Its residual: one level, the DC of the first block. At QP 26 it is (13 << 4) * 1, and (208 + 32) >> 6 = 3 is added.
fn one_level(w: &mut BitWriter) {
    w.u(0b01, 2); // coeff_token: one coefficient, which is 1 or -1
    w.u(0, 1); // positive
    w.u(1, 1); // total_zeros 0
    w.u(0b111, 3); // the other three blocks: none, nC 0 or 1
}

fn pcm_macroblock(w: &mut BitWriter) {
    ue(w, &[0, 5 + 25]); // mb_skip_run, mb_type
}

fn pcm_samples(w: &mut BitWriter) {
    w.align_with(false);
    (0..384).for_each(|_| w.u(110, 8));
}

/// Six macroblocks: an IDR picture of value 100, and a picture of two partitioned slices whose first and fourth macroblocks have a
/// residual in partition C, whose second and fifth have samples in partition B, and whose other ones are skipped.
fn partitions() -> Stream {
    let mut stream = Stream::new(Sps { width_in_mbs: 3, height_in_mbs: 2, ..SIZE });
    stream.pps_with(1, 0, &|w| w.ue(0), true);
    stream.slice(&Slice { pps: 1, mbs: 6, no_filter: true, ..Slice::idr(100) });
    for slice in 0..2 {
        let a = |w: &mut BitWriter| {
            inter_macroblock(w);
            pcm_macroblock(w);
            w.ue(1); // mb_skip_run
        };
        partitioned(&mut stream, 3 * slice, slice, &a, [Some(&pcm_samples), Some(&one_level)]);
    }
    stream
}

/// The first luma sample of each macroblock, and one in the second block.
fn corners(frame: &Frame) -> Vec<(u8, u8)> {
    let rows: Vec<&[u8]> = frame.rows(0).collect();
    rows.iter().step_by(16).flat_map(|row| row.chunks(16).map(|mb| (mb[0], mb[4]))).collect()
}

const WHOLE: [(u8, u8); 3] = [(103, 100), (110, 110), (100, 100)];

#[test]
fn partitions_are_put_together_in_any_order() {
    let stream = partitions();
    // Sequence, two picture parameter sets, IDR picture; then A B C A B C.
    for order in [[4, 5, 6, 7, 8, 9], [7, 8, 9, 4, 5, 6], [4, 7, 5, 8, 6, 9], [4, 6, 7, 9, 5, 8]] {
        let mut s = stream.clone();
        s.units = [0, 1, 2, 3].iter().chain(&order).map(|&i| stream.units[i].clone()).collect();
        let (frames, stats) = frames(&s);
        assert_eq!(stats, DecodeStats { pictures: 2, ..DecodeStats::default() }, "{order:?}");
        assert_eq!(corners(&frames[1]), [WHOLE, WHOLE].concat(), "{order:?}");
    }
}

#[test]
fn what_does_not_need_a_lost_partition_is_decoded() {
    // The unit that is lost, the macroblocks of the first slice, how many of them are concealed, and how many units are damaged.
    let concealed = [(100, 100); 3];
    for (lost, want, concealed_mbs, damaged_units) in [
        (4, concealed, 3, 2), // A: B and C are of no use.
        (5, [(103, 100), (100, 100), (100, 100)], 1, 1),
        (6, [(100, 100), (110, 110), (100, 100)], 0, 1),
    ] {
        let mut stream = partitions();
        stream.units.remove(lost);
        let (frames, stats) = frames(&stream);
        assert_eq!(corners(&frames[1]), [want, WHOLE].concat(), "unit {lost}");
        assert_eq!((stats.concealed_mbs, stats.damaged_units), (concealed_mbs, damaged_units), "unit {lost}");
        assert_eq!((frames[0].corrupt, frames[1].corrupt), (false, true), "unit {lost}");
        let mut strict = Decoder::new(DecoderConfig { strict: true, ..DecoderConfig::new() });
        strict.send(&stream.annexb(), PacketTime::default()).unwrap();
        strict.finish();
        let error = std::iter::repeat_with(|| strict.receive()).find_map(|step| match step {
            Ok(Step::End) => Some(None),
            Ok(_) => None,
            Err(e) => Some(Some(e)),
        });
        assert!(error.flatten().is_some(), "unit {lost}");
    }
}

#[test]
fn partitions_that_nothing_is_in_need_not_be_sent() {
    let mut stream = Stream::new(Sps { width_in_mbs: 3, height_in_mbs: 2, ..SIZE });
    stream.pps_with(1, 0, &|w| w.ue(0), true);
    stream.slice(&Slice { pps: 1, mbs: 6, no_filter: true, ..Slice::idr(100) });
    partitioned(&mut stream, 0, 0, &|w| w.ue(6), [None, None]);
    let (frames, stats) = frames(&stream);
    assert_eq!(stats, DecodeStats { pictures: 2, ..DecodeStats::default() });
    assert_eq!(corners(&frames[1]), [(100, 100); 6]);
}

/// Even what is copied is quantised with `QSY`, 8.6.1. Of the value 100 the coefficient is 1600 in luma: at QSY 40,
/// (1600 * 8192 + 2^20) >> 21 = 6 levels, 6 * 16 << 6 = 6144, and (6144 + 32) >> 6 = 96. In chroma, QSC is 36 and the DC
/// 6400: (6400 * 13107 + 2^21) >> 22 = 20, 20 * 10 << 6 >> 1 = 6400, and 100.
#[test]
fn a_skipped_macroblock_of_an_sp_slice_is_quantised() {
    let mut stream = Stream::new(Sps { width_in_mbs: 3, height_in_mbs: 2, ..SIZE });
    stream.pps_with(1, 0, &|w| w.ue(0), true);
    stream.slice(&Slice { pps: 1, mbs: 6, no_filter: true, ..Slice::idr(100) });
    for switch in [false, true] {
        let slice =
            Slice { pps: 1, mbs: 6, sp: Some((switch, 40 - 26)), no_filter: true, ..Slice::new(1, 0, Content::Copy) };
        let mut s = stream.clone();
        s.slice(&slice);
        let (frames, stats) = frames(&s);
        assert_eq!(stats, DecodeStats { pictures: 2, ..DecodeStats::default() });
        assert!(frames[1].rows(0).flatten().all(|&s| s == 96));
        assert!((1..3).all(|p| frames[1].rows(p).flatten().all(|&s| s == 100)));
    }
}
