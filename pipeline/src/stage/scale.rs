//! Scaling pictures: separable Lanczos filters, evaluated as polyphase tables.
//!
//! A filter table depends on sizes alone and is made of exactly rounded operations, so it is the same on every
//! machine. Widening the filter by the ratio when a picture shrinks keeps it free of aliases.

use transcode_core::{Kernels, Picture, PictureFormat, Plane, Rect};

/// Lobes of the Lanczos window on each side.
const LOBES: f64 = 3.0;

/// The coefficients of an output sample add up to it.
const UNIT: i32 = Kernels::SCALE_ONE as i32;

/// Where 4:2:0 chroma samples lie between luma samples, in luma samples right of and below the first one of the four
/// (H.264 figure E-1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ChromaSite {
    x: f64,
    y: f64,
}

impl ChromaSite {
    /// `chroma_sample_loc_type` 0 to 5; anything else is type 0, which E.2.1 has inferred where none is sent.
    pub(crate) fn from_h264(loc: Option<u8>) -> Self {
        let (x, y) = match loc {
            Some(1) => (0.5, 0.5),
            Some(2) => (0.0, 0.0),
            Some(3) => (0.5, 0.0),
            Some(4) => (0.0, 1.0),
            Some(5) => (0.5, 1.0),
            _ => (0.0, 0.5),
        };
        Self { x, y }
    }
}

/// sin(pi x), by operations that every IEEE 754 machine rounds alike.
fn sin_pi(x: f64) -> f64 {
    let n = x.round();
    let t = (x - n) * std::f64::consts::PI;
    let t2 = t * t;
    let mut term = t;
    let mut sum = t;
    for k in 1..12 {
        term *= -t2 / f64::from(2 * k * (2 * k + 1));
        sum += term;
    }
    if n % 2.0 == 0.0 { sum } else { -sum }
}

fn lanczos(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    if x.abs() >= LOBES {
        return 0.0;
    }
    let px = std::f64::consts::PI * x;
    LOBES * sin_pi(x) * sin_pi(x / LOBES) / (px * px)
}

/// The filter of one direction of one plane.
#[derive(Debug, Clone)]
struct Axis {
    /// Coefficients of each output sample.
    taps: usize,
    /// First source sample of each output sample; may lie before the first or reach past the last of the plane.
    first: Vec<i32>,
    /// `taps` coefficients for each output sample.
    coefs: Vec<i16>,
}

impl Axis {
    /// `src` and `dst` are numbers of luma samples; `centre` gives the source position of an output sample, in samples
    /// of the plane; `len` is the number of output samples.
    fn new(src: usize, dst: usize, len: usize, centre: impl Fn(usize) -> f64) -> Self {
        let widen = (src as f64 / dst as f64).max(1.0);
        // Beyond 42 to 1 the kernels' longest filter is narrower than the ratio wants; it still averages 254 samples.
        let reach = (LOBES * widen).min((Kernels::SCALE_TAPS_MAX / 2 - 1) as f64);
        let widen = reach / LOBES;
        // Kernels like a multiple of four best.
        let taps = ((2.0 * reach).ceil() as usize).next_multiple_of(4);
        let mut axis = Self { taps, first: Vec::with_capacity(len), coefs: Vec::with_capacity(len * taps) };
        for i in 0..len {
            let c = centre(i);
            let first = (c - reach).floor() as i32 + 1;
            let weights: Vec<f64> = (0..taps).map(|t| lanczos((f64::from(first) + t as f64 - c) / widen)).collect();
            axis.first.push(first);
            axis.push_coefs(&weights);
        }
        axis
    }
    /// Rounds `weights` so that they add up to [`UNIT`]; what rounding leaves over goes to the largest.
    fn push_coefs(&mut self, weights: &[f64]) {
        let sum: f64 = weights.iter().sum();
        let start = self.coefs.len();
        self.coefs.extend(weights.iter().map(|w| (w / sum * f64::from(UNIT)).round() as i16));
        let coefs = &mut self.coefs[start..];
        let rest = UNIT - coefs.iter().map(|&c| i32::from(c)).sum::<i32>();
        if let Some(largest) = coefs.iter_mut().max_by_key(|c| **c) {
            *largest = (i32::from(*largest) + rest) as i16;
        }
    }
    /// Samples needed before the first and after the last of `len` source samples.
    fn overhang(&self, len: usize) -> (usize, usize) {
        let lowest = self.first.iter().copied().min().unwrap_or(0);
        let highest = self.first.iter().copied().max().unwrap_or(0) + self.taps as i32;
        ((-lowest).max(0) as usize, (highest - len as i32).max(0) as usize)
    }
}

/// Scales one plane.
#[derive(Debug, Clone)]
struct PlaneScaler {
    horizontal: Axis,
    vertical: Axis,
    /// `horizontal.first` in [`PlaneScaler::padded`].
    pos: Vec<u32>,
    /// A source row with its edge samples repeated outwards.
    padded: Vec<u8>,
    /// Samples of `padded` before the row.
    before: usize,
    /// Horizontally scaled rows; source row `y` lies in slot `y % taps`.
    ring: Vec<Vec<i16>>,
    /// The source row that each slot holds.
    held: Vec<Option<usize>>,
}

