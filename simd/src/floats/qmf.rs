//! What is left of the complex filterbanks around their transforms.

/// The kernels of family `qmf` over the operations `w`. All lengths are multiples of 16.
macro_rules! qmf {
    ($feature:literal) => {
        #[target_feature(enable = $feature)]
        pub(crate) fn qmf_fold(dst: [&mut [f32]; 2], history: &[f32], window: &[f32]) {
            let n = check_fold([dst[0].len(), dst[1].len()], history, window);
            match n {
                32 => fold::<32>(dst, history, window),
                64 => fold::<64>(dst, history, window),
                _ => fold::<0>(dst, history, window),
            }
        }

        /// `N`: the number of bands, if not 0.
        #[target_feature(enable = $feature)]
        fn fold<const N: usize>(dst: [&mut [f32]; 2], history: &[f32], window: &[f32]) {
            let n = if N == 0 { dst[0].len() } else { N };
            let (history, window) = (&history[..10 * n], &window[..10 * n]);
            let [difference, sum] = dst;
            let (difference, sum) = (&mut difference[..n], &mut sum[..n]);
            let mut i = 0;
            while i < n {
                let j = 2 * n - w::L - i;
                let mut a = w::mul(w::load(history, i), w::load(window, i));
                let mut b = w::mul(w::load(history, j), w::load(window, j));
                for t in 1..5 {
                    let at = 2 * n * t;
                    a = w::add(a, w::mul(w::load(history, at + i), w::load(window, at + i)));
                    b = w::add(b, w::mul(w::load(history, at + j), w::load(window, at + j)));
                }
                let b = w::reverse(b);
                w::store(difference, i, w::sub(a, b));
                w::store(sum, i, w::add(a, b));
                i += w::L;
            }
        }

        #[target_feature(enable = $feature)]
        pub(crate) fn qmf_unfold(block: &mut [f32], cosines: &[f32], sines: &[f32]) {
            let n = check_unfold(block, cosines, sines);
            let alternate = w::load(&ALTERNATE, 0);
            let (cosines, sines, block) = (&cosines[..n], &sines[..n], &mut block[..2 * n]);
            let mut i = 0;
            while i < n {
                let (c, s) = (w::load(cosines, i), w::mul(w::load(sines, i), alternate));
                w::store(block, i, w::sub(s, c));
                w::store(block, 2 * n - w::L - i, w::reverse(w::add(s, c)));
                i += w::L;
            }
        }

        #[target_feature(enable = $feature)]
        pub(crate) fn qmf_window(dst: &mut [f32], blocks: [&[f32]; 10], window: &[f32]) {
            let n = check_window(dst, blocks, window);
            match n {
                32 => sum::<32>(dst, blocks, window),
                64 => sum::<64>(dst, blocks, window),
                _ => sum::<0>(dst, blocks, window),
            }
        }

        /// `N`: the number of bands, if not 0.
        #[target_feature(enable = $feature)]
        fn sum<const N: usize>(dst: &mut [f32], blocks: [&[f32]; 10], window: &[f32]) {
            let n = if N == 0 { dst.len() } else { N };
            let (dst, window) = (&mut dst[..n], &window[..10 * n]);
            let mut i = 0;
            while i < n {
                let mut sum = w::splat(0.0);
                for t in 0..5 {
                    let at = 2 * n * t + i;
                    let even = w::mul(w::load(&blocks[2 * t][..2 * n], i), w::load(window, at));
                    let odd = w::mul(w::load(&blocks[2 * t + 1][..2 * n], n + i), w::load(window, at + n));
                    sum = w::add(sum, w::add(even, odd));
                }
                w::store(dst, i, sum);
                i += w::L;
            }
        }

        #[target_feature(enable = $feature)]
        pub(crate) fn rotate(dst: [&mut [f32]; 2], src: [&[f32]; 2], factors: [&[f32]; 4]) {
            let n = check_rotate([dst[0].len(), dst[1].len()], src, factors);
            let [re, im] = dst;
            let (re, im, src) = (&mut re[..n], &mut im[..n], [&src[0][..n], &src[1][..n]]);
            let factors = [&factors[0][..n], &factors[1][..n], &factors[2][..n], &factors[3][..n]];
            let mut i = 0;
            while i < n {
                let (a, b) = (w::load(src[0], i), w::load(src[1], i));
                let (c, s) = (w::load(factors[0], i), w::load(factors[1], i));
                let (d, t) = (w::load(factors[2], i), w::load(factors[3], i));
                w::store(re, i, w::sub(w::mul(a, c), w::mul(b, t)));
                w::store(im, i, w::add(w::mul(a, s), w::mul(b, d)));
                i += w::L;
            }
        }
    };
}
pub(crate) use qmf;
