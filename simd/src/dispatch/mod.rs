//! From a level to its kernels: one table a family and level.
//!
//! Each family's file holds the types of its functions, a private table for each level, and the safe methods on
//! [`Kernels`] that codecs call. A level that has no kernel of its own takes the one of the level below by struct
//! update:
//!
//! ```text
//! const SSE42: Table = Table { ssd: by_size!(sse42::cost::ssd), ..SCALAR };
//! static TABLES: PerLevel<Table> = per_level![SCALAR, NEON, SSE42, AVX2, AVX512];
//! ```
//!
//! Kernels are safe functions, but those with `#[target_feature]` may only be called on a CPU that has the feature,
//! so they coerce to `unsafe fn` pointers. The one obligation of this module follows: the constant of a level lists
//! only kernels whose features that level's token proves (see [`SimdLevel`](crate::SimdLevel)). [`PerLevel::of`]
//! picks the table by [`Kernels`], which holds the token.
//!
//! What a call costs: the tables of a family lie side by side in one static array, so a call is an address
//! computed from the level (no branch, no load), one load of the function pointer, and the indirect call. Families
//! share no struct, so adding one touches no other. Where only the scalar level exists the index is the constant 0:
//! the call becomes a direct one, unless a size or mode chooses the kernel, and a family that nobody calls leaves
//! nothing in the binary.

mod cost;
mod deblock;
mod deblock_mb;
mod fft;
mod intra;
mod lowres;
mod mc;
mod mdct;
mod pcm;
mod ps;
mod qmf;
mod residual;
mod sbr;
mod scale;
mod transform;

pub use intra::Availability;

use crate::kernels::Kernels;

/// How many levels this target has kernels for.
const LEVELS: usize = if cfg!(target_arch = "x86_64") {
    4
} else if cfg!(target_arch = "aarch64") {
    2
} else {
    1
};

/// The tables of one family, a level each.
struct PerLevel<T>([T; LEVELS]);

impl<T> PerLevel<T> {
    /// The table of `kernels`' level: its entries can run on this CPU, for `kernels` is the proof.
    #[inline(always)]
    fn of(&self, kernels: Kernels) -> &T {
        &self.0[kernels.index()]
    }
}

/// `per_level![SCALAR, NEON, SSE42, AVX2, AVX512]`: the [`PerLevel`] of those that this target has.
macro_rules! per_level {
    ($scalar:ident, $neon:ident, $sse42:ident, $avx2:ident, $avx512:ident) => {
        $crate::dispatch::PerLevel([
            $scalar,
            #[cfg(target_arch = "aarch64")]
            $neon,
            #[cfg(target_arch = "x86_64")]
            $sse42,
            #[cfg(target_arch = "x86_64")]
            $avx2,
            #[cfg(target_arch = "x86_64")]
            $avx512,
        ])
    };
}
use per_level;

/// `by_size!(path::kernel)`: `kernel::<W, H>` for each of [`BlockSize::ALL`](crate::BlockSize::ALL), in its order.
/// `by_size!(path::kernel, true)` gives them a third argument.
macro_rules! by_size {
    ($($kernel:ident)::+ $(, $more:literal)?) => {
        [
            $($kernel)::+::<16, 16 $(, $more)?>,
            $($kernel)::+::<16, 8 $(, $more)?>,
            $($kernel)::+::<8, 16 $(, $more)?>,
            $($kernel)::+::<8, 8 $(, $more)?>,
            $($kernel)::+::<8, 4 $(, $more)?>,
            $($kernel)::+::<4, 8 $(, $more)?>,
            $($kernel)::+::<4, 4 $(, $more)?>,
        ]
    };
}
use by_size;

/// 8 to 14 bits.
#[inline(always)]
#[track_caller]
fn check_max(max: u16) {
    assert!(
        (255..=16383).contains(&max) && (max & (max + 1)) == 0,
        "the largest sample is 2^bitDepth - 1 for a bitDepth of 8 to 14"
    );
}
