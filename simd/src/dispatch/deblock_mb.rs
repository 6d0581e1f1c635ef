//! Family `deblock_mb`: the H.264 deblocking filter for the edges of a macroblock at once (8.7). Scalar, NEON, SSE4.2,
//! AVX2.

use super::{PerLevel, check_max, per_level};
#[cfg(target_arch = "aarch64")]
use crate::aarch64::neon;
use crate::block::{Edge, Motion, Thresholds};
use crate::kernels::Kernels;
use crate::mem::{Rows, before};
use crate::scalar;
use crate::scalar::deblock_mb::edges;
#[cfg(target_arch = "x86_64")]
use crate::x86::{avx2, sse42};

/// `dir, data, off, stride, bs, own, inner`.
type LumaMb = unsafe fn(Edge, &mut [u8], usize, usize, &[[u8; 4]; 4], &Thresholds, &Thresholds);
/// `dir, planes, off, stride, bs, own, inner`.
type ChromaMb = unsafe fn(Edge, [&mut [u8]; 2], usize, usize, &[[u8; 4]; 4], &[Thresholds; 2], &[Thresholds; 2]);
/// `motion, nonzero, far_y, two_lists, bs`.
type Strength = unsafe fn(&[Motion<'_>; 3], [u16; 3], u8, bool, &mut [[[u8; 4]; 4]; 2]);

#[derive(Clone, Copy)]
struct Table {
    deblock_luma_mb: LumaMb,
    deblock_chroma_mb: ChromaMb,
    deblock_strength: Strength,
}

const SCALAR: Table = Table {
    deblock_luma_mb: scalar::deblock_mb::deblock_luma_mb,
    deblock_chroma_mb: scalar::deblock_mb::deblock_chroma_mb,
    deblock_strength: scalar::deblock_mb::deblock_strength,
};

#[cfg(target_arch = "aarch64")]
const NEON: Table = Table {
    deblock_luma_mb: neon::deblock_mb::deblock_luma_mb,
    deblock_chroma_mb: neon::deblock_mb::deblock_chroma_mb,
    deblock_strength: neon::deblock_mb::deblock_strength,
};

#[cfg(target_arch = "x86_64")]
const SSE42: Table = Table {
    deblock_luma_mb: sse42::deblock_mb::deblock_luma_mb,
    deblock_chroma_mb: sse42::deblock_mb::deblock_chroma_mb,
    deblock_strength: sse42::deblock_mb::deblock_strength,
};

#[cfg(target_arch = "x86_64")]
const AVX2: Table = Table {
    deblock_luma_mb: avx2::deblock_mb::deblock_luma_mb,
    deblock_strength: avx2::deblock_mb::deblock_strength,
    ..SSE42
};

#[cfg(target_arch = "x86_64")]
const AVX512: Table = AVX2;

static TABLES: PerLevel<Table> = per_level![SCALAR, NEON, SSE42, AVX2, AVX512];

/// Before anything is stored: the strengths are such, and the samples that edges of `n` lines need are there, `reach`
/// before the macroblock's own edge if that is filtered.
#[inline]
#[track_caller]
fn check<T>(dir: Edge, data: &[T], off: usize, stride: usize, bs: &[[u8; 4]; 4], own: bool, n: usize, reach: usize) {
    let [first, inner @ ..] = bs.map(u32::from_ne_bytes);
    let small = |bs: u32| bs & 0xfcfc_fcfc == 0;
    assert!(
        (small(first) || bs[0] == [4; 4]) && small(inner[0] | inner[1] | inner[2]),
        "bS is 0 to 3, or 4 all along the macroblock's own edge"
    );
    let reach = if own && first != 0 { reach } else { 0 };
    let (width, height) = match dir {
        Edge::Vertical => (n + reach, n),
        Edge::Horizontal => (n, n + reach),
    };
    let _ = Rows::new(before(data, off, dir.across(stride, reach)), stride, width, height);
}

/// # Deblocking of macroblocks
///
/// All edges of one direction, in their order. `data[off]` is the macroblock's first sample. `bs[e][i]` is bS of the
/// `i`-th quarter of edge `e`: edge 0 is the macroblock's own, to its neighbour on the left or above, where bS is 4 for
/// all quarters or none; at the others it is at most 3. `own` has the thresholds for edge 0, `inner` those for the others.
///
/// All samples of the macroblock must be in `data`, and four before it (two of chroma) if edge 0 is filtered. All
/// panic before anything is stored if they aren't, or if a bS is none.
impl Kernels {
    /// The four luma edges of a macroblock in direction `dir`: [`Kernels::deblock_luma`] and
    /// [`Kernels::deblock_luma_strong`] for each of them that is to be filtered.
    #[inline]
    pub fn deblock_luma_mb(
        self,
        dir: Edge,
        data: &mut [u8],
        off: usize,
        stride: usize,
        bs: &[[u8; 4]; 4],
        own: &Thresholds,
        inner: &Thresholds,
    ) {
        check(dir, data, off, stride, bs, own.filters(), 16, 4);
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).deblock_luma_mb)(dir, data, off, stride, bs, own, inner) }
    }

    /// [`Kernels::deblock_luma_mb`] of samples of at most `max`, which is `2^bitDepth - 1` for 8 to 14 bits. The
    /// kernel scales the thresholds to the bit depth (8.7.2.2).
    pub fn deblock_luma_mb_u16(
        self,
        dir: Edge,
        data: &mut [u16],
        off: usize,
        stride: usize,
        bs: &[[u8; 4]; 4],
        own: &Thresholds,
        inner: &Thresholds,
        max: u16,
    ) {
        check_max(max);
        check(dir, data, off, stride, bs, own.filters(), 16, 4);
        edges::<1>((off, dir.across(stride, 4)), bs, own, inner, |at, t, tc0| match tc0 {
            Some(tc0) => self.deblock_luma_u16(dir, data, at, stride, t.alpha, t.beta, tc0, max),
            None => self.deblock_luma_strong_u16(dir, data, at, stride, t.alpha, t.beta, max),
        });
    }

    /// The two edges of Cb and Cr of a 4:2:0 macroblock in direction `dir`: [`Kernels::deblock_chroma`] and
    /// [`Kernels::deblock_chroma_strong`] with edges 0 and 2 of `bs`, four samples apart. The thresholds are those of
    /// Cb and Cr; `off` and `stride` are the same in both planes.
    #[inline(always)]
    pub fn deblock_chroma_mb(
        self,
        dir: Edge,
        planes: [&mut [u8]; 2],
        off: usize,
        stride: usize,
        bs: &[[u8; 4]; 4],
        own: &[Thresholds; 2],
        inner: &[Thresholds; 2],
    ) {
        for data in &planes {
            check(dir, data, off, stride, bs, own[0].filters() || own[1].filters(), 8, 2);
        }
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).deblock_chroma_mb)(dir, planes, off, stride, bs, own, inner) }
    }

    /// [`Kernels::deblock_chroma_mb`] of samples of at most `max`, which is `2^bitDepth - 1` for 8 to 14 bits. The
    /// kernel scales the thresholds to the bit depth (8.7.2.2).
    pub fn deblock_chroma_mb_u16(
        self,
        dir: Edge,
        planes: [&mut [u16]; 2],
        off: usize,
        stride: usize,
        bs: &[[u8; 4]; 4],
        own: &[Thresholds; 2],
        inner: &[Thresholds; 2],
        max: u16,
    ) {
        check_max(max);
        for data in &planes {
            check(dir, data, off, stride, bs, own[0].filters() || own[1].filters(), 8, 2);
        }
        for (i, data) in planes.into_iter().enumerate() {
            edges::<2>((off, dir.across(stride, 4)), bs, &own[i], &inner[i], |at, t, tc0| match tc0 {
                Some(tc0) => self.deblock_chroma_u16(dir, data, at, stride, t.alpha, t.beta, tc0, max),
                None => self.deblock_chroma_strong_u16(dir, data, at, stride, t.alpha, t.beta, max),
            });
        }
    }

    /// bS of the edges between 4x4 blocks that are not intra, from coefficients and motion (8.7.2.1): 2 where a block
    /// beside the edge has coefficients, 1 where their pictures differ, or their vectors by four quarter samples or
    /// more, `far_y` of them in vertical direction, and 0 elsewhere.
    ///
    /// `motion` is that of the macroblock, of the one on its left, and of the one above it; bit `4 * y + x` of
    /// `nonzero` says that 4x4 block (x, y) of them has coefficients. List 1 counts only if there are `two_lists`.
    /// Result 0 is of the vertical edges, result 1 of the horizontal ones, as for [`Kernels::deblock_luma_mb`].
    ///
    /// # Panics
    /// If `far_y` is 0.
    #[inline]
    pub fn deblock_strength(
        self,
        motion: &[Motion<'_>; 3],
        nonzero: [u16; 3],
        far_y: u8,
        two_lists: bool,
    ) -> [[[u8; 4]; 4]; 2] {
        assert!(far_y > 0, "vectors are never less than 0 apart");
        let mut bs = [[[0; 4]; 4]; 2];
        // SAFETY: `self` proves the level of the table that `of` picks.
        unsafe { (TABLES.of(self).deblock_strength)(motion, nonzero, far_y, two_lists, &mut bs) }
        bs
    }
}
