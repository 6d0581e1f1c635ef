//! Pictures that wait to be coded: their kinds, their order, and what of their quality later ones use.

use super::aq;
use super::config::{BAdapt, EncoderConfig, RateControl};
use super::frame::{Frame, FrameKind};
use super::frame_type::KeyFrames;
use super::low::Low;
use super::presets::Tools;
use super::rate::Ahead;
use super::share::share_quality;
use crate::error::Result;
use crate::picture::Picture;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use transcode_simd::Kernels;

/// The window of pictures from the last anchor (IDR or P picture) coded to the latest one sent.
#[derive(Debug)]
pub(super) struct Lookahead {
    k: Kernels,
    tools: Tools,
    size: (usize, usize),
    /// In output order.
    frames: VecDeque<Frame>,
    /// Frames to be used again.
    spare: Vec<Frame>,
    /// How many at the front have been given out to be coded.
    coded: usize,
    /// How many at the front have a kind; the last of them is an anchor.
    decided: usize,
    keys: KeyFrames,
    /// The pictures of the group under way in coding order, as places in `frames`.
    order: VecDeque<usize>,
    /// Pictures sent so far.
    number: u64,
    /// Whether anybody asks for costs.
    scan: bool,
    /// Costs of the ways through the next pictures.
    ways: Vec<(u64, usize)>,
    /// A weighted picture.
    scratch: Low,
}

/// Kind and references of B picture `i` between `anchor` and `last`.
fn b_place(i: usize, anchor: usize, middle: Option<usize>, last: usize) -> (FrameKind, usize, usize) {
    match middle {
        Some(m) if i == m => (FrameKind::BRef, anchor, last),
        Some(m) if i < m => (FrameKind::B, anchor, m),
        Some(m) => (FrameKind::B, m, last),
        None => (FrameKind::B, anchor, last),
    }
}

impl Lookahead {
    pub(super) fn new(config: &EncoderConfig, tools: Tools) -> Self {
        Self {
            k: config.kernels,
            tools,
            size: config.size_in_mbs(),
            frames: VecDeque::new(),
            spare: Vec::new(),
            coded: 0,
            decided: 0,
            keys: KeyFrames::default(),
            order: VecDeque::new(),
            number: 0,
            ways: Vec::with_capacity(2 * usize::from(tools.b_frames) + 4),
            scratch: Low::new(config.size_in_mbs().0, config.size_in_mbs().1),
            scan: tools.lookahead > 0
                || tools.weight_p > 0
                || tools.b_frames > 0
                || config.scene_cut
                || matches!(config.rate, RateControl::Abr { .. })
                || config.vbv.is_some(),
        }
    }

    /// Most B pictures in a row.
    fn most_b(&self) -> usize {
        self.tools.b_frames.into()
    }

    /// Takes a picture.
    pub(super) fn push(
        &mut self,
        config: &EncoderConfig,
        picture: &Picture<u8>,
        pts: i64,
        force_key: bool,
    ) -> Result<()> {
        let mut frame = match self.spare.pop() {
            Some(f) => f,
            None => Frame::new(self.size, &self.tools)?,
        };
        frame.load(picture);
        if self.scan {
            frame.scan(self.k);
        }
        (frame.pts, frame.number) = (pts, self.number);
        self.number += 1;
        if let Some(before) = self.frames.back().filter(|_| self.scan) {
            frame.inter_cost = frame.search_p(self.k, before, 1, &mut self.scratch);
        }
        let key = self.keys.decide(config, &frame, force_key);
        frame.kind = if key { FrameKind::Key } else { FrameKind::P };
        aq::set_offsets(&mut frame, self.size.0, config.aq());
        self.frames.push_back(frame);
        self.decide(false);
        Ok(())
    }

