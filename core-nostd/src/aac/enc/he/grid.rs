//! When envelopes begin and end (4.6.18.3.3): the grid that follows the sound for the fewest bits.

use crate::aac::sbr::data::MAX_ENVELOPES;
use crate::bits::BitWriter;

/// Time slots of a frame.
pub(crate) const SLOTS: usize = 16;
/// How far beyond a frame's end its last envelope may reach.
const BEYOND: usize = 3;
/// The time slots that a choice looks at: the frame, and enough of the next for what begins there.
pub(crate) const SEEN: usize = SLOTS + 8;
/// Bits that name the borders: of a frame of even envelopes, and of one more border that is not.
const FIXED_BITS: f32 = 5.0;
const BORDER_BITS: f32 = 2.0;

/// `bs_frame_class`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    FixFix = 0,
    FixVar = 1,
    VarFix = 2,
    VarVar = 3,
}

/// The grid of a frame of one channel, or of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grid {
    class: Class,
    /// Envelopes.
    pub(crate) envelopes: usize,
    /// `t_E`, in time slots.
    pub(crate) borders: [usize; MAX_ENVELOPES + 1],
    /// Envelopes of bands of high resolution.
    pub(crate) fine: [bool; MAX_ENVELOPES],
    /// Relative borders that are counted from the front.
    leading: usize,
    /// `l_A`: the envelope that begins with a transient.
    pub(crate) transient: Option<usize>,
}

/// What an envelope costs with bands of low and of high resolution.
pub(crate) type Cost = [f32; 2];

impl Grid {
    /// One envelope over the frame.
    pub(crate) const WHOLE: Self = Self {
        class: Class::FixFix,
        envelopes: 1,
        borders: [0, SLOTS, 0, 0, 0, 0],
        fine: [true; MAX_ENVELOPES],
        leading: 0,
        transient: None,
    };

    /// One envelope over the frame: its steps are of 1.5 dB in any case.
    pub(crate) fn is_single(&self) -> bool {
        self.class == Class::FixFix && self.envelopes == 1
    }

    /// Where the next frame's envelopes begin.
    pub(crate) fn next_start(&self) -> usize {
        self.borders[self.envelopes] - SLOTS
    }

    /// Noise floors.
    pub(crate) fn noises(&self) -> usize {
        if self.envelopes > 1 { 2 } else { 1 }
    }

    /// The envelopes that noise floor `i` belongs to.
    #[cfg(test)]
    fn envelopes_of_noise(&self, i: usize) -> core::ops::Range<usize> {
        if self.envelopes == 1 {
            return 0..1;
        }
        let last = self.envelopes - 1;
        let middle = match (self.class, self.transient) {
            (Class::FixFix, _) => self.envelopes / 2,
            (Class::VarFix, None) => 1,
            (_, None) => last,
            (_, Some(t)) => t,
        };
        if i == 0 { 0..middle } else { middle..self.envelopes }
    }

    /// `bs_pointer` for a transient at envelope `t`, if it can be said.
    fn pointer(&self, t: Option<usize>) -> Option<u32> {
        let pointer = match (self.class, t) {
            (Class::FixFix, t) => return t.is_none().then_some(0),
            (_, None) => 0,
            (Class::VarFix, Some(0)) => return None,
            (Class::VarFix, Some(t)) => t as u32 + 1,
            (_, Some(t)) => (self.envelopes + 1 - t) as u32,
        };
        (pointer < 1 << self.pointer_bits()).then_some(pointer)
    }

    /// `ceil(log2(envelopes + 1))`
    fn pointer_bits(&self) -> u32 {
        usize::BITS - self.envelopes.leading_zeros()
    }

    /// Marks the transient, if there is a way to.
    pub(crate) fn mark(&mut self, t: usize) {
        // A noise floor begins with it, and one before.
        if t > 0 && t < self.envelopes && self.pointer(Some(t)).is_some() {
            self.transient = Some(t);
        }
    }

    /// `sbr_grid()`
    pub(crate) fn write(&self, w: &mut BitWriter) {
        w.u(self.class as u32, 2);
        let (n, b) = (self.envelopes, &self.borders);
        if self.class == Class::FixFix {
            w.u(n.ilog2(), 2);
            w.flag(self.fine[0]);
            return;
        }
        let (from_front, from_end) = (self.class != Class::FixVar, self.class != Class::VarFix);
        if from_front {
            w.u(b[0] as u32, 2);
        }
        if from_end {
            w.u((b[n] - SLOTS) as u32, 2);
        }
        if from_front {
            w.u(self.leading as u32, 2);
        }
        if from_end {
            w.u((n - 1 - self.leading) as u32, 2);
        }
        let step = |i: usize| (b[i + 1] - b[i] - 2) as u32 / 2;
        (0..self.leading).for_each(|i| w.u(step(i), 2));
        (self.leading + 1..n).rev().for_each(|i| w.u(step(i), 2));
        w.u(self.pointer(self.transient).unwrap_or(0), self.pointer_bits());
        for i in 0..n {
            w.flag(self.fine[if self.class == Class::FixVar { n - 1 - i } else { i }]);
        }
    }
}

