//! The filterbank (ISO/IEC 14496-3 4.6.11): windows, block switching, and the modified discrete cosine transform.
//!
//! An inverse MDCT of `2 M` samples is a DCT-IV of `M` values `u`, unfolded: its first half is `u[M/2..]` and, with
//! the opposite sign, the same reversed; its second half is `-u[..M/2]` reversed and then as it is. So a window adds half of
//! `u` to what the block before left, and what this block leaves is the other half under a window.

mod eld_windows;
mod tables;
pub(crate) mod trig;

use crate::aac::syntax::ics::WindowSequence;
#[allow(unused_imports, reason = "for the encoder of SBR")]
pub(crate) use tables::DCT4_64;
use tables::Dct4Plan;
pub(crate) use tables::{PAIR_32, PAIR_64};
use transcode_simd::Kernels;

/// The longest frame.
pub(crate) const MAX_FRAME: usize = 1024;

/// Transforms of type IV, with their working memory.
#[derive(Debug)]
pub(crate) struct Transform {
    re: [[f32; MAX_FRAME / 2]; 2],
    im: [[f32; MAX_FRAME / 2]; 2],
    /// The result of a DCT-IV.
    values: [f32; MAX_FRAME],
}

/// Transforms of one frame length, with their working memory.
#[derive(Debug)]
pub(crate) struct FilterBank {
    kernels: Kernels,
    frame_length: usize,
    pub(crate) transform: Transform,
    /// Two frames, in which short blocks are put together.
    blocks: [f32; 2 * MAX_FRAME],
}

/// What a window needs to know of a block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// The sequence of the block's windows.
    pub(crate) sequence: WindowSequence,
    /// `window_shape` of the block before: that of the rising half.
    pub(crate) before: usize,
    /// `window_shape` of this block: that of the falling half.
    pub(crate) now: usize,
}

impl FilterBank {
    /// For frames of 1024, 960, 512 or 480 samples.
    pub(crate) fn new(kernels: Kernels, frame_length: u16) -> Self {
        Self {
            kernels,
            frame_length: usize::from(frame_length),
            transform: Transform::new(),
            blocks: [0.0; 2 * MAX_FRAME],
        }
    }

