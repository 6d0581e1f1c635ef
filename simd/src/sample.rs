//! The type of a sample, and the kernels by that type.

use crate::block::{BlockSize, Edge, Thresholds};
use crate::dispatch::Availability;
use crate::kernels::Kernels;
use core::fmt::Debug;

mod sealed {
    /// Only this crate knows the types that its kernels take.
    pub trait Sealed {}
    impl Sealed for u8 {}
    impl Sealed for u16 {}
}

macro_rules! kernels {
    ($m:ident; $(
        $(#[$doc:meta])*
        $kernel:ident, $kernel_u16:ident, ($($arg:ident: $t:ty),*) $(-> $result:ty)?, ($($max:ident)?);
    )*) => {
        /// `u8`, for a bit depth of 8, or `u16`, for one of 8 to 14: what code for both needs of either.
        ///
        /// Its functions are the kernels of the decoder with one name for both types: those of `u8` are the methods of
        /// [`Kernels`] with that name and ignore `max`; those of `u16` are the methods with the suffix `_u16`. `max` is
        /// the largest sample value, `2^bitDepth - 1`.
        ///
        /// ```
        /// use transcode_simd::{BlockSize, Kernels, Sample};
        /// fn copy<S: Sample>(k: Kernels, dst: &mut [S], src: &[S], max: S) {
        ///     S::luma_mc(k, BlockSize::B4x4, dst, 4, src, 0, 4, 0, 0, max);
        /// }
        /// let (mut a, mut b) = ([0u8; 16], [0u16; 16]);
        /// copy(Kernels::detect(), &mut a, &[7; 16], 255);
        /// copy(Kernels::detect(), &mut b, &[700; 16], 1023);
        /// assert_eq!((a, b), ([7; 16], [700; 16]));
        /// ```
        pub trait Sample: sealed::Sealed + Copy + Default + Eq + Ord + Debug + Into<i32> + Send + Sync + 'static {
            /// Transform coefficients, and the sums of the transforms: 8-bit streams never leave 16 bits (8.5.12).
            type Coef: Copy + Default + Eq + Debug + From<i16> + From<i8> + Into<i32> + Send + Sync + 'static;

            /// Whether this is `u8`.
            const IS_8_BIT: bool;
            /// The largest value that fits.
            const LARGEST: Self;

            /// The low bits of `v`, which has to fit.
            fn from_i32(v: i32) -> Self;

            /// The low bits of `v`, for a coefficient.
            fn coef(v: i32) -> Self::Coef;

            /// `Clip1`: `v`, at least 0 and at most `max`.
            #[inline(always)]
            fn clip1(v: i32, max: Self) -> Self {
                Self::from_i32(v.clamp(0, max.into()))
            }

            /// The sample that a prediction and its residual make (8.5.14), clipped: `residual` is a sum of the
            /// transform, shifted down by 6.
            fn reconstruct(self, residual: Self::Coef, max: Self) -> Self;

            $($(#[$doc])* fn $kernel(k: Kernels, $($arg: $t,)* max: Self) $(-> $result)?;)*
        }

        impl Sample for u8 {
            type Coef = i16;
            const IS_8_BIT: bool = true;
            const LARGEST: Self = u8::MAX;
            #[inline(always)]
            fn from_i32(v: i32) -> Self {
                v as Self
            }
            #[inline(always)]
            fn coef(v: i32) -> i16 {
                v as i16
            }
            #[inline(always)]
            fn reconstruct(self, residual: i16, max: Self) -> Self {
                (i16::from(self) + residual).clamp(0, max.into()) as Self
            }
            $(#[inline(always)]
            fn $kernel(k: Kernels, $($arg: $t,)* $m: Self) $(-> $result)? {
                k.$kernel($($arg),*)
            })*
        }

        impl Sample for u16 {
            type Coef = i32;
            const IS_8_BIT: bool = false;
            const LARGEST: Self = (1 << 14) - 1;
            #[inline(always)]
            fn from_i32(v: i32) -> Self {
                v as Self
            }
            #[inline(always)]
            fn coef(v: i32) -> i32 {
                v
            }
            #[inline(always)]
            fn reconstruct(self, residual: i32, max: Self) -> Self {
                Self::clip1(i32::from(self) + residual, max)
            }
            $(#[inline]
            fn $kernel(k: Kernels, $($arg: $t,)* $m: Self) $(-> $result)? {
                k.$kernel_u16($($arg,)* $($max)?)
            })*
        }
    };
}

// The last column names `max` where the kernel for 16 bits has that argument.
kernels! { _max;
    /// [`Kernels::luma_mc`], [`Kernels::luma_mc_u16`].
    luma_mc, luma_mc_u16, (bs: BlockSize, dst: &mut [Self], dst_stride: usize, src: &[Self], src_off: usize,
        src_stride: usize, dx: u8, dy: u8), (_max);
    /// [`Kernels::chroma_mc`], [`Kernels::chroma_mc_u16`].
    chroma_mc, chroma_mc_u16, (w: usize, h: usize, dst: &mut [Self], dst_stride: usize, src: &[Self], src_off: usize,
        src_stride: usize, dx: u8, dy: u8), ();
    /// [`Kernels::luma_mc_avg`], [`Kernels::luma_mc_avg_u16`].
    luma_mc_avg, luma_mc_avg_u16, (bs: BlockSize, dst: &mut [Self], dst_stride: usize, src: &[Self], src_off: usize,
        src_stride: usize, dx: u8, dy: u8), (_max);
    /// [`Kernels::chroma_mc_pair`], [`Kernels::chroma_mc_pair_u16`].
    chroma_mc_pair, chroma_mc_pair_u16, (w: usize, h: usize, dst: [&mut [Self]; 2], dst_stride: usize,
        src: [&[Self]; 2], src_off: usize, src_stride: usize, dx: u8, dy: u8), ();
    /// [`Kernels::chroma_mc_pair_avg`], [`Kernels::chroma_mc_pair_avg_u16`].
    chroma_mc_pair_avg, chroma_mc_pair_avg_u16, (w: usize, h: usize, dst: [&mut [Self]; 2], dst_stride: usize,
        src: [&[Self]; 2], src_off: usize, src_stride: usize, dx: u8, dy: u8), ();
    /// [`Kernels::avg`], [`Kernels::avg_u16`].
    avg, avg_u16, (w: usize, h: usize, dst: &mut [Self], dst_stride: usize, src: &[Self], src_stride: usize), ();
    /// [`Kernels::weight`], [`Kernels::weight_u16`].
    weight, weight_u16, (w: usize, h: usize, dst: &mut [Self], dst_stride: usize, log2_denom: u8, weight: i32,
        offset: i32), (_max);
    /// [`Kernels::biweight`], [`Kernels::biweight_u16`].
    biweight, biweight_u16, (w: usize, h: usize, dst: &mut [Self], dst_stride: usize, src: &[Self], src_stride: usize,
        log2_denom: u8, w0: i32, w1: i32, offset: i32), (_max);
    /// [`Kernels::idct4x4_add`], [`Kernels::idct4x4_add_u16`].
    idct4x4_add, idct4x4_add_u16, (dst: &mut [Self], stride: usize, c: &mut [Self::Coef; 16]), (_max);
    /// [`Kernels::idct8x8_add`], [`Kernels::idct8x8_add_u16`].
    idct8x8_add, idct8x8_add_u16, (dst: &mut [Self], stride: usize, c: &mut [Self::Coef; 64]), (_max);
    /// [`Kernels::idct4x4_dc_add`], [`Kernels::idct4x4_dc_add_u16`].
    idct4x4_dc_add, idct4x4_dc_add_u16, (dst: &mut [Self], stride: usize, dc: Self::Coef), (_max);
    /// [`Kernels::idct8x8_dc_add`], [`Kernels::idct8x8_dc_add_u16`].
    idct8x8_dc_add, idct8x8_dc_add_u16, (dst: &mut [Self], stride: usize, dc: Self::Coef), (_max);
    /// [`Kernels::deblock_luma`], [`Kernels::deblock_luma_u16`].
    deblock_luma, deblock_luma_u16, (dir: Edge, data: &mut [Self], off: usize, stride: usize, alpha: u8, beta: u8,
        tc0: &[i8; 4]), (_max);
    /// [`Kernels::deblock_luma_strong`], [`Kernels::deblock_luma_strong_u16`].
    deblock_luma_strong, deblock_luma_strong_u16, (dir: Edge, data: &mut [Self], off: usize, stride: usize, alpha: u8,
        beta: u8), (_max);
    /// [`Kernels::deblock_chroma`], [`Kernels::deblock_chroma_u16`].
    deblock_chroma, deblock_chroma_u16, (dir: Edge, data: &mut [Self], off: usize, stride: usize, alpha: u8, beta: u8,
        tc0: &[i8; 4]), (_max);
    /// [`Kernels::deblock_chroma_strong`], [`Kernels::deblock_chroma_strong_u16`].
    deblock_chroma_strong, deblock_chroma_strong_u16, (dir: Edge, data: &mut [Self], off: usize, stride: usize,
        alpha: u8, beta: u8), (_max);
    /// [`Kernels::deblock_chroma_422`], [`Kernels::deblock_chroma_422_u16`].
    deblock_chroma_422, deblock_chroma_422_u16, (data: &mut [Self], off: usize, stride: usize, alpha: u8, beta: u8,
        tc0: &[i8; 4]), (_max);
    /// [`Kernels::deblock_chroma_422_strong`], [`Kernels::deblock_chroma_422_strong_u16`].
    deblock_chroma_422_strong, deblock_chroma_422_strong_u16, (data: &mut [Self], off: usize, stride: usize, alpha: u8,
        beta: u8), (_max);
    /// [`Kernels::deblock_luma_mb`], [`Kernels::deblock_luma_mb_u16`].
    deblock_luma_mb, deblock_luma_mb_u16, (dir: Edge, data: &mut [Self], off: usize, stride: usize, bs: &[[u8; 4]; 4],
        own: &Thresholds, inner: &Thresholds), (_max);
    /// [`Kernels::deblock_chroma_mb`], [`Kernels::deblock_chroma_mb_u16`].
    deblock_chroma_mb, deblock_chroma_mb_u16, (dir: Edge, planes: [&mut [Self]; 2], off: usize, stride: usize,
        bs: &[[u8; 4]; 4], own: &[Thresholds; 2], inner: &[Thresholds; 2]), (_max);
    /// [`Kernels::fill`], [`Kernels::fill_u16`].
    fill, fill_u16, (w: usize, h: usize, dst: &mut [Self], stride: usize, value: Self), ();
    /// [`Kernels::intra4x4`], [`Kernels::intra4x4_u16`].
    intra4x4, intra4x4_u16, (mode: u8, dst: &mut [Self], stride: usize, edge: &[Self; 13]), ();
    /// [`Kernels::intra8x8`], [`Kernels::intra8x8_u16`].
    intra8x8, intra8x8_u16, (mode: u8, dst: &mut [Self], stride: usize, edge: &[Self; 25]), ();
    /// [`Kernels::intra8x8_filter_edges`], [`Kernels::intra8x8_filter_edges_u16`].
    intra8x8_filter_edges, intra8x8_filter_edges_u16, (edge: &[Self; 25], available: Availability) -> [Self; 25], ();
    /// [`Kernels::intra16x16`], [`Kernels::intra16x16_u16`].
    intra16x16, intra16x16_u16, (mode: u8, dst: &mut [Self], stride: usize, top: &[Self; 16], left: &[Self; 16],
        top_left: Self), (_max);
    /// [`Kernels::intra_chroma8x8`], [`Kernels::intra_chroma8x8_u16`].
    intra_chroma8x8, intra_chroma8x8_u16, (mode: u8, dst: &mut [Self], stride: usize, top: &[Self; 8],
        left: &[Self; 8], top_left: Self, available: Availability), (_max);
    /// [`Kernels::intra_chroma8x16`], [`Kernels::intra_chroma8x16_u16`].
    intra_chroma8x16, intra_chroma8x16_u16, (mode: u8, dst: &mut [Self], stride: usize, top: &[Self; 8],
        left: &[Self; 16], top_left: Self, available: Availability), (_max);
}
