//! `raw_data_block()` (4.4.2.1): its elements, and from their spectra to samples.

use super::channel::Channel;
use super::drc::{Drc, Gains};
use super::prediction::predict;
use super::spectrum::{Noise, NoiseSeeds, intensity, mid_side, rescale};
use crate::aac::config::{AudioSpecificConfig, Signalling};
use crate::aac::crc::Crc;
use crate::aac::filterbank::{FilterBank, MAX_FRAME};
use crate::aac::layout::{Kind, Layout, Slot};
use crate::aac::pce::ProgramConfig;
use crate::aac::sbr::{self, Sbr};
use crate::aac::syntax::coupling::{Coupling, CouplingPoint};
use crate::aac::syntax::fill::{DynamicRange, Fill};
use crate::aac::syntax::ics::{Format, MAX_BANDS};
use crate::aac::syntax::id;
use crate::aac::syntax::stereo::Pair;
use crate::aac::tns::{self, Way};
use crate::audio::ChannelPosition;
use crate::bits::BitReader;
use crate::error::{Error, ErrorKind, Result};
use alloc::boxed::Box;
use alloc::vec::Vec;
use transcode_simd::Kernels;

/// A coupling channel.
#[derive(Debug)]
struct CouplingChannel {
    tag: u8,
    coupling: Coupling,
    channel: Channel,
}

/// Everything that decodes the blocks of one configuration.
#[derive(Debug)]
pub(crate) struct Core {
    kernels: Kernels,
    pub(crate) config: AudioSpecificConfig,
    format: Format,
    bank: FilterBank,
    /// Known with the first program configuration, if the configuration left it open.
    pub(crate) layout: Option<Layout>,
    pub(crate) channels: Vec<Channel>,
    couplings: Vec<Box<CouplingChannel>>,
    /// SBR of each slot, if the stream has any.
    sbr: Vec<Sbr>,
    /// SBR data of this block could not be read.
    pub(crate) sbr_damaged: bool,
    /// Slots whose element was read in this block.
    received: u64,
    quantised: [i16; MAX_FRAME],
    noise: Noise,
    seeds: NoiseSeeds,
    max_channels: usize,
    /// Dynamic range control of the last block.
    pub(crate) drc: Option<DynamicRange>,
    /// How much of it is applied, and the gains that it comes to.
    apply: Option<Drc>,
    gains: Gains,
    /// The checksum of the elements read so far, where the block has one.
    pub(crate) checksum: Option<Crc>,
}

impl Core {
    /// Memory for a configuration.
    pub(crate) fn new(
        kernels: Kernels,
        config: AudioSpecificConfig,
        max_channels: usize,
        apply: Option<Drc>,
    ) -> Result<Self> {
        use crate::aac::config::AudioObjectType as Type;
        if !matches!(
            config.object_type,
            Type::MAIN | Type::LC | Type::LTP | Type::ER_LC | Type::ER_LTP | Type::ER_LD | Type::ER_ELD
        ) {
            return Err(Error::unsupported(config.object_type.name()));
        }
        if config.object_type.is_error_resilient() && !matches!(config.channel_configuration, 1..=7 | 11 | 12 | 14) {
            return Err(Error::unsupported("error resilient AAC without a channel configuration"));
        }
        let format = Format::new(&config);
        let mut core = Self {
            kernels,
            config,
            format,
            bank: FilterBank::new(kernels, config.frame_length),
            layout: None,
            channels: Vec::new(),
            couplings: Vec::new(),
            sbr: Vec::new(),
            sbr_damaged: false,
            received: 0,
            quantised: [0; MAX_FRAME],
            noise: Noise::START,
            seeds: [0; MAX_BANDS],
            max_channels,
            drc: None,
            apply,
            gains: Gains::NONE,
            checksum: None,
        };
        if let Some(layout) = Layout::new(&config)? {
            core.set_layout(layout)?;
        }
        Ok(core)
    }

    fn set_layout(&mut self, layout: Layout) -> Result<()> {
        let channels = layout.positions.len();
        if channels > self.max_channels {
            return Err(Error::limit("max_channels", channels as u64, self.max_channels as u64));
        }
        if channels == 0 {
            return Err(Error::invalid("program_config_element"));
        }
        self.channels.clear();
        self.channels.extend((0..channels).map(|_| Channel::new(&self.format)));
        self.layout = Some(layout);
        self.sbr.clear();
        if self.config.sbr == Signalling::Present {
            self.start_sbr()?;
        }
        Ok(())
    }

