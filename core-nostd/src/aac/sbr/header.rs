//! `sbr_header()` (4.4.2.8) and the tables of frequency bands that follow from it (4.6.18.3).

use super::tables::START_OFFSETS;
use crate::aac::math::{exp2, log2, nint};
use crate::bits::BitReader;
#[cfg(feature = "aac-enc")]
use crate::bits::BitWriter;
use crate::error::{Error, Result};

/// Most bands of high resolution.
pub(crate) const MAX_BANDS: usize = 48;

/// `sbr_header()`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) amp_res: bool,
    pub(crate) start_freq: u8,
    pub(crate) stop_freq: u8,
    pub(crate) xover_band: u8,
    pub(crate) freq_scale: u8,
    pub(crate) alter_scale: bool,
    pub(crate) noise_bands: u8,
    pub(crate) limiter_bands: u8,
    pub(crate) limiter_gains: u8,
    pub(crate) interpolate: bool,
    /// `bs_smoothing_mode` is 0.
    pub(crate) smooth: bool,
}

impl Header {
    pub(crate) fn read(r: &mut BitReader<'_>) -> Result<Self> {
        let amp_res = r.flag()?;
        let (start_freq, stop_freq) = (r.u(4)? as u8, r.u(4)? as u8);
        let xover_band = r.u(3)? as u8;
        r.u(2)?; // bs_reserved
        let (extra1, extra2) = (r.flag()?, r.flag()?);
        let (freq_scale, alter_scale, noise_bands) =
            if extra1 { (r.u(2)? as u8, r.flag()?, r.u(2)? as u8) } else { (2, true, 2) };
        let (limiter_bands, limiter_gains, interpolate, smooth) =
            if extra2 { (r.u(2)? as u8, r.u(2)? as u8, r.flag()?, !r.flag()?) } else { (2, 2, true, false) };
        Ok(Self {
            amp_res,
            start_freq,
            stop_freq,
            xover_band,
            freq_scale,
            alter_scale,
            noise_bands,
            limiter_bands,
            limiter_gains,
            interpolate,
            smooth,
        })
    }

    /// A header of the usual kind for a range, with steps of 3 dB.
    #[cfg(feature = "aac-enc")]
    pub(crate) fn new(start_freq: u8, stop_freq: u8) -> Self {
        Self {
            amp_res: true,
            start_freq,
            stop_freq,
            xover_band: 0,
            freq_scale: 2,
            alter_scale: true,
            noise_bands: 2,
            limiter_bands: 2,
            limiter_gains: 2,
            interpolate: true,
            smooth: false,
        }
    }

    /// `sbr_header()`: the counterpart of [`Header::read`].
    #[cfg(feature = "aac-enc")]
    pub(crate) fn write(&self, w: &mut BitWriter) {
        w.flag(self.amp_res);
        w.u(self.start_freq.into(), 4);
        w.u(self.stop_freq.into(), 4);
        w.u(self.xover_band.into(), 3);
        w.u(0, 2); // bs_reserved
        let usual = Self::new(self.start_freq, self.stop_freq);
        let extra1 = (self.freq_scale, self.alter_scale, self.noise_bands)
            != (usual.freq_scale, usual.alter_scale, usual.noise_bands);
        let extra2 = (self.limiter_bands, self.limiter_gains, self.interpolate, self.smooth)
            != (usual.limiter_bands, usual.limiter_gains, usual.interpolate, usual.smooth);
        w.flag(extra1);
        w.flag(extra2);
        if extra1 {
            w.u(self.freq_scale.into(), 2);
            w.flag(self.alter_scale);
            w.u(self.noise_bands.into(), 2);
        }
        if extra2 {
            w.u(self.limiter_bands.into(), 2);
            w.u(self.limiter_gains.into(), 2);
            w.flag(self.interpolate);
            w.flag(!self.smooth);
        }
    }

    /// Whether the bands of the other header are other ones.
    pub(crate) fn resets(&self, other: &Self) -> bool {
        let key = |h: &Self| (h.start_freq, h.stop_freq, h.xover_band, h.freq_scale, h.alter_scale, h.noise_bands);
        key(self) != key(other)
    }
}

/// A rising list of QMF bands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Borders {
    list: [u8; 64],
    len: usize,
}

