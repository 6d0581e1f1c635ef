//! Sound for other loudspeakers.
//!
//! The coefficients are those of ITU-R BS.775 (annex 4, table 2): a channel that the output lacks goes to its neighbours, and by
//! 3 dB less where it goes to two of them or joins another one: the centre into left and right, surrounds into the front, left and
//! right into mono. Low-frequency effects are dropped, as the recommendation has it. Then all is scaled by one factor, if need
//! be, so that no output can exceed full scale: what went in unclipped comes out unclipped.

use super::layout::ChannelLayout;

/// Bits of a WAVE channel mask.
mod bit {
    pub(super) const FL: u32 = 0;
    pub(super) const FR: u32 = 1;
    pub(super) const FC: u32 = 2;
    pub(super) const LFE: u32 = 3;
    pub(super) const BL: u32 = 4;
    pub(super) const BR: u32 = 5;
    pub(super) const FLC: u32 = 6;
    pub(super) const FRC: u32 = 7;
    pub(super) const BC: u32 = 8;
    pub(super) const SL: u32 = 9;
    pub(super) const SR: u32 = 10;
    pub(super) const TFL: u32 = 12;
    pub(super) const TFR: u32 = 14;
}
use bit::*;

/// -3 dB.
const LESS: f64 = std::f64::consts::FRAC_1_SQRT_2;

/// Turns channels of one layout into those of another.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mixer {
    /// By output channel, then by input channel.
    matrix: Vec<Vec<f32>>,
}

impl Mixer {
    /// A mixer; `None` where the layouts are the same or there is no telling what goes where, if the numbers of channels agree.
    ///
    /// # Errors
    /// If there is no telling what goes where.
    pub(crate) fn new(from: ChannelLayout, to: ChannelLayout) -> Result<Option<Self>, String> {
        if from == to || (from.channels() == to.channels() && (from.mask() == 0 || to.mask() == 0)) {
            return Ok(None);
        }
        if from.mask() == 0 || to.mask() == 0 {
            return Err(format!("mixing {from} of unknown positions to {to}"));
        }
        let outputs: Vec<u32> = to.bits().collect();
        let mut matrix = vec![vec![0.0; from.channels()]; outputs.len()];
        for (i, input) in from.bits().enumerate() {
            for (output, gain) in routes(input, from.mask(), to.mask()) {
                if let Some(o) = outputs.iter().position(|&b| b == output) {
                    matrix[o][i] += gain;
                }
            }
        }
        let loudest = matrix.iter().map(|row| row.iter().sum::<f64>()).fold(1.0, f64::max);
        let row = |row: Vec<f64>| row.into_iter().map(|g| (g / loudest) as f32).collect();
        Ok(Some(Self { matrix: matrix.into_iter().map(row).collect() }))
    }
    /// Mixes planes of one length.
    pub(crate) fn mix(&self, planes: &[Vec<f32>]) -> Vec<Vec<f32>> {
        let length = planes.first().map_or(0, Vec::len);
        let mixed = |gains: &Vec<f32>| {
            let mut out = vec![0.0f32; length];
            for (plane, &gain) in planes.iter().zip(gains).filter(|(_, g)| **g != 0.0) {
                out.iter_mut().zip(plane).for_each(|(o, &x)| *o += gain * x);
            }
            out
        };
        self.matrix.iter().map(mixed).collect()
    }
}

