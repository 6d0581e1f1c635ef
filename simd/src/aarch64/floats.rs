//! Registers of 32-bit floats: what the macros of `crate::floats` ask for.
#![forbid(unsafe_code)]

/// 128 bits.
pub(crate) mod f128 {
    use crate::aarch64::mem::{load_4_f32, store_4_f32};
    use core::arch::aarch64::*;

    /// A register.
    pub(crate) type V = float32x4_t;
    /// Floats in a register.
    pub(crate) const L: usize = 4;

    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn add(a: V, b: V) -> V {
        vaddq_f32(a, b)
    }
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn sub(a: V, b: V) -> V {
        vsubq_f32(a, b)
    }
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn mul(a: V, b: V) -> V {
        vmulq_f32(a, b)
    }
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn splat(a: f32) -> V {
        vdupq_n_f32(a)
    }
    /// The floats from index `i` on.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn load(slice: &[f32], i: usize) -> V {
        load_4_f32(slice[i..].first_chunk().expect("lengths were checked"))
    }
    /// To the floats from index `i` on.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn store(slice: &mut [f32], i: usize, v: V) {
        store_4_f32(slice[i..].first_chunk_mut().expect("lengths were checked"), v);
    }

    /// The last lane first.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn reverse(v: V) -> V {
        let pairs = vrev64q_f32(v);
        vextq_f32::<2>(pairs, pairs)
    }

    /// The lanes of even and of odd index of two registers.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn unzip(a: V, b: V) -> (V, V) {
        (vuzp1q_f32(a, b), vuzp2q_f32(a, b))
    }

    /// The lanes of both by turns.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn zip(even: V, odd: V) -> (V, V) {
        (vzip1q_f32(even, odd), vzip2q_f32(even, odd))
    }

    /// How many of two transforms a register has a quarter of.
    pub(crate) const GROUPS: usize = 1;

    /// Four floats of `a`, or for `g = 1` of `b`.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn of_both(a: &[f32], b: &[f32], g: usize, i: usize) -> V {
        load(if g == 0 { a } else { b }, i)
    }

    /// To where [`of_both`] loads from.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn to_both(a: &mut [f32], b: &mut [f32], g: usize, i: usize, v: V) {
        store(if g == 0 { a } else { b }, i, v);
    }

    /// Four floats of a table.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn repeat(table: &[f32], i: usize) -> V {
        load(table, i)
    }

    /// The two change places where they belong to the second transform.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn swap_second(a: V, b: V, g: usize) -> (V, V) {
        if g == 0 { (a, b) } else { (b, a) }
    }

    pub(crate) use {reverse as reverse4, unzip as unzip4, zip as zip4};

    /// Rows to columns.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn transpose4(v: [V; 4]) -> [V; 4] {
        let (a, b) = (vzip1q_f32(v[0], v[2]), vzip2q_f32(v[0], v[2]));
        let (c, d) = (vzip1q_f32(v[1], v[3]), vzip2q_f32(v[1], v[3]));
        [vzip1q_f32(a, c), vzip2q_f32(a, c), vzip1q_f32(b, d), vzip2q_f32(b, d)]
    }

    /// Stores lane `j` of `v[r]` to `dst[i + 8 j + r]`.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn store_columns(dst: &mut [f32], i: usize, v: [V; 8]) {
        for half in 0..2 {
            let columns = transpose4([v[4 * half], v[4 * half + 1], v[4 * half + 2], v[4 * half + 3]]);
            for c in 0..4 {
                store(dst, i + 8 * c + 4 * half, columns[c]);
            }
        }
    }
}
