//! `sbr_data()` (4.4.2.8): grids, envelopes, noise floors and sinusoids of an element's channels.

use super::header::{Header, MAX_BANDS, Tables};
use super::tables::*;
use crate::bits::BitReader;
use crate::error::Result;

/// Most envelopes in a frame.
pub(crate) const MAX_ENVELOPES: usize = 5;

/// When envelopes begin and end (4.6.18.3.3).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grid {
    /// Envelopes.
    pub(crate) envelopes: usize,
    /// `bs_freq_res`: 1 for bands of high resolution.
    pub(crate) resolution: [usize; MAX_ENVELOPES],
    /// `t_E`, in time slots.
    pub(crate) borders: [usize; MAX_ENVELOPES + 1],
    /// Noise floors.
    pub(crate) noises: usize,
    /// `t_Q`, in time slots.
    pub(crate) noise_borders: [usize; 3],
    /// `l_A`: the envelope that begins with a transient.
    pub(crate) transient: Option<usize>,
    /// One envelope over the whole frame: always steps of 1.5 dB.
    single: bool,
}

impl Grid {
    pub(crate) const EMPTY: Self = Self {
        envelopes: 0,
        resolution: [0; MAX_ENVELOPES],
        borders: [0; MAX_ENVELOPES + 1],
        noises: 0,
        noise_borders: [0; 3],
        transient: None,
        single: false,
    };

    /// `sbr_ld_grid()` (4.6.19.3), for frames of `slots` time slots. A frame of one envelope says its steps: `bs_amp_res`.
    fn read_low_delay(r: &mut BitReader<'_>, slots: usize) -> Result<(Self, Option<bool>)> {
        let mut g = Self::EMPTY;
        let mut amp_res = None;
        if !r.flag()? {
            g.envelopes = 1 << r.u(2)?;
            if g.envelopes > 4 {
                return Err(r.invalid("bs_num_env"));
            }
            if g.envelopes == 1 {
                amp_res = Some(r.flag()?);
            }
            g.resolution = [r.u(1)? as usize; MAX_ENVELOPES];
            let share = (2 * slots + g.envelopes) / (2 * g.envelopes);
            for i in 1..g.envelopes {
                g.borders[i] = i * share;
            }
        } else {
            // LD_TRAN: an envelope of four slots from the transient on, where there is room before and behind.
            let position = r.u(4)? as usize;
            if position >= slots {
                return Err(r.invalid("bs_transient_position"));
            }
            g.envelopes = 1;
            let mut border = |at: usize| {
                g.borders[g.envelopes] = at;
                g.envelopes += 1;
            };
            if position >= 2 {
                border(position);
            }
            if position + 4 <= slots - 2 {
                border(position + 4);
            }
            g.transient = Some(usize::from(position >= 2));
            for resolution in &mut g.resolution[..g.envelopes] {
                *resolution = r.u(1)? as usize;
            }
        }
        g.borders[g.envelopes] = slots;
        g.noises = if g.envelopes > 1 { 2 } else { 1 };
        let middle = if g.transient.is_some() { 1 } else { g.envelopes / 2 };
        g.noise_borders[1] = g.borders[middle];
        g.noise_borders[g.noises] = slots;
        Ok((g, amp_res))
    }

    /// `sbr_grid()`, for frames of `slots` time slots.
    pub(crate) fn read(r: &mut BitReader<'_>, slots: usize) -> Result<Self> {
        let mut g = Self::EMPTY;
        let class = r.u(2)?;
        let mut pointer = 0;
        if class == 0 {
            g.envelopes = 1 << r.u(2)?;
            if g.envelopes > 4 {
                return Err(r.invalid("bs_num_env"));
            }
            g.single = g.envelopes == 1;
            g.resolution = [r.u(1)? as usize; MAX_ENVELOPES];
            // The whole number nearest to a share.
            let share = (2 * slots + g.envelopes) / (2 * g.envelopes);
            for i in 1..g.envelopes {
                g.borders[i] = i * share;
            }
            g.borders[g.envelopes] = slots;
        } else {
            let lead = if class >= 2 { r.u(2)? as usize } else { 0 };
            let trail = slots + if class != 2 { r.u(2)? as usize } else { 0 };
            let leading = if class >= 2 { r.u(2)? as usize } else { 0 };
            let trailing = if class != 2 { r.u(2)? as usize } else { 0 };
            g.envelopes = leading + trailing + 1;
            if g.envelopes > MAX_ENVELOPES {
                return Err(r.invalid("bs_num_rel"));
            }
            g.borders[0] = lead;
            for i in 1..=leading {
                g.borders[i] = g.borders[i - 1] + 2 * r.u(2)? as usize + 2;
            }
            g.borders[g.envelopes] = trail;
            for i in (leading + 1..g.envelopes).rev() {
                let step = 2 * r.u(2)? as usize + 2;
                g.borders[i] = g.borders[i + 1].checked_sub(step).ok_or_else(|| r.invalid("bs_rel_bord"))?;
            }
            // ceil(log2(envelopes + 1)) bits.
            pointer = r.u(usize::BITS - g.envelopes.leading_zeros())? as usize;
            if pointer > g.envelopes + 1 {
                return Err(r.invalid("bs_pointer"));
            }
            for i in 0..g.envelopes {
                let place = if class == 1 { g.envelopes - 1 - i } else { i };
                g.resolution[place] = r.u(1)? as usize;
            }
            if g.borders[..=g.envelopes].windows(2).any(|b| b[0] >= b[1]) {
                return Err(r.invalid("bs_rel_bord"));
            }
            g.transient = match class {
                2 => pointer.checked_sub(1).filter(|&p| p > 0),
                _ if pointer > 0 => Some(g.envelopes + 1 - pointer),
                _ => None,
            };
        }
        g.noises = if g.envelopes > 1 { 2 } else { 1 };
        let middle = match (class, pointer) {
            (0, _) => g.envelopes / 2,
            (2, 0) => 1,
            (2, 1) => g.envelopes - 1,
            (2, p) => p - 1,
            (_, 0 | 1) => g.envelopes.saturating_sub(1),
            (_, p) => g.envelopes + 1 - p,
        };
        g.noise_borders[0] = g.borders[0];
        g.noise_borders[1] = g.borders[middle.min(g.envelopes)];
        g.noise_borders[g.noises] = g.borders[g.envelopes];
        Ok(g)
    }
}

