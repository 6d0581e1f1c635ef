//! Butterflies of the discrete Fourier transform, written once for numbers and for registers.
//!
//! `butterflies!(T, add, sub, mul, splat, features)` defines `dft2` to `dft8` on arrays of `T`, real and imaginary parts apart, from four
//! operations on `T`. As every level takes the same sums and products in the same order, with no contraction, all agree to the bit.

macro_rules! butterflies {
    ($lane:ty, $add:path, $sub:path, $mul:path, $splat:path $(, $feature:literal)?) => {
        /// Real and imaginary part.
        type Complex = ($lane, $lane);

        #[inline]
        $(#[target_feature(enable = $feature)])?
        fn plus(a: Complex, b: Complex) -> Complex {
            ($add(a.0, b.0), $add(a.1, b.1))
        }

        #[inline]
        $(#[target_feature(enable = $feature)])?
        fn minus(a: Complex, b: Complex) -> Complex {
            ($sub(a.0, b.0), $sub(a.1, b.1))
        }

        #[inline]
        $(#[target_feature(enable = $feature)])?
        fn times(a: Complex, b: $lane) -> Complex {
            ($mul(a.0, b), $mul(a.1, b))
        }

        /// `a - i b`
        #[inline]
        $(#[target_feature(enable = $feature)])?
        fn minus_i(a: Complex, b: Complex) -> Complex {
            ($add(a.0, b.1), $sub(a.1, b.0))
        }

        /// `a + i b`
        #[inline]
        $(#[target_feature(enable = $feature)])?
        fn plus_i(a: Complex, b: Complex) -> Complex {
            ($sub(a.0, b.1), $add(a.1, b.0))
        }

        /// `a` times the conjugate of `b`.
        #[inline]
        $(#[target_feature(enable = $feature)])?
        fn times_conjugate(a: Complex, b: Complex) -> Complex {
            ($add($mul(a.0, b.0), $mul(a.1, b.1)), $sub($mul(a.1, b.0), $mul(a.0, b.1)))
        }

        #[inline]
        $(#[target_feature(enable = $feature)])?
        fn dft2(a: [Complex; 2]) -> [Complex; 2] {
            [plus(a[0], a[1]), minus(a[0], a[1])]
        }

        #[inline]
        $(#[target_feature(enable = $feature)])?
        fn dft3(a: [Complex; 3]) -> [Complex; 3] {
            let (sum, difference) = (plus(a[1], a[2]), minus(a[1], a[2]));
            let even = minus(a[0], times(sum, $splat(0.5)));
            let odd = times(difference, $splat(0.866_025_4));
            [plus(a[0], sum), minus_i(even, odd), plus_i(even, odd)]
        }

        #[inline]
        $(#[target_feature(enable = $feature)])?
        fn dft4(a: [Complex; 4]) -> [Complex; 4] {
            let (s0, d0) = (plus(a[0], a[2]), minus(a[0], a[2]));
            let (s1, d1) = (plus(a[1], a[3]), minus(a[1], a[3]));
            [plus(s0, s1), minus_i(d0, d1), minus(s0, s1), plus_i(d0, d1)]
        }

        #[inline]
        $(#[target_feature(enable = $feature)])?
        fn dft5(a: [Complex; 5]) -> [Complex; 5] {
            // Cosines and sines of a fifth and two fifths of a turn.
            let (c1, c2) = ($splat(0.309_017), $splat(-0.809_017));
            let (s1, s2) = ($splat(0.951_056_54), $splat(0.587_785_24));
            let (sum1, difference1) = (plus(a[1], a[4]), minus(a[1], a[4]));
            let (sum2, difference2) = (plus(a[2], a[3]), minus(a[2], a[3]));
            let even1 = plus(a[0], plus(times(sum1, c1), times(sum2, c2)));
            let even2 = plus(a[0], plus(times(sum1, c2), times(sum2, c1)));
            let odd1 = plus(times(difference1, s1), times(difference2, s2));
            let odd2 = minus(times(difference1, s2), times(difference2, s1));
            [
                plus(a[0], plus(sum1, sum2)),
                minus_i(even1, odd1),
                minus_i(even2, odd2),
                plus_i(even2, odd2),
                plus_i(even1, odd1),
            ]
        }

        #[inline]
        $(#[target_feature(enable = $feature)])?
        fn dft8(a: [Complex; 8]) -> [Complex; 8] {
            let half = $splat(core::f32::consts::FRAC_1_SQRT_2);
            let e = dft4([a[0], a[2], a[4], a[6]]);
            let o = dft4([a[1], a[3], a[5], a[7]]);
            // Times 1, (1 - i) / sqrt(2), -i, (-1 - i) / sqrt(2).
            let o1 = ($mul($add(o[1].0, o[1].1), half), $mul($sub(o[1].1, o[1].0), half));
            let o3 = ($mul($sub(o[3].1, o[3].0), half), $mul($add(o[3].1, o[3].0), half));
            [
                plus(e[0], o[0]),
                plus(e[1], o1),
                minus_i(e[2], o[2]),
                ($add(e[3].0, o3.0), $sub(e[3].1, o3.1)),
                minus(e[0], o[0]),
                minus(e[1], o1),
                plus_i(e[2], o[2]),
                ($sub(e[3].0, o3.0), $add(e[3].1, o3.1)),
            ]
        }
    };
}
pub(crate) use butterflies;
