//! An element's way from payload to samples of twice the rate.

use super::adjust::{ADJUST, Adjuster, Levels};
use super::data::{self, ChannelData};
use super::header::{Header, Tables};
use super::qmf::{Analysis, Bands, LowBands, Synthesis};
use crate::aac::crc::Crc;
use crate::aac::dec::drc::Gains;
use crate::aac::math::exp2_eighths;
use crate::aac::ps::Ps;
use crate::aac::syntax::fill::SbrPayload;
use crate::bits::BitReader;
use crate::error::Result;
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use transcode_simd::Kernels;

/// Eighths of a power of two that no real envelope reaches: squares and sums of it still are numbers.
const LOUDEST: i32 = 8 * 48;

/// One channel's bands and filterbanks.
#[derive(Debug)]
struct Channel {
    levels: Levels,
    adjuster: Adjuster,
    analysis: Analysis,
    synthesis: Synthesis,
    /// Low bands: `tHFGen` slots of the frame before, and the frame's.
    low: Vec<LowBands>,
    /// All bands, at first the high ones alone: of the frame's slots, and of those of the next one that its envelopes can reach.
    high: Vec<Bands>,
    /// First and number of the replicated bands at the end of the last frame.
    last: (usize, usize),
    /// The finished frame.
    samples: Vec<f32>,
}

/// What a stream has of SBR.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    /// Samples of a frame of the core coder.
    pub(crate) frame_length: usize,
    /// Sampling frequency of the core coder in Hz.
    pub(crate) core_rate: u32,
    /// The output keeps the core coder's rate.
    pub(crate) down_sampled: bool,
    /// Two channels are made of the one of each element.
    pub(crate) parametric: bool,
    /// SBR of AAC ELD (4.6.19): filterbanks of little delay, and no look-ahead.
    pub(crate) low_delay: bool,
}

impl Kind {
    /// `tHFGen`
    fn before(&self) -> usize {
        if self.low_delay { ADJUST } else { 8 }
    }
    /// `RATE`: slots in a time slot.
    fn rate(&self) -> usize {
        if self.low_delay { 1 } else { 2 }
    }
    /// Slots of a frame.
    fn slots(&self) -> usize {
        self.frame_length / 32
    }
    /// Samples of a frame of the output.
    fn samples(&self) -> usize {
        if self.down_sampled { self.frame_length } else { 2 * self.frame_length }
    }
}

/// SBR of an element: one channel or two.
#[derive(Debug)]
pub(crate) struct Sbr {
    kind: Kind,
    header: Option<(Header, Tables)>,
    data: Vec<ChannelData>,
    channels: Vec<Channel>,
    /// Data for this frame have been read.
    present: bool,
    /// Makes two channels of the one, if parametric stereo may be used.
    ps: Option<Box<Ps>>,
    /// What says of stereo could not be read in this frame.
    pub(crate) stereo_damaged: bool,
}

impl Sbr {
    /// For an element of `channels` channels.
    pub(crate) fn new(channels: usize, kind: Kind) -> Self {
        let (slots, before) = (kind.slots(), kind.before());
        let channel = |_| Channel {
            levels: Levels::ZERO,
            adjuster: Adjuster::new(),
            analysis: Analysis::new(kind.low_delay),
            synthesis: Synthesis::new(kind.low_delay),
            low: vec![[[0.0; 32]; 2]; slots + before],
            high: vec![[[0.0; 64]; 2]; slots + before - ADJUST],
            last: (32, 0),
            samples: vec![0.0; kind.samples()],
        };
        Self {
            kind,
            header: None,
            data: (0..channels).map(|_| ChannelData::new()).collect(),
            channels: (0..channels).map(channel).collect(),
            present: false,
            ps: kind.parametric.then(|| Ps::new(slots, kind.samples())),
            stereo_damaged: false,
        }
    }

    /// Bytes of memory behind a channel.
    pub(crate) const fn bytes() -> u64 {
        Ps::bytes()
            + (size_of::<Channel>()
                + size_of::<ChannelData>()
                + 40 * 32 * 8
                + 38 * 64 * 8
                + 2048 * 4
                + size_of::<Self>()) as u64
    }