/// What was read of one channel, and what its differences refer to.
#[derive(Debug, Clone)]
pub(crate) struct ChannelData {
    pub(crate) grid: Grid,
    /// `bs_amp_res` of this frame: steps of 3 dB.
    pub(crate) coarse: bool,
    df_env: [bool; MAX_ENVELOPES],
    df_noise: [bool; 2],
    pub(crate) invf: [u8; 5],
    /// `E`, in steps.
    pub(crate) envelopes: [[i16; MAX_BANDS]; MAX_ENVELOPES],
    /// `Q`, in steps of 3 dB.
    pub(crate) noises: [[i16; 5]; 2],
    /// `bs_add_harmonic`, a bit a band of high resolution.
    pub(crate) harmonics: u64,
    last_envelope: [i16; MAX_BANDS],
    last_resolution: usize,
    last_noise: [i16; 5],
}

impl ChannelData {
    pub(crate) fn new() -> Self {
        Self {
            grid: Grid::EMPTY,
            coarse: false,
            df_env: [false; MAX_ENVELOPES],
            df_noise: [false; 2],
            invf: [0; 5],
            envelopes: [[0; MAX_BANDS]; MAX_ENVELOPES],
            noises: [[0; 5]; 2],
            harmonics: 0,
            last_envelope: [0; MAX_BANDS],
            last_resolution: 0,
            last_noise: [0; 5],
        }
    }

    /// Nothing to refer to: other bands, or a frame was lost.
    pub(crate) fn reset(&mut self) {
        self.last_envelope = [0; MAX_BANDS];
        self.last_noise = [0; 5];
    }

    fn read_grid(&mut self, r: &mut BitReader<'_>, slots: usize, amp_res: bool, low_delay: bool) -> Result<()> {
        if low_delay {
            let (grid, own) = Grid::read_low_delay(r, slots)?;
            (self.grid, self.coarse) = (grid, own.unwrap_or(amp_res));
            return Ok(());
        }
        self.grid = Grid::read(r, slots)?;
        self.coarse = amp_res && !self.grid.single;
        Ok(())
    }

    /// `sbr_dtdf()`
    fn read_directions(&mut self, r: &mut BitReader<'_>) -> Result<()> {
        for d in &mut self.df_env[..self.grid.envelopes] {
            *d = r.flag()?;
        }
        for d in &mut self.df_noise[..self.grid.noises] {
            *d = r.flag()?;
        }
        Ok(())
    }

    /// `sbr_invf()`
    fn read_inverse_filters(&mut self, r: &mut BitReader<'_>, tables: &Tables) -> Result<()> {
        for mode in &mut self.invf[..tables.noise.bands()] {
            *mode = r.u(2)? as u8;
        }
        Ok(())
    }

