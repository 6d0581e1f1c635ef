//! Registers of 32-bit floats: one name for an instruction of 128 and of 256 bits, and the kernels of the families `fft` and `mdct`,
//! written once for both as macros.
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

    /// Stores lane `j` of `v[r]` to `dst[i + 8 j + r]`.
    #[inline]
    #[target_feature(enable = "sse4.2")]
    pub(crate) fn store_columns(dst: &mut [f32], i: usize, v: [V; 8]) {
        for half in 0..2 {
            let (mut a, mut b, mut c, mut d) = (v[4 * half], v[4 * half + 1], v[4 * half + 2], v[4 * half + 3]);
            _MM_TRANSPOSE4_PS(&mut a, &mut b, &mut c, &mut d);
            store(dst, i + 4 * half, a);
            store(dst, i + 8 + 4 * half, b);
            store(dst, i + 16 + 4 * half, c);
            store(dst, i + 24 + 4 * half, d);
        }
    }
}

/// 256 bits.
pub(crate) mod f256 {
    use crate::x86::mem::{load_8_f32, store_8_f32};
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

    /// Stores lane `j` of `v[r]` to `dst[i + 8 j + r]`.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn store_columns(dst: &mut [f32], i: usize, v: [V; 8]) {
        let mut pairs = v;
        for r in 0..4 {
            pairs[2 * r] = _mm256_unpacklo_ps(v[2 * r], v[2 * r + 1]);
            pairs[2 * r + 1] = _mm256_unpackhi_ps(v[2 * r], v[2 * r + 1]);
        }
        // Columns 0, 1, 2, 3 in the low halves and 4, 5, 6, 7 in the high ones, four rows each.
        let mut quads = v;
        for h in 0..2 {
            let (p, q) = (4 * h, 4 * h + 2);
            quads[4 * h] = _mm256_shuffle_ps::<0b01_00_01_00>(pairs[p], pairs[q]);
            quads[4 * h + 1] = _mm256_shuffle_ps::<0b11_10_11_10>(pairs[p], pairs[q]);
            quads[4 * h + 2] = _mm256_shuffle_ps::<0b01_00_01_00>(pairs[p + 1], pairs[q + 1]);
            quads[4 * h + 3] = _mm256_shuffle_ps::<0b11_10_11_10>(pairs[p + 1], pairs[q + 1]);
        }
        for c in 0..4 {
            store(dst, i + 8 * c, _mm256_permute2f128_ps::<0x20>(quads[c], quads[4 + c]));
            store(dst, i + 8 * (c + 4), _mm256_permute2f128_ps::<0x31>(quads[c], quads[4 + c]));
        }
    }
}

