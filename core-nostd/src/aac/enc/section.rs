//! Sections: which codebook holds which bands (4.6.3), the cheapest way.

use super::bands::Bands;
use super::coded::Coded;
use crate::aac::huffman::write::all_bits;
use crate::aac::syntax::ics::{MAX_BANDS, NOISE_HCB};

/// Bits of the length of a section, and the length that says "and more".
pub(crate) fn length_bits(bands: &Bands) -> (u32, usize) {
    if bands.is_short() { (3, 7) } else { (5, 31) }
}

/// Bits of a section's head.
pub(crate) fn head_bits(bands: &Bands, length: usize) -> u32 {
    let (bits, escape) = length_bits(bands);
    4 + bits * (1 + length / escape) as u32
}

/// Books that a band's state can be: 0 to 11, and one that is forced (noise, intensity).
const STATES: usize = 13;
const FORCED: usize = 12;

/// Chooses the codebooks of `coded` by its quantised spectrum; bands of noise and intensity keep theirs. Returns the bits of sections and
/// spectrum.
pub(crate) fn choose(bands: &Bands, coded: &mut Coded) -> u32 {
    let per_group = coded.max_sfb;
    let head = head_bits(bands, 1);
    let mut total = 0;
    for g in 0..bands.groups {
        let mut from = [[0u8; STATES]; MAX_BANDS];
        // The least bits up to a band that ends in a state.
        let mut cost = [u32::MAX; STATES];
        let mut best_before = (0u32, 0usize);
        for sfb in 0..per_group {
            let b = g * bands.per_group + sfb;
            let mut bits = [u32::MAX; STATES];
            if coded.books[b] >= NOISE_HCB {
                bits[FORCED] = 0;
            } else {
                let q = &coded.quantised[bands.lines(b)];
                bits[..12].copy_from_slice(&all_bits(q, coded.largest[b]));
                if coded.largest[b] == 0 {
                    // In a section of another codebook the band has a scalefactor: a step of 0.
                    bits[1..12].iter_mut().for_each(|b| *b += 1);
                }
            }
            let mut next = [u32::MAX; STATES];
            for state in 0..STATES {
                if bits[state] == u32::MAX {
                    continue;
                }
                let different = state == FORCED && sfb > 0 && coded.books[b - 1] != coded.books[b];
                let (anew, on) = (best_before.0 + head, if different { u32::MAX } else { cost[state] });
                let (before, way) = if sfb > 0 && on <= anew { (on, state) } else { (anew, best_before.1) };
                next[state] = before + bits[state];
                from[sfb][state] = way as u8;
            }
            cost = next;
            let best = (0..STATES).min_by_key(|&s| cost[s]).unwrap_or(0);
            best_before = (cost[best], best);
        }
        total += best_before.0;
        let mut state = best_before.1;
        let (mut sections, mut run, mut steps) = (0, 0, 0);
        for sfb in (0..per_group).rev() {
            let b = g * bands.per_group + sfb;
            if state != FORCED {
                coded.books[b] = state as u8;
                steps += u32::from(state > 0 && coded.largest[b] == 0);
            }
            run += 1;
            let before = usize::from(from[sfb][state]);
            let ends = sfb == 0 || before != state || (state == FORCED && coded.books[b - 1] != coded.books[b]);
            if ends {
                // Beyond the head that was counted: lengths that need more than one word.
                sections += head_bits(bands, run) - head;
                run = 0;
            }
            state = before;
        }
        // The steps are counted with the scalefactors.
        total = total + sections - steps;
    }
    repeat_scalefactors(bands, coded);
    total
}

/// Gives bands of zeros that have a codebook the scalefactor before.
fn repeat_scalefactors(bands: &Bands, coded: &mut Coded) {
    let all = |max_sfb: usize| (0..bands.groups).flat_map(move |g| g * bands.per_group..g * bands.per_group + max_sfb);
    let is_coded = |coded: &Coded, b: usize| (1..=11).contains(&coded.books[b]);
    let first = all(coded.max_sfb).find(|&b| is_coded(coded, b) && coded.largest[b] > 0);
    let mut last = first.map_or(0, |b| coded.scalefactors[b]);
    for b in all(coded.max_sfb) {
        if is_coded(coded, b) {
            if coded.largest[b] == 0 {
                coded.scalefactors[b] = last;
            }
            last = coded.scalefactors[b];
        }
    }
}