    /// `sbr_envelope()`; `balance`: the second channel of a coupled pair.
    fn read_envelopes(&mut self, r: &mut BitReader<'_>, tables: &Tables, balance: bool) -> Result<()> {
        let (time, frequency, bits): (&[[i8; 2]], &[[i8; 2]], u32) = match (balance, self.coarse) {
            (false, false) => (&T_ENV_1_5, &F_ENV_1_5, 7),
            (false, true) => (&T_ENV_3_0, &F_ENV_3_0, 6),
            (true, false) => (&T_BAL_1_5, &F_BAL_1_5, 6),
            (true, true) => (&T_BAL_3_0, &F_BAL_3_0, 5),
        };
        let step = 1 + i16::from(balance);
        for l in 0..self.grid.envelopes {
            let resolution = self.grid.resolution[l];
            let bands = &tables.resolution[resolution];
            let mut values = [0i16; MAX_BANDS];
            if self.df_env[l] {
                let (before, last) = (&tables.resolution[self.last_resolution], &self.last_envelope);
                for k in 0..bands.bands() {
                    // The band of the last envelope that this one begins in.
                    let from = if resolution == self.last_resolution { k } else { before.band_of(bands.at(k)) };
                    values[k] = last[from.min(MAX_BANDS - 1)].wrapping_add(step * code(r, time)?);
                }
            } else {
                values[0] = step * r.u(bits)? as i16;
                for k in 1..bands.bands() {
                    values[k] = values[k - 1].wrapping_add(step * code(r, frequency)?);
                }
            }
            // Beyond, no power of two is a number.
            for v in &mut values {
                *v = (*v).clamp(-127, 255);
            }
            self.envelopes[l] = values;
            self.last_envelope = values;
            self.last_resolution = resolution;
        }
        Ok(())
    }

    /// `sbr_noise()`
    fn read_noises(&mut self, r: &mut BitReader<'_>, tables: &Tables, balance: bool) -> Result<()> {
        let (time, frequency): (&[[i8; 2]], &[[i8; 2]]) =
            if balance { (&T_NOISE_BAL, &F_BAL_3_0) } else { (&T_NOISE, &F_ENV_3_0) };
        let step = 1 + i16::from(balance);
        for l in 0..self.grid.noises {
            let mut values = self.last_noise;
            for k in 0..tables.noise.bands() {
                values[k] = if self.df_noise[l] {
                    values[k].wrapping_add(step * code(r, time)?)
                } else if k == 0 {
                    step * r.u(5)? as i16
                } else {
                    values[k - 1].wrapping_add(step * code(r, frequency)?)
                }
                .clamp(-127, 127);
            }
            self.noises[l] = values;
            self.last_noise = values;
        }
        Ok(())
    }

    /// `bs_add_harmonic_flag`, `sbr_sinusoidal_coding()`
    fn read_harmonics(&mut self, r: &mut BitReader<'_>, tables: &Tables) -> Result<()> {
        self.harmonics = 0;
        if r.flag()? {
            for k in 0..tables.resolution[1].bands() {
                self.harmonics |= u64::from(r.flag()?) << k;
            }
        }
        Ok(())
    }
}

/// A value by its code.
pub(crate) fn code(r: &mut BitReader<'_>, tree: &[[i8; 2]]) -> Result<i16> {
    let window = r.peek32();
    let (mut node, mut len) = (0usize, 0);
    loop {
        // Codes have at most 20 bits.
        let next = tree[node][(window >> (31 - len) & 1) as usize];
        len += 1;
        if next < 0 {
            r.skip(len)?;
            return Ok(i16::from(next) + 64);
        }
        node = next as usize;
    }
}

/// Reads the data of one or two channels, and tells whether they are coupled.
pub(crate) fn read(
    r: &mut BitReader<'_>,
    header: &Header,
    tables: &Tables,
    slots: usize,
    low_delay: bool,
    channels: &mut [ChannelData],
) -> Result<bool> {
    let amp_res = header.amp_res;
    match channels {
        [mono] => {
            if r.flag()? {
                r.u(4)?; // bs_reserved
            }
            mono.read_grid(r, slots, amp_res, low_delay)?;
            mono.read_directions(r)?;
            mono.read_inverse_filters(r, tables)?;
            mono.read_envelopes(r, tables, false)?;
            mono.read_noises(r, tables, false)?;
            mono.read_harmonics(r, tables)?;
            Ok(false)
        }
        [left, right] => {
            if r.flag()? {
                r.u(8)?; // bs_reserved
            }
            let coupled = r.flag()?;
            if coupled {
                left.read_grid(r, slots, amp_res, low_delay)?;
                (right.grid, right.coarse) = (left.grid, left.coarse);
                left.read_directions(r)?;
                right.read_directions(r)?;
                left.read_inverse_filters(r, tables)?;
                right.invf = left.invf;
                left.read_envelopes(r, tables, false)?;
                left.read_noises(r, tables, false)?;
                right.read_envelopes(r, tables, true)?;
                right.read_noises(r, tables, true)?;
            } else {
                left.read_grid(r, slots, amp_res, low_delay)?;
                right.read_grid(r, slots, amp_res, low_delay)?;
                left.read_directions(r)?;
                right.read_directions(r)?;
                left.read_inverse_filters(r, tables)?;
                right.read_inverse_filters(r, tables)?;
                left.read_envelopes(r, tables, false)?;
                right.read_envelopes(r, tables, false)?;
                left.read_noises(r, tables, false)?;
                right.read_noises(r, tables, false)?;
            }
            left.read_harmonics(r, tables)?;
            right.read_harmonics(r, tables)?;
            Ok(coupled)
        }
        _ => Ok(false),
    }
}
