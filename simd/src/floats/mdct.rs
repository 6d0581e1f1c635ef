//! The rotations of a DCT-IV, and windows.

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
            check_dct4(src.len(), [dst[0].len(), dst[1].len()], [factors[0].len(), factors[1].len()]);
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
            let (src, factors) = (&src[..2 * half], [&factors[0][..half], &factors[1][..half]]);
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
            check_dct4(dst.len(), [src[0].len(), src[1].len()], [factors[0].len(), factors[1].len()]);
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
            let (dst, src) = (&mut dst[..2 * half], [&src[0][..half], &src[1][..half]]);
            let factors = [&factors[0][..half], &factors[1][..half]];
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
