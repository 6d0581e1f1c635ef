//! What a sequence parameter set tells of an H.264 track.

use transcode_core::h264::nal::{self, AvcConfig, nal_type};
use transcode_core::h264::params::Sps;

use crate::{Colour, Timebase, VideoTrack};

/// The picture as the sequence parameter set describes it.
pub(crate) fn video_of(sps: &Sps) -> VideoTrack {
    let mut video = VideoTrack::default();
    if let Some(rect) = sps.crop_rect() {
        (video.width, video.height) = (rect.width, rect.height);
    }
    if let Some(vui) = &sps.vui {
        let ratio = vui.sample_aspect_ratio.filter(|&(w, h)| w != 0 && h != 0);
        video.sample_aspect_ratio = ratio.map(|(w, h)| (w.into(), h.into()));
        video.colour = vui.colour_description.map(|(primaries, transfer, matrix)| Colour {
            primaries: primaries.into(),
            transfer: transfer.into(),
            matrix: matrix.into(),
            full_range: Some(vui.video_full_range_flag),
        });
    }
    video
}

/// Seconds that a frame lasts, if the video usability information says so.
pub(crate) fn frame_time(sps: &Sps) -> Option<Timebase> {
    let (units, scale, _) = sps.vui.as_ref()?.timing.filter(|&(units, scale, _)| units != 0 && scale != 0)?;
    // E.2.1: a tick is a field; a picture takes two.
    Some(match units.checked_mul(2) {
        Some(units) => Timebase::new(units, scale),
        None => Timebase::new(units, scale / 2),
    })
}

/// How many frames may precede a frame in decoding order and follow it in output order, if the stream says so.
pub(crate) fn reorder_depth(sps: &Sps) -> Option<usize> {
    let said = sps.pic_order_cnt_type == 2 || sps.vui.as_ref().is_some_and(|v| v.bitstream_restriction.is_some());
    said.then(|| sps.num_reorder_frames() as usize)
}

/// The first sequence parameter set of an `AVCDecoderConfigurationRecord`.
pub(crate) fn sps_of(avcc: &[u8]) -> Option<Sps> {
    let config = AvcConfig::parse(avcc).ok()?;
    let unit = config.parameter_sets.iter().find(|u| u.data.first().is_some_and(|&b| b & 31 == nal_type::SPS))?;
    let mut rbsp = Vec::new();
    nal::unescape(unit.data.get(1..)?, &mut rbsp);
    Sps::parse(&rbsp).ok()
}
