//! ITU-T H.264 | ISO/IEC 14496-10.
#[allow(dead_code, reason = "until the decoder drives it")]
pub(crate) mod cabac;
#[allow(dead_code, reason = "until the decoder drives it")]
pub(crate) mod cavlc;
#[allow(dead_code, reason = "until the decoder drives it")]
pub(crate) mod deblock;
#[allow(dead_code, reason = "until slices are decoded")]
#[cfg_attr(not(feature = "h264-dec"), allow(dead_code, unreachable_pub, unused_imports, reason = "only its pictures"))]
pub(crate) mod dec;
#[cfg_attr(not(feature = "h264-dec"), allow(dead_code, reason = "the decoder's"))]
pub(crate) mod dpb;
#[cfg(feature = "h264-enc")]
pub mod enc;
#[allow(dead_code, reason = "until the decoder drives it")]
pub(crate) mod mb_info;
pub mod nal;
pub mod params;
#[allow(dead_code, reason = "until the decoder drives it")]
pub(crate) mod quant;
#[allow(dead_code, reason = "until the decoder drives it")]
pub(crate) mod scan;
pub mod sei;
pub mod video_info;

#[cfg(feature = "h264-dec")]
pub use dec::{DecodeStats, Decoder, DecoderConfig, Frame, FrameSei, MemoryPlan, PacketTime};
#[cfg(feature = "h264-enc")]
pub use enc::{EncodeStats, EncodedPacket, Encoder, EncoderConfig, Preset, Profile, RateControl, StreamFormat, Tune};
pub use video_info::{ColourDescription, VideoInfo};
