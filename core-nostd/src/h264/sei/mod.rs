//! Supplemental enhancement information, clause 7.3.2.3 and annex D.
//!
//! | file | holds |
//! |---|---|
//! | here | the messages of a NAL unit |
//! | `timing` | buffering period, picture timing, recovery point |
//! | `display` | frame packing, orientation, mastering display, light levels, viewing environment |
mod display;
mod timing;

pub use display::{
    AmbientViewing, Arrangement, ContentLight, DisplayOrientation, FramePacking, MasteringDisplay, Orientation,
};
pub use timing::{BufferingPeriod, ClockTimestamp, InitialCpbRemoval, PicTiming, RecoveryPoint};

use super::params::Sps;
use crate::bits::BitReader;
use crate::error::{Error, Result};

/// `payloadType` values of D.1.1 that this crate reads.
pub mod payload_type {
    /// `buffering_period()`.
    pub const BUFFERING_PERIOD: u32 = 0;
    /// `pic_timing()`.
    pub const PIC_TIMING: u32 = 1;
    /// `user_data_registered_itu_t_t35()`.
    pub const USER_DATA_REGISTERED: u32 = 4;
    /// `user_data_unregistered()`.
    pub const USER_DATA_UNREGISTERED: u32 = 5;
    /// `recovery_point()`.
    pub const RECOVERY_POINT: u32 = 6;
    /// `frame_packing_arrangement()`.
    pub const FRAME_PACKING: u32 = 45;
    /// `display_orientation()`.
    pub const DISPLAY_ORIENTATION: u32 = 47;
    /// `mastering_display_colour_volume()`.
    pub const MASTERING_DISPLAY: u32 = 137;
    /// `content_light_level_info()`.
    pub const CONTENT_LIGHT: u32 = 144;
    /// `alternative_transfer_characteristics()`.
    pub const ALTERNATIVE_TRANSFER: u32 = 147;
    /// `ambient_viewing_environment()`.
    pub const AMBIENT_VIEWING: u32 = 148;
}

/// One SEI message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeiMessage<'a> {
    /// Payload type 0.
    BufferingPeriod(BufferingPeriod),
    /// Payload type 1.
    PicTiming(PicTiming),
    /// Payload type 4: `itu_t_t35_country_code` (with its extension byte, if any, in the upper half) and what follows it.
    /// Closed captions travel here.
    UserDataRegistered {
        /// The country code.
        country_code: u16,
        /// The bytes after it.
        payload: &'a [u8],
    },
    /// Payload type 5.
    UserDataUnregistered {
        /// `uuid_iso_iec_11578`: whose data it is.
        uuid: [u8; 16],
        /// The bytes after it.
        payload: &'a [u8],
    },
    /// Payload type 6.
    RecoveryPoint(RecoveryPoint),
    /// Payload type 45.
    FramePacking(FramePacking),
    /// Payload type 47.
    DisplayOrientation(DisplayOrientation),
    /// Payload type 137.
    MasteringDisplay(MasteringDisplay),
    /// Payload type 144.
    ContentLight(ContentLight),
    /// Payload type 147: `preferred_transfer_characteristics` (table E-4), in place of the VUI's.
    AlternativeTransfer(u8),
    /// Payload type 148.
    AmbientViewing(AmbientViewing),
    /// Any other.
    Other {
        /// `payloadType`.
        payload_type: u32,
        /// The payload.
        payload: &'a [u8],
    },
}

/// The messages of `sei_rbsp()` (the payload without the NAL header, emulation prevention removed). `sps` is the active
/// sequence parameter set, without which buffering period and picture timing cannot be read and come as
/// [`SeiMessage::Other`]. The one that is to be active is known only with the first slice after the messages:
/// [`BufferingPeriod::parse`] and [`PicTiming::parse`] read them then.
pub fn messages<'a>(rbsp: &'a [u8], sps: Option<&'a Sps>) -> Messages<'a> {
    Messages { rbsp, pos: 0, sps }
}

/// See [`messages`].
#[derive(Debug, Clone)]
pub struct Messages<'a> {
    rbsp: &'a [u8],
    pos: usize,
    sps: Option<&'a Sps>,
}