/// The best grid of a frame whose envelopes begin at `start`, and its cost. `cost` tells what an envelope between two borders costs.
pub(crate) fn choose(start: usize, mut cost: impl FnMut(usize, usize) -> Cost) -> (Grid, f32) {
    let mut best = (Grid::WHOLE, f32::MAX);
    let mut rest = |end: usize| {
        let c = cost(end, SEEN);
        c[0].min(c[1])
    };
    let rests: [f32; BEYOND + 1] = core::array::from_fn(|i| rest(SLOTS + i));
    if start == 0 {
        for envelopes in [1usize, 2, 4] {
            let mut grid = Grid { envelopes, ..Grid::WHOLE };
            let mut sum = [rests[0] + FIXED_BITS; 2];
            for i in 0..envelopes {
                (grid.borders[i], grid.borders[i + 1]) = (i * SLOTS / envelopes, (i + 1) * SLOTS / envelopes);
                let c = cost(grid.borders[i], grid.borders[i + 1]);
                sum = [sum[0] + c[0], sum[1] + c[1]];
            }
            grid.fine = [sum[1] <= sum[0]; MAX_ENVELOPES];
            let sum = sum[0].min(sum[1]);
            if sum < best.1 {
                best = (grid, sum);
            }
        }
    }
    // Chains of borders from the front and from the end: digits of base 4 are their steps.
    for end in SLOTS..=SLOTS + BEYOND {
        let class = match (start, end) {
            (0, _) => Class::FixVar,
            (_, SLOTS) => Class::VarFix,
            _ => Class::VarVar,
        };
        for leading in 0..=if class == Class::FixVar { 0 } else { 3usize } {
            for trailing in 0..=if class == Class::VarFix { 0 } else { 3 - leading } {
                let envelopes = leading + trailing + 1;
                for steps in 0..1usize << (2 * (leading + trailing)) {
                    let step = |i: usize| 2 * (steps >> (2 * i) & 3) + 2;
                    let mut grid = Grid { class, envelopes, leading, ..Grid::WHOLE };
                    grid.borders[0] = start;
                    (0..leading).for_each(|i| grid.borders[i + 1] = grid.borders[i] + step(i));
                    grid.borders[envelopes] = end;
                    let mut fits = true;
                    for i in (leading + 1..envelopes).rev() {
                        let border = grid.borders[i + 1].checked_sub(step(i - 1));
                        fits &= border.is_some();
                        grid.borders[i] = border.unwrap_or(0);
                    }
                    if !fits || grid.borders[..=envelopes].windows(2).any(|b| b[0] >= b[1]) {
                        continue;
                    }
                    let mut sum = rests[end - SLOTS] + FIXED_BITS + BORDER_BITS * (envelopes + 1) as f32;
                    for i in 0..envelopes {
                        let c = cost(grid.borders[i], grid.borders[i + 1]);
                        grid.fine[i] = c[1] <= c[0];
                        sum += c[0].min(c[1]);
                    }
                    if sum < best.1 {
                        best = (grid, sum);
                    }
                }
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_are_where_the_sound_changes() {
        for at in 0..SLOTS + BEYOND {
            for start in 0..=BEYOND.min(at) {
                // An envelope that spans the change costs much, each one a little.
                let (grid, _) = choose(start, |a, b| {
                    let c = if a < at && at < b { 1000.0 } else { 1.0 };
                    [c, c]
                });
                let borders = &grid.borders[..=grid.envelopes];
                assert!(at == start || borders.contains(&at), "{at}: {borders:?}");
                assert!(borders[0] == start && borders[grid.envelopes] >= SLOTS);
            }
        }
    }

    #[cfg(feature = "aac-dec")]
    #[test]
    fn what_is_written_is_read() {
        use crate::aac::sbr::data;
        use crate::bits::BitReader;
        let mut seed = 1u32;
        let mut classes = [0; 4];
        let mut start = 0;
        for _ in 0..2000 {
            let mut random = || {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 16) as f32 / 65536.0
            };
            let level: [f32; SEEN] = core::array::from_fn(|_| if random() < 0.15 { 40.0 } else { 0.0 });
            let (mut grid, _) = choose(start, |a, b| {
                let spread = level[a + 1..b].iter().sum::<f32>();
                [spread + 1.0 + level[a] / 80.0, spread + 1.25]
            });
            grid.mark((random() * 5.0) as usize);
            let mut w = BitWriter::new();
            grid.write(&mut w);
            let bits = w.len_bits();
            let bytes = w.into_bytes();
            let mut r = BitReader::new(&bytes);
            let read = data::Grid::read(&mut r, SLOTS).unwrap();
            assert_eq!(r.position(), bits);
            assert_eq!(read.borders[..=read.envelopes], grid.borders[..=grid.envelopes]);
            for i in 0..grid.envelopes {
                assert_eq!(read.resolution[i] == 1, grid.fine[i]);
            }
            assert_eq!((read.transient, read.noises), (grid.transient, grid.noises()));
            if grid.noises() == 2 {
                assert_eq!(read.noise_borders[1], grid.borders[grid.envelopes_of_noise(1).start], "{grid:?}");
            }
            classes[grid.class as usize] += 1;
            start = grid.next_start();
        }
        assert!(classes.iter().all(|&c| c > 20), "{classes:?}");
    }
}