impl Borders {
    const EMPTY: Self = Self { list: [0; 64], len: 0 };

    fn push(&mut self, border: usize) -> Result<()> {
        let Some(place) = self.list.get_mut(self.len) else { return Err(Error::invalid("sbr_header")) };
        *place = border as u8;
        self.len += 1;
        Ok(())
    }
    /// Number of bands.
    pub(crate) fn bands(&self) -> usize {
        self.len.saturating_sub(1)
    }
    /// The borders.
    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.list[..self.len]
    }
    /// Border `i`.
    pub(crate) fn at(&self, i: usize) -> usize {
        usize::from(self.as_slice()[i])
    }
    /// The band that band or border `at` lies in.
    pub(crate) fn band_of(&self, at: usize) -> usize {
        self.as_slice().iter().take_while(|&&b| usize::from(b) <= at).count().saturating_sub(1)
    }
    fn remove(&mut self, i: usize) {
        self.list.copy_within(i + 1..self.len, i);
        self.len -= 1;
    }
}

/// A run of low bands that is copied up.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Patch {
    pub(crate) start: usize,
    pub(crate) bands: usize,
}

/// All bands of a header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tables {
    /// First band of the master table, which limits what patches may take.
    pub(crate) k0: usize,
    /// First replicated band.
    pub(crate) kx: usize,
    /// Number of replicated bands.
    pub(crate) m: usize,
    /// `fTableLow` and `fTableHigh`.
    pub(crate) resolution: [Borders; 2],
    pub(crate) noise: Borders,
    pub(crate) limiter: Borders,
    patches: [Patch; 6],
    num_patches: usize,
}

impl Tables {
    pub(crate) fn patches(&self) -> &[Patch] {
        &self.patches[..self.num_patches]
    }

    /// For an output of `rate` Hz.
    pub(crate) fn new(h: &Header, rate: u32) -> Result<Self> {
        let wrong = || Error::invalid("sbr_header");
        let (k0, k2) = range(h, rate).ok_or_else(wrong)?;
        let master = if h.freq_scale == 0 { linear(h, k0, k2)? } else { logarithmic(h, k0, k2)? };
        let bands = master.bands();
        let xover = usize::from(h.xover_band);
        if bands == 0 || bands <= xover {
            return Err(Error::invalid("bs_xover_band"));
        }
        let mut high = Borders::EMPTY;
        for &b in &master.as_slice()[xover..] {
            high.push(b.into())?;
        }
        let n_high = high.bands();
        if n_high > MAX_BANDS {
            return Err(wrong());
        }
        let (kx, m) = (high.at(0), high.at(n_high) - high.at(0));
        if kx > 32 || kx + m > 64 {
            return Err(wrong());
        }
        let mut low = Borders::EMPTY;
        for i in 0..=n_high.div_ceil(2) {
            low.push(high.at(if i == 0 { 0 } else { 2 * i - n_high % 2 }))?;
        }
        let n_low = low.bands();
        let n_noise = nint(f64::from(h.noise_bands) * log2(k2 as f64 / kx as f64)).max(1);
        if n_noise > 5 || n_noise > n_low {
            return Err(Error::invalid("bs_noise_bands"));
        }
        let mut noise = Borders::EMPTY;
        noise.push(low.at(0))?;
        let mut at = 0;
        for k in 1..=n_noise {
            at += (n_low - at) / (n_noise + 1 - k);
            noise.push(low.at(at))?;
        }
        let mut tables = Self {
            k0,
            kx,
            m,
            resolution: [low, high],
            noise,
            limiter: Borders::EMPTY,
            patches: [Patch::default(); 6],
            num_patches: 0,
        };
        tables.make_patches(&master, rate)?;
        tables.make_limiter(h.limiter_bands)?;
        Ok(tables)
    }

