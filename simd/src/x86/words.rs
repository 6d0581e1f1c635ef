//! Vectors of 16-bit words under the same names for 128 and 256 bits: kernels whose text does not depend on the
//! width are written once, as a macro of [`high`](super::high), over one of these modules.
//!
//! Names with `_32` work on double words. Unpacking and packing work within each 128 bits.
#![forbid(unsafe_code)]
#![allow(dead_code, reason = "a toolbox for kernels: which of them are in use changes with every family")]

macro_rules! words {
    (
        $feature:tt, $v:ty;
        shifts { $($shift:ident = $shift_by:ident;)* }
        ops { $($op:ident($($a:ident),+) = $intrinsic:ident;)* }
        set { $($set:ident: $t:ty = $set1:ident;)* }
        zero = $setzero:ident; testz = $testz:ident; sra_32_by = $sra:ident;
    ) => {
        /// A vector.
        pub(crate) type V = $v;
        $(
            #[inline]
            #[target_feature(enable = $feature)]
            pub(crate) fn $shift<const N: i32>(a: V) -> V {
                $shift_by::<N>(a)
            }
        )*
        $(
            #[inline]
            #[target_feature(enable = $feature)]
            pub(crate) fn $op($($a: V),+) -> V {
                $intrinsic($($a),+)
            }
        )*
        $(
            #[inline]
            #[target_feature(enable = $feature)]
            pub(crate) fn $set(v: $t) -> V {
                $set1(v)
            }
        )*
        #[inline]
        #[target_feature(enable = $feature)]
        pub(crate) fn zero() -> V {
            $setzero()
        }
        /// Whether no bit is set.
        #[inline]
        #[target_feature(enable = $feature)]
        pub(crate) fn none(mask: V) -> bool {
            $testz(mask, mask) != 0
        }
        /// Double words shifted by a number that is no constant.
        #[inline]
        #[target_feature(enable = $feature)]
        pub(crate) fn sra_32_by(a: V, by: __m128i) -> V {
            $sra(a, by)
        }
        /// `|a - b|` of unsigned words.
        #[inline]
        #[target_feature(enable = $feature)]
        pub(crate) fn abs_diff(a: V, b: V) -> V {
            or(subs_unsigned(a, b), subs_unsigned(b, a))
        }
        /// `v`, at least `low` and at most `high`.
        #[inline]
        #[target_feature(enable = $feature)]
        pub(crate) fn clamp(v: V, low: V, high: V) -> V {
            min(max(v, low), high)
        }
    };
}

/// 8 words.
pub(crate) mod x8 {
    use crate::x86::mem::{load_8_u16, store_8_u16};
    use core::arch::x86_64::*;

    words! {
        "sse4.2", __m128i;
        shifts {
            shl = _mm_slli_epi16; sra = _mm_srai_epi16; srl = _mm_srli_epi16;
            shl_32 = _mm_slli_epi32; sra_32 = _mm_srai_epi32; srl_32 = _mm_srli_epi32;
        }
        ops {
            add(a, b) = _mm_add_epi16; sub(a, b) = _mm_sub_epi16; subs_unsigned(a, b) = _mm_subs_epu16;
            min(a, b) = _mm_min_epi16; max(a, b) = _mm_max_epi16; min_unsigned(a, b) = _mm_min_epu16;
            avg(a, b) = _mm_avg_epu16; greater(a, b) = _mm_cmpgt_epi16; madd(a, b) = _mm_madd_epi16;
            and(a, b) = _mm_and_si128; or(a, b) = _mm_or_si128;
            select(otherwise, then, mask) = _mm_blendv_epi8;
            low_pairs(a, b) = _mm_unpacklo_epi16; high_pairs(a, b) = _mm_unpackhi_epi16;
            pack_unsigned(a, b) = _mm_packus_epi32;
            add_32(a, b) = _mm_add_epi32; sub_32(a, b) = _mm_sub_epi32;
        }
        set { set: i16 = _mm_set1_epi16; set_32: i32 = _mm_set1_epi32; }
        zero = _mm_setzero_si128; testz = _mm_testz_si128; sra_32_by = _mm_sra_epi32;
    }

