//! Samples to integers, from the definitions at [`Kernels`](crate::Kernels).

/// Panics unless `dst` and `src` have one length.
#[track_caller]
pub(crate) fn check(dst: usize, src: &[f32]) {
    assert!(dst == src.len(), "{dst} outputs for {} inputs", src.len());
}

pub(crate) fn to_i16(dst: &mut [i16], src: &[f32]) {
    // Adding this leaves the integer nearest in the low bits of the sum; nothing is lost below 2^22.
    const MAGIC: f32 = 12_582_912.0;
    check(dst.len(), src);
    for (d, &x) in dst.iter_mut().zip(src) {
        let v = if x.is_nan() { 0.0 } else { (x * 32768.0).clamp(-32768.0, 32767.0) };
        *d = (v + MAGIC).to_bits().wrapping_sub(MAGIC.to_bits()) as i16;
    }
}

/// To integers of `bits` bits.
fn wide(dst: &mut [i32], src: &[f32], bits: u32) {
    const MAGIC: f64 = 6_755_399_441_055_744.0;
    check(dst.len(), src);
    let full = f64::from(1u32 << (bits - 1));
    for (d, &x) in dst.iter_mut().zip(src) {
        let v = if x.is_nan() { 0.0 } else { (f64::from(x) * full).clamp(-full, full - 1.0) };
        *d = (v + MAGIC).to_bits().wrapping_sub(MAGIC.to_bits()) as i32;
    }
}

pub(crate) fn to_i24(dst: &mut [i32], src: &[f32]) {
    wide(dst, src, 24);
}

pub(crate) fn to_i32(dst: &mut [i32], src: &[f32]) {
    wide(dst, src, 32);
}