    /// 4.6.18.6.3
    fn make_patches(&mut self, master: &Borders, rate: u32) -> Result<()> {
        let end = self.kx + self.m;
        let goal = nint(2_048_000.0 / f64::from(rate));
        let mut k = master.bands();
        if goal < end {
            k = master.as_slice().iter().take_while(|&&f| usize::from(f) < goal).count();
            k = k.min(master.bands());
        }
        let (mut msb, mut usb) = (self.k0, self.kx);
        // Each turn ends nearer to the goal, or never: the bound is for damaged headers.
        for _ in 0..64 {
            let mut j = k;
            let (sb, odd) = loop {
                let sb = master.at(j);
                // The lowest bit of `sb - 2 + k0`.
                let odd = (sb + self.k0) & 1;
                if sb + 1 + odd <= self.k0 + msb || j == 0 {
                    break (sb, odd);
                }
                j -= 1;
            };
            let bands = sb.saturating_sub(usb);
            if bands > 0 {
                let start = self.k0.checked_sub(odd + bands);
                let (Some(start), Some(patch)) = (start, self.patches.get_mut(self.num_patches)) else {
                    return Err(Error::invalid("sbr_header"));
                };
                *patch = Patch { start, bands };
                self.num_patches += 1;
                (usb, msb) = (sb, sb);
            } else {
                msb = self.kx;
            }
            if master.at(k).saturating_sub(sb) < 3 {
                k = master.bands();
            }
            if sb == end {
                if self.num_patches > 1 && self.patches[self.num_patches - 1].bands < 3 {
                    self.num_patches -= 1;
                }
                return Ok(());
            }
        }
        Err(Error::invalid("sbr_header"))
    }

    /// 4.6.18.3.2.3
    fn make_limiter(&mut self, limiter_bands: u8) -> Result<()> {
        let low = self.resolution[0];
        let mut list = Borders::EMPTY;
        let bands_per_octave = match limiter_bands {
            0 => {
                list.push(self.kx)?;
                list.push(self.kx + self.m)?;
                self.limiter = list;
                return Ok(());
            }
            1 => 1.2,
            2 => 2.0,
            _ => 3.0,
        };
        let mut patch_borders = [false; 65];
        let mut border = self.kx;
        patch_borders[border] = true;
        for &b in low.as_slice() {
            list.push(b.into())?;
        }
        for (i, p) in self.patches().iter().enumerate() {
            border += p.bands;
            patch_borders[border.min(64)] = true;
            if i + 1 < self.num_patches {
                list.push(border)?;
            }
        }
        let len = list.len;
        list.list[..len].sort_unstable();
        let mut k = 1;
        while k < list.len {
            let (before, now) = (list.at(k - 1), list.at(k));
            if before > 0 && log2(now as f64 / before as f64) * bands_per_octave >= 0.49 {
                k += 1;
            } else if now == before || !patch_borders[now] {
                list.remove(k);
            } else if !patch_borders[before] {
                list.remove(k - 1);
            } else {
                k += 1;
            }
        }
        self.limiter = list;
        Ok(())
    }
}

/// `k0` and `k2` (4.6.18.3.2.1).
fn range(h: &Header, rate: u32) -> Option<(usize, usize)> {
    let scale = |hz: u32| nint(f64::from(hz) * 128.0 / f64::from(rate));
    let (start_min, stop_min) = match rate {
        0 => return None,
        1..32000 => (scale(3000), scale(6000)),
        32000..64000 => (scale(4000), scale(8000)),
        _ => (scale(5000), scale(10000)),
    };
    let offsets = match rate {
        0..19000 => 0,
        19000..23000 => 1,
        23000..28000 => 2,
        28000..38000 => 3,
        38000..=64000 => 4,
        _ => 5,
    };
    let k0 = start_min.checked_add_signed(START_OFFSETS[offsets][usize::from(h.start_freq)].into())?;
    let k2 = match h.stop_freq {
        14 => 2 * k0,
        15 => 3 * k0,
        stop => {
            let mut widths = [0; 13];
            geometric(stop_min, 64, &mut widths)?;
            widths.sort_unstable();
            stop_min + widths[..usize::from(stop)].iter().sum::<usize>()
        }
    };
    let k2 = k2.min(64);
    let most = match rate {
        0..=32000 => 48,
        32001..=44100 => 35,
        _ => 32,
    };
    (k0 > 0 && k0 < k2 && k2 - k0 <= most).then_some((k0, k2))
}

