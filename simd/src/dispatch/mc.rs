//! Family `mc`: H.264 motion compensation (8.4.2.2 and 8.4.2.3). Scalar, NEON, SSE4.2, AVX2.

use super::{PerLevel, by_size, check_max, per_level};
#[cfg(target_arch = "aarch64")]
use crate::aarch64::neon;
use crate::block::BlockSize;
use crate::kernels::Kernels;
use crate::scalar;
#[cfg(target_arch = "x86_64")]
use crate::x86::{avx2, sse42};

/// `dst, dst_stride, src, src_off, src_stride, dx, dy`.
type LumaMc = unsafe fn(&mut [u8], usize, &[u8], usize, usize, u8, u8);
/// `h, dst, dst_stride, src, src_off, src_stride, dx, dy`.
type ChromaMc = unsafe fn(usize, &mut [u8], usize, &[u8], usize, usize, u8, u8);
/// `h, dst, dst_stride, src, src_off, src_stride, dx, dy`, of Cb and Cr.
type ChromaMcPair = unsafe fn(usize, [&mut [u8]; 2], usize, [&[u8]; 2], usize, usize, u8, u8);
/// `h, dst, dst_stride, src, src_stride`.
type Avg = unsafe fn(usize, &mut [u8], usize, &[u8], usize);
/// `h, dst, dst_stride, log2_denom, weight, offset`.
type Weight = unsafe fn(usize, &mut [u8], usize, u8, i32, i32);
/// `h, dst, dst_stride, src, src_stride, log2_denom, w0, w1, offset`.
type Biweight = unsafe fn(usize, &mut [u8], usize, &[u8], usize, u8, i32, i32, i32);
/// `dst, dst_stride, src, src_off, src_stride, dx, dy, max`.
type LumaMc16 = unsafe fn(&mut [u16], usize, &[u16], usize, usize, u8, u8, u16);
/// `h, dst, dst_stride, src, src_off, src_stride, dx, dy`.
type ChromaMc16 = unsafe fn(usize, &mut [u16], usize, &[u16], usize, usize, u8, u8);
/// `h, dst, dst_stride, src, src_stride`.
type Avg16 = unsafe fn(usize, &mut [u16], usize, &[u16], usize);
/// `h, dst, dst_stride, log2_denom, weight, offset, max`.
type Weight16 = unsafe fn(usize, &mut [u16], usize, u8, i32, i32, u16);
/// `h, dst, dst_stride, src, src_stride, log2_denom, w0, w1, offset, max`.
type Biweight16 = unsafe fn(usize, &mut [u16], usize, &[u16], usize, u8, i32, i32, i32, u16);

/// `luma_mc` and `luma_mc_avg` by [`BlockSize`], the others by the logarithm of the width, from 2.
#[derive(Clone, Copy)]
struct Table {
    luma_mc: [LumaMc; 7],
    luma_mc_avg: [LumaMc; 7],
    chroma_mc: [ChromaMc; 3],
    chroma_mc_pair: [ChromaMcPair; 3],
    chroma_mc_pair_avg: [ChromaMcPair; 3],
    avg: [Avg; 4],
    weight: [Weight; 4],
    biweight: [Biweight; 4],
    luma_mc_u16: [LumaMc16; 7],
    chroma_mc_u16: [ChromaMc16; 3],
    avg_u16: [Avg16; 4],
    weight_u16: [Weight16; 4],
    biweight_u16: [Biweight16; 4],
}

/// `by_width!(path::kernel)`: `kernel::<W>` for the widths 2, 4, 8 and 16.
macro_rules! by_width {
    ($($kernel:ident)::+) => {
        [$($kernel)::+::<2>, $($kernel)::+::<4>, $($kernel)::+::<8>, $($kernel)::+::<16>]
    };
}

/// `pairs!(path::kernel, AVG)`: `kernel::<W, AVG>` for the widths 2, 4 and 8.
macro_rules! pairs {
    ($($kernel:ident)::+, $avg:literal) => {
        [$($kernel)::+::<2, $avg>, $($kernel)::+::<4, $avg>, $($kernel)::+::<8, $avg>]
    };
}