    /// Takes memory for SBR.
    fn start_sbr(&mut self) -> Result<()> {
        let Some(layout) = &self.layout else { return Ok(()) };
        let (length, rate) = (usize::from(self.config.frame_length), self.config.sampling_frequency);
        // An output of the core coder's rate that is said to be SBR's.
        let down_sampled = self.config.extension_sampling_frequency == Some(rate);
        // Parametric stereo is defined for mono alone, and there it may come unless it is said not to: then the output has two
        // channels from the start. A decoder that may have one channel only leaves it at that.
        let parametric = self.channels.len() == 1 && self.max_channels > 1 && self.config.ps != Signalling::Absent;
        let low_delay = self.format.is_eld();
        let kind = sbr::Kind { frame_length: length, core_rate: rate, down_sampled, parametric, low_delay };
        self.sbr.extend(layout.slots.iter().map(|s| Sbr::new(s.channels(), kind)));
        let headers = self.config.ld_sbr_headers.iter().flatten();
        let elements = layout.slots.iter().zip(&mut self.sbr).filter(|(slot, _)| slot.kind != Kind::Lfe);
        for (header, (_, sbr)) in headers.zip(elements) {
            sbr.set_header(*header)?;
        }
        Ok(())
    }

    /// Samples a second of the output.
    pub(crate) fn output_rate(&self) -> u32 {
        let rate = self.config.sampling_frequency;
        if self.output_length() > usize::from(self.config.frame_length) { 2 * rate } else { rate }
    }

    /// Samples of each channel in a frame of the output.
    pub(crate) fn output_length(&self) -> usize {
        self.sbr.first().map_or(usize::from(self.config.frame_length), |s| s.samples(0).len())
    }

    /// Where the channels of the output are heard.
    pub(crate) fn positions(&self) -> &[ChannelPosition] {
        if self.sbr.first().is_some_and(Sbr::is_parametric) {
            return &[ChannelPosition::FrontLeft, ChannelPosition::FrontRight];
        }
        self.layout.as_ref().map_or(&[], |l| &l.positions)
    }

    /// The finished frame of channel `i`.
    pub(crate) fn output(&self, i: usize) -> &[f32] {
        if let [sbr] = &self.sbr[..] {
            return sbr.samples(i);
        }
        let slots = self.layout.iter().flat_map(|l| &l.slots);
        for (slot, sbr) in slots.zip(&self.sbr) {
            if (slot.first..slot.first + slot.channels()).contains(&i) {
                return sbr.samples(i - slot.first);
            }
        }
        &self.channels[i].samples
    }

    /// Forgets what was before.
    pub(crate) fn reset(&mut self) {
        self.channels.iter_mut().for_each(Channel::reset);
        self.couplings.iter_mut().for_each(|c| c.channel.reset());
        self.sbr.iter_mut().for_each(Sbr::reset);
    }

    /// Reads a block at the reader's place and makes its samples; the reader is left behind it.
    pub(crate) fn decode(&mut self, r: &mut BitReader<'_>) -> Result<()> {
        self.received = 0;
        self.drc = None;
        self.sbr.iter_mut().for_each(Sbr::begin);
        self.sbr_damaged = false;
        self.couplings.iter_mut().for_each(|c| c.coupling.clear());
        if self.format.error_resilient {
            self.read_resilient(r)?
        } else {
            self.read(r)?
        }
        if self.layout.is_none() {
            return Err(r.invalid("program_config_element"));
        }
        self.synthesise();
        Ok(())
    }

    /// The frame is lost: what the last one left fades out.
    pub(crate) fn conceal(&mut self) {
        self.received = 0;
        self.drc = None;
        self.sbr.iter_mut().for_each(Sbr::begin);
        self.sbr_damaged = false;
        self.couplings.iter_mut().for_each(|c| c.coupling.clear());
        self.synthesise();
    }

