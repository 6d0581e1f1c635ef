//! The header line.

use std::fmt::Write as _;

use transcode_core::ChromaFormat;

use crate::track::{ChromaSiting, PixelFormat};
use crate::{Error, Result};

/// The `I` tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Interlacing {
    /// `Ip`, or no tag.
    #[default]
    Progressive,
    /// `It`.
    TopFieldFirst,
    /// `Ib`.
    BottomFieldFirst,
    /// `Im`: changes from frame to frame.
    Mixed,
    /// `I?`.
    Unknown,
}

/// What the header line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Y4mHeader {
    /// Width in luma samples.
    pub width: u32,
    /// Height in luma samples.
    pub height: u32,
    /// Frames a second as a fraction; `None` if unknown (`F0:0`).
    pub frame_rate: Option<(u32, u32)>,
    /// Interlacing.
    pub interlacing: Interlacing,
    /// Pixel aspect ratio; `None` if unknown (`A0:0`).
    pub sample_aspect_ratio: Option<(u32, u32)>,
    /// Chroma format, depth and siting.
    pub format: PixelFormat,
    /// Whether samples use the full range (`XCOLORRANGE`), if the file says.
    pub full_range: Option<bool>,
}

/// The longest header line that is read.
pub(super) const MAX_LINE: usize = 4096;

impl Y4mHeader {
    /// A progressive header without colour range.
    pub fn new(width: u32, height: u32, frame_rate: (u32, u32), format: PixelFormat) -> Self {
        Self {
            width,
            height,
            frame_rate: Some(frame_rate),
            interlacing: Interlacing::Progressive,
            sample_aspect_ratio: None,
            format,
            full_range: None,
        }
    }
    /// Bytes of a frame without its `FRAME` line.
    pub fn frame_bytes(&self) -> u64 {
        self.format.frame_bytes(self.width, self.height)
    }
    /// Reads a header line, without its line feed.
    ///
    /// # Errors
    /// `Invalid`; `Unsupported` for colour spaces that are not planes of luma and chroma in equal depth.
    pub fn parse(line: &[u8]) -> Result<Self> {
        let bad = |what| Error::invalid(what, 0);
        let line = std::str::from_utf8(line).map_err(|_| bad("Y4M header"))?;
        let mut tags = line.split(' ');
        if tags.next() != Some("YUV4MPEG2") {
            return Err(bad("Y4M signature"));
        }
        let (mut width, mut height) = (0, 0);
        let default = PixelFormat { chroma: ChromaFormat::Yuv420, depth: 8, siting: Some(ChromaSiting::Centre) };
        let mut header = Self { frame_rate: None, ..Self::new(0, 0, (0, 0), default) };
        for tag in tags.filter(|t| !t.is_empty()) {
            let (name, value) = tag.split_at_checked(1).ok_or(bad("Y4M tag"))?;
            match name {
                "W" => width = value.parse().map_err(|_| bad("Y4M width"))?,
                "H" => height = value.parse().map_err(|_| bad("Y4M height"))?,
                "F" => header.frame_rate = ratio(value).ok_or(bad("Y4M frame rate"))?,
                "A" => header.sample_aspect_ratio = ratio(value).ok_or(bad("Y4M aspect ratio"))?,
                "I" => {
                    header.interlacing = match value {
                        "p" => Interlacing::Progressive,
                        "t" => Interlacing::TopFieldFirst,
                        "b" => Interlacing::BottomFieldFirst,
                        "m" => Interlacing::Mixed,
                        _ => Interlacing::Unknown,
                    }
                }
                "C" => header.format = colour_space(value)?,
                "X" => match value {
                    "COLORRANGE=FULL" => header.full_range = Some(true),
                    "COLORRANGE=LIMITED" => header.full_range = Some(false),
                    _ => {}
                },
                _ => {}
            }
        }
        if width == 0 || height == 0 {
            return Err(bad("Y4M size"));
        }
        Ok(Self { width, height, ..header })
    }
    /// The header line with its line feed.
    pub fn to_line(&self) -> String {
        let (n, d) = self.frame_rate.unwrap_or((0, 0));
        let (h, v) = self.sample_aspect_ratio.unwrap_or((0, 0));
        let interlacing = match self.interlacing {
            Interlacing::Progressive => 'p',
            Interlacing::TopFieldFirst => 't',
            Interlacing::BottomFieldFirst => 'b',
            Interlacing::Mixed => 'm',
            Interlacing::Unknown => '?',
        };
        let mut line = format!("YUV4MPEG2 W{} H{} F{n}:{d} I{interlacing} A{h}:{v} C", self.width, self.height);
        line += &colour_space_name(&self.format);
        if let Some(full) = self.full_range {
            let _ = write!(line, " XCOLORRANGE={}", if full { "FULL" } else { "LIMITED" });
        }
        line.push('\n');
        line
    }
}