const SCALAR: Table = Table {
    luma_mc: by_size!(scalar::mc::luma_mc),
    luma_mc_avg: by_size!(scalar::mc::luma_mc_avg),
    chroma_mc_pair: pairs!(scalar::mc::chroma_mc_pair, false),
    chroma_mc_pair_avg: pairs!(scalar::mc::chroma_mc_pair, true),
    chroma_mc: [scalar::mc::chroma_mc::<u8, 2>, scalar::mc::chroma_mc::<u8, 4>, scalar::mc::chroma_mc::<u8, 8>],
    avg: [scalar::mc::avg::<u8, 2>, scalar::mc::avg::<u8, 4>, scalar::mc::avg::<u8, 8>, scalar::mc::avg::<u8, 16>],
    weight: by_width!(scalar::mc::weight),
    biweight: by_width!(scalar::mc::biweight),
    luma_mc_u16: by_size!(scalar::mc::luma_mc_u16),
    chroma_mc_u16: [scalar::mc::chroma_mc::<u16, 2>, scalar::mc::chroma_mc::<u16, 4>, scalar::mc::chroma_mc::<u16, 8>],
    avg_u16: [
        scalar::mc::avg::<u16, 2>,
        scalar::mc::avg::<u16, 4>,
        scalar::mc::avg::<u16, 8>,
        scalar::mc::avg::<u16, 16>,
    ],
    weight_u16: by_width!(scalar::mc::weight_u16),
    biweight_u16: by_width!(scalar::mc::biweight_u16),
};

#[cfg(target_arch = "aarch64")]
const NEON: Table = Table {
    luma_mc: by_size!(neon::mc::luma_mc),
    luma_mc_avg: by_size!(neon::mc::luma_mc_avg),
    chroma_mc_pair: pairs!(neon::mc::chroma_mc_pair, false),
    chroma_mc_pair_avg: pairs!(neon::mc::chroma_mc_pair, true),
    chroma_mc: [neon::mc::chroma_mc::<2>, neon::mc::chroma_mc::<4>, neon::mc::chroma_mc::<8>],
    avg: by_width!(neon::mc::avg),
    weight: by_width!(neon::mc::weight),
    biweight: by_width!(neon::mc::biweight),
    ..SCALAR
};

#[cfg(target_arch = "x86_64")]
const SSE42: Table = Table {
    luma_mc: by_size!(sse42::mc::luma_mc, false),
    luma_mc_avg: by_size!(sse42::mc::luma_mc, true),
    chroma_mc_pair: pairs!(sse42::mc::chroma_mc_pair, false),
    chroma_mc_pair_avg: pairs!(sse42::mc::chroma_mc_pair, true),
    chroma_mc: [sse42::mc::chroma_mc::<2>, sse42::mc::chroma_mc::<4>, sse42::mc::chroma_mc::<8>],
    avg: by_width!(sse42::mc::avg),
    weight: by_width!(sse42::mc::weight),
    biweight: by_width!(sse42::mc::biweight),
    luma_mc_u16: by_size!(sse42::mc_u16::luma_mc_u16),
    chroma_mc_u16: [
        sse42::mc_u16::chroma_mc_u16::<2>,
        sse42::mc_u16::chroma_mc_u16::<4>,
        sse42::mc_u16::chroma_mc_u16::<8>,
    ],
    avg_u16: by_width!(sse42::mc_u16::avg_u16),
    weight_u16: by_width!(sse42::mc_u16::weight_u16),
    biweight_u16: by_width!(sse42::mc_u16::biweight_u16),
};

// Where a row is no longer than half a register the SSE4.2 kernels have nothing to gain.
#[cfg(target_arch = "x86_64")]
const AVX2: Table = {
    let [_, _, l8x16, l8x8, l8x4, l4x8, l4x4] = SSE42.luma_mc_u16;
    let ([p2, p4, _], [q2, q4, _]) = (SSE42.chroma_mc_pair, SSE42.chroma_mc_pair_avg);
    let ([a2, a4, a8, _], [w2, w4, w8, _], [b2, b4, b8, _]) = (SSE42.avg_u16, SSE42.weight_u16, SSE42.biweight_u16);
    Table {
        luma_mc: by_size!(avx2::mc::luma_mc, false),
        luma_mc_avg: by_size!(avx2::mc::luma_mc, true),
        chroma_mc_pair: [p2, p4, avx2::mc::chroma_mc_pair::<false>],
        chroma_mc_pair_avg: [q2, q4, avx2::mc::chroma_mc_pair::<true>],
        chroma_mc: [sse42::mc::chroma_mc::<2>, avx2::mc::chroma_mc::<4>, avx2::mc::chroma_mc::<8>],
        weight: [sse42::mc::weight::<2>, sse42::mc::weight::<4>, sse42::mc::weight::<8>, avx2::mc::weight],
        biweight: [sse42::mc::biweight::<2>, sse42::mc::biweight::<4>, sse42::mc::biweight::<8>, avx2::mc::biweight],
        luma_mc_u16: [
            avx2::mc_u16::luma_mc_u16::<16, 16>,
            avx2::mc_u16::luma_mc_u16::<16, 8>,
            l8x16,
            l8x8,
            l8x4,
            l4x8,
            l4x4,
        ],
        avg_u16: [a2, a4, a8, avx2::mc_u16::avg_u16::<16>],
        weight_u16: [w2, w4, w8, avx2::mc_u16::weight_u16::<16>],
        biweight_u16: [b2, b4, b8, avx2::mc_u16::biweight_u16::<16>],
        ..SSE42
    }
};