    /// `N` words, 2, 4 or 8, into the low part; the rest is zero.
    #[inline]
    #[target_feature(enable = "sse4.2")]
    pub(crate) fn load<const N: usize>(p: &[u16; N]) -> V {
        const { assert!(N == 8 || N == 4 || N == 2) };
        match (p.first_chunk(), p.first_chunk::<4>()) {
            (Some(p), _) => load_8_u16(p),
            (_, Some(&[a, b, c, d])) => {
                _mm_cvtsi64_si128((u64::from(a) | u64::from(b) << 16 | u64::from(c) << 32 | u64::from(d) << 48) as i64)
            }
            _ => _mm_cvtsi32_si128((u32::from(p[0]) | u32::from(p[1]) << 16) as i32),
        }
    }

    /// The low `N` words of `v`: 2, 4 or 8.
    #[inline]
    #[target_feature(enable = "sse4.2")]
    pub(crate) fn store<const N: usize>(p: &mut [u16; N], v: V) {
        const { assert!(N == 8 || N == 4 || N == 2) };
        if let Some(p) = p.first_chunk_mut() {
            store_8_u16(p, v);
        } else if let Some(p) = p.first_chunk_mut::<4>() {
            let v = _mm_cvtsi128_si64(v) as u64;
            *p = [v as u16, (v >> 16) as u16, (v >> 32) as u16, (v >> 48) as u16];
        } else {
            let v = _mm_cvtsi128_si32(v) as u32;
            p.copy_from_slice(&[v as u16, (v >> 16) as u16]);
        }
    }
}

/// 16 words.
pub(crate) mod x16 {
    use crate::x86::mem::{load_16_u16, store_16_u16};
    use core::arch::x86_64::*;

    words! {
        "avx2", __m256i;
        shifts {
            shl = _mm256_slli_epi16; sra = _mm256_srai_epi16; srl = _mm256_srli_epi16;
            shl_32 = _mm256_slli_epi32; sra_32 = _mm256_srai_epi32; srl_32 = _mm256_srli_epi32;
        }
        ops {
            add(a, b) = _mm256_add_epi16; sub(a, b) = _mm256_sub_epi16; subs_unsigned(a, b) = _mm256_subs_epu16;
            min(a, b) = _mm256_min_epi16; max(a, b) = _mm256_max_epi16; min_unsigned(a, b) = _mm256_min_epu16;
            avg(a, b) = _mm256_avg_epu16; greater(a, b) = _mm256_cmpgt_epi16; madd(a, b) = _mm256_madd_epi16;
            and(a, b) = _mm256_and_si256; or(a, b) = _mm256_or_si256;
            select(otherwise, then, mask) = _mm256_blendv_epi8;
            low_pairs(a, b) = _mm256_unpacklo_epi16; high_pairs(a, b) = _mm256_unpackhi_epi16;
            pack_unsigned(a, b) = _mm256_packus_epi32;
            add_32(a, b) = _mm256_add_epi32; sub_32(a, b) = _mm256_sub_epi32;
        }
        set { set: i16 = _mm256_set1_epi16; set_32: i32 = _mm256_set1_epi32; }
        zero = _mm256_setzero_si256; testz = _mm256_testz_si256; sra_32_by = _mm256_sra_epi32;
    }

    /// 16 words.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn load<const N: usize>(p: &[u16; N]) -> V {
        const { assert!(N == 16) };
        load_16_u16(p.first_chunk().expect("N is 16"))
    }

    /// 16 words.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn store<const N: usize>(p: &mut [u16; N], v: V) {
        const { assert!(N == 16) };
        store_16_u16(p.first_chunk_mut().expect("N is 16"), v);
    }
}
