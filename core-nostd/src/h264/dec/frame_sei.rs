//! The SEI messages on their way to the frame that they belong to.

use super::parameter_sets::ParameterSets;
use crate::error::Result;
use crate::h264::params::Sps;
use crate::h264::sei::{
    self, AmbientViewing, BufferingPeriod, ContentLight, DisplayOrientation, FramePacking, MasteringDisplay, PicTiming,
    RecoveryPoint, SeiMessage, payload_type,
};
use alloc::vec::Vec;

/// The SEI messages of a frame's access unit, and those of earlier ones that still hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FrameSei {
    /// Buffering period.
    pub buffering_period: Option<BufferingPeriod>,
    /// Picture timing; of two fields that of the first.
    pub pic_timing: Option<PicTiming>,
    /// Recovery point.
    pub recovery_point: Option<RecoveryPoint>,
    /// Frame packing arrangement. Holds on as its `repetition_period` says.
    pub frame_packing: Option<FramePacking>,
    /// Display orientation. Holds on as its `repetition_period` says.
    pub display_orientation: Option<DisplayOrientation>,
    /// Mastering display colour volume. Holds until the next IDR picture.
    pub mastering_display: Option<MasteringDisplay>,
    /// Content light levels. Hold until the next IDR picture.
    pub content_light: Option<ContentLight>,
    /// `preferred_transfer_characteristics` (table E-4). Holds until the next IDR picture.
    pub alternative_transfer: Option<u8>,
    /// Ambient viewing environment. Holds until the next IDR picture.
    pub ambient_viewing: Option<AmbientViewing>,
    /// Registered user data (closed captions): country code and payload of each message.
    pub user_data: Vec<(u16, Vec<u8>)>,
    /// Unregistered user data: the UUID and the payload of each message.
    pub user_data_unregistered: Vec<([u8; 16], Vec<u8>)>,
    /// Messages that were passed over.
    pub skipped: SkippedSei,
}

impl FrameSei {
    /// The `cc_data()` of ATSC A/53 part 4, 6.2.3.1: closed captions, three bytes each construct, in stream order.
    ///
    /// ```
    /// use transcode_core::h264::FrameSei;
    /// let mut sei = FrameSei::default();
    /// let payload = [0, 0x31, b'G', b'A', b'9', b'4', 3, 0x41, 0xff, 0xfc, 0x80, 0x80, 0xff];
    /// sei.user_data.push((0xb5, payload.to_vec()));
    /// assert_eq!(sei.captions().collect::<Vec<_>>(), [[0xfc, 0x80, 0x80]]);
    /// ```
    pub fn captions(&self) -> impl Iterator<Item = [u8; 3]> {
        // The United States, provider ATSC, user_identifier, user_data_type_code.
        const A53: &[u8] = &[0x00, 0x31, b'G', b'A', b'9', b'4', 0x03];
        let messages = self.user_data.iter().filter(|(country, _)| *country == 0xb5);
        messages.filter_map(|(_, payload)| payload.strip_prefix(A53)).flat_map(|data| {
            // process_cc_data_flag and cc_count; then em_data.
            let count = data.first().map_or(0, |&b| if b & 0x40 == 0 { 0 } else { usize::from(b & 31) });
            data.get(2..).unwrap_or_default().as_chunks().0.iter().copied().take(count)
        })
    }
}

/// What is told of SEI messages that are not given out: of types that this crate does not read, that were broken, or more of
/// them than an access unit may bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SkippedSei {
    /// How many there were.
    pub count: u32,
    types: [u32; Self::TYPES],
    len: u8,
}

impl SkippedSei {
    const TYPES: usize = 8;
    /// `payloadType` of them, each once; no more than eight are told apart. `u32::MAX` stands for messages that could not be read.
    pub fn types(&self) -> &[u32] {
        &self.types[..usize::from(self.len)]
    }
    fn add(&mut self, payload_type: u32) {
        self.count = self.count.saturating_add(1);
        if !self.types().contains(&payload_type)
            && let Some(free) = self.types.get_mut(usize::from(self.len))
        {
            *free = payload_type;
            self.len += 1;
        }
    }
}

/// User data messages of each kind that are kept of an access unit.
const MAX_USER_DATA: usize = 16;