    /// A new frame begins: nothing has been read for it.
    pub(crate) fn begin(&mut self) {
        self.present = false;
        self.stereo_damaged = false;
        if let Some(ps) = &mut self.ps {
            ps.begin();
        }
    }

    /// Two channels are made of one.
    pub(crate) fn is_parametric(&self) -> bool {
        self.ps.is_some()
    }

    /// Forgets what was before.
    pub(crate) fn reset(&mut self) {
        self.header = None;
        self.present = false;
        if let Some(ps) = &mut self.ps {
            ps.reset();
        }
        for (channel, data) in self.channels.iter_mut().zip(&mut self.data) {
            data.reset();
            channel.adjuster.reset();
            channel.analysis = Analysis::new(self.kind.low_delay);
            channel.synthesis = Synthesis::new(self.kind.low_delay);
            channel.low.fill([[0.0; 32]; 2]);
            channel.high.fill([[0.0; 64]; 2]);
            channel.last = (32, 0);
        }
    }

    /// Reads `sbr_extension_data()`. After an error the frame has no high bands.
    pub(crate) fn read(&mut self, bytes: &[u8], payload: SbrPayload) -> Result<()> {
        let mut r = BitReader::at(&bytes[..payload.end.div_ceil(8).min(bytes.len())], payload.start);
        let result = self.read_payload(&mut r, payload);
        self.present = matches!(result, Ok(true));
        if !self.present {
            self.data.iter_mut().for_each(ChannelData::reset);
        }
        result.map(|_| ())
    }

    fn read_payload(&mut self, r: &mut BitReader<'_>, payload: SbrPayload) -> Result<bool> {
        if payload.crc {
            let expected = r.u(10)?; // bs_sbr_crc_bits
            // That of AAC ELD ends with data whose length is not known yet.
            if !self.kind.low_delay {
                let mut crc = Crc::SBR;
                crc.take(r.data(), r.position(), payload.end, payload.end.saturating_sub(r.position()));
                if crc.value() != expected {
                    return Err(r.invalid("bs_sbr_crc_bits"));
                }
            }
        }
        if r.flag()? {
            let header = Header::read(r)?;
            self.set_header(header).map_err(|e| e.at_bit(r.position() as u64))?;
        }
        // Before the first header nothing can be read.
        let Some((header, tables)) = &self.header else { return Ok(false) };
        let time_slots = self.kind.slots() / self.kind.rate();
        let coupled = data::read(r, header, tables, time_slots, self.kind.low_delay, &mut self.data)?;
        if r.flag()? {
            self.read_extensions(r)?;
        }
        if r.position() > payload.end {
            return Err(r.end());
        }
        self.dequantise(coupled);
        Ok(true)
    }

    /// Goes on with a header.
    pub(crate) fn set_header(&mut self, header: Header) -> Result<()> {
        let resets = self.header.as_ref().is_none_or(|(h, _)| h.resets(&header));
        // The limiter's bands change without a reset.
        let tables = Tables::new(&header, 2 * self.kind.core_rate)?;
        self.header = Some((header, tables));
        if resets {
            self.data.iter_mut().for_each(ChannelData::reset);
            self.channels.iter_mut().for_each(|c| c.adjuster.reset());
        }
        Ok(())
    }

    /// Reads the element's part of `er_low_delay_sbr_block()` at the reader's place, and leaves the reader behind it.
    pub(crate) fn read_low_delay(&mut self, r: &mut BitReader<'_>, crc: bool) -> Result<()> {
        let payload = SbrPayload { start: r.position(), end: 8 * r.data().len(), crc };
        let result = self.read_payload(r, payload);
        self.present = matches!(result, Ok(true));
        if !self.present {
            self.data.iter_mut().for_each(ChannelData::reset);
        }
        result.map(|_| ())
    }

    /// `bs_extended_data`
    fn read_extensions(&mut self, r: &mut BitReader<'_>) -> Result<()> {
        let mut bytes = r.u(4)? as usize;
        if bytes == 15 {
            bytes += r.u(8)? as usize;
        }
        let end = r.position() + 8 * bytes;
        // Behind parametric stereo (2) nothing follows but filling; what else there may be is not defined.
        if bytes > 0
            && r.u(2)? == 2
            && let Some(ps) = &mut self.ps
        {
            // The channel is whole without it.
            self.stereo_damaged = ps.read(r, end).is_err();
        }
        r.skip(end.saturating_sub(r.position()))
    }

