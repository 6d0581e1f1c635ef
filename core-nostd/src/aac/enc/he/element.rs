//! An element's frame: what is decided about it, and how it is written.

use super::energy::Energies;
use super::envelope::{Levels, Memory, Values};
use super::grid::{Cost, Grid, SEEN, choose};
use super::texture::{self, Texture};
use super::{BEFORE, FRAME_SLOTS, Setup};
use crate::aac::sbr::qmf::Complex;
use crate::bits::BitWriter;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// Frames from one header to the next: a decoder that begins within half a second of sound has all of the spectrum.
const HEADER_PERIOD: u64 = 10;
/// `EXT_SBR_DATA`
const EXT_SBR_DATA: u32 = 0b1101;
/// Bytes that a fill element holds.
const MOST_BYTES: usize = 269;
/// How many bits it is worth that an envelope is nearer to the sound.
const STRICTNESS: f32 = 0.5;
/// What it is worth in bits that two channels have one grid: they may be coupled then.
const SHARED: f32 = 8.0;
/// How much louder than what is before an attack is.
const ATTACK: f32 = 8.0;
/// Slots that the texture is taken from: two before the frame's to predict from.
const TEXTURE: core::ops::Range<usize> = BEFORE - 2..BEFORE + FRAME_SLOTS;

/// An element from frame to frame.
#[derive(Debug)]
pub(crate) struct Element {
    /// Which planes are its channels'.
    pub(crate) planes: [usize; 2],
    channels: usize,
    /// In time slots, where the next frame's envelopes begin.
    starts: [usize; 2],
    memories: [Memory; 2],
    /// The last frame had a sum and a balance.
    coupled: bool,
    energies: Box<[Energies; 2]>,
}

/// Of one frame.
struct Frame {
    grids: [Grid; 2],
    levels: [Levels; 2],
    memories: [Memory; 2],
    coupled: bool,
}

impl Element {
    /// Of the planes of one or two channels, or of none that are replicated.
    pub(crate) fn new(planes: [usize; 2], channels: usize) -> Self {
        Self {
            planes,
            channels,
            starts: [0; 2],
            memories: [Memory::NEW; 2],
            coupled: false,
            energies: Box::new([Energies::new(), Energies::new()]),
        }
    }

    /// The fill element's bytes of the next frame: `slots` of its channels begin [`BEFORE`] the frame.
    pub(crate) fn frame(
        &mut self,
        setup: &Setup,
        slots: [&[[Complex; 64]]; 2],
        number: u64,
        bytes: Vec<u8>,
    ) -> Vec<u8> {
        let mut w = BitWriter::reuse(bytes);
        if self.channels == 0 {
            return w.into_bytes();
        }
        let tables = &setup.tables;
        let mut textures = [Texture::default(); 2];
        for c in 0..self.channels {
            self.energies[c].measure(tables, &setup.sources, &slots[c][BEFORE..BEFORE + 2 * SEEN]);
            let tonality = texture::tonality(&slots[c][TEXTURE]);
            textures[c] = texture::choose(tables, &setup.sources, &tonality);
            self.energies[c].sines = texture::sinusoids(tables, &setup.sources, &tonality, &slots[c][TEXTURE]);
        }
        let header = number.is_multiple_of(HEADER_PERIOD);
        let grids = self.grids(setup, true);
        let mut frame = self.code(setup, grids, &mut textures, header);
        let bits = |f: &Frame| f.levels[..self.channels].iter().map(|l| l.bits as usize).sum::<usize>();
        // What is around the levels takes less than 200 bits.
        if bits(&frame) > (self.channels * setup.most).min(8 * MOST_BYTES - 200) {
            let grids = self.grids(setup, false);
            frame = self.code(setup, grids, &mut textures, header);
        }
        w.u(EXT_SBR_DATA, 4);
        w.flag(header);
        if header {
            setup.header.write(&mut w);
        }
        self.write(setup, &frame, &textures, &mut w);
        debug_assert!(w.len_bits() <= 8 * MOST_BYTES);
        self.starts = frame.grids.map(|g| g.next_start());
        (self.memories, self.coupled) = (frame.memories, frame.coupled);
        w.into_bytes()
    }

