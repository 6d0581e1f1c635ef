//! Which pictures are right where decoding began without an IDR picture, or went on after a loss (D.2.8).
//!
//! All of it follows from slice headers and SEI messages: damage that shows only in macroblocks is told by the pictures
//! themselves, and this says which of them need not be asked.

use crate::h264::sei::RecoveryPoint;

/// A picture that begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start {
    /// It is an IDR picture.
    pub(super) idr: bool,
    /// No picture came before it.
    pub(super) first: bool,
    /// Its first slice is an I slice.
    pub(super) intra: bool,
    /// `nal_ref_idc` is not 0.
    pub(super) reference: bool,
    /// `frame_num`.
    pub(super) frame_num: u32,
    /// `MaxFrameNum`.
    pub(super) max_frame_num: u32,
    /// `PicOrderCnt()`.
    pub(super) poc: i32,
    /// Its id: greater than those of the pictures before it.
    pub(super) pic_id: u32,
    /// The recovery point message that came with it.
    pub(super) recovery_point: Option<RecoveryPoint>,
}

/// What is to be thought of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Trust {
    /// It is damaged, whatever it refers to.
    pub(super) corrupt: bool,
    /// Of what it refers to, pictures with smaller ids count as undamaged.
    pub(super) from: Option<u32>,
}

/// A recovery point that has been announced.
#[derive(Debug, Clone, Copy)]
struct Pending {
    /// `frame_num` of the picture with the message.
    frame_num: u32,
    /// `recovery_frame_cnt`.
    frames: u32,
}

/// The last recovery point that was reached.
#[derive(Debug, Clone, Copy)]
struct Point {
    pic_id: u32,
    /// Pictures before this order count refer to what was before the point.
    poc: i32,
    /// What was before the point was never received.
    is_start: bool,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Recovery {
    /// Decoding began without an IDR picture and no recovery point has been reached.
    unsure: bool,
    pending: Option<Pending>,
    point: Option<Point>,
}

impl Recovery {
    /// Takes the next frame (or first field) in decoding order.
    pub(super) fn begin(&mut self, start: Start) -> Trust {
        if start.idr {
            *self = Self::default();
            return Trust::default();
        }
        let message = start.recovery_point;
        if start.first {
            // A stream that begins with an intra picture is as good as one that says so. With any other picture, damage shows in the
            // references: they are not there.
            self.unsure = message.is_some() || start.intra;
            self.pending =
                (message.is_none() && start.intra).then_some(Pending { frame_num: start.frame_num, frames: 0 });
        }
        if let (Some(m), None) = (message, self.pending) {
            self.pending = Some(Pending { frame_num: start.frame_num, frames: m.recovery_frame_cnt });
        }
        // It is the reference picture with that frame_num; which may be lost, then a later one will do.
        let mask = start.max_frame_num.wrapping_sub(1);
        let reached = |p: &Pending| start.reference && (start.frame_num.wrapping_sub(p.frame_num) & mask) >= p.frames;
        if self.pending.take_if(|p| reached(p)).is_some() {
            let broken_link = message.is_some_and(|m| m.broken_link_flag);
            self.point = Some(Point { pic_id: start.pic_id, poc: start.poc, is_start: self.unsure || broken_link });
            self.unsure = false;
        }
        let mut trust = Trust { corrupt: self.unsure, from: None };
        match self.point {
            Some(point) if start.poc >= point.poc => trust.from = Some(point.pic_id),
            // A leading picture: it follows the point in decoding order and precedes it in output order.
            Some(point) => trust.corrupt |= point.is_start,
            None => {}
        }
        trust
    }

    /// Order counts begin anew (`memory_management_control_operation` 5).
    pub(super) fn restart_order(&mut self) {
        if let Some(point) = &mut self.point {
            point.poc = i32::MIN;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(pic_id: u32, frame_num: u32, poc: i32) -> Start {
        Start {
            idr: false,
            first: pic_id == 0,
            intra: false,
            reference: true,
            frame_num,
            max_frame_num: 16,
            poc,
            pic_id,
            recovery_point: None,
        }
    }

    fn with_message(s: Start, recovery_frame_cnt: u32) -> Start {
        let recovery_point =
            Some(RecoveryPoint { recovery_frame_cnt, exact_match_flag: true, broken_link_flag: false });
        Start { recovery_point, ..s }
    }

    const RIGHT: Trust = Trust { corrupt: false, from: None };
    const WRONG: Trust = Trust { corrupt: true, from: None };

    #[test]
    fn an_open_group_of_pictures_at_the_start_has_damaged_leading_pictures() {
        for (message, intra) in [(Some(0), true), (None, true)] {
            let mut r = Recovery::default();
            let first = Start { intra, ..start(0, 14, 20) };
            let first = message.map_or(first, |n| with_message(first, n));
            let trusted = Trust { corrupt: false, from: Some(0) };
            assert_eq!(r.begin(first), trusted);
            assert_eq!(r.begin(start(1, 15, 16)), WRONG);
            assert_eq!(r.begin(start(2, 15, 18)), WRONG);
            assert_eq!(r.begin(start(3, 15, 28)), trusted);
            r.restart_order();
            assert_eq!(r.begin(start(4, 1, 2)), trusted);
            assert_eq!(r.begin(Start { idr: true, ..start(5, 0, 0) }), RIGHT);
        }
    }

    #[test]
    fn a_gradual_refresh_ends_at_its_frame_num_or_behind_it() {
        for target in [2, 4] {
            let mut r = Recovery::default();
            assert_eq!(r.begin(with_message(start(0, 14, 0), 4)), WRONG);
            assert_eq!(r.begin(start(1, 15, 2)), WRONG);
            // Another one that begins before the first is over does not put it off.
            assert_eq!(r.begin(with_message(start(2, 0, 4), 9)), WRONG);
            assert_eq!(r.begin(Start { reference: false, ..start(3, target, 6) }), WRONG);
            assert_eq!(r.begin(start(3, target, 8)), Trust { corrupt: false, from: Some(3) });
        }
    }

    #[test]
    fn in_the_middle_a_recovery_point_ends_what_was_damaged_before() {
        let mut r = Recovery::default();
        assert_eq!(r.begin(Start { idr: true, first: true, ..start(0, 0, 0) }), RIGHT);
        assert_eq!(r.begin(start(1, 1, 8)), RIGHT);
        assert_eq!(r.begin(with_message(start(2, 2, 16), 0)), Trust { corrupt: false, from: Some(2) });
        // A leading picture is right if what it refers to is.
        assert_eq!(r.begin(start(3, 3, 12)), RIGHT);
        assert_eq!(r.begin(start(4, 3, 20)), Trust { corrupt: false, from: Some(2) });
    }

    #[test]
    fn without_intra_picture_and_message_the_references_tell() {
        let mut r = Recovery::default();
        assert_eq!(r.begin(start(0, 3, 0)), RIGHT);
        assert_eq!(r.begin(start(1, 4, 2)), RIGHT);
    }
}
