//! Decoded reference picture marking, 8.2.5: sliding window, adaptive control, gaps in `frame_num`.

use super::poc::PocState;
use super::{Dpb, Fields, FrameStore};
use crate::error::{Error, Result};
use crate::h264::dec::picture::Structure;
use crate::h264::params::{DecRefPicMarking, Mmco, Sps};
use alloc::sync::Arc;

/// How the current picture is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct CurrentMark {
    /// `LongTermFrameIdx`, if the picture is a long-term reference.
    pub(crate) long_term_frame_idx: Option<u32>,
    /// The picture had `memory_management_control_operation` 5.
    pub(crate) mmco5: bool,
    /// The first thing wrong with the operations. Those that could be carried out have been.
    pub(crate) error: Option<Error>,
}

impl Dpb {
    /// Sets `FrameNumWrap` of all short-term references for a picture with `frame_num`, 8-27.
    pub(crate) fn update_frame_num_wrap(&mut self, frame_num: u32) {
        for s in &mut self.stores {
            let wrap = if s.frame_num > frame_num { i64::from(self.max_frame_num) } else { 0 };
            s.frame_num_wrap = (i64::from(s.frame_num) - wrap) as i32;
        }
    }

    /// Marks the buffer's references for a current reference picture that has just been decoded (8.2.5.1), and says
    /// how that one is marked. Makes room for it among the references.
    pub(crate) fn mark(&mut self, marking: &DecRefPicMarking, frame_num: u32, structure: Structure) -> CurrentMark {
        let mut mark = CurrentMark::default();
        match marking {
            DecRefPicMarking::Idr { long_term_reference_flag, .. } => {
                self.unmark_all();
                if *long_term_reference_flag {
                    mark.long_term_frame_idx = Some(0);
                    self.max_long_term_frame_idx_plus1 = 1;
                }
            }
            // The second field of a short-term reference goes with the first.
            DecRefPicMarking::SlidingWindow if self.first_field_is_short() => {}
            DecRefPicMarking::SlidingWindow => self.slide(),
            DecRefPicMarking::Adaptive(ops) => {
                for op in ops {
                    if let Err(e) = self.apply(*op, frame_num, structure, &mut mark) {
                        mark.error.get_or_insert(e);
                    }
                }
                if self.num_references() >= self.max_num_ref_frames {
                    mark.error.get_or_insert(Error::invalid("dec_ref_pic_marking"));
                    self.slide();
                }
            }
        }
        mark
    }

    fn first_field_is_short(&self) -> bool {
        self.stores.iter().any(|s| Some(s.pic.pic_id) == self.first_field && !s.short.is_empty())
    }

    fn num_references(&self) -> usize {
        // The frame that the current field completes has its place.
        self.stores.iter().filter(|s| s.is_reference() && Some(s.pic.pic_id) != self.first_field).count()
    }

    fn unmark_all(&mut self) {
        for s in &mut self.stores {
            (s.short, s.long) = (Fields::NONE, Fields::NONE);
        }
        self.max_long_term_frame_idx_plus1 = 0;
    }

    /// 8.2.5.3: frees a reference if there is no room for another. Long-term references go only where a broken stream
    /// has filled the buffer with them.
    fn slide(&mut self) {
        while self.num_references() >= self.max_num_ref_frames {
            let first_field = self.first_field;
            let others = self.stores.iter_mut().filter(|s| Some(s.pic.pic_id) != first_field);
            let short = others.filter(|s| !s.short.is_empty());
            if let Some(oldest) = short.min_by_key(|s| s.frame_num_wrap) {
                oldest.short = Fields::NONE;
            } else if let Some(s) =
                self.stores.iter_mut().find(|s| s.is_reference() && Some(s.pic.pic_id) != first_field)
            {
                s.long = Fields::NONE;
            }
        }
    }

