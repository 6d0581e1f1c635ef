//! Coding of a picture: its slice, deblocking, and the references it leaves.

use super::coder::{Coder, Entropy, Prediction};
use super::config::{Direct, EncoderConfig};
use super::frame::{Frame, FrameKind};
use super::level;
use super::lists::Lists;
use super::mb::{MbKind, MbState, Neighbours, QpState, SliceSyntax};
use super::motion::cost::MvPrices;
use super::presets::Tools;
use super::quant::{QuantTable, tables};
use super::rate::Verdict;
use super::reference::Reference;
use super::residual::CHROMA_QP_OFFSET;
use super::weight::Weights;
use super::write::Headers;
use crate::bits::BitWriter;
use crate::error::{Error, Result};
use crate::h264::cabac::encode::{CabacEncoder, Contexts};
use crate::h264::deblock;
use crate::h264::dec::picture::Structure;
use crate::h264::mb_info::{MbGrid, SliceInfo};
use crate::h264::params::SliceHeader;
use crate::h264::quant::chroma_qp;
use crate::picture::Picture;
use crate::unchecked::{MotionMut, PictureMut};
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

/// A coded picture and what to count of it.
pub(super) struct Coded {
    pub data: Vec<u8>,
    /// Bits of the packet in a byte stream.
    pub all_bits: u64,
    /// Bits of filler data among them.
    pub filler_bits: u64,
    /// How often it was coded.
    pub attempts: u64,
    /// Squared errors by plane, if they are wanted.
    pub squared_error: [u64; 3],
    /// Bits of the slice, without parameter sets and framing, which depend on [`super::StreamFormat`].
    pub bits: u64,
    /// Mean QP.
    pub qp: f32,
    /// Intra, inter, skipped macroblocks.
    pub macroblocks: [u64; 3],
}

/// What lives from picture to picture.
pub(super) struct PictureEncoder {
    tools: Tools,
    size: (usize, usize),
    max_mv_y: i32,
    quant: Vec<QuantTable>,
    /// The latest first.
    references: Vec<Reference>,
    spare: Vec<Reference>,
    /// The picture coded last, if nothing refers to it.
    unreferenced: Option<Reference>,
    weights: Weights,
    states: Vec<MbState>,
    grid: MbGrid,
    scratch: Box<Contexts>,
    /// Memory for the slice's bytes.
    bytes: Vec<u8>,
    header: SliceHeader,
    frame_num: u32,
    idr_pic_id: u32,
    /// Number of the latest IDR picture.
    key_number: u64,
}

impl fmt::Debug for PictureEncoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PictureEncoder")
            .field("size", &self.size)
            .field("frame_num", &self.frame_num)
            .finish_non_exhaustive()
    }
}

impl PictureEncoder {
    pub(super) fn new(config: &EncoderConfig, tools: Tools, level_idc: u8, headers: &Headers) -> Result<Self> {
        let size = config.size_in_mbs();
        let n = size.0 * size.1;
        // All the pictures that there will ever be: references and the one being coded.
        let spare = (0..=tools.dpb_frames).map(|_| Reference::new(16 * size.0, 16 * size.1)).collect::<Result<_>>()?;
        Ok(Self {
            tools,
            size,
            max_mv_y: 4 * level::by_idc(level_idc).map_or(128, |l| i32::from(l.max_vmv)),
            quant: tables(),
            references: Vec::with_capacity(usize::from(tools.dpb_frames) + 1),
            spare,
            unreferenced: None,
            weights: Weights::new(16 * size.0, 16 * size.1, tools.weight_p)?,
            states: vec![MbState::new(MbKind::Skip, 0); n],
            grid: MbGrid::default(),
            scratch: Box::new(Contexts::new(0, 26)),
            // No macroblock takes more than 3200 bits (A.3.1 j), so that this never grows.
            bytes: Vec::with_capacity(400 * n + 256),
            header: headers.slice_template(config),
            frame_num: 0,
            idr_pic_id: 0,
            key_number: 0,
        })
    }

    pub(super) fn reconstruction(&self) -> Option<&Picture<u8>> {
        self.unreferenced.as_ref().or(self.references.first()).map(|r| &r.picture)
    }

