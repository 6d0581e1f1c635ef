//! HE-AAC: what spectral band replication (4.6.18) needs to be told, and the half of the spectrum that the core coder codes.
//!
//! | file | holds |
//! |---|---|
//! | here | [`Replicator`]: samples in, samples of half the rate and payloads out |
//! | `setup` | the header, by rate |
//! | `downsample` | to half the rate |
//! | `bank` | the analysis filterbank |
//! | `energy` | energies of bands in time slots |
//! | `grid` | when envelopes begin and end |
//! | `texture` | tone and noise |
//! | `envelope` | rows of levels, and how they are told |
//! | `codes` | their codewords |
//! | `element` | an element's frame: decisions, and `sbr_extension_data()` |
mod bank;
mod codes;
mod downsample;
mod element;
mod energy;
mod envelope;
mod grid;
mod setup;
mod texture;

use crate::aac::filterbank::Transform;
use crate::aac::layout::Kind;
use crate::aac::sbr::header::{Header, Tables};
use crate::aac::sbr::qmf::Complex;
use crate::error::Result;
use alloc::boxed::Box;
use alloc::vec::Vec;
use downsample::REACH;
use element::Element;
use transcode_simd::Kernels;

use super::bands::LINES;
use super::config::Plan;

/// Samples of a slot.
const SLOT: usize = 64;
/// Slots of a frame.
const FRAME_SLOTS: usize = 32;
/// Slots before a frame that are kept.
const BEFORE: usize = 8;
/// A decoder's slots are so many behind its core coder.
const LATE: usize = 6;
/// Samples before a slot's that its bands depend on.
const HISTORY: usize = 640 - SLOT;
/// Samples behind a slot's that the core coder's depend on.
const AHEAD: usize = SLOT;
/// Samples by which a decoder's SBR is late: the slots, and its filterbanks.
const DELAY: usize = SLOT * LATE + 578;

/// Samples at the start of what a decoder makes of the stream that are not of the input.
pub(crate) const PRIMING: u32 = (2 * LINES + DELAY) as u32;

/// A channel's samples and slots.
#[derive(Debug)]
struct Channel {
    /// From [`HISTORY`] samples before the next slot's first on.
    input: Vec<f32>,
    /// From [`BEFORE`] slots before the frame's first on.
    slots: Vec<[Complex; 64]>,
}

/// Halves the rate, and describes the upper half of the spectrum.
#[derive(Debug)]
pub(crate) struct Replicator {
    kernels: Kernels,
    transform: Box<Transform>,
    channels: Vec<Channel>,
    elements: Vec<Element>,
    setup: Setup,
    payloads: Vec<Vec<u8>>,
    frame: u64,
}

/// What holds for the stream.
#[derive(Debug)]
struct Setup {
    header: Header,
    tables: Tables,
    /// For each replicated band, the one that it is copied from.
    sources: [u8; 64],
    /// Bits of an element's payload at most, for each of its channels.
    most: usize,
}

/// Where replication begins in Hz, for a stream of a plan's rates.
///
/// # Errors
/// `InvalidConfig` for a rate that has no bands.
pub(crate) fn crossover(rate: u32, bits_per_channel: u32) -> Result<u32> {
    let (_, tables) = setup::choose(rate, bits_per_channel)?;
    Ok(tables.kx as u32 * rate / 128)
}

impl Replicator {
    /// For a stream whose core coder has half of `rate`.
    ///
    /// # Errors
    /// `InvalidConfig` for a rate that has no bands.
    pub(crate) fn new(kernels: Kernels, plan: &Plan) -> Result<Self> {
        let rate = 2 * plan.asc.sampling_frequency;
        let (header, tables) = setup::choose(rate, plan.bits_per_channel)?;
        let mut sources = [tables.kx.saturating_sub(1) as u8; 64];
        let mut to = tables.kx;
        for patch in tables.patches() {
            for from in patch.start..patch.start + patch.bands {
                sources[to.min(63)] = from as u8;
                to += 1;
            }
        }
        let frame = u64::from(plan.bits_per_channel) * LINES as u64 / u64::from(plan.asc.sampling_frequency);
        let channel = |_: &_| {
            let mut input = Vec::with_capacity(16 * LINES);
            input.resize(HISTORY + 2 * LINES, 0.0);
            let mut slots = Vec::with_capacity(8 * FRAME_SLOTS);
            slots.resize(BEFORE + LATE, [[0.0; 2]; 64]);
            Channel { input, slots }
        };
        let element = |slot: &crate::aac::layout::Slot| {
            let mut planes = [0; 2];
            planes[..slot.channels()].copy_from_slice(&plan.planes[slot.first..slot.first + slot.channels()]);
            Element::new(planes, if slot.kind == Kind::Lfe { 0 } else { slot.channels() })
        };
        Ok(Self {
            kernels,
            transform: Box::new(Transform::new()),
            channels: plan.layout.positions.iter().map(channel).collect(),
            elements: plan.layout.slots.iter().map(element).collect(),
            setup: Setup { header, tables, sources, most: (frame / 2) as usize },
            payloads: plan.layout.slots.iter().map(|_| Vec::with_capacity(270)).collect(),
            frame: 0,
        })
    }

    /// Takes samples of a plane, and adds those of half the rate that they complete to `core`: first those of a frame before the input's
    /// first sample.
    pub(crate) fn push(&mut self, plane: usize, samples: impl Iterator<Item = f32>, core: &mut Vec<f32>) {
        let channel = &mut self.channels[plane];
        channel.input.extend(samples);
        let mut at = 0;
        while let Some(part) = channel.input[at..].first_chunk::<{ HISTORY + SLOT + AHEAD }>() {
            for i in (0..SLOT).step_by(2) {
                let middle = HISTORY + i;
                let Some(samples) = part[middle - REACH..].first_chunk() else { break };
                core.push(downsample::half(samples));
            }
            if let Some(samples) = part.first_chunk() {
                channel.slots.push(bank::slot(self.kernels, &mut self.transform, samples));
            }
            at += SLOT;
        }
        channel.input.drain(..at);
    }

    /// The payloads of the next frame's elements; that of an LFE element is empty.
    pub(crate) fn next_frame(&mut self) -> &[Vec<u8>] {
        for (element, payload) in self.elements.iter_mut().zip(&mut self.payloads) {
            let slots = element.planes.map(|p| self.channels[p].slots.as_slice());
            let bytes = core::mem::take(payload);
            *payload = element.frame(&self.setup, slots, self.frame, bytes);
        }
        for channel in &mut self.channels {
            channel.slots.drain(..FRAME_SLOTS);
        }
        self.frame += 1;
        &self.payloads
    }
}
