//! H.264 byte streams (ITU-T H.264 annex B): [`AnnexBDemuxer`] and [`AnnexBMuxer`].

mod access_unit;
mod demux;
mod mux;
pub(crate) mod splitter;

pub use demux::AnnexBDemuxer;
pub use mux::AnnexBMuxer;