    /// Codes `frame` at `qp` before its macroblocks' offsets, with `sei` before it, and again as long as `judge`, who is told the bits of
    /// the packet in a byte stream, wants it otherwise.
    pub(super) fn encode(
        &mut self,
        config: &EncoderConfig,
        headers: &Headers,
        frame: &Frame,
        mut qp: f32,
        sei: &[u8],
        mut judge: impl FnMut(u64) -> Verdict,
    ) -> Result<Coded> {
        let (w, h) = self.size;
        let key = frame.kind == FrameKind::Key;
        self.spare.extend(self.unreferenced.take());
        if key {
            self.spare.append(&mut self.references);
            self.frame_num = 0;
            self.idr_pic_id ^= 1;
            self.key_number = frame.number;
        }
        let mut current = match self.spare.pop() {
            Some(r) => r,
            None => Reference::new(16 * w, 16 * h)?,
        };
        let mut given_up = false;
        let mut attempts = 0;
        let mut coded = loop {
            let mut coded = self.slice(config, headers, frame, &mut current, qp, sei, given_up)?;
            coded.all_bits = headers.stream_bits(config.stream_format, key, sei, &coded.data);
            attempts += 1;
            match judge(coded.all_bits) {
                Verdict::Keep(filler) => {
                    Headers::fill(config.stream_format, &mut coded.data, filler);
                    coded.filler_bits = 8 * filler as u64;
                    coded.all_bits += coded.filler_bits;
                    break coded;
                }
                Verdict::Again(other) => qp = other,
                Verdict::Give if given_up => {
                    return Err(Error::config("vbv_bufsize", "the buffer is too small for any picture of this size"));
                }
                Verdict::Give => given_up = true,
            }
        };
        coded.attempts = attempts;
        if config.deblock {
            self.deblock(config, &mut current, matches!(frame.kind, FrameKind::B | FrameKind::BRef));
        }
        if config.psnr {
            coded.squared_error = squared_error(config, &frame.source, &current.picture);
        }
        if frame.kind == FrameKind::B {
            self.unreferenced = Some(current);
        } else {
            current.finish(config.kernels);
            if self.references.len() >= usize::from(self.tools.dpb_frames) {
                self.spare.extend(self.references.pop());
            }
            self.references.insert(0, current);
            self.frame_num = (self.frame_num + 1) % headers.sps.max_frame_num();
        }
        Ok(coded)
    }

    /// Codes the slice of `frame`. `given_up` codes something that takes next to nothing in its place: what its first reference shows,
    /// or, where there is none, its mean colour.
    #[allow(clippy::too_many_arguments, reason = "what a slice is made of")]
    fn slice(
        &mut self,
        config: &EncoderConfig,
        headers: &Headers,
        frame: &Frame,
        current: &mut Reference,
        qp: f32,
        sei: &[u8],
        given_up: bool,
    ) -> Result<Coded> {
        let (w, h) = self.size;
        let key = frame.kind == FrameKind::Key;
        let b_slice = matches!(frame.kind, FrameKind::B | FrameKind::BRef);
        let poc = 2 * (frame.number - self.key_number) as i32;
        // All that come after a B picture are at most two.
        let most = [self.tools.references.into(), if b_slice { 2 } else { 0 }];
        let mut lists = Lists::new(&self.references, poc, most, b_slice && config.weight_b);
        self.weights.clear();
        self.weights.take_back(&mut self.header.pred_weight_table);
        if frame.kind == FrameKind::P && self.tools.weight_p > 0 {
            let fade = frame.fade().map(|(w, distance)| (w, poc - 2 * distance as i32));
            let twice = self.tools.weight_p > 1;
            self.weights.choose(config.kernels, &mut lists, &self.references, frame.stats, fade, twice);
            self.weights.lend(&mut self.header.pred_weight_table);
        }
        current.stats = frame.stats;
        (current.poc, current.frame_num, current.list_pocs) = (poc, self.frame_num, lists.pocs);
        let qps = |i: usize| match given_up {
            true => 51,
            false => libm::roundf(qp + frame.offsets[i]).clamp(0.0, 51.0) as u8,
        };
        let flat = if given_up && key { Some(mean_colour(&frame.source)?) } else { None };
        let source = match &flat {
            Some(flat) => flat,
            None if given_up => &self.references[lists.place(0, 0)].picture,
            None => &frame.source,
        };
        let slice_qp = (0..w * h).map(|i| u32::from(qps(i))).sum::<u32>().div_ceil((w * h) as u32) as u8;
        headers.slice(&mut self.header, frame.kind, [self.idr_pic_id, self.frame_num], poc, slice_qp);
        let header = &mut self.header;
        header.num_ref_idx_active = [0, 1].map(|l| lists.len(l) as u8);
        if frame.kind == FrameKind::P {
            let max = headers.sps.max_frame_num();
            lists.modifications(&self.references, self.frame_num, max, &mut header.ref_pic_list_modification[0]);
        } else {
            header.ref_pic_list_modification[0].clear();
        }
        let header = &self.header;
        let mut bits = BitWriter::reuse(core::mem::take(&mut self.bytes));
        header.write(&mut bits, &headers.sps, &headers.pps);
        let entropy = if config.cabac {
            bits.align_with(true);
            let init = if key { 0 } else { 1 + usize::from(header.cabac_init_idc) };
            Entropy::Cabac(CabacEncoder::new(bits.into_bytes(), Contexts::new(init, slice_qp)))
        } else {
            Entropy::Cavlc(bits, 0)
        };
        let mut coder = Coder {
            k: config.kernels,
            tools: self.tools,
            slice: SliceSyntax {
                kind: header.slice_type,
                references: header.num_ref_idx_active,
                transform_8x8: config.transform_8x8,
            },
            src: source,
            rec: &mut current.picture,
            pool: &self.references,
            lists,
            weights: &self.weights,
            direct_spatial: config.direct == Direct::Spatial,
            quant: &self.quant,
            states: &mut self.states,
            size: (w, h),
            max_mv_y: self.max_mv_y,
            entropy,
            scratch: &mut self.scratch,
            qp_state: QpState { qp: slice_qp, changed: false },
            at: (0, 0),
            nb: Neighbours::default(),
            src_at: [0; 3],
            rec_at: [0; 3],
            pred: Prediction::new(),
            hint: Default::default(),
            inter_is_better: false,
            mv_prices: MvPrices::cavlc(),
        };
        let mut macroblocks = [0; 3];
        for y in 0..h {
            for x in 0..w {
                let i = y * w + x;
                coder.start_mb(x, y);
                coder.hint = [0, 1].map(|list| frame.motion_hint(list, i));
                coder.inter_is_better = frame.prefers_inter(i);
                let mut q = qps(i);
                // A difference of one is not worth the bits that tell it.
                if q.abs_diff(coder.qp_state.qp) <= 1 {
                    q = coder.qp_state.qp;
                }
                let mut mb = coder.decide(q);
                coder.write(&mut mb, i + 1 == w * h);
                let kind = mb.state.kind;
                macroblocks[if kind.is_intra() { 0 } else { 1 + usize::from(kind == MbKind::Skip) }] += 1;
            }
        }
        let rbsp = match coder.entropy {
            Entropy::Cabac(e) => e.finish(),
            Entropy::Cavlc(mut w, _) => {
                w.rbsp_trailing_bits();
                w.into_bytes()
            }
        };
        let data = headers.packet(config.stream_format, header, sei, &rbsp);
        let bits = 8 * rbsp.len() as u64;
        self.bytes = rbsp;
        let qp_sum: u64 = self.states.iter().map(|s| u64::from(s.qp)).sum();
        for (m, s) in current.motion.iter_mut().zip(&self.states) {
            *m = s.motion();
            if !b_slice {
                // An edge is between two pictures even if one is in the list twice.
                for r in m.ref_pic[0].iter_mut().filter(|r| **r >= 0) {
                    *r = lists.pictures()[*r as usize & 15] as i8;
                }
            }
        }
        let qp = qp_sum as f32 / (w * h) as f32;
        Ok(Coded { data, bits, all_bits: 0, filler_bits: 0, attempts: 0, squared_error: [0; 3], qp, macroblocks })
    }

