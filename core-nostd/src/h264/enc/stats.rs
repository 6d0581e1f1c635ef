//! What an encoder has done so far.

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
}

impl EncodeStats {
    /// Mean QP over all macroblocks, 0 before the first picture.
    pub fn mean_qp(&self) -> f64 {
        if self.frames == 0 { 0.0 } else { self.qp_sum / self.frames as f64 }
    }
}