impl Messages<'_> {
    /// A number as a run of 255 and a last byte, 7.3.2.3.1.
    fn number(&mut self) -> Option<u32> {
        let mut n = 0u32;
        loop {
            let b = *self.rbsp.get(self.pos)?;
            self.pos += 1;
            n = n.checked_add(b.into())?;
            if b != 255 {
                return Some(n);
            }
        }
    }
}

impl<'a> Iterator for Messages<'a> {
    /// An error concerns one message; those after it can still be read. A size that reaches past the end is the last.
    type Item = Result<SeiMessage<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        // What is left when only the trailing bits are: 0x80 and maybe zeros.
        if !BitReader::at(self.rbsp, self.pos * 8).more_rbsp_data() {
            return None;
        }
        let end = Error::unexpected_end(self.rbsp.len() as u64 * 8);
        let (payload_type, size) = match (self.number(), self.number()) {
            (Some(t), Some(s)) => (t, s),
            _ => {
                self.pos = self.rbsp.len();
                return Some(Err(end));
            }
        };
        let start = self.pos;
        let Some(payload) = self.rbsp[start..].get(..size as usize) else {
            self.pos = self.rbsp.len();
            return Some(Err(end));
        };
        self.pos += payload.len();
        Some(parse(payload_type, payload, self.sps).map_err(|e| e.offset_by(start as u64)))
    }
}

