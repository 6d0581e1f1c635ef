//! Supplemental enhancement information, clause 7.3.2.3 and annex D. What decoding or its users need is typed; other
//! payloads are passed over.

use super::params::Sps;
use crate::bits::BitReader;
use crate::error::{Error, Result};

/// `recovery_point()`, D.1.8: decoding may start here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecoveryPoint {
    /// `recovery_frame_cnt`: frames in decoding order until the pictures are right in content.
    pub recovery_frame_cnt: u32,
    /// `exact_match_flag`.
    pub exact_match_flag: bool,
    /// `broken_link_flag`.
    pub broken_link_flag: bool,
}

/// A clock timestamp of `pic_timing()`, D.1.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClockTimestamp {
    /// `ct_type`: 0 progressive, 1 interlaced, 2 unknown.
    pub ct_type: u8,
    /// `nuit_field_based_flag`.
    pub nuit_field_based_flag: bool,
    /// `counting_type`.
    pub counting_type: u8,
    /// `discontinuity_flag`.
    pub discontinuity_flag: bool,
    /// `cnt_dropped_flag`.
    pub cnt_dropped_flag: bool,
    /// `n_frames`.
    pub n_frames: u8,
    /// `seconds_value`, if sent.
    pub seconds: Option<u8>,
    /// `minutes_value`, if sent.
    pub minutes: Option<u8>,
    /// `hours_value`, if sent.
    pub hours: Option<u8>,
    /// `time_offset`.
    pub time_offset: i32,
}

/// `pic_timing()`, D.1.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PicTiming {
    /// `cpb_removal_delay` and `dpb_output_delay`, if the sequence has HRD parameters.
    pub delays: Option<(u32, u32)>,
    /// `pic_struct` (table D-1), if the sequence sends it.
    pub pic_struct: Option<u8>,
    /// The clock timestamps that are sent.
    pub clock_timestamps: [Option<ClockTimestamp>; 3],
}

/// `frame_packing_arrangement()`, D.1.26: stereo video in one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FramePacking {
    /// `frame_packing_arrangement_id`.
    pub id: u32,
    /// The arrangement, or `None` for `frame_packing_arrangement_cancel_flag`.
    pub arrangement: Option<Arrangement>,
}

/// What a [`FramePacking`] that is not a cancellation says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrangement {
    /// `frame_packing_arrangement_type`: 0 checkerboard, 1 columns, 2 rows, 3 side by side, 4 top-bottom, 5 temporal, 6 2D.
    pub kind: u8,
    /// `quincunx_sampling_flag`.
    pub quincunx_sampling_flag: bool,
    /// `content_interpretation_type`: 1 means that frame 0 is the left view, 2 the right.
    pub content_interpretation_type: u8,
    /// `current_frame_is_frame0_flag`.
    pub current_frame_is_frame0_flag: bool,
    /// `frame_packing_arrangement_repetition_period`.
    pub repetition_period: u32,
}

/// One SEI message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeiMessage<'a> {
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
    /// Payload type 6.
    RecoveryPoint(RecoveryPoint),
    /// Payload type 45.
    FramePacking(FramePacking),
    /// Any other.
    Other {
        /// `payloadType`.
        payload_type: u32,
        /// The payload.
        payload: &'a [u8],
    },
}

/// The messages of `sei_rbsp()` (the payload without the NAL header, emulation prevention removed). `sps` is the active
/// sequence parameter set, without which picture timing cannot be read and comes as [`SeiMessage::Other`].
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
    let r = &mut BitReader::new(payload);
    Ok(match (payload_type, sps) {
        (1, Some(sps)) => SeiMessage::PicTiming(pic_timing(r, sps)?),
        (4, _) => {
            let first = r.u(8)? as u16;
            let (country_code, skip) = if first == 0xff { (first << 8 | r.u(8)? as u16, 2) } else { (first, 1) };
            SeiMessage::UserDataRegistered { country_code, payload: &payload[skip..] }
        }
        (6, _) => {
            let recovery_frame_cnt = r.ue()?;
            if recovery_frame_cnt > 65535 {
                return Err(r.invalid("recovery_frame_cnt"));
            }
            SeiMessage::RecoveryPoint(RecoveryPoint {
                recovery_frame_cnt,
                exact_match_flag: r.flag()?,
                broken_link_flag: r.flag()?,
            })
        }
        (45, _) => SeiMessage::FramePacking(frame_packing(r)?),
        _ => SeiMessage::Other { payload_type, payload },
    })
}

