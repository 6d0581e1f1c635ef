//! Which part of the spectrum is replicated, and in which bands, by rate.

use crate::aac::sbr::header::{Header, Tables};
use crate::error::{Error, Result};

/// Where replication begins and ends in Hz, by bits a second of a channel, at output rates of 44.1 and 48 kHz.
const RANGES: [(u32, [u32; 2]); 6] = [
    (8000, [3000, 12500]),
    (12000, [3500, 14000]),
    (16000, [4100, 16000]),
    (24000, [4200, 17000]),
    (32000, [6200, 18700]),
    (40000, [7000, 19500]),
];

/// The range for a rate: the line between known points.
fn range(bits_per_channel: u32) -> [u32; 2] {
    let Some(i) = RANGES.iter().position(|r| bits_per_channel < r.0) else { return RANGES[RANGES.len() - 1].1 };
    if i == 0 {
        return RANGES[0].1;
    }
    let ((x0, y0), (x1, y1)) = (RANGES[i - 1], RANGES[i]);
    core::array::from_fn(|k| y0[k] + (y1[k] - y0[k]) * (bits_per_channel - x0) / (x1 - x0))
}

/// The header of a stream of an output rate, and the bands that follow from it.
///
/// # Errors
/// `InvalidConfig` if no bands fit the rate.
pub(crate) fn choose(rate: u32, bits_per_channel: u32) -> Result<(Header, Tables)> {
    // A stream of a lower rate has its bits for a narrower range.
    let scaled = (u64::from(bits_per_channel) * 44100 / u64::from(rate.clamp(22050, 48000))) as u32;
    let [from, to] = range(scaled);
    // Little is left above the core coder's range at low rates; it does not reach its own end.
    let goal = (from.min(rate / 9 * 2), to.min(rate / 2));
    let mut best: Option<(u32, Header, Tables)> = None;
    for start in 0..16 {
        for stop in 0..16 {
            // Without a limiter: what the core coder left out of a patch is made up for.
            let header = Header { limiter_gains: 3, ..Header::new(start, stop) };
            let Ok(tables) = Tables::new(&header, rate) else { continue };
            // A last patch of under three bands falls away, and what is left without one decoders treat in different ways.
            let (patched, limited) = (tables.patches().iter().map(|p| p.bands).sum::<usize>(), &tables.limiter);
            if patched != tables.m || limited.at(limited.bands()) != tables.kx + tables.m {
                continue;
            }
            let hz = |band: usize| band as u32 * rate / 128;
            let off = hz(tables.kx).abs_diff(goal.0) + hz(tables.kx + tables.m).abs_diff(goal.1) / 2;
            if best.as_ref().is_none_or(|b| off < b.0) {
                best = Some((off, header, tables));
            }
        }
    }
    best.map(|b| (b.1, b.2)).ok_or(Error::config("sample_rate", "no bands for HE-AAC"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rate_has_bands() {
        for rate in [16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000] {
            for bits in [4000, 8000, 12000, 16000, 24000, 32000, 40000, 100_000] {
                let (_, tables) = choose(rate, bits).unwrap();
                let hz = |band: usize| band as u32 * rate / 128;
                assert!(hz(tables.kx) <= rate / 4 && hz(tables.kx + tables.m) > hz(tables.kx), "{rate} {bits}");
                assert!(!tables.patches().is_empty());
            }
        }
        let (_, tables) = choose(44100, 32000).unwrap();
        let hz = |band: usize| band as u32 * 44100 / 128;
        assert!(hz(tables.kx).abs_diff(6200) < 700 && hz(tables.kx + tables.m).abs_diff(18700) < 1500);
    }
}
