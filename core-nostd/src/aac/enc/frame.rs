//! A frame: from two blocks of samples of each channel to a raw data block.

use super::bands::{Bands, LINES};
use super::block_switch::Detector;
use super::coded::Coded;
use super::config::Plan;
use super::noise::Substitution;
use super::psy::Model;
use super::quant::Quantiser;
use super::rate::{Budget, Rate};
use super::scalefactors::{Aims, Scale, Trellis, Way};
use super::stereo::{PHASES_TO_HZ, Stereo};
use super::tonality::History;
use super::{block_switch, section, stereo, tns, write};
use crate::aac::filterbank::{FilterBank, Shape};
use crate::aac::layout::Kind;
use crate::aac::syntax::ics::{INTENSITY_HCB2, MAX_BANDS, WindowSequence, ZERO_HCB};
use crate::aac::syntax::id;
use crate::aac::tables;
use crate::bits::BitWriter;
use alloc::boxed::Box;
use alloc::vec::Vec;
use transcode_simd::Kernels;

/// Lines of an LFE channel that may be other than zero: the lowest (4.5.2.1.3).
const LFE_LINES: usize = 12;

/// A channel from frame to frame.
#[derive(Debug)]
struct Channel {
    last_shape: usize,
    quantiser: Box<Quantiser>,
    loudness: [f32; MAX_BANDS],
    history: Box<History>,
    /// Of each band, how predictable it is.
    predictable: [f32; 64],
    /// Of the long block before.
    loudness_before: [f32; 64],
    detector: Detector,
    /// Attacks in this frame and the next.
    attacks: [bool; 2],
    aims: Aims,
    coded: Box<Coded>,
}

/// An element of the stream.
#[derive(Debug)]
struct Element {
    kind: Kind,
    tag: u32,
    /// First of its channels.
    first: usize,
    bands: Bands,
    /// `ms_used`
    ms: [bool; MAX_BANDS],
    /// Bands of a long window that may be coded.
    long_bands: usize,
}

impl Element {
    fn channels(&self) -> core::ops::Range<usize> {
        self.first..self.first + if self.kind == Kind::Pair { 2 } else { 1 }
    }
}

/// Everything that codes the frames of one stream.
#[derive(Debug)]
pub(crate) struct Coder {
    frequency_index: u8,
    short_bands: usize,
    tns: tns::Range,
    bank: FilterBank,
    substitution: Substitution,
    stereo: Stereo,
    long: Model,
    short: Model,
    /// Nothing was coded yet.
    first: bool,
    /// The last frame's weight of bits.
    lambda: f32,
    elements: Vec<Element>,
    channels: Vec<Channel>,
    trellis: Box<Trellis>,
    rate: Rate,
    samples: Box<[f32; 2 * LINES]>,
}

impl Coder {
    pub(crate) fn new(kernels: Kernels, plan: &Plan) -> Self {
        let index = plan.asc.sampling_frequency_index;
        let mut tags = [0; 3];
        let mut next_tag = |kind: Kind| {
            let tag = &mut tags[kind as usize];
            *tag += 1;
            *tag - 1
        };
        let long_bands = plan.bands(false);
        let lowest = |&&offset: &&u16| usize::from(offset) < LFE_LINES;
        let lfe_bands = tables::long_bands(index, LINES as u16).iter().take_while(lowest).count().min(long_bands);
        let element = |s: &crate::aac::layout::Slot| {
            let long_bands = if s.kind == Kind::Lfe { lfe_bands } else { long_bands };
            Element {
                kind: s.kind,
                tag: next_tag(s.kind),
                first: s.first,
                bands: Bands::long(WindowSequence::OnlyLong, index, long_bands),
                ms: [false; MAX_BANDS],
                long_bands,
            }
        };
        let channel = |_| Channel {
            last_shape: 0,
            quantiser: Box::new(Quantiser::new(kernels)),
            loudness: [0.0; MAX_BANDS],
            history: Box::new(History::new()),
            predictable: [0.0; 64],
            loudness_before: Model::ANY,
            detector: Detector::default(),
            attacks: [false; 2],
            aims: Aims::new(),
            coded: Box::new(Coded::new()),
        };
        Self {
            frequency_index: index,
            short_bands: plan.bands(true),
            tns: tns::Range::new(plan.asc.sampling_frequency, index, long_bands),
            first: true,
            lambda: 1.0,
            bank: FilterBank::new(kernels, LINES as u16),
            substitution: Substitution::new(plan),
            stereo: Stereo::new(plan.bits_per_channel),
            long: Model::new(tables::long_bands(index, LINES as u16), LINES, plan.asc.sampling_frequency),
            short: Model::new(tables::short_bands(index), LINES / 8, plan.asc.sampling_frequency),
            elements: plan.layout.slots.iter().map(element).collect(),
            channels: plan.layout.positions.iter().map(channel).collect(),
            trellis: Box::new(Trellis::new()),
            rate: Rate::new(plan),
            samples: Box::new([0.0; 2 * LINES]),
        }
    }

