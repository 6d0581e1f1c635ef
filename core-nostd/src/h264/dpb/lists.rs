//! Decoding process for reference picture lists construction, 8.2.4.

use super::{Dpb, Fields, FrameStore};
use crate::h264::dec::picture::{RefPic, Structure};
use crate::h264::params::{RefPicListModification, SliceHeader, SliceType};
use alloc::vec::Vec;

/// A list may have 32 entries, and one more while it is modified.
const MAX_ENTRIES: usize = 33;

/// A store and the fields of it that are meant.
type Entry = (u8, Fields);

/// A list under construction. `None` is "no reference picture".
#[derive(Clone, Copy, PartialEq, Eq)]
struct List {
    entries: [Option<Entry>; MAX_ENTRIES],
    len: usize,
}

impl List {
    const EMPTY: Self = Self { entries: [None; MAX_ENTRIES], len: 0 };

    fn push(&mut self, store: usize, fields: Fields) {
        if self.len < MAX_ENTRIES {
            self.entries[self.len] = Some((store as u8, fields));
            self.len += 1;
        }
    }
    /// Appends the stores that `keep` accepts, smallest `key` first.
    fn extend_sorted(
        &mut self,
        stores: &[FrameStore],
        keep: impl Fn(&FrameStore) -> bool,
        key: impl Fn(&FrameStore) -> i64,
    ) {
        let from = self.len;
        for (i, _) in stores.iter().enumerate().filter(|(_, s)| keep(s)) {
            self.push(i, Fields::BOTH);
        }
        self.entries[from..self.len].sort_unstable_by_key(|e| e.map(|(i, _)| key(&stores[usize::from(i)])));
    }
    /// 8.2.4.2.5: appends the fields that `marked` says are there of the `frames`, of parity `first` and the other in turns. When one
    /// parity is used up, the rest of the other follows.
    fn extend_alternating(
        &mut self,
        stores: &[FrameStore],
        frames: &Self,
        first: Fields,
        marked: impl Fn(&FrameStore) -> Fields,
    ) {
        let marked = &marked;
        let of_parity = |parity: Fields| {
            let frames = frames.entries[..frames.len].iter().flatten().map(|&(i, _)| usize::from(i));
            frames.filter(move |&i| marked(&stores[i]).contains(parity)).map(move |i| (i, parity))
        };
        let (mut same, mut other) = (of_parity(first), of_parity(first.opposite()));
        loop {
            let (a, b) = (same.next(), other.next());
            for (i, parity) in a.into_iter().chain(b) {
                self.push(i, parity);
            }
            if a.is_none() || b.is_none() {
                break;
            }
        }
        for (i, parity) in same.chain(other) {
            self.push(i, parity);
        }
    }
}

/// What building the lists of a slice met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ListReport {
    /// A modification named a picture that is not there, or there is no reference at all.
    pub(crate) missing: bool,
    /// An entry stands for a frame that was lost.
    pub(crate) tainted: bool,
}

