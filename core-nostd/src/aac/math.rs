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
    super::filterbank::trig::sqrt(f64::from(x)) as f32
}

/// The logarithm of base 2 of a positive number.
pub(crate) fn log2(x: f64) -> f64 {
    let bits = x.to_bits();
    let mut exponent = (bits >> 52) as i32 - 1023;
    let mut m = f64::from_bits(bits & ((1 << 52) - 1) | 1023 << 52);
    if m > core::f64::consts::SQRT_2 {
        m /= 2.0;
        exponent += 1;
    }
    // 2 artanh of t, by its series: t is at most 0.172.
    let t = (m - 1.0) / (m + 1.0);
    let (mut sum, mut power, mut n) = (0.0, t, 1.0);
    while n < 26.0 {
        sum += power / n;
        power *= t * t;
        n += 2.0;
    }
    f64::from(exponent) + 2.0 * core::f64::consts::LOG2_E * sum
}

/// 2 to the power of `x`, for exponents of a normal number.
pub(crate) fn exp2(x: f64) -> f64 {
    let whole = x.clamp(-1000.0, 1000.0) as i64 - i64::from(x < 0.0);
    let rest = (x - whole as f64) * core::f64::consts::LN_2;
    let (mut sum, mut term, mut n) = (1.0, 1.0, 1.0);
    while n < 20.0 {
        term *= rest / n;
        sum += term;
        n += 1.0;
    }
    sum * f64::from_bits(((whole + 1023) as u64) << 52)
}

/// The nearest whole number, the larger one between two (`NINT` of the standard), of what is not negative.
pub(crate) fn nint(x: f64) -> usize {
    (x + 0.5) as usize
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
        for n in 1..500 {
            let x = f64::from(n) / 7.0;
            assert!((log2(x) - x.log2()).abs() < 1e-14 * (1.0 + x.log2().abs()), "{x}");
            assert!((exp2(x) / x.exp2() - 1.0).abs() < 1e-14 && (exp2(-x) / (-x).exp2() - 1.0).abs() < 1e-14, "{x}");
        }
        for x in [0.0, 1e-38, 0.1, 2.0, 3e38] {
            assert_eq!(sqrt(x), f32::sqrt(x));
        }
        assert!(exp2_eighths(i32::MIN).is_normal() && exp2_eighths(i32::MAX).is_normal());
    }
}