    /// 4.6.18.3.5: from steps to levels, and from a sum and a balance to two channels.
    fn dequantise(&mut self, coupled: bool) {
        for (i, channel) in self.channels.iter_mut().enumerate() {
            let data = &self.data[i];
            for (l, levels) in channel.levels.envelopes.iter_mut().enumerate().take(data.grid.envelopes) {
                // Eighths of a power of two in a step.
                let step = if data.coarse { 8 } else { 4 };
                for (k, level) in levels.iter_mut().enumerate() {
                    *level = if coupled {
                        let sum =
                            64.0 * exp2_eighths((step * i32::from(self.data[0].envelopes[l][k]) + 8).min(LOUDEST));
                        let middle = if data.coarse { 12 } else { 24 };
                        sum * share(step * (i32::from(self.data[1].envelopes[l][k]) - middle), i)
                    } else {
                        64.0 * exp2_eighths((step * i32::from(data.envelopes[l][k])).min(LOUDEST))
                    };
                }
            }
            for (l, levels) in channel.levels.noises.iter_mut().enumerate().take(data.grid.noises) {
                for (k, level) in levels.iter_mut().enumerate() {
                    *level = if coupled {
                        let sum = exp2_eighths(8 * (7 - i32::from(self.data[0].noises[l][k])));
                        sum * share(8 * (i32::from(self.data[1].noises[l][k]) - 12), i)
                    } else {
                        exp2_eighths(8 * (6 - i32::from(data.noises[l][k])))
                    };
                }
            }
        }
    }

    /// Makes channel `i`'s frame from that of the core coder.
    ///
    /// `gains` are those of dynamic range control, which all bands take.
    pub(crate) fn process(&mut self, k: Kernels, i: usize, core: &[f32], gains: Option<&Gains>) {
        let (channel, data) = (&mut self.channels[i], &self.data[i]);
        let (slots, before, rate) = (self.kind.slots(), self.kind.before(), self.kind.rate());
        channel.low.copy_within(slots.., 0);
        for (samples, slot) in core.chunks_exact(32).zip(&mut channel.low[before..]) {
            channel.analysis.slot(k, samples, slot);
        }
        channel.high.copy_within(slots.., 0);
        let mut now = (32, 0);
        let mut first = 0;
        if let (true, Some((header, tables))) = (self.present, &self.header) {
            let Channel { adjuster, levels, low, high, .. } = channel;
            adjuster.run(k, header, tables, data, levels, low, high, rate);
            now = (tables.kx, tables.m);
            first = rate * data.grid.borders[0];
        }
        // Parametric stereo looks some slots ahead.
        let ahead = if self.ps.is_some() { channel.high.len() } else { slots };
        for (l, (bands, low)) in channel.high[..ahead].iter_mut().zip(&channel.low[ADJUST..]).enumerate() {
            let (kx, m) = if l < first { channel.last } else { now };
            for (bands, low) in bands.iter_mut().zip(low) {
                bands[..kx].copy_from_slice(&low[..kx]);
                bands[kx + m..].fill(0.0);
            }
            // What the next frame makes anew of slots ahead has no gain yet.
            if let Some(gains) = gains.filter(|_| l < slots) {
                gains.scale_bands(bands, self.kind.frame_length);
            }
        }
        if let Some(ps) = &mut self.ps {
            ps.process(k, &channel.high, &mut channel.synthesis, &mut channel.samples);
        } else {
            let width = channel.samples.len() / slots;
            for (bands, out) in channel.high.iter().zip(channel.samples.chunks_exact_mut(width)) {
                channel.synthesis.slot(k, bands, out);
            }
        }
        channel.last = now;
    }

    /// The finished frame of channel `i`.
    pub(crate) fn samples(&self, i: usize) -> &[f32] {
        match &self.ps {
            Some(ps) if i > 0 => ps.samples(),
            _ => &self.channels[i].samples,
        }
    }
}

/// Of a sum, what belongs to the first or second channel, by its balance in eighths of a power of two.
fn share(balance: i32, channel: usize) -> f32 {
    1.0 / (1.0 + exp2_eighths(if channel == 0 { -balance } else { balance }))
}
