//! ITU-T H.264 | ISO/IEC 14496-10.
#[allow(dead_code, reason = "until the decoder drives it")]
pub(crate) mod cabac;
#[allow(dead_code, reason = "until the decoder drives it")]
pub(crate) mod cavlc;
#[allow(dead_code, reason = "until the decoder drives it")]
pub(crate) mod deblock;
#[allow(dead_code, reason = "until the decoder drives it")]
pub(crate) mod dec;
#[allow(dead_code, reason = "until the decoder drives it")]
pub(crate) mod mb_info;
pub mod nal;
pub mod params;
#[allow(dead_code, reason = "until the decoder drives it")]
pub(crate) mod quant;
#[allow(dead_code, reason = "until the decoder drives it")]
pub(crate) mod scan;
