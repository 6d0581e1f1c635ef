//! Clocks: exact rescaling of ticks.

use std::cmp::Ordering;
use std::fmt;

/// Seconds per tick, as the fraction `num`/`den`.
///
/// ```
/// use transcode_container::Timebase;
/// let (video, movie) = (Timebase::new(1001, 30000), Timebase::per_second(600));
/// assert_eq!(video.rescale(30, movie), 601); // 600.6, to the nearest
/// assert!(video.compare(1, movie, 20).is_gt());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timebase {
    /// Numerator, at least 1.
    pub num: u32,
    /// Denominator, at least 1.
    pub den: u32,
}

impl Timebase {
    /// A tick of `num`/`den` seconds. A zero becomes 1.
    pub const fn new(num: u32, den: u32) -> Self {
        Self { num: if num == 0 { 1 } else { num }, den: if den == 0 { 1 } else { den } }
    }
    /// `den` ticks a second.
    pub const fn per_second(den: u32) -> Self {
        Self::new(1, den)
    }
    /// `ticks` in seconds.
    pub fn seconds(self, ticks: i64) -> f64 {
        ticks as f64 * f64::from(self.num) / f64::from(self.den)
    }
    /// `ticks` of this clock in ticks of `to`, to the nearest, halves away from zero; saturates at the ends of `i64`.
    pub fn rescale(self, ticks: i64, to: Self) -> i64 {
        let n = i128::from(ticks) * i128::from(self.num) * i128::from(to.den);
        let d = i128::from(self.den) * i128::from(to.num);
        let half = if n < 0 { -(d / 2) } else { d / 2 };
        saturate((n + half) / d)
    }
    /// As [`Timebase::rescale`], or `None` where the result is no whole number of ticks of `to`.
    pub fn rescale_exact(self, ticks: i64, to: Self) -> Option<i64> {
        let n = i128::from(ticks) * i128::from(self.num) * i128::from(to.den);
        let d = i128::from(self.den) * i128::from(to.num);
        if n % d == 0 { i64::try_from(n / d).ok() } else { None }
    }
    /// Compares `ticks` of this clock with `other_ticks` of `other`, exactly.
    pub fn compare(self, ticks: i64, other: Self, other_ticks: i64) -> Ordering {
        let a = i128::from(ticks) * i128::from(self.num) * i128::from(other.den);
        let b = i128::from(other_ticks) * i128::from(other.num) * i128::from(self.den);
        a.cmp(&b)
    }
}

impl fmt::Display for Timebase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} s", self.num, self.den)
    }
}

fn saturate(v: i128) -> i64 {
    i64::try_from(v).unwrap_or(if v < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_halves_away_from_zero() {
        let (a, b) = (Timebase::per_second(2000), Timebase::per_second(1000));
        assert_eq!([a.rescale(1, b), a.rescale(-1, b), a.rescale(2, b)], [1, -1, 1]);
        assert_eq!([a.rescale_exact(1, b), a.rescale_exact(-4, b)], [None, Some(-2)]);
        assert_eq!(Timebase::per_second(1).rescale(i64::MAX, Timebase::per_second(u32::MAX)), i64::MAX);
    }
}