    /// One operation of 8.2.5.4.
    fn apply(&mut self, op: Mmco, frame_num: u32, structure: Structure, mark: &mut CurrentMark) -> Result<()> {
        match op {
            Mmco::UnmarkShortTerm(difference) => {
                let (i, fields) = self.short_by_difference(difference, frame_num, structure)?;
                self.stores[i].short = self.stores[i].short.without(fields);
            }
            Mmco::UnmarkLongTerm(long_term_pic_num) => {
                let found = self.find_long(long_term_pic_num, structure);
                let (i, fields) = found.ok_or(Error::invalid("long_term_pic_num"))?;
                self.stores[i].long = self.stores[i].long.without(fields);
            }
            Mmco::AssignLongTerm(difference, idx) => {
                let (i, fields) = self.short_by_difference(difference, frame_num, structure)?;
                self.check_long_term_frame_idx(idx)?;
                self.free_long_term_frame_idx(idx, Some(i));
                let s = &mut self.stores[i];
                s.short = s.short.without(fields);
                s.long = s.long.with(fields);
                s.long_term_frame_idx = idx;
            }
            Mmco::MaxLongTermFrameIdx(plus1) => {
                for s in self.stores.iter_mut().filter(|s| s.long_term_frame_idx >= plus1) {
                    s.long = Fields::NONE;
                }
                self.max_long_term_frame_idx_plus1 = plus1;
            }
            Mmco::UnmarkAll => {
                self.unmark_all();
                mark.mmco5 = true;
            }
            Mmco::CurrentLongTerm(idx) => {
                self.check_long_term_frame_idx(idx)?;
                let own = self.stores.iter().position(|s| Some(s.pic.pic_id) == self.first_field);
                self.free_long_term_frame_idx(idx, own);
                mark.long_term_frame_idx = Some(idx);
            }
        }
        Ok(())
    }

    fn check_long_term_frame_idx(&self, idx: u32) -> Result<()> {
        if idx < self.max_long_term_frame_idx_plus1 { Ok(()) } else { Err(Error::invalid("long_term_frame_idx")) }
    }

    /// Takes `LongTermFrameIdx` `idx` from whatever frame but `keep` has it.
    fn free_long_term_frame_idx(&mut self, idx: u32, keep: Option<usize>) {
        for (i, s) in self.stores.iter_mut().enumerate() {
            if Some(i) != keep && s.long_term_frame_idx == idx {
                s.long = Fields::NONE;
            }
        }
    }

    fn short_by_difference(&self, difference: u32, frame_num: u32, structure: Structure) -> Result<(usize, Fields)> {
        // CurrPicNum, 7.4.3; picNumX, 8-39.
        let curr_pic_num = if structure == Structure::Frame { frame_num } else { 2 * frame_num + 1 };
        let pic_num = i64::from(curr_pic_num) - i64::from(difference);
        self.find_short(pic_num, structure).ok_or(Error::invalid("difference_of_pic_nums_minus1"))
    }

    /// The short-term reference with `PicNum` `pic_num` (8.2.4.1): its store and the fields that are meant.
    pub(super) fn find_short(&self, pic_num: i64, structure: Structure) -> Option<(usize, Fields)> {
        let (num, fields) = split_pic_num(pic_num, structure);
        let found = |s: &FrameStore| s.short.contains(fields) && i64::from(s.frame_num_wrap) == num;
        Some((self.stores.iter().position(found)?, fields))
    }

    /// The short-term reference whose number is nearest to `pic_num`, of the same parity if it is a field.
    pub(super) fn nearest_short(&self, pic_num: i64, structure: Structure) -> Option<(usize, Fields)> {
        let (num, fields) = split_pic_num(pic_num, structure);
        let there = self.stores.iter().enumerate().filter(|(_, s)| s.short.contains(fields));
        let nearest = there.min_by_key(|(_, s)| (i64::from(s.frame_num_wrap) - num).abs());
        nearest.map(|(i, _)| (i, fields))
    }

    /// The long-term reference with `LongTermPicNum`.
    pub(super) fn find_long(&self, long_term_pic_num: u32, structure: Structure) -> Option<(usize, Fields)> {
        let (num, fields) = split_pic_num(long_term_pic_num.into(), structure);
        let found = |s: &FrameStore| s.long.contains(fields) && i64::from(s.long_term_frame_idx) == num;
        Some((self.stores.iter().position(found)?, fields))
    }

    /// 8.2.5.2: infers the "non-existing" frames between `prev_ref_frame_num` and `frame_num`. Only the last of them
    /// that the sliding window keeps are stored. `lost`: they did exist.
    ///
    /// # Errors
    /// As [`PocState::decode`].
    pub(crate) fn fill_gap(
        &mut self,
        sps: &Sps,
        poc: &mut PocState,
        prev_ref_frame_num: u32,
        frame_num: u32,
        lost: bool,
    ) -> Result<()> {
        let mask = self.max_frame_num - 1;
        let count = frame_num.wrapping_sub(prev_ref_frame_num).wrapping_sub(1) & mask;
        let kept = count.min(self.max_num_ref_frames as u32);
        if count > kept {
            poc.skip_gap(sps, frame_num.wrapping_sub(kept + 1) & mask);
        }
        for back in (1..=kept).rev() {
            let frame_num = frame_num.wrapping_sub(back) & mask;
            self.update_frame_num_wrap(frame_num);
            let field_poc = poc.decode_gap(sps, frame_num)?;
            let Some(pic) = self.nearest_frame().map(|s| Arc::clone(&s.pic)) else { continue };
            self.slide();
            self.store(FrameStore {
                pic,
                fields: Fields::BOTH,
                field_poc,
                frame_num,
                frame_num_wrap: frame_num as i32,
                long_term_frame_idx: 0,
                short: Fields::BOTH,
                long: Fields::NONE,
                non_existing: true,
                tainted: lost,
                output: None,
            });
        }
        Ok(())
    }
}

