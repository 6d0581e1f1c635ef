//! Advanced Audio Coding, ISO/IEC 14496-3 subpart 4 (and 13818-7).
//!
//! | module | holds |
//! |---|---|
//! | `config`, `pce` | [`AudioSpecificConfig`], [`ProgramConfig`]: what a stream is |
//! | `adts`, `adif`, `latm` | transports |
//! | `crc` | checksums |
//! | `layout` | which elements a program has, and where their channels are heard |
//! | `syntax` | from bits to numbers |
//! | `huffman` | codewords of scalefactors and spectrum |
//! | `tables` | scalefactor bands and limits by sampling frequency |
//! | `math` | powers and roots |
//! | `tns` | temporal noise shaping: filters along the frequencies, both ways |
//! | `filterbank` | windows and the modified discrete cosine transform |
//! | `sbr` | spectral band replication |
//! | `ps` | parametric stereo |
//! | `dec` | [`Decoder`] |
//! | [`enc`] | [`enc::Encoder`] |

// What decoder and encoder share is compiled for either; a build of one alone does not use all of it.
#![cfg_attr(not(all(feature = "aac-dec", feature = "aac-enc")), allow(dead_code, reason = "used by the other half"))]

#[cfg(feature = "aac-dec")]
pub(crate) mod adif;
pub mod adts;
pub(crate) mod config;
#[cfg(feature = "aac-dec")]
pub(crate) mod crc;
#[cfg(feature = "aac-dec")]
pub(crate) mod dec;
#[cfg(feature = "aac-enc")]
pub mod enc;
pub(crate) mod filterbank;
pub(crate) mod huffman;
#[cfg(feature = "aac-dec")]
pub(crate) mod latm;
pub(crate) mod layout;
pub(crate) mod math;
pub(crate) mod pce;
#[cfg(feature = "aac-dec")]
pub(crate) mod ps;
pub(crate) mod sbr;
pub(crate) mod syntax;
pub(crate) mod tables;
pub(crate) mod tns;

#[cfg(feature = "aac-dec")]
pub use adif::AdifHeader;
pub use adts::AdtsHeader;
pub use config::{AudioObjectType, AudioSpecificConfig, Signalling};
#[cfg(feature = "aac-dec")]
pub use dec::{AudioFrame, DecodeStats, Decoder, DecoderConfig, Drc, MemoryPlan, PacketTime};
pub use pce::{MatrixMixdown, PceElement, PceList, ProgramConfig};
pub use syntax::fill::DynamicRange;
