//! The syntax of a frame (4.4.2): elements, channels, and what fills up.

use super::bands::Bands;
use super::coded::Coded;
use super::section::length_bits;
use crate::aac::huffman::write::{scalefactor_bits, write_scalefactor, write_spectrum};
use crate::aac::syntax::ics::{INTENSITY_HCB, INTENSITY_HCB2, NOISE_HCB, Tns, ZERO_HCB};
use crate::aac::syntax::id;
use crate::bits::BitWriter;

/// `ics_info()` without prediction.
pub(crate) fn ics_info(w: &mut BitWriter, bands: &Bands, coded: &Coded) {
    w.u(0, 1); // ics_reserved_bit
    w.u(bands.sequence as u32, 2);
    w.u(coded.shape as u32, 1);
    if bands.is_short() {
        w.u(coded.max_sfb as u32, 4);
        for g in 0..bands.groups {
            // scale_factor_grouping: 1 where a window belongs to the group of the one before.
            let length = u32::from(bands.group_lengths[g]);
            w.u((1 << (length - 1)) - 1, length - 1);
            if g + 1 < bands.groups {
                w.u(0, 1);
            }
        }
    } else {
        w.u(coded.max_sfb as u32, 6);
        w.u(0, 1); // predictor_data_present
    }
}

/// Bits of [`ics_info`].
pub(crate) fn ics_info_bits(bands: &Bands) -> u32 {
    if bands.is_short() { 15 } else { 11 }
}

/// The steps between the scalefactors of a channel, in the order of the stream: `None` for the first noise energy, which is
/// written as it is. Given to `step` with the value itself.
fn each_scalefactor(bands: &Bands, coded: &Coded, mut step: impl FnMut(Option<i32>, i32)) {
    let (mut gain, mut position, mut noise) = (global_gain(bands, coded), 0, None);
    for g in 0..bands.groups {
        for b in g * bands.per_group..g * bands.per_group + coded.max_sfb {
            let value = i32::from(coded.scalefactors[b]);
            match coded.books[b] {
                ZERO_HCB => {}
                INTENSITY_HCB | INTENSITY_HCB2 => {
                    step(Some(value - position), value);
                    position = value;
                }
                NOISE_HCB => {
                    step(noise.map(|n| value - n), value);
                    noise = Some(value);
                }
                _ => {
                    step(Some(value - gain), value);
                    gain = value;
                }
            }
        }
    }
}

/// `global_gain`: the first scalefactor, so that its step is 0.
fn global_gain(bands: &Bands, coded: &Coded) -> i32 {
    let all = (0..bands.groups).flat_map(|g| g * bands.per_group..g * bands.per_group + coded.max_sfb);
    let mut first_noise = None;
    for b in all {
        match coded.books[b] {
            1..=11 => return i32::from(coded.scalefactors[b]),
            NOISE_HCB if first_noise.is_none() => first_noise = Some(i32::from(coded.scalefactors[b]) + 90),
            _ => {}
        }
    }
    first_noise.unwrap_or(100).clamp(0, 255)
}

/// Bits of `individual_channel_stream()` but for `ics_info()`, sections and spectrum.
pub(crate) fn side_bits(bands: &Bands, coded: &Coded) -> u32 {
    let mut bits = 8 + 3;
    each_scalefactor(bands, coded, |step, _| bits += step.map_or(9, scalefactor_bits));
    bits + coded.tns.as_ref().map_or(0, |tns| tns_bits(bands, tns))
}

/// `individual_channel_stream()`; `common`: its `ics_info()` was written before.
pub(crate) fn channel_stream(w: &mut BitWriter, bands: &Bands, coded: &Coded, common: bool) {
    let gain = global_gain(bands, coded);
    w.u(gain as u32, 8);
    if !common {
        ics_info(w, bands, coded);
    }
    sections(w, bands, coded);
    each_scalefactor(bands, coded, |step, value| match step {
        Some(step) => write_scalefactor(w, step),
        None => w.u((value - (gain - 90) + 256).clamp(0, 511) as u32, 9),
    });
    w.flag(false); // pulse_data_present
    w.flag(coded.tns.is_some());
    if let Some(tns) = &coded.tns {
        write_tns(w, bands, tns);
    }
    w.flag(false); // gain_control_data_present
    for g in 0..bands.groups {
        for b in g * bands.per_group..g * bands.per_group + coded.max_sfb {
            if (1..=11).contains(&coded.books[b]) {
                write_spectrum(w, coded.books[b], &coded.quantised[bands.lines(b)]);
            }
        }
    }
}