    fn long_plan(&self) -> &'static Dct4Plan {
        match self.frame_length {
            960 => &tables::DCT4_960,
            512 => &tables::DCT4_512,
            480 => &tables::DCT4_480,
            _ => &tables::DCT4_1024,
        }
    }

    fn short_plan(&self) -> &'static Dct4Plan {
        if self.frame_length == 960 { &tables::DCT4_120 } else { &tables::DCT4_128 }
    }

    /// The rising half of the long window of a shape.
    fn long_window(&self, shape: usize) -> &'static [f32] {
        match self.frame_length {
            960 => &tables::LONG_960[shape],
            512 => &tables::LONG_512,
            480 => &tables::LONG_480,
            _ => &tables::LONG_1024[shape],
        }
    }

    /// The rising half of the short window of a shape.
    fn short_window(&self, shape: usize) -> &'static [f32] {
        if self.frame_length == 960 { &tables::SHORT_120[shape] } else { &tables::SHORT_128[shape] }
    }

    /// A frame of AAC LD with `window_shape` 1: as steep as a slope of a quarter of the frame (4.6.17.2.2).
    fn low_overlap(&self, shape: usize) -> Option<&'static [f32]> {
        match (self.frame_length, shape) {
            (512, 1) => Some(&tables::SHORT_128[0]),
            (480, 1) => Some(&tables::SHORT_120[0]),
            _ => None,
        }
    }

    /// From a spectrum to samples: adds the block to what the block before left in `overlap`, puts the finished frame into `out` and
    /// what this block leaves into `overlap`. All have the length of a frame.
    pub(crate) fn synthesise(&mut self, spectrum: &[f32], shape: Shape, overlap: &mut [f32], out: &mut [f32]) {
        let len = self.frame_length;
        let (k, half) = (self.kernels, len / 2);
        // 2 / N of 4.6.11.3.1, where N is twice the length of a frame, and full scale as 1.
        let scale = 1.0 / 32768.0;
        out.copy_from_slice(overlap);
        overlap.fill(0.0);
        if shape.sequence == WindowSequence::EightShort {
            let short = len / 8;
            let from = half - short / 2;
            let (before, now) = (self.short_window(shape.before), self.short_window(shape.now));
            let plan = self.short_plan();
            let (blocks, _) = self.blocks.split_at_mut(2 * len);
            blocks[..len].copy_from_slice(out);
            blocks[len..].fill(0.0);
            for (w, spectrum) in spectrum.chunks_exact(short).enumerate() {
                let values = self.transform.dct4(k, plan, spectrum, scale / short as f32);
                let (even, odd) = values.split_at(short / 2);
                let place = from + w * short;
                k.window_head(&mut blocks[place..place + short], odd, if w == 0 { before } else { now });
                k.window_tail(&mut blocks[place + short..place + 2 * short], even, now);
            }
            out.copy_from_slice(&blocks[..len]);
            overlap.copy_from_slice(&blocks[len..]);
            return;
        }
        let plan = self.long_plan();
        let (long_before, long_now) = (self.long_window(shape.before), self.long_window(shape.now));
        let (short_before, short_now) = (self.short_window(shape.before), self.short_window(shape.now));
        let (steep_before, steep_now) = match (self.low_overlap(shape.before), self.low_overlap(shape.now)) {
            (None, None) => (
                (shape.sequence == WindowSequence::LongStop).then_some(short_before),
                (shape.sequence == WindowSequence::LongStart).then_some(short_now),
            ),
            slopes => slopes,
        };
        let values = self.transform.dct4(k, plan, spectrum, scale / len as f32);
        let (even, odd) = values.split_at(half);
        if let Some(slope) = steep_before {
            let flat = half - slope.len() / 2;
            k.window_head(&mut out[flat..len - flat], &odd[flat..], slope);
            for (out, v) in out[len - flat..].iter_mut().zip(odd[..flat].iter().rev()) {
                *out -= v;
            }
        } else {
            k.window_head(out, odd, long_before);
        }
        if let Some(slope) = steep_now {
            let flat = half - slope.len() / 2;
            for (over, v) in overlap[..flat].iter_mut().zip(even.iter().rev()) {
                *over = -v;
            }
            k.window_tail(&mut overlap[flat..len - flat], &even[..half - flat], slope);
        } else {
            k.window_tail(overlap, even, long_now);
        }
    }

    /// The low-delay filterbank of AAC ELD (4.6.20.2): as [`FilterBank::synthesise`], but what is left goes into three frames to come. The
    /// quarter of a frame with which its windows are zero is not waited for.
    pub(crate) fn synthesise_low_delay(&mut self, spectrum: &[f32], overlap: &mut [f32], out: &mut [f32]) {
        let len = self.frame_length;
        let (half, quarter) = (len / 2, len / 4);
        let window: &[f32] = if len == 480 { &eld_windows::ELD_480 } else { &eld_windows::ELD_512 };
        let plan = self.long_plan();
        let u = self.transform.dct4(self.kernels, plan, spectrum, -1.0 / (32768.0 * len as f32));
        // The block is u from half a frame before its begin on: mirrored there, with the opposite sign at its end, and so on. Each
        // run goes from `start` of the block to the next one, through `u` up or down from `from`.
        let runs = [
            (quarter, half, quarter - 1, true, 1.0),
            (half, half + len, 0, false, 1.0),
            (half + len, half + 2 * len, len - 1, true, -1.0),
            (half + 2 * len, half + 3 * len, 0, false, -1.0),
            (half + 3 * len, 4 * len, len - 1, true, 1.0),
        ];
        let mut sums = [0.0f32; 4 * 512];
        let sums = &mut sums[..4 * len - quarter];
        sums[..3 * len].copy_from_slice(overlap);
        for (start, end, from, down, sign) in runs {
            let sums = sums[start - quarter..end - quarter].iter_mut().zip(&window[start - quarter..end - quarter]);
            if down {
                sums.zip(u[..=from].iter().rev()).for_each(|((s, w), v)| *s += sign * w * v);
            } else {
                sums.zip(&u[from..]).for_each(|((s, w), v)| *s += sign * w * v);
            }
        }
        out.copy_from_slice(&sums[..len]);
        let rest = &sums[len..];
        overlap[..rest.len()].copy_from_slice(rest);
        overlap[rest.len()..].fill(0.0);
    }

    /// From two frames of samples (full scale as 1) to the spectrum of a block. Changes `samples`.
    pub(crate) fn analyse(&mut self, samples: &mut [f32], shape: Shape, spectrum: &mut [f32]) {
        let len = self.frame_length;
        let (k, half) = (self.kernels, len / 2);
        let short = self.short_window(0).len();
        let flat = half - short / 2;
        // Full scale as the standard counts it, and the 2 of the definition of the forward transform.
        let scale = 2.0 * 32768.0;
        if shape.sequence == WindowSequence::EightShort {
            let (before, now) = (self.short_window(shape.before), self.short_window(shape.now));
            let plan = self.short_plan();
            for (w, spectrum) in spectrum.chunks_exact_mut(short).enumerate() {
                let place = flat + w * short;
                let (head, tail) = samples[place..place + 2 * short].split_at(short);
                let folded = &mut self.blocks[..short];
                fold(head, tail, if w == 0 { before } else { now }, now, folded);
                spectrum.copy_from_slice(self.transform.dct4(k, plan, folded, scale));
            }
            return;
        }
        let (head, tail) = samples.split_at_mut(len);
        let (steep_before, steep_now) = match (self.low_overlap(shape.before), self.low_overlap(shape.now)) {
            (None, None) => (
                (shape.sequence == WindowSequence::LongStop).then_some(self.short_window(shape.before)),
                (shape.sequence == WindowSequence::LongStart).then_some(self.short_window(shape.now)),
            ),
            slopes => slopes,
        };
        if let Some(slope) = steep_before {
            let flat = half - slope.len() / 2;
            head[..flat].fill(0.0);
            times(&mut head[flat..len - flat], slope.iter());
        } else {
            times(head, self.long_window(shape.before).iter());
        }
        if let Some(slope) = steep_now {
            let flat = half - slope.len() / 2;
            times(&mut tail[flat..len - flat], slope.iter().rev());
            tail[len - flat..].fill(0.0);
        } else {
            times(tail, self.long_window(shape.now).iter().rev());
        }
        // The transpose of the unfolding above.
        let folded = &mut self.blocks[..len];
        for n in 0..half {
            folded[n] = -tail[half - 1 - n] - tail[half + n];
            folded[half + n] = head[n] - head[len - 1 - n];
        }
        let values = self.transform.dct4(k, self.long_plan(), &self.blocks[..len], scale);
        spectrum.copy_from_slice(values);
    }
}

