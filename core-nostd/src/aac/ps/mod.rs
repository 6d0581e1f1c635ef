//! Parametric stereo (ISO/IEC 14496-3 8.6.4): two channels from one and a description of what they have in common. All of it: 10, 20 and
//! 34 bands, phases, both mixing procedures.
//!
//! | file | holds |
//! |---|---|
//! | here | [`Ps`]: from a channel's QMF bands to those of two |
//! | `data` | `ps_data()` |
//! | `hybrid` | the lowest QMF bands, split further |
//! | `decorrelate` | the signal that has nothing in common with the channel but its spectrum |
//! | `mix` | mixing coefficients and how they change |
//! | `tables` | codes, filters, coefficients |
mod data;
mod decorrelate;
mod hybrid;
mod mix;
mod tables;

use crate::aac::sbr::{self, Synthesis};
use crate::bits::BitReader;
use crate::error::Result;
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use data::Data;
use decorrelate::Decorrelator;
use hybrid::Hybrid;
use mix::Mixer;
use tables::{BANDS_20, BANDS_34, Resolution};
use transcode_simd::Kernels;

/// The hybrid bands of a slot: real parts, then imaginary parts. No resolution has more than 91; the rest is silent.
type Bands = [[f32; ROW]; 2];
/// Places for hybrid bands in a row.
const ROW: usize = 96;

/// What parametric stereo keeps of a stream.
#[derive(Debug)]
pub(crate) struct Ps {
    data: Data,
    /// Data of this frame have been read.
    present: bool,
    /// The last frame had stereo.
    running: bool,
    resolution: &'static Resolution,
    hybrid: Hybrid,
    decorrelator: Box<Decorrelator>,
    mixer: Mixer,
    /// Slots of a frame.
    slots: usize,
    /// Makes the right channel.
    synthesis: Synthesis,
    /// The finished frame of the right channel.
    samples: Vec<f32>,
}

impl Ps {
    /// For frames of `slots` slots of QMF bands, which make `samples` samples.
    pub(crate) fn new(slots: usize, samples: usize) -> Box<Self> {
        Box::new(Self {
            data: Data::new(),
            present: false,
            running: false,
            resolution: &BANDS_20,
            hybrid: Hybrid::new(),
            decorrelator: Box::new(Decorrelator::new()),
            mixer: Mixer::new(),
            slots,
            synthesis: Synthesis::new(false),
            samples: vec![0.0; samples],
        })
    }

    /// Bytes of memory.
    pub(crate) const fn bytes() -> u64 {
        (size_of::<Self>() + size_of::<Decorrelator>() + 2048 * 4) as u64
    }

    /// A new frame begins: nothing has been read for it.
    pub(crate) fn begin(&mut self) {
        self.present = false;
    }

    /// Forgets what was before.
    pub(crate) fn reset(&mut self) {
        self.data = Data::new();
        (self.present, self.running) = (false, false);
        self.hybrid = Hybrid::new();
        *self.decorrelator = Decorrelator::new();
        self.mixer = Mixer::new();
        self.synthesis = Synthesis::new(false);
    }

    /// Reads `ps_data()`, which ends at bit `end` at the latest. After an error both channels sound the same until new data come.
    pub(crate) fn read(&mut self, r: &mut BitReader<'_>, end: usize) -> Result<()> {
        let result = self.data.read(r, end, self.slots);
        self.present = result.is_ok();
        if result.is_err() {
            self.data = Data::new();
        }
        result
    }

    /// Makes the frame from its slots and 6 of the next one: the left channel through `left`, the right one into [`Ps::samples`].
    pub(crate) fn process(&mut self, k: Kernels, input: &[sbr::Bands], left: &mut Synthesis, left_samples: &mut [f32]) {
        let slots = self.slots;
        if !self.present {
            self.data.hold(slots);
        }
        if let Some(fine) = self.data.fine_bands()
            && fine != (self.resolution.bands == 34)
        {
            self.resolution = if fine { &BANDS_34 } else { &BANDS_20 };
            *self.decorrelator = Decorrelator::new();
            self.mixer.change(fine);
        }
        self.hybrid.take(input);
        let width = self.samples.len() / slots;
        if !self.data.started {
            // Nothing is known of stereo yet: both channels are the one.
            for (slot, out) in input.iter().zip(left_samples.chunks_exact_mut(width)) {
                left.slot(k, slot, out);
            }
            self.samples.copy_from_slice(left_samples);
            self.running = false;
            return;
        }
        if !self.running {
            self.synthesis = left.clone();
            self.running = true;
        }
        let mut out = left_samples.chunks_exact_mut(width).zip(self.samples.chunks_exact_mut(width));
        let mut start = 0;
        for e in 0..self.data.envelopes {
            let end = self.data.ends[e];
            self.mixer.next(&self.data, e, self.resolution, end.saturating_sub(start));
            for n in start..end.min(slots) {
                let mut direct = [[0.0; ROW]; 2];
                self.hybrid.analyse(k, self.resolution, n, &input[n], &mut direct);
                let mut diffuse = [[0.0; ROW]; 2];
                self.decorrelator.slot(k, self.resolution, &direct, &mut diffuse);
                self.mixer.slot(k, &mut direct, &mut diffuse);
                let Some((left_out, right_out)) = out.next() else { return };
                left.slot(k, &hybrid::join(self.resolution, &direct), left_out);
                self.synthesis.slot(k, &hybrid::join(self.resolution, &diffuse), right_out);
            }
            start = end.max(start);
        }
    }

    /// The finished frame of the right channel.
    pub(crate) fn samples(&self) -> &[f32] {
        &self.samples
    }
}
