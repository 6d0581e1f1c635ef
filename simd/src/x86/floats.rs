//! Registers of 32-bit floats: one name for an instruction of 128, of 256 and of 512 bits. The kernels over them are the macros of
//! `crate::floats`.
#![forbid(unsafe_code)]

macro_rules! ops {
    ($feature:literal, $v:ty, $lanes:literal, $add:ident, $sub:ident, $mul:ident, $set:ident, $load:ident, $store:ident) => {
        /// A register.
        pub(crate) type V = $v;
        /// Floats in a register.
        pub(crate) const L: usize = $lanes;

        #[inline]
        #[target_feature(enable = $feature)]
        pub(crate) fn add(a: V, b: V) -> V {
            $add(a, b)
        }
        #[inline]
        #[target_feature(enable = $feature)]
        pub(crate) fn sub(a: V, b: V) -> V {
            $sub(a, b)
        }
        #[inline]
        #[target_feature(enable = $feature)]
        pub(crate) fn mul(a: V, b: V) -> V {
            $mul(a, b)
        }
        #[inline]
        #[target_feature(enable = $feature)]
        pub(crate) fn splat(a: f32) -> V {
            $set(a)
        }
        /// The floats from index `i` on.
        #[inline]
        #[target_feature(enable = $feature)]
        pub(crate) fn load(slice: &[f32], i: usize) -> V {
            $load(slice[i..].first_chunk().expect("lengths were checked"))
        }
        /// To the floats from index `i` on.
        #[inline]
        #[target_feature(enable = $feature)]
        pub(crate) fn store(slice: &mut [f32], i: usize, v: V) {
            $store(slice[i..].first_chunk_mut().expect("lengths were checked"), v);
        }
    };
}

/// 128 bits.
pub(crate) mod f128 {
    use crate::x86::mem::{load_4_f32, store_4_f32};
    use core::arch::x86_64::*;

    ops!("sse4.2", __m128, 4, _mm_add_ps, _mm_sub_ps, _mm_mul_ps, _mm_set1_ps, load_4_f32, store_4_f32);

    /// The last lane first.
    #[inline]
    #[target_feature(enable = "sse4.2")]
    pub(crate) fn reverse(v: V) -> V {
        _mm_shuffle_ps::<0b00_01_10_11>(v, v)
    }

    /// The lanes of even and of odd index of two registers.
    #[inline]
    #[target_feature(enable = "sse4.2")]
    pub(crate) fn unzip(a: V, b: V) -> (V, V) {
        (_mm_shuffle_ps::<0b10_00_10_00>(a, b), _mm_shuffle_ps::<0b11_01_11_01>(a, b))
    }

    /// The lanes of both by turns.
    #[inline]
    #[target_feature(enable = "sse4.2")]
    pub(crate) fn zip(even: V, odd: V) -> (V, V) {
        (_mm_unpacklo_ps(even, odd), _mm_unpackhi_ps(even, odd))
    }

    /// How many of two transforms a register has a quarter of.
    pub(crate) const GROUPS: usize = 1;

    /// Four floats of `a`, or for `g = 1` of `b`.
    #[inline]
    #[target_feature(enable = "sse4.2")]
    pub(crate) fn of_both(a: &[f32], b: &[f32], g: usize, i: usize) -> V {
        load(if g == 0 { a } else { b }, i)
    }

    /// To where [`of_both`] loads from.
    #[inline]
    #[target_feature(enable = "sse4.2")]
    pub(crate) fn to_both(a: &mut [f32], b: &mut [f32], g: usize, i: usize, v: V) {
        store(if g == 0 { a } else { b }, i, v);
    }

    /// Four floats of a table.
    #[inline]
    #[target_feature(enable = "sse4.2")]
    pub(crate) fn repeat(table: &[f32], i: usize) -> V {
        load(table, i)
    }