/// The kernels of family `fft` over the operations `w`; `$narrow` is the module of the next narrower ones.
macro_rules! fft {
    ($feature:literal, $narrow:path) => {
        use $narrow as narrow;

        butterflies!(w::V, w::add, w::sub, w::mul, w::splat, $feature);

        // The loops of a pass. Where lengths and strides are constants, no index has to be checked.
        macro_rules! run {
            ($radix:literal, $dft:ident, $stride:expr, $m:expr, $src:expr, $dst:expr, $twiddles:expr) => {{
                const R: usize = $radix;
                let (stride, m, src, twiddles) = ($stride, $m, $src, $twiddles);
                let [dst_re, dst_im] = $dst;
                for p in 0..m {
                    let mut factors = [(w::splat(1.0), w::splat(0.0)); R];
                    if m > 1 {
                        for r in 1..R {
                            let t = (r - 1) * m + p;
                            factors[r] = (w::splat(twiddles[0][t]), w::splat(twiddles[1][t]));
                        }
                    }
                    let mut q = 0;
                    while q < stride {
                        let mut a = [(w::splat(0.0), w::splat(0.0)); R];
                        for r in 0..R {
                            let i = q + stride * (p + m * r);
                            a[r] = (w::load(src[0], i), w::load(src[1], i));
                        }
                        let b = $dft(a);
                        for r in 0..R {
                            let out = if m > 1 && r > 0 { times_conjugate(b[r], factors[r]) } else { b[r] };
                            let i = q + stride * (R * p + r);
                            w::store(dst_re, i, out.0);
                            w::store(dst_im, i, out.1);
                        }
                        q += w::L;
                    }
                }
            }};
        }

        macro_rules! pass {
            ($name:ident, $fallback:ident, $fixed:ident, $radix:literal, $dft:ident,
                                $n0:literal / $s0:literal, $n1:literal / $s1:literal, $n2:literal / $s2:literal) => {
                #[target_feature(enable = $feature)]
                pub(crate) fn $name(stride: usize, src: [&[f32]; 2], dst: [&mut [f32]; 2], twiddles: [&[f32]; 2]) {
                    if !stride.is_multiple_of(w::L) {
                        return narrow::$fallback(stride, src, dst, twiddles);
                    }
                    let m = check::<$radix>(stride, src, [dst[0].len(), dst[1].len()], twiddles);
                    match (src[0].len(), stride) {
                        ($n0, $s0) => $fixed::<$n0, $s0>(src, dst, twiddles),
                        ($n1, $s1) => $fixed::<$n1, $s1>(src, dst, twiddles),
                        ($n2, $s2) => $fixed::<$n2, $s2>(src, dst, twiddles),
                        _ => run!($radix, $dft, stride, m, src, dst, twiddles),
                    }
                }

                #[target_feature(enable = $feature)]
                fn $fixed<const N: usize, const STRIDE: usize>(
                    src: [&[f32]; 2],
                    dst: [&mut [f32]; 2],
                    twiddles: [&[f32]; 2],
                ) {
                    let m = const { N / (STRIDE * $radix) };
                    let count = if m > 1 { ($radix - 1) * m } else { 0 };
                    let [re, im] = dst;
                    let (src, twiddles) = (src.map(|s| &s[..N]), twiddles.map(|t| &t[..count]));
                    run!($radix, $dft, STRIDE, m, src, [&mut re[..N], &mut im[..N]], twiddles)
                }
            };
        }

        // With the points and strides of the transforms of AAC.
        pass!(pass2, pass2, fixed2, 2, dft2, 16 / 8, 32 / 16, 240 / 8);
        pass!(pass3, pass3, fixed3, 3, dft3, 480 / 32, 240 / 16, 60 / 4);
        pass!(pass4, pass4, fixed4, 4, dft4, 32 / 8, 256 / 64, 480 / 8);
        pass!(pass5, pass5, fixed5, 5, dft5, 480 / 96, 240 / 48, 60 / 12);
        pass!(strided8, pass8, fixed8, 8, dft8, 512 / 8, 512 / 64, 64 / 8);

        #[target_feature(enable = $feature)]
        pub(crate) fn pass8(stride: usize, src: [&[f32]; 2], dst: [&mut [f32]; 2], twiddles: [&[f32]; 2]) {
            match (src[0].len(), stride) {
                (512, 1) => first8::<512>(src, dst, twiddles),
                (256, 1) => first8::<256>(src, dst, twiddles),
                (64, 1) => first8::<64>(src, dst, twiddles),
                (len, 1) if len >= 8 * w::L => first8::<0>(src, dst, twiddles),
                _ => strided8(stride, src, dst, twiddles),
            }
        }

        /// The first pass: neighbours go through butterflies together, and leave as columns. `N`: the points, if not 0.
        #[target_feature(enable = $feature)]
        fn first8<const N: usize>(src: [&[f32]; 2], dst: [&mut [f32]; 2], twiddles: [&[f32]; 2]) {
            let m = check::<8>(1, src, [dst[0].len(), dst[1].len()], twiddles);
            let [dst_re, dst_im] = dst;
            let (points, m) = if N == 0 { (src[0].len(), m) } else { (N, N / 8) };
            let (src, twiddles) = (src.map(|s| &s[..points]), twiddles.map(|t| &t[..7 * m]));
            let (dst_re, dst_im) = (&mut dst_re[..points], &mut dst_im[..points]);
            let mut p = 0;
            while p < m {
                // The last ones begin where they end with the row, and so may do some again.
                let at = p.min(m - w::L);
                let mut a = [(w::splat(0.0), w::splat(0.0)); 8];
                for r in 0..8 {
                    a[r] = (w::load(src[0], at + m * r), w::load(src[1], at + m * r));
                }
                let mut b = dft8(a);
                for r in 1..8 {
                    let t = (r - 1) * m + at;
                    b[r] = times_conjugate(b[r], (w::load(twiddles[0], t), w::load(twiddles[1], t)));
                }
                let (mut re, mut im) = ([w::splat(0.0); 8], [w::splat(0.0); 8]);
                for r in 0..8 {
                    (re[r], im[r]) = b[r];
                }
                w::store_columns(dst_re, 8 * at, re);
                w::store_columns(dst_im, 8 * at, im);
                p += w::L;
            }
        }
    };
}
pub(crate) use fft;

