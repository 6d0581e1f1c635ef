//! Pictures at half resolution, eight samples at a time.
#![forbid(unsafe_code)]

use crate::scalar::lowres::{check, halve_from};
use crate::x86::mem::{load_16, store_8};
use core::arch::x86_64::*;

#[target_feature(enable = "sse4.2")]
pub(crate) fn halve(even: &mut [u8], odd: &mut [u8], a: &[u8], b: &[u8]) {
    check(even, odd, a, b);
    halve_rest(0, even, odd, a, b);
}

/// The samples from `done` on.
#[target_feature(enable = "sse4.2")]
pub(crate) fn halve_rest(mut done: usize, even: &mut [u8], odd: &mut [u8], a: &[u8], b: &[u8]) {
    let one = _mm_set1_epi8(1);
    let (evens, odds) = (even[done..].as_chunks_mut::<8>().0, odd[done..].as_chunks_mut::<8>().0);
    for (e, o) in evens.iter_mut().zip(odds) {
        let from = 2 * done;
        let (Some(a0), Some(b0)) = (a[from..].first_chunk(), b[from..].first_chunk()) else { break };
        let (Some(a1), Some(b1)) = (a[from + 1..].first_chunk(), b[from + 1..].first_chunk()) else { break };
        let sums = |a: __m128i, b: __m128i| {
            let sum = _mm_add_epi16(_mm_maddubs_epi16(a, one), _mm_maddubs_epi16(b, one));
            _mm_srli_epi16::<2>(_mm_add_epi16(sum, _mm_set1_epi16(2)))
        };
        let both = _mm_packus_epi16(sums(load_16(a0), load_16(b0)), sums(load_16(a1), load_16(b1)));
        store_8(e, both);
        store_8(o, _mm_unpackhi_epi64(both, both));
        done += 8;
    }
    halve_from(done, even, odd, a, b);
}
