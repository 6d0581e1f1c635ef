//! Pictures at half resolution, 16 samples at a time.
#![forbid(unsafe_code)]

use crate::scalar::lowres::check;
use crate::x86::mem::{load_32, store_16};
use crate::x86::sse42;
use core::arch::x86_64::*;

#[target_feature(enable = "avx2")]
pub(crate) fn halve(even: &mut [u8], odd: &mut [u8], a: &[u8], b: &[u8]) {
    check(even, odd, a, b);
    let one = _mm256_set1_epi8(1);
    let mut done = 0;
    let (evens, odds) = (even.as_chunks_mut::<16>().0, odd.as_chunks_mut::<16>().0);
    for (e, o) in evens.iter_mut().zip(odds) {
        let from = 2 * done;
        let (Some(a0), Some(b0)) = (a[from..].first_chunk(), b[from..].first_chunk()) else { break };
        let (Some(a1), Some(b1)) = (a[from + 1..].first_chunk(), b[from + 1..].first_chunk()) else { break };
        let sums = |a: __m256i, b: __m256i| {
            let sum = _mm256_add_epi16(_mm256_maddubs_epi16(a, one), _mm256_maddubs_epi16(b, one));
            _mm256_srli_epi16::<2>(_mm256_add_epi16(sum, _mm256_set1_epi16(2)))
        };
        let both = _mm256_packus_epi16(sums(load_32(a0), load_32(b0)), sums(load_32(a1), load_32(b1)));
        // The halves have eight of each.
        let both = _mm256_permute4x64_epi64::<0b11_01_10_00>(both);
        store_16(e, _mm256_castsi256_si128(both));
        store_16(o, _mm256_extracti128_si256::<1>(both));
        done += 16;
    }
    sse42::lowres::halve_rest(done, even, odd, a, b);
}