    /// The two change places where they belong to the second transform.
    #[inline]
    #[target_feature(enable = "sse4.2")]
    pub(crate) fn swap_second(a: V, b: V, g: usize) -> (V, V) {
        if g == 0 { (a, b) } else { (b, a) }
    }

    pub(crate) use {reverse as reverse4, unzip as unzip4, zip as zip4};

    /// Rows to columns.
    #[inline]
    #[target_feature(enable = "sse4.2")]
    pub(crate) fn transpose4(v: [V; 4]) -> [V; 4] {
        let [mut a, mut b, mut c, mut d] = v;
        _MM_TRANSPOSE4_PS(&mut a, &mut b, &mut c, &mut d);
        [a, b, c, d]
    }

    /// Stores lane `j` of `v[r]` to `dst[i + 8 j + r]`.
    #[inline]
    #[target_feature(enable = "sse4.2")]
    pub(crate) fn store_columns(dst: &mut [f32], i: usize, v: [V; 8]) {
        for half in 0..2 {
            let [a, b, c, d] = transpose4([v[4 * half], v[4 * half + 1], v[4 * half + 2], v[4 * half + 3]]);
            store(dst, i + 4 * half, a);
            store(dst, i + 8 + 4 * half, b);
            store(dst, i + 16 + 4 * half, c);
            store(dst, i + 24 + 4 * half, d);
        }
    }
}

/// 256 bits.
pub(crate) mod f256 {
    use crate::x86::mem::{load_4_f32, load_8_f32, store_4_f32, store_8_f32};
    use core::arch::x86_64::*;

    ops!("avx2", __m256, 8, _mm256_add_ps, _mm256_sub_ps, _mm256_mul_ps, _mm256_set1_ps, load_8_f32, store_8_f32);

    /// The last lane first.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn reverse(v: V) -> V {
        _mm256_permutevar8x32_ps(v, _mm256_setr_epi32(7, 6, 5, 4, 3, 2, 1, 0))
    }

    /// The lanes of even and of odd index of two registers.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn unzip(a: V, b: V) -> (V, V) {
        // Within halves first, so that their parts then only change places.
        let (low, high) = (_mm256_permute2f128_ps::<0x20>(a, b), _mm256_permute2f128_ps::<0x31>(a, b));
        let (even, odd) =
            (_mm256_shuffle_ps::<0b10_00_10_00>(low, high), _mm256_shuffle_ps::<0b11_01_11_01>(low, high));
        // Lanes now: a0 a2 a4 a6 | b0 b2 b4 b6.
        (even, odd)
    }

    /// The lanes of both by turns.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn zip(even: V, odd: V) -> (V, V) {
        let (a, b) = (_mm256_unpacklo_ps(even, odd), _mm256_unpackhi_ps(even, odd));
        (_mm256_permute2f128_ps::<0x20>(a, b), _mm256_permute2f128_ps::<0x31>(a, b))
    }

    /// How many of two transforms a register has a quarter of.
    pub(crate) const GROUPS: usize = 2;

    /// Four floats of `a`, then four of `b`.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn of_both(a: &[f32], b: &[f32], _: usize, i: usize) -> V {
        let low = load_4_f32(a[i..].first_chunk().expect("lengths were checked"));
        _mm256_set_m128(load_4_f32(b[i..].first_chunk().expect("lengths were checked")), low)
    }

    /// To where [`of_both`] loads from.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn to_both(a: &mut [f32], b: &mut [f32], _: usize, i: usize, v: V) {
        store_4_f32(a[i..].first_chunk_mut().expect("lengths were checked"), _mm256_castps256_ps128(v));
        store_4_f32(b[i..].first_chunk_mut().expect("lengths were checked"), _mm256_extractf128_ps::<1>(v));
    }

    /// Four floats of a table, twice.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn repeat(table: &[f32], i: usize) -> V {
        let four = load_4_f32(table[i..].first_chunk().expect("lengths were checked"));
        _mm256_set_m128(four, four)
    }

    /// The two change places where they belong to the second transform.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn swap_second(a: V, b: V, _: usize) -> (V, V) {
        (_mm256_blend_ps::<0b1111_0000>(a, b), _mm256_blend_ps::<0b1111_0000>(b, a))
    }

    /// Of each half the last lane first.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn reverse4(v: V) -> V {
        _mm256_permute_ps::<0b00_01_10_11>(v)
    }

    /// Of each half the lanes of even and of odd index of two registers.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn unzip4(a: V, b: V) -> (V, V) {
        (_mm256_shuffle_ps::<0b10_00_10_00>(a, b), _mm256_shuffle_ps::<0b11_01_11_01>(a, b))
    }

    /// Of each half the lanes of both by turns.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn zip4(even: V, odd: V) -> (V, V) {
        (_mm256_unpacklo_ps(even, odd), _mm256_unpackhi_ps(even, odd))
    }

    /// Rows to columns, of each half.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn transpose4(v: [V; 4]) -> [V; 4] {
        let (a, b) = (_mm256_unpacklo_ps(v[0], v[1]), _mm256_unpackhi_ps(v[0], v[1]));
        let (c, d) = (_mm256_unpacklo_ps(v[2], v[3]), _mm256_unpackhi_ps(v[2], v[3]));
        [
            _mm256_shuffle_ps::<0b01_00_01_00>(a, c),
            _mm256_shuffle_ps::<0b11_10_11_10>(a, c),
            _mm256_shuffle_ps::<0b01_00_01_00>(b, d),
            _mm256_shuffle_ps::<0b11_10_11_10>(b, d),
        ]
    }

    /// Stores lane `j` of `v[r]` to `dst[i + 8 j + r]`.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn store_columns(dst: &mut [f32], i: usize, v: [V; 8]) {
        let low = transpose4([v[0], v[1], v[2], v[3]]);
        let high = transpose4([v[4], v[5], v[6], v[7]]);
        for c in 0..4 {
            store(dst, i + 8 * c, _mm256_permute2f128_ps::<0x20>(low[c], high[c]));
            store(dst, i + 8 * (c + 4), _mm256_permute2f128_ps::<0x31>(low[c], high[c]));
        }
    }
}

