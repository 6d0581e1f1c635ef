//! What proptest, cargo-fuzz and criterion share: cases that drive each kernel into its every branch.
//!
//! A [`Case`] holds one call of one kernel: its input, its output buffers between guard bands, its result. It is
//! drawn from [`Entropy`] (a fuzzer's bytes, or a seed), cloned, run at every level and compared.
//!
//! | who | calls |
//! |---|---|
//! | `tests/<family>.rs` (proptest) | [`check`] on random bytes; [`assert_reaches_all`] on the generator itself |
//! | `fuzz/fuzz_targets/simd_<family>.rs` | [`check`] on the fuzzer's bytes |
//! | `benches/kernels` | [`Case::bench`], then [`Case::run`] at each of [`levels`] |
//!
//! This module needs `std` and is compiled for the feature `testing` only.
#![forbid(unsafe_code)]

mod canvas;
mod entropy;

pub mod audio;
pub mod bands;
pub mod cost;
pub mod deblock;
pub mod deblock_mb;
pub mod intra;
pub mod lowres;
pub mod mc;
pub mod residual;
pub mod scale;
pub mod transform;

pub use canvas::Canvas;
pub use entropy::Entropy;

use crate::{Kernels, Sample, SimdLevel};
use core::fmt::Debug;
use std::collections::BTreeSet;
use std::string::String;
use std::sync::Once;
use std::vec::Vec;

/// What the names of kernels for samples of type `S` end with.
fn suffix<S: Sample>() -> &'static str {
    if size_of::<S>() == 1 { "" } else { "_u16" }
}

/// One call of one kernel, with everything it reads and writes.
///
/// `==` compares inputs, outputs and guard bands, so two clones that ran at two levels must be equal.
pub trait Case: Clone + PartialEq + Debug {
    /// A random case. Every kernel of the family, every size and every branch must be within reach.
    fn draw(entropy: &mut Entropy<'_>) -> Self;

    /// One typical case of each kernel, for timing; their names are the family's list of kernels.
    fn bench() -> Vec<Self>;

    /// The kernel that this case calls, with what tells it from others of its family: `sad_16x16`.
    fn name(&self) -> String;

    /// Calls the kernel and keeps its result.
    fn run(&mut self, kernels: Kernels);

    /// Panics if the last run wrote outside its block ([`Canvas::assert_guards`] of each output).
    fn assert_guards(&self) {}
}

/// Draws a case from `bytes` and runs it at every level: all must do what the scalar level does, to the bit.
///
/// # Panics
/// If a level disagrees, or a kernel writes outside its block.
pub fn check<C: Case>(bytes: &[u8]) {
    let case = C::draw(&mut Entropy::new(bytes));
    let mut expected = case.clone();
    expected.run(Kernels::scalar());
    expected.assert_guards();
    for kernels in levels() {
        let mut actual = case.clone();
        actual.run(kernels);
        actual.assert_guards();
        assert!(
            actual == expected,
            "{} differs at level {}\n   case: {case:?}\n scalar: {expected:?}\n {}: {actual:?}",
            case.name(),
            kernels.level(),
            kernels.level(),
        );
    }
}

/// Checks a generator: within `draws` cases it must name every kernel of [`Case::bench`].
///
/// # Panics
/// If one is never drawn.
pub fn assert_reaches_all<C: Case>(draws: u64) {
    let mut missing: BTreeSet<String> = C::bench().iter().map(Case::name).collect();
    for seed in 0..draws {
        missing.remove(&C::draw(&mut Entropy::seeded(seed)).name());
    }
    assert!(missing.is_empty(), "never drawn in {draws} cases: {missing:?}");
}

/// The levels that this CPU has above scalar.
///
/// The first call prints a line `skipped: ...` for each level that is missing. A missing level that
/// `TRANSCODE_REQUIRE_SIMD` names (a list with commas) is a failure instead, so that CI notices.
///
/// # Panics
/// If a required level is missing, or the variable holds something that is no level.
pub fn levels() -> impl Iterator<Item = Kernels> {
    static REPORT: Once = Once::new();
    REPORT.call_once(|| {
        let required = std::env::var("TRANSCODE_REQUIRE_SIMD").unwrap_or_default();
        let required: Vec<SimdLevel> = required
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(|name| name.parse().unwrap_or_else(|e| panic!("TRANSCODE_REQUIRE_SIMD: {name:?}: {e}")))
            .collect();
        for level in SimdLevel::ALL {
            if Kernels::exactly(level).is_none() {
                assert!(!required.contains(&level), "TRANSCODE_REQUIRE_SIMD: this machine has no {level}");
                std::eprintln!("skipped: SIMD level {level}: this machine does not have it");
            }
        }
    });
    Kernels::available().filter(|k| k.level() != SimdLevel::Scalar)
}