    fn read(&mut self, r: &mut BitReader<'_>) -> Result<()> {
        let origin = r.position();
        // What an extension belongs to: the element before it.
        let mut last = None;
        loop {
            let element = r.u(3)?;
            let start = r.position();
            match element {
                element @ (id::SCE | id::LFE | id::CPE) => {
                    let kind = match element {
                        id::SCE => Kind::Single,
                        id::LFE => Kind::Lfe,
                        _ => Kind::Pair,
                    };
                    let tag = r.u(4)? as u8;
                    let (i, slot) = self.take_slot(r, kind, tag)?;
                    let second = self.read_slot(r, &slot)?;
                    last = Some(i);
                    self.check(r, start, 192);
                    if let Some(second) = second {
                        self.check(r, second, 128);
                    }
                }
                id::CCE => {
                    self.read_coupling(r)?;
                    self.check(r, start, 192);
                }
                id::DSE => {
                    skip_data(r, origin)?;
                    self.check(r, start, r.position() - start);
                }
                id::PCE => {
                    let pce = ProgramConfig::read(r, origin)?;
                    self.program(&pce)?;
                    self.check(r, start, r.position() - start);
                }
                id::FIL => {
                    let fill = Fill::read(r)?;
                    self.extend(r.data(), fill, last)?;
                }
                _ => break,
            }
        }
        r.skip((8 - (r.position() - origin) % 8) % 8)
    }

    /// Adds `bits` bits from `start` on to the checksum (1.A.2.2); behind the element that has just been read they count as zeros.
    fn check(&mut self, r: &BitReader<'_>, start: usize, bits: usize) {
        if let Some(crc) = &mut self.checksum {
            crc.take(r.data(), start, r.position(), bits);
        }
    }

    /// `er_raw_data_block()` (4.4.2.1) and `er_raw_data_block_eld()`: elements in the order of the channel configuration, then extensions
    /// to the end.
    fn read_resilient(&mut self, r: &mut BitReader<'_>) -> Result<()> {
        let count = self.layout.as_ref().map_or(0, |l| l.slots.len());
        for i in 0..count {
            let Some(slot) = self.layout.as_ref().and_then(|l| l.slots.get(i).copied()) else { break };
            if !self.format.is_eld() {
                r.u(4)?; // element_instance_tag
            }
            self.read_slot(r, &slot)?;
            self.received |= 1 << i;
        }
        if self.config.ld_sbr_headers[0].is_some() {
            let slots = self.layout.iter().flat_map(|l| &l.slots);
            for (_, sbr) in slots.zip(&mut self.sbr).filter(|(slot, _)| slot.kind != Kind::Lfe) {
                match sbr.read_low_delay(r, self.config.ld_sbr_crc) {
                    Err(e) if matches!(e.kind, ErrorKind::Invalid { .. } | ErrorKind::UnexpectedEnd) => {
                        // Nothing tells where what follows begins.
                        self.sbr_damaged = true;
                        return Ok(());
                    }
                    result => result?,
                }
            }
        }
        while r.remaining() >= 8 {
            let (start, end) = (r.position(), r.position() + r.remaining() / 8 * 8);
            let fill = Fill::payload(r.data(), start, end)?;
            self.extend(r.data(), fill, count.checked_sub(1))?;
            // What dynamic range control leaves may be another extension; all others go to the end.
            match fill {
                Fill::DynamicRange(drc) => r.skip(drc.bytes() * 8)?,
                _ => r.skip(end - start)?,
            }
        }
        r.skip(r.remaining())
    }

    /// Takes an extension behind the element of slot `last`.
    fn extend(&mut self, data: &[u8], fill: Fill, last: Option<usize>) -> Result<()> {
        match (fill, last) {
            (Fill::DynamicRange(drc), _) => self.drc = Some(drc),
            (Fill::Sbr(payload), Some(slot)) if self.config.sbr != Signalling::Absent => {
                if self.sbr.is_empty() {
                    self.start_sbr()?;
                }
                match self.sbr[slot].read(data, payload) {
                    // The core's sound is whole: only the high bands are missing.
                    Err(e) if matches!(e.kind, ErrorKind::Invalid { .. } | ErrorKind::UnexpectedEnd) => {
                        self.sbr_damaged = true;
                    }
                    result => result?,
                }
                self.sbr_damaged |= self.sbr[slot].stereo_damaged;
            }
            _ => {}
        }
        Ok(())
    }

    /// A program configuration in the stream counts where nothing else says what the channels are.
    fn program(&mut self, pce: &ProgramConfig) -> Result<()> {
        if self.config.channel_configuration != 0 || self.config.program_config == Some(*pce) {
            return Ok(());
        }
        if self.received != 0 {
            return Err(Error::invalid("program_config_element"));
        }
        self.set_layout(Layout::from_program(pce))?;
        self.config.program_config = Some(*pce);
        Ok(())
    }

