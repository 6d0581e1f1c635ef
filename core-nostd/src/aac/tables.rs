//! Tables by sampling frequency: scalefactor bands (ISO/IEC 14496-3 4.5.4), the range of TNS (4.6.9.4) and of prediction.

/// `samplingFrequencyIndex` to Hz (table 1.18).
pub(crate) const SAMPLING_FREQUENCIES: [u32; 13] =
    [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];

/// The index whose tables apply to a frequency that has none of its own (table 4.82).
pub(crate) fn index_for(frequency: u32) -> u8 {
    const AT_LEAST: [u32; 12] = [92017, 75132, 55426, 46009, 37566, 27713, 23004, 18783, 13856, 11502, 9391, 0];
    match SAMPLING_FREQUENCIES.iter().position(|&f| f == frequency) {
        Some(i) => i as u8,
        None => {
            AT_LEAST.iter().position(|&f| frequency >= f).map_or(11, |i| if frequency < 7675 { 12 } else { i as u8 })
        }
    }
}

/// Offsets of the scalefactor bands of a long window of 1024 or 960 coefficients; those of 960 are the same, cut at its end.
pub(crate) fn long_bands(index: u8, frame_length: u16) -> &'static [u16] {
    match frame_length {
        512 => match index {
            0..=4 => &LONG_512_48,
            5 => &LONG_512_32,
            _ => &LONG_512_24,
        },
        480 => match index {
            0..=4 => &LONG_480_48,
            5 => &LONG_480_32,
            _ => &LONG_480_24,
        },
        _ => match index {
            0 | 1 => &LONG_1024_96,
            2 => &LONG_1024_64,
            3 | 4 => &LONG_1024_48,
            5 => &LONG_1024_32,
            6 | 7 => &LONG_1024_24,
            8..=10 => &LONG_1024_16,
            _ => &LONG_1024_8,
        },
    }
}

/// Offsets of the scalefactor bands of a short window of 128 or 120 coefficients; those of 120 are the same, cut at its end.
pub(crate) fn short_bands(index: u8) -> &'static [u16] {
    match index {
        0 | 1 => &SHORT_128_96,
        2 => &SHORT_128_64,
        3..=5 => &SHORT_128_48,
        6 | 7 => &SHORT_128_24,
        8..=10 => &SHORT_128_16,
        _ => &SHORT_128_8,
    }
}

/// `TNS_MAX_BANDS` for long and short windows.
pub(crate) fn tns_max_bands(index: u8, frame_length: u16, short: bool) -> usize {
    const LONG_AND_SHORT: [[u8; 2]; 13] = [
        [31, 9],
        [31, 9],
        [34, 10],
        [40, 14],
        [42, 14],
        [51, 14],
        [46, 14],
        [46, 14],
        [42, 14],
        [42, 14],
        [42, 14],
        [39, 14],
        [39, 14],
    ];
    const LD_512: [u8; 13] = [31, 31, 31, 31, 32, 37, 31, 31, 31, 31, 31, 31, 31];
    const LD_480: [u8; 13] = [31, 31, 31, 31, 32, 37, 30, 30, 30, 30, 30, 30, 30];
    let index = usize::from(index.min(12));
    usize::from(match frame_length {
        512 => LD_512[index],
        480 => LD_480[index],
        _ => LONG_AND_SHORT[index][usize::from(short)],
    })
}

/// `PRED_SFB_MAX` (table 4.97).
pub(crate) fn pred_sfb_max(index: u8) -> usize {
    const MAX: [u8; 13] = [33, 33, 38, 40, 40, 40, 41, 41, 37, 37, 37, 34, 34];
    usize::from(MAX[usize::from(index.min(12))])
}

