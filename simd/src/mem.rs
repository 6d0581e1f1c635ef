//! Rows of samples with a stride: lengths are checked once, when the view is made.
//!
//! A kernel's first act is to make a view of each slice it was given. From then on [`Rows::at`] hands out array
//! references whose bounds the compiler can see to be right (`y` and `x` come from constant loops), so no check is
//! left in the loop, and nothing has been stored when a slice turns out to be too short.

use crate::block::BlockSize;
use core::marker::PhantomData;

/// `height` rows of `width` samples, `stride` apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a, T> {
    first: *const T,
    stride: usize,
    width: usize,
    height: usize,
    samples: PhantomData<&'a [T]>,
}

/// `height` rows of `width` samples, `stride` apart, to write.
#[derive(Debug)]
pub(crate) struct RowsMut<'a, T> {
    first: *mut T,
    stride: usize,
    width: usize,
    height: usize,
    samples: PhantomData<&'a mut [T]>,
}

/// Panics unless `len` samples hold `height` rows of `width`, `stride` apart.
#[inline(always)]
#[track_caller]
fn check(len: usize, stride: usize, width: usize, height: usize) {
    let before_last = stride.checked_mul(height.saturating_sub(1));
    if before_last.and_then(|n| n.checked_add(width)).is_none_or(|n| n > len) {
        too_short(len, stride, width, height);
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn too_short(len: usize, stride: usize, width: usize, height: usize) -> ! {
    panic!("a slice of {len} samples is too short for a block of {width}x{height} with stride {stride}");
}

/// `samples` from `margin` samples before index `at`.
///
/// # Panics
/// If there are not so many.
#[inline(always)]
#[track_caller]
pub(crate) fn before<T>(samples: &[T], at: usize, margin: usize) -> &[T] {
    match at.checked_sub(margin).and_then(|start| samples.get(start..)) {
        Some(rest) => rest,
        None => no_margin(samples.len(), at, margin),
    }
}

/// As [`before`], to write.
///
/// # Panics
/// If there are not so many.
#[inline(always)]
#[track_caller]
pub(crate) fn before_mut<T>(samples: &mut [T], at: usize, margin: usize) -> &mut [T] {
    let len = samples.len();
    match at.checked_sub(margin).and_then(|start| samples.get_mut(start..)) {
        Some(rest) => rest,
        None => no_margin(len, at, margin),
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn no_margin(len: usize, at: usize, margin: usize) -> ! {
    panic!("a slice of {len} samples is too short for a block at index {at} that needs {margin} samples before it");
}

/// Asks the processor for the sample at index `at` of `samples`, which will be read soon. Only a hint, on x86 alone; nothing happens if
/// there is no such sample.
#[inline(always)]
pub fn prefetch<T>(samples: &[T], at: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(sample) = samples.get(at) {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: SSE belongs to the target, and the hint touches no memory.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(core::ptr::from_ref(sample).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (samples, at);
}

/// Copies a block. The same at every level: moves of a row are the compiler's.
///
/// # Panics
/// Before anything is stored, if a slice is too short.
#[inline]
#[track_caller]
pub fn copy_block(bs: BlockSize, dst: &mut [u8], dst_stride: usize, src: &[u8], src_stride: usize) {
    match bs {
        BlockSize::B16x16 => copy::<16, 16>(dst, dst_stride, src, src_stride),
        BlockSize::B16x8 => copy::<16, 8>(dst, dst_stride, src, src_stride),
        BlockSize::B8x16 => copy::<8, 16>(dst, dst_stride, src, src_stride),
        BlockSize::B8x8 => copy::<8, 8>(dst, dst_stride, src, src_stride),
        BlockSize::B8x4 => copy::<8, 4>(dst, dst_stride, src, src_stride),
        BlockSize::B4x8 => copy::<4, 8>(dst, dst_stride, src, src_stride),
        BlockSize::B4x4 => copy::<4, 4>(dst, dst_stride, src, src_stride),
    }
}

#[inline]
#[track_caller]
fn copy<const W: usize, const H: usize>(dst: &mut [u8], dst_stride: usize, src: &[u8], src_stride: usize) {
    let (mut dst, src) = (RowsMut::new(dst, dst_stride, W, H), Rows::new(src, src_stride, W, H));
    for y in 0..H {
        *dst.at::<W>(y, 0) = *src.at(y, 0);
    }
}

impl<'a, T> Rows<'a, T> {
    /// The rows at the start of `samples`.
    ///
    /// # Panics
    /// If `samples` ends before the last sample of the last row.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn new(samples: &'a [T], stride: usize, width: usize, height: usize) -> Self {
        check(samples.len(), stride, width, height);
        Self { first: samples.as_ptr(), stride, width, height, samples: PhantomData }
    }

    /// `N` samples of row `y` from column `x`.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn at<const N: usize>(&self, y: usize, x: usize) -> &'a [T; N] {
        assert!(y < self.height && N <= self.width && x <= self.width - N);
        // SAFETY: `check` proved that row `y < height` lies inside the slice up to column `width`, so `y * stride + x`
        // neither overflows nor leaves it, and the slice is borrowed for `'a`.
        unsafe { &*self.first.add(y * self.stride + x).cast() }
    }

    /// All samples of row `y`.
    #[inline(always)]
    #[track_caller]
    #[allow(dead_code, reason = "kernels whose width is an argument read by rows")]
    pub(crate) fn row(&self, y: usize) -> &'a [T] {
        assert!(y < self.height);
        // SAFETY: `check` proved that row `y < height` lies inside the slice up to column `width`.
        unsafe { core::slice::from_raw_parts(self.first.add(y * self.stride), self.width) }
    }
}

impl<'a, T> RowsMut<'a, T> {
    /// The rows at the start of `samples`.
    ///
    /// # Panics
    /// If `samples` ends before the last sample of the last row.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn new(samples: &'a mut [T], stride: usize, width: usize, height: usize) -> Self {
        check(samples.len(), stride, width, height);
        Self { first: samples.as_mut_ptr(), stride, width, height, samples: PhantomData }
    }

    /// `N` samples of row `y` from column `x`.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn at<const N: usize>(&mut self, y: usize, x: usize) -> &mut [T; N] {
        assert!(y < self.height && N <= self.width && x <= self.width - N);
        // SAFETY: as in `Rows::at`; the result borrows `self`, so no two of them live at once.
        unsafe { &mut *self.first.add(y * self.stride + x).cast() }
    }

    /// All samples of row `y`.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn row(&mut self, y: usize) -> &mut [T] {
        assert!(y < self.height);
        // SAFETY: `check` proved that row `y < height` lies inside the slice up to column `width`; the result borrows
        // `self`, so no two of them live at once.
        unsafe { core::slice::from_raw_parts_mut(self.first.add(y * self.stride), self.width) }
    }
}