/// The longest picture timing message: `pic_timing()` has 36 bytes at most, and what is behind it says nothing.
const MAX_PIC_TIMING: usize = 64;

/// Gathers messages for the next picture.
#[derive(Debug)]
pub(super) struct SeiCollector {
    next: FrameSei,
    /// `pic_timing()` as it was sent: which sequence parameter set it is to be read with shows in the first slice after it.
    pic_timing: [u8; MAX_PIC_TIMING],
    pic_timing_len: usize,
    /// What holds on after its access unit; no other fields are set.
    lasting: FrameSei,
}

impl Default for SeiCollector {
    fn default() -> Self {
        Self {
            next: FrameSei::default(),
            pic_timing: [0; MAX_PIC_TIMING],
            pic_timing_len: 0,
            lasting: FrameSei::default(),
        }
    }
}

impl SeiCollector {
    /// Takes the messages of a NAL unit. One that cannot be read says nothing, and no picture depends on it.
    ///
    /// # Errors
    /// If `strict`, the first thing wrong with the messages.
    pub(super) fn unit(&mut self, rbsp: &[u8], params: &ParameterSets, strict: bool) -> Result<()> {
        for message in sei::messages(rbsp, None) {
            match message.and_then(|m| self.message(m, params)) {
                Ok(()) => {}
                Err(e) if strict => return Err(e),
                Err(_) => self.next.skipped.add(u32::MAX),
            }
        }
        Ok(())
    }

    fn message(&mut self, message: SeiMessage<'_>, params: &ParameterSets) -> Result<()> {
        let next = &mut self.next;
        match message {
            SeiMessage::RecoveryPoint(m) => next.recovery_point = Some(m),
            SeiMessage::FramePacking(m) => next.frame_packing = Some(m),
            SeiMessage::DisplayOrientation(m) => next.display_orientation = Some(m),
            SeiMessage::MasteringDisplay(m) => next.mastering_display = Some(m),
            SeiMessage::ContentLight(m) => next.content_light = Some(m),
            SeiMessage::AlternativeTransfer(m) => next.alternative_transfer = Some(m),
            SeiMessage::AmbientViewing(m) => next.ambient_viewing = Some(m),
            SeiMessage::UserDataRegistered { country_code, payload } if next.user_data.len() < MAX_USER_DATA => {
                next.user_data.push((country_code, payload.into()));
            }
            SeiMessage::UserDataUnregistered { uuid, payload } if next.user_data_unregistered.len() < MAX_USER_DATA => {
                next.user_data_unregistered.push((uuid, payload.into()));
            }
            SeiMessage::UserDataRegistered { .. } => next.skipped.add(payload_type::USER_DATA_REGISTERED),
            SeiMessage::UserDataUnregistered { .. } => next.skipped.add(payload_type::USER_DATA_UNREGISTERED),
            SeiMessage::BufferingPeriod(m) => next.buffering_period = Some(m),
            SeiMessage::PicTiming(m) => next.pic_timing = Some(m),
            SeiMessage::Other { payload_type: payload_type::BUFFERING_PERIOD, payload } => {
                match params.sps(BufferingPeriod::parse_id(payload)?) {
                    Some(sps) => next.buffering_period = Some(BufferingPeriod::parse(payload, sps)?),
                    None => next.skipped.add(payload_type::BUFFERING_PERIOD),
                }
            }
            SeiMessage::Other { payload_type: payload_type::PIC_TIMING, payload } => {
                self.pic_timing_len = payload.len().min(MAX_PIC_TIMING);
                self.pic_timing[..self.pic_timing_len].copy_from_slice(&payload[..self.pic_timing_len]);
            }
            SeiMessage::Other { payload_type, .. } => next.skipped.add(payload_type),
        }
        Ok(())
    }