/// `section_data()`
fn sections(w: &mut BitWriter, bands: &Bands, coded: &Coded) {
    let (bits, escape) = length_bits(bands);
    for g in 0..bands.groups {
        let books = &coded.books[g * bands.per_group..g * bands.per_group + coded.max_sfb];
        for section in books.chunk_by(|a, b| a == b) {
            w.u(section[0].into(), 4);
            let mut length = section.len();
            while length >= escape {
                w.u(escape as u32, bits);
                length -= escape;
            }
            w.u(length as u32, bits);
        }
    }
}

/// Bits of [`write_tns`].
fn tns_bits(bands: &Bands, tns: &Tns) -> u32 {
    let short = bands.is_short();
    let (count_bits, length_bits, order_bits) = if short { (1, 4, 3) } else { (2, 6, 5) };
    let mut bits = 0;
    for window in 0..if short { 8 } else { 1 } {
        let count = usize::from(tns.count[window]);
        bits += count_bits + u32::from(count > 0);
        for filter in &tns.filters[window..window + count] {
            let coefficients = u32::from(filter.order) * (3 + u32::from(filter.fine));
            bits += length_bits + order_bits + if filter.order > 0 { 2 + coefficients } else { 0 };
        }
    }
    bits
}

/// `tns_data()`
fn write_tns(w: &mut BitWriter, bands: &Bands, tns: &Tns) {
    let short = bands.is_short();
    let (count_bits, length_bits, order_bits) = if short { (1, 4, 3) } else { (2, 6, 5) };
    for window in 0..if short { 8 } else { 1 } {
        let count = tns.count[window];
        w.u(count.into(), count_bits);
        if count == 0 {
            continue;
        }
        w.flag(tns.filters[window].fine); // coef_res
        for filter in &tns.filters[window..window + usize::from(count)] {
            w.u(filter.length.into(), length_bits);
            w.u(filter.order.into(), order_bits);
            if filter.order == 0 {
                continue;
            }
            w.flag(filter.downwards);
            w.flag(false); // coef_compress
            let bits = 3 + u32::from(filter.fine);
            for &c in &filter.coef[..usize::from(filter.order)] {
                w.u(c as u32 & ((1 << bits) - 1), bits);
            }
        }
    }
}

/// Bits of [`extension`].
pub(crate) fn extension_bits(bytes: &[u8]) -> u32 {
    match bytes.len() as u32 {
        0 => 0,
        n @ 1..15 => 7 + 8 * n,
        n => 15 + 8 * n,
    }
}

/// A fill element that holds `bytes`, at most 269 of them; nothing for none.
pub(crate) fn extension(w: &mut BitWriter, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    w.u(id::FIL, 3);
    let count = bytes.len() as u32;
    if count < 15 {
        w.u(count, 4);
    } else {
        w.u(15, 4);
        w.u((count - 14).min(255), 8);
    }
    bytes.iter().take(269).for_each(|&b| w.u(b.into(), 8));
}

/// Bits of the fill elements that make up `bits` or a little less: what is left is not enough for one.
pub(crate) fn fill(w: &mut BitWriter, mut bits: u32) {
    // 3 bits of the element's name and 4 of its count, and from a count of 15 on 8 more.
    while bits >= 7 {
        let bytes = (bits - 7) / 8;
        w.u(id::FIL, 3);
        let bytes = if bytes >= 16 {
            let bytes = (bytes - 1).min(269);
            w.u(15, 4);
            w.u(bytes - 14, 8);
            bits -= 8;
            bytes
        } else {
            let bytes = bytes.min(14);
            w.u(bytes, 4);
            bytes
        };
        bits -= 7 + 8 * bytes;
        for i in 0..bytes {
            // EXT_FILL: a type of 0 and zeros, then bytes of 10100101; 4.5.2.9.2
            w.u(if i == 0 { 0 } else { 0xa5 }, 8);
        }
    }
}
