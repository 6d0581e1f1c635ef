//! Reference picture lists, 8.2.4: which coded pictures a picture refers to, in which order, and with which weights.

use super::reference::Reference;
use crate::h264::params::RefPicListModification;
use crate::h264::pred::weighted::{dist_scale_factor, implicit_w1};
use alloc::vec::Vec;

/// Most entries of a list.
const MAX: usize = 16;

/// The lists as places in the pool of coded pictures.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lists {
    places: [[u8; MAX]; 2],
    lengths: [usize; 2],
    /// Order count of the current picture and of those in the lists.
    pub poc: i32,
    pub pocs: [[i32; MAX]; 2],
    /// w1 of implicit weighted prediction by index in either list, 8.4.2.3.1; all 32 without it.
    weights: [[i16; MAX]; MAX],
}

impl Lists {
    /// The lists of a picture with order count `poc`: list 0 the pictures before it, list 1 those after it, the nearest first, at most
    /// `most` of each. `weighted` picks implicit weights.
    pub(super) fn new(pool: &[Reference], poc: i32, most: [usize; 2], weighted: bool) -> Self {
        let mut lists =
            Self { places: [[0; MAX]; 2], lengths: [0; 2], poc, pocs: [[0; MAX]; 2], weights: [[32; MAX]; MAX] };
        for list in 0..2 {
            let mut last = 0;
            while lists.lengths[list] < most[list].min(MAX) {
                // The nearest that is further away than the last one.
                let next = pool
                    .iter()
                    .enumerate()
                    .map(|(i, r)| (if list == 0 { poc - r.poc } else { r.poc - poc }, i))
                    .filter(|&(distance, _)| distance > last)
                    .min();
                let Some((distance, i)) = next else { break };
                last = distance;
                let n = lists.lengths[list];
                lists.places[list][n] = i as u8;
                lists.pocs[list][n] = pool[i].poc;
                lists.lengths[list] += 1;
            }
        }
        if weighted {
            for a in 0..lists.lengths[0] {
                for b in 0..lists.lengths[1] {
                    let factor = dist_scale_factor(poc, lists.pocs[0][a], lists.pocs[1][b], false);
                    lists.weights[a][b] = implicit_w1(factor);
                }
            }
        }
        lists
    }
    /// Puts the first picture of list 0 into it once more, as its second entry. The list has room.
    pub(super) fn repeat_first(&mut self) {
        let n = self.lengths[0].min(MAX - 1);
        self.places[0].copy_within(0..n, 1);
        self.pocs[0].copy_within(0..n, 1);
        self.lengths[0] = n + 1;
    }
    /// Numbers of the pictures of list 0 by index: the same for entries with the same picture.
    pub(super) fn pictures(&self) -> &[u8] {
        &self.places[0][..self.lengths[0]]
    }
    /// Entries of a list.
    #[inline]
    pub(super) fn len(&self, list: usize) -> usize {
        self.lengths[list]
    }
    /// Place in the pool of an entry.
    #[inline]
    pub(super) fn place(&self, list: usize, index: usize) -> usize {
        usize::from(self.places[list][index & (MAX - 1)])
    }
    /// Weight of the second prediction, of 64, for indices into list 0 and list 1.
    #[inline]
    pub(super) fn weight(&self, r0: usize, r1: usize) -> i32 {
        self.weights[r0 & (MAX - 1)][r1 & (MAX - 1)].into()
    }
    /// `DistScaleFactor` of an entry of list 0 and the first of list 1.
    pub(super) fn scale(&self, r0: usize) -> Option<i32> {
        dist_scale_factor(self.poc, self.pocs[0][r0 & (MAX - 1)], self.pocs[1][0], false)
    }
    /// The first index in list 0 of the picture with order count `poc`.
    pub(super) fn index_of(&self, poc: i32) -> Option<usize> {
        self.pocs[0][..self.lengths[0]].iter().position(|&p| p == poc)
    }

    /// Writes to `out` what makes the initial list 0 of a P picture, which goes by `frame_num` (8.2.4.2.1), into this one; nothing where
    /// they agree.
    pub(super) fn modifications(
        &self,
        pool: &[Reference],
        frame_num: u32,
        max_frame_num: u32,
        out: &mut Vec<RefPicListModification>,
    ) {
        out.clear();
        let pic_num =
            |r: &Reference| i64::from(r.frame_num) - if r.frame_num > frame_num { i64::from(max_frame_num) } else { 0 };
        // The pool has the latest first, as the initial list does.
        if (0..self.lengths[0]).all(|i| self.place(0, i) == i) {
            return;
        }
        let mut predicted = i64::from(frame_num);
        for i in 0..self.lengths[0] {
            let n = pic_num(&pool[self.place(0, i)]);
            // The picture before once more is a whole turn away.
            let distance = if n == predicted { max_frame_num } else { n.abs_diff(predicted) as u32 };
            out.push(if n <= predicted {
                RefPicListModification::SubtractPicNum(distance)
            } else {
                RefPicListModification::AddPicNum(distance)
            });
            predicted = n;
        }
    }
}
