//! Output order: the "bumping" process, C.4.5.3.

use super::{Dpb, FrameStore, ReadyFrame};

impl Dpb {
    /// Stores a frame (C.4.5.1, C.4.5.2), first making room for it by output of what comes before.
    pub(crate) fn store(&mut self, store: FrameStore) {
        self.first_field = None;
        self.remove_unused();
        while self.stores.len() >= self.capacity {
            let first = self.first_in_output_order();
            if let Some(info) = &store.output
                && !store.is_reference()
                && first.is_none_or(|i| self.stores[i].poc() > store.poc())
            {
                let (pic, info) = (store.pic, info.clone());
                self.ready.push_back(ReadyFrame { pic, info });
                return;
            }
            if !self.bump() {
                // All stores are references: more of them than the sequence announced. The oldest goes.
                self.stores.remove(0);
            }
        }
        self.stores.push(store);
        while self.stores.iter().filter(|s| s.output.is_some()).count() > self.num_reorder_frames {
            self.bump();
        }
    }

    /// Stores the first field of a frame, a reference, while its second field is decoded. The frame's own store follows, after
    /// [`Dpb::take_first_field`].
    pub(crate) fn store_first_field(&mut self, store: FrameStore) {
        let id = store.pic.pic_id;
        self.store(store);
        self.first_field = Some(id);
    }

    /// Takes the first field of the frame `pic_id` out again, with the marks it has by now.
    pub(crate) fn take_first_field(&mut self, pic_id: u32) -> Option<FrameStore> {
        self.first_field = None;
        let i = self.stores.iter().position(|s| s.pic.pic_id == pic_id && !s.non_existing)?;
        Some(self.stores.remove(i))
    }

    /// Outputs all frames that wait, in order.
    pub(crate) fn flush(&mut self) {
        while self.bump() {}
    }

    /// Drops all frames that wait (`no_output_of_prior_pics_flag`).
    pub(crate) fn drop_waiting(&mut self) {
        for s in &mut self.stores {
            s.output = None;
        }
        self.remove_unused();
    }

    /// Forgets all references and outputs what waits: what comes next has nothing to do with what was before.
    pub(crate) fn end_sequence(&mut self) {
        self.flush();
        self.stores.clear();
        self.first_field = None;
    }

    fn first_in_output_order(&self) -> Option<usize> {
        let waiting = (0..self.stores.len()).filter(|&i| self.stores[i].output.is_some());
        waiting.min_by_key(|&i| self.stores[i].poc())
    }

    /// Outputs the first frame that waits; false if none does. Its store is emptied unless it is a reference.
    fn bump(&mut self) -> bool {
        let Some(i) = self.first_in_output_order() else { return false };
        let s = &mut self.stores[i];
        let Some(info) = s.output.take() else { return false };
        let frame = ReadyFrame { pic: s.pic.clone(), info };
        self.ready.push_back(frame);
        if !self.stores[i].is_reference() {
            self.stores.remove(i);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::h264::dec::frame::FrameInfo;
    use crate::h264::dpb::Fields;
    use crate::h264::dpb::tests::{dpb, frame};
    use std::vec::Vec;

    fn waiting(id: u32, poc: i32, reference: bool) -> FrameStore {
        let short = if reference { Fields::BOTH } else { Fields::NONE };
        FrameStore { output: Some(FrameInfo::default()), short, ..frame(id, poc) }
    }

    fn taken(d: &mut Dpb) -> Vec<i32> {
        core::iter::from_fn(|| d.take_ready()).map(|f| f.pic.poc).collect()
    }

    #[test]
    fn frames_leave_in_order_when_the_buffer_is_full() {
        let mut d = dpb(1, 4);
        (d.capacity, d.num_reorder_frames) = (2, 2);
        d.store(waiting(0, 0, true));
        d.store(waiting(1, 8, true));
        assert_eq!(taken(&mut d), []);
        // Both stores are references; the first is put out, and its store is needed for nothing but reference.
        d.stores[0].short = Fields::NONE;
        d.store(waiting(2, 4, false));
        assert_eq!(taken(&mut d), [0]);
        // A frame that is no reference and comes before all that wait needs no store.
        d.store(waiting(3, 2, false));
        assert_eq!(taken(&mut d), [2]);
        d.store(waiting(4, 6, false));
        assert_eq!(taken(&mut d), [4]);
        d.flush();
        assert_eq!(taken(&mut d), [6, 8]);
    }

    #[test]
    fn the_reorder_limit_puts_out_earlier() {
        let mut d = dpb(4, 4);
        (d.capacity, d.num_reorder_frames) = (4, 1);
        let out: Vec<_> = [0, 4, 2, 8, 6]
            .iter()
            .map(|&poc| {
                d.store(waiting(0, poc, poc % 4 == 0));
                taken(&mut d)
            })
            .collect();
        assert_eq!(out, [&[][..], &[0], &[2], &[4], &[6]]);
    }

    #[test]
    fn a_buffer_full_of_references_stays_bounded() {
        let mut d = dpb(2, 4);
        (d.capacity, d.num_reorder_frames) = (2, 2);
        for i in 0..9 {
            d.store(FrameStore { output: None, ..waiting(i, i as i32, true) });
            assert!(d.stores.len() <= 2);
        }
    }

    #[test]
    fn prior_pictures_can_be_dropped() {
        let mut d = dpb(4, 4);
        d.store(waiting(0, 0, false));
        d.store(waiting(1, 2, true));
        d.drop_waiting();
        d.flush();
        assert_eq!((taken(&mut d).len(), d.stores.len()), (0, 1));
    }
}
