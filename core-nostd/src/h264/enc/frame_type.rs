//! Where IDR pictures go.

use super::config::EncoderConfig;
use super::frame::Frame;

/// Counts pictures since the last IDR picture.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct KeyFrames {
    /// Pictures since and including the last IDR picture; 0 before the first.
    since_key: u32,
}

impl KeyFrames {
    /// Decides whether `frame`, analysed against the one before, starts anew.
    pub(super) fn decide(&mut self, config: &EncoderConfig, frame: &Frame, forced: bool) -> bool {
        let key = self.since_key == 0
            || forced
            || self.since_key >= config.keyint
            || (config.scene_cut && self.is_scene_cut(config, frame));
        self.since_key = if key { 1 } else { self.since_key + 1 };
        key
    }

    /// A scene cut is a picture that its predecessor hardly helps to predict. How hardly depends on how long ago the last IDR
    /// picture was: just before `keyint` ends, one is due anyhow.
    fn is_scene_cut(&self, config: &EncoderConfig, frame: &Frame) -> bool {
        let min = config.min_keyint.min(config.keyint);
        if self.since_key < min.max(1) || frame.intra_cost == 0 {
            return false;
        }
        let span = (config.keyint - min).max(1);
        let progress = (f64::from(self.since_key - min.min(self.since_key)) / f64::from(span)).min(1.0);
        // From 95% of the intra cost down to 65%.
        let threshold = 0.95 - 0.30 * progress;
        frame.inter_cost as f64 >= threshold * frame.intra_cost as f64
    }
}
