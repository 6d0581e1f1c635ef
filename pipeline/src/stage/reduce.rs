//! Deeper samples and finer chroma made into the 8-bit 4:2:0 that the encoder takes.

use transcode_core::{ChromaFormat, Picture, PictureFormat, Plane, Rect, Samples, error::Result};

/// The part of a picture that `crop` shows, in 8-bit 4:2:0 with Cb and Cr beside the left luma samples, as H.264 places them
/// where nothing is said. Samples are rounded; chroma that is left out is averaged into what stays.
///
/// # Errors
/// As [`Picture::new`].
pub(crate) fn reduced(samples: &Samples, crop: Rect) -> Result<Picture<u8>> {
    match samples {
        Samples::U8(p) => reduce(p, crop),
        Samples::U16(p) => reduce(p, crop),
    }
}

fn reduce<P: Copy + Default + Into<u32>>(picture: &Picture<P>, crop: Rect) -> Result<Picture<u8>> {
    let (width, height) = (crop.width as usize, crop.height as usize);
    let mut out = Picture::new(PictureFormat::YUV420P8, width, height, 0)?;
    let format = picture.format();
    let (x, y) = (crop.x as usize, crop.y as usize);
    let luma = Depth::from_bits(format.bit_depth_luma);
    for row in 0..height {
        let from = &picture.plane(0).row(y + row)[x..x + width];
        for (to, &s) in out.plane_mut(0).row_mut(row).iter_mut().zip(from) {
            *to = luma.round(s.into(), 1);
        }
    }
    let chroma = Depth::from_bits(format.bit_depth_chroma);
    let (sx, sy) = format.chroma.shifts();
    for i in 1..3 {
        let from = Chroma {
            plane: picture.plane(i),
            origin: (x >> sx, y >> sy),
            last: ((width.div_ceil(1 << sx)).saturating_sub(1), (height.div_ceil(1 << sy)).saturating_sub(1)),
        };
        let to = out.plane_mut(i);
        for row in 0..to.height() {
            for (column, to) in to.row_mut(row).iter_mut().enumerate() {
                *to = match format.chroma {
                    ChromaFormat::Yuv444 => {
                        let line =
                            |y| from.at(2 * column, y, -1) + 2 * from.at(2 * column, y, 0) + from.at(2 * column, y, 1);
                        chroma.round(line(2 * row) + line(2 * row + 1), 8)
                    }
                    ChromaFormat::Yuv422 => {
                        chroma.round(from.at(column, 2 * row, 0) + from.at(column, 2 * row + 1, 0), 2)
                    }
                    _ => chroma.round(from.at(column, row, 0), 1),
                };
            }
        }
    }
    Ok(out)
}

/// How samples of a depth become 8 bits.
#[derive(Debug, Clone, Copy)]
struct Depth {
    shift: u32,
}

impl Depth {
    fn from_bits(bits: u8) -> Self {
        Self { shift: u32::from(bits.saturating_sub(8)) }
    }
    /// `sum` is of `count` samples, a power of two.
    fn round(self, sum: u32, count: u32) -> u8 {
        let divisor = count << self.shift;
        ((sum + divisor / 2) / divisor).min(255) as u8
    }
}

/// The part of a chroma plane that is shown. What would lie outside repeats its edge.
struct Chroma<'a, P> {
    plane: &'a Plane<P>,
    origin: (usize, usize),
    last: (usize, usize),
}

impl<P: Copy + Default + Into<u32>> Chroma<'_, P> {
    fn at(&self, x: usize, y: usize, dx: isize) -> u32 {
        let x = x.saturating_add_signed(dx).min(self.last.0);
        let y = y.min(self.last.1);
        self.plane.row(self.origin.1 + y)[self.origin.0 + x].into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture<P: Copy + Default>(format: PictureFormat, sample: impl Fn(usize, usize, usize) -> P) -> Picture<P> {
        let mut p = Picture::new(format, 6, 4, 0).unwrap();
        for (i, plane) in p.planes_mut().iter_mut().enumerate() {
            for y in 0..plane.height() {
                plane.row_mut(y).iter_mut().enumerate().for_each(|(x, s)| *s = sample(i, x, y));
            }
        }
        p
    }

    #[test]
    fn depth_is_rounded_and_stays_in_range() {
        let format = PictureFormat { bit_depth_luma: 10, bit_depth_chroma: 10, ..PictureFormat::YUV420P8 };
        let p = picture(format, |_, x, _| [0u16, 1, 2, 511, 1021, 1023][x]);
        let out = reduced(&Samples::U16(p), Rect { x: 0, y: 0, width: 6, height: 4 }).unwrap();
        assert_eq!(out.plane(0).row(3), [0, 0, 1, 128, 255, 255]);
        assert_eq!(out.plane(1).row(1), [0, 0, 1]);
    }

    #[test]
    fn chroma_is_averaged_where_the_samples_lie() {
        let format = PictureFormat { chroma: ChromaFormat::Yuv444, ..PictureFormat::YUV420P8 };
        // A ramp stays a ramp: the left sample of each pair, in the middle between two rows.
        let p = picture(format, |_, x, y| (10 * x + 4 * y) as u8);
        let crop = Rect { x: 1, y: 0, width: 5, height: 4 };
        let out = reduced(&Samples::U8(p), crop).unwrap();
        assert_eq!(out.plane(0).row(1), [14, 24, 34, 44, 54]);
        // Of the first and the last one neighbour lies outside and repeats the edge.
        assert_eq!(out.plane(2).row(0), [15, 32, 50]);
        assert_eq!(out.plane(2).row(1)[1], 40);
        let format = PictureFormat { chroma: ChromaFormat::Yuv422, ..PictureFormat::YUV420P8 };
        let p = picture(format, |_, x, y| (10 * x + 4 * y) as u8);
        let out = reduced(&Samples::U8(p), Rect { x: 0, y: 0, width: 6, height: 4 }).unwrap();
        assert_eq!(out.plane(1).row(1), [10, 20, 30]);
    }
}
