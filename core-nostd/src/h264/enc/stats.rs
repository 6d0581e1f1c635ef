//! What an encoder has done.

use super::frame::FrameKind;

/// How a picture is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum PictureKind {
    /// IDR picture: I slices, and nothing after it refers to anything before it.
    Idr,
    /// P picture.
    #[default]
    P,
    /// B picture that other pictures refer to.
    BRef,
    /// B picture that none refers to.
    B,
}

impl PictureKind {
    /// All kinds, in the order of [`EncodeStats::kinds`].
    pub const ALL: [Self; 4] = [Self::Idr, Self::P, Self::BRef, Self::B];
}

impl From<FrameKind> for PictureKind {
    fn from(kind: FrameKind) -> Self {
        match kind {
            FrameKind::Key => Self::Idr,
            FrameKind::P => Self::P,
            FrameKind::BRef => Self::BRef,
            FrameKind::B => Self::B,
        }
    }
}

impl From<PictureKind> for FrameKind {
    fn from(kind: PictureKind) -> Self {
        match kind {
            PictureKind::Idr => Self::Key,
            PictureKind::P => Self::P,
            PictureKind::BRef => Self::BRef,
            PictureKind::B => Self::B,
        }
    }
}

/// What is told of one coded picture.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PictureStats {
    /// How it is coded.
    pub kind: PictureKind,
    /// The QP that rate control gave it, before what the macroblocks' content changes of it.
    pub rate_qp: f32,
    /// Mean QP of its macroblocks.
    pub mean_qp: f32,
    /// Bits of its slice, without parameter sets, SEI, filler data and framing.
    pub bits: u64,
}

/// Sums over the pictures of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct KindStats {
    /// Pictures.
    pub frames: u64,
    /// Bits of their packets.
    pub bits: u64,
    /// Sum of their mean QPs.
    pub qp_sum: f64,
    /// Squared error of all their samples by plane (Y, Cb, Cr), if [`super::EncoderConfig::psnr`] is set.
    pub squared_error: [u64; 3],
    /// How many samples of luma, and of each chroma plane, that is of.
    pub samples: [u64; 2],
}

impl KindStats {
    /// Adds the sums of `other`.
    pub fn add(&mut self, other: &Self) {
        self.frames += other.frames;
        self.bits += other.bits;
        self.qp_sum += other.qp_sum;
        self.samples.iter_mut().zip(other.samples).for_each(|(sum, n)| *sum += n);
        for (sum, n) in self.squared_error.iter_mut().zip(other.squared_error) {
            *sum += n;
        }
    }
    /// Mean QP over the pictures, 0 if there are none.
    pub fn mean_qp(&self) -> f64 {
        if self.frames == 0 { 0.0 } else { self.qp_sum / self.frames as f64 }
    }
    /// Peak signal to noise ratio of Y, Cb and Cr in dB, from the mean squared error over all the pictures; 100 where there is no error,
    /// `None` if it was not measured.
    pub fn psnr(&self) -> Option<[f64; 3]> {
        if self.samples[0] == 0 {
            return None;
        }
        let of = |i: usize| {
            let mse = self.squared_error[i] as f64 / self.samples[i.min(1)] as f64;
            if mse < 255.0 * 255.0 * 1e-10 { 100.0 } else { 10.0 * libm::log10(255.0 * 255.0 / mse) }
        };
        Some([of(0), of(1), of(2)])
    }
}

/// Counts over all pictures.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct EncodeStats {
    /// Pictures coded.
    pub frames: u64,
    /// IDR pictures among them.
    pub key_frames: u64,
    /// Bits of all packets.
    pub bits: u64,
    /// Sum of the pictures' mean QP.
    pub qp_sum: f64,
    /// Macroblocks: intra, inter, skipped.
    pub macroblocks: [u64; 3],
    /// The same by kind of picture, in the order of [`PictureKind::ALL`].
    pub kinds: [KindStats; 4],
    /// Pictures that were coded more than once because they did not fit the decoder's buffer.
    pub recoded: u64,
    /// Bits of filler data.
    pub filler_bits: u64,
}

impl EncodeStats {
    /// Mean QP over all macroblocks, 0 before the first picture.
    pub fn mean_qp(&self) -> f64 {
        if self.frames == 0 { 0.0 } else { self.qp_sum / self.frames as f64 }
    }
    /// All kinds together.
    pub fn total(&self) -> KindStats {
        let mut total = KindStats::default();
        self.kinds.iter().for_each(|k| total.add(k));
        total
    }
    /// Adds the counts of another part of the film.
    pub fn add(&mut self, other: &Self) {
        self.frames += other.frames;
        self.key_frames += other.key_frames;
        self.bits += other.bits;
        self.qp_sum += other.qp_sum;
        self.recoded += other.recoded;
        self.filler_bits += other.filler_bits;
        self.macroblocks.iter_mut().zip(other.macroblocks).for_each(|(a, b)| *a += b);
        self.kinds.iter_mut().zip(&other.kinds).for_each(|(a, b)| a.add(b));
    }
}