impl Dpb {
    /// Builds `RefPicList0` and `RefPicList1` for a slice of the current frame or field, whose order count is `poc`.
    /// [`Dpb::update_frame_num_wrap`] has been called for it. Each list gets its active number of entries; where there is
    /// no reference picture, the first one that there is stands in, or else `stand_in`.
    ///
    /// Pictures with ids before `trust_from` count as undamaged.
    ///
    /// A list that is longer than the references is no fault: a conforming slice does not use the rest.
    pub(crate) fn build_lists(
        &self,
        header: &SliceHeader,
        poc: i32,
        pic_order_cnt_type: u8,
        trust_from: Option<u32>,
        lists: &mut [Vec<RefPic>; 2],
        stand_in: Option<&RefPic>,
    ) -> ListReport {
        let mut report = ListReport::default();
        let structure = header.structure();
        let initial = match header.slice_type {
            SliceType::B => self.initial_b(poc, pic_order_cnt_type, structure),
            _ => [self.initial_p(structure), List::EMPTY],
        };
        for (x, (out, mut list)) in lists.iter_mut().zip(initial).enumerate() {
            out.clear();
            let active = usize::from(header.num_ref_idx_active[x]).min(MAX_ENTRIES - 1);
            if active == 0 {
                continue;
            }
            // 8.2.4.2: what is beyond the active number is cut off.
            list.entries[active..].fill(None);
            list.len = active;
            report.missing |=
                !self.modify(&mut list, &header.ref_pic_list_modification[x], header.frame_num, structure);
            let entries = &list.entries[..active];
            let first = entries.iter().flatten().next().copied();
            let first = first.or_else(|| self.nearest_fields(structure));
            report.missing |= first.is_none();
            for entry in entries {
                match entry.or(first) {
                    Some((i, fields)) => {
                        let s = &self.stores[usize::from(i)];
                        let trusted = trust_from.is_some_and(|from| s.pic.pic_id < from);
                        report.tainted |= s.tainted && !trusted;
                        out.push(s.as_ref_pic(fields));
                    }
                    None => out.extend(stand_in.map(|r| RefPic { structure, ..r.clone() })),
                }
            }
        }
        report
    }

    /// The references that a damaged picture of structure `structure` and order count `poc` can be concealed from, the nearest in
    /// output order first.
    pub(crate) fn concealment_references(&self, structure: Structure, poc: i32, list: &mut Vec<RefPic>) {
        list.clear();
        let wanted = Fields::of(structure);
        for s in self.stores.iter().filter(|s| s.is_reference() && !s.non_existing) {
            let fields = if s.fields.contains(wanted) { wanted } else { wanted.opposite() };
            if !fields.is_empty() && s.fields.contains(fields) {
                list.push(s.as_ref_pic(fields));
            }
        }
        // Insertion sort: there are 16 at most, and a stable sort would allocate.
        let distance = |r: &RefPic| i64::from(r.pic.poc_of(r.structure)).abs_diff(poc.into());
        for i in 1..list.len() {
            for j in (1..=i).rev() {
                if distance(&list[j - 1]) <= distance(&list[j]) {
                    break;
                }
                list.swap(j - 1, j);
            }
        }
    }

    /// Something that a picture of structure `structure` can refer to where nothing else is known.
    fn nearest_fields(&self, structure: Structure) -> Option<Entry> {
        let i = self.nearest_reference()?;
        let wanted = Fields::of(structure);
        let fields = if self.stores[i].fields.contains(wanted) { wanted } else { wanted.opposite() };
        (!fields.is_empty()).then_some((i as u8, fields))
    }

    /// 8.2.4.2.1: P and SP slices of frames; 8.2.4.2.2: of fields.
    fn initial_p(&self, structure: Structure) -> List {
        let latest_first = |s: &FrameStore| -i64::from(s.frame_num_wrap);
        let mut list = List::EMPTY;
        if structure == Structure::Frame {
            list.extend_sorted(&self.stores, is_short, latest_first);
        } else {
            let mut frames = List::EMPTY;
            frames.extend_sorted(&self.stores, |s| !s.short.is_empty(), latest_first);
            list.extend_alternating(&self.stores, &frames, Fields::of(structure), |s| s.short);
        }
        self.append_long(&mut list, structure);
        list
    }

    /// The long-term references at the end of a list.
    fn append_long(&self, list: &mut List, structure: Structure) {
        let key = |s: &FrameStore| s.long_term_frame_idx.into();
        if structure == Structure::Frame {
            list.extend_sorted(&self.stores, is_long, key);
        } else {
            let mut frames = List::EMPTY;
            frames.extend_sorted(&self.stores, |s| !s.long.is_empty(), key);
            list.extend_alternating(&self.stores, &frames, Fields::of(structure), |s| s.long);
        }
    }

