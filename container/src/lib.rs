//! Containers: files to packets and back.
//!
//! A [`Demuxer`] turns a file into [`TrackInfo`]s and [`Packet`]s, a [`Muxer`] does the reverse. Nothing here decodes
//! a codec; nothing here holds a whole file in memory; every count and size that a file claims is checked against the
//! file's real length and against [`Limits`] before memory is taken. Wrong input is a typed [`Error`], never a panic.
//!
//! ```no_run
//! # fn main() -> Result<(), transcode_container::Error> {
//! let mut input = transcode_container::probe::open("clip.mp4")?;
//! for track in input.tracks() {
//!     println!("{:?}: {} in ticks of {}", track.id, track.codec, track.timebase);
//! }
//! while let Some(packet) = input.next_packet()? {
//!     println!("{:?} pts {:?} {} bytes", packet.track, packet.pts, packet.data.len());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Where is what
//!
//! | module | holds |
//! |---|---|
//! | [`error`] | [`Error`]: what went wrong, at which byte of the file |
//! | [`limits`] | [`Limits`]: what a file may ask for |
//! | [`timebase`] | [`Timebase`]: exact rescaling between clocks |
//! | [`packet`], [`track`] | [`Packet`], [`TrackInfo`] and what they are made of |
//! | [`demux`], [`mux`] | the traits, [`Selection`], [`SyncPoint`], [`TrackSpec`] |
//! | [`probe`] | [`probe::open`]: content sniffing, by score, never by file name |
//! | [`mp4`] | MP4/MOV: `demux`, `mux/`, `sample_table`, `fragment`, `edits`; one file a box under `boxes/` |
//! | [`mkv`], [`mpegts`], [`flv`] | Matroska and WebM, MPEG transport streams, Flash video |
//! | `stream/` | what those have in common: readers that go forward; decoding times, sample-exact times |
//! | `avc`, `aac` | what a parameter set and an `AudioSpecificConfig` tell of a track |
//! | [`annexb`] | H.264 byte streams (Annex B): access units in, access units out |
//! | [`y4m`], [`yuv`] | uncompressed video |
//! | [`wav`], [`aiff`], [`adts`] | uncompressed sound; AAC without a container |
//! | `io` | reading parts of a file of known length |
//!
//! # The two timelines
//!
//! A track of an MP4 has a *media* timeline (its sample tables) and a *presentation* timeline (what the edit list makes
//! of it). [`Selection::Presentation`] gives packets on the second, for decoding: several edits become one sequence,
//! packets that only lead up to a cut are marked [`Packet::discard`]. [`Selection::Media`] gives every stored sample
//! exactly once on the first, for copying a track together with its edit list. [`mux::Timing`] is the same choice on
//! the way out.
//!
//! # How to add a box
//!
//! 1. `mp4/boxes/<fourcc>.rs`: a struct named after the box with the standard's field names, `parse(&mut Bytes)` and,
//!    if the muxer writes it, `write(&self, &mut BoxWriter)`, and a round-trip test beside them.
//! 2. List it in `mp4/boxes/mod.rs`; read it where its parent is read (`boxes/trak.rs` for track boxes).
//!
//! # How to add a container
//!
//! 1. A module with a type that implements [`Demuxer`] (and one for [`Muxer`]); a format without an index of packets brings
//!    a `stream::StreamReader` instead and has the rest done for it.
//! 2. A variant of [`probe::Format`], its signature in [`probe::detect`], and its arm in [`probe::open_with`].
//! 3. Tests against real files, mutated files and arbitrary bytes, as `tests/` has them for MP4; a fuzz target.
#![forbid(unsafe_code)]

mod aac;
pub mod adts;
pub mod aiff;
pub mod annexb;
mod avc;
mod damage;
pub mod demux;
pub mod error;
pub mod flv;
mod io;
pub mod limits;
pub mod mkv;
pub mod mp4;
pub mod mpegts;
pub mod mux;
pub mod packet;
mod pcm;
mod pcm_file;
pub mod probe;
mod stream;
pub mod timebase;
pub mod track;
pub mod wav;
pub mod y4m;
pub mod yuv;

pub use demux::{Demuxer, MediaInfo, Selection, SyncPoint};
pub use error::{Error, Result};
pub use io::ReadSeek;
pub use limits::Limits;
pub use mux::{MuxSummary, Muxer, Timing, TrackSpec};
pub use packet::{Packet, TrackId};
pub use pcm::{PcmFormat, PcmSample};
pub use pcm_file::PcmFileDemuxer;
pub use timebase::Timebase;
pub use track::{
    AudioTrack, ChromaSiting, CodecId, Colour, Edit, EditList, FourCc, Language, Matrix, PixelFormat, SampleEntry,
    TrackInfo, TrackKind, VideoTrack,
};
