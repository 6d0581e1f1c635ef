//! Rotations around a Fourier transform that make it a DCT-IV, windows, and inverse quantisation, from the definitions at
//! [`Kernels`](crate::Kernels).

/// `|q|^(4/3)` for `q` up to 1023.
pub(crate) static POW_4_3: [f32; 1024] = pow_4_3_table();

const fn pow_4_3_table() -> [f32; 1024] {
    let mut table = [0.0; 1024];
    let mut q = 1;
    while q < 1024 {
        // Newton's iteration for the cube root, from above.
        let x = q as f64;
        let mut y = if q < 8 {
            2.0
        } else if q < 64 {
            4.0
        } else if q < 512 {
            8.0
        } else {
            10.1
        };
        let mut step = 0;
        while step < 12 {
            y = (2.0 * y + x / (y * y)) / 3.0;
            step += 1;
        }
        table[q] = (x * y) as f32;
        q += 1;
    }
    table
}

/// `q^(4/3)` for `q` from 0 to 32768.
#[inline]
pub(crate) fn pow_4_3(q: u16) -> f32 {
    match POW_4_3.get(usize::from(q)) {
        Some(&v) => v,
        None => pow_4_3_large(q),
    }
}

/// For `q` from 1024: rare, so computed.
#[cold]
fn pow_4_3_large(q: u16) -> f32 {
    let x = f64::from(q);
    // The cube root of an eighth or a 64th is in the table.
    let (near, factor) = if q < 8192 { (q >> 3, 2.0) } else { (q >> 6, 4.0) };
    let mut y = factor * f64::from(POW_4_3[usize::from(near)]) / f64::from(near);
    for _ in 0..3 {
        y = (2.0 * y + x / (y * y)) / 3.0;
    }
    (x * y) as f32
}

/// Panics unless `dst` and `quantised` have one length.
#[track_caller]
pub(crate) fn check_dequant(dst: &[f32], quantised: &[i16]) {
    assert!(dst.len() == quantised.len(), "{} outputs for {} inputs", dst.len(), quantised.len());
}

pub(crate) fn dequantise(dst: &mut [f32], quantised: &[i16], gain: f32) {
    check_dequant(dst, quantised);
    for (d, &q) in dst.iter_mut().zip(quantised) {
        let magnitude = pow_4_3(q.unsigned_abs());
        *d = if q < 0 { -magnitude } else { magnitude } * gain;
    }
}

/// Panics unless the arguments of `dct4_pre` or `dct4_post` fit each other.
#[track_caller]
pub(crate) fn check_dct4(len: usize, parts: [usize; 2], factors: [usize; 2]) {
    assert!(len.is_multiple_of(2), "a DCT-IV of {len} values");
    assert!(parts == [len / 2; 2] && factors == [len / 2; 2], "parts of {parts:?}, factors of {factors:?}, for {len}");
}

pub(crate) fn dct4_pre(dst: [&mut [f32]; 2], src: &[f32], factors: [&[f32]; 2], scale: f32) {
    check_dct4(src.len(), [dst[0].len(), dst[1].len()], factors.map(<[f32]>::len));
    let [re, im] = dst;
    for k in 0..re.len() {
        let (a, b) = (src[2 * k] * scale, src[src.len() - 1 - 2 * k] * scale);
        let (c, s) = (factors[0][k], factors[1][k]);
        re[k] = a * c + b * s;
        im[k] = b * c - a * s;
    }
}

pub(crate) fn dct4_post(dst: &mut [f32], src: [&[f32]; 2], factors: [&[f32]; 2]) {
    check_dct4(dst.len(), src.map(<[f32]>::len), factors.map(<[f32]>::len));
    let len = dst.len();
    for k in 0..len / 2 {
        let (a, b) = (src[0][k], src[1][k]);
        let (c, s) = (factors[0][k], factors[1][k]);
        dst[2 * k] = a * c + b * s;
        dst[len - 1 - 2 * k] = a * s - b * c;
    }
}

/// Panics unless the arguments of `window_head` or `window_tail` fit each other.
#[track_caller]
pub(crate) fn check_window(acc: &[f32], half: &[f32], window: &[f32]) {
    let len = half.len();
    assert!(acc.len() == 2 * len && window.len() == 2 * len, "{} and {} for {len}", acc.len(), window.len());
}

pub(crate) fn window_head(acc: &mut [f32], half: &[f32], window: &[f32]) {
    check_window(acc, half, window);
    let len = acc.len();
    for n in 0..half.len() {
        acc[n] += half[n] * window[n];
        acc[len - 1 - n] -= half[n] * window[len - 1 - n];
    }
}

pub(crate) fn window_tail(acc: &mut [f32], half: &[f32], window: &[f32]) {
    check_window(acc, half, window);
    let len = acc.len();
    for n in 0..half.len() {
        let v = half[half.len() - 1 - n];
        acc[n] -= v * window[len - 1 - n];
        acc[len - 1 - n] -= v * window[n];
    }
}