#[cfg(target_arch = "x86_64")]
const AVX512: Table = AVX2;

static TABLES: PerLevel<Table> = per_level![SCALAR, NEON, SSE42, AVX2, AVX512];

/// The place of width `w` in a table of `N` widths.
#[inline]
#[track_caller]
fn by_width<const N: usize>(w: usize) -> usize {
    let i = w.trailing_zeros() as usize;
    assert!(w.is_power_of_two() && (1..=N).contains(&i), "no kernel for blocks {w} wide");
    i - 1
}

/// # Motion compensation
///
/// Destinations start at the block's first sample. All panic, before anything is stored, if a slice is too short or
/// an argument is outside the range that its method names.
impl Kernels {
    /// Luma sample interpolation (8.4.2.2.1): the block at quarter-sample position (`dx`, `dy`), each 0 to 3, from
    /// `src[src_off]`, which is the integer sample G of the block's first sample.
    ///
    /// Reads two samples before the block and three behind it in a direction whose fraction is not 0, and none
    /// outside of that rectangle.
    #[inline]
    pub fn luma_mc(
        self,
        bs: BlockSize,
        dst: &mut [u8],
        dst_stride: usize,
        src: &[u8],
        src_off: usize,
        src_stride: usize,
        dx: u8,
        dy: u8,
    ) {
        assert!(dx < 4 && dy < 4, "luma fractions are quarters");
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { TABLES.of(self).luma_mc[bs as usize](dst, dst_stride, src, src_off, src_stride, dx, dy) }
    }

    /// [`Kernels::luma_mc`] of samples of at most `max`, which is `2^bitDepth - 1` for 8 to 14 bits.
    #[inline]
    pub fn luma_mc_u16(
        self,
        bs: BlockSize,
        dst: &mut [u16],
        dst_stride: usize,
        src: &[u16],
        src_off: usize,
        src_stride: usize,
        dx: u8,
        dy: u8,
        max: u16,
    ) {
        check_max(max);
        assert!(dx < 4 && dy < 4, "luma fractions are quarters");
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { TABLES.of(self).luma_mc_u16[bs as usize](dst, dst_stride, src, src_off, src_stride, dx, dy, max) }
    }

    /// Chroma sample interpolation (8.4.2.2.2): the block `w` (2, 4 or 8) wide and `h` (even) high at
    /// (`dx`, `dy`) eighths, each 0 to 7, from `src[src_off]`.
    ///
    /// Reads one more column if `dx` is not 0 and one more row if `dy` is not 0.
    #[inline]
    pub fn chroma_mc(
        self,
        w: usize,
        h: usize,
        dst: &mut [u8],
        dst_stride: usize,
        src: &[u8],
        src_off: usize,
        src_stride: usize,
        dx: u8,
        dy: u8,
    ) {
        assert!(dx < 8 && dy < 8, "chroma fractions are eighths");
        assert!(h != 0 && h.is_multiple_of(2), "the height is even");
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe {
            TABLES.of(self).chroma_mc[by_width::<3>(w)](h, dst, dst_stride, src, src_off, src_stride, dx, dy);
        }
    }

    /// [`Kernels::chroma_mc`] of samples of 8 to 14 bits.
    #[inline]
    pub fn chroma_mc_u16(
        self,
        w: usize,
        h: usize,
        dst: &mut [u16],
        dst_stride: usize,
        src: &[u16],
        src_off: usize,
        src_stride: usize,
        dx: u8,
        dy: u8,
    ) {
        assert!(dx < 8 && dy < 8, "chroma fractions are eighths");
        assert!(h != 0 && h.is_multiple_of(2), "the height is even");
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe {
            TABLES.of(self).chroma_mc_u16[by_width::<3>(w)](h, dst, dst_stride, src, src_off, src_stride, dx, dy);
        }
    }

    /// [`Kernels::luma_mc`], then [`Kernels::avg`] of what is in `dst` and of that: the second prediction of a block
    /// that has two.
    #[inline]
    pub fn luma_mc_avg(
        self,
        bs: BlockSize,
        dst: &mut [u8],
        dst_stride: usize,
        src: &[u8],
        src_off: usize,
        src_stride: usize,
        dx: u8,
        dy: u8,
    ) {
        assert!(dx < 4 && dy < 4, "luma fractions are quarters");
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { TABLES.of(self).luma_mc_avg[bs as usize](dst, dst_stride, src, src_off, src_stride, dx, dy) }
    }

