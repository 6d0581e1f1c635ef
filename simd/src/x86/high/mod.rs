//! Kernels for samples of 8 to 14 bits, as macros over a width of [`words`](super::words): a level's file calls them
//! with its feature and the module as `w`.

macro_rules! mc_u16 {
    ($feature:tt) => {
        /// b1 or h1 less this: so a sum of samples of at most 10 bits, -10230 to 42966, is within 16 bits.
        const BIAS: i16 = 1 << 14;

        /// The 6-tap filter of 8.4.2.2.1, less [`BIAS`].
        #[inline]
        #[target_feature(enable = $feature)]
        fn taps(s: [w::V; 6]) -> w::V {
            let (outer, middle, inner) = (w::add(s[0], s[5]), w::add(s[1], s[4]), w::add(s[2], s[3]));
            // 20 c - 5 b + a = 5 (4 c - b) + a
            let v = w::sub(w::shl::<2>(inner), middle);
            w::add(w::add(v, w::shl::<2>(v)), w::sub(outer, w::set(BIAS)))
        }

        /// b of b1, or h of h1.
        #[inline]
        #[target_feature(enable = $feature)]
        fn half(sum: w::V, max: w::V) -> w::V {
            let v = w::add(w::sra::<5>(w::add(sum, w::set(16))), w::set(BIAS >> 5));
            w::clamp(v, w::zero(), max)
        }

        /// j from the b1 of six rows.
        #[inline]
        #[target_feature(enable = $feature)]
        fn second_pass(r: [w::V; 6], max: w::V) -> w::V {
            let pair = |even: i32, odd: i32| w::set_32((odd << 16) | (even & 0xffff));
            // The taps sum up to 32, so 32 times the bias is missing.
            let round = w::set_32(512 + (i32::from(BIAS) << 5));
            let (outer, inner, last) = (pair(1, -5), pair(20, 20), pair(-5, 1));
            let low = w::add_32(w::madd(w::low_pairs(r[0], r[1]), outer), w::madd(w::low_pairs(r[2], r[3]), inner));
            let low = w::add_32(w::add_32(low, w::madd(w::low_pairs(r[4], r[5]), last)), round);
            let high = w::add_32(w::madd(w::high_pairs(r[0], r[1]), outer), w::madd(w::high_pairs(r[2], r[3]), inner));
            let high = w::add_32(w::add_32(high, w::madd(w::high_pairs(r[4], r[5]), last)), round);
            w::min_unsigned(w::pack_unsigned(w::sra_32::<10>(low), w::sra_32::<10>(high)), max)
        }

        /// b1 of the `N` samples two to the right of (x, y).
        #[inline]
        #[target_feature(enable = $feature)]
        fn b1<const N: usize>(src: Rows<'_, u16>, y: usize, x: usize) -> w::V {
            let mut s = [w::zero(); 6];
            for i in 0..6 {
                s[i] = w::load::<N>(src.at(y, x + i));
            }
            taps(s)
        }

        /// b of the rows of the window from `from`, alone or with the sample `other` columns further.
        #[inline]
        #[target_feature(enable = $feature)]
        fn horizontal<const N: usize, const H: usize, const MIX: u8>(
            dst: &mut RowsMut<'_, u16>,
            src: Rows<'_, u16>,
            x: usize,
            from: usize,
            other: usize,
            max: w::V,
        ) {
            for y in 0..H {
                let mut v = half(b1::<N>(src, from + y, x), max);
                if MIX == WITH_SRC {
                    v = w::avg(v, w::load::<N>(src.at(from + y, x + other)));
                }
                w::store::<N>(dst.at(y, x), v);
            }
        }

        /// h of the columns of the window from `from`, alone, with the sample `other` rows further, or with the
        /// destination.
        #[inline]
        #[target_feature(enable = $feature)]
        fn vertical<const N: usize, const H: usize, const MIX: u8>(
            dst: &mut RowsMut<'_, u16>,
            src: Rows<'_, u16>,
            x: usize,
            from: usize,
            other: usize,
            max: w::V,
        ) {
            let mut s = [w::zero(); 6];
            for i in 0..5 {
                s[i] = w::load::<N>(src.at(i, from + x));
            }
            for y in 0..H {
                s[5] = w::load::<N>(src.at(y + 5, from + x));
                let mut v = half(taps(s), max);
                let d = dst.at(y, x);
                match MIX {
                    WITH_SRC => v = w::avg(v, if other == 2 { s[2] } else { s[3] }),
                    WITH_DST => v = w::avg(v, w::load::<N>(d)),
                    _ => {}
                }
                w::store::<N>(d, v);
                s = [s[1], s[2], s[3], s[4], s[5], s[5]];
            }
        }

        /// j of the whole window, alone, with the b of the row that is `other` rows further, or with the destination.
        #[inline]
        #[target_feature(enable = $feature)]
        fn both<const N: usize, const H: usize, const MIX: u8>(
            dst: &mut RowsMut<'_, u16>,
            src: Rows<'_, u16>,
            x: usize,
            other: usize,
            max: w::V,
        ) {
            let mut sums = [w::zero(); 6];
            for i in 0..5 {
                sums[i] = b1::<N>(src, i, x);
            }
            for y in 0..H {
                sums[5] = b1::<N>(src, y + 5, x);
                let mut v = second_pass(sums, max);
                let d = dst.at(y, x);
                match MIX {
                    WITH_SRC => v = w::avg(v, half(if other == 2 { sums[2] } else { sums[3] }, max)),
                    WITH_DST => v = w::avg(v, w::load::<N>(d)),
                    _ => {}
                }
                w::store::<N>(d, v);
                sums = [sums[1], sums[2], sums[3], sums[4], sums[5], sums[5]];
            }
        }

        /// The `N` columns of a block from `x`, which is a multiple of `N`.
        #[inline]
        #[target_feature(enable = $feature)]
        fn strip<const N: usize, const H: usize>(
            dst: &mut RowsMut<'_, u16>,
            window: Window<'_, u16>,
            at: usize,
            dx: u8,
            dy: u8,
            max: w::V,
        ) {
            let Window { rows: src, x, y } = window;
            let (right, below) = (usize::from(dx == 3), usize::from(dy == 3));
            match (dx, dy) {
                (0, 0) => {
                    for y in 0..H {
                        *dst.at::<N>(y, at) = *src.at(y, at);
                    }
                }
                (2, 0) => horizontal::<N, H, ALONE>(dst, src, at, 0, 0, max),
                (_, 0) => horizontal::<N, H, WITH_SRC>(dst, src, at, 0, 2 + right, max),
                (0, 2) => vertical::<N, H, ALONE>(dst, src, at, 0, 0, max),
                (0, _) => vertical::<N, H, WITH_SRC>(dst, src, at, 0, 2 + below, max),
                (2, 2) => both::<N, H, ALONE>(dst, src, at, 0, max),
                (2, _) => both::<N, H, WITH_SRC>(dst, src, at, 2 + below, max),
                (_, 2) => {
                    vertical::<N, H, ALONE>(dst, src, at, x + right, 0, max);
                    both::<N, H, WITH_DST>(dst, src, at, 0, max);
                }
                _ => {
                    horizontal::<N, H, ALONE>(dst, src, at, y + below, 0, max);
                    vertical::<N, H, WITH_DST>(dst, src, at, x + right, 0, max);
                }
            }
        }

        #[inline]
        #[target_feature(enable = $feature)]
        fn strips<const W: usize, const N: usize, const H: usize>(
            dst: &mut RowsMut<'_, u16>,
            window: Window<'_, u16>,
            dx: u8,
            dy: u8,
            max: w::V,
        ) {
            for x in (0..W).step_by(N) {
                strip::<N, H>(dst, window, x, dx, dy, max);
            }
        }

        /// For samples of more than 10 bits, whose sums need more than 16, this is the scalar kernel.
        #[target_feature(enable = $feature)]
        pub(crate) fn luma_mc_u16<const W: usize, const H: usize>(
            dst: &mut [u16],
            dst_stride: usize,
            src: &[u16],
            src_off: usize,
            src_stride: usize,
            dx: u8,
            dy: u8,
            max: u16,
        ) {
            if max > 1023 {
                return scalar::mc::luma_mc_u16::<W, H>(dst, dst_stride, src, src_off, src_stride, dx, dy, max);
            }
            let dst = &mut RowsMut::new(dst, dst_stride, W, H);
            let window = Window::new::<W, H>(src, src_off, src_stride, dx, dy);
            let max = w::set(max as i16);
            by_lanes!(W, strips::<H>(dst, window, dx, dy, max));
        }

        #[inline]
        #[target_feature(enable = $feature)]
        fn avg_strips<const W: usize, const N: usize>(h: usize, dst: &mut RowsMut<'_, u16>, src: Rows<'_, u16>) {
            for y in 0..h {
                for x in (0..W).step_by(N) {
                    let d = dst.at(y, x);
                    w::store::<N>(d, w::avg(w::load::<N>(d), w::load::<N>(src.at(y, x))));
                }
            }
        }

        #[inline]
        #[target_feature(enable = $feature)]
        fn weigh_strips<const W: usize, const N: usize>(
            h: usize,
            dst: &mut RowsMut<'_, u16>,
            src: Option<Rows<'_, u16>>,
            (factors, round, shift): (w::V, w::V, __m128i),
            (offset, max): (w::V, w::V),
        ) {
            let weigh = |pairs| w::add_32(w::sra_32_by(w::add_32(w::madd(pairs, factors), round), shift), offset);
            for y in 0..h {
                for x in (0..W).step_by(N) {
                    let d = dst.at(y, x);
                    let p = w::load::<N>(d);
                    let q = if let Some(src) = src { w::load::<N>(src.at(y, x)) } else { w::zero() };
                    let v = w::pack_unsigned(weigh(w::low_pairs(p, q)), weigh(w::high_pairs(p, q)));
                    w::store::<N>(d, w::min_unsigned(v, max));
                }
            }
        }

        #[target_feature(enable = $feature)]
        pub(crate) fn avg_u16<const W: usize>(
            h: usize,
            dst: &mut [u16],
            dst_stride: usize,
            src: &[u16],
            src_stride: usize,
        ) {
            let dst = &mut RowsMut::new(dst, dst_stride, W, h);
            let src = Rows::new(src, src_stride, W, h);
            by_lanes!(W, avg_strips(h, dst, src));
        }

        #[target_feature(enable = $feature)]
        pub(crate) fn weight_u16<const W: usize>(
            h: usize,
            dst: &mut [u16],
            dst_stride: usize,
            log2_denom: u8,
            weight: i32,
            offset: i32,
            max: u16,
        ) {
            let dst = &mut RowsMut::new(dst, dst_stride, W, h);
            let round = if log2_denom == 0 { 0 } else { 1 << (log2_denom - 1) };
            let by = (w::set_32(weight & 0xffff), w::set_32(round), _mm_cvtsi32_si128(i32::from(log2_denom)));
            let to = (w::set_32(offset), w::set(max as i16));
            by_lanes!(W, weigh_strips(h, dst, None, by, to));
        }

        #[target_feature(enable = $feature)]
        pub(crate) fn biweight_u16<const W: usize>(
            h: usize,
            dst: &mut [u16],
            dst_stride: usize,
            src: &[u16],
            src_stride: usize,
            log2_denom: u8,
            w0: i32,
            w1: i32,
            offset: i32,
            max: u16,
        ) {
            let dst = &mut RowsMut::new(dst, dst_stride, W, h);
            let src = Rows::new(src, src_stride, W, h);
            let factors = w::set_32((w1 << 16) | (w0 & 0xffff));
            let by = (factors, w::set_32(1 << log2_denom), _mm_cvtsi32_si128(i32::from(log2_denom) + 1));
            let to = (w::set_32(offset), w::set(max as i16));
            by_lanes!(W, weigh_strips(h, dst, Some(src), by, to));
        }
    };
}
pub(crate) use mc_u16;