impl PlaneScaler {
    fn new(horizontal: Axis, vertical: Axis, src_width: usize) -> Self {
        let (before, after) = horizontal.overhang(src_width);
        let pos = horizontal.first.iter().map(|&f| (f + before as i32) as u32).collect();
        let slots = vertical.taps;
        Self {
            pos,
            padded: vec![0; before + src_width + after],
            before,
            ring: vec![vec![0; horizontal.first.len()]; slots],
            held: vec![None; slots],
            horizontal,
            vertical,
        }
    }
    /// `src` gives row `y` of the source, of `rows` rows.
    fn run<'a>(&mut self, kernels: Kernels, src: impl Fn(usize) -> &'a [u8], rows: usize, dst: &mut Plane<u8>) {
        self.held.fill(None);
        let taps = self.vertical.taps;
        for y in 0..dst.height() {
            let wanted = |t: usize| (self.vertical.first[y] + t as i32).clamp(0, rows as i32 - 1) as usize;
            for t in 0..taps {
                let row = wanted(t);
                let slot = row % taps;
                if self.held[slot] != Some(row) {
                    fill_padded(&mut self.padded, self.before, src(row));
                    let (coefs, taps) = (&self.horizontal.coefs, self.horizontal.taps);
                    kernels.scale_h(&mut self.ring[slot], &self.padded, &self.pos, coefs, taps);
                    self.held[slot] = Some(row);
                }
            }
            let lines: Vec<&[i16]> = (0..taps).map(|t| self.ring[wanted(t) % taps].as_slice()).collect();
            kernels.scale_v(dst.row_mut(y), &lines, &self.vertical.coefs[y * taps..(y + 1) * taps]);
        }
    }
}

fn fill_padded(padded: &mut [u8], before: usize, row: &[u8]) {
    let end = before + row.len();
    padded[..before].fill(row[0]);
    padded[before..end].copy_from_slice(row);
    padded[end..].fill(row[row.len() - 1]);
}

/// Scales 8-bit 4:2:0 pictures of one size and chroma siting to another size.
#[derive(Debug, Clone)]
pub(crate) struct Scaler {
    kernels: Kernels,
    /// Luma, then both chroma planes.
    luma: PlaneScaler,
    chroma: PlaneScaler,
    output: Picture<u8>,
}

impl Scaler {
    /// A scaler from `src` to `dst` luma samples (width, height).
    ///
    /// # Errors
    /// If a side of `dst` is 0 or too large.
    pub(crate) fn new(
        kernels: Kernels,
        src: (usize, usize),
        dst: (usize, usize),
        site: ChromaSite,
    ) -> Result<Self, transcode_core::Error> {
        let output = Picture::new(PictureFormat::YUV420P8, dst.0, dst.1, 0)?;
        let luma_axis = |s: usize, d: usize| {
            let ratio = s as f64 / d as f64;
            Axis::new(s, d, d, |i| (i as f64 + 0.5) * ratio - 0.5)
        };
        // Chroma sample j lies at luma position 2j + o on both sides; its own grid is half as fine.
        let chroma_axis = |s: usize, d: usize, o: f64| {
            let ratio = s as f64 / d as f64;
            Axis::new(s, d, d.div_ceil(2), |j| ((2.0 * j as f64 + o + 0.5) * ratio - 0.5 - o) / 2.0)
        };
        Ok(Self {
            kernels,
            luma: PlaneScaler::new(luma_axis(src.0, dst.0), luma_axis(src.1, dst.1), src.0),
            chroma: PlaneScaler::new(
                chroma_axis(src.0, dst.0, site.x),
                chroma_axis(src.1, dst.1, site.y),
                src.0.div_ceil(2),
            ),
            output,
        })
    }
    /// The scaled form of the part of `picture` that `crop` names, whose size must be the scaler's.
    pub(crate) fn scale(&mut self, picture: &Picture<u8>, crop: Rect) -> &Picture<u8> {
        for i in 0..3 {
            let rows = crop_rows(crop, i);
            let scaler = if i == 0 { &mut self.luma } else { &mut self.chroma };
            let source = |y: usize| crop_row(picture, crop, i, y);
            scaler.run(self.kernels, source, rows, self.output.plane_mut(i));
        }
        &self.output
    }
}

/// Rows of plane `i` in a crop rectangle of a 4:2:0 picture.
pub(crate) fn crop_rows(crop: Rect, i: usize) -> usize {
    if i == 0 { crop.height as usize } else { (crop.height as usize).div_ceil(2) }
}

