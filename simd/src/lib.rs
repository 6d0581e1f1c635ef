//! Hand-written SIMD kernels of the transcode codecs: the same result, bit for bit, from plain Rust to AVX-512.
//!
//! ```
//! use transcode_simd::{BlockSize, Kernels};
//! let k = Kernels::detect();
//! let (a, b) = ([1; 256], [3; 256]);
//! assert_eq!(k.sad(BlockSize::B16x16, &a, 16, &b, 16), 512);
//! ```
//!
//! The crate is `no_std`, allocates nothing, and has no global state but the CPU detection's cache. A codec gets a
//! [`Kernels`] value once and passes it down; the methods of [`Kernels`] are the kernels.
//!
//! # Where is what
//!
//! | file | holds |
//! |---|---|
//! | `level.rs` | [`SimdLevel`], a name; the tokens of [`level`], the proofs |
//! | `sample.rs` | [`Sample`]: `u8` and `u16`, and the kernels by that type |
//! | `kernels.rs` | [`Kernels`]: built from a token, chooses the level |
//! | `dispatch/<family>.rs` | a family's function types, its table for each level, its methods on [`Kernels`] |
//! | `scalar/<family>.rs` | the reference, from the standard's equations |
//! | `x86/{sse42,avx2,avx512}/<family>.rs`, `aarch64/neon/<family>.rs` | the vector kernels, same names |
//! | `mem.rs`, `x86/mem.rs`, `aarch64/mem.rs` | rows with a stride; loads and stores behind array references |
//! | `x86/lanes.rs` | sums across lanes, transposes |
//! | `x86/{words,high/mod}.rs` | one name for an instruction of 128 and of 256 bits; the `_u16` kernels that are written once for both |
//! | `butterfly.rs` | butterflies of `fft` for numbers and registers |
//! | `floats/<family>.rs`, `x86/floats.rs`, `aarch64/floats.rs` | kernels on floats, written once for all widths; registers of each |
//! | `testing/<family>.rs` | (feature `testing`) the family's `Case`: what proptest, fuzzer and benches run |
//! | `tests/<family>.rs`, `../fuzz/fuzz_targets/simd_<family>.rs`, `../benches/kernels/main.rs` | those three |
//!
//! # Families
//!
//! | family | kernels | levels |
//! |---|---|---|
//! | `cost` | [`sad`](Kernels::sad), [`sad_x3`](Kernels::sad_x3), [`sad_x4`](Kernels::sad_x4), [`ssd`](Kernels::ssd), [`satd`](Kernels::satd), [`satd_mean`](Kernels::satd_mean), [`satd_mean_x4`](Kernels::satd_mean_x4), [`satd4x4_nine`](Kernels::satd4x4_nine) | all |
//! | `mc` | [`luma_mc`](Kernels::luma_mc), [`luma_mc_avg`](Kernels::luma_mc_avg), [`chroma_mc`](Kernels::chroma_mc), [`chroma_mc_pair`](Kernels::chroma_mc_pair), [`chroma_mc_pair_avg`](Kernels::chroma_mc_pair_avg), [`avg`](Kernels::avg), [`weight`](Kernels::weight), [`biweight`](Kernels::biweight) | scalar, NEON, SSE4.2, AVX2 |
//! | `transform` | [`idct4x4_add`](Kernels::idct4x4_add), [`idct8x8_add`](Kernels::idct8x8_add), [`idct4x4_dc_add`](Kernels::idct4x4_dc_add), [`idct8x8_dc_add`](Kernels::idct8x8_dc_add), [`fdct4x4`](Kernels::fdct4x4), [`fdct8x8`](Kernels::fdct8x8), [`quant4x4`](Kernels::quant4x4), [`quant8x8`](Kernels::quant8x8), [`dequant4x4`](Kernels::dequant4x4), [`dequant8x8`](Kernels::dequant8x8) | scalar, NEON, SSE4.2, AVX2 |
//! | `residual` | [`fdct4x4_quad`](Kernels::fdct4x4_quad), [`quant4x4_quad`](Kernels::quant4x4_quad), [`scan4x4`](Kernels::scan4x4) | all |
//! | `lowres` | [`halve`](Kernels::halve) | all |
//! | `deblock` | [`deblock_luma`](Kernels::deblock_luma), [`deblock_luma_strong`](Kernels::deblock_luma_strong), [`deblock_chroma`](Kernels::deblock_chroma), [`deblock_chroma_strong`](Kernels::deblock_chroma_strong) | scalar, NEON, SSE4.2, AVX2 |
//! | `deblock_mb` | [`deblock_luma_mb`](Kernels::deblock_luma_mb), [`deblock_chroma_mb`](Kernels::deblock_chroma_mb), [`deblock_strength`](Kernels::deblock_strength) | scalar, NEON, SSE4.2, AVX2 |
//! | `intra` | [`fill`](Kernels::fill), [`intra4x4`](Kernels::intra4x4), [`intra8x8`](Kernels::intra8x8), [`intra8x8_filter_edges`](Kernels::intra8x8_filter_edges), [`intra16x16`](Kernels::intra16x16), [`intra_chroma8x8`](Kernels::intra_chroma8x8), [`intra_chroma8x16`](Kernels::intra_chroma8x16) (scalar) | scalar, NEON, SSE4.2, AVX2 |
//! | `fft` | [`fft_pass`](Kernels::fft_pass), [`dct4_pair64`](Kernels::dct4_pair64), [`dct4_pair32`](Kernels::dct4_pair32) | all |
//! | `mdct` | [`dequantise`](Kernels::dequantise), [`dct4_pre`](Kernels::dct4_pre), [`dct4_post`](Kernels::dct4_post), [`window_head`](Kernels::window_head), [`window_tail`](Kernels::window_tail) | all |
//! | `qmf` | [`qmf_fold`](Kernels::qmf_fold), [`qmf_unfold`](Kernels::qmf_unfold), [`qmf_window`](Kernels::qmf_window), [`rotate`](Kernels::rotate) | all |
//! | `sbr` | [`sbr_covariance`](Kernels::sbr_covariance), [`sbr_generate`](Kernels::sbr_generate), [`sbr_energy`](Kernels::sbr_energy), [`sbr_assemble`](Kernels::sbr_assemble) | all |
//! | `ps` | [`ps_split`](Kernels::ps_split), [`ps_link`](Kernels::ps_link), [`ps_mix`](Kernels::ps_mix) | all |
//! | `pcm` | [`to_i16`](Kernels::to_i16), [`to_i24`](Kernels::to_i24), [`to_i32`](Kernels::to_i32) | all |
//! | `scale` | [`scale_h`](Kernels::scale_h), [`scale_v`](Kernels::scale_v) | scalar, NEON, SSE4.2, AVX2 |
//!
//! The kernels of H.264 decoding have twins for samples of 8 to 14 bits, with the suffix `_u16`: all of `mc`, `deblock`,
//! `deblock_mb` and `intra`, and the inverse transforms. Code for both types of samples calls either through [`Sample`]. Both have
//! one scalar reference, generic over the sample. SSE4.2 and AVX2 have those of `mc` (luma up to 10 bits), `transform` and
//! `deblock`; NEON and `intra` have the scalar ones. Samples must not be larger than the `max` that a kernel is given;
//! if they are, the result is any, and may differ from level to level.
//!
//! # How to add a kernel
//!
//! 1. Write it in `scalar/<family>.rs`, readable and from the definition; its tests compare it with known values.
//! 2. Add its function type and a field to the family's `Table`, the entry to `SCALAR`, and the method on
//!    [`Kernels`] with a doc comment that defines the result exactly. All levels have it now.
//! 3. Add it to the family's `Case` (`draw`, `bench`, `name`, `run`): test, fuzz target and bench follow from that.
//! 4. Write it for a level under the same name and add it to that level's constant. Levels above inherit it.
//!
//! A vector kernel is a safe function with `#[target_feature(enable = "...")]`, in a file with
//! `#![forbid(unsafe_code)]`. Its first lines make a `Rows` or `RowsMut` view of every slice: lengths are checked
//! there, once, before anything is stored. It loads and stores through the arrays that the views hand out. Loops,
//! not iterator adapters, around intrinsics: an adapter is compiled without the kernel's features.
//!
//! # How to add a family
//!
//! The same, with a new file `<family>.rs` in each of the folders of the table above and its `mod` line; copy `cost`.
//! The head of `dispatch/mod.rs` explains the tables, what a call costs, and the one rule that keeps it sound.
//! A 16-bit twin of a kernel is a method of the same family with the suffix `_u16`, and a line in `sample.rs`.
//!
//! # Testing
//!
//! `cargo test -p transcode-simd` runs every level that the machine has against scalar and prints `skipped: ...` for
//! those it has not; `TRANSCODE_REQUIRE_SIMD=avx512` makes a missing level a failure.
#![no_std]

#[cfg(feature = "testing")]
extern crate std;

mod block;
mod butterfly;
mod dispatch;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod floats;
mod kernels;
pub mod level;
mod mem;
mod sample;
mod scalar;
#[cfg(feature = "testing")]
pub mod testing;

cfg_if::cfg_if! {
    if #[cfg(target_arch = "x86_64")] {
        mod x86;
    } else if #[cfg(target_arch = "aarch64")] {
        mod aarch64;
    }
}

pub use block::{BlockSize, Edge, LevelMasks, Motion, Mv, Thresholds};
pub use dispatch::Availability;
pub use kernels::Kernels;
pub use level::SimdLevel;
pub use mem::{copy_block, prefetch};
pub use sample::Sample;