macro_rules! deblock_u16 {
    ($feature:tt, $lanes:literal) => {
        /// What the filters of 8.7.2 compare with, scaled to the bit depth (8.7.2.2).
        #[derive(Clone, Copy)]
        struct Limits {
            alpha: w::V,
            beta: w::V,
            /// What tells the strong forms apart.
            gap: w::V,
            max: w::V,
            depth_shift: u32,
        }

        #[inline]
        #[target_feature(enable = $feature)]
        fn limits(alpha: u8, beta: u8, max: u16) -> Limits {
            let depth_shift = depth_shift(max.into());
            let (alpha, beta) = (i16::from(alpha) << depth_shift, i16::from(beta) << depth_shift);
            let gap = w::set((alpha >> 2) + 2);
            Limits { alpha: w::set(alpha), beta: w::set(beta), gap, max: w::set(max as i16), depth_shift }
        }

        /// All ones where `|a - b| < limit`.
        #[inline]
        #[target_feature(enable = $feature)]
        fn near(a: w::V, b: w::V, limit: w::V) -> w::V {
            w::greater(limit, w::abs_diff(a, b))
        }

        /// All ones in the lines whose samples are no edge of the picture itself.
        #[inline]
        #[target_feature(enable = $feature)]
        fn artefacts(p1: w::V, p0: w::V, q0: w::V, q1: w::V, limits: Limits) -> w::V {
            let steps = w::and(near(p1, p0, limits.beta), near(q1, q0, limits.beta));
            w::and(near(p0, q0, limits.alpha), steps)
        }

        /// tC0 of lines from `first`, `LINES` to each of table 8-17's, and all ones where bS is not 0.
        #[inline]
        #[target_feature(enable = $feature)]
        fn spread<const LINES: usize>(tc0: &[i8; 4], first: usize, limits: Limits) -> (w::V, w::V) {
            let mut lines = [0; $lanes];
            for i in 0..$lanes {
                lines[i] = (i16::from(tc0[((first + i) / LINES) & 3]) << limits.depth_shift) as u16;
            }
            let v = w::load(&lines);
            (v, w::greater(v, w::set(-1)))
        }

        /// p0 and q0 after their move towards each other by at most `tc` (8.7.2.3).
        #[inline]
        #[target_feature(enable = $feature)]
        fn edge_samples(p1: w::V, p0: w::V, q0: w::V, q1: w::V, tc: w::V, limits: Limits) -> (w::V, w::V) {
            // (4 (q0 - p0) + (p1 - q1) + 4) >> 3, where the first shift by 2 drops nothing that the second would not.
            let rest = w::sra::<2>(w::add(w::sub(p1, q1), w::set(4)));
            let delta = w::sra::<1>(w::add(w::sub(q0, p0), rest));
            let delta = w::clamp(delta, w::sub(w::zero(), tc), tc);
            (w::clamp(w::add(p0, delta), w::zero(), limits.max), w::clamp(w::sub(q0, delta), w::zero(), limits.max))
        }

        /// p1 (or q1, with q2) after its move by at most `tc0`: to the floor of `(p2 + ((p0 + q0 + 1) >> 1)) / 2`.
        #[inline]
        #[target_feature(enable = $feature)]
        fn second_sample(p2: w::V, p1: w::V, mean: w::V, tc0: w::V) -> w::V {
            w::clamp(w::srl::<1>(w::add(p2, mean)), w::sub(p1, tc0), w::add(p1, tc0))
        }

        /// bS 1 to 3: the new p3 to q3, or nothing where no line is filtered.
        #[inline]
        #[target_feature(enable = $feature)]
        fn weak(s: [w::V; 8], first: usize, tc0: &[i8; 4], limits: Limits) -> Option<[w::V; 8]> {
            let [p3, p2, p1, p0, q0, q1, q2, q3] = s;
            let (tc0, filtered) = spread::<4>(tc0, first, limits);
            let on = w::and(filtered, artefacts(p1, p0, q0, q1, limits));
            if w::none(on) {
                return None;
            }
            let tc0 = w::and(tc0, on);
            let (flat_p, flat_q) = (w::and(on, near(p2, p0, limits.beta)), w::and(on, near(q2, q0, limits.beta)));
            let mean = w::avg(p0, q0);
            let new_p1 = second_sample(p2, p1, mean, w::and(tc0, flat_p));
            let new_q1 = second_sample(q2, q1, mean, w::and(tc0, flat_q));
            let tc = w::sub(w::sub(tc0, flat_p), flat_q);
            let (new_p0, new_q0) = edge_samples(p1, p0, q0, q1, tc, limits);
            Some([p3, p2, new_p1, new_p0, new_q0, new_q1, q2, q3])
        }

        /// The long strong form for one side, for p as for q. The sums of 14 bits would need 17: halves are added
        /// where what they lose can not carry.
        #[inline]
        #[target_feature(enable = $feature)]
        fn long([p3, p2, p1, p0, q0, q1]: [w::V; 6]) -> [w::V; 3] {
            let two = w::set(2);
            let inner = w::add(p1, w::add(p0, q0));
            let four = w::add(p2, inner);
            // p0: p2 + 2 p1 + 2 p0 + 2 q0 + q1; p1: p2 + p1 + p0 + q0; p2: 2 p3 + 3 p2 + p1 + p0 + q0.
            let new_p0 = w::add(w::add(inner, two), w::srl::<1>(w::add(p2, q1)));
            let new_p2 = w::add(w::add(w::add(p3, p2), two), w::srl::<1>(four));
            [w::srl::<2>(new_p0), w::srl::<2>(w::add(four, two)), w::srl::<2>(new_p2)]
        }

        /// The short strong form: `(2 p1 + p0 + q1 + 2) >> 2`.
        #[inline]
        #[target_feature(enable = $feature)]
        fn short(p1: w::V, p0: w::V, q1: w::V) -> w::V {
            w::srl::<2>(w::add(w::add(w::add(p1, p1), w::add(p0, q1)), w::set(2)))
        }

        /// bS 4: the new p3 to q3, or nothing where no line is filtered.
        #[inline]
        #[target_feature(enable = $feature)]
        fn strong(s: [w::V; 8], limits: Limits) -> Option<[w::V; 8]> {
            let [p3, p2, p1, p0, q0, q1, q2, q3] = s;
            let on = artefacts(p1, p0, q0, q1, limits);
            if w::none(on) {
                return None;
            }
            let small = w::and(on, near(p0, q0, limits.gap));
            let (long_p, long_q) = (w::and(small, near(p2, p0, limits.beta)), w::and(small, near(q2, q0, limits.beta)));
            let (lp, lq) = (long([p3, p2, p1, p0, q0, q1]), long([q3, q2, q1, q0, p0, p1]));
            let (mut new_p, mut new_q) = ([p0, p1, p2], [q0, q1, q2]);
            new_p[0] = w::select(p0, short(p1, p0, q1), on);
            new_q[0] = w::select(q0, short(q1, q0, p1), on);
            for i in 0..3 {
                new_p[i] = w::select(new_p[i], lp[i], long_p);
                new_q[i] = w::select(new_q[i], lq[i], long_q);
            }
            Some([p3, new_p[2], new_p[1], new_p[0], new_q[0], new_q[1], new_q[2], q3])
        }

        /// Filters 16 luma lines: bS 4 without `tc0`.
        #[inline]
        #[target_feature(enable = $feature)]
        fn luma(dir: Edge, data: &mut [u16], off: usize, stride: usize, limits: Limits, tc0: Option<&[i8; 4]>) {
            let window = &mut match dir {
                Edge::Vertical => RowsMut::new(before_mut(data, off, 4), stride, 8, 16),
                Edge::Horizontal => RowsMut::new(before_mut(data, off, 4 * stride), stride, 16, 8),
            };
            for first in (0..16).step_by($lanes) {
                let mut s = [w::zero(); 8];
                match dir {
                    Edge::Vertical => s = load_columns(window, first),
                    Edge::Horizontal => {
                        for i in 0..8 {
                            s[i] = w::load::<$lanes>(window.at(i, first));
                        }
                    }
                }
                let new = match tc0 {
                    Some(tc0) => weak(s, first, tc0, limits),
                    None => strong(s, limits),
                };
                let Some(new) = new else { continue };
                match dir {
                    Edge::Vertical => store_columns(window, first, new),
                    Edge::Horizontal => {
                        for i in 1..7 {
                            w::store::<$lanes>(window.at(i, first), new[i]);
                        }
                    }
                }
            }
        }

        #[target_feature(enable = $feature)]
        pub(crate) fn deblock_luma_u16(
            dir: Edge,
            data: &mut [u16],
            off: usize,
            stride: usize,
            alpha: u8,
            beta: u8,
            tc0: &[i8; 4],
            max: u16,
        ) {
            luma(dir, data, off, stride, limits(alpha, beta, max), Some(tc0));
        }

        #[target_feature(enable = $feature)]
        pub(crate) fn deblock_luma_strong_u16(
            dir: Edge,
            data: &mut [u16],
            off: usize,
            stride: usize,
            alpha: u8,
            beta: u8,
            max: u16,
        ) {
            luma(dir, data, off, stride, limits(alpha, beta, max), None);
        }
    };
}
pub(crate) use deblock_u16;

