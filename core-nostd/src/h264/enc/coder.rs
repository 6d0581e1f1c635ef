//! One picture being coded: what all macroblocks share and what the current one works on.

use super::lists::Lists;
use super::mb::{Mb, MbKind, MbState, Neighbours, QpState, SliceSyntax};
use super::motion::cost::MvPrices;
use super::presets::Tools;
use super::quant::QuantTable;
use super::reference::Reference;
use super::weight::Weights;
use super::{mb_cabac, mb_cavlc};
use crate::bits::BitWriter;
use crate::h264::cabac::encode::{CabacCounter, CabacEncoder, Contexts};
use crate::h264::cavlc::encode::BitCounter;
use crate::h264::mb_info::Mv;
use crate::picture::Picture;
use alloc::vec::Vec;
use transcode_simd::{BlockSize, Kernels, copy_block};

/// Where the slice data goes.
#[allow(clippy::large_enum_variant, reason = "there is one, and it stays where it is")]
pub(super) enum Entropy {
    /// CABAC.
    Cabac(CabacEncoder),
    /// CAVLC, with `mb_skip_run` so far.
    Cavlc(BitWriter, u32),
}

/// Predicted samples of a macroblock.
#[derive(Clone)]
pub(super) struct Prediction {
    /// 16 rows of 16.
    pub luma: [u8; 256],
    /// 8 rows of 8 each.
    pub chroma: [[u8; 64]; 2],
}

impl Prediction {
    /// All zero.
    pub(super) const fn new() -> Self {
        Self { luma: [0; 256], chroma: [[0; 64]; 2] }
    }
}

/// Coded samples of a macroblock, kept while another way is tried.
pub(super) type Samples = Prediction;

/// The state of coding one picture.
pub(super) struct Coder<'a> {
    pub k: Kernels,
    pub tools: Tools,
    pub slice: SliceSyntax,
    /// The picture to code, in coded size.
    pub src: &'a Picture<u8>,
    /// What a decoder will have, before deblocking.
    pub rec: &'a mut Picture<u8>,
    /// The coded pictures and which of them the lists have.
    pub pool: &'a [Reference],
    pub lists: Lists,
    /// Weights of list 0.
    pub weights: &'a Weights,
    /// `direct_spatial_mv_pred_flag`.
    pub direct_spatial: bool,
    pub quant: &'a [QuantTable],
    /// Macroblocks in address order, valid up to the current one.
    pub states: &'a mut Vec<MbState>,
    /// Size in macroblocks.
    pub size: (usize, usize),
    /// Reach of vertical vectors by the level, in quarter samples.
    pub max_mv_y: i32,
    pub entropy: Entropy,
    /// Contexts that counting works on.
    pub scratch: &'a mut Contexts,
    pub qp_state: QpState,
    /// The current macroblock's place.
    pub at: (usize, usize),
    pub nb: Neighbours,
    /// The current macroblock's first sample in the planes' data: source, reconstruction.
    pub src_at: [usize; 3],
    pub rec_at: [usize; 3],
    pub pred: Prediction,
    /// By list: the vector that the lookahead found for it into the first picture, in quarter samples.
    pub hint: [Mv; 2],
    /// The lookahead found that inter prediction serves it much better than intra prediction.
    pub inter_is_better: bool,
    /// What vectors cost.
    pub mv_prices: MvPrices,
}

