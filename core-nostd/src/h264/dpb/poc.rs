//! Decoding process for picture order count, 8.2.1.

use crate::error::{Error, Result};
use crate::h264::dec::picture::Structure;
use crate::h264::params::{SliceHeader, Sps};

/// What a picture's order count depends on of the pictures before it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PocState {
    /// `prevPicOrderCntMsb`.
    prev_msb: i64,
    /// `prevPicOrderCntLsb`.
    prev_lsb: i64,
    /// `prevFrameNum`.
    prev_frame_num: u32,
    /// `prevFrameNumOffset`.
    prev_frame_num_offset: i64,
    /// `PicOrderCntMsb` of the current picture.
    msb: i64,
    /// `FrameNumOffset` of the current picture.
    frame_num_offset: i64,
}

/// Order counts may differ by at most 2^31 - 1 wherever they are subtracted; no real stream comes near.
const MAX_POC: i64 = 1 << 30;

/// `TopFieldOrderCnt` and `BottomFieldOrderCnt` in range. A field that the picture does not have repeats the other.
fn checked(top: i64, bottom: i64) -> Result<[i32; 2]> {
    if top.abs() > MAX_POC || bottom.abs() > MAX_POC {
        return Err(Error::invalid("pic_order_cnt"));
    }
    Ok([top as i32, bottom as i32])
}

impl PocState {
    /// `TopFieldOrderCnt` and `BottomFieldOrderCnt` of the picture that `header` begins.
    ///
    /// # Errors
    /// `Invalid` if a count leaves its range.
    pub(crate) fn decode(&mut self, sps: &Sps, header: &SliceHeader, structure: Structure) -> Result<[i32; 2]> {
        let (frame_num, reference) = (header.frame_num, header.nal_ref_idc != 0);
        self.frame_num_offset = if header.is_idr() { 0 } else { self.offset_of(sps, frame_num) };
        match sps.pic_order_cnt_type {
            0 => self.type0(sps, header, structure),
            1 => self.type1(sps, frame_num, reference, header.delta_pic_order_cnt, structure),
            _ => self.type2(frame_num, reference, header.is_idr()),
        }
    }

    /// The same for a "non-existing" frame of 8.2.5.2, and moves on past it. With `pic_order_cnt_type` 0 such a frame
    /// has no order count; it gets 0 and is left out of what is ordered by it.
    ///
    /// # Errors
    /// As [`PocState::decode`].
    pub(crate) fn decode_gap(&mut self, sps: &Sps, frame_num: u32) -> Result<[i32; 2]> {
        self.frame_num_offset = self.offset_of(sps, frame_num);
        let poc = match sps.pic_order_cnt_type {
            0 => [0; 2],
            1 => self.type1(sps, frame_num, true, [0; 2], Structure::Frame)?,
            _ => self.type2(frame_num, true, false)?,
        };
        self.prev_frame_num = frame_num;
        self.prev_frame_num_offset = self.frame_num_offset;
        Ok(poc)
    }

    /// Moves on past `count` frames that a gap leaves out, the last of them `frame_num`.
    pub(crate) fn skip_gap(&mut self, sps: &Sps, frame_num: u32) {
        self.prev_frame_num_offset = self.offset_of(sps, frame_num);
        self.prev_frame_num = frame_num;
    }

    /// Moves on past the decoded picture. `after_mmco5` holds the counts after `memory_management_control_operation` 5,
    /// if the picture had it.
    pub(crate) fn finish(&mut self, header: &SliceHeader, structure: Structure, after_mmco5: Option<[i32; 2]>) {
        if let Some(poc) = after_mmco5 {
            self.prev_msb = 0;
            self.prev_lsb = if structure == Structure::BottomField { 0 } else { i64::from(poc[0]) };
            self.prev_frame_num = 0;
            self.prev_frame_num_offset = 0;
            return;
        }
        if header.nal_ref_idc != 0 {
            self.prev_msb = self.msb;
            self.prev_lsb = i64::from(header.pic_order_cnt_lsb);
        }
        self.prev_frame_num = header.frame_num;
        self.prev_frame_num_offset = self.frame_num_offset;
    }

