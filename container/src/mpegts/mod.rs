//! MPEG-2 transport streams (ISO/IEC 13818-1 | ITU-T H.222.0).
//!
//! | file | holds |
//! |---|---|
//! | `packet` | transport packets of 188, 192 and 204 bytes, and how to find them again |
//! | `psi` | sections; the program association table and program map tables |
//! | `pes` | headers of packetized elementary streams |
//! | `clock` | 33-bit times, continued over wraps and splices |
//! | `stream` | from the bytes of an elementary stream to its packets |
//! | `reader` | a place in the file, and how to get on from there |
//! | `scout` | what is learned of a file before it is read |

mod clock;
mod packet;
mod pes;
mod psi;
mod reader;
mod scout;
mod stream;

/// Reads transport streams, forward.
///
/// H.264 comes as byte-stream access units with parameter sets inside, AAC as raw frames without their ADTS headers;
/// of other streams each PES packet is one packet. The first time in the file becomes 0. Times are continued over
/// wraps of their 33 bits and over splices. Damage (lost or unreadable transport packets) is passed over and counted:
/// [`crate::Demuxer::damaged_places`].
pub type MpegTsDemuxer = crate::stream::StreamDemuxer<reader::TsReader>;