/// Folds two halves of a block under their windows into what a DCT-IV transforms: the transpose of the unfolding above.
fn fold(head: &[f32], tail: &[f32], rising: &[f32], falling: &[f32], out: &mut [f32]) {
    let len = head.len();
    let half = len / 2;
    for n in 0..half {
        let (a, b) = (half - 1 - n, half + n);
        out[n] = -(tail[a] * falling[len - 1 - a]) - tail[b] * falling[len - 1 - b];
        out[half + n] = head[n] * rising[n] - head[len - 1 - n] * rising[len - 1 - n];
    }
}

impl FilterBank {
    /// The plan of frames, kept apart so that `analyse` can lend its parts.
    #[cfg(test)]
    fn dct4_for_test(&mut self, src: &[f32]) -> &[f32] {
        let plan = if src.len() == self.frame_length { self.long_plan() } else { self.short_plan() };
        self.transform.dct4(self.kernels, plan, src, 1.0)
    }
}

/// Multiplies by a window.
fn times<'a>(samples: &mut [f32], window: impl Iterator<Item = &'a f32>) {
    for (s, w) in samples.iter_mut().zip(window) {
        *s *= w;
    }
}

impl Transform {
    pub(crate) fn new() -> Self {
        Self { re: [[0.0; MAX_FRAME / 2]; 2], im: [[0.0; MAX_FRAME / 2]; 2], values: [0.0; MAX_FRAME] }
    }