    /// [`Kernels::luma_mc_avg`] of samples of at most `max`, which is `2^bitDepth - 1` for 8 to 14 bits.
    pub fn luma_mc_avg_u16(
        self,
        bs: BlockSize,
        dst: &mut [u16],
        dst_stride: usize,
        src: &[u16],
        src_off: usize,
        src_stride: usize,
        dx: u8,
        dy: u8,
        max: u16,
    ) {
        let mut second = [0; 256];
        self.luma_mc_u16(bs, &mut second, bs.width(), src, src_off, src_stride, dx, dy, max);
        self.avg_u16(bs.width(), bs.height(), dst, dst_stride, &second, bs.width());
    }

    /// [`Kernels::chroma_mc`] of Cb and Cr, whose blocks lie at the same places of their planes; `h` is at most 16.
    #[inline]
    pub fn chroma_mc_pair(
        self,
        w: usize,
        h: usize,
        dst: [&mut [u8]; 2],
        dst_stride: usize,
        src: [&[u8]; 2],
        src_off: usize,
        src_stride: usize,
        dx: u8,
        dy: u8,
    ) {
        assert!(dx < 8 && dy < 8, "chroma fractions are eighths");
        assert!(h != 0 && h.is_multiple_of(2) && h <= 16, "the height is even and at most 16");
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe {
            TABLES.of(self).chroma_mc_pair[by_width::<3>(w)](h, dst, dst_stride, src, src_off, src_stride, dx, dy);
        }
    }

    /// [`Kernels::chroma_mc_pair`], then [`Kernels::avg`] of what is in `dst` and of that.
    #[inline]
    pub fn chroma_mc_pair_avg(
        self,
        w: usize,
        h: usize,
        dst: [&mut [u8]; 2],
        dst_stride: usize,
        src: [&[u8]; 2],
        src_off: usize,
        src_stride: usize,
        dx: u8,
        dy: u8,
    ) {
        assert!(dx < 8 && dy < 8, "chroma fractions are eighths");
        assert!(h != 0 && h.is_multiple_of(2) && h <= 16, "the height is even and at most 16");
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe {
            TABLES.of(self).chroma_mc_pair_avg[by_width::<3>(w)](h, dst, dst_stride, src, src_off, src_stride, dx, dy);
        }
    }

    /// [`Kernels::chroma_mc_pair`] of samples of 8 to 14 bits.
    pub fn chroma_mc_pair_u16(
        self,
        w: usize,
        h: usize,
        dst: [&mut [u16]; 2],
        dst_stride: usize,
        src: [&[u16]; 2],
        src_off: usize,
        src_stride: usize,
        dx: u8,
        dy: u8,
    ) {
        assert!(h <= 16, "the height is at most 16");
        for (dst, src) in dst.into_iter().zip(src) {
            self.chroma_mc_u16(w, h, dst, dst_stride, src, src_off, src_stride, dx, dy);
        }
    }

    /// [`Kernels::chroma_mc_pair_avg`] of samples of 8 to 14 bits.
    pub fn chroma_mc_pair_avg_u16(
        self,
        w: usize,
        h: usize,
        dst: [&mut [u16]; 2],
        dst_stride: usize,
        src: [&[u16]; 2],
        src_off: usize,
        src_stride: usize,
        dx: u8,
        dy: u8,
    ) {
        assert!(h <= 16, "the height is at most 16");
        for (dst, src) in dst.into_iter().zip(src) {
            let mut second = [0; 128];
            self.chroma_mc_u16(w, h, &mut second, w, src, src_off, src_stride, dx, dy);
            self.avg_u16(w, h, dst, dst_stride, &second, w);
        }
    }

    /// Default weighted prediction (8.4.2.3.1): each sample becomes its mean with that of `src`, rounded up. The
    /// block is `w` (2, 4, 8 or 16) wide and `h` (even) high.
    #[inline]
    pub fn avg(self, w: usize, h: usize, dst: &mut [u8], dst_stride: usize, src: &[u8], src_stride: usize) {
        assert!(h != 0 && h.is_multiple_of(2), "the height is even");
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { TABLES.of(self).avg[by_width::<4>(w)](h, dst, dst_stride, src, src_stride) }
    }

