//! `individual_channel_stream()` and its parts (4.4.2.7).

use super::hcr;
pub(crate) use super::info::{Bands, Format, IcsInfo, Ltp, WindowSequence};
use super::rvlc::Rvlc;
use crate::aac::huffman;
use crate::bits::BitReader;
use crate::error::{Error, Result};

/// Codebook of a band that is all zeros.
pub(crate) const ZERO_HCB: u8 = 0;
/// Codebook of a band of noise.
pub(crate) const NOISE_HCB: u8 = 13;
/// Codebook of a band in intensity stereo, out of phase.
pub(crate) const INTENSITY_HCB2: u8 = 14;
/// Codebook of a band in intensity stereo, in phase.
pub(crate) const INTENSITY_HCB: u8 = 15;

/// The first virtual codebook: they stand for the codebook with escapes, and bound its values.
pub(crate) const VIRTUAL_HCB: u8 = 16;

/// Whether bands of a codebook have a quantised spectrum.
#[inline]
pub(crate) fn is_spectral(book: u8) -> bool {
    matches!(book, 1..=11 | VIRTUAL_HCB..)
}

/// Bands of a channel, all window groups together: at most 8 times 15, or 51.
pub(crate) const MAX_BANDS: usize = 120;

/// A filter of `tns_data()`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TnsFilter {
    /// `length`, in bands.
    pub(crate) length: u8,
    /// `order`, at most 20.
    pub(crate) order: u8,
    /// `direction`: from the top down.
    pub(crate) downwards: bool,
    /// `coef_res` is 1: coefficients of 4 bits, else 3.
    pub(crate) fine: bool,
    /// `coef`, with sign.
    pub(crate) coef: [i8; 20],
}

/// `tns_data()`: at most three filters on a long window, one on each short one.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tns {
    /// Filters of each window.
    pub(crate) count: [u8; 8],
    /// Those of a long window, or that of each short one.
    pub(crate) filters: [TnsFilter; 8],
}

/// `individual_channel_stream()` but for the spectrum.
#[derive(Debug, Clone)]
pub(crate) struct Ics {
    pub(crate) info: IcsInfo,
    /// `sfb_cb`
    pub(crate) books: [u8; MAX_BANDS],
    /// Scalefactor, intensity position or noise energy, by codebook.
    pub(crate) scalefactors: [i16; MAX_BANDS],
    pub(crate) tns: Option<Tns>,
}

impl Ics {
    pub(crate) fn new() -> Self {
        Self { info: IcsInfo::silent(0), books: [0; MAX_BANDS], scalefactors: [0; MAX_BANDS], tns: None }
    }

    /// Reads the stream, with its own `ics_info()` unless `common` is given, and the quantised spectrum into `quantised`: window by
    /// window, band by band in each.
    pub(crate) fn read(
        &mut self,
        r: &mut BitReader<'_>,
        format: &Format,
        common: Option<&IcsInfo>,
        quantised: &mut [i16],
    ) -> Result<()> {
        let global_gain = r.u(8)? as i32;
        self.info = match common {
            Some(info) => *info,
            None => IcsInfo::read(r, format, None)?,
        };
        self.read_sections(r, format.section_resilience)?;
        let rvlc = if format.scalefactor_resilience {
            Some(Rvlc::read(r, &self.info, &self.books)?)
        } else {
            self.read_scalefactors(r, global_gain)?;
            None
        };
        let pulses = if !format.is_eld() && r.flag()? { Some(Pulses::read(r)?) } else { None };
        if pulses.is_some() && self.info.sequence == WindowSequence::EightShort {
            return Err(r.invalid("pulse_data_present"));
        }
        let has_tns = r.flag()?;
        self.tns = if has_tns && !format.error_resilient { Some(Tns::read(r, &self.info)?) } else { None };
        if !format.is_eld() && r.flag()? {
            return Err(Error::unsupported("AAC gain control (SSR)").at_bit(r.position() as u64));
        }
        // Of error resilient types, what matters less comes later. AAC ELD has its filters before the lengths of its spectrum.
        if has_tns && format.is_eld() {
            self.tns = Some(Tns::read(r, &self.info)?);
        }
        let lengths = if format.spectral_resilience { Some(hcr::Lengths::read(r)?) } else { None };
        if let Some(rvlc) = rvlc {
            let count = self.info.groups() * self.info.max_sfb;
            rvlc.decode(r, global_gain, &self.books[..count], &mut self.scalefactors)?;
        }
        if has_tns && format.error_resilient && !format.is_eld() {
            self.tns = Some(Tns::read(r, &self.info)?);
        }
        match lengths {
            Some(lengths) => hcr::spectrum(r, &lengths, &self.info, format, &self.books, quantised)?,
            None => self.read_spectrum(r, format, quantised)?,
        }
        if let Some(pulses) = pulses {
            pulses.add(&self.info.bands(format), quantised).map_err(|e| e.at_bit(r.position() as u64))?;
        }
        Ok(())
    }