/// The kernels of family `mdct` over the operations `w`; `$narrow` is the module of the next narrower ones.
macro_rules! mdct {
    ($feature:literal, $narrow:path) => {
        use $narrow as narrow;

        #[target_feature(enable = $feature)]
        pub(crate) fn dct4_pre(dst: [&mut [f32]; 2], src: &[f32], factors: [&[f32]; 2], scale: f32) {
            let half = src.len() / 2;
            if !half.is_multiple_of(w::L) {
                return narrow::dct4_pre(dst, src, factors, scale);
            }
            check_dct4(src.len(), [dst[0].len(), dst[1].len()], factors.map(<[f32]>::len));
            match half {
                512 => pre::<512>(dst, src, factors, scale),
                64 => pre::<64>(dst, src, factors, scale),
                32 => pre::<32>(dst, src, factors, scale),
                16 => pre::<16>(dst, src, factors, scale),
                _ => pre::<0>(dst, src, factors, scale),
            }
        }

        /// `HALF`: half the length, if not 0.
        #[target_feature(enable = $feature)]
        fn pre<const HALF: usize>(dst: [&mut [f32]; 2], src: &[f32], factors: [&[f32]; 2], scale: f32) {
            let half = if HALF == 0 { src.len() / 2 } else { HALF };
            let [re, im] = dst;
            let (re, im) = (&mut re[..half], &mut im[..half]);
            let (src, factors) = (&src[..2 * half], factors.map(|f| &f[..half]));
            let scale = w::splat(scale);
            let mut k = 0;
            while k < half {
                let (a, _) = w::unzip(w::load(src, 2 * k), w::load(src, 2 * k + w::L));
                let end = 2 * (half - w::L - k);
                let (_, b) = w::unzip(w::load(src, end), w::load(src, end + w::L));
                let (a, b) = (w::mul(a, scale), w::mul(w::reverse(b), scale));
                let (c, s) = (w::load(factors[0], k), w::load(factors[1], k));
                w::store(re, k, w::add(w::mul(a, c), w::mul(b, s)));
                w::store(im, k, w::sub(w::mul(b, c), w::mul(a, s)));
                k += w::L;
            }
        }

        #[target_feature(enable = $feature)]
        pub(crate) fn dct4_post(dst: &mut [f32], src: [&[f32]; 2], factors: [&[f32]; 2]) {
            let half = dst.len() / 2;
            if !half.is_multiple_of(w::L) {
                return narrow::dct4_post(dst, src, factors);
            }
            check_dct4(dst.len(), src.map(<[f32]>::len), factors.map(<[f32]>::len));
            match half {
                512 => post::<512>(dst, src, factors),
                64 => post::<64>(dst, src, factors),
                32 => post::<32>(dst, src, factors),
                16 => post::<16>(dst, src, factors),
                _ => post::<0>(dst, src, factors),
            }
        }

        /// `HALF`: half the length, if not 0.
        #[target_feature(enable = $feature)]
        fn post<const HALF: usize>(dst: &mut [f32], src: [&[f32]; 2], factors: [&[f32]; 2]) {
            let half = if HALF == 0 { dst.len() / 2 } else { HALF };
            let (dst, src, factors) = (&mut dst[..2 * half], src.map(|s| &s[..half]), factors.map(|f| &f[..half]));
            let mut k = 0;
            while k < half {
                // Values of even index come from here, those of odd index from the other end.
                let (a, b) = (w::load(src[0], k), w::load(src[1], k));
                let (c, s) = (w::load(factors[0], k), w::load(factors[1], k));
                let even = w::add(w::mul(a, c), w::mul(b, s));
                let mirror = half - w::L - k;
                let (a, b) = (w::load(src[0], mirror), w::load(src[1], mirror));
                let (c, s) = (w::load(factors[0], mirror), w::load(factors[1], mirror));
                let odd = w::sub(w::mul(a, s), w::mul(b, c));
                let (low, high) = w::zip(even, w::reverse(odd));
                w::store(dst, 2 * k, low);
                w::store(dst, 2 * k + w::L, high);
                k += w::L;
            }
        }

        #[target_feature(enable = $feature)]
        pub(crate) fn window_head(acc: &mut [f32], half: &[f32], window: &[f32]) {
            if !half.len().is_multiple_of(w::L) {
                return narrow::window_head(acc, half, window);
            }
            check_window(acc, half, window);
            match half.len() {
                512 => head::<512>(acc, half, window),
                64 => head::<64>(acc, half, window),
                _ => head::<0>(acc, half, window),
            }
        }

        /// `N`: the length of `half`, if not 0.
        #[target_feature(enable = $feature)]
        fn head<const N: usize>(acc: &mut [f32], half: &[f32], window: &[f32]) {
            let n = if N == 0 { half.len() } else { N };
            let (acc, half, window) = (&mut acc[..2 * n], &half[..n], &window[..2 * n]);
            let mut i = 0;
            while i < n {
                let v = w::load(half, i);
                let sum = w::add(w::load(acc, i), w::mul(v, w::load(window, i)));
                w::store(acc, i, sum);
                let j = 2 * n - w::L - i;
                let sum = w::sub(w::load(acc, j), w::mul(w::reverse(v), w::load(window, j)));
                w::store(acc, j, sum);
                i += w::L;
            }
        }

        #[target_feature(enable = $feature)]
        pub(crate) fn window_tail(acc: &mut [f32], half: &[f32], window: &[f32]) {
            if !half.len().is_multiple_of(w::L) {
                return narrow::window_tail(acc, half, window);
            }
            check_window(acc, half, window);
            match half.len() {
                512 => tail::<512>(acc, half, window),
                64 => tail::<64>(acc, half, window),
                _ => tail::<0>(acc, half, window),
            }
        }

        /// `N`: the length of `half`, if not 0.
        #[target_feature(enable = $feature)]
        fn tail<const N: usize>(acc: &mut [f32], half: &[f32], window: &[f32]) {
            let n = if N == 0 { half.len() } else { N };
            let (acc, half, window) = (&mut acc[..2 * n], &half[..n], &window[..2 * n]);
            let mut i = 0;
            while i < n {
                let v = w::load(half, n - w::L - i);
                let j = 2 * n - w::L - i;
                let low = w::reverse(w::mul(v, w::load(window, j)));
                let sum = w::sub(w::load(acc, i), low);
                w::store(acc, i, sum);
                let high = w::mul(v, w::reverse(w::load(window, i)));
                let sum = w::sub(w::load(acc, j), high);
                w::store(acc, j, sum);
                i += w::L;
            }
        }
    };
}
pub(crate) use mdct;
