//! Rows of levels as they are written: quantised, and told by their differences in time or frequency, whichever is shorter.

use super::codes::Book;
use super::energy::Energies;
use super::grid::Grid;
use super::texture::Texture;
use crate::aac::enc::math::log2;
use crate::aac::sbr::data::MAX_ENVELOPES;
use crate::aac::sbr::header::{MAX_BANDS, Tables};
use crate::bits::BitWriter;

/// A row of levels: of an envelope or a noise floor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    values: [i16; MAX_BANDS],
    len: usize,
    /// What its differences refer to, if they are in time.
    before: Option<[i16; MAX_BANDS]>,
}

impl Row {
    const EMPTY: Self = Self { values: [0; MAX_BANDS], len: 0, before: None };

    /// A row of `values`, which may refer to `before`; and its bits. Values that cannot be written are raised.
    fn new(book: Book, mut values: [i16; MAX_BANDS], len: usize, before: Option<[i16; MAX_BANDS]>) -> (Self, u32) {
        let row = &mut values[..len];
        let most = book.steepest();
        for k in 1..len {
            row[k] = row[k].max(row[k - 1] - most);
        }
        for k in (1..len).rev() {
            row[k - 1] = row[k - 1].max(row[k] - most);
        }
        let in_frequency = book.frequency_bits(row).unwrap_or(u32::MAX);
        let in_time = before.and_then(|b| book.time_bits(row, &b[..len])).unwrap_or(u32::MAX);
        let before = before.filter(|_| in_time < in_frequency);
        (Self { values, len, before }, in_frequency.min(in_time))
    }

    fn write(&self, w: &mut BitWriter, book: Book) {
        book.write(w, &self.values[..self.len], self.before.as_ref().map(|b| &b[..self.len]));
    }
}

/// What the next frame's differences may refer to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    envelope: [i16; MAX_BANDS],
    fine: bool,
    noise: [i16; MAX_BANDS],
}

impl Memory {
    pub(crate) const NEW: Self = Self { envelope: [0; MAX_BANDS], fine: false, noise: [0; MAX_BANDS] };
}

/// Envelopes and noise floors of a channel as they are written, or of what two coupled channels have in common or not.
#[derive(Debug, Clone)]
pub(crate) struct Levels {
    envelopes: [Row; MAX_ENVELOPES],
    noises: [Row; 2],
    books: [Book; 2],
    /// Bits of all rows.
    pub(crate) bits: u32,
}

/// Quantised levels of a frame.
#[derive(Debug, Clone)]
pub(crate) struct Values {
    envelopes: [[i16; MAX_BANDS]; MAX_ENVELOPES],
    noises: [[i16; MAX_BANDS]; 2],
}

/// The level of an energy in powers of two.
fn level(energy: f32) -> f32 {
    log2((energy / 64.0).max(1.0))
}

/// Rounds to the steps of envelopes: 3 dB if `coarse`, else 1.5 dB.
fn round(level: f32, coarse: bool) -> i16 {
    libm::roundf(if coarse { level } else { 2.0 * level }).clamp(0.0, if coarse { 63.0 } else { 127.0 }) as i16
}

/// Gives each band of each envelope, as bands of high resolution, to `level`.
fn each_band(
    tables: &Tables,
    grid: &Grid,
    mut level: impl FnMut(core::ops::Range<usize>, usize, usize) -> i16,
) -> [[i16; MAX_BANDS]; MAX_ENVELOPES] {
    let mut all = [[0; MAX_BANDS]; MAX_ENVELOPES];
    let fine = &tables.resolution[1];
    for (l, values) in all.iter_mut().enumerate().take(grid.envelopes) {
        let bands = &tables.resolution[usize::from(grid.fine[l])];
        for (k, value) in values.iter_mut().enumerate().take(bands.bands()) {
            let range = fine.band_of(bands.at(k))..fine.band_of(bands.at(k + 1) - 1) + 1;
            *value = level(range, grid.borders[l], grid.borders[l + 1]);
        }
    }
    all
}

fn noises(texture: &Texture) -> [[i16; MAX_BANDS]; 2] {
    let mut row = [0; MAX_BANDS];
    row[..5].copy_from_slice(&texture.noise);
    [row; 2]
}

