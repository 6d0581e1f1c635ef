//! Sines, cosines, roots and Bessel functions for tables that are built when the crate is compiled.

/// Sine and cosine of an angle of at most an eighth of a turn, in radians.
const fn within_an_eighth(angle: f64) -> (f64, f64) {
    let square = angle * angle;
    // Taylor's series, from its end: below 2^-56 at an eighth of a turn.
    let (mut s, mut c) = (0.0, 0.0);
    let mut k = 9;
    while k > 0 {
        let n = (2 * k) as f64;
        s = (1.0 - s) * square / (n * (n + 1.0));
        c = (1.0 - c) * square / (n * (n - 1.0));
        k -= 1;
    }
    (angle * (1.0 - s), 1.0 - c)
}

/// Sine and cosine of `num / den` of a turn.
pub(crate) const fn sin_cos(num: u64, den: u64) -> (f64, f64) {
    let eighths = (num % den) * 8;
    let octant = eighths / den;
    let rest = (eighths - octant * den) as f64 / den as f64;
    let angle = core::f64::consts::FRAC_PI_4 * if octant % 2 == 1 { 1.0 - rest } else { rest };
    let (s, c) = within_an_eighth(angle);
    match octant {
        0 => (s, c),
        1 => (c, s),
        2 => (c, -s),
        3 => (s, -c),
        4 => (-s, -c),
        5 => (-c, -s),
        6 => (-c, s),
        _ => (-s, c),
    }
}

/// The square root of `x`, which is not negative.
pub(crate) const fn sqrt(x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    // Half the exponent is a start, and Newton's iteration doubles the digits at every step.
    let mut y = f64::from_bits((x.to_bits() >> 1) + (1023 << 51));
    let mut step = 0;
    while step < 5 {
        y = 0.5 * (y + x / y);
        step += 1;
    }
    y
}

/// The modified Bessel function of order 0 at `2 sqrt(x)`: the sum of `(x^k / k!^2)`.
pub(crate) const fn bessel_i0(x: f64) -> f64 {
    let (mut sum, mut term, mut k) = (1.0, 1.0, 1.0);
    while term > sum * 1e-17 {
        term *= x / (k * k);
        sum += term;
        k += 1.0;
    }
    sum
}

/// Cosine and sine of an angle of a few turns at most.
pub(crate) const fn cos_sin(angle: f64) -> (f64, f64) {
    // Quarter turns come off until an eighth of a turn is left.
    let quarters = angle / core::f64::consts::FRAC_PI_2;
    let whole = (if quarters < 0.0 { quarters - 0.5 } else { quarters + 0.5 }) as i64;
    let angle = angle - whole as f64 * core::f64::consts::FRAC_PI_2;
    let (s, c) = within_an_eighth(angle);
    match whole.rem_euclid(4) {
        0 => (c, s),
        1 => (-s, c),
        2 => (-c, -s),
        _ => (s, -c),
    }
}

/// The angle of the point `(x, y)`, from `-pi` to `pi`; 0 for the origin.
pub(crate) const fn atan2(y: f64, x: f64) -> f64 {
    let radius = sqrt(x * x + y * y);
    if radius == 0.0 {
        return 0.0;
    }
    // Twice halving the angle makes its tangent small.
    if x < 0.0 {
        let rest = atan2(y, -x);
        return if y < 0.0 { -core::f64::consts::PI - rest } else { core::f64::consts::PI - rest };
    }
    let t = y / (radius + x);
    let t = t / (1.0 + sqrt(1.0 + t * t));
    let t = t / (1.0 + sqrt(1.0 + t * t));
    let (mut sum, mut power, mut n) = (0.0, t, 1);
    while n < 40 {
        sum += power / n as f64;
        power *= -t * t;
        n += 2;
    }
    8.0 * sum
}

/// `e` to the power of `x`, which is small.
pub(crate) const fn exp(x: f64) -> f64 {
    let part = x / 16.0;
    let (mut sum, mut term, mut n) = (1.0, 1.0, 1);
    while n < 24 {
        term *= part / n as f64;
        sum += term;
        n += 1;
    }
    let (mut k, mut power) = (0, sum);
    while k < 4 {
        power *= power;
        k += 1;
    }
    power
}

#[cfg(test)]
mod tests {
    #[test]
    fn functions_of_reals_as_the_library() {
        for i in -400..400 {
            let x = f64::from(i) / 63.0;
            let (c, s) = super::cos_sin(x);
            assert!((c - x.cos()).abs() < 1e-14 && (s - x.sin()).abs() < 1e-14, "{x}");
            assert!((super::exp(x) / x.exp() - 1.0).abs() < 1e-14, "{x}");
            for y in [-2.0, -1e-3, 0.0, 0.5, 7.0] {
                assert!((super::atan2(y, x) - y.atan2(x)).abs() < 1e-14, "{y} {x}");
            }
        }
    }

    #[test]
    fn as_the_library() {
        for num in 0..2000u64 {
            let angle = 2.0 * std::f64::consts::PI * num as f64 / 997.0;
            let (s, c) = super::sin_cos(num, 997);
            assert!((s - angle.sin()).abs() < 4e-15 && (c - angle.cos()).abs() < 4e-15, "{num}");
            let x = num as f64 * num as f64 * 1e-3;
            assert!((super::sqrt(x) - x.sqrt()).abs() <= 4e-16 * x.sqrt(), "{x}");
        }
        // Abramowitz and Stegun, table 9.8: I0(2) and I0(5).
        assert!((super::bessel_i0(1.0) - 2.279_585_302_336_067).abs() < 1e-14);
        assert!((super::bessel_i0(6.25) - 27.239_871_823_604_44).abs() < 1e-12);
    }
}