#[rustfmt::skip]
static LONG_1024_96: [u16; 42] = [
    0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 64, 72, 80, 88, 96, 108, 120, 132, 144, 156, 172, 188,
    212, 240, 276, 320, 384, 448, 512, 576, 640, 704, 768, 832, 896, 960, 1024,
];
#[rustfmt::skip]
static LONG_1024_64: [u16; 48] = [
    0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 64, 72, 80, 88, 100, 112, 124, 140, 156, 172, 192, 216,
    240, 268, 304, 344, 384, 424, 464, 504, 544, 584, 624, 664, 704, 744, 784, 824, 864, 904, 944, 984, 1024,
];
#[rustfmt::skip]
static LONG_1024_48: [u16; 50] = [
    0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 48, 56, 64, 72, 80, 88, 96, 108, 120, 132, 144, 160, 176, 196, 216, 240,
    264, 292, 320, 352, 384, 416, 448, 480, 512, 544, 576, 608, 640, 672, 704, 736, 768, 800, 832, 864, 896, 928,
    1024,
];
#[rustfmt::skip]
static LONG_1024_32: [u16; 52] = [
    0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 48, 56, 64, 72, 80, 88, 96, 108, 120, 132, 144, 160, 176, 196, 216, 240,
    264, 292, 320, 352, 384, 416, 448, 480, 512, 544, 576, 608, 640, 672, 704, 736, 768, 800, 832, 864, 896, 928, 960,
    992, 1024,
];
#[rustfmt::skip]
static LONG_1024_24: [u16; 48] = [
    0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 52, 60, 68, 76, 84, 92, 100, 108, 116, 124, 136, 148, 160, 172, 188,
    204, 220, 240, 260, 284, 308, 336, 364, 396, 432, 468, 508, 552, 600, 652, 704, 768, 832, 896, 960, 1024,
];
#[rustfmt::skip]
static LONG_1024_16: [u16; 44] = [
    0, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 100, 112, 124, 136, 148, 160, 172, 184, 196, 212, 228, 244, 260,
    280, 300, 320, 344, 368, 396, 424, 456, 492, 532, 572, 616, 664, 716, 772, 832, 896, 960, 1024,
];
#[rustfmt::skip]
static LONG_1024_8: [u16; 41] = [
    0, 12, 24, 36, 48, 60, 72, 84, 96, 108, 120, 132, 144, 156, 172, 188, 204, 220, 236, 252, 268, 288, 308, 328, 348,
    372, 396, 420, 448, 476, 508, 544, 580, 620, 664, 712, 764, 820, 880, 944, 1024,
];
#[rustfmt::skip]
static SHORT_128_96: [u16; 13] = [
    0, 4, 8, 12, 16, 20, 24, 32, 40, 48, 64, 92, 128,
];
#[rustfmt::skip]
static SHORT_128_64: [u16; 13] = [
    0, 4, 8, 12, 16, 20, 24, 32, 40, 48, 64, 92, 128,
];
#[rustfmt::skip]
static SHORT_128_48: [u16; 15] = [
    0, 4, 8, 12, 16, 20, 28, 36, 44, 56, 68, 80, 96, 112, 128,
];
#[rustfmt::skip]
static SHORT_128_24: [u16; 16] = [
    0, 4, 8, 12, 16, 20, 24, 28, 36, 44, 52, 64, 76, 92, 108, 128,
];
#[rustfmt::skip]
static SHORT_128_16: [u16; 16] = [
    0, 4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 60, 72, 88, 108, 128,
];
#[rustfmt::skip]
static SHORT_128_8: [u16; 16] = [
    0, 4, 8, 12, 16, 20, 24, 28, 36, 44, 52, 60, 72, 88, 108, 128,
];
#[rustfmt::skip]
static LONG_512_48: [u16; 37] = [
    0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60, 68, 76, 84, 92, 100, 112, 124, 136, 148, 164, 184,
    208, 236, 268, 300, 332, 364, 396, 428, 460, 512,
];
#[rustfmt::skip]
static LONG_480_48: [u16; 36] = [
    0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 64, 72, 80, 88, 96, 108, 120, 132, 144, 156, 172, 188,
    212, 240, 272, 304, 336, 368, 400, 432, 480,
];
#[rustfmt::skip]
static LONG_512_32: [u16; 38] = [
    0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 64, 72, 80, 88, 96, 108, 120, 132, 144, 160, 176, 192,
    212, 236, 260, 288, 320, 352, 384, 416, 448, 480, 512,
];
#[rustfmt::skip]
static LONG_480_32: [u16; 38] = [
    0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60, 64, 72, 80, 88, 96, 104, 112, 124, 136, 148, 164,
    180, 200, 224, 256, 288, 320, 352, 384, 416, 448, 480,
];
#[rustfmt::skip]
static LONG_512_24: [u16; 32] = [
    0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 52, 60, 68, 80, 92, 104, 120, 140, 164, 192, 224, 256, 288, 320, 352,
    384, 416, 448, 480, 512,
];
#[rustfmt::skip]
static LONG_480_24: [u16; 31] = [
    0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 52, 60, 68, 80, 92, 104, 120, 140, 164, 192, 224, 256, 288, 320, 352,
    384, 416, 448, 480,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_rise_in_steps_of_four_to_the_end() {
        for index in 0..13 {
            for (bands, end) in [
                (long_bands(index, 1024), 1024),
                (long_bands(index, 512), 512),
                (long_bands(index, 480), 480),
                (short_bands(index), 128),
            ] {
                assert_eq!((bands[0], *bands.last().unwrap()), (0, end));
                assert!(bands.windows(2).all(|b| b[0] < b[1] && b[0] % 4 == 0));
            }
            // A frame of 960 or 120 ends inside a band, on a multiple of 4.
            assert!(pred_sfb_max(index) < long_bands(index, 1024).len());
            assert!(tns_max_bands(index, 1024, false) < long_bands(index, 1024).len());
            assert!(tns_max_bands(index, 1024, true) < short_bands(index).len());
        }
    }
}
