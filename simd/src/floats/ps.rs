//! Parametric stereo, all bands of a slot side by side.

/// The kernels of family `ps` over the operations `w`.
macro_rules! ps {
    ($feature:literal, $narrow:path) => {
        use $narrow as narrow;

        #[target_feature(enable = $feature)]
        pub(crate) fn ps_split(dst: [&mut [f32]; 2], filters: [&[f32]; 2], slots: &[[f32; 2]; 13]) {
            if !dst[0].len().is_multiple_of(w::L) {
                return narrow::ps_split(dst, filters, slots);
            }
            let n = check_split([dst[0].len(), dst[1].len()], filters);
            let [re, im] = dst;
            let mut i = 0;
            while i < n {
                let mut sum = (w::splat(0.0), w::splat(0.0));
                for (t, x) in slots.iter().enumerate() {
                    let (a, b) = (w::splat(x[0]), w::splat(x[1]));
                    let (c, s) = (w::load(filters[0], t * n + i), w::load(filters[1], t * n + i));
                    sum.0 = w::add(sum.0, w::sub(w::mul(c, a), w::mul(s, b)));
                    sum.1 = w::add(sum.1, w::add(w::mul(c, b), w::mul(s, a)));
                }
                w::store(re, i, sum.0);
                w::store(im, i, sum.1);
                i += w::L;
            }
        }

        #[target_feature(enable = $feature)]
        pub(crate) fn ps_link(
            x: &mut [[f32; 64]; 2],
            delayed: &[[f32; 64]; 2],
            into: &mut [[f32; 64]; 2],
            turn: &[[f32; 64]; 2],
            decay: &[f32; 64],
        ) {
            let mut i = 0;
            while i < 64 {
                let (re, im) = (w::load(&x[0], i), w::load(&x[1], i));
                let (a, b) = (w::load(&delayed[0], i), w::load(&delayed[1], i));
                let (c, s, g) = (w::load(&turn[0], i), w::load(&turn[1], i), w::load(decay, i));
                let v = w::sub(w::sub(w::mul(a, c), w::mul(b, s)), w::mul(g, re));
                let u = w::sub(w::add(w::mul(a, s), w::mul(b, c)), w::mul(g, im));
                w::store(&mut into[0], i, w::add(re, w::mul(g, v)));
                w::store(&mut into[1], i, w::add(im, w::mul(g, u)));
                w::store(&mut x[0], i, v);
                w::store(&mut x[1], i, u);
                i += w::L;
            }
        }

        #[target_feature(enable = $feature)]
        pub(crate) fn ps_mix(
            direct: &mut [[f32; 96]; 2],
            diffuse: &mut [[f32; 96]; 2],
            now: &mut [[f32; 96]; 8],
            step: &[[f32; 96]; 8],
            turning: bool,
        ) {
            let parts = if turning { 8 } else { 4 };
            let mut i = 0;
            while i < 96 {
                let mut h = [w::splat(0.0); 8];
                for p in 0..parts {
                    h[p] = w::add(w::load(&now[p], i), w::load(&step[p], i));
                    w::store(&mut now[p], i, h[p]);
                }
                let (a, b) = (w::load(&direct[0], i), w::load(&direct[1], i));
                let (c, d) = (w::load(&diffuse[0], i), w::load(&diffuse[1], i));
                let mut left = (w::add(w::mul(h[0], a), w::mul(h[2], c)), w::add(w::mul(h[0], b), w::mul(h[2], d)));
                let mut right = (w::add(w::mul(h[1], a), w::mul(h[3], c)), w::add(w::mul(h[1], b), w::mul(h[3], d)));
                if turning {
                    left.0 = w::sub(left.0, w::add(w::mul(h[4], b), w::mul(h[6], d)));
                    left.1 = w::add(left.1, w::add(w::mul(h[4], a), w::mul(h[6], c)));
                    right.0 = w::sub(right.0, w::add(w::mul(h[5], b), w::mul(h[7], d)));
                    right.1 = w::add(right.1, w::add(w::mul(h[5], a), w::mul(h[7], c)));
                }
                w::store(&mut direct[0], i, left.0);
                w::store(&mut direct[1], i, left.1);
                w::store(&mut diffuse[0], i, right.0);
                w::store(&mut diffuse[1], i, right.1);
                i += w::L;
            }
        }
    };
}
pub(crate) use ps;