    /// The messages for a picture that begins, with `sps` active.
    pub(super) fn take(&mut self, sps: &Sps, idr: bool) -> FrameSei {
        let mut sei = core::mem::take(&mut self.next);
        if self.pic_timing_len > 0 {
            match PicTiming::parse(&self.pic_timing[..self.pic_timing_len], sps) {
                Ok(timing) => sei.pic_timing = Some(timing),
                Err(_) => sei.skipped.add(payload_type::PIC_TIMING),
            }
            self.pic_timing_len = 0;
        }
        if idr {
            self.lasting = FrameSei::default();
        }
        let l = &mut self.lasting;
        hold(&mut sei.mastering_display, &mut l.mastering_display, |_| true);
        hold(&mut sei.content_light, &mut l.content_light, |_| true);
        hold(&mut sei.alternative_transfer, &mut l.alternative_transfer, |_| true);
        hold(&mut sei.ambient_viewing, &mut l.ambient_viewing, |_| true);
        hold(&mut sei.frame_packing, &mut l.frame_packing, |m| m.arrangement.is_some_and(|a| a.repetition_period > 0));
        hold(&mut sei.display_orientation, &mut l.display_orientation, |m| {
            m.orientation.is_some_and(|o| o.repetition_period > 0)
        });
        sei
    }
}

/// A message replaces the one that holds on and, if it `lasts`, holds on itself; without one, the one that holds is repeated.
fn hold<T: Copy>(own: &mut Option<T>, lasting: &mut Option<T>, lasts: impl Fn(&T) -> bool) {
    match own {
        Some(m) => *lasting = Some(*m).filter(lasts),
        None => *own = *lasting,
    }
}

impl FrameSei {
    /// Adds what came with the second field of a frame.
    pub(super) fn add_second_field(&mut self, second: Self) {
        self.user_data.extend(second.user_data);
        self.user_data_unregistered.extend(second.user_data_unregistered);
        self.skipped.count = self.skipped.count.saturating_add(second.skipped.count);
        self.recovery_point = self.recovery_point.or(second.recovery_point);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::h264::dpb::tests::sps;
    use std::vec;

    fn collect(messages: &[&[u8]], idr: bool, c: &mut SeiCollector) -> FrameSei {
        for m in messages {
            let rbsp = [m, &[0x80][..]].concat();
            c.unit(&rbsp, &ParameterSets::default(), false).unwrap();
        }
        c.take(&sps(1, 4), idr)
    }

    #[test]
    fn what_is_said_of_the_sequence_holds_until_the_next_one() {
        let mut c = SeiCollector::default();
        let light: &[u8] = &[144, 4, 0, 9, 0, 8];
        let level = |sei: &FrameSei| sei.content_light.map(|c| c.max_content_light_level);
        assert_eq!(level(&collect(&[light], true, &mut c)), Some(9));
        assert_eq!(level(&collect(&[], false, &mut c)), Some(9));
        assert_eq!(level(&collect(&[], true, &mut c)), None);
        // Turned for one picture (period 0), then for all that follow (period 1), then cancelled.
        let turned = |sei: &FrameSei| sei.display_orientation.and_then(|d| d.orientation).map(|o| o.repetition_period);
        assert_eq!(turned(&collect(&[&[47, 3, 0x10, 0, 0b0001_0000]], false, &mut c)), Some(0));
        assert_eq!(turned(&collect(&[], false, &mut c)), None);
        assert_eq!(turned(&collect(&[&[47, 3, 0x10, 0, 0b0000_1000]], false, &mut c)), Some(1));
        assert_eq!(turned(&collect(&[], false, &mut c)), Some(1));
        assert_eq!(turned(&collect(&[&[47, 1, 0x80]], false, &mut c)), None);
        assert_eq!(turned(&collect(&[], false, &mut c)), None);
    }

    #[test]
    fn what_is_not_read_is_counted() {
        let mut c = SeiCollector::default();
        let sei = collect(&[&[3, 1, 9, 19, 1, 9, 3, 1, 9], &[137, 1, 0], &[4, 2, 0xb5, 7]], false, &mut c);
        assert_eq!((sei.skipped.count, sei.skipped.types()), (4, &[3, 19, u32::MAX][..]));
        assert_eq!(sei.user_data, [(0xb5, vec![7])]);
        let strict = c.unit(&[137, 1, 0, 0x80], &ParameterSets::default(), true).unwrap_err();
        assert_eq!(strict.position.map(|p| p.byte), Some(2));
        for _ in 0..20 {
            c.unit(&[4, 2, 0xb5, 7, 0x80], &ParameterSets::default(), true).unwrap();
        }
        let sei = c.take(&sps(1, 4), false);
        assert_eq!((sei.user_data.len(), sei.skipped.count), (16, 4));
    }
}
