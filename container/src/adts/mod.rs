//! AAC without a container: ADTS frames (ISO/IEC 14496-3 1.A.2.2), and whole streams of ADIF (1.A.2.1) and LOAS (1.7).
//!
//! | file | holds |
//! |---|---|
//! | `demux` | [`AdtsDemuxer`]: frames without their headers, as MP4 has them |
//! | `opaque` | [`AacStreamDemuxer`]: what only a decoder can take apart |
//! | `mux` | [`AdtsMuxer`] |

mod demux;
mod mux;
mod opaque;

pub use demux::{AdtsDemuxer, AdtsReader};
pub use mux::{AdtsMuxer, check_track};
pub use opaque::{AacStreamDemuxer, AacStreamReader};

use crate::Result;
use crate::io::Source;

/// Where the stream begins that an ID3v2 tag may stand before.
pub(crate) fn after_id3(source: &mut Source) -> Result<u64> {
    let mut head = [0; 10];
    if source.len() < 10 {
        return Ok(0);
    }
    source.read_at(0, &mut head, "ID3 tag")?;
    Ok(id3_length(&head).map_or(0, |n| n.min(source.len())))
}

/// The length of the ID3v2 tag that begins with `head` (ID3v2.4.0 3.1).
pub(crate) fn id3_length(head: &[u8]) -> Option<u64> {
    let &[b'I', b'D', b'3', _, _, flags, a, b, c, d, ..] = head else { return None };
    if [a, b, c, d].iter().any(|x| x & 0x80 != 0) {
        return None;
    }
    let size = [a, b, c, d].iter().fold(0u64, |n, &x| n << 7 | u64::from(x));
    Some(10 + size + if flags & 0x10 != 0 { 10 } else { 0 })
}