    /// 8.2.4.2.3: B slices of frames; 8.2.4.2.4: of fields. A frame that does not exist has no order count where those are sent
    /// (type 0).
    fn initial_b(&self, poc: i32, pic_order_cnt_type: u8, structure: Structure) -> [List; 2] {
        let field = structure != Structure::Frame;
        let ordered = |s: &FrameStore| {
            (if field { !s.short.is_empty() } else { is_short(s) }) && !(s.non_existing && pic_order_cnt_type == 0)
        };
        let before = |list: &mut List| {
            list.extend_sorted(&self.stores, |s| ordered(s) && s.poc() <= poc, |s| -i64::from(s.poc()));
        };
        let after = |list: &mut List| {
            list.extend_sorted(&self.stores, |s| ordered(s) && s.poc() > poc, |s| s.poc().into());
        };
        let mut lists = [List::EMPTY; 2];
        before(&mut lists[0]);
        after(&mut lists[0]);
        after(&mut lists[1]);
        before(&mut lists[1]);
        for list in &mut lists {
            if field {
                let frames = core::mem::replace(list, List::EMPTY);
                list.extend_alternating(&self.stores, &frames, Fields::of(structure), |s| s.short);
            }
            self.append_long(list, structure);
        }
        if lists[1].len > 1 && lists[0] == lists[1] {
            lists[1].entries.swap(0, 1);
        }
        lists
    }

    /// 8.2.4.3; false if a picture is not there: the one with the nearest number stands in for a short-term reference. The list has its
    /// final length.
    fn modify(
        &self,
        list: &mut List,
        modifications: &[RefPicListModification],
        frame_num: u32,
        structure: Structure,
    ) -> bool {
        // CurrPicNum and MaxPicNum, 7.4.3.
        let (mut curr_pic_num, mut max_pic_num) = (i64::from(frame_num), i64::from(self.max_frame_num));
        if structure != Structure::Frame {
            (curr_pic_num, max_pic_num) = (2 * curr_pic_num + 1, 2 * max_pic_num);
        }
        let mut pred = curr_pic_num;
        let mut ref_idx = 0;
        let mut complete = true;
        for m in modifications {
            let (found, instead) = match *m {
                RefPicListModification::LongTermPicNum(n) => (self.find_long(n, structure), None),
                RefPicListModification::SubtractPicNum(n) | RefPicListModification::AddPicNum(n) => {
                    let n =
                        if matches!(m, RefPicListModification::AddPicNum(_)) { i64::from(n) } else { -i64::from(n) };
                    pred = (pred + n).rem_euclid(max_pic_num);
                    // picNumLX, 8-36.
                    let pic_num = if pred > curr_pic_num { pred - max_pic_num } else { pred };
                    let found = self.find_short(pic_num, structure);
                    (found, if found.is_none() { self.nearest_short(pic_num, structure) } else { None })
                }
            };
            complete &= found.is_some();
            let Some((store, fields)) = found.or(instead) else { continue };
            if ref_idx < list.len {
                let entries = &mut list.entries[..=list.len];
                if found.is_some() {
                    insert(entries, ref_idx, (store as u8, fields));
                } else {
                    // What stands in for a missing picture keeps its own place, too.
                    entries[ref_idx..].rotate_right(1);
                    entries[ref_idx] = Some((store as u8, fields));
                }
                list.entries[list.len] = None;
                ref_idx += 1;
            }
        }
        complete
    }
}

/// 8-37: puts `entry` at `ref_idx`, moves the others up, and takes out its second occurrence after it. `entries` has
/// one place more than the list.
fn insert(entries: &mut [Option<Entry>], ref_idx: usize, entry: Entry) {
    entries[ref_idx..].rotate_right(1);
    entries[ref_idx] = Some(entry);
    let rest = &mut entries[ref_idx + 1..];
    if let Some(again) = rest.iter().position(|&e| e == Some(entry)) {
        rest[again..].rotate_left(1);
    }
}

fn is_short(s: &FrameStore) -> bool {
    s.short.contains(Fields::BOTH)
}

