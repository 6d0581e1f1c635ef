//! `ics_info()` (4.4.2.1): windows, groups and bands, and what the syntax of a stream depends on.

use crate::aac::config::{AudioObjectType, AudioSpecificConfig};
use crate::aac::tables;
use crate::bits::BitReader;
use crate::error::Result;

/// `window_sequence`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum WindowSequence {
    #[default]
    OnlyLong,
    LongStart,
    EightShort,
    LongStop,
}

/// What the syntax depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Format {
    pub(crate) object_type: AudioObjectType,
    pub(crate) frequency_index: u8,
    pub(crate) frame_length: u16,
    /// The syntax of error resilient object types.
    pub(crate) error_resilient: bool,
    pub(crate) section_resilience: bool,
    pub(crate) scalefactor_resilience: bool,
    pub(crate) spectral_resilience: bool,
    long_bands: &'static [u16],
    short_bands: &'static [u16],
}

impl Format {
    pub(crate) fn new(config: &AudioSpecificConfig) -> Self {
        let index = config.sampling_frequency_index;
        Self {
            object_type: config.object_type,
            frequency_index: index,
            frame_length: config.frame_length,
            error_resilient: config.object_type.is_error_resilient(),
            section_resilience: config.section_resilience,
            scalefactor_resilience: config.scalefactor_resilience,
            spectral_resilience: config.spectral_resilience,
            long_bands: tables::long_bands(index, config.frame_length),
            short_bands: tables::short_bands(index),
        }
    }

    /// The syntax of AAC ELD.
    pub(crate) fn is_eld(&self) -> bool {
        self.object_type == AudioObjectType::ER_ELD
    }

    /// Length of a short window's spectrum.
    pub(crate) fn short_length(&self) -> usize {
        usize::from(self.frame_length / 8)
    }
}

/// Scalefactor bands of a window: their offsets, cut at the window's end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bands {
    offsets: &'static [u16],
    end: usize,
}

impl Bands {
    /// Bands of the window.
    pub(crate) fn count(&self) -> usize {
        // The last offset that is below the end begins the last band.
        self.offsets.iter().take_while(|&&o| usize::from(o) < self.end).count()
    }
    /// First coefficient of band `sfb`, or the window's end.
    #[inline]
    pub(crate) fn start(&self, sfb: usize) -> usize {
        self.offsets.get(sfb).map_or(self.end, |&o| usize::from(o).min(self.end))
    }
}

/// `ltp_data()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Ltp {
    /// The lag; none if it is that of the last frame (AAC LD).
    pub(crate) lag: Option<usize>,
    pub(crate) coef: u8,
    /// `ltp_long_used`, a bit a band.
    pub(crate) used: u64,
}

/// `ics_info()`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct IcsInfo {
    pub(crate) sequence: WindowSequence,
    /// `window_shape`: 0 sine, 1 Kaiser-Bessel derived.
    pub(crate) shape: usize,
    pub(crate) max_sfb: usize,
    group_lengths: [u8; 8],
    num_groups: usize,
    /// `predictor_data_present` with Main prediction.
    pub(crate) prediction: bool,
    /// `predictor_reset_group_number`, 0 if none.
    pub(crate) reset_group: u8,
    /// `prediction_used`, a bit a band.
    pub(crate) prediction_used: u64,
    /// Long-term prediction of this channel.
    pub(crate) ltp: Option<Ltp>,
}

/// A scalefactor band in a window group.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Band {
    /// Place among the bands of the channel.
    pub(crate) index: usize,
    /// First window of the group.
    pub(crate) window: usize,
    /// Windows in the group.
    pub(crate) windows: usize,
    /// First coefficient in each window.
    pub(crate) start: usize,
    /// Coefficients in each window.
    pub(crate) width: usize,
}

impl IcsInfo {
    /// The info of a channel that was not received: a long window of nothing.
    pub(crate) fn silent(shape: usize) -> Self {
        Self { shape, group_lengths: [1, 0, 0, 0, 0, 0, 0, 0], num_groups: 1, ..Self::default() }
    }