fn parse<'a>(payload_type: u32, payload: &'a [u8], sps: Option<&Sps>) -> Result<SeiMessage<'a>> {
    use self::payload_type as of;
    let r = &mut BitReader::new(payload);
    Ok(match (payload_type, sps) {
        (of::BUFFERING_PERIOD, Some(sps)) => SeiMessage::BufferingPeriod(BufferingPeriod::parse(payload, sps)?),
        (of::PIC_TIMING, Some(sps)) => SeiMessage::PicTiming(PicTiming::parse(payload, sps)?),
        (of::USER_DATA_REGISTERED, _) => {
            let first = r.u(8)? as u16;
            let (country_code, skip) = if first == 0xff { (first << 8 | r.u(8)? as u16, 2) } else { (first, 1) };
            SeiMessage::UserDataRegistered { country_code, payload: &payload[skip..] }
        }
        (of::USER_DATA_UNREGISTERED, _) => match payload.split_first_chunk() {
            Some((&uuid, payload)) => SeiMessage::UserDataUnregistered { uuid, payload },
            None => return Err(Error::unexpected_end(payload.len() as u64 * 8)),
        },
        (of::RECOVERY_POINT, _) => SeiMessage::RecoveryPoint(RecoveryPoint::read(r)?),
        (of::FRAME_PACKING, _) => SeiMessage::FramePacking(FramePacking::read(r)?),
        (of::DISPLAY_ORIENTATION, _) => SeiMessage::DisplayOrientation(DisplayOrientation::read(r)?),
        (of::MASTERING_DISPLAY, _) => SeiMessage::MasteringDisplay(MasteringDisplay::read(r)?),
        (of::CONTENT_LIGHT, _) => SeiMessage::ContentLight(ContentLight::read(r)?),
        (of::ALTERNATIVE_TRANSFER, _) => SeiMessage::AlternativeTransfer(r.u(8)? as u8),
        (of::AMBIENT_VIEWING, _) => SeiMessage::AmbientViewing(AmbientViewing::read(r)?),
        _ => SeiMessage::Other { payload_type, payload },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bits::BitWriter;
    use std::vec;
    use std::vec::Vec;

    #[test]
    fn messages_follow_each_other() {
        let mut rbsp = vec![6, 2, 0b0001_0110, 0x80, 4, 4, 0xb5, 1, 2, 3, 255, 7, 1, 9];
        rbsp.push(0x80);
        let got: Vec<_> = messages(&rbsp, None).map(|m| m.unwrap()).collect();
        assert_eq!(
            got[1..],
            [
                SeiMessage::UserDataRegistered { country_code: 0xb5, payload: &[1, 2, 3] },
                SeiMessage::Other { payload_type: 262, payload: &[9] }
            ]
        );
        // 0001 011 is ue 10, then exact_match_flag 0 and broken_link_flag 1.
        let want = RecoveryPoint { recovery_frame_cnt: 10, exact_match_flag: false, broken_link_flag: true };
        assert_eq!(got[0], SeiMessage::RecoveryPoint(want));
    }

    #[test]
    fn a_size_past_the_end_is_an_error() {
        let got: Vec<_> = messages(&[5, 200, 1, 0x80], None).collect();
        assert_eq!(got, [Err(Error::unexpected_end(32))]);
    }

    /// The messages that take no sequence parameter set, with a payload of every field.
    #[test]
    fn static_metadata() {
        let mut payload = vec![];
        for v in [13250u16, 34500, 7500, 3000, 34000, 16000, 15635, 16450] {
            payload.extend(v.to_be_bytes());
        }
        payload.extend(10_000_000u32.to_be_bytes());
        payload.extend(50u32.to_be_bytes());
        let mut rbsp = vec![137, payload.len() as u8];
        rbsp.extend(&payload);
        rbsp.extend([144, 4, 3, 0xe8, 1, 0x90, 147, 1, 18, 148, 8, 0, 0x2f, 0x9b, 0x80, 0x3d, 0x13, 0x40, 0x42]);
        // Not cancelled, flipped across, 90 degrees (0x4000), period 1 (010), no extension.
        rbsp.extend([47, 3, 0b0100_1000, 0b0000_0000, 0b0000_1000, 5, 18]);
        rbsp.extend(0u8..16);
        rbsp.extend([7, 8, 0x80]);
        let got: Vec<_> = messages(&rbsp, None).map(|m| m.unwrap()).collect();
        let want = [
            SeiMessage::MasteringDisplay(MasteringDisplay {
                display_primaries: [(13250, 34500), (7500, 3000), (34000, 16000)],
                white_point: (15635, 16450),
                max_display_mastering_luminance: 10_000_000,
                min_display_mastering_luminance: 50,
            }),
            SeiMessage::ContentLight(ContentLight { max_content_light_level: 1000, max_pic_average_light_level: 400 }),
            SeiMessage::AlternativeTransfer(18),
            SeiMessage::AmbientViewing(AmbientViewing {
                ambient_illuminance: 3_120_000,
                ambient_light: (15635, 16450),
            }),
            SeiMessage::DisplayOrientation(DisplayOrientation {
                orientation: Some(Orientation {
                    hor_flip: true,
                    ver_flip: false,
                    anticlockwise_rotation: 0x4000,
                    repetition_period: 1,
                }),
            }),
            SeiMessage::UserDataUnregistered { uuid: core::array::from_fn(|i| i as u8), payload: &[7, 8] },
        ];
        assert_eq!(got, want);
    }

    #[test]
    fn a_frame_packing_arrangement() {
        let mut w = BitWriter::new();
        w.ue(3);
        w.flag(false);
        w.u(3, 7);
        w.u(0b00_0001_0101, 10);
        w.u(0b010, 3);
        w.u(0x1234, 16);
        w.u(0, 8);
        w.ue(1);
        w.flag(false);
        w.align_with(false);
        let payload = w.into_bytes();
        let mut rbsp = vec![45, payload.len() as u8];
        rbsp.extend(&payload);
        // Cancelled: id 0 (1), cancel (1).
        rbsp.extend([45, 1, 0b1110_0000, 0x80]);
        let got: Vec<_> = messages(&rbsp, None).map(|m| m.unwrap()).collect();
        let arrangement = Arrangement {
            kind: 3,
            quincunx_sampling_flag: false,
            content_interpretation_type: 2,
            spatial_flipping_flag: true,
            frame0_flipped_flag: false,
            field_views_flag: true,
            current_frame_is_frame0_flag: false,
            self_contained: [true, false],
            grid_position: [(1, 2), (3, 4)],
            repetition_period: 1,
        };
        let want = [
            SeiMessage::FramePacking(FramePacking { id: 3, arrangement: Some(arrangement) }),
            SeiMessage::FramePacking(FramePacking { id: 0, arrangement: None }),
        ];
        assert_eq!(got, want);
    }

    #[test]
    fn a_message_that_is_too_short_does_not_hide_the_next() {
        let got: Vec<_> = messages(&[137, 2, 1, 2, 5, 3, 0, 0, 0, 147, 1, 9, 0x80], None).collect();
        assert!(got[0].is_err() && got[1].is_err());
        assert_eq!(got[2..], [Ok(SeiMessage::AlternativeTransfer(9))]);
    }
}