    fn deblock(&mut self, config: &EncoderConfig, current: &mut Reference, b_slice: bool) {
        self.grid.reset(self.size.0, self.size.1);
        self.grid.slices.push(SliceInfo {
            disable_deblocking_filter_idc: 0,
            filter_offset_a: self.header.filter_offset_a,
            filter_offset_b: self.header.filter_offset_b,
            b_slice,
        });
        for (i, s) in self.states.iter().enumerate() {
            self.grid.info[i] = s.info([chroma_qp(s.qp as i8, CHROMA_QP_OFFSET, 0); 2]);
        }
        let motion = MotionMut::of(&mut current.motion, 0);
        let Ok(mut picture) = PictureMut::of(&mut current.picture) else { return };
        for y in 0..self.size.1 {
            deblock::row(config.kernels, &mut picture, Structure::Frame, &self.grid, &motion, y);
        }
    }
}

/// A picture of the mean colour of `source`.
fn mean_colour(source: &Picture<u8>) -> Result<Picture<u8>> {
    let mut flat = Picture::new(source.format(), source.width(), source.height(), 0)?;
    for (to, from) in flat.planes_mut().iter_mut().zip(source.planes()) {
        let sum: u64 = from.rows().flatten().map(|&v| u64::from(v)).sum();
        let mean = (sum / (from.width() * from.height()).max(1) as u64) as u8;
        (0..to.height()).for_each(|y| to.row_mut(y).fill(mean));
    }
    Ok(flat)
}

/// Squared error of the part that is shown, by plane.
fn squared_error(config: &EncoderConfig, source: &Picture<u8>, coded: &Picture<u8>) -> [u64; 3] {
    core::array::from_fn(|i| {
        let of = |size: u32| if i == 0 { size as usize } else { size.div_ceil(2) as usize };
        let (w, h) = (of(config.width), of(config.height));
        let rows = source.plane(i).rows().zip(coded.plane(i).rows()).take(h);
        rows.flat_map(|(a, b)| a[..w].iter().zip(&b[..w])).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum()
    })
}
