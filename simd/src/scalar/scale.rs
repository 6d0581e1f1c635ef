//! Polyphase filters, from the definitions at `Kernels::scale_h` and `Kernels::scale_v`.

use crate::kernels::Kernels;

/// Panics unless the arguments of `scale_h` fit each other.
#[track_caller]
pub(crate) fn check_h(dst: &[i16], src: &[u8], pos: &[u32], coefs: &[i16], taps: usize) {
    assert!((1..=Kernels::SCALE_TAPS_MAX).contains(&taps), "{taps} taps, expected 1 to {}", Kernels::SCALE_TAPS_MAX);
    assert!(pos.len() == dst.len(), "{} positions for {} outputs", pos.len(), dst.len());
    assert!(coefs.len() == taps * dst.len(), "{} coefficients for {} outputs of {taps}", coefs.len(), dst.len());
    let last = pos.iter().copied().max().unwrap_or(0) as usize;
    assert!(
        dst.is_empty() || last.checked_add(taps).is_some_and(|end| end <= src.len()),
        "a window of {taps} at {last} in a row of {}",
        src.len()
    );
}

/// Panics unless the arguments of `scale_v` fit each other.
#[track_caller]
pub(crate) fn check_v(dst: &[u8], rows: &[&[i16]], coefs: &[i16]) {
    let taps = rows.len();
    assert!((1..=Kernels::SCALE_TAPS_MAX).contains(&taps), "{taps} taps, expected 1 to {}", Kernels::SCALE_TAPS_MAX);
    assert!(coefs.len() == taps, "{} coefficients for {taps} rows", coefs.len());
    let shortest = rows.iter().map(|row| row.len()).min().unwrap_or(0);
    assert!(shortest >= dst.len(), "a row of {shortest} for {} outputs", dst.len());
}

pub(crate) fn scale_h(dst: &mut [i16], src: &[u8], pos: &[u32], coefs: &[i16], taps: usize) {
    check_h(dst, src, pos, coefs, taps);
    for ((out, &first), coefs) in dst.iter_mut().zip(pos).zip(coefs.chunks_exact(taps)) {
        *out = output_h(&src[first as usize..], coefs);
    }
}

/// One output of `scale_h`.
pub(crate) fn output_h(window: &[u8], coefs: &[i16]) -> i16 {
    let sum: i32 = window.iter().zip(coefs).map(|(&s, &c)| i32::from(s) * i32::from(c)).sum();
    ((sum + 128) >> 8).clamp(i16::MIN.into(), i16::MAX.into()) as i16
}

pub(crate) fn scale_v(dst: &mut [u8], rows: &[&[i16]], coefs: &[i16]) {
    check_v(dst, rows, coefs);
    scale_v_from(0, dst, rows, coefs);
}

/// Outputs `first..` of `scale_v`.
pub(crate) fn scale_v_from(first: usize, dst: &mut [u8], rows: &[&[i16]], coefs: &[i16]) {
    for x in first..dst.len() {
        let products = rows.iter().zip(coefs).map(|(row, &c)| i32::from(row[x]) * i32::from(c));
        let sum = products.fold(1 << 19, i32::wrapping_add);
        dst[x] = (sum >> 20).clamp(0, 255) as u8;
    }
}