    /// The slot for an element: by its tag if the program says one, else the next of its kind.
    fn take_slot(&mut self, r: &BitReader<'_>, kind: Kind, tag: u8) -> Result<(usize, Slot)> {
        let Some(layout) = &self.layout else { return Err(r.invalid("program_config_element")) };
        let free = |&(i, s): &(usize, &Slot)| s.kind == kind && self.received >> i & 1 == 0;
        let fits = |&(_, s): &(usize, &Slot)| s.tag.is_none_or(|t| t == tag);
        match layout.slots.iter().enumerate().filter(free).find(fits) {
            Some((i, slot)) => {
                self.received |= 1 << i;
                Ok((i, *slot))
            }
            None => Err(r.invalid("id_syn_ele")),
        }
    }

    /// Reads an element after its tag. Of a pair, tells where its second channel begins.
    fn read_slot(&mut self, r: &mut BitReader<'_>, slot: &Slot) -> Result<Option<usize>> {
        if slot.kind == Kind::Pair {
            return self.read_pair(r, slot).map(Some);
        }
        self.read_channel(r, slot.first, None, None)?;
        let channel = &mut self.channels[slot.first];
        if !channel.predictors.is_empty() {
            predict(&mut channel.predictors, &channel.ics.info, &self.format, &mut channel.spectrum);
        }
        channel.predict_long_term(&mut self.bank, &self.format);
        Ok(None)
    }

    /// `individual_channel_stream()` of a channel, to its spectrum.
    fn read_channel(
        &mut self,
        r: &mut BitReader<'_>,
        channel: usize,
        pair: Option<&Pair>,
        second: Option<&Pair>,
    ) -> Result<()> {
        let channel = &mut self.channels[channel];
        let quantised = &mut self.quantised[..channel.spectrum.len()];
        let common = pair.and_then(|p| p.common.as_ref());
        channel.ics.read(r, &self.format, common, quantised)?;
        let spectrum = &mut channel.spectrum;
        rescale(
            self.kernels,
            &channel.ics,
            &self.format,
            quantised,
            spectrum,
            &mut self.noise,
            &mut self.seeds,
            second,
        );
        Ok(())
    }

    fn read_pair(&mut self, r: &mut BitReader<'_>, slot: &Slot) -> Result<usize> {
        let pair = Pair::read(r, &self.format)?;
        self.read_channel(r, slot.first, Some(&pair), None)?;
        let mut of_second = pair;
        if let Some(info) = &mut of_second.common {
            info.ltp = pair.second_ltp;
        }
        let second = r.position();
        self.read_channel(r, slot.first + 1, Some(&of_second), Some(&pair))?;
        let [left, right] = &mut self.channels[slot.first..slot.first + 2] else { return Ok(second) };
        let common = pair.common.is_some();
        if common {
            mid_side(&pair, &self.format, [&left.ics, &right.ics], &mut left.spectrum, &mut right.spectrum);
        }
        for channel in [&mut *left, &mut *right] {
            if !channel.predictors.is_empty() {
                predict(&mut channel.predictors, &channel.ics.info, &self.format, &mut channel.spectrum);
            }
            channel.predict_long_term(&mut self.bank, &self.format);
        }
        if common {
            intensity(&pair, &self.format, &right.ics, &left.spectrum, &mut right.spectrum);
        }
        Ok(second)
    }

    fn read_coupling(&mut self, r: &mut BitReader<'_>) -> Result<()> {
        let tag = r.u(4)? as u8;
        let i = match self.couplings.iter().position(|c| c.tag == tag) {
            Some(i) => i,
            None => {
                // At most 16 tags exist: memory is taken when one is first met.
                let channel = Channel::new(&self.format);
                self.couplings.push(Box::new(CouplingChannel { tag, coupling: Coupling::new(), channel }));
                self.couplings.len() - 1
            }
        };
        let CouplingChannel { coupling, channel, .. } = &mut *self.couplings[i];
        let quantised = &mut self.quantised[..channel.spectrum.len()];
        coupling.read(r, &self.format, &mut channel.ics, quantised)?;
        let spectrum = &mut channel.spectrum;
        rescale(self.kernels, &channel.ics, &self.format, quantised, spectrum, &mut self.noise, &mut self.seeds, None);
        if !channel.predictors.is_empty() {
            predict(&mut channel.predictors, &channel.ics.info, &self.format, spectrum);
        }
        channel.predict_long_term(&mut self.bank, &self.format);
        Ok(())
    }