    /// Decides the kinds of pictures as far as those that follow are known; all of them if no more come.
    fn decide(&mut self, finished: bool) {
        while self.decided < self.frames.len() {
            // A way is chosen by two groups at a time.
            let groups = if self.tools.b_adapt == BAdapt::Trellis && self.most_b() > 0 { 2 } else { 1 };
            let most = groups * (self.most_b() + 1);
            let run = self.frames.iter().skip(self.decided).take(most).take_while(|f| f.kind != FrameKind::Key).count();
            if run == 0 {
                // The frame's kind is set.
                self.frames[self.decided].keep_one(0);
                self.weigh(1);
                self.decided += 1;
                continue;
            }
            let key_follows = self.decided + run < self.frames.len();
            if run < most && !key_follows && !finished {
                return;
            }
            let length = self.group_length(run);
            self.settle(length);
            self.weigh(length);
            self.decided += length;
        }
    }

    /// Sums up what each of the next group's pictures costs.
    fn weigh(&mut self, length: usize) {
        if self.scan {
            self.frames.iter_mut().skip(self.decided).take(length).for_each(Frame::weigh);
        }
    }

    /// The pictures that are not given out yet and have a kind, in decoding order; a picture given out last comes first.
    pub(super) fn ahead(&self, given: usize, to: &mut Vec<Ahead>) {
        to.clear();
        let of = |i: &usize| self.frames.get(*i).map(Ahead::of);
        to.extend(of(&given));
        to.extend(self.order.iter().filter_map(of));
        let mut first = self.coded;
        while let Some(last) = (first..self.decided).find(|&i| self.frames[i].kind.is_anchor()) {
            to.extend(of(&last));
            for kind in [FrameKind::BRef, FrameKind::B] {
                to.extend((first..last).filter(|&i| self.frames[i].kind == kind).filter_map(|i| of(&i)));
            }
            first = last + 1;
        }
    }

    /// Whether all pictures sent have a kind.
    pub(super) fn all_decided(&self) -> bool {
        self.decided == self.frames.len()
    }

    /// The picture at a place.
    pub(super) fn frame(&self, place: usize) -> &Frame {
        &self.frames[place]
    }

    /// Cost of `frame` as a P picture that refers to `to`.
    fn cost_p(&mut self, frame: usize, to: usize) -> u64 {
        let (head, tail) = self.frames.make_contiguous().split_at_mut(frame);
        tail.first_mut().map_or(0, |f| f.search_p(self.k, &head[to], frame - to, &mut self.scratch))
    }
    /// Cost of `frame` as a B picture between `before` and `after`.
    fn cost_b(&mut self, frame: usize, before: usize, after: usize, keep: bool) -> u64 {
        let k = self.k;
        let (head, tail) = self.frames.make_contiguous().split_at_mut(frame);
        let Some((f, tail)) = tail.split_first_mut() else { return 0 };
        f.search(k, &head[before], 0, frame - before);
        f.search(k, &tail[after - frame - 1], 1, after - frame);
        let distances = [frame - before, after - frame];
        f.cost_of_two(k, [&head[before], &tail[after - frame - 1]], distances, keep)
    }

    /// How many of the next `run` pictures make the next group: B pictures and, as its last, a P picture.
    fn group_length(&mut self, run: usize) -> usize {
        if run == 1 || self.decided == 0 {
            return run.min(1);
        }
        let anchor = self.decided - 1;
        match self.tools.b_adapt {
            BAdapt::None => run.min(self.most_b() + 1),
            BAdapt::Fast => self.longest_worth(anchor, run),
            BAdapt::Trellis => self.first_of_cheapest(anchor, run),
        }
    }

    /// Cost of the pictures after `anchor` up to `last` as B pictures and a P picture.
    fn group_cost(&mut self, anchor: usize, last: usize) -> u64 {
        let middle = self.middle(anchor, last);
        let b: u64 = (anchor + 1..last)
            .map(|i| {
                let (_, before, after) = b_place(i, anchor, middle, last);
                self.cost_b(i, before, after, false)
            })
            .sum();
        self.cost_p(last, anchor) + b * 5 / 6
    }

