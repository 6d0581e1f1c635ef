//! What a stream may ask for. Checked before any memory is taken.

/// Bounds on what a decoder accepts.
///
/// ```
/// let limits = transcode_core::Limits { max_width: 1920, max_height: 1088, ..Default::default() };
/// assert!(limits.max_pixels >= 1920 * 1088);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest coded width in luma samples.
    pub max_width: u32,
    /// Largest coded height in luma samples.
    pub max_height: u32,
    /// Largest coded width times height.
    pub max_pixels: u64,
    /// Most pictures in the decoded picture buffer (H.264 allows 16).
    pub max_dpb_frames: u32,
    /// Largest access unit in bytes.
    pub max_packet_bytes: u64,
}

impl Default for Limits {
    /// What H.264 level 6.2 can need: 16384x16384 sides, 8192x4352 pixels... and 16 frames.
    fn default() -> Self {
        Self {
            max_width: 16384,
            max_height: 16384,
            max_pixels: 139_264 * 256,
            max_dpb_frames: 16,
            max_packet_bytes: 1 << 28,
        }
    }
}
