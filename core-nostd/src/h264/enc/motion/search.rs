//! Search at whole samples by sums of absolute differences.

use super::Target;
use crate::h264::enc::presets::{Search, Tools};
use crate::h264::mb_info::Mv;
use transcode_simd::BlockSize;

const HEXAGON: [(i32, i32); 6] = [(-2, 0), (-1, 2), (1, 2), (2, 0), (1, -2), (-1, -2)];
const DIAMOND: [(i32, i32); 4] = [(0, -1), (0, 1), (-1, 0), (1, 0)];
const SQUARE: [(i32, i32); 8] = [(0, -1), (0, 1), (-1, 0), (1, 0), (-1, -1), (1, -1), (-1, 1), (1, 1)];
/// Sixteen points at distance about four; multiplied for wider rings.
const RING: [(i32, i32); 16] = [
    (-4, -2),
    (-4, -1),
    (-4, 0),
    (-4, 1),
    (-4, 2),
    (4, -2),
    (4, -1),
    (4, 0),
    (4, 1),
    (4, 2),
    (-2, 3),
    (0, 4),
    (2, 3),
    (-2, -3),
    (0, -4),
    (2, -3),
];

/// A search under way. Positions are whole samples.
struct State<'a, 'b> {
    t: &'a Target<'b>,
    /// Bounds in whole samples.
    x: (i32, i32),
    y: (i32, i32),
    best: (i32, i32),
    cost: u32,
}

impl State<'_, '_> {
    #[inline]
    fn inside(&self, x: i32, y: i32) -> bool {
        x >= self.x.0 && x <= self.x.1 && y >= self.y.0 && y <= self.y.1
    }
    #[inline]
    fn reference(&self, x: i32, y: i32) -> &[u8] {
        let stride = self.t.reference.stride() as isize;
        &self.t.reference.luma()[(self.t.at as isize + y as isize * stride + x as isize) as usize..]
    }
    fn offer(&mut self, x: i32, y: i32, sad: u32) -> bool {
        let cost = sad + self.t.rate(4 * x, 4 * y);
        let better = cost < self.cost;
        if better {
            (self.best, self.cost) = ((x, y), cost);
        }
        better
    }
    /// Tries one position.
    fn one(&mut self, x: i32, y: i32) -> bool {
        if !self.inside(x, y) {
            return false;
        }
        let t = self.t;
        let sad = t.k.sad(t.size, t.src, t.stride, self.reference(x, y), t.reference.stride());
        self.offer(x, y, sad)
    }
    /// Tries `points` around `centre`, each component of which is at most four, all at once where all are inside; tells which was best, if
    /// any was better.
    fn points<const N: usize>(&mut self, centre: (i32, i32), points: [(i32, i32); N], scale: i32) -> Option<usize> {
        let mut found = None;
        let reach = 4 * scale;
        let inside = self.inside(centre.0 - reach, centre.1 - reach) && self.inside(centre.0 + reach, centre.1 + reach);
        let place = |d: (i32, i32)| (centre.0 + d.0 * scale, centre.1 + d.1 * scale);
        if !inside || N < 3 {
            for (i, &d) in points.iter().enumerate() {
                let (x, y) = place(d);
                if self.one(x, y) {
                    found = Some(i);
                }
            }
            return found;
        }
        let t = self.t;
        let (threes, fours) = if N.is_multiple_of(3) { (&points[..], &[][..]) } else { (&[][..], &points[..]) };
        for (group, d) in threes.as_chunks::<3>().0.iter().enumerate() {
            let at = d.map(place);
            let refs = at.map(|(x, y)| self.reference(x, y));
            let sads = t.k.sad_x3(t.size, t.src, t.stride, refs, t.reference.stride());
            for i in 0..3 {
                if self.offer(at[i].0, at[i].1, sads[i]) {
                    found = Some(3 * group + i);
                }
            }
        }
        for (group, d) in fours.as_chunks::<4>().0.iter().enumerate() {
            let at = d.map(place);
            let refs = at.map(|(x, y)| self.reference(x, y));
            let sads = t.k.sad_x4(t.size, t.src, t.stride, refs, t.reference.stride());
            for i in 0..4 {
                if self.offer(at[i].0, at[i].1, sads[i]) {
                    found = Some(4 * group + i);
                }
            }
        }
        found
    }

    fn diamond(&mut self, range: i32) {
        for _ in 0..range {
            if self.points(self.best, DIAMOND, 1).is_none() {
                break;
            }
        }
    }

    fn hexagon(&mut self, range: i32) {
        let mut found = self.points(self.best, HEXAGON, 1);
        for _ in 0..range / 2 {
            let Some(i) = found else { break };
            // Three points of the next hexagon are new.
            let next = [5, 0, 1].map(|d| HEXAGON[(i + d) % 6]);
            found = self.points(self.best, next, 1).map(|f| (i + 5 + f) % 6);
        }
        self.points(self.best, SQUARE, 1);
    }

    /// Horizontal motion is the more common, so that the cross is half as high as wide.
    fn multi_hexagon(&mut self, range: i32) {
        self.diamond(2);
        let centre = self.best;
        for d in (1..range).step_by(2) {
            self.points(centre, [(-d, 0), (d, 0)], 1);
            if 2 * d < range {
                self.points(centre, [(0, -d), (0, d)], 1);
            }
        }
        let centre = self.best;
        for scale in 1..=range / 4 {
            self.points(centre, RING, scale);
        }
        self.hexagon(range);
    }
}

/// The best vector, in quarter samples, of those that the search reaches, and its cost.
pub(super) fn search(t: &Target<'_>, tools: &Tools, candidates: &[Mv]) -> (Mv, u32) {
    // Whole positions whose refinement cannot leave the range.
    let bounds = |(lo, hi): (i32, i32)| ((lo + 3) >> 2, hi >> 2);
    let mut s = State { t, x: bounds(t.range[0]), y: bounds(t.range[1]), best: (0, 0), cost: u32::MAX };
    s.best = (0i32.clamp(s.x.0, s.x.1), 0i32.clamp(s.y.0, s.y.1));
    let mut tried = [(0, 0); 12];
    let mut count = 0;
    for &c in [t.predicted].iter().chain(candidates) {
        let c = t.clamp(c);
        let at = (((i32::from(c.x) + 2) >> 2).clamp(s.x.0, s.x.1), ((i32::from(c.y) + 2) >> 2).clamp(s.y.0, s.y.1));
        if tried[..count].contains(&at) || count == tried.len() {
            continue;
        }
        tried[count] = at;
        count += 1;
        s.one(at.0, at.1);
    }
    if !tried[..count].contains(&(0, 0)) {
        s.one(0, 0);
    }
    let range = i32::from(tools.range);
    match tools.search {
        Search::Diamond => s.diamond(range),
        // Parts begin where the whole ended.
        Search::Hexagon if t.size != BlockSize::B16x16 && tools.rd < 2 => s.diamond(range),
        Search::Hexagon => s.hexagon(range),
        Search::MultiHexagon => s.multi_hexagon(range),
    }
    (Mv::new((4 * s.best.0) as i16, (4 * s.best.1) as i16), s.cost)
}