    /// The grids of the channels; if not `free`, of one envelope each.
    fn grids(&self, setup: &Setup, free: bool) -> [Grid; 2] {
        if !free {
            // The fewest borders and bands.
            return self.starts.map(|start| choose(start, |_, _| [10.0, 20.0]).0);
        }
        let mut costs = [[[[f32::NAN; 2]; SEEN + 1]; SEEN]; 2];
        let mut cost = |c: usize, from: usize, to: usize| {
            let known: &mut Cost = &mut costs[c][from][to];
            if known[0].is_nan() {
                *known = self.energies[c].cost(&setup.tables, STRICTNESS, from, to);
            }
            *known
        };
        let (left, sum) = choose(self.starts[0], |from, to| cost(0, from, to));
        if self.channels < 2 {
            return [self.marked(setup, left, 0..1); 2];
        }
        let (right, of_right) = choose(self.starts[1], |from, to| cost(1, from, to));
        if left != right && self.starts[0] == self.starts[1] {
            let (both, of_both) = choose(self.starts[0], |from, to| {
                let (l, r) = (cost(0, from, to), cost(1, from, to));
                [l[0] + r[0], l[1] + r[1]]
            });
            if of_both < sum + of_right + SHARED {
                return [self.marked(setup, both, 0..2); 2];
            }
        }
        if left == right {
            return [self.marked(setup, left, 0..2); 2];
        }
        [self.marked(setup, left, 0..1), self.marked(setup, right, 1..2)]
    }

    /// Marks the envelope that is loudest beside the one before, if it is an attack: noise gives way to it.
    fn marked(&self, setup: &Setup, mut grid: Grid, channels: core::ops::Range<usize>) -> Grid {
        let bands = setup.tables.resolution[1].bands();
        let energy = |l: usize| -> f32 {
            let mean = |e: &Energies| e.mean(&setup.tables, 0..bands, grid.borders[l], grid.borders[l + 1]);
            1.0 + self.energies[channels.clone()].iter().map(mean).sum::<f32>()
        };
        let rises = (1..grid.envelopes).map(|l| (l, energy(l) / energy(l - 1)));
        if let Some((l, _)) = rises.filter(|r| r.1 > ATTACK).max_by(|a, b| a.1.total_cmp(&b.1)) {
            grid.mark(l);
        }
        grid
    }

    /// Codes the levels of the channels, and chooses whether as they are or as sum and balance.
    fn code(&self, setup: &Setup, grids: [Grid; 2], textures: &mut [Texture; 2], header: bool) -> Frame {
        let tables = &setup.tables;
        // A decoder may begin at a header: nothing refers to what is before.
        let refer = |coupled: bool| !header && self.coupled == coupled;
        let coarse = grids.map(|g| setup.header.amp_res && !g.is_single());
        let mut memories = self.memories;
        let levels = core::array::from_fn(|c| {
            let values = Values::alone(tables, &grids[c], coarse[c], &self.energies[c], &textures[c]);
            Levels::new(tables, &grids[c], &values, false, coarse[c], &mut memories[c], refer(false))
        });
        let apart = Frame { grids, levels, memories, coupled: false };
        if self.channels < 2 || grids[0] != grids[1] {
            return apart;
        }
        let [left, right] = &*self.energies;
        let values = Values::coupled(tables, &grids[0], coarse[0], [left, right], [&textures[0], &textures[1]]);
        let mut memories = self.memories;
        let levels = core::array::from_fn(|c| {
            Levels::new(tables, &grids[0], &values[c], c == 1, coarse[0], &mut memories[c], refer(true))
        });
        let coupled = Frame { grids, levels, memories, coupled: true };
        let bits = |f: &Frame| f.levels[0].bits + f.levels[1].bits;
        if bits(&coupled) >= bits(&apart) {
            return apart;
        }
        // Both have the same inverse filters.
        for k in 0..textures[0].filters.len() {
            let mean = (textures[0].filters[k] + textures[1].filters[k]).div_ceil(2);
            textures.iter_mut().for_each(|t| t.filters[k] = mean);
        }
        coupled
    }

    /// `sbr_data()`
    fn write(&self, setup: &Setup, frame: &Frame, textures: &[Texture; 2], w: &mut BitWriter) {
        let Frame { grids, levels, .. } = frame;
        let all = 0..self.channels;
        w.flag(false); // bs_data_extra
        if self.channels == 2 {
            w.flag(frame.coupled);
        }
        let common = if frame.coupled { 0..1 } else { all.clone() };
        common.clone().for_each(|c| grids[c].write(w));
        all.clone().for_each(|c| levels[c].write_directions(w, &grids[c]));
        for c in common {
            textures[c].filters[..setup.tables.noise.bands()].iter().for_each(|&f| w.u(f.into(), 2));
        }
        if frame.coupled {
            // Sum, then balance.
            for levels in levels {
                levels.write_envelopes(w, &grids[0]);
                levels.write_noises(w, &grids[0]);
            }
        } else {
            all.clone().for_each(|c| levels[c].write_envelopes(w, &grids[c]));
            all.clone().for_each(|c| levels[c].write_noises(w, &grids[c]));
        }
        for c in all {
            let sines = self.energies[c].sines;
            w.flag(sines != 0); // bs_add_harmonic_flag
            if sines != 0 {
                (0..setup.tables.resolution[1].bands()).for_each(|b| w.flag(sines >> b & 1 != 0));
            }
        }
        w.flag(false); // bs_extended_data
    }
}