/// Where a channel at `input` goes, and how much of it.
fn routes(input: u32, from: u32, to: u32) -> Vec<(u32, f64)> {
    let has = |mask: u32, bits: &[u32]| bits.iter().all(|&b| mask >> b & 1 == 1);
    if has(to, &[input]) {
        return vec![(input, 1.0)];
    }
    let front = has(to, &[FL, FR]);
    let (back, side) = (has(to, &[BL, BR]), has(to, &[SL, SR]));
    let left = matches!(input, FL | FLC | BL | SL | TFL);
    let pick = |l: u32, r: u32| if left { l } else { r };
    // What joins a channel that the input has too is as loud as half of a pair.
    let join = |bits: [u32; 2]| if has(from, &bits) { LESS } else { 1.0 };
    match input {
        FC if front => vec![(FL, LESS), (FR, LESS)],
        FL | FR if has(to, &[FC]) => vec![(FC, LESS)],
        FLC | FRC if front => vec![(pick(FL, FR), join([FL, FR]))],
        FLC | FRC => vec![(FC, LESS)],
        TFL | TFR if front => vec![(pick(FL, FR), LESS)],
        SL | SR if back => vec![(pick(BL, BR), join([BL, BR]))],
        BL | BR if side => vec![(pick(SL, SR), join([SL, SR]))],
        SL | SR | BL | BR if has(to, &[BC]) => vec![(BC, LESS)],
        SL | SR | BL | BR if front => vec![(pick(FL, FR), LESS)],
        // Both steps at once: into the front, and that into mono.
        SL | SR | BL | BR | TFL | TFR => vec![(FC, LESS * LESS)],
        BC if back => vec![(BL, LESS), (BR, LESS)],
        BC if side => vec![(SL, LESS), (SR, LESS)],
        BC if front => vec![(FL, LESS * LESS), (FR, LESS * LESS)],
        BC => vec![(FC, LESS)],
        LFE => Vec::new(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(from: &str, to: &str) -> Vec<Vec<f32>> {
        Mixer::new(from.parse().unwrap(), to.parse().unwrap()).unwrap().unwrap().matrix
    }

    fn near(got: &[f32], expected: &[f64]) {
        assert_eq!(got.len(), expected.len());
        for (g, e) in got.iter().zip(expected) {
            assert!((f64::from(*g) - e).abs() < 1e-6, "{got:?} is not {expected:?}");
        }
    }

    #[test]
    fn bs_775() {
        // 3/2 to 2/0: L + 0.7071 C + 0.7071 Ls, over the sum.
        let s = 1.0 / (1.0 + 2.0 * LESS);
        let m = matrix("5.1", "stereo");
        near(&m[0], &[s, 0.0, LESS * s, 0.0, LESS * s, 0.0]);
        near(&m[1], &[0.0, s, LESS * s, 0.0, 0.0, LESS * s]);
        near(&matrix("stereo", "mono")[0], &[0.5, 0.5]);
        near(&matrix("mono", "stereo").concat(), &[LESS, LESS]);
        near(
            &matrix("3.0", "mono")[0],
            &[LESS / (1.0 + 2.0 * LESS), LESS / (1.0 + 2.0 * LESS), 1.0 / (1.0 + 2.0 * LESS)],
        );
    }

    #[test]
    fn wider_and_narrower() {
        let s = 1.0 / (1.0 + LESS);
        let m = matrix("7.1", "5.1");
        near(&m[4], &[0.0, 0.0, 0.0, 0.0, s, 0.0, LESS * s, 0.0]);
        near(&m[3], &[0.0, 0.0, 0.0, s, 0.0, 0.0, 0.0, 0.0]);
        near(&matrix("5.1", "5.1(side)")[4], &[0.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
        near(&matrix("stereo", "5.1").concat(), &[1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn nothing_is_lost_and_nothing_clips() {
        for from in ChannelLayout::names() {
            for to in ChannelLayout::names().filter(|t| *t != from) {
                let m = matrix(from, to);
                assert!(m.iter().all(|row| row.iter().sum::<f32>() <= 1.000_001 && row.iter().all(|&g| g >= 0.0)));
                let layout: ChannelLayout = from.parse().unwrap();
                for (i, b) in layout.bits().enumerate() {
                    let heard = m.iter().any(|row| row[i] > 0.0);
                    let dropped = b == LFE && to.parse::<ChannelLayout>().unwrap().mask() >> LFE & 1 == 0;
                    assert_eq!(heard, !dropped, "{from} to {to}: channel {i}");
                }
            }
        }
    }

    #[test]
    fn unknown_positions() {
        let unknown = ChannelLayout::of_positions(&[transcode_core::ChannelPosition::Unknown; 2]).0;
        assert_eq!(Mixer::new(unknown, ChannelLayout::STEREO), Ok(None));
        assert!(Mixer::new(unknown, ChannelLayout::MONO).is_err());
        assert_eq!(Mixer::new(ChannelLayout::STEREO, ChannelLayout::STEREO), Ok(None));
        let mono = Mixer::new(ChannelLayout::STEREO, ChannelLayout::MONO).unwrap().unwrap();
        assert_eq!(mono.mix(&[vec![1.0, 0.5], vec![-1.0, 0.5]]), [vec![0.0, 0.5]]);
    }
}
