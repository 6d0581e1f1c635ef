//! Levels, table A-1.

use super::config::Profile;

/// One row of table A-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Level {
    /// `level_idc`.
    pub idc: u8,
    /// `MaxMBPS`, macroblocks per second.
    max_mbps: u32,
    /// `MaxFS`, macroblocks of a frame.
    max_fs: u32,
    /// `MaxDpbMbs`.
    max_dpb_mbs: u32,
    /// `MaxBR` in units of 1000 (Baseline, Main) or 1250 (High) bits per second.
    max_br: u32,
    /// `MaxCPB`, likewise in bits.
    max_cpb: u32,
    /// Vertical motion vector range in whole luma samples: -n to n - 0.25.
    pub max_vmv: u16,
}

/// What a stream asks of a level.
#[derive(Debug, Clone, Copy)]
pub(super) struct Demand {
    /// Size in macroblocks.
    pub size_mbs: (usize, usize),
    /// Pictures per second as a fraction.
    pub frame_rate: (u32, u32),
    /// Pictures in the decoded picture buffer.
    pub references: u8,
    /// Bits per second.
    pub bits_per_second: u64,
    /// Bits in the decoder's buffer.
    pub buffer_bits: u64,
    pub profile: Profile,
}

const fn row(idc: u8, [max_mbps, max_fs, max_dpb_mbs, max_br, max_cpb]: [u32; 5], max_vmv: u16) -> Level {
    Level { idc, max_mbps, max_fs, max_dpb_mbs, max_br, max_cpb, max_vmv }
}

/// Level 1b is left out: it needs a flag of its own and 1.1 does as well.
const LEVELS: [Level; 19] = [
    row(10, [1_485, 99, 396, 64, 175], 64),
    row(11, [3_000, 396, 900, 192, 500], 128),
    row(12, [6_000, 396, 2_376, 384, 1_000], 128),
    row(13, [11_880, 396, 2_376, 768, 2_000], 128),
    row(20, [11_880, 396, 2_376, 2_000, 2_000], 128),
    row(21, [19_800, 792, 4_752, 4_000, 4_000], 256),
    row(22, [20_250, 1_620, 8_100, 4_000, 4_000], 256),
    row(30, [40_500, 1_620, 8_100, 10_000, 10_000], 256),
    row(31, [108_000, 3_600, 18_000, 14_000, 14_000], 512),
    row(32, [216_000, 5_120, 20_480, 20_000, 20_000], 512),
    row(40, [245_760, 8_192, 32_768, 20_000, 25_000], 512),
    row(41, [245_760, 8_192, 32_768, 50_000, 62_500], 512),
    row(42, [522_240, 8_704, 34_816, 50_000, 62_500], 512),
    row(50, [589_824, 22_080, 110_400, 135_000, 135_000], 512),
    row(51, [983_040, 36_864, 184_320, 240_000, 240_000], 512),
    row(52, [2_073_600, 36_864, 184_320, 240_000, 240_000], 512),
    row(60, [4_177_920, 139_264, 696_320, 240_000, 240_000], 8_192),
    row(61, [8_355_840, 139_264, 696_320, 480_000, 480_000], 8_192),
    row(62, [16_711_680, 139_264, 696_320, 800_000, 800_000], 8_192),
];

impl Level {
    /// `MaxDpbFrames`, A.3.1 h.
    pub(super) fn max_dpb_frames(&self, width_mbs: usize, height_mbs: usize) -> u8 {
        (self.max_dpb_mbs as usize / (width_mbs * height_mbs).max(1)).min(16) as u8
    }

    /// Whether a stream obeys the level (A.3.1, A.3.3).
    pub(super) fn fits(&self, d: &Demand) -> bool {
        let (w, h) = d.size_mbs;
        let mbs = (w * h) as u64;
        let side = (w.max(h) as u64).pow(2);
        let per_second = mbs * u64::from(d.frame_rate.0);
        let (rate, size) = self.buffer(d.profile);
        mbs <= u64::from(self.max_fs)
            && side <= 8 * u64::from(self.max_fs)
            && per_second <= u64::from(self.max_mbps) * u64::from(d.frame_rate.1)
            && d.references <= self.max_dpb_frames(w, h)
            && d.bits_per_second <= rate
            && d.buffer_bits <= size
    }

    /// Most bits per second and bits of the buffer, A.3.1 i and A.3.3 (cpbBrVclFactor, which leaves NAL units' own bytes as a margin).
    pub(super) fn buffer(&self, profile: Profile) -> (u64, u64) {
        let factor = if profile == Profile::High { 1250 } else { 1000 };
        (u64::from(self.max_br) * factor, u64::from(self.max_cpb) * factor)
    }
}

/// The level with this `level_idc`.
pub(super) fn by_idc(idc: u8) -> Option<Level> {
    LEVELS.iter().copied().find(|l| l.idc == idc)
}

/// The lowest level that fits.
pub(super) fn lowest(demand: &Demand) -> Option<Level> {
    LEVELS.iter().copied().find(|l| l.fits(demand))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_sizes_get_their_level() {
        let demand = |w, h, fps, references| Demand {
            size_mbs: (w, h),
            frame_rate: (fps, 1),
            references,
            bits_per_second: 0,
            buffer_bits: 0,
            profile: Profile::High,
        };
        let of = |w, h, fps, refs| lowest(&demand(w, h, fps, refs)).map(|l| l.idc);
        assert_eq!(of(11, 9, 15, 1), Some(10));
        assert_eq!(of(22, 18, 30, 3), Some(13));
        assert_eq!(of(45, 36, 25, 3), Some(30));
        assert_eq!(of(80, 45, 30, 3), Some(31));
        assert_eq!(of(120, 68, 30, 4), Some(40));
        assert_eq!(of(120, 68, 60, 4), Some(42));
        assert_eq!(of(240, 135, 30, 3), Some(51));
        // A strip as wide as no level allows, though its area is small.
        assert_eq!(of(1000, 1, 1, 1), Some(60));
        assert_eq!(of(4000, 4000, 1, 1), None);
        let with = |bits_per_second, buffer_bits, profile| {
            let d = Demand { bits_per_second, buffer_bits, profile, ..demand(45, 36, 25, 3) };
            lowest(&d).map(|l| l.idc)
        };
        assert_eq!(with(10_000_000, 10_000_000, Profile::Main), Some(30));
        assert_eq!(with(12_500_000, 12_500_000, Profile::High), Some(30));
        assert_eq!(with(12_500_000, 12_500_000, Profile::Main), Some(31));
        assert_eq!(with(1_000_000, 60_000_000, Profile::Main), Some(41));
    }

    #[test]
    fn limits_grow_with_the_level() {
        for pair in LEVELS.windows(2) {
            assert!(pair[0].idc < pair[1].idc);
            assert!(pair[0].max_mbps <= pair[1].max_mbps && pair[0].max_fs <= pair[1].max_fs);
            assert!(pair[0].max_br <= pair[1].max_br && pair[0].max_cpb <= pair[1].max_cpb);
            assert!(pair[0].max_dpb_mbs <= pair[1].max_dpb_mbs && pair[0].max_vmv <= pair[1].max_vmv);
        }
    }
}
