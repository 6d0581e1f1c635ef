//! Parametric stereo, from the definitions at [`Kernels`](crate::Kernels).

/// Panics unless the arguments of `ps_split` fit each other; gives the number of filters.
#[track_caller]
pub(crate) fn check_split(dst: [usize; 2], filters: [&[f32]; 2]) -> usize {
    let n = dst[0];
    assert!(dst[1] == n && filters[0].len() == 13 * n && filters[1].len() == 13 * n, "{dst:?} filters");
    n
}

pub(crate) fn ps_split(dst: [&mut [f32]; 2], filters: [&[f32]; 2], slots: &[[f32; 2]; 13]) {
    let n = check_split([dst[0].len(), dst[1].len()], filters);
    for i in 0..n {
        let (mut re, mut im) = (0.0, 0.0);
        for (t, x) in slots.iter().enumerate() {
            let (c, s) = (filters[0][t * n + i], filters[1][t * n + i]);
            re += c * x[0] - s * x[1];
            im += c * x[1] + s * x[0];
        }
        (dst[0][i], dst[1][i]) = (re, im);
    }
}

pub(crate) fn ps_link(
    x: &mut [[f32; 64]; 2],
    delayed: &[[f32; 64]; 2],
    into: &mut [[f32; 64]; 2],
    turn: &[[f32; 64]; 2],
    decay: &[f32; 64],
) {
    for i in 0..64 {
        let (re, im, a, b) = (x[0][i], x[1][i], delayed[0][i], delayed[1][i]);
        let (c, s, g) = (turn[0][i], turn[1][i], decay[i]);
        let v = a * c - b * s - g * re;
        let u = a * s + b * c - g * im;
        (into[0][i], into[1][i]) = (re + g * v, im + g * u);
        (x[0][i], x[1][i]) = (v, u);
    }
}

pub(crate) fn ps_mix(
    direct: &mut [[f32; 96]; 2],
    diffuse: &mut [[f32; 96]; 2],
    now: &mut [[f32; 96]; 8],
    step: &[[f32; 96]; 8],
    turning: bool,
) {
    let parts = if turning { 8 } else { 4 };
    for i in 0..96 {
        for (now, step) in now[..parts].iter_mut().zip(step) {
            now[i] += step[i];
        }
        let [h11, h12, h21, h22, i11, i12, i21, i22] = now.each_ref().map(|h| h[i]);
        let (a, b, c, d) = (direct[0][i], direct[1][i], diffuse[0][i], diffuse[1][i]);
        let (mut left, mut right) = ((h11 * a + h21 * c, h11 * b + h21 * d), (h12 * a + h22 * c, h12 * b + h22 * d));
        if turning {
            left.0 -= i11 * b + i21 * d;
            left.1 += i11 * a + i21 * c;
            right.0 -= i12 * b + i22 * d;
            right.1 += i12 * a + i22 * c;
        }
        (direct[0][i], direct[1][i]) = left;
        (diffuse[0][i], diffuse[1][i]) = right;
    }
}
