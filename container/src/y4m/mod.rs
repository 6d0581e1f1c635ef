//! YUV4MPEG2: uncompressed video with a header line ([`Y4mHeader`], [`Y4mReader`], [`Y4mWriter`], [`Y4mDemuxer`]).

mod demux;
mod header;
mod read;
mod write;

pub use demux::Y4mDemuxer;
pub use header::{Interlacing, Y4mHeader};
pub use read::Y4mReader;
pub use write::Y4mWriter;
