//! Powers of two and square roots, the same bits on every target.

/// `2^(i/8)` for `i` from 0 to 7.
const EIGHTHS: [f32; 8] =
    [1.0, 1.090_507_7, 1.189_207_1, 1.296_839_6, core::f32::consts::SQRT_2, 1.542_210_8, 1.681_792_9, 1.834_008_1];

/// `2^(n/8)`; exponents outside of a normal float's are cut.
pub(crate) fn exp2_eighths(n: i32) -> f32 {
    let exponent = (n >> 3).clamp(-126, 127);
    f32::from_bits(((exponent + 127) as u32) << 23) * EIGHTHS[(n & 7) as usize]
}

/// `2^(n/4)`; exponents outside of a normal float's are cut.
pub(crate) fn exp2_quarters(n: i32) -> f32 {
    exp2_eighths(2 * n)
}

/// The square root of a number that is not negative, within a unit in the last place.
pub(crate) fn sqrt(x: f32) -> f32 {
    super::super::filterbank::trig::sqrt(f64::from(x)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_library() {
        for n in -900..900 {
            let want = (f64::from(n) / 8.0).exp2();
            assert!((f64::from(exp2_eighths(n)) / want - 1.0).abs() < 1e-7, "{n}");
        }
        assert_eq!(exp2_quarters(-8), 0.25);
        for x in [0.0, 1e-38, 0.1, 2.0, 3e38] {
            assert_eq!(sqrt(x), f32::sqrt(x));
        }
        assert!(exp2_eighths(i32::MIN).is_normal() && exp2_eighths(i32::MAX).is_normal());
    }
}
