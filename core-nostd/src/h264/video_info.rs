//! What a stream says about showing its pictures, in the terms of codecs and containers alike.

use super::params::{Sps, Vui};

/// Colour description with the code points of ISO/IEC 23091-2 (tables E-3 to E-5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ColourDescription {
    /// `colour_primaries`.
    pub primaries: u8,
    /// `transfer_characteristics`.
    pub transfer: u8,
    /// `matrix_coefficients`.
    pub matrix: u8,
}

/// How the pictures of a sequence are to be shown. `None` is what the stream does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct VideoInfo {
    /// Width and height of a sample, neither of them 0.
    pub sample_aspect_ratio: Option<(u16, u16)>,
    /// Samples use the full range (luma 0 to 255) instead of 16 to 235.
    pub full_range: bool,
    /// `video_format` (table E-2).
    pub video_format: Option<u8>,
    /// Colour description.
    pub colour: Option<ColourDescription>,
    /// `chroma_sample_loc_type` of frames (figure E-1): 0 left, 1 centre, 2 top left, 3 top, 4 bottom left, 5 bottom.
    pub chroma_location: Option<u8>,
    /// Frames per second as a fraction, from the VUI's timing (two ticks a frame).
    pub frame_rate: Option<(u32, u32)>,
    /// `fixed_frame_rate_flag`.
    pub fixed_frame_rate: bool,
}

impl VideoInfo {
    /// What `sps` says.
    pub fn from_sps(sps: &Sps) -> Self {
        sps.vui.as_ref().map_or(Self::default(), Self::from_vui)
    }

    fn from_vui(vui: &Vui) -> Self {
        let frame_rate = vui.timing.and_then(|(num_units_in_tick, time_scale, _)| {
            // A tick is a field's time (E.2.1); the even one of the two numbers is halved or the other doubled.
            let (rate, scale) = match (time_scale % 2, num_units_in_tick.checked_mul(2)) {
                (0, _) => (time_scale / 2, num_units_in_tick),
                (_, Some(twice)) => (time_scale, twice),
                (_, None) => (time_scale / 2, num_units_in_tick),
            };
            (rate > 0 && scale > 0).then_some((rate, scale))
        });
        Self {
            sample_aspect_ratio: vui.sample_aspect_ratio.filter(|&(w, h)| w > 0 && h > 0),
            full_range: vui.video_full_range_flag,
            video_format: vui.video_format,
            colour: vui.colour_description.map(|(primaries, transfer, matrix)| ColourDescription {
                primaries,
                transfer,
                matrix,
            }),
            chroma_location: vui.chroma_sample_loc_type.map(|(top, _)| top),
            frame_rate,
            fixed_frame_rate: vui.timing.is_some_and(|(_, _, fixed)| fixed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_is_half_a_frame() {
        let rate = |units, scale| VideoInfo::from_vui(&Vui { timing: Some((units, scale, true)), ..Vui::default() });
        assert_eq!(rate(1001, 60000).frame_rate, Some((30000, 1001)));
        assert_eq!(rate(1, 25).frame_rate, Some((25, 2)));
        assert_eq!(rate(0, 25).frame_rate, None);
        assert!(rate(1, 50).fixed_frame_rate);
    }
}
