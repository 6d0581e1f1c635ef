//! H.264 motion compensation of samples of 8 to 14 bits, eight (or four, or two) at a time.
#![forbid(unsafe_code)]

use crate::mem::{Rows, RowsMut, before};
use crate::scalar;
use crate::scalar::mc::Window;
use crate::x86::words::x8 as w;
use core::arch::x86_64::*;

/// What a kernel does with the samples that it has filtered: to put them, ...
pub(crate) const ALONE: u8 = 0;
/// ... to put their mean with another sample that the source yields, ...
pub(crate) const WITH_SRC: u8 = 1;
/// ... or to put their mean with what is in the destination.
pub(crate) const WITH_DST: u8 = 2;

/// `kernel::<W, N>` for a block `W` wide, with the `N` lanes that fit it.
macro_rules! by_lanes {
    ($w:ident, $kernel:ident $(::<$h:ident>)? ($($arg:expr),*)) => {
        match $w {
            8 | 16 => $kernel::<$w, 8 $(, $h)?>($($arg),*),
            4 => $kernel::<$w, 4 $(, $h)?>($($arg),*),
            _ => $kernel::<$w, 2 $(, $h)?>($($arg),*),
        }
    };
}

crate::x86::high::mc_u16!("sse4.2");

#[target_feature(enable = "sse4.2")]
pub(crate) fn chroma_mc_u16<const W: usize>(
    h: usize,
    dst: &mut [u16],
    dst_stride: usize,
    src: &[u16],
    src_off: usize,
    src_stride: usize,
    dx: u8,
    dy: u8,
) {
    let dst = &mut RowsMut::new(dst, dst_stride, W, h);
    let (right, below) = (usize::from(dx != 0), usize::from(dy != 0));
    let src = Rows::new(before(src, src_off, 0), src_stride, W + right, h + below);
    let (x, y) = (i32::from(dx), i32::from(dy));
    // The factors of 8.4.2.2.2 for A and B, and for C and D.
    let factors = |row: i32| _mm_set1_epi32((x * row) << 16 | ((8 - x) * row));
    let (ab, cd) = (factors(8 - y), factors(y));
    let round = _mm_set1_epi32(32);
    if (dx, dy) == (0, 0) {
        for y in 0..h {
            *dst.at::<W>(y, 0) = *src.at(y, 0);
        }
        return;
    }
    let mut above = (w::load::<W>(src.at(0, 0)), w::load::<W>(src.at(0, right)));
    for y in 0..h {
        let next = (w::load::<W>(src.at(y + below, 0)), w::load::<W>(src.at(y + below, right)));
        let low = _mm_add_epi32(
            _mm_madd_epi16(_mm_unpacklo_epi16(above.0, above.1), ab),
            _mm_madd_epi16(_mm_unpacklo_epi16(next.0, next.1), cd),
        );
        let low = _mm_srli_epi32::<6>(_mm_add_epi32(low, round));
        let high = if W == 8 {
            let high = _mm_add_epi32(
                _mm_madd_epi16(_mm_unpackhi_epi16(above.0, above.1), ab),
                _mm_madd_epi16(_mm_unpackhi_epi16(next.0, next.1), cd),
            );
            _mm_srli_epi32::<6>(_mm_add_epi32(high, round))
        } else {
            low
        };
        w::store::<W>(dst.at(y, 0), _mm_packus_epi32(low, high));
        // Without a row below, C and D are the block's own next row and weigh nothing.
        above = if below == 1 || y + 1 == h {
            next
        } else {
            (w::load::<W>(src.at(y + 1, 0)), w::load::<W>(src.at(y + 1, right)))
        };
    }
}