    /// `FrameNumOffset`, 8-6 and 8-11.
    fn offset_of(&self, sps: &Sps, frame_num: u32) -> i64 {
        let wrapped = self.prev_frame_num > frame_num;
        self.prev_frame_num_offset + if wrapped { i64::from(sps.max_frame_num()) } else { 0 }
    }

    /// 8.2.1.1.
    fn type0(&mut self, sps: &Sps, header: &SliceHeader, structure: Structure) -> Result<[i32; 2]> {
        let (prev_msb, prev_lsb) = if header.is_idr() { (0, 0) } else { (self.prev_msb, self.prev_lsb) };
        let max_lsb = 1i64 << sps.log2_max_pic_order_cnt_lsb;
        let lsb = i64::from(header.pic_order_cnt_lsb);
        self.msb = if lsb < prev_lsb && prev_lsb - lsb >= max_lsb / 2 {
            prev_msb + max_lsb
        } else if lsb > prev_lsb && lsb - prev_lsb > max_lsb / 2 {
            prev_msb - max_lsb
        } else {
            prev_msb
        };
        let first = self.msb + lsb;
        match structure {
            Structure::Frame => checked(first, first + i64::from(header.delta_pic_order_cnt_bottom)),
            _ => checked(first, first),
        }
    }

    /// 8.2.1.2.
    fn type1(
        &self,
        sps: &Sps,
        frame_num: u32,
        reference: bool,
        delta_pic_order_cnt: [i32; 2],
        structure: Structure,
    ) -> Result<[i32; 2]> {
        let cycle = &sps.offset_for_ref_frame;
        let mut abs_frame_num = if cycle.is_empty() { 0 } else { self.frame_num_offset + i64::from(frame_num) };
        if !reference && abs_frame_num > 0 {
            abs_frame_num -= 1;
        }
        let mut expected = 0i64;
        if abs_frame_num > 0 {
            let n = cycle.len() as i64;
            let (cycle_cnt, in_cycle) = ((abs_frame_num - 1) / n, (abs_frame_num - 1) % n);
            let sum = |offsets: &[i32]| offsets.iter().map(|&o| i64::from(o)).sum::<i64>();
            let whole = cycle_cnt.checked_mul(sum(cycle)).ok_or(Error::invalid("offset_for_ref_frame"))?;
            expected = whole.saturating_add(sum(&cycle[..=in_cycle as usize]));
        }
        if !reference {
            expected = expected.saturating_add(sps.offset_for_non_ref_pic.into());
        }
        let [d0, d1] = delta_pic_order_cnt.map(i64::from);
        let to_bottom = i64::from(sps.offset_for_top_to_bottom_field);
        let top = expected.saturating_add(d0);
        let bottom = top.saturating_add(to_bottom);
        match structure {
            Structure::Frame => checked(top, bottom.saturating_add(d1)),
            Structure::TopField => checked(top, top),
            Structure::BottomField => checked(bottom, bottom),
        }
    }

    /// 8.2.1.3.
    fn type2(&self, frame_num: u32, reference: bool, idr: bool) -> Result<[i32; 2]> {
        let twice = 2 * (self.frame_num_offset + i64::from(frame_num));
        let poc = if idr { 0 } else { twice - i64::from(!reference) };
        checked(poc, poc)
    }
}

