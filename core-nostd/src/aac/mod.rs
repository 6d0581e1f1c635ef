//! Advanced Audio Coding, ISO/IEC 14496-3 subpart 4 (and 13818-7).
//!
//! | module | holds |
//! |---|---|
//! | `config`, `pce` | [`AudioSpecificConfig`], [`ProgramConfig`]: what a stream is |
//! | `adts`, `adif`, `latm` | transports |
//! | `layout` | which elements a program has, and where their channels are heard |
//! | `syntax` | from bits to numbers |
//! | `huffman` | codewords of scalefactors and spectrum |
//! | `tables` | scalefactor bands and limits by sampling frequency |
//! | `filterbank` | windows and the modified discrete cosine transform |
//! | `sbr` | spectral band replication |
//! | `dec` | [`Decoder`] |

pub(crate) mod adif;
pub(crate) mod adts;
pub(crate) mod config;
pub(crate) mod dec;
pub(crate) mod filterbank;
pub(crate) mod huffman;
pub(crate) mod latm;
pub(crate) mod layout;
pub(crate) mod pce;
pub(crate) mod sbr;
pub(crate) mod syntax;
pub(crate) mod tables;

pub use adif::AdifHeader;
pub use adts::AdtsHeader;
pub use config::{AudioObjectType, AudioSpecificConfig, Signalling};
pub use dec::{AudioFrame, DecodeStats, Decoder, DecoderConfig, MemoryPlan, PacketTime};
pub use pce::{MatrixMixdown, PceElement, PceList, ProgramConfig};
pub use syntax::fill::DynamicRange;