    /// `section_data()`
    fn read_sections(&mut self, r: &mut BitReader<'_>, resilience: bool) -> Result<()> {
        let bits = if self.info.sequence == WindowSequence::EightShort { 3 } else { 5 };
        let escape = (1 << bits) - 1;
        for g in 0..self.info.groups() {
            let books = &mut self.books[g * self.info.max_sfb..(g + 1) * self.info.max_sfb];
            let mut from = 0;
            while from < books.len() {
                let book = r.u(if resilience { 5 } else { 4 })? as u8;
                if book == 12 {
                    return Err(r.invalid("sect_cb"));
                }
                let mut len = 0;
                if resilience && (book == 11 || book >= VIRTUAL_HCB) {
                    // Large values: each band has its own bound.
                    len = 1;
                } else {
                    loop {
                        let step = r.u(bits)? as usize;
                        len += step;
                        if step != escape || len > books.len() {
                            break;
                        }
                    }
                }
                let Some(section) = books.get_mut(from..from + len) else {
                    return Err(r.invalid("sect_len"));
                };
                section.fill(book);
                from += len;
            }
        }
        Ok(())
    }

    /// `scale_factor_data()`
    fn read_scalefactors(&mut self, r: &mut BitReader<'_>, global_gain: i32) -> Result<()> {
        let (mut gain, mut position, mut noise) = (global_gain, 0i32, global_gain - 90);
        let mut first_noise = true;
        let count = self.info.groups() * self.info.max_sfb;
        for (book, out) in self.books[..count].iter().zip(&mut self.scalefactors) {
            *out = match *book {
                ZERO_HCB => 0,
                INTENSITY_HCB | INTENSITY_HCB2 => {
                    position += huffman::scalefactor(r)?;
                    // Beyond is silence, or so loud that the sound is lost.
                    position.clamp(-155, 100) as i16
                }
                NOISE_HCB => {
                    noise += if first_noise { r.u(9)? as i32 - 256 } else { huffman::scalefactor(r)? };
                    first_noise = false;
                    noise.clamp(-100, 155) as i16
                }
                _ => {
                    gain += huffman::scalefactor(r)?;
                    if !(0..=255).contains(&gain) {
                        return Err(r.invalid("scalefactor"));
                    }
                    gain as i16
                }
            };
        }
        Ok(())
    }

    /// `spectral_data()`
    fn read_spectrum(&self, r: &mut BitReader<'_>, format: &Format, quantised: &mut [i16]) -> Result<()> {
        quantised.fill(0);
        let short = format.short_length();
        self.info.all_bands(format).try_for_each(|band| {
            let book = self.books[band.index];
            if !is_spectral(book) {
                return Ok(());
            }
            for w in band.window..band.window + band.windows {
                let start = w * short + band.start;
                huffman::spectrum(r, book, &mut quantised[start..start + band.width])?;
            }
            Ok(())
        })
    }
}

impl Tns {
    fn read(r: &mut BitReader<'_>, info: &IcsInfo) -> Result<Self> {
        let short = info.sequence == WindowSequence::EightShort;
        let (count_bits, length_bits, order_bits) = if short { (1, 4, 3) } else { (2, 6, 5) };
        let mut tns = Self::default();
        for w in 0..if short { 8 } else { 1 } {
            tns.count[w] = r.u(count_bits)? as u8;
            if tns.count[w] == 0 {
                continue;
            }
            let fine = r.flag()?;
            for f in 0..usize::from(tns.count[w]) {
                let filter = &mut tns.filters[w + f];
                filter.fine = fine;
                filter.length = r.u(length_bits)? as u8;
                filter.order = r.u(order_bits)? as u8;
                if filter.order == 0 {
                    continue;
                }
                if filter.order > 20 {
                    return Err(r.invalid("order"));
                }
                filter.downwards = r.flag()?;
                let bits = 3 + u32::from(fine) - r.u(1)?;
                for c in &mut filter.coef[..usize::from(filter.order)] {
                    // Two's complement of `bits` bits.
                    let v = r.u(bits)? << (32 - bits);
                    *c = (v as i32 >> (32 - bits)) as i8;
                }
            }
        }
        Ok(tns)
    }
}

/// `pulse_data()`
#[derive(Debug, Clone, Copy, Default)]
struct Pulses {
    start_sfb: usize,
    count: usize,
    offsets: [u8; 4],
    amplitudes: [i16; 4],
}

impl Pulses {
    fn read(r: &mut BitReader<'_>) -> Result<Self> {
        let mut pulses = Self { count: r.u(2)? as usize + 1, start_sfb: r.u(6)? as usize, ..Self::default() };
        for i in 0..pulses.count {
            pulses.offsets[i] = r.u(5)? as u8;
            pulses.amplitudes[i] = r.u(4)? as i16;
        }
        Ok(pulses)
    }

    /// 4.6.3.3: adds the pulses to the quantised spectrum.
    fn add(&self, bands: &Bands, quantised: &mut [i16]) -> Result<()> {
        if self.start_sfb >= bands.count() {
            return Err(Error::invalid("pulse_start_sfb"));
        }
        let mut k = bands.start(self.start_sfb);
        for (&offset, &amplitude) in self.offsets[..self.count].iter().zip(&self.amplitudes) {
            k += usize::from(offset);
            let q = quantised.get_mut(k).ok_or(Error::invalid("pulse_offset"))?;
            *q += if *q > 0 { amplitude } else { -amplitude };
        }
        Ok(())
    }
}