/// Row `y` of plane `i` of a 4:2:0 picture's crop rectangle.
pub(crate) fn crop_row(picture: &Picture<u8>, crop: Rect, i: usize, y: usize) -> &[u8] {
    let (x, top, width) = if i == 0 {
        (crop.x as usize, crop.y as usize, crop.width as usize)
    } else {
        (crop.x as usize / 2, crop.y as usize / 2, (crop.width as usize).div_ceil(2))
    };
    &picture.plane(i).row(top + y)[x..x + width]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(p: &Picture<u8>) -> Rect {
        Rect { x: 0, y: 0, width: p.width() as u32, height: p.height() as u32 }
    }

    fn picture(w: usize, h: usize, f: impl Fn(usize, usize, usize) -> u8) -> Picture<u8> {
        let mut p = Picture::new(PictureFormat::YUV420P8, w, h, 0).unwrap();
        for i in 0..3 {
            for y in 0..p.plane(i).height() {
                for (x, s) in p.plane_mut(i).row_mut(y).iter_mut().enumerate() {
                    *s = f(i, x, y);
                }
            }
        }
        p
    }

    #[test]
    fn coefficients_add_up_to_one() {
        for (s, d) in [(64, 64), (64, 640), (640, 64), (1920, 1280), (17, 16), (4096, 16)] {
            let axis = Axis::new(s, d, d, |i| (i as f64 + 0.5) * (s as f64 / d as f64) - 0.5);
            for c in axis.coefs.chunks(axis.taps) {
                assert_eq!(c.iter().map(|&c| i32::from(c)).sum::<i32>(), UNIT, "{s} to {d}");
            }
        }
    }

    #[test]
    fn sine_is_the_sine() {
        for i in -3000..=3000 {
            let x = f64::from(i) / 1000.0;
            assert!((sin_pi(x) - (std::f64::consts::PI * x).sin()).abs() < 1e-12, "{x}");
        }
    }

    #[test]
    fn the_same_size_is_the_same_picture() {
        let p = picture(50, 38, |i, x, y| (i * 40 + x * 7 + y * 13) as u8);
        let site = ChromaSite::from_h264(None);
        let mut scaler = Scaler::new(Kernels::detect(), (50, 38), (50, 38), site).unwrap();
        let q = scaler.scale(&p, whole(&p));
        for i in 0..3 {
            assert!(p.plane(i).rows().eq(q.plane(i).rows()), "plane {i}");
        }
    }

    #[test]
    fn flat_stays_flat_and_black_and_white_stay_in_range() {
        for value in [0, 1, 127, 254, 255] {
            let p = picture(46, 34, |_, _, _| value);
            for dst in [(16, 16), (46, 80), (200, 34), (130, 98)] {
                let mut s = Scaler::new(Kernels::detect(), (46, 34), dst, ChromaSite::from_h264(Some(1))).unwrap();
                let q = s.scale(&p, whole(&p));
                assert!(q.planes().iter().all(|p| p.rows().flatten().all(|&s| s == value)), "{value} {dst:?}");
            }
        }
    }

    /// A ramp over luma positions must be the same ramp afterwards, whatever the siting: then chroma has not moved.
    #[test]
    fn chroma_stays_where_it_is() {
        let (w, h) = (96usize, 96usize);
        for loc in 0..6 {
            let site = ChromaSite::from_h264(Some(loc));
            for (dw, dh) in [(48, 48), (160, 144), (64, 200)] {
                let ramp = |x: f64, y: f64| x + y + 10.0;
                let p = picture(w, h, |i, x, y| match i {
                    0 => ramp(x as f64, y as f64),
                    _ => ramp(2.0 * x as f64 + site.x, 2.0 * y as f64 + site.y),
                } as u8);
                let mut scaler = Scaler::new(Kernels::detect(), (w, h), (dw, dh), site).unwrap();
                let q = scaler.scale(&p, whole(&p)).clone();
                let (rx, ry) = (w as f64 / dw as f64, h as f64 / dh as f64);
                for y in 0..dh / 2 {
                    for x in 0..dw / 2 {
                        let lx = (2.0 * x as f64 + site.x + 0.5) * rx - 0.5;
                        let ly = (2.0 * y as f64 + site.y + 0.5) * ry - 0.5;
                        let inside = |v: f64, n: usize| v > 14.0 && v < n as f64 - 14.0;
                        if inside(lx, w) && inside(ly, h) {
                            let got = f64::from(q.plane(1).row(y)[x]);
                            // `as u8` above cuts off up to 1, which the filter averages.
                            assert!((got - ramp(lx, ly)).abs() <= 1.5, "loc {loc} {dw}x{dh} at {x},{y}: {got}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn every_level_gives_the_same_picture() {
        let mut seed = 1u32;
        let p = picture(64, 48, |_, _, _| 0);
        let mut p = p;
        for i in 0..3 {
            for s in p.plane_mut(i).data_mut() {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *s = if seed >> 30 == 0 { 255 } else { (seed >> 24) as u8 };
            }
        }
        for dst in [(32, 24), (100, 70), (16, 48), (66, 50)] {
            let run =
                |k| Scaler::new(k, (64, 48), dst, ChromaSite::from_h264(None)).unwrap().scale(&p, whole(&p)).clone();
            let reference = run(Kernels::scalar());
            for k in Kernels::available() {
                assert!(run(k) == reference, "{} {dst:?}", k.level());
            }
        }
    }
}