fn is_long(s: &FrameStore) -> bool {
    s.long.contains(Fields::BOTH)
}

#[cfg(test)]
mod tests {
    use super::RefPicListModification::{AddPicNum, LongTermPicNum, SubtractPicNum};
    use super::*;
    use crate::h264::dpb::tests::{dpb, frame, long_frame};
    use std::vec;

    /// `frame_num`s of both lists.
    fn build(d: &mut Dpb, h: &SliceHeader, poc: i32) -> ([Vec<u32>; 2], ListReport) {
        d.update_frame_num_wrap(h.frame_num);
        let mut lists = [vec![], vec![]];
        let report = d.build_lists(h, poc, 0, None, &mut lists, None);
        (lists.map(|l| l.iter().map(|r| r.pic.pic_id).collect()), report)
    }

    fn p(frame_num: u32, active: u8, mods: &[RefPicListModification]) -> SliceHeader {
        SliceHeader {
            slice_type: SliceType::P,
            frame_num,
            num_ref_idx_active: [active, 0],
            ref_pic_list_modification: [mods.to_vec(), vec![]],
            ..SliceHeader::default()
        }
    }

    #[test]
    fn p_lists_go_back_in_decoding_order_then_long_term() {
        let mut d = dpb(6, 4);
        d.stores = vec![frame(14, 0), frame(15, 2), frame(0, 4), long_frame(9, 1), long_frame(8, 0)];
        assert_eq!(build(&mut d, &p(1, 5, &[]), 9).0[0], [0, 15, 14, 8, 9]);
        assert_eq!(build(&mut d, &p(1, 2, &[]), 9).0[0], [0, 15]);
        // A longer list is filled up, and that is no fault.
        let (lists, report) = build(&mut d, &p(1, 7, &[]), 9);
        assert_eq!(lists[0], [0, 15, 14, 8, 9, 0, 0]);
        assert_eq!(report, ListReport::default());
    }

    /// `frame_num` and structure of the entries of both lists.
    fn build_fields(d: &mut Dpb, h: &SliceHeader, poc: i32) -> [Vec<(u32, Structure)>; 2] {
        d.update_frame_num_wrap(h.frame_num);
        let mut lists = [vec![], vec![]];
        d.build_lists(h, poc, 0, None, &mut lists, None);
        lists.map(|l| l.iter().map(|r| (r.pic.pic_id, r.structure)).collect())
    }

    #[test]
    fn field_lists_take_parities_in_turns() {
        let (t, b) = (Structure::TopField, Structure::BottomField);
        let mut d = dpb(6, 4);
        // Frame 2 has lost its bottom field; of frame 3, whose bottom field is decoded now, there is the top field.
        let half = |n, poc| FrameStore { short: Fields::TOP, ..frame(n, poc) };
        d.stores = vec![frame(1, 0), half(2, 4), FrameStore { fields: Fields::TOP, ..half(3, 8) }, long_frame(0, 0)];
        let fields = SliceHeader { field_pic_flag: true, bottom_field_flag: true, ..p(3, 6, &[]) };
        let want = [(1, b), (3, t), (2, t), (1, t), (0, b), (0, t)];
        assert_eq!(build_fields(&mut d, &fields, 9)[0], want);
        // 8.2.4.3: CurrPicNum is 7; 7 - 5 = 2 is the other parity of frame 1.
        let fields = SliceHeader { ref_pic_list_modification: [vec![SubtractPicNum(5)], vec![]], ..fields };
        assert_eq!(build_fields(&mut d, &fields, 9)[0], [(1, t), (1, b), (3, t), (2, t), (0, b), (0, t)]);
        let fields = SliceHeader {
            slice_type: SliceType::B,
            num_ref_idx_active: [6, 6],
            ref_pic_list_modification: [vec![], vec![]],
            bottom_field_flag: false,
            frame_num: 4,
            ..fields
        };
        let want = [[(2, t), (1, b), (1, t), (3, t), (0, t), (0, b)], [(3, t), (1, b), (2, t), (1, t), (0, t), (0, b)]];
        assert_eq!(build_fields(&mut d, &fields, 5), want);
    }