    /// The DCT-IV of `src`: `sum over k of scale * src[k] * cos(pi / M (n + 1/2) (k + 1/2))`.
    pub(crate) fn dct4(&mut self, k: Kernels, plan: &Dct4Plan, src: &[f32], scale: f32) -> &[f32] {
        let points = plan.len / 2;
        let [re0, re1] = &mut self.re;
        let [im0, im1] = &mut self.im;
        let (mut now, mut next) = ((&mut re0[..points], &mut im0[..points]), (&mut re1[..points], &mut im1[..points]));
        k.dct4_pre([now.0, now.1], src, plan.factors, scale);
        let (mut stride, mut at) = (1, 0);
        for &radix in plan.radices {
            let m = points / (radix * stride);
            let count = if m > 1 { (radix - 1) * m } else { 0 };
            let factors = plan.twiddles.map(|t| &t[at..at + count]);
            k.fft_pass(radix, stride, [now.0, now.1], [next.0, next.1], factors);
            core::mem::swap(&mut now, &mut next);
            stride *= radix;
            at += count;
        }
        let values = &mut self.values[..plan.len];
        k.dct4_post(values, [now.0, now.1], plan.factors);
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;
    use std::vec;
    use std::vec::Vec;

    fn noise(len: usize, seed: u32) -> Vec<f32> {
        let mut s = seed;
        (0..len)
            .map(|_| {
                s = s.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                s as i32 as f32 / 2147483648.0
            })
            .collect()
    }

    #[test]
    fn dct4_is_its_definition() {
        for frame in [1024, 960, 512, 480] {
            let mut bank = FilterBank::new(Kernels::scalar(), frame);
            for len in [usize::from(frame), usize::from(frame) / 8] {
                if ![1024, 960, 512, 480, 128, 120].contains(&len) {
                    continue;
                }
                let src = noise(len, 7);
                let got = bank.dct4_for_test(&src).to_vec();
                for n in 0..len {
                    let angle = |k: usize| PI / len as f64 * (n as f64 + 0.5) * (k as f64 + 0.5);
                    let want: f64 = src.iter().enumerate().map(|(k, &v)| f64::from(v) * angle(k).cos()).sum();
                    assert!((f64::from(got[n]) - want).abs() < 2e-5, "{len}: {n}: {} {want}", got[n]);
                }
            }
        }
    }

    #[test]
    fn a_long_block_is_the_inverse_mdct_of_the_standard() {
        let (frame, len) = (1024, 1024usize);
        let mut bank = FilterBank::new(Kernels::scalar(), frame);
        let spectrum: Vec<f32> = noise(len, 3).iter().map(|v| v * 30000.0).collect();
        let (mut overlap, mut out) = (vec![0.0; len], vec![0.0; len]);
        let shape = Shape { sequence: WindowSequence::OnlyLong, before: 0, now: 1 };
        bank.synthesise(&spectrum, shape, &mut overlap, &mut out);
        let n0 = (len as f64 + 1.0) / 2.0;
        for n in (0..2 * len).step_by(37) {
            let sum: f64 = (0..len)
                .map(|k| {
                    f64::from(spectrum[k]) * (2.0 * PI / (2 * len) as f64 * (n as f64 + n0) * (k as f64 + 0.5)).cos()
                })
                .sum();
            let window = if n < len { tables::LONG_1024[0][n] } else { tables::LONG_1024[1][2 * len - 1 - n] };
            let want = 2.0 / (2 * len) as f64 * sum * f64::from(window) / 32768.0;
            let got = if n < len { out[n] } else { overlap[n - len] };
            assert!((f64::from(got) - want).abs() < 1e-6, "{n}: {got} {want}");
        }
    }

    #[test]
    fn windows_are_power_complementary() {
        for w in [
            &tables::LONG_1024[0][..],
            &tables::LONG_1024[1],
            &tables::LONG_960[1],
            &tables::SHORT_128[1],
            &tables::SHORT_120[0],
        ] {
            for n in 0..w.len() {
                let (a, b) = (f64::from(w[n]), f64::from(w[w.len() - 1 - n]));
                assert!((a * a + b * b - 1.0).abs() < 2e-7, "{n}");
            }
        }
        // Known values: the first of the KBD windows of ISO/IEC 14496-3.
        assert!((tables::LONG_1024[1][0] - 0.000_292_561_7).abs() < 1e-9, "{}", tables::LONG_1024[1][0]);
        assert!((tables::SHORT_128[1][0] - 0.000_043_795_8).abs() < 1e-9, "{}", tables::SHORT_128[1][0]);
    }

    /// Analysis and synthesis with the same windows give back the signal: long blocks, and the way to short ones and back.
    #[test]
    fn blocks_add_up_to_the_signal() {
        use WindowSequence::{EightShort, LongStart, LongStop, OnlyLong};
        for frame in [1024u16, 960, 512] {
            let len = usize::from(frame);
            let mut bank = FilterBank::new(Kernels::scalar(), frame);
            let signal = noise(8 * len, 5);
            let sequences = if frame == 512 {
                [OnlyLong; 6]
            } else {
                [OnlyLong, LongStart, EightShort, EightShort, LongStop, OnlyLong]
            };
            let (mut overlap, mut out, mut spectrum) = (vec![0.0; len], vec![0.0; len], vec![0.0; len]);
            for (i, &sequence) in sequences.iter().enumerate() {
                let shape = Shape { sequence, before: usize::from(i % 2 == 1), now: usize::from(i % 2 == 0) };
                let mut block = signal[i * len..(i + 2) * len].to_vec();
                bank.analyse(&mut block, shape, &mut spectrum);
                bank.synthesise(&spectrum, shape, &mut overlap, &mut out);
                if i > 0 {
                    for (n, (a, b)) in out.iter().zip(&signal[i * len..]).enumerate() {
                        assert!((a - b).abs() < 2e-6, "{frame}: block {i} sample {n}: {a} {b}");
                    }
                }
            }
        }
    }

    /// The low-delay filterbank gives back what its analysis (4.6.20.2: the same cosines under the window reversed) takes.
    #[test]
    fn low_delay_blocks_add_up_to_the_signal() {
        for frame in [512u16, 480] {
            let len = usize::from(frame);
            let mut bank = FilterBank::new(Kernels::scalar(), frame);
            let window: &[f32] = if frame == 480 { &eld_windows::ELD_480 } else { &eld_windows::ELD_512 };
            let signal = noise(10 * len, 5);
            let (mut overlap, mut out) = (vec![0.0; 3 * len], vec![0.0; len]);
            let mut spectrum = vec![0.0f32; len];
            for i in 0..6 {
                for (k, v) in spectrum.iter_mut().enumerate() {
                    let sum: f64 = (0..4 * len)
                        .map(|n| {
                            let w = window.get((4 * len - 1 - n).wrapping_sub(len / 4)).copied().unwrap_or(0.0);
                            let angle = PI / len as f64 * (n as f64 + (1.0 - len as f64) / 2.0) * (k as f64 + 0.5);
                            f64::from(signal.get(i * len + n).copied().unwrap_or(0.0)) * f64::from(w) * angle.cos()
                        })
                        .sum();
                    *v = (2.0 * 32768.0 * sum) as f32;
                }
                bank.synthesise_low_delay(&spectrum, &mut overlap, &mut out);
                if i >= 3 {
                    // The block's middle, and the quarter of a frame that is not waited for.
                    for (n, o) in out.iter().enumerate() {
                        let want = signal[(i + 2) * len + n + len / 4];
                        assert!((o - want).abs() < 1e-4, "{frame}: block {i} sample {n}: {o} {want}");
                    }
                }
            }
        }
    }

    /// AAC LD with both shapes of window.
    #[test]
    fn low_overlap_blocks_add_up_to_the_signal() {
        for frame in [512u16, 480] {
            let len = usize::from(frame);
            let mut bank = FilterBank::new(Kernels::scalar(), frame);
            let signal = noise(8 * len, 5);
            let (mut overlap, mut out, mut spectrum) = (vec![0.0; len], vec![0.0; len], vec![0.0; len]);
            let shapes = [0, 1, 1, 0, 0, 1, 0];
            for i in 0..6 {
                let shape = Shape { sequence: WindowSequence::OnlyLong, before: shapes[i], now: shapes[i + 1] };
                let mut block = signal[i * len..(i + 2) * len].to_vec();
                bank.analyse(&mut block, shape, &mut spectrum);
                bank.synthesise(&spectrum, shape, &mut overlap, &mut out);
                if i > 0 {
                    for (n, (a, b)) in out.iter().zip(&signal[i * len..]).enumerate() {
                        assert!((a - b).abs() < 2e-6, "{frame}: block {i} sample {n}: {a} {b}");
                    }
                }
            }
        }
    }
}