    /// Codes a frame: `block` gives the two blocks of samples that its windows cover, and one more, of a channel of the
    /// stream. `extensions`: what fill elements behind each element hold, or nothing at all.
    pub(crate) fn code<'a>(
        &mut self,
        block: impl Fn(usize) -> &'a [f32],
        extensions: &[Vec<u8>],
        out: Vec<u8>,
    ) -> Vec<u8> {
        for e in 0..self.elements.len() {
            self.analyse(e, &block);
        }
        let (elements, channels) = (&self.elements, &self.channels);
        let entropy = |lambda| {
            let of_channel = |bands: &Bands, c: &Channel| c.aims.entropy(bands, &c.quantiser, lambda);
            elements.iter().flat_map(|e| e.channels().map(|c| of_channel(&e.bands, &channels[c]))).sum()
        };
        let budget = self.rate.budget(entropy);
        let beside = extensions.iter().map(|e| write::extension_bits(e)).sum();
        let (bits, lambda) = self.search(budget, beside);
        let mut w = BitWriter::reuse(out);
        self.write(extensions, &mut w);
        debug_assert_eq!(w.len_bits() as u32, bits);
        let bits = w.len_bits() as u32 + 3;
        write::fill(&mut w, budget.least.saturating_sub(bits + 7));
        w.u(7, 3); // ID_END
        let out = w.into_bytes();
        self.rate.took(8 * out.len() as u32, lambda);
        self.lambda = lambda;
        self.first = false;
        out
    }

    /// Chooses the windows of an element.
    fn choose_windows<'a>(&mut self, e: usize, block: &impl Fn(usize) -> &'a [f32]) -> WindowSequence {
        let element = &self.elements[e];
        let mut attacks = [false; 2];
        for c in element.channels() {
            let channel = &mut self.channels[c];
            let samples = block(c);
            // What lies where the short windows of a frame are.
            let half = LINES / 2;
            if self.first {
                channel.attacks[1] = channel.detector.has_attack(&samples[half..half + LINES]);
            }
            channel.attacks =
                [channel.attacks[1], channel.detector.has_attack(&samples[half + LINES..half + 2 * LINES])];
            for (all, own) in attacks.iter_mut().zip(channel.attacks) {
                *all |= own;
            }
        }
        if element.kind == Kind::Lfe {
            return WindowSequence::OnlyLong;
        }
        block_switch::sequence(element.bands.sequence, attacks[0], attacks[1])
    }

    /// Transforms the channels of an element, and finds out what can be heard of them.
    fn analyse<'a>(&mut self, e: usize, block: &impl Fn(usize) -> &'a [f32]) {
        let sequence = self.choose_windows(e, block);
        let is_short = sequence == WindowSequence::EightShort;
        let element = &mut self.elements[e];
        let mut energies = [0.0; 8];
        for c in element.channels() {
            let channel = &mut self.channels[c];
            // Kaiser-Bessel derived windows keep loud tones out of lines far away, which is worth more at every rate than the sine's
            // narrower peaks; the slopes of short windows are for what is no tone.
            // An LFE channel has sines always (4.5.2.1.3).
            let long = matches!(sequence, WindowSequence::OnlyLong | WindowSequence::LongStop);
            let now = usize::from(long && element.kind != Kind::Lfe);
            let shape = Shape { sequence, before: channel.last_shape, now };
            channel.last_shape = shape.now;
            channel.coded.shape = shape.now;
            self.samples.copy_from_slice(&block(c)[..2 * LINES]);
            self.bank.analyse(&mut self.samples[..], shape, &mut channel.quantiser.spectrum);
            if element.kind == Kind::Lfe {
                // The last of its bands may reach further.
                channel.quantiser.spectrum[LFE_LINES..].fill(0.0);
            }
            if is_short {
                for (sum, window) in energies.iter_mut().zip(channel.quantiser.spectrum.as_chunks::<{ LINES / 8 }>().0)
                {
                    *sum += window.iter().map(|v| v * v).sum::<f32>();
                }
            }
        }
        element.bands = if is_short {
            Bands::short(block_switch::group(&energies), self.frequency_index, self.short_bands)
        } else {
            Bands::long(sequence, self.frequency_index, element.long_bands)
        };
        let bands = &element.bands;
        let model = if is_short { &self.short } else { &self.long };
        for c in element.channels() {
            let channel = &mut self.channels[c];
            let quantiser = &mut channel.quantiser;
            if is_short {
                bands.reorder(self.frequency_index, &mut quantiser.spectrum);
                channel.loudness_before = Model::ANY;
            }
            quantiser.prepare(bands);
            let before = if is_short { None } else { Some(&mut channel.loudness_before) };
            model.loudness(bands, quantiser, before, &mut channel.loudness);
            model.weights(bands, &channel.loudness, &mut channel.aims.weight);
            channel.aims.way.fill(Way::Free);
            if is_short {
                channel.history.clear();
            } else {
                let first = self.substitution.first;
                channel.history.measure(bands, first, &quantiser.spectrum, &mut channel.predictable);
            }
            let stands_out = channel.detector.stands_out();
            self.substitution.price(bands, quantiser, &channel.predictable, stands_out, &mut channel.aims);
        }
        Self::shape_in_time(element, self.tns, &mut self.channels, self.lambda);
        element.ms.fill(false);
        if element.kind == Kind::Pair {
            let (left, right) = self.channels.split_at_mut(element.first + 1);
            let (left, right) = (&mut left[element.first], &mut right[0]);
            self.stereo.decide(
                bands,
                [&mut left.quantiser, &mut right.quantiser],
                [&mut left.aims, &mut right.aims],
                self.lambda,
                |b| model.centre(b % bands.per_group) < PHASES_TO_HZ,
                &mut element.ms,
            );
        }
        for c in element.channels() {
            let channel = &mut self.channels[c];
            channel.aims.prepare(bands, &channel.quantiser);
        }
    }

    /// Temporal noise shaping: one filter for both channels of a pair, so that middle and side remain theirs.
    fn shape_in_time(element: &Element, range: tns::Range, channels: &mut [Channel], lambda: f32) {
        let channels = &mut channels[element.channels()];
        let filter = match (element.bands.is_short() || element.kind == Kind::Lfe, &mut *channels) {
            (true, _) => None,
            (_, [one]) => tns::decide(&element.bands, range, &mut [&mut one.quantiser], &[&one.aims.weight], lambda),
            (_, [left, right]) => {
                let weights = [&left.aims.weight, &right.aims.weight];
                let quantisers = &mut [&mut *left.quantiser, &mut *right.quantiser];
                tns::decide(&element.bands, range, quantisers, &weights, lambda)
            }
            _ => None,
        };
        for channel in channels {
            channel.coded.tns = filter.as_ref().map(|f| f.0);
            if let Some((_, response)) = &filter {
                channel.quantiser.prepare(&element.bands);
                tns::reweigh(&element.bands, range, response, &mut channel.aims.weight);
            }
        }
    }

    /// Finds the weight of bits at which the frame is in its budget. Leaves the coded frame in the channels; returns its bits without
    /// the end, of which `beside` are others'.
    fn search(&mut self, budget: Budget, beside: u32) -> (u32, f32) {
        let mut lambda = budget.lambda;
        // What is known to take too many and too few bits.
        let mut fine: Option<(f32, u32)> = None;
        let mut coarse: Option<(f32, u32)> = None;
        for round in 0.. {
            let bits = beside + self.quantise(lambda);
            // The end, and what fills the last byte.
            let whole = (bits + 3).next_multiple_of(8);
            if whole > budget.most && round < 24 {
                fine = Some((lambda, whole));
            } else if whole < budget.low && lambda > budget.finest && round < 8 {
                coarse = Some((lambda, whole));
            } else {
                return (bits, lambda);
            }
            lambda = match (fine, coarse) {
                (Some((f, _)), Some((c, _))) => libm::sqrtf(f * c),
                (Some((f, bits)), None) => {
                    let over = bits as f32 / budget.most.max(1) as f32;
                    f * (over * over * over).clamp(1.2, 64.0)
                }
                (None, Some((c, bits))) => {
                    let under = bits as f32 / budget.low.max(1) as f32;
                    c * (under * under).clamp(1.0 / 16.0, 0.9)
                }
                (None, None) => lambda,
            };
        }
        (0, lambda)
    }

    /// Quantises all channels with a weight of bits; returns the bits of all elements.
    fn quantise(&mut self, lambda: f32) -> u32 {
        let mut total = 0;
        for element in &mut self.elements {
            let bands = &element.bands;
            let mut bits = 7;
            for c in element.channels() {
                let channel = &mut self.channels[c];
                let mut scales = [Scale::Zero; MAX_BANDS];
                self.trellis.search(bands, &channel.aims, &mut channel.quantiser, lambda, &mut scales);
                channel.quantiser.finish(bands, &scales, &mut channel.coded);
            }
            if element.kind == Kind::Pair {
                let (left, right) = self.channels.split_at_mut(element.first + 1);
                let (left, right) = (&left[element.first].coded, &mut right[0].coded);
                for b in 0..bands.count() {
                    // Nothing, somewhere else, is nothing.
                    if right.books[b] >= INTENSITY_HCB2 && left.largest[b] == 0 {
                        right.books[b] = ZERO_HCB;
                    }
                }
                let max_sfb = element.channels().map(|c| self.channels[c].coded.max_sfb).max().unwrap_or(0);
                for c in element.channels() {
                    self.channels[c].coded.max_sfb = max_sfb;
                }
                bits += 1 + write::ics_info_bits(bands) + stereo::mask_bits(bands, max_sfb, &element.ms);
            } else {
                bits += write::ics_info_bits(bands);
            }
            for c in element.channels() {
                let coded = &mut self.channels[c].coded;
                bits += section::choose(bands, coded);
                bits += write::side_bits(bands, coded);
            }
            total += bits;
        }
        total
    }

    fn write(&self, extensions: &[Vec<u8>], w: &mut BitWriter) {
        for (e, element) in self.elements.iter().enumerate() {
            let bands = &element.bands;
            w.u(
                match element.kind {
                    Kind::Single => id::SCE,
                    Kind::Pair => id::CPE,
                    Kind::Lfe => id::LFE,
                },
                3,
            );
            w.u(element.tag, 4);
            let pair = element.kind == Kind::Pair;
            if pair {
                w.flag(true); // common_window
                let coded = &self.channels[element.first].coded;
                write::ics_info(w, bands, coded);
                stereo::write_mask(w, bands, coded.max_sfb, &element.ms);
            }
            for c in element.channels() {
                write::channel_stream(w, bands, &self.channels[c].coded, pair);
            }
            if let Some(extension) = extensions.get(e) {
                write::extension(w, extension);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aac::enc::config::{EncoderConfig, Profile};

    #[test]
    fn an_lfe_channel_has_twelve_lines_and_no_more() {
        for (rate, profile) in [
            (96000, Profile::Lc),
            (48000, Profile::Lc),
            (44100, Profile::Lc),
            (16000, Profile::Lc),
            (8000, Profile::Lc),
            (48000, Profile::HeV1),
            (32000, Profile::HeV1),
        ] {
            for channels in [6, 8] {
                let plan = Plan::new(&EncoderConfig { profile, ..EncoderConfig::new(rate, channels) }).unwrap();
                let mut coder = Coder::new(Kernels::scalar(), &plan);
                let mut seed = 1u32;
                let mut noise = || {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    seed as i32 as f32 / 2_147_483_648.0
                };
                let samples: Vec<f32> = (0..5 * LINES).map(|_| noise()).collect();
                let last = usize::from(channels) - 1;
                let mut heard = false;
                for frame in 0..3 {
                    coder.code(|_| &samples[frame * LINES..][..3 * LINES], &[], Vec::new());
                    let element = coder.elements.last().unwrap();
                    assert!(element.kind == Kind::Lfe && element.first == last);
                    let coded = &coder.channels[last].coded;
                    assert!(
                        element.bands.sequence == WindowSequence::OnlyLong && coded.shape == 0 && coded.tns.is_none()
                    );
                    assert!(
                        coded.max_sfb <= element.long_bands && element.bands.lines(element.long_bands - 1).start < 12
                    );
                    assert!(coded.quantised[LFE_LINES..].iter().all(|&q| q == 0), "{rate} {profile:?}");
                    heard |= coded.quantised[LFE_LINES - 1] != 0;
                }
                assert!(heard, "{rate} {profile:?}: the last line is never used");
            }
        }
    }
}