impl<'a> Coder<'a> {
    /// A picture of a list.
    #[inline]
    pub(super) fn reference(&self, list: usize, index: usize) -> &'a Reference {
        &self.pool[self.lists.place(list, index)]
    }
    /// A picture of a list as it is searched: with its weights.
    #[inline]
    pub(super) fn searched(&self, list: usize, index: usize) -> &'a Reference {
        let weighted = if list == 0 { self.weights.searched(index) } else { None };
        weighted.unwrap_or_else(|| self.reference(list, index))
    }
    /// Goes to macroblock (`x`, `y`).
    pub(super) fn start_mb(&mut self, x: usize, y: usize) {
        if let (0, true, Entropy::Cabac(e)) = (x, self.slice.is_inter(), &self.entropy) {
            self.mv_prices = MvPrices::cabac(e.contexts());
        }
        self.at = (x, y);
        self.nb = Neighbours::of(self.states, self.size.0, x, y);
        for i in 0..3 {
            let n = if i == 0 { 16 } else { 8 } as isize;
            self.src_at[i] = self.src.plane(i).index(x as isize * n, y as isize * n);
            self.rec_at[i] = self.rec.plane(i).index(x as isize * n, y as isize * n);
        }
    }
    /// Source samples of plane `i` from sample (`x`, `y`) of the macroblock on, and the stride.
    #[inline]
    pub(super) fn source(&self, i: usize, x: usize, y: usize) -> (&[u8], usize) {
        let p = self.src.plane(i);
        (&p.data()[self.src_at[i] + y * p.stride() + x..], p.stride())
    }
    /// Reconstructed samples, likewise.
    #[inline]
    pub(super) fn coded(&self, i: usize, x: usize, y: usize) -> (&[u8], usize) {
        let p = self.rec.plane(i);
        (&p.data()[self.rec_at[i] + y * p.stride() + x..], p.stride())
    }
    /// Reconstructed samples to be changed.
    #[inline]
    pub(super) fn coded_mut(&mut self, i: usize, x: usize, y: usize) -> (&mut [u8], usize) {
        let at = self.rec_at[i];
        let p = self.rec.plane_mut(i);
        let stride = p.stride();
        (&mut p.data_mut()[at + y * stride + x..], stride)
    }

    /// Squared error of the coded macroblock.
    pub(super) fn distortion(&self) -> u32 {
        let one = |i, bs| {
            let ((a, sa), (b, sb)) = (self.source(i, 0, 0), self.coded(i, 0, 0));
            self.k.ssd(bs, a, sa, b, sb)
        };
        one(0, BlockSize::B16x16) + one(1, BlockSize::B8x8) + one(2, BlockSize::B8x8)
    }

    /// Copies the coded samples out.
    pub(super) fn save(&self, to: &mut Samples) {
        let (s, stride) = self.coded(0, 0, 0);
        copy_block(BlockSize::B16x16, &mut to.luma, 16, s, stride);
        for c in 0..2 {
            let (s, stride) = self.coded(c + 1, 0, 0);
            copy_block(BlockSize::B8x8, &mut to.chroma[c], 8, s, stride);
        }
    }
    /// Puts samples where coded ones go.
    pub(super) fn restore(&mut self, from: &Samples) {
        put_luma(self.rec, self.rec_at[0], from);
        put_chroma(self.rec, self.rec_at, from);
    }
    /// Puts the prediction of luma where coded samples go.
    pub(super) fn put_predicted_luma(&mut self) {
        put_luma(self.rec, self.rec_at[0], &self.pred);
    }
    /// Puts the prediction of chroma where coded samples go.
    pub(super) fn put_predicted_chroma(&mut self) {
        put_chroma(self.rec, self.rec_at, &self.pred);
    }
    /// Bits, in 1/256, that the macroblock would take now.
    pub(super) fn bits(&mut self, mb: &mut Mb) -> u32 {
        let mut qp = self.qp_state;
        match &self.entropy {
            Entropy::Cabac(e) => {
                self.scratch.copy_used_from(e.contexts());
                let mut c = CabacCounter::new(self.scratch);
                mb_cabac::macroblock(&mut c, mb, &self.nb, self.slice, &mut qp);
                c.cost()
            }
            Entropy::Cavlc(_, run) => {
                let mut c = BitCounter::default();
                let mut run = *run;
                mb_cavlc::macroblock(&mut c, mb, &self.nb, self.slice, &mut run, &mut qp);
                // A skipped macroblock makes the run longer by one: about a bit.
                256 * c.0.max(1)
            }
        }
    }

    /// Writes the macroblock and remembers it. The reconstruction must be in place.
    ///
    /// A macroblock of more than 3200 bits would break A.3.1 j: it becomes `I_PCM`.
    pub(super) fn write(&mut self, mb: &mut Mb, last: bool) {
        const MAX_BITS: u32 = 3200;
        // Levels cost at least a bit each, and rarely more than 10.
        let coefficients: u32 = mb.state.nnz.iter().map(|&n| u32::from(n)).sum();
        if mb.state.kind != MbKind::IPcm && coefficients > 150 && self.bits(mb) > (MAX_BITS - 32) * 256 {
            *mb = Mb::new(MbKind::IPcm, self.qp_state.qp);
        }
        if mb.state.kind == MbKind::IPcm {
            self.write_pcm(mb);
        } else {
            let coded_qp = mb.state.kind == MbKind::I16x16 || mb.state.cbp != 0;
            if !coded_qp {
                // Without mb_qp_delta the macroblock has the predicted QP.
                mb.state.qp = self.qp_state.qp;
            }
            match &mut self.entropy {
                Entropy::Cabac(e) => mb_cabac::macroblock(e, mb, &self.nb, self.slice, &mut self.qp_state),
                Entropy::Cavlc(w, run) => {
                    mb_cavlc::macroblock(w, mb, &self.nb, self.slice, run, &mut self.qp_state);
                }
            }
        }
        match &mut self.entropy {
            Entropy::Cabac(e) if !last => crate::h264::cabac::encode::BinSink::not_last(e),
            Entropy::Cavlc(w, run) if last && *run > 0 => mb_cavlc::flush_skip_run(w, run, self.slice),
            _ => {}
        }
        self.states[self.at.1 * self.size.0 + self.at.0] = mb.state;
    }

    fn write_pcm(&mut self, mb: &mut Mb) {
        let mut samples = Samples::new();
        for i in 0..3 {
            let n = if i == 0 { 16 } else { 8 };
            let (s, stride) = self.source(i, 0, 0);
            let to: &mut [u8] = if i == 0 { &mut samples.luma } else { &mut samples.chroma[i - 1] };
            for (d, s) in to.chunks_exact_mut(n).zip(s.chunks(stride)) {
                d.copy_from_slice(&s[..n]);
            }
        }
        self.restore(&samples);
        let bytes = samples.luma.iter().chain(samples.chroma.iter().flatten()).copied();
        match &mut self.entropy {
            Entropy::Cabac(e) => {
                mb_cabac::pcm_prefix(e, &self.nb, self.slice, &mut self.qp_state);
                e.pcm(bytes);
            }
            Entropy::Cavlc(w, run) => {
                mb_cavlc::pcm_prefix(w, self.slice, run, &mut self.qp_state);
                w.align_with(false);
                for b in bytes {
                    w.u(b.into(), 8);
                }
            }
        }
        // For neighbours every block counts as full (9.2.1, 9.3.3.1.1.9). QPY stays the predicted one (7.4.5), though
        // deblocking takes 0.
        let st = &mut mb.state;
        st.nnz = [16; 24];
        st.cbp = 0x2f;
        st.dc_coded = 7;
        st.qp = 0;
    }
}

fn put_luma(picture: &mut Picture<u8>, at: usize, from: &Samples) {
    let p = picture.plane_mut(0);
    let stride = p.stride();
    copy_block(BlockSize::B16x16, &mut p.data_mut()[at..], stride, &from.luma, 16);
}

fn put_chroma(picture: &mut Picture<u8>, at: [usize; 3], from: &Samples) {
    for c in 0..2 {
        let p = picture.plane_mut(c + 1);
        let stride = p.stride();
        copy_block(BlockSize::B8x8, &mut p.data_mut()[at[c + 1]..], stride, &from.chroma[c], 8);
    }
}