    /// Reads `ics_info()`. `second_ltp` takes the data of the second channel of a pair with a common window.
    pub(crate) fn read(r: &mut BitReader<'_>, format: &Format, second_ltp: Option<&mut Option<Ltp>>) -> Result<Self> {
        let mut info = Self::default();
        if format.is_eld() {
            info.max_sfb = r.u(6)? as usize;
            (info.group_lengths[0], info.num_groups) = (1, 1);
            if info.max_sfb > info.bands(format).count() {
                return Err(r.invalid("max_sfb"));
            }
            return Ok(info);
        }
        if r.flag()? {
            return Err(r.invalid("ics_reserved_bit"));
        }
        info.sequence = match r.u(2)? {
            0 => WindowSequence::OnlyLong,
            1 => WindowSequence::LongStart,
            2 => WindowSequence::EightShort,
            _ => WindowSequence::LongStop,
        };
        if format.object_type == AudioObjectType::ER_LD && info.sequence != WindowSequence::OnlyLong {
            return Err(r.invalid("window_sequence"));
        }
        info.shape = r.u(1)? as usize;
        if info.sequence == WindowSequence::EightShort {
            info.max_sfb = r.u(4)? as usize;
            let grouping = r.u(7)?;
            info.group_lengths[0] = 1;
            for w in 0..7 {
                info.num_groups += usize::from(grouping >> (6 - w) & 1 == 0);
                info.group_lengths[info.num_groups] += 1;
            }
            info.num_groups += 1;
        } else {
            info.max_sfb = r.u(6)? as usize;
            (info.group_lengths[0], info.num_groups) = (1, 1);
            if r.flag()? {
                info.read_prediction(r, format, second_ltp)?;
            }
        }
        if info.max_sfb > info.bands(format).count() {
            return Err(r.invalid("max_sfb"));
        }
        Ok(info)
    }

    fn read_prediction(
        &mut self,
        r: &mut BitReader<'_>,
        format: &Format,
        second_ltp: Option<&mut Option<Ltp>>,
    ) -> Result<()> {
        match format.object_type {
            AudioObjectType::MAIN => {
                self.prediction = true;
                if r.flag()? {
                    self.reset_group = r.u(5)? as u8;
                    if !(1..=30).contains(&self.reset_group) {
                        return Err(r.invalid("predictor_reset_group_number"));
                    }
                }
                for sfb in 0..self.max_sfb.min(tables::pred_sfb_max(format.frequency_index)) {
                    self.prediction_used |= u64::from(r.flag()?) << sfb;
                }
            }
            AudioObjectType::LTP | AudioObjectType::ER_LTP | AudioObjectType::ER_LD => {
                let low_delay = format.object_type == AudioObjectType::ER_LD;
                if r.flag()? {
                    self.ltp = Some(self.read_ltp(r, low_delay)?);
                }
                if let Some(second) = second_ltp
                    && r.flag()?
                {
                    *second = Some(self.read_ltp(r, low_delay)?);
                }
            }
            _ => return Err(r.invalid("predictor_data_present")),
        }
        Ok(())
    }

    fn read_ltp(&self, r: &mut BitReader<'_>, low_delay: bool) -> Result<Ltp> {
        let lag = if !low_delay {
            Some(r.u(11)? as usize)
        } else if r.flag()? {
            Some(r.u(10)? as usize)
        } else {
            None
        };
        let mut ltp = Ltp { lag, coef: r.u(3)? as u8, used: 0 };
        // MAX_LTP_LONG_SFB is 40.
        for sfb in 0..self.max_sfb.min(40) {
            ltp.used |= u64::from(r.flag()?) << sfb;
        }
        Ok(ltp)
    }

    /// The bands of one window.
    #[inline]
    pub(crate) fn bands(&self, format: &Format) -> Bands {
        if self.sequence == WindowSequence::EightShort {
            Bands { offsets: format.short_bands, end: format.short_length() }
        } else {
            Bands { offsets: format.long_bands, end: usize::from(format.frame_length) }
        }
    }

    /// Number of window groups.
    pub(crate) fn groups(&self) -> usize {
        self.num_groups
    }

    /// All bands up to `max_sfb`, group by group. Best gone through by `for_each`: two nested loops.
    #[inline]
    pub(crate) fn all_bands(&self, format: &Format) -> impl Iterator<Item = Band> + use<> {
        let (info, bands) = (*self, self.bands(format));
        let mut window = 0;
        (0..info.num_groups).flat_map(move |g| {
            let windows = usize::from(info.group_lengths[g]);
            let first = window;
            window += windows;
            (0..info.max_sfb).map(move |sfb| {
                let start = bands.start(sfb);
                let width = bands.start(sfb + 1) - start;
                Band { index: g * info.max_sfb + sfb, window: first, windows, start, width }
            })
        })
    }
}
