//! Windows and foldings of complex filterbanks, from the definitions at [`Kernels`](crate::Kernels).

/// 1 and -1 by turns.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
pub(crate) static ALTERNATE: [f32; 16] =
    [1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0];

/// Panics unless the arguments of `qmf_fold` fit each other; gives the number of bands.
#[track_caller]
pub(crate) fn check_fold(dst: [usize; 2], history: &[f32], window: &[f32]) -> usize {
    let n = dst[0];
    assert!(n.is_multiple_of(16) && dst[1] == n, "{dst:?} bands");
    assert!(history.len() == 10 * n && window.len() == 10 * n, "{} and {} for {n}", history.len(), window.len());
    n
}

pub(crate) fn qmf_fold(dst: [&mut [f32]; 2], history: &[f32], window: &[f32]) {
    let n = check_fold([dst[0].len(), dst[1].len()], history, window);
    let u = |i: usize| {
        let mut sum = history[i] * window[i];
        for t in 1..5 {
            sum += history[2 * n * t + i] * window[2 * n * t + i];
        }
        sum
    };
    for i in 0..n {
        let (a, b) = (u(i), u(2 * n - 1 - i));
        (dst[0][i], dst[1][i]) = (a - b, a + b);
    }
}

/// Panics unless the arguments of `qmf_unfold` fit each other; gives the number of bands.
#[track_caller]
pub(crate) fn check_unfold(block: &[f32], cosines: &[f32], sines: &[f32]) -> usize {
    let n = cosines.len();
    assert!(n.is_multiple_of(16) && sines.len() == n && block.len() == 2 * n, "{} for {n}", block.len());
    n
}

pub(crate) fn qmf_unfold(block: &mut [f32], cosines: &[f32], sines: &[f32]) {
    let n = check_unfold(block, cosines, sines);
    for i in 0..n {
        let (c, s) = (cosines[i], if i % 2 == 1 { -sines[i] } else { sines[i] });
        block[i] = s - c;
        block[2 * n - 1 - i] = s + c;
    }
}

/// Panics unless the arguments of `qmf_window` fit each other; gives the number of bands.
#[track_caller]
pub(crate) fn check_window(dst: &[f32], blocks: [&[f32]; 10], window: &[f32]) -> usize {
    let n = dst.len();
    assert!(n.is_multiple_of(16) && window.len() == 10 * n, "a window of {} for {n}", window.len());
    for block in blocks {
        assert!(block.len() >= 2 * n, "a block of {} for {n}", block.len());
    }
    n
}

pub(crate) fn qmf_window(dst: &mut [f32], blocks: [&[f32]; 10], window: &[f32]) {
    let n = check_window(dst, blocks, window);
    for i in 0..n {
        let mut sum = 0.0;
        for t in 0..5 {
            let at = 2 * n * t + i;
            sum += blocks[2 * t][i] * window[at] + blocks[2 * t + 1][n + i] * window[at + n];
        }
        dst[i] = sum;
    }
}

/// Panics unless the arguments of `rotate` fit each other; gives their length.
#[track_caller]
pub(crate) fn check_rotate(dst: [usize; 2], src: [&[f32]; 2], factors: [&[f32]; 4]) -> usize {
    let n = dst[0];
    assert!(n.is_multiple_of(16) && dst[1] == n && src[0].len() == n && src[1].len() == n, "{dst:?}");
    for f in factors {
        assert!(f.len() == n, "{} factors for {n}", f.len());
    }
    n
}

pub(crate) fn rotate(dst: [&mut [f32]; 2], src: [&[f32]; 2], factors: [&[f32]; 4]) {
    let n = check_rotate([dst[0].len(), dst[1].len()], src, factors);
    let [c, s, d, t] = factors;
    for i in 0..n {
        let (a, b) = (src[0][i], src[1][i]);
        dst[0][i] = a * c[i] - b * t[i];
        dst[1][i] = a * s[i] + b * d[i];
    }
}
