//! From NAL unit to stored picture, clause 8: all that NAL units and headers decide.
//!
//! | file | holds |
//! |---|---|
//! | here | [`State`]: what there is, and what becomes of a NAL unit and of a frame |
//! | `start` | what begins a picture |
//! | `slices` | from a slice's NAL unit to its place in the picture |
//! | `finish` | what ends a picture |
//! | `current` | the picture being decoded, as its headers tell it |
//!
//! Macroblocks are the business of [`super::job`], and what is found damaged in them reaches
//! [`DecodedPicture::damage`](super::picture::DecodedPicture::damage) and the counters when a picture's job is done.

use super::current::{Current, FirstMbs, HalfFrame};
use super::flight::Flight;
use super::frame::{Frame, FrameInfo, PacketTime};
use super::frame_sei::SeiCollector;
use super::job::{PictureJob, Workbench};
use super::parameter_sets::ParameterSets;
use super::partition::PartitionQueue;
use super::picture::{PicturePool, RefPic};
use super::recovery::Recovery;
use super::timing::Display;
use super::{DecodeStats, DecoderConfig};
use crate::error::Result;
use crate::h264::dpb::Dpb;
use crate::h264::dpb::poc::PocState;
use crate::h264::nal::{NalHeader, nal_type};
use crate::h264::params::{HeaderMemory, SliceHeader, Sps};
use crate::workers::Workers;
use alloc::sync::Arc;

/// The state of decoding.
#[derive(Debug)]
pub(super) struct State {
    pub(super) config: DecoderConfig,
    pub(super) params: ParameterSets,
    /// Counters.
    pub(super) stats: DecodeStats,
    /// Times of the packet being read, until a picture takes them.
    pub(super) packet_time: Option<PacketTime>,
    pub(super) active_sps: Option<Arc<Sps>>,
    pub(super) pool: PicturePool,
    pub(super) dpb: Dpb,
    pub(super) poc: PocState,
    pub(super) bench: Workbench,
    /// Slices in data partitions that wait for the end of the picture.
    pub(super) partitions: PartitionQueue,
    /// The header of the one being decoded.
    pub(super) partition_header: SliceHeader,
    /// The header of the slice being read.
    pub(super) header: SliceHeader,
    pub(super) header_memory: HeaderMemory,
    /// Jobs that other threads do, if there are such threads.
    pub(super) flight: Option<Flight>,
    /// Memory of the picture before, for the next one.
    pub(super) spare: (Option<Arc<PictureJob>>, FirstMbs),
    pub(super) current: Option<Current>,
    pub(super) half_frame: Option<HalfFrame>,
    /// `PrevRefFrameNum`, or `None` before the first picture.
    pub(super) prev_ref_frame_num: Option<u32>,
    pub(super) recovery: Recovery,
    /// An end of sequence NAL unit came; an IDR picture should be next.
    pub(super) sequence_ended: bool,
    /// Messages for the next picture.
    pub(super) sei: SeiCollector,
    /// The reference that a stream without any refers to.
    pub(super) stand_in: Option<RefPic>,
    pub(super) next_pic_id: u32,
    pub(super) draining: bool,
}

impl State {
    pub(super) fn new(config: DecoderConfig, workers: Option<Arc<dyn Workers>>) -> Self {
        Self {
            config,
            params: ParameterSets::default(),
            stats: DecodeStats::default(),
            packet_time: None,
            active_sps: None,
            pool: PicturePool::default(),
            dpb: Dpb::default(),
            poc: PocState::default(),
            bench: Workbench::new(),
            partitions: PartitionQueue::default(),
            partition_header: SliceHeader::default(),
            header: SliceHeader::default(),
            header_memory: HeaderMemory::default(),
            // Who stops at the first error must know it before going on.
            flight: workers.filter(|_| !config.strict).map(Flight::new),
            spare: Default::default(),
            current: None,
            half_frame: None,
            prev_ref_frame_num: None,
            recovery: Recovery::default(),
            sequence_ended: false,
            sei: SeiCollector::default(),
            stand_in: None,
            next_pic_id: 0,
            draining: false,
        }
    }

    /// Forgets everything but the parameter sets and the counters.
    pub(super) fn reset(&mut self) {
        if let Some(flight) = &mut self.flight {
            flight.land_all(&mut self.stats);
        }
        let half = self.half_frame.take().map(|half| half.current);
        for current in [self.current.take(), half].into_iter().flatten() {
            self.recycle(current);
        }
        self.partitions.clear();
        self.dpb.clear();
        self.poc = PocState::default();
        self.packet_time = None;
        self.prev_ref_frame_num = None;
        self.recovery = Recovery::default();
        self.sequence_ended = false;
        self.sei = SeiCollector::default();
        self.draining = false;
    }

    /// The next frame that has left the decoded picture buffer.
    pub(super) fn take_frame(&mut self) -> Option<Frame> {
        if !self.has_frame() {
            return None;
        }
        let ready = self.dpb.take_ready()?;
        let FrameInfo { crop, time, key, display, slice_type, video, sei } = ready.info;
        let Display { field_order, repeat_fields, ticks } = display;
        let corrupt = ready.pic.damage.is_set();
        Some(Frame {
            pic: ready.pic,
            crop,
            time,
            key,
            corrupt,
            field_order,
            repeat_fields,
            ticks,
            slice_type,
            video,
            sei,
        })
    }

    /// Whether a frame has left the decoded picture buffer and is decoded.
    pub(super) fn has_frame(&mut self) -> bool {
        let Some(first) = self.dpb.first_ready() else { return false };
        match &mut self.flight {
            None => true,
            Some(flight) => {
                flight.land(&mut self.stats);
                !flight.holds(first)
            }
        }
    }

    /// Whether [`State::drain`] has been called.
    pub(super) fn is_draining(&self) -> bool {
        self.draining
    }

    /// Ends the stream: the last picture is finished and everything is output.
    pub(super) fn drain(&mut self) -> Result<()> {
        self.draining = true;
        let result = self.finish_picture().and(self.finish_half_frame());
        self.dpb.end_sequence();
        if let Some(flight) = &mut self.flight {
            flight.land_all(&mut self.stats);
        }
        result
    }

    /// Reads one NAL unit. False if frames have to be taken first; the same unit is then given again.
    pub(super) fn unit(&mut self, nal: NalHeader, rbsp: &[u8]) -> Result<bool> {
        match nal.nal_unit_type {
            nal_type::SLICE | nal_type::IDR | nal_type::PARTITION_A => return self.slice_unit(nal, rbsp),
            nal_type::PARTITION_B | nal_type::PARTITION_C => {
                self.partitions.attach(nal, rbsp, self.config.limits.max_packet_bytes)?;
            }
            nal_type::SEI => self.sei.unit(rbsp, &self.params, self.config.strict)?,
            nal_type::SPS => drop(self.params.set_sps(rbsp)?),
            nal_type::PPS => self.params.set_pps(rbsp)?,
            // All of these come after the last slice of a picture (7.4.1.2.3).
            nal_type::AUD => self.finish_picture()?,
            nal_type::END_OF_SEQUENCE | nal_type::END_OF_STREAM => {
                self.sequence_ended = true;
                self.finish_picture().and(self.finish_half_frame())?;
            }
            // Filler, auxiliary pictures, and the extensions for scalable, multiview and 3D video, without which
            // the base view is complete.
            _ => {}
        }
        Ok(true)
    }
}
