//! Messages about how pictures are to be shown.

use crate::bits::BitReader;
use crate::error::Result;

/// `frame_packing_arrangement()`, D.1.26: stereo video in one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FramePacking {
    /// `frame_packing_arrangement_id`.
    pub id: u32,
    /// The arrangement, or `None` for `frame_packing_arrangement_cancel_flag`.
    pub arrangement: Option<Arrangement>,
}

/// What a [`FramePacking`] that is not a cancellation says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Arrangement {
    /// `frame_packing_arrangement_type`: 0 checkerboard, 1 columns, 2 rows, 3 side by side, 4 top-bottom, 5 temporal, 6 2D,
    /// 7 tiles.
    pub kind: u8,
    /// `quincunx_sampling_flag`.
    pub quincunx_sampling_flag: bool,
    /// `content_interpretation_type`: 1 means that frame 0 is the left view, 2 the right.
    pub content_interpretation_type: u8,
    /// `spatial_flipping_flag`: one of the frames is mirrored.
    pub spatial_flipping_flag: bool,
    /// `frame0_flipped_flag`: it is frame 0.
    pub frame0_flipped_flag: bool,
    /// `field_views_flag`.
    pub field_views_flag: bool,
    /// `current_frame_is_frame0_flag`.
    pub current_frame_is_frame0_flag: bool,
    /// `frame0_self_contained_flag` and `frame1_self_contained_flag`.
    pub self_contained: [bool; 2],
    /// `frame0_grid_position_x`, `frame0_grid_position_y` and those of frame 1; zeros where they are not sent.
    pub grid_position: [(u8, u8); 2],
    /// `frame_packing_arrangement_repetition_period`: 0 for this frame alone, 1 until another message or sequence.
    pub repetition_period: u32,
}

impl FramePacking {
    pub(super) fn read(r: &mut BitReader<'_>) -> Result<Self> {
        let id = r.ue()?;
        if r.flag()? {
            return Ok(Self { id, arrangement: None });
        }
        let mut a = Arrangement {
            kind: r.u(7)? as u8,
            quincunx_sampling_flag: r.flag()?,
            content_interpretation_type: r.u(6)? as u8,
            spatial_flipping_flag: r.flag()?,
            frame0_flipped_flag: r.flag()?,
            field_views_flag: r.flag()?,
            current_frame_is_frame0_flag: r.flag()?,
            self_contained: [r.flag()?, r.flag()?],
            ..Arrangement::default()
        };
        if !a.quincunx_sampling_flag && a.kind != 5 {
            for position in &mut a.grid_position {
                *position = (r.u(4)? as u8, r.u(4)? as u8);
            }
        }
        // frame_packing_arrangement_reserved_byte
        r.u(8)?;
        a.repetition_period = r.ue()?;
        Ok(Self { id, arrangement: Some(a) })
    }
}

/// `display_orientation()`, D.1.27: what is to be done to the decoded picture before it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DisplayOrientation {
    /// The orientation, or `None` for `display_orientation_cancel_flag`.
    pub orientation: Option<Orientation>,
}

/// What a [`DisplayOrientation`] that is not a cancellation says: the picture is flipped, then turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Orientation {
    /// `hor_flip`: left and right change places.
    pub hor_flip: bool,
    /// `ver_flip`: top and bottom change places.
    pub ver_flip: bool,
    /// `anticlockwise_rotation` in units of 360 / 65536 degrees.
    pub anticlockwise_rotation: u16,
    /// `display_orientation_repetition_period`: 0 for this frame alone, 1 until another message or sequence.
    pub repetition_period: u32,
}

impl DisplayOrientation {
    pub(super) fn read(r: &mut BitReader<'_>) -> Result<Self> {
        if r.flag()? {
            return Ok(Self { orientation: None });
        }
        let orientation = Orientation {
            hor_flip: r.flag()?,
            ver_flip: r.flag()?,
            anticlockwise_rotation: r.u(16)? as u16,
            repetition_period: r.ue()?,
        };
        Ok(Self { orientation: Some(orientation) })
    }
}

/// `mastering_display_colour_volume()`, D.1.29: the display that the video was mastered on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MasteringDisplay {
    /// `display_primaries_x[c]`, `display_primaries_y[c]` of green, blue and red, in units of 0.00002.
    pub display_primaries: [(u16, u16); 3],
    /// `white_point_x`, `white_point_y`, in units of 0.00002.
    pub white_point: (u16, u16),
    /// `max_display_mastering_luminance`, in units of 0.0001 candelas per square metre.
    pub max_display_mastering_luminance: u32,
    /// `min_display_mastering_luminance`, in the same units.
    pub min_display_mastering_luminance: u32,
}

/// Two 16-bit numbers: the CIE 1931 coordinates of a colour.
fn chromaticity(r: &mut BitReader<'_>) -> Result<(u16, u16)> {
    Ok((r.u(16)? as u16, r.u(16)? as u16))
}

impl MasteringDisplay {
    pub(super) fn read(r: &mut BitReader<'_>) -> Result<Self> {
        Ok(Self {
            display_primaries: [chromaticity(r)?, chromaticity(r)?, chromaticity(r)?],
            white_point: chromaticity(r)?,
            max_display_mastering_luminance: r.u(32)?,
            min_display_mastering_luminance: r.u(32)?,
        })
    }
}

/// `content_light_level_info()`, D.1.31, in candelas per square metre; 0 is "no bound given".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentLight {
    /// `max_content_light_level`.
    pub max_content_light_level: u16,
    /// `max_pic_average_light_level`.
    pub max_pic_average_light_level: u16,
}

impl ContentLight {
    pub(super) fn read(r: &mut BitReader<'_>) -> Result<Self> {
        Ok(Self { max_content_light_level: r.u(16)? as u16, max_pic_average_light_level: r.u(16)? as u16 })
    }
}

/// `ambient_viewing_environment()`, D.1.34: where the video is meant to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AmbientViewing {
    /// `ambient_illuminance`, in units of 0.0001 lux.
    pub ambient_illuminance: u32,
    /// `ambient_light_x`, `ambient_light_y`, in units of 0.00002.
    pub ambient_light: (u16, u16),
}

impl AmbientViewing {
    pub(super) fn read(r: &mut BitReader<'_>) -> Result<Self> {
        Ok(Self { ambient_illuminance: r.u(32)?, ambient_light: chromaticity(r)? })
    }
}
