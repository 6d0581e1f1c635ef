//! What the stream says of the decoder's buffer: buffering period and picture timing SEI (D.1.2, D.1.3), filler data (7.3.2.7).

use super::config::{EncoderConfig, NalHrd};
use super::frame::FrameKind;
use super::rate::vbv::Vbv;
use crate::bits::BitWriter;
use crate::h264::nal::{NalHeader, escape, nal_type};
use crate::h264::params::vui::HrdParameters;
use crate::h264::sei::payload_type;
use alloc::vec;
use alloc::vec::Vec;

/// Bits of `initial_cpb_removal_delay` and its offset: up to 12 hours of buffer.
const INITIAL_BITS: u8 = 32;
/// Bits of `cpb_removal_delay`, which counts modulo.
const REMOVAL_BITS: u8 = 24;
/// Bits of `dpb_output_delay`: no picture is shown more than 18 pictures after it is decoded.
const OUTPUT_BITS: u8 = 8;

/// `hrd_parameters()` of a configuration that signals them.
pub(super) fn parameters(config: &EncoderConfig) -> Option<HrdParameters> {
    let vbv = config.vbv.filter(|_| config.nal_hrd != NalHrd::None)?;
    let (rate, size) = vbv.signalled(config.nal_hrd);
    Some(HrdParameters {
        bit_rate_scale: 0,
        cpb_size_scale: 0,
        cpbs: vec![((rate >> 6) as u32 - 1, (size >> 4) as u32 - 1, config.nal_hrd == NalHrd::Cbr)],
        initial_cpb_removal_delay_length: INITIAL_BITS,
        cpb_removal_delay_length: REMOVAL_BITS,
        dpb_output_delay_length: OUTPUT_BITS,
        time_offset_length: 0,
    })
}

/// Counts pictures for the times of their SEI.
#[derive(Debug, Clone)]
pub(super) struct Hrd {
    /// By how many pictures output is late, so that each is decoded by then.
    delay: u64,
    /// Pictures coded, and which of them began the latest buffering period.
    coded: u64,
    period: u64,
}

impl Hrd {
    /// Of a configuration that signals them.
    pub(super) fn new(config: &EncoderConfig, reordered: u8) -> Option<Self> {
        (config.nal_hrd != NalHrd::None).then_some(Self { delay: reordered.into(), coded: 0, period: 0 })
    }

    /// The NAL unit before the slice of the next picture, which is the `number`th to be shown.
    pub(super) fn sei(&mut self, kind: FrameKind, number: u64, vbv: &Vbv) -> Vec<u8> {
        let mut rbsp = Vec::with_capacity(32);
        let mut message = |payload_type: u32, payload: BitWriter| {
            let payload = payload.into_bytes();
            rbsp.extend([payload_type as u8, payload.len() as u8]);
            rbsp.extend_from_slice(&payload);
        };
        // D.1: what does not fill a byte is filled up by a one and zeros.
        let filled = |mut w: BitWriter| {
            if !w.is_aligned() {
                w.flag(true);
                w.align_with(false);
            }
            w
        };
        if kind == FrameKind::Key {
            let mut w = BitWriter::new();
            w.ue(0);
            vbv.delays().iter().for_each(|&d| w.u(d, INITIAL_BITS.into()));
            message(payload_type::BUFFERING_PERIOD, filled(w));
        }
        let mut w = BitWriter::new();
        // A picture lasts two ticks.
        w.u((2 * (self.coded - self.period)) as u32 & ((1 << REMOVAL_BITS) - 1), REMOVAL_BITS.into());
        w.u((2 * (number + self.delay - self.coded)) as u32 & ((1 << OUTPUT_BITS) - 1), OUTPUT_BITS.into());
        message(payload_type::PIC_TIMING, filled(w));
        if kind == FrameKind::Key {
            self.period = self.coded;
        }
        self.coded += 1;
        rbsp.push(0x80);
        let mut unit = Vec::with_capacity(rbsp.len() + 8);
        unit.push(NalHeader { nal_ref_idc: 0, nal_unit_type: nal_type::SEI }.to_byte());
        escape(&rbsp, &mut unit);
        unit
    }
}

/// A NAL unit of filler data that takes `bytes` with a four-byte start code or length, at least 6.
pub(super) fn filler(bytes: usize) -> Vec<u8> {
    let mut unit = vec![0xff; bytes.max(6) - 4];
    unit[0] = NalHeader { nal_ref_idc: 0, nal_unit_type: nal_type::FILLER }.to_byte();
    if let Some(last) = unit.last_mut() {
        *last = 0x80;
    }
    unit
}
