//! Spectral band replication, all bands of a slot side by side.

/// The kernels of family `sbr` over the operations `w`.
macro_rules! sbr {
    ($feature:literal) => {
        /// `a` times the conjugate of `b`.
        #[inline]
        #[target_feature(enable = $feature)]
        fn times_conjugate(a: (w::V, w::V), b: (w::V, w::V)) -> (w::V, w::V) {
            (w::add(w::mul(a.0, b.0), w::mul(a.1, b.1)), w::sub(w::mul(a.1, b.0), w::mul(a.0, b.1)))
        }

        #[inline]
        #[target_feature(enable = $feature)]
        fn square(a: (w::V, w::V)) -> w::V {
            w::add(w::mul(a.0, a.0), w::mul(a.1, a.1))
        }

        #[inline]
        #[target_feature(enable = $feature)]
        fn plus(a: (w::V, w::V), b: (w::V, w::V)) -> (w::V, w::V) {
            (w::add(a.0, b.0), w::add(a.1, b.1))
        }

        #[target_feature(enable = $feature)]
        pub(crate) fn sbr_covariance(sums: &mut [[f32; 32]; 8], low: &[[[f32; 32]; 2]]) {
            let last = check_covariance(low);
            let mut i = 0;
            while i < 32 {
                let zero = w::splat(0.0);
                let mut x2 = (w::load(&low[0][0], i), w::load(&low[0][1], i));
                let mut x1 = (w::load(&low[1][0], i), w::load(&low[1][1], i));
                let (first_square, first) = (square(x2), times_conjugate(x1, x2));
                let (mut squares, mut next, mut second) = (zero, (zero, zero), (zero, zero));
                for slot in &low[2..last] {
                    let x0 = (w::load(&slot[0], i), w::load(&slot[1], i));
                    squares = w::add(squares, square(x1));
                    next = plus(next, times_conjugate(x0, x1));
                    second = plus(second, times_conjugate(x0, x2));
                    (x1, x2) = (x0, x1);
                }
                let x0 = (w::load(&low[last][0], i), w::load(&low[last][1], i));
                let p01 = plus(next, times_conjugate(x0, x1));
                let p02 = plus(second, times_conjugate(x0, x2));
                let p12 = plus(first, next);
                w::store(&mut sums[0], i, w::add(squares, square(x1)));
                w::store(&mut sums[1], i, w::add(first_square, squares));
                w::store(&mut sums[2], i, p01.0);
                w::store(&mut sums[3], i, p01.1);
                w::store(&mut sums[4], i, p02.0);
                w::store(&mut sums[5], i, p02.1);
                w::store(&mut sums[6], i, p12.0);
                w::store(&mut sums[7], i, p12.1);
                i += w::L;
            }
        }

        #[target_feature(enable = $feature)]
        pub(crate) fn sbr_generate(
            y: &mut [[[f32; 64]; 2]],
            low: &[[[f32; 32]; 2]],
            first: usize,
            patches: &[(usize, usize)],
            filters: &[[f32; 80]; 4],
        ) {
            let end = check_generate(y, low, first, patches);
            // Rows with room behind, so that a patch may end within a register.
            let mut x = [[[0.0f32; 48]; 2]; 3];
            for (row, low) in x.iter_mut().zip(low) {
                row[0][..32].copy_from_slice(&low[0]);
                row[1][..32].copy_from_slice(&low[1]);
            }
            let mut row = [[0.0f32; 80]; 2];
            for (i, slot) in y.iter_mut().enumerate() {
                let now = &mut x[(i + 2) % 3];
                now[0][..32].copy_from_slice(&low[i + 2][0]);
                now[1][..32].copy_from_slice(&low[i + 2][1]);
                let (x0, x1, x2) = (&x[(i + 2) % 3], &x[(i + 1) % 3], &x[i % 3]);
                let mut band = first;
                for &(start, bands) in patches {
                    let mut k = 0;
                    while k < bands {
                        let (p, q) = (start + k, band + k);
                        let (re, im) = (w::load(&x1[0], p), w::load(&x1[1], p));
                        let (a, b) = (w::load(&filters[0], q), w::load(&filters[1], q));
                        let once = (w::sub(w::mul(a, re), w::mul(b, im)), w::add(w::mul(a, im), w::mul(b, re)));
                        let (re, im) = (w::load(&x2[0], p), w::load(&x2[1], p));
                        let (a, b) = (w::load(&filters[2], q), w::load(&filters[3], q));
                        let twice = (w::sub(w::mul(a, re), w::mul(b, im)), w::add(w::mul(a, im), w::mul(b, re)));
                        let v = plus(plus((w::load(&x0[0], p), w::load(&x0[1], p)), once), twice);
                        w::store(&mut row[0], q, v.0);
                        w::store(&mut row[1], q, v.1);
                        k += w::L;
                    }
                    band += bands;
                }
                slot[0][first..end].copy_from_slice(&row[0][first..end]);
                slot[1][first..end].copy_from_slice(&row[1][first..end]);
            }
        }

        #[target_feature(enable = $feature)]
        pub(crate) fn sbr_energy(sums: &mut [f32; 64], y: &[[[f32; 64]; 2]]) {
            let mut i = 0;
            while i < 64 {
                let mut sum = w::splat(0.0);
                for slot in y {
                    sum = w::add(sum, square((w::load(&slot[0], i), w::load(&slot[1], i))));
                }
                w::store(sums, i, sum);
                i += w::L;
            }
        }

        #[target_feature(enable = $feature)]
        pub(crate) fn sbr_assemble(
            slot: &mut [[f32; 64]; 2],
            gains: &[f32; 64],
            noises: &[f32; 64],
            random: [&[f32; 64]; 2],
        ) {
            let mut i = 0;
            while i < 64 {
                let (gain, noise) = (w::load(gains, i), w::load(noises, i));
                let re = w::add(w::mul(w::load(&slot[0], i), gain), w::mul(noise, w::load(random[0], i)));
                let im = w::add(w::mul(w::load(&slot[1], i), gain), w::mul(noise, w::load(random[1], i)));
                w::store(&mut slot[0], i, re);
                w::store(&mut slot[1], i, im);
                i += w::L;
            }
        }
    };
}
pub(crate) use sbr;
