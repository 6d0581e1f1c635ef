//! ITU-T H.264 | ISO/IEC 14496-10.

// What decoder and encoder share is compiled for either; a build of one alone does not use all of it.
#![cfg_attr(not(all(feature = "h264-dec", feature = "h264-enc")), allow(dead_code, reason = "used by the other half"))]

pub(crate) mod cabac;
pub(crate) mod cavlc;
pub(crate) mod deblock;
#[cfg_attr(not(feature = "h264-dec"), allow(unreachable_pub, unused_imports, reason = "only its pictures"))]
pub(crate) mod dec;
pub(crate) mod dpb;
#[cfg(feature = "h264-enc")]
pub mod enc;
pub(crate) mod mb_info;
pub(crate) mod mv_pred;
pub mod nal;
pub(crate) mod neighbours;
pub(crate) mod neighbours_mbaff;
pub mod params;
pub(crate) mod pred;
pub(crate) mod quant;
pub(crate) mod scan;
pub mod sei;
pub(crate) mod sp;
pub(crate) mod transform;
pub mod video_info;

#[cfg(feature = "h264-dec")]
pub use dec::{DecodeStats, Decoder, DecoderConfig, FieldOrder, Frame, FrameSei, MemoryPlan, PacketTime, SkippedSei};
#[cfg(feature = "h264-enc")]
pub use enc::{EncodeStats, EncodedPacket, Encoder, EncoderConfig, Preset, Profile, RateControl, StreamFormat, Tune};
pub use video_info::{ColourDescription, VideoInfo};
