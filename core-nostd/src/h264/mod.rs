//! ITU-T H.264 | ISO/IEC 14496-10.
pub mod params;
