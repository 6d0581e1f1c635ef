//! Messages about time and order: when a picture leaves the coded picture buffer, when it is shown, and from where on decoding
//! is right.

use crate::bits::BitReader;
use crate::error::{Error, Result};
use crate::h264::params::{HrdParameters, Sps};
use alloc::vec::Vec;

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

impl RecoveryPoint {
    pub(super) fn read(r: &mut BitReader<'_>) -> Result<Self> {
        let recovery_frame_cnt = r.ue()?;
        if recovery_frame_cnt > 65535 {
            return Err(r.invalid("recovery_frame_cnt"));
        }
        Ok(Self { recovery_frame_cnt, exact_match_flag: r.flag()?, broken_link_flag: r.flag()? })
    }
}

/// When the first access unit after a buffering period may leave a coded picture buffer, in ticks of 90 kHz.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InitialCpbRemoval {
    /// `initial_cpb_removal_delay[SchedSelIdx]`.
    pub delay: u32,
    /// `initial_cpb_removal_delay_offset[SchedSelIdx]`.
    pub offset: u32,
}

/// `buffering_period()`, D.1.2.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BufferingPeriod {
    /// `seq_parameter_set_id`: the set that the period is of.
    pub seq_parameter_set_id: u8,
    /// One a buffer of `nal_hrd_parameters()`.
    pub nal: Vec<InitialCpbRemoval>,
    /// One a buffer of `vcl_hrd_parameters()`.
    pub vcl: Vec<InitialCpbRemoval>,
}

impl BufferingPeriod {
    /// The set that the message refers to, with which it is to be read.
    ///
    /// # Errors
    /// `UnexpectedEnd`, or `Invalid` for an id over 31.
    pub fn parse_id(payload: &[u8]) -> Result<u8> {
        let r = &mut BitReader::new(payload);
        match r.ue()? {
            id @ 0..=31 => Ok(id as u8),
            _ => Err(Error::invalid("seq_parameter_set_id").at_bit(0)),
        }
    }

    /// Reads `buffering_period()` that refers to `sps`.
    ///
    /// # Errors
    /// As [`BufferingPeriod::parse_id`].
    pub fn parse(payload: &[u8], sps: &Sps) -> Result<Self> {
        let mut period = Self { seq_parameter_set_id: Self::parse_id(payload)?, ..Self::default() };
        let r = &mut BitReader::new(payload);
        r.ue()?;
        let Some(vui) = &sps.vui else { return Ok(period) };
        for (hrd, buffers) in [(&vui.nal_hrd, &mut period.nal), (&vui.vcl_hrd, &mut period.vcl)] {
            let Some(HrdParameters { cpbs, initial_cpb_removal_delay_length, .. }) = hrd else { continue };
            let n = u32::from(*initial_cpb_removal_delay_length).min(32);
            for _ in cpbs {
                buffers.push(InitialCpbRemoval { delay: r.u(n)?, offset: r.u(n)? });
            }
        }
        Ok(period)
    }
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

impl PicTiming {
    /// Reads `pic_timing()`. `sps` is the sequence parameter set that is active for the picture.
    ///
    /// # Errors
    /// `UnexpectedEnd`, or `Invalid` for a reserved `pic_struct`.
    pub fn parse(payload: &[u8], sps: &Sps) -> Result<Self> {
        let r = &mut BitReader::new(payload);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bits::BitWriter;
    use crate::h264::dpb::tests::sps;
    use crate::h264::params::Vui;
    use crate::h264::sei::{SeiMessage, messages};
    use std::vec;

    #[test]
    fn a_buffering_period_has_a_pair_a_buffer() {
        let mut s = sps(1, 4);
        let hrd = |n: usize, length| HrdParameters {
            cpbs: vec![(0, 0, false); n],
            initial_cpb_removal_delay_length: length,
            ..HrdParameters::default()
        };
        s.vui = Some(Vui { nal_hrd: Some(hrd(1, 24)), vcl_hrd: Some(hrd(2, 8)), ..Vui::default() });
        let mut w = BitWriter::new();
        w.ue(0);
        for (v, n) in [(90_000, 24), (5, 24), (1, 8), (2, 8), (3, 8), (4, 8)] {
            w.u(v, n);
        }
        w.align_with(false);
        let of = |delay, offset| InitialCpbRemoval { delay, offset };
        let want = BufferingPeriod { seq_parameter_set_id: 0, nal: vec![of(90_000, 5)], vcl: vec![of(1, 2), of(3, 4)] };
        let payload = w.into_bytes();
        assert_eq!(BufferingPeriod::parse(&payload, &s), Ok(want));
        assert!(BufferingPeriod::parse(&payload[..5], &s).is_err());
        assert_eq!(
            BufferingPeriod::parse_id(&[0b0000_0100, 0b0010_0000]).unwrap_err().kind,
            Error::invalid("seq_parameter_set_id").kind
        );
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