/// `tempPicOrderCnt` taken from both counts after `memory_management_control_operation` 5 (8.2.1).
pub(crate) fn after_mmco5(poc: [i32; 2], structure: Structure) -> [i32; 2] {
    match structure {
        Structure::Frame => {
            let temp = poc[0].min(poc[1]);
            [poc[0] - temp, poc[1] - temp]
        }
        _ => [0; 2],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::h264::dpb::tests::sps;
    use crate::h264::nal::nal_type;
    use std::vec;
    use std::vec::Vec;

    /// Runs pictures (IDR, reference, frame_num, lsb, delta_pic_order_cnt[0]) through `state`; the top counts.
    fn run(sps: &Sps, pictures: &[(bool, bool, u32, u32, i32)]) -> Vec<i32> {
        let mut state = PocState::default();
        let one = |&(idr, reference, frame_num, lsb, delta): &(bool, bool, u32, u32, i32)| {
            let header = SliceHeader {
                nal_unit_type: if idr { nal_type::IDR } else { nal_type::SLICE },
                nal_ref_idc: reference.into(),
                frame_num,
                pic_order_cnt_lsb: lsb,
                delta_pic_order_cnt: [delta, 0],
                ..SliceHeader::default()
            };
            let poc = state.decode(sps, &header, Structure::Frame).unwrap();
            state.finish(&header, Structure::Frame, None);
            poc[0]
        };
        pictures.iter().map(one).collect()
    }

    #[test]
    fn type_0_follows_the_lsb_both_ways_round() {
        let s = sps(1, 4); // pic_order_cnt_lsb has 4 bits
        let r = |lsb| (false, true, 0, lsb, 0);
        let b = |lsb| (false, false, 0, lsb, 0);
        let pics = [
            (true, true, 0, 0, 0),
            r(6),
            b(2),
            b(4),
            r(12),
            b(14),
            r(2),
            b(15),
            r(8),
            r(0),
            r(7),
            (true, true, 0, 0, 0),
        ];
        // 14 after 12 is ahead; 2 after 12 wraps; 15 before 2 belongs to the round before.
        assert_eq!(run(&s, &pics), [0, 6, 2, 4, 12, 14, 18, 15, 24, 32, 39, 0]);
    }

    #[test]
    fn type_0_bottom_field_is_a_difference() {
        let s = sps(1, 4);
        let h = SliceHeader { delta_pic_order_cnt_bottom: -3, pic_order_cnt_lsb: 5, ..SliceHeader::default() };
        assert_eq!(PocState::default().decode(&s, &h, Structure::Frame).unwrap(), [5, 2]);
    }

    #[test]
    fn type_1_walks_the_cycle() {
        let mut s = sps(2, 4);
        s.pic_order_cnt_type = 1;
        s.offset_for_ref_frame = vec![2, 4];
        s.offset_for_non_ref_pic = -1;
        let r = |frame_num| (false, true, frame_num, 0, 0);
        let n = |frame_num, delta| (false, false, frame_num, 0, delta);
        let pics = [(true, true, 0, 0, 0), r(1), n(2, 0), r(2), r(3), n(4, 3), r(15), r(0), r(1)];
        // Reference frames are 0, 2, 6, 8, 12, ...; a frame between them is that before it, less 1.
        let at = |abs: i32| abs / 2 * 6 + abs % 2 * 2;
        assert_eq!(run(&s, &pics), [0, 2, 1, 6, 8, 8 - 1 + 3, at(15), at(16), at(17)]);
    }

    #[test]
    fn type_2_is_twice_the_frame_number() {
        let mut s = sps(1, 4);
        s.pic_order_cnt_type = 2;
        let pics = [
            (true, true, 0, 0, 0),
            (false, false, 1, 0, 0),
            (false, true, 1, 0, 0),
            (false, true, 15, 0, 0),
            (false, true, 0, 0, 0),
        ];
        assert_eq!(run(&s, &pics), [0, 1, 2, 30, 32]);
    }

    #[test]
    fn mmco5_starts_over() {
        let mut s = sps(1, 4);
        for (poc_type, want) in [(0, 7), (2, 4)] {
            s.pic_order_cnt_type = poc_type;
            let mut state = PocState::default();
            let h = SliceHeader { nal_ref_idc: 1, frame_num: 9, pic_order_cnt_lsb: 7, ..SliceHeader::default() };
            state.decode(&s, &h, Structure::Frame).unwrap();
            state.finish(&h, Structure::Frame, Some(after_mmco5([7, 9], Structure::Frame)));
            let h = SliceHeader { frame_num: 2, ..h };
            assert_eq!(state.decode(&s, &h, Structure::Frame).unwrap()[0], want);
        }
        assert_eq!(after_mmco5([7, 9], Structure::Frame), [0, 2]);
        assert_eq!(after_mmco5([9, 7], Structure::Frame), [2, 0]);
    }

    #[test]
    fn a_count_out_of_range_is_an_error() {
        let mut s = sps(1, 4);
        s.pic_order_cnt_type = 1;
        s.offset_for_ref_frame = vec![i32::MAX; 255];
        let h = SliceHeader { nal_ref_idc: 1, frame_num: 15, ..SliceHeader::default() };
        assert!(PocState::default().decode(&s, &h, Structure::Frame).is_err());
    }
}