fn pic_timing(r: &mut BitReader<'_>, sps: &Sps) -> Result<PicTiming> {
    let mut timing = PicTiming::default();
    let Some(vui) = &sps.vui else { return Ok(timing) };
    let hrd = vui.nal_hrd.as_ref().or(vui.vcl_hrd.as_ref());
    if let Some(hrd) = hrd {
        timing.delays = Some((r.u(hrd.cpb_removal_delay_length.into())?, r.u(hrd.dpb_output_delay_length.into())?));
    }
    if vui.pic_struct_present_flag {
        let pic_struct = r.u(4)? as u8;
        timing.pic_struct = Some(pic_struct);
        // NumClockTS, table D-1.
        let num_clock_ts = match pic_struct {
            0..=2 => 1,
            3 | 4 | 7 => 2,
            5 | 6 | 8 => 3,
            _ => return Err(r.invalid("pic_struct")),
        };
        let time_offset_length = hrd.map_or(24, |h| h.time_offset_length);
        for t in &mut timing.clock_timestamps[..num_clock_ts] {
            if r.flag()? {
                *t = Some(clock_timestamp(r, time_offset_length)?);
            }
        }
    }
    Ok(timing)
}

fn clock_timestamp(r: &mut BitReader<'_>, time_offset_length: u8) -> Result<ClockTimestamp> {
    let mut t = ClockTimestamp {
        ct_type: r.u(2)? as u8,
        nuit_field_based_flag: r.flag()?,
        counting_type: r.u(5)? as u8,
        ..ClockTimestamp::default()
    };
    let full_timestamp_flag = r.flag()?;
    t.discontinuity_flag = r.flag()?;
    t.cnt_dropped_flag = r.flag()?;
    t.n_frames = r.u(8)? as u8;
    if full_timestamp_flag || r.flag()? {
        t.seconds = Some(r.u(6)? as u8);
        if full_timestamp_flag || r.flag()? {
            t.minutes = Some(r.u(6)? as u8);
            if full_timestamp_flag || r.flag()? {
                t.hours = Some(r.u(5)? as u8);
            }
        }
    }
    if time_offset_length > 0 {
        let n = u32::from(time_offset_length).min(32);
        // i(v): two's complement.
        t.time_offset = ((r.u(n)? << (32 - n)) as i32) >> (32 - n);
    }
    Ok(t)
}

fn frame_packing(r: &mut BitReader<'_>) -> Result<FramePacking> {
    let id = r.ue()?;
    if r.flag()? {
        return Ok(FramePacking { id, arrangement: None });
    }
    let kind = r.u(7)? as u8;
    let quincunx_sampling_flag = r.flag()?;
    let content_interpretation_type = r.u(6)? as u8;
    // spatial_flipping_flag, frame0_flipped_flag, field_views_flag
    r.u(3)?;
    let current_frame_is_frame0_flag = r.flag()?;
    // frame0_self_contained_flag, frame1_self_contained_flag
    r.u(2)?;
    if !quincunx_sampling_flag && kind != 5 {
        // The grid positions of both frames.
        r.u(16)?;
    }
    // frame_packing_arrangement_reserved_byte
    r.u(8)?;
    let repetition_period = r.ue()?;
    let arrangement = Arrangement {
        kind,
        quincunx_sampling_flag,
        content_interpretation_type,
        current_frame_is_frame0_flag,
        repetition_period,
    };
    Ok(FramePacking { id, arrangement: Some(arrangement) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bits::BitWriter;
    use crate::h264::dpb::tests::sps;
    use crate::h264::params::{HrdParameters, Vui};
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

    #[test]
    fn picture_timing() {
        let mut s = sps(1, 4);
        s.vui = Some(Vui {
            nal_hrd: Some(HrdParameters {
                cpb_removal_delay_length: 10,
                dpb_output_delay_length: 5,
                time_offset_length: 4,
                ..HrdParameters::default()
            }),
            pic_struct_present_flag: true,
            ..Vui::default()
        });
        let mut w = BitWriter::new();
        w.u(700, 10);
        w.u(9, 5);
        w.u(3, 4);
        w.flag(false);
        w.flag(true);
        w.u(1, 2);
        w.flag(true);
        w.u(4, 5);
        w.u(0b011, 3);
        w.u(24, 8);
        w.flag(true);
        w.u(59, 6);
        w.flag(false);
        w.u(0b1101, 4);
        let payload = w.into_bytes();
        let mut rbsp = vec![1, payload.len() as u8];
        rbsp.extend_from_slice(&payload);
        rbsp.push(0x80);
        let Some(Ok(SeiMessage::PicTiming(t))) = messages(&rbsp, Some(&s)).next() else { panic!() };
        assert_eq!((t.delays, t.pic_struct, t.clock_timestamps[0]), (Some((700, 9)), Some(3), None));
        let want = ClockTimestamp {
            ct_type: 1,
            nuit_field_based_flag: true,
            counting_type: 4,
            discontinuity_flag: true,
            cnt_dropped_flag: true,
            n_frames: 24,
            seconds: Some(59),
            minutes: None,
            hours: None,
            time_offset: -3,
        };
        assert_eq!(t.clock_timestamps[1], Some(want));
    }
}