impl Values {
    /// Of a channel by itself.
    pub(crate) fn alone(tables: &Tables, grid: &Grid, coarse: bool, energies: &Energies, texture: &Texture) -> Self {
        let envelopes =
            each_band(tables, grid, |bands, from, to| round(level(energies.told(tables, bands, from, to)), coarse));
        Self { envelopes, noises: noises(texture) }
    }

    /// Of two channels: the mean, and the balance.
    pub(crate) fn coupled(
        tables: &Tables,
        grid: &Grid,
        coarse: bool,
        energies: [&Energies; 2],
        textures: [&Texture; 2],
    ) -> [Self; 2] {
        let of = |bands: core::ops::Range<usize>, from, to| energies.map(|e| e.told(tables, bands.clone(), from, to));
        let mean = each_band(tables, grid, |bands, from, to| {
            let [l, r] = of(bands, from, to);
            round(level((l + r) / 2.0), coarse)
        });
        let balance = each_band(tables, grid, |bands, from, to| {
            let [l, r] = of(bands, from, to);
            let ratio = level(l) - level(r);
            // Steps of 3 dB, or of 6 dB.
            let (step, middle) = if coarse { (0.5, 6.0) } else { (1.0, 12.0) };
            libm::roundf(step * ratio + middle).clamp(0.0, 2.0 * middle) as i16
        });
        let mut rows = [noises(textures[0]), noises(textures[1])];
        for k in 0..5 {
            let [l, r] = textures.map(|t| t.noise[k]);
            let (mean, balance) = ((l + r) / 2, (6 + (r - l) / 2).clamp(0, 12));
            rows[0].iter_mut().for_each(|row| row[k] = mean);
            rows[1].iter_mut().for_each(|row| row[k] = balance);
        }
        [Self { envelopes: mean, noises: rows[0] }, Self { envelopes: balance, noises: rows[1] }]
    }
}

impl Levels {
    /// Values as they are written, of which `memory` holds those before if they may be referred to, and takes the last.
    pub(crate) fn new(
        tables: &Tables,
        grid: &Grid,
        values: &Values,
        balance: bool,
        coarse: bool,
        memory: &mut Memory,
        refer: bool,
    ) -> Self {
        let books = [Book::envelope(balance, coarse), Book::noise(balance)];
        let mut levels = Self { envelopes: [Row::EMPTY; MAX_ENVELOPES], noises: [Row::EMPTY; 2], books, bits: 0 };
        for l in 0..grid.envelopes {
            let bands = &tables.resolution[usize::from(grid.fine[l])];
            let before = (refer || l > 0).then(|| {
                let mut before = memory.envelope;
                if grid.fine[l] != memory.fine {
                    let others = &tables.resolution[usize::from(memory.fine)];
                    for (k, b) in before.iter_mut().enumerate().take(bands.bands()) {
                        *b = memory.envelope[others.band_of(bands.at(k))];
                    }
                }
                before
            });
            let (row, bits) = Row::new(books[0], values.envelopes[l], bands.bands(), before);
            (memory.envelope, memory.fine) = (row.values, grid.fine[l]);
            levels.envelopes[l] = row;
            levels.bits += bits;
        }
        for l in 0..grid.noises() {
            let before = (refer || l > 0).then_some(memory.noise);
            let (row, bits) = Row::new(books[1], values.noises[l], tables.noise.bands(), before);
            memory.noise = row.values;
            levels.noises[l] = row;
            levels.bits += bits;
        }
        levels
    }

    /// `sbr_dtdf()`
    pub(crate) fn write_directions(&self, w: &mut BitWriter, grid: &Grid) {
        self.envelopes[..grid.envelopes].iter().for_each(|row| w.flag(row.before.is_some()));
        self.noises[..grid.noises()].iter().for_each(|row| w.flag(row.before.is_some()));
    }

    /// `sbr_envelope()`
    pub(crate) fn write_envelopes(&self, w: &mut BitWriter, grid: &Grid) {
        self.envelopes[..grid.envelopes].iter().for_each(|row| row.write(w, self.books[0]));
    }

    /// `sbr_noise()`
    pub(crate) fn write_noises(&self, w: &mut BitWriter, grid: &Grid) {
        self.noises[..grid.noises()].iter().for_each(|row| row.write(w, self.books[1]));
    }
}