/// `FrameNumWrap` or `LongTermFrameIdx` and the fields that a picture number means (8-28 to 8-33): in a field, odd numbers
/// are fields of the same parity.
fn split_pic_num(pic_num: i64, structure: Structure) -> (i64, Fields) {
    match structure {
        Structure::Frame => (pic_num, Fields::BOTH),
        _ if pic_num & 1 == 1 => (pic_num >> 1, Fields::of(structure)),
        _ => (pic_num >> 1, Fields::of(structure).opposite()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::h264::dpb::tests::{dpb, frame, long_frame, references, sps};
    use std::vec;
    use std::vec::Vec;

    fn adaptive(dpb: &mut Dpb, frame_num: u32, ops: &[Mmco]) -> CurrentMark {
        dpb.update_frame_num_wrap(frame_num);
        dpb.mark(&DecRefPicMarking::Adaptive(ops.to_vec()), frame_num, Structure::Frame)
    }

    #[test]
    fn the_sliding_window_drops_the_smallest_frame_num_wrap() {
        let mut d = dpb(3, 4);
        d.stores = vec![frame(15, 0), frame(0, 2), long_frame(3, 0)];
        d.update_frame_num_wrap(1);
        assert_eq!(d.mark(&DecRefPicMarking::SlidingWindow, 1, Structure::Frame), CurrentMark::default());
        assert_eq!(references(&d), [(0, None), (3, Some(0))]);
    }

    #[test]
    fn fields_are_marked_one_by_one() {
        let mut d = dpb(2, 4);
        d.stores = vec![frame(0, 0), frame(1, 4)];
        d.update_frame_num_wrap(2);
        // In a top field with CurrPicNum 5: 3 is the top field of frame 1, 0 the bottom field of frame 0.
        let ops = DecRefPicMarking::Adaptive(vec![Mmco::UnmarkShortTerm(2), Mmco::UnmarkShortTerm(5)]);
        assert_eq!(d.mark(&ops, 2, Structure::TopField).error, Some(Error::invalid("dec_ref_pic_marking")));
        // Frame 1 has lost its top field, frame 0 its bottom field, and then (no room) all.
        assert_eq!(d.stores[1].short, Fields::BOTTOM);
        assert_eq!(references(&d), [(1, None)]);
    }

    #[test]
    fn the_second_field_finds_the_place_of_the_first() {
        let mut d = dpb(2, 4);
        d.stores = vec![frame(0, 0)];
        d.store_first_field(FrameStore { fields: Fields::TOP, short: Fields::TOP, ..frame(1, 4) });
        d.update_frame_num_wrap(1);
        let mark = d.mark(&DecRefPicMarking::SlidingWindow, 1, Structure::BottomField);
        assert_eq!((mark, references(&d).len()), (CurrentMark::default(), 2));
        // Operations of the second field may name the first: CurrPicNum 3, less 1, is the other parity of frame 1.
        let ops = DecRefPicMarking::Adaptive(vec![Mmco::UnmarkShortTerm(1)]);
        assert_eq!(d.mark(&ops, 1, Structure::BottomField).error, None);
        assert_eq!(references(&d), [(0, None)]);
        assert_eq!(d.take_first_field(1).map(|s| s.short), Some(Fields::NONE));
    }

    #[test]
    fn operations_1_to_4() {
        let mut d = dpb(6, 4);
        d.stores = vec![frame(14, 0), frame(15, 0), frame(0, 0), long_frame(7, 1)];
        d.max_long_term_frame_idx_plus1 = 2;
        // picNumX = CurrPicNum - difference: 1 - 2 = -1 is frame_num 15.
        assert_eq!(adaptive(&mut d, 1, &[Mmco::UnmarkShortTerm(2)]).error, None);
        assert_eq!(references(&d), [(14, None), (0, None), (7, Some(1))]);
        // Index 1 moves from frame 7 to frame 14, index 0 goes to frame 0.
        let ops = [Mmco::AssignLongTerm(3, 1), Mmco::AssignLongTerm(1, 0)];
        assert_eq!(adaptive(&mut d, 1, &ops).error, None);
        assert_eq!(references(&d), [(14, Some(1)), (0, Some(0))]);
        assert_eq!(adaptive(&mut d, 1, &[Mmco::UnmarkLongTerm(0)]).error, None);
        assert_eq!(references(&d), [(14, Some(1))]);
        assert_eq!(adaptive(&mut d, 1, &[Mmco::MaxLongTermFrameIdx(1)]).error, None);
        assert_eq!(references(&d), []);
    }

    #[test]
    fn operations_5_and_6() {
        let mut d = dpb(4, 4);
        d.stores = vec![frame(1, 0), long_frame(0, 0)];
        d.max_long_term_frame_idx_plus1 = 1;
        let mark = adaptive(&mut d, 2, &[Mmco::CurrentLongTerm(0)]);
        assert_eq!((mark.long_term_frame_idx, mark.mmco5), (Some(0), false));
        assert_eq!(references(&d), [(1, None)]);
        let mark = adaptive(&mut d, 2, &[Mmco::UnmarkAll]);
        assert!(mark.mmco5 && mark.error.is_none());
        assert_eq!(references(&d), []);
        assert!(adaptive(&mut d, 2, &[Mmco::CurrentLongTerm(0)]).error.is_some(), "no index is allowed after it");
    }

    #[test]
    fn an_operation_on_a_missing_picture_is_reported_and_the_others_are_done() {
        let mut d = dpb(4, 4);
        d.stores = vec![frame(1, 0)];
        let mark = adaptive(&mut d, 3, &[Mmco::UnmarkShortTerm(1), Mmco::UnmarkShortTerm(2)]);
        assert_eq!(mark.error, Some(Error::invalid("difference_of_pic_nums_minus1")));
        assert_eq!(references(&d), []);
    }

    #[test]
    fn operations_that_leave_too_many_references_are_an_error() {
        let mut d = dpb(2, 4);
        d.stores = vec![frame(1, 0), frame(2, 0)];
        assert!(adaptive(&mut d, 3, &[]).error.is_some());
        assert_eq!(references(&d), [(2, None)]);
    }

    #[test]
    fn idr_marking() {
        let mut d = dpb(2, 4);
        d.stores = vec![frame(1, 0), long_frame(2, 1)];
        let idr = DecRefPicMarking::Idr { no_output_of_prior_pics_flag: false, long_term_reference_flag: true };
        assert_eq!(d.mark(&idr, 0, Structure::Frame).long_term_frame_idx, Some(0));
        assert_eq!(references(&d), []);
        assert_eq!(d.max_long_term_frame_idx_plus1, 1);
    }

    #[test]
    fn fields_are_unmarked_one_by_one() {
        let mut d = dpb(2, 4);
        d.stores = vec![frame(1, 0)];
        d.update_frame_num_wrap(2);
        let ops = DecRefPicMarking::Adaptive(vec![Mmco::UnmarkShortTerm(2)]);
        // Top field, CurrPicNum 5: picNumX 3 is the field of the same parity of frame 1.
        assert_eq!(d.mark(&ops, 2, Structure::TopField).error, None);
        assert_eq!(d.stores[0].short, Fields::BOTTOM);
        let ops = DecRefPicMarking::Adaptive(vec![Mmco::UnmarkShortTerm(3)]);
        assert_eq!(d.mark(&ops, 2, Structure::TopField).error, None);
        assert!(!d.stores[0].is_reference());
    }

    #[test]
    fn a_gap_fills_the_window_with_frames_that_do_not_exist() {
        let s = sps(3, 4);
        let mut d = dpb(3, 4);
        for (frame_num, prev, want) in [
            (3, 0, vec![(0, false), (1, true), (2, true)]),
            (13, 0, vec![(10, true), (11, true), (12, true)]),
            (1, 14, vec![(0, false), (15, true), (0, true)]),
            (5, 4, vec![(0, false)]),
        ] {
            d.stores = vec![frame(0, 0)];
            d.fill_gap(&s, &mut PocState::default(), prev, frame_num, false).unwrap();
            let got: Vec<_> = d.stores.iter().map(|s| (s.frame_num, s.non_existing)).collect();
            assert_eq!(got, want, "{prev} to {frame_num}");
            assert!(d.first_ready().is_none(), "such a frame is never output");
        }
    }

    #[test]
    fn order_counts_run_on_through_a_gap() {
        let mut s = sps(2, 4);
        s.pic_order_cnt_type = 2;
        for prev in [15, 3] {
            let mut d = dpb(2, 4);
            d.stores = vec![frame(15, 0)];
            let mut poc = PocState::default();
            poc.skip_gap(&s, prev);
            // From 15 over the wrap to 9, or from 3 to 9 without one.
            d.fill_gap(&s, &mut poc, prev, 9, false).unwrap();
            let round = if prev == 15 { 32 } else { 0 };
            assert_eq!(d.stores.last().unwrap().field_poc, [round + 16; 2]);
        }
    }
}
