//! Pictures at half resolution.

/// Checks the lengths: `even` and `odd` are half as long as `a` and `b`.
#[inline(always)]
#[track_caller]
pub(crate) fn check(even: &[u8], odd: &[u8], a: &[u8], b: &[u8]) {
    assert!(odd.len() == even.len(), "both results have one length");
    assert!(a.len() == 2 * even.len() && b.len() == a.len(), "the rows are twice as long as the results");
}

pub(crate) fn halve(even: &mut [u8], odd: &mut [u8], a: &[u8], b: &[u8]) {
    check(even, odd, a, b);
    halve_from(0, even, odd, a, b);
}

/// The samples from `from` on.
pub(crate) fn halve_from(from: usize, even: &mut [u8], odd: &mut [u8], a: &[u8], b: &[u8]) {
    let sum = |i: usize| u16::from(a[i]) + u16::from(b[i]);
    for x in from..even.len() {
        even[x] = ((sum(2 * x) + sum(2 * x + 1) + 2) >> 2) as u8;
        odd[x] = ((sum(2 * x + 1) + sum((2 * x + 2).min(a.len() - 1)) + 2) >> 2) as u8;
    }
}