macro_rules! inverse8_u16 {
    ($feature:tt) => {
        /// [`crate::scalar::transform`]'s `inverse8`, on all lanes at once.
        #[inline]
        #[target_feature(enable = $feature)]
        fn inverse8(d: [w::V; 8]) -> [w::V; 8] {
            let (add, sub) = (|a, b| w::add_32(a, b), |a, b| w::sub_32(a, b));
            let (half, quarter) = (|v| w::sra_32::<1>(v), |v| w::sra_32::<2>(v));
            let (a0, a2) = (add(d[0], d[4]), sub(d[0], d[4]));
            let (a4, a6) = (sub(half(d[2]), d[6]), add(d[2], half(d[6])));
            let a1 = sub(sub(d[5], d[3]), add(d[7], half(d[7])));
            let a3 = sub(add(d[1], d[7]), add(d[3], half(d[3])));
            let a5 = add(sub(d[7], d[1]), add(d[5], half(d[5])));
            let a7 = add(add(d[3], d[5]), add(d[1], half(d[1])));

            let (b0, b6) = (add(a0, a6), sub(a0, a6));
            let (b2, b4) = (add(a2, a4), sub(a2, a4));
            let (b1, b7) = (add(a1, quarter(a7)), sub(a7, quarter(a1)));
            let (b3, b5) = (add(a3, quarter(a5)), sub(quarter(a3), a5));

            [add(b0, b7), add(b2, b5), add(b4, b3), add(b6, b1), sub(b6, b1), sub(b4, b3), sub(b2, b5), sub(b0, b7)]
        }
    };
}
pub(crate) use inverse8_u16;
