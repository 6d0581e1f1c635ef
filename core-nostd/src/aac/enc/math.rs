//! Roots and logarithms, the same bits on every target.

/// `2^(i/4)` for `i` from 0 to 3.
const QUARTERS: [f32; 4] = [1.0, 1.189_207_1, core::f32::consts::SQRT_2, 1.681_792_9];

/// `2^(n/4)`; exponents outside of a normal float's are cut.
pub(crate) fn exp2_quarter_steps(n: i32) -> f32 {
    let exponent = (n >> 2).clamp(-126, 127);
    f32::from_bits(((exponent + 127) as u32) << 23) * QUARTERS[(n & 3) as usize]
}

/// The square root.
#[inline(always)]
pub(crate) fn sqrt(x: f32) -> f32 {
    libm::sqrtf(x)
}

/// The logarithm of base 2 of a positive number.
pub(crate) fn log2(x: f32) -> f32 {
    libm::log2f(x)
}

/// 2 to the power of `x`.
pub(crate) fn exp2(x: f32) -> f32 {
    libm::exp2f(x)
}

/// The power of a ratio in decibels.
pub(crate) fn from_db(db: f32) -> f32 {
    exp2(db * (core::f32::consts::LOG2_10 / 10.0))
}