/// 512 bits.
pub(crate) mod f512 {
    use super::f256;
    use crate::x86::mem::{load_16_f32, store_16_f32};
    use core::arch::x86_64::*;

    ops!(
        "avx512f,avx512bw,avx512vl,avx512dq",
        __m512,
        16,
        _mm512_add_ps,
        _mm512_sub_ps,
        _mm512_mul_ps,
        _mm512_set1_ps,
        load_16_f32,
        store_16_f32
    );

    /// The last lane first.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
    pub(crate) fn reverse(v: V) -> V {
        _mm512_permutexvar_ps(_mm512_setr_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0), v)
    }

    /// The lanes of even and of odd index of two registers.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
    pub(crate) fn unzip(a: V, b: V) -> (V, V) {
        let even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
        let odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
        (_mm512_permutex2var_ps(a, even, b), _mm512_permutex2var_ps(a, odd, b))
    }

    /// The lanes of both by turns.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
    pub(crate) fn zip(even: V, odd: V) -> (V, V) {
        let low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        let high = _mm512_add_epi32(low, _mm512_set1_epi32(8));
        (_mm512_permutex2var_ps(even, low, odd), _mm512_permutex2var_ps(even, high, odd))
    }

    /// Stores lane `j` of `v[r]` to `dst[i + 8 j + r]`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
    pub(crate) fn store_columns(dst: &mut [f32], i: usize, v: [V; 8]) {
        let (mut low, mut high) = ([f256::splat(0.0); 8], [f256::splat(0.0); 8]);
        for r in 0..8 {
            (low[r], high[r]) = (_mm512_castps512_ps256(v[r]), _mm512_extractf32x8_ps::<1>(v[r]));
        }
        f256::store_columns(dst, i, low);
        f256::store_columns(dst, i + 64, high);
    }
}