    /// From spectra to samples.
    fn synthesise(&mut self) {
        let Some(layout) = &self.layout else { return };
        for (i, slot) in layout.slots.iter().enumerate() {
            if self.received >> i & 1 == 0 {
                self.channels[slot.first..slot.first + slot.channels()].iter_mut().for_each(Channel::silence);
            }
        }
        for c in &mut self.couplings {
            if c.coupling.targets().is_empty() {
                c.channel.silence();
            }
            if let Some(tns) = &c.channel.ics.tns {
                tns::filter(tns, &c.channel.ics.info, &self.format, Way::Synthesis, &mut c.channel.spectrum);
            }
            if c.coupling.point == CouplingPoint::Samples {
                c.channel.synthesise(&mut self.bank);
            }
        }
        couple(&self.couplings, CouplingPoint::BeforeTns, &self.format, layout, &mut self.channels);
        for channel in &mut self.channels {
            if let Some(tns) = &channel.ics.tns {
                tns::filter(tns, &channel.ics.info, &self.format, Way::Synthesis, &mut channel.spectrum);
            }
        }
        couple(&self.couplings, CouplingPoint::AfterTns, &self.format, layout, &mut self.channels);
        self.gains = match (self.apply, &self.drc) {
            (Some(apply), Some(drc)) => Gains::new(apply, drc),
            _ => Gains::NONE,
        };
        for (i, channel) in self.channels.iter_mut().enumerate() {
            // With SBR, all bands are made louder or softer after it.
            if self.sbr.is_empty() && self.gains.concern(i) {
                self.gains.scale_spectrum(&mut channel.spectrum, channel.ics.info.sequence);
            }
            channel.synthesise(&mut self.bank);
        }
        couple(&self.couplings, CouplingPoint::Samples, &self.format, layout, &mut self.channels);
        for (slot, sbr) in layout.slots.iter().zip(&mut self.sbr) {
            for i in 0..slot.channels() {
                let gains = self.gains.concern(slot.first + i).then_some(&self.gains);
                sbr.process(self.kernels, i, &self.channels[slot.first + i].samples, gains);
            }
        }
    }
}

/// Adds coupling channels (4.6.8.3) to their targets.
fn couple(
    couplings: &[Box<CouplingChannel>],
    point: CouplingPoint,
    format: &Format,
    layout: &Layout,
    channels: &mut [Channel],
) {
    for c in couplings.iter().filter(|c| c.coupling.point == point) {
        for target in c.coupling.targets() {
            let kind = if target.is_cpe { Kind::Pair } else { Kind::Single };
            // Without tags of their own, elements of a kind are numbered.
            let mut of_kind = layout.slots.iter().filter(|s| s.kind == kind);
            let slot = if layout.slots.iter().any(|s| s.tag.is_some()) {
                of_kind.find(|s| s.tag == Some(target.tag))
            } else {
                of_kind.nth(usize::from(target.tag))
            };
            let Some(slot) = slot else { continue };
            for (ch, list) in target.lists.iter().enumerate().take(slot.channels()) {
                let Some(list) = list else { continue };
                let gains = &c.coupling.gains[usize::from(*list)];
                let to = &mut channels[slot.first + ch];
                if point == CouplingPoint::Samples {
                    for (to, from) in to.samples.iter_mut().zip(&c.channel.samples) {
                        *to += from * gains[0];
                    }
                    continue;
                }
                let short = format.short_length();
                for band in c.channel.ics.info.all_bands(format) {
                    for w in band.window..band.window + band.windows {
                        let start = w * short + band.start;
                        let place = start..start + band.width;
                        for (to, from) in to.spectrum[place.clone()].iter_mut().zip(&c.channel.spectrum[place]) {
                            *to += from * gains[band.index];
                        }
                    }
                }
            }
        }
    }
}

/// `data_stream_element()`: passed over.
fn skip_data(r: &mut BitReader<'_>, origin: usize) -> Result<()> {
    r.u(4)?; // element_instance_tag
    let align = r.flag()?;
    let mut bytes = r.u(8)? as usize;
    if bytes == 255 {
        bytes += r.u(8)? as usize;
    }
    if align {
        r.skip((8 - (r.position() - origin) % 8) % 8)?;
    }
    r.skip(8 * bytes)
}