    #[test]
    fn half_marked_frames_are_no_references_of_frames() {
        let mut d = dpb(6, 4);
        d.stores = vec![frame(1, 0), FrameStore { short: Fields::TOP, ..frame(2, 2) }];
        assert_eq!(build(&mut d, &p(3, 1, &[]), 9).0[0], [1]);
    }

    #[test]
    fn modification_moves_pictures_to_the_front() {
        let mut d = dpb(6, 4);
        d.stores = vec![frame(14, 0), frame(15, 2), frame(0, 4), long_frame(8, 0)];
        // picNumPred 1: 1 - 3 = -2 (frame 14), then -2 + 1 = -1 (frame 15).
        let mods = [SubtractPicNum(3), AddPicNum(1)];
        assert_eq!(build(&mut d, &p(1, 4, &mods), 9).0[0], [14, 15, 0, 8]);
        let mods = [LongTermPicNum(0), SubtractPicNum(1)];
        assert_eq!(build(&mut d, &p(1, 4, &mods), 9).0[0], [8, 0, 15, 14]);
        // The same picture twice, in a list that is longer than the references.
        let mods = [SubtractPicNum(2), SubtractPicNum(16)];
        assert_eq!(build(&mut d, &p(1, 5, &mods), 9).0[0], [15, 15, 0, 14, 8]);
        // Cut off at the active number.
        assert_eq!(build(&mut d, &p(1, 1, &[LongTermPicNum(0)]), 9).0[0], [8]);
    }

    #[test]
    fn a_missing_picture_is_reported() {
        let mut d = dpb(6, 4);
        d.stores = vec![frame(2, 0)];
        let (lists, report) = build(&mut d, &p(5, 2, &[SubtractPicNum(1)]), 9);
        assert_eq!((lists[0].as_slice(), report.missing), (&[2, 2][..], true));
        // 6 - 3 = 3 is not there; 4 is nearest to it, and the others keep their order behind it.
        d.stores = vec![frame(1, 0), frame(4, 2), frame(5, 4)];
        let (lists, report) = build(&mut d, &p(6, 4, &[SubtractPicNum(3)]), 9);
        assert_eq!((lists[0].as_slice(), report.missing), (&[4, 5, 4, 1][..], true));
        d.stores.clear();
        let (lists, report) = build(&mut d, &p(5, 2, &[]), 9);
        assert_eq!((lists[0].len(), report.missing), (0, true));
    }

    #[test]
    fn b_lists_go_out_from_the_current_order_count() {
        let mut d = dpb(6, 4);
        d.stores = vec![frame(0, 0), frame(1, 8), frame(2, 4), frame(3, 12), long_frame(4, 2)];
        let h = SliceHeader {
            slice_type: SliceType::B,
            frame_num: 5,
            num_ref_idx_active: [5, 5],
            ..SliceHeader::default()
        };
        assert_eq!(build(&mut d, &h, 6).0, [[2, 0, 1, 3, 4], [1, 3, 2, 0, 4]]);
        // All references before the picture: the lists would be the same, so list 1 begins with its second entry.
        assert_eq!(build(&mut d, &h, 20).0, [[3, 1, 2, 0, 4], [1, 3, 2, 0, 4]]);
        // That is decided before the lists are cut to their active length.
        let h = SliceHeader { num_ref_idx_active: [1, 1], ..h };
        assert_eq!(build(&mut d, &h, 20).0, [[3], [1]]);
        // A frame that does not exist has no place by order count.
        d.stores[3].non_existing = true;
        let h = SliceHeader { num_ref_idx_active: [4, 4], ..h };
        assert_eq!(build(&mut d, &h, 6).0, [[2, 0, 1, 4], [1, 2, 0, 4]]);
    }
}
