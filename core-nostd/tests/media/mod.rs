//! Test media: where they are, what the manifest says of them, and how to decode one to an MD5.
#![allow(dead_code, reason = "each test uses a part")]

use md5::{Digest, Md5};
use std::path::PathBuf;
use transcode_core::h264::{DecodeStats, Decoder, DecoderConfig, Frame, PacketTime};
use transcode_core::{Error, Step};

/// The folder with `MANIFEST.tsv`: `TRANSCODE_MEDIA`, or `../shared/media` beside the checkout.
pub(crate) fn folder() -> PathBuf {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/media");
    std::env::var_os("TRANSCODE_MEDIA").map_or_else(|| beside.into(), PathBuf::from)
}

/// A row of the manifest.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Folder of the file.
    pub(crate) folder: String,
    /// File name.
    pub(crate) file: String,
    /// The streams in the file.
    pub(crate) streams: String,
    /// MD5 of the decoded video, empty if there is none.
    pub(crate) decoded_md5: String,
    /// Bytes of the decoded video.
    pub(crate) decoded_bytes: u64,
}

impl Entry {
    /// The file's content.
    pub(crate) fn read(&self) -> std::io::Result<Vec<u8>> {
        std::fs::read(folder().join(&self.folder).join(&self.file))
    }
    /// Whether the file is an H.264 byte stream.
    pub(crate) fn is_h264_stream(&self) -> bool {
        let name = self.file.rsplit('.').next().unwrap_or_default();
        ["264", "h264", "avc", "jsv", "26l", "jvt", "annexb"].contains(&name) && self.streams.contains("V:h264")
    }
}

/// The manifest, or nothing if there are no media here.
pub(crate) fn manifest() -> Option<Vec<Entry>> {
    let text = std::fs::read_to_string(folder().join("MANIFEST.tsv")).ok()?;
    let mut lines = text.lines().map(|l| l.split('\t').collect::<Vec<_>>());
    let header = lines.next()?;
    let column = |name| header.iter().position(|&h| h == name);
    let [folder, file, streams, md5, bytes] =
        ["folder", "file", "streams", "decoded_md5", "decoded_bytes"].map(|n| column(n).unwrap_or(usize::MAX));
    let cell = |row: &[&str], i: usize| row.get(i).copied().unwrap_or_default().to_string();
    Some(
        lines
            .map(|row| Entry {
                folder: cell(&row, folder),
                file: cell(&row, file),
                streams: cell(&row, streams),
                decoded_md5: cell(&row, md5),
                decoded_bytes: cell(&row, bytes).parse().unwrap_or(0),
            })
            .collect(),
    )
}

/// Decodes `packets` and hands every frame to `each`.
pub(crate) fn decode<'a>(
    config: DecoderConfig,
    packets: impl IntoIterator<Item = &'a [u8]>,
    mut each: impl FnMut(&Frame),
) -> Result<DecodeStats, Error> {
    let mut decoder = Decoder::new(config);
    let mut drain = |d: &mut Decoder| -> Result<(), Error> {
        while let Step::Output(frame) = d.receive()? {
            each(&frame);
        }
        Ok(())
    };
    for packet in packets {
        decoder.send(packet, PacketTime::default())?;
        drain(&mut decoder)?;
    }
    decoder.finish();
    drain(&mut decoder)?;
    Ok(decoder.stats())
}

/// MD5 of raw planar frames.
#[derive(Default)]
pub(crate) struct FrameHash {
    md5: Md5,
    /// Bytes hashed so far.
    pub(crate) bytes: u64,
}

impl FrameHash {
    /// Adds the shown part of a frame.
    pub(crate) fn add(&mut self, frame: &Frame) {
        for plane in 0..frame.format().chroma.planes() {
            frame.for_each_row(plane, |row| {
                self.md5.update(row);
                self.bytes += row.len() as u64;
            });
        }
    }
    /// The MD5 as the manifest writes it.
    pub(crate) fn finish(self) -> String {
        self.md5.finalize().iter().map(|b| format!("{b:02x}")).collect()
    }
}
