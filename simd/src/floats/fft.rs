//! Passes of a Fourier transform, and the small transforms that filterbanks take two of.

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
                    let src = [&src[0][..N], &src[1][..N]];
                    let twiddles = [&twiddles[0][..count], &twiddles[1][..count]];
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
            let src = [&src[0][..points], &src[1][..points]];
            let twiddles = [&twiddles[0][..7 * m], &twiddles[1][..7 * m]];
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

/// The kernels `dct4_pair64` and `dct4_pair32`: after `fft!`, whose butterflies they are made of. Each quarter of 128 bits of a register
/// belongs to one of the two transforms, and `w::GROUPS` tells how many of those a register has.
macro_rules! pair {
    ($feature:literal) => {
        // `$r`: the radix of the first pass, and the number of registers; the second pass has radix 4.
        macro_rules! dct4_pair {
            ($name:ident, $len:literal, $half:literal, $twiddles:literal, $r:literal, $dft:ident) => {
                #[target_feature(enable = $feature)]
                pub(crate) fn $name(
                    dst: [&mut [f32; $len]; 2],
                    src: [&[f32; $len]; 2],
                    factors: &[[f32; $half]; 2],
                    twiddles: &[[f32; $twiddles]; 2],
                    scale: f32,
                ) {
                    const R: usize = $r;
                    const H: usize = R / 4;
                    let zero = w::splat(0.0);
                    let scale = w::splat(scale);
                    let [dst0, dst1] = dst;
                    let mut g = 0;
                    while g < 2 {
                        let mut x = [(zero, zero); R];
                        for r in 0..R {
                            let (i, j) = (8 * r, $len - 8 - 8 * r);
                            let (even, _) =
                                w::unzip4(w::of_both(src[0], src[1], g, i), w::of_both(src[0], src[1], g, i + 4));
                            let (_, odd) =
                                w::unzip4(w::of_both(src[0], src[1], g, j), w::of_both(src[0], src[1], g, j + 4));
                            // The second source comes reversed.
                            let (a, b) = w::swap_second(even, w::reverse4(odd), g);
                            let (a, b) = (w::mul(a, scale), w::mul(b, scale));
                            let (c, s) = (w::repeat(&factors[0], 4 * r), w::repeat(&factors[1], 4 * r));
                            x[r] = (w::add(w::mul(a, c), w::mul(b, s)), w::sub(w::mul(b, c), w::mul(a, s)));
                        }
                        let mut y = $dft(x);
                        for r in 1..R {
                            let t = 4 * (r - 1);
                            y[r] = times_conjugate(y[r], (w::repeat(&twiddles[0], t), w::repeat(&twiddles[1], t)));
                        }
                        let (mut even, mut odd) = ([zero; R], [zero; R]);
                        for h in 0..H {
                            let v = [y[4 * h], y[4 * h + 1], y[4 * h + 2], y[4 * h + 3]];
                            let re = w::transpose4([v[0].0, v[1].0, v[2].0, v[3].0]);
                            let im = w::transpose4([v[0].1, v[1].1, v[2].1, v[3].1]);
                            let z = dft4([(re[0], im[0]), (re[1], im[1]), (re[2], im[2]), (re[3], im[3])]);
                            for r in 0..4 {
                                let t = H * r + h;
                                let ((a, b), c, s) =
                                    (z[r], w::repeat(&factors[0], 4 * t), w::repeat(&factors[1], 4 * t));
                                even[t] = w::add(w::mul(a, c), w::mul(b, s));
                                odd[t] = w::sub(w::mul(a, s), w::mul(b, c));
                            }
                        }
                        for t in 0..R {
                            let (low, high) = w::zip4(even[t], w::reverse4(odd[R - 1 - t]));
                            w::to_both(dst0, dst1, g, 8 * t, low);
                            w::to_both(dst0, dst1, g, 8 * t + 4, high);
                        }
                        g += w::GROUPS;
                    }
                }
            };
        }

        dct4_pair!(dct4_pair64, 64, 32, 28, 8, dft8);
        dct4_pair!(dct4_pair32, 32, 16, 12, 4, dft4);
    };
}
pub(crate) use pair;