/// `n:d`; `Some(None)` for 0:0.
fn ratio(value: &str) -> Option<Option<(u32, u32)>> {
    let (n, d) = value.split_once(':')?;
    let (n, d) = (n.parse().ok()?, d.parse().ok()?);
    match (n, d) {
        (0, 0) => Some(None),
        (0, _) | (_, 0) => None,
        _ => Some(Some((n, d))),
    }
}

/// The `C` tag. Depths above 8 have a suffix: `420p10`, `mono12`.
fn colour_space(value: &str) -> Result<PixelFormat> {
    let format = |chroma, depth, siting| Ok(PixelFormat { chroma, depth, siting });
    let unsupported = || Err(Error::unsupported(format!("Y4M colour space {value}")));
    match value {
        "420" | "420jpeg" => return format(ChromaFormat::Yuv420, 8, Some(ChromaSiting::Centre)),
        "420mpeg2" => return format(ChromaFormat::Yuv420, 8, Some(ChromaSiting::Left)),
        "420paldv" => return format(ChromaFormat::Yuv420, 8, Some(ChromaSiting::PalDv)),
        "422" => return format(ChromaFormat::Yuv422, 8, None),
        "444" => return format(ChromaFormat::Yuv444, 8, None),
        "mono" => return format(ChromaFormat::Monochrome, 8, None),
        _ => {}
    }
    let deep = ["420p", "422p", "444p", "mono"].iter().find_map(|&p| Some((p, value.strip_prefix(p)?)));
    let Some((prefix, depth)) = deep else { return unsupported() };
    let depth = match depth.parse() {
        Ok(depth @ (9 | 10 | 12 | 14 | 16)) => depth,
        _ => return unsupported(),
    };
    match prefix {
        "420p" => format(ChromaFormat::Yuv420, depth, None),
        "422p" => format(ChromaFormat::Yuv422, depth, None),
        "444p" => format(ChromaFormat::Yuv444, depth, None),
        _ => format(ChromaFormat::Monochrome, depth, None),
    }
}

fn colour_space_name(format: &PixelFormat) -> String {
    let base = match format.chroma {
        ChromaFormat::Monochrome => "mono",
        ChromaFormat::Yuv420 => "420",
        ChromaFormat::Yuv422 => "422",
        ChromaFormat::Yuv444 => "444",
    };
    match (format.depth, format.chroma, format.siting) {
        (8, ChromaFormat::Yuv420, Some(ChromaSiting::Left)) => "420mpeg2".into(),
        (8, ChromaFormat::Yuv420, Some(ChromaSiting::PalDv)) => "420paldv".into(),
        (8, ChromaFormat::Yuv420, _) => "420jpeg".into(),
        (8, ..) => base.into(),
        (depth, ChromaFormat::Monochrome, _) => format!("mono{depth}"),
        (depth, ..) => format!("{base}p{depth}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        for space in ["420jpeg", "420mpeg2", "420paldv", "422", "444", "mono", "420p10", "422p12", "444p16", "mono9"] {
            for tail in ["", " XCOLORRANGE=FULL", " XCOLORRANGE=LIMITED"] {
                let line = format!("YUV4MPEG2 W35 H17 F30000:1001 It A4:3 C{space}{tail}\n");
                assert_eq!(Y4mHeader::parse(line.trim_end().as_bytes()).unwrap().to_line(), line);
            }
        }
        let short = Y4mHeader::parse(b"YUV4MPEG2 H2 W4 F0:0 XYSCSS=420JPEG").unwrap();
        assert_eq!((short.width, short.height, short.frame_rate, short.frame_bytes()), (4, 2, None, 12));
    }

    #[test]
    fn refused() {
        for bad in ["YUV4MPEG2 W4", "YUV4MPEG2 W0 H4", "YUV4MPEG W1 H1", "YUV4MPEG2 Wx H1", "YUV4MPEG2 W1 H1 F1:0"] {
            assert!(matches!(Y4mHeader::parse(bad.as_bytes()), Err(Error::Invalid { .. })), "{bad}");
        }
        for space in ["411", "444alpha", "420p11", "rgb"] {
            let line = format!("YUV4MPEG2 W4 H4 C{space}");
            assert!(matches!(Y4mHeader::parse(line.as_bytes()), Err(Error::Unsupported { .. })), "{space}");
        }
    }

    #[test]
    fn odd_sizes_round_chroma_up() {
        let header = Y4mHeader::parse(b"YUV4MPEG2 W35 H17 C420p10").unwrap();
        assert_eq!(header.frame_bytes(), 2 * (35 * 17 + 2 * 18 * 9));
    }
}