    /// [`Kernels::avg`] of samples of 8 to 14 bits.
    #[inline]
    pub fn avg_u16(self, w: usize, h: usize, dst: &mut [u16], dst_stride: usize, src: &[u16], src_stride: usize) {
        assert!(h != 0 && h.is_multiple_of(2), "the height is even");
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { TABLES.of(self).avg_u16[by_width::<4>(w)](h, dst, dst_stride, src, src_stride) }
    }

    /// Explicit weighted prediction from one picture (8.4.2.3.2), in place: a sample `p` becomes
    /// `((p * weight + 2^(log2_denom - 1)) >> log2_denom) + offset`, clipped to 8 bits, without rounding and shift
    /// where `log2_denom` is 0.
    ///
    /// The block is `w` (2, 4, 8 or 16) wide and `h` (even) high; `log2_denom` is 0 to 7, `weight` -128 to 128,
    /// `offset` -128 to 127.
    #[inline]
    pub fn weight(
        self,
        w: usize,
        h: usize,
        dst: &mut [u8],
        dst_stride: usize,
        log2_denom: u8,
        weight: i32,
        offset: i32,
    ) {
        assert!(h != 0 && h.is_multiple_of(2), "the height is even");
        assert!(
            log2_denom < 8 && (-128..=128).contains(&weight) && (-128..128).contains(&offset),
            "weight out of range"
        );
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { TABLES.of(self).weight[by_width::<4>(w)](h, dst, dst_stride, log2_denom, weight, offset) }
    }

    /// [`Kernels::weight`] of samples of at most `max`, which is `2^bitDepth - 1` for 8 to 14 bits. The offset is
    /// scaled to the bit depth (`o` of 8.4.2.3, not `luma_offset_l0`): -8192 to 8191.
    #[inline]
    pub fn weight_u16(
        self,
        w: usize,
        h: usize,
        dst: &mut [u16],
        dst_stride: usize,
        log2_denom: u8,
        weight: i32,
        offset: i32,
        max: u16,
    ) {
        check_max(max);
        assert!(h != 0 && h.is_multiple_of(2), "the height is even");
        assert!(
            log2_denom < 8 && (-128..=128).contains(&weight) && (-8192..8192).contains(&offset),
            "weight out of range"
        );
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { TABLES.of(self).weight_u16[by_width::<4>(w)](h, dst, dst_stride, log2_denom, weight, offset, max) }
    }

    /// Weighted prediction from two pictures (8.4.2.3.2): a sample `p` of `dst` and `q` of `src` become
    /// `((p * w0 + q * w1 + 2^log2_denom) >> (log2_denom + 1)) + offset`, clipped to 8 bits; `offset` is
    /// `(o0 + o1 + 1) >> 1`.
    ///
    /// The block is `w` (2, 4, 8 or 16) wide and `h` (even) high; `log2_denom` is 0 to 7, the weights are -128 to
    /// 128, `offset` is -128 to 127.
    #[inline]
    pub fn biweight(
        self,
        w: usize,
        h: usize,
        dst: &mut [u8],
        dst_stride: usize,
        src: &[u8],
        src_stride: usize,
        log2_denom: u8,
        w0: i32,
        w1: i32,
        offset: i32,
    ) {
        assert!(h != 0 && h.is_multiple_of(2), "the height is even");
        let weights_fit = (-128..=128).contains(&w0) && (-128..=128).contains(&w1);
        assert!(log2_denom < 8 && weights_fit && (-128..128).contains(&offset), "weight out of range");
        let kernel = TABLES.of(self).biweight[by_width::<4>(w)];
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { kernel(h, dst, dst_stride, src, src_stride, log2_denom, w0, w1, offset) }
    }

    /// [`Kernels::biweight`] of samples of at most `max`, which is `2^bitDepth - 1` for 8 to 14 bits. The offset is
    /// scaled to the bit depth (`o` of 8.4.2.3, not `luma_offset_l0`): -8192 to 8191.
    #[inline]
    pub fn biweight_u16(
        self,
        w: usize,
        h: usize,
        dst: &mut [u16],
        dst_stride: usize,
        src: &[u16],
        src_stride: usize,
        log2_denom: u8,
        w0: i32,
        w1: i32,
        offset: i32,
        max: u16,
    ) {
        check_max(max);
        assert!(h != 0 && h.is_multiple_of(2), "the height is even");
        let weights_fit = (-128..=128).contains(&w0) && (-128..=128).contains(&w1);
        assert!(log2_denom < 8 && weights_fit && (-8192..8192).contains(&offset), "weight out of range");
        let kernel = TABLES.of(self).biweight_u16[by_width::<4>(w)];
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { kernel(h, dst, dst_stride, src, src_stride, log2_denom, w0, w1, offset, max) }
    }
}