/// Widths of bands that grow by one factor from `from` to `to`.
fn geometric(from: usize, to: usize, widths: &mut [usize]) -> Option<()> {
    if from == 0 || to <= from {
        return None;
    }
    let octaves = log2(to as f64 / from as f64);
    let count = widths.len() as f64;
    let mut before = from;
    for (i, w) in widths.iter_mut().enumerate() {
        let border = nint(from as f64 * exp2(octaves * (i + 1) as f64 / count));
        *w = border.checked_sub(before)?;
        before = border;
    }
    Some(())
}

/// The master table with `bs_freq_scale` 0.
fn linear(h: &Header, k0: usize, k2: usize) -> Result<Borders> {
    let width = 1 + usize::from(h.alter_scale);
    // Two bands at a time: rounded down if narrow, to the nearest if wide.
    let bands = if h.alter_scale { 2 * ((k2 - k0 + 2) / 4) } else { 2 * ((k2 - k0) / 2) };
    let mut widths = [width; 64];
    if bands == 0 || bands > 63 {
        return Err(Error::invalid("bs_freq_scale"));
    }
    let mut rest = (k2 - k0) as i32 - (bands * width) as i32;
    let mut k = if rest < 0 { 0 } else { bands - 1 };
    while rest != 0 {
        let step = rest.signum();
        widths[k] = (widths[k] as i32 + step) as usize;
        k = if step < 0 { (k + 1).min(bands - 1) } else { k.saturating_sub(1) };
        rest -= step;
    }
    let mut master = Borders::EMPTY;
    let mut at = k0;
    master.push(at)?;
    for w in &widths[..bands] {
        at += w;
        master.push(at)?;
    }
    Ok(master)
}

/// The master table with `bs_freq_scale` 1 to 3.
fn logarithmic(h: &Header, k0: usize, k2: usize) -> Result<Borders> {
    let wrong = || Error::invalid("bs_freq_scale");
    let per_octave = f64::from([12u8, 10, 8][usize::from(h.freq_scale.clamp(1, 3)) - 1]);
    let warp = if h.alter_scale { 1.3 } else { 1.0 };
    let two_regions = k2 as f64 / k0 as f64 > 2.2449;
    let k1 = if two_regions { 2 * k0 } else { k2 };
    let bands = |from: usize, to: usize, warp: f64| 2 * nint(per_octave * log2(to as f64 / from as f64) / (2.0 * warp));
    let mut widths = [0; 64];
    let first = bands(k0, k1, 1.0);
    let lower = widths.get_mut(..first).ok_or_else(wrong)?;
    geometric(k0, k1, lower).ok_or_else(wrong)?;
    lower.sort_unstable();
    let largest = lower.last().copied().ok_or_else(wrong)?;
    if lower[0] == 0 {
        return Err(wrong());
    }
    let mut count = first;
    if two_regions {
        let second = bands(k1, k2, warp);
        let upper = widths.get_mut(first..first + second).ok_or_else(wrong)?;
        geometric(k1, k2, upper).ok_or_else(wrong)?;
        upper.sort_unstable();
        let (Some(&narrow), Some(&wide)) = (upper.first(), upper.last()) else { return Err(wrong()) };
        if narrow < largest {
            let change = (largest - narrow).min((wide - narrow) / 2);
            upper[0] += change;
            upper[second - 1] -= change;
            upper.sort_unstable();
        }
        if upper[0] == 0 {
            return Err(wrong());
        }
        count += second;
    }
    let mut master = Borders::EMPTY;
    let mut at = k0;
    master.push(at)?;
    for w in &widths[..count] {
        at += w;
        master.push(at)?;
    }
    Ok(master)
}

#[cfg(all(test, feature = "aac-enc"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let usual = Header::new(9, 4);
        for header in [
            usual,
            Header { amp_res: false, ..usual },
            Header { freq_scale: 3, alter_scale: false, ..usual },
            Header { noise_bands: 1, interpolate: false, ..usual },
            Header { limiter_bands: 3, limiter_gains: 0, smooth: true, xover_band: 3, ..usual },
        ] {
            let mut w = BitWriter::new();
            header.write(&mut w);
            let bits = w.len_bits();
            let bytes = w.into_bytes();
            let mut r = BitReader::new(&bytes);
            assert_eq!((Header::read(&mut r).unwrap(), r.position()), (header, bits));
        }
    }
}