    /// The first group on the cheapest way through the next `run` pictures.
    fn first_of_cheapest(&mut self, anchor: usize, run: usize) -> usize {
        let most = self.most_b() + 1;
        // By the pictures coded so far: the least cost, and the length of the first group.
        self.ways.clear();
        self.ways.push((0, 0));
        for end in 1..=run {
            let mut best = (u64::MAX, 1);
            for length in 1..=most.min(end) {
                let start = end - length;
                let (before, first) = self.ways[start];
                let cost = before + self.group_cost(anchor + start, anchor + end);
                if cost < best.0 {
                    best = (cost, if start == 0 { length } else { first });
                }
            }
            self.ways.push(best);
        }
        self.ways[run].1
    }

    /// The B picture among those between `anchor` and `last` that the others refer to.
    fn middle(&self, anchor: usize, last: usize) -> Option<usize> {
        (self.tools.b_pyramid && last - anchor > 2).then_some(anchor + (last - anchor) / 2)
    }

    /// Makes the group longer as long as the mean cost of its pictures does not grow.
    fn longest_worth(&mut self, anchor: usize, run: usize) -> usize {
        let two_p = self.cost_p(anchor + 1, anchor) + self.cost_p(anchor + 2, anchor + 1);
        let far = self.cost_p(anchor + 2, anchor);
        let b = self.cost_b(anchor + 1, anchor, anchor + 2, false);
        // What is left of a B picture is quantised more coarsely than a P picture's.
        let b = b * 11 / 12;
        if far + b >= two_p {
            return 1;
        }
        let mut mean = (far + b) / 2;
        for length in 3..=run {
            let far = self.cost_p(anchor + length, anchor);
            // B pictures of a longer group cost about as much more as its P picture does.
            let n = length as u64;
            let total = far + (n - 1) * b;
            if total / n > mean * 9 / 8 {
                return length - 1;
            }
            mean = total / n;
        }
        run
    }

    /// Sets kinds and references of the next group.
    fn settle(&mut self, length: usize) {
        let first = self.decided;
        let last = first + length - 1;
        if first == 0 {
            self.frames[first].keep_one(0);
            return;
        }
        let anchor = first - 1;
        if self.scan {
            self.cost_p(last, anchor);
        }
        self.frames[last].kind = FrameKind::P;
        self.frames[last].keep_one(length);
        let middle = self.middle(anchor, last);
        for i in first..last {
            let (kind, before, after) = b_place(i, anchor, middle, last);
            self.frames[i].kind = kind;
            self.cost_b(i, before, after, true);
        }
    }

    /// The place of the next picture to be coded, if enough of those after it are known. `finished` says that no more come.
    pub(super) fn next(&mut self, finished: bool) -> Option<usize> {
        if self.order.is_empty() {
            self.drop_coded();
            if finished {
                self.decide(true);
            }
            let enough = self.decided - self.coded > usize::from(self.tools.lookahead) || finished;
            if !enough || self.decided == self.coded {
                return None;
            }
            self.start_group();
        }
        self.order.pop_front()
    }

    /// Frees the pictures that nothing refers to any more.
    fn drop_coded(&mut self) {
        while self.coded > 1 {
            self.spare.extend(self.frames.pop_front());
            self.coded -= 1;
            self.decided -= 1;
        }
    }

    fn start_group(&mut self) {
        let first = self.coded;
        let (decided, size) = (self.decided, self.size);
        let last = (first..decided).find(|&i| self.frames[i].kind.is_anchor()).unwrap_or(decided - 1);
        let frames = &mut self.frames.make_contiguous()[..decided];
        if self.tools.lookahead > 0 {
            share_quality(frames, first, size);
        } else {
            frames[first..=last].iter_mut().for_each(|f| f.offsets.copy_from_slice(&f.aq));
        }
        self.order.push_back(last);
        for kind in [FrameKind::BRef, FrameKind::B] {
            self.order.extend((first..last).filter(|&i| self.frames[i].kind == kind));
        }
        self.coded = last + 1;
    }
}
