//! Pictures at half resolution, eight samples at a time.
#![forbid(unsafe_code)]

use crate::aarch64::mem::{load_16, store_8};
use crate::scalar::lowres::{check, halve_from};
use core::arch::aarch64::*;

#[target_feature(enable = "neon")]
pub(crate) fn halve(even: &mut [u8], odd: &mut [u8], a: &[u8], b: &[u8]) {
    check(even, odd, a, b);
    let mut done = 0;
    let (evens, odds) = (even.as_chunks_mut::<8>().0, odd.as_chunks_mut::<8>().0);
    for (e, o) in evens.iter_mut().zip(odds) {
        let from = 2 * done;
        let (Some(a0), Some(b0)) = (a[from..].first_chunk(), b[from..].first_chunk()) else { break };
        let (Some(a1), Some(b1)) = (a[from + 1..].first_chunk(), b[from + 1..].first_chunk()) else { break };
        store_8(e, vrshrn_n_u16::<2>(vpadalq_u8(vpaddlq_u8(load_16(a0)), load_16(b0))));
        store_8(o, vrshrn_n_u16::<2>(vpadalq_u8(vpaddlq_u8(load_16(a1)), load_16(b1))));
        done += 8;
    }
    halve_from(done, even, odd, a, b);
}
