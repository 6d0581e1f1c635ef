//! `macroblock_layer()` (7.3.5) in CABAC binarisation (9.3.2, 9.3.3.1).

use super::mb::{BLOCK_RASTER, Mb, MbKind, MbState, Neighbours, QUARTERS, QpState, SliceSyntax, b_type};
use crate::h264::cabac::encode::BinSink;
use crate::h264::cabac::tables::{LAST_8X8, SIGNIFICANT_8X8_FRAME};
use crate::h264::params::SliceType;

/// Kinds of residual blocks, table 9-42.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockCat {
    LumaDc = 0,
    LumaAc = 1,
    Luma4x4 = 2,
    ChromaDc = 3,
    ChromaAc = 4,
    Luma8x8 = 5,
}

/// First context of `significant_coeff_flag`, `last_significant_coeff_flag` (frame coding) and `coeff_abs_level_minus1` by
/// [`BlockCat`]: tables 9-34 and 9-40.
const SIGNIFICANT: [usize; 6] = [105, 120, 134, 149, 152, 402];
const LAST: [usize; 6] = [166, 181, 195, 210, 213, 417];
const ABS: [usize; 6] = [227, 237, 247, 257, 266, 426];

/// Offsets of the contexts of coefficient `i` in the significance map: of `significant_coeff_flag`, of `last_...`.
#[inline]
pub(super) fn map_contexts(cat: BlockCat, i: usize) -> (usize, usize) {
    let c = cat as usize;
    let (s, l) = match cat {
        BlockCat::Luma8x8 => (usize::from(SIGNIFICANT_8X8_FRAME[i]), usize::from(LAST_8X8[i])),
        BlockCat::ChromaDc => (i.min(2), i.min(2)),
        _ => (i, i),
    };
    (SIGNIFICANT[c] + s, LAST[c] + l)
}

/// Contexts of the first and the further bins of `coeff_abs_level_minus1` after `ones` levels of 1 and `greater` others.
#[inline]
pub(super) fn level_contexts(cat: BlockCat, ones: usize, greater: usize) -> (usize, usize) {
    let base = ABS[cat as usize];
    let first = if greater > 0 { 0 } else { (1 + ones).min(4) };
    (base + first, base + 5 + greater.min(if cat == BlockCat::ChromaDc { 3 } else { 4 }))
}

/// `residual_block_cabac()`, 7.3.5.3.3, without `coded_block_flag`. At least one level is not 0.
fn block(s: &mut impl BinSink, cat: BlockCat, levels: &[i16]) {
    let last = levels.iter().rposition(|&l| l != 0).unwrap_or(0);
    for (i, &l) in levels[..=last].iter().enumerate() {
        if i == levels.len() - 1 {
            break;
        }
        let (sig_ctx, last_ctx) = map_contexts(cat, i);
        s.bin(sig_ctx, l != 0);
        if l != 0 {
            s.bin(last_ctx, i == last);
        }
    }
    let (mut ones, mut greater) = (0, 0);
    for &l in levels[..=last].iter().rev().filter(|&&l| l != 0) {
        let minus1 = u32::from(l.unsigned_abs()) - 1;
        let (first, more) = level_contexts(cat, ones, greater);
        s.bin(first, minus1 > 0);
        if minus1 == 0 {
            ones += 1;
        } else {
            for _ in 1..minus1.min(14) {
                s.bin(more, true);
            }
            if minus1 < 14 {
                s.bin(more, false);
            } else {
                exp_golomb(s, minus1 - 14, 0);
            }
            greater += 1;
        }
        s.bypass(l < 0);
    }
}

/// The suffix of UEGk, 9.3.2.3.
fn exp_golomb(s: &mut impl BinSink, value: u32, k: u32) {
    let v = value + (1 << k);
    let n = v.ilog2();
    // n - k ones, a zero, then the n low bits.
    s.bypass_bits((1 << (n - k)) - 1, n - k);
    s.bypass(false);
    s.bypass_bits(v & ((1 << n) - 1), n);
}

/// `coded_block_flag` context increment of one side: `None` is a macroblock that is not available.
fn coded(flag: Option<bool>, intra: bool) -> usize {
    usize::from(flag.unwrap_or(intra))
}

fn flagged_block(s: &mut impl BinSink, cat: BlockCat, inc: usize, levels: &[i16], any: bool) {
    s.bin(85 + 4 * cat as usize + inc, any);
    if any {
        block(s, cat, levels);
    }
}

/// Context increment by a property of A and twice that of B.
fn sides(nb: &Neighbours, f: impl Fn(&MbState) -> bool) -> usize {
    usize::from(nb.left.as_ref().is_some_and(&f)) + 2 * usize::from(nb.top.as_ref().is_some_and(&f))
}

/// Context increment of `mb_type` in I and B slices.
fn type_inc(nb: &Neighbours, is: impl Fn(&MbState) -> bool) -> usize {
    usize::from(nb.left.as_ref().is_some_and(&is)) + usize::from(nb.top.as_ref().is_some_and(&is))
}

/// What tells intra types from others in P and B slices; returns the first context of the type, and what is added for its bins.
fn intra_prefix(s: &mut impl BinSink, nb: &Neighbours, slice: SliceSyntax) -> (usize, usize, [usize; 5]) {
    match slice.kind {
        SliceType::B => {
            s.bin(27 + b_inc(nb), true);
            for (ctx, bin) in [(30, true), (31, true), (32, true), (32, false), (32, true)] {
                s.bin(ctx, bin);
            }
            (32, 32, [1, 2, 2, 3, 3])
        }
        SliceType::P => {
            s.bin(14, true);
            (17, 17, [1, 2, 2, 3, 3])
        }
        _ => (3 + type_inc(nb, |m| !m.kind.is_nxn()), 3, [3, 4, 5, 6, 7]),
    }
}

fn b_inc(nb: &Neighbours) -> usize {
    type_inc(nb, |m| !matches!(m.kind, MbKind::Skip | MbKind::Direct))
}

fn mb_type_intra(s: &mut impl BinSink, mb: &MbState, nb: &Neighbours, slice: SliceSyntax) {
    let (first, base, step) = intra_prefix(s, nb, slice);
    if mb.kind.is_nxn() {
        return s.bin(first, false);
    }
    s.bin(first, true);
    s.not_last();
    s.bin(base + step[0], mb.cbp & 15 != 0);
    let chroma = mb.cbp >> 4;
    s.bin(base + step[1], chroma != 0);
    if chroma != 0 {
        s.bin(base + step[2], chroma == 2);
    }
    s.bin(base + step[3], mb.i16_mode & 2 != 0);
    s.bin(base + step[4], mb.i16_mode & 1 != 0);
}

fn mb_type_p(s: &mut impl BinSink, mb: &MbState) {
    s.bin(14, false);
    let (b1, b2) = match mb.kind {
        MbKind::Inter16x16 => (false, false),
        MbKind::Inter8x8 => (false, true),
        MbKind::Inter8x16 => (true, false),
        _ => (true, true),
    };
    s.bin(15, b1);
    s.bin(if b1 { 17 } else { 16 }, b2);
    if mb.kind == MbKind::Inter8x8 {
        for _ in 0..4 {
            s.bin(21, true);
        }
    }
}

/// Table 9-37 for B slices, and the types of sub-macroblocks.
fn mb_type_b(s: &mut impl BinSink, mb: &MbState, nb: &Neighbours) {
    let number = b_type(mb);
    s.bin(27 + b_inc(nb), number != 0);
    // After the first two, one bin with its own context and the rest with the next one.
    let rest = match number {
        0 => return,
        1 | 2 => {
            s.bin(30, false);
            return s.bin(32, number == 2);
        }
        3..=10 => (number - 3, 4),
        11 => (14, 4),
        22 => (15, 4),
        _ => (number + 4, 5),
    };
    s.bin(30, true);
    for i in (0..rest.1).rev() {
        s.bin(if i == rest.1 - 1 { 31 } else { 32 }, rest.0 >> i & 1 != 0);
    }
    if mb.kind == MbKind::Inter8x8 {
        for (q, &part) in QUARTERS.iter().enumerate() {
            let direct = mb.direct >> q & 1 != 0;
            s.bin(36, !direct);
            if direct {
                continue;
            }
            match mb.direction(part) {
                2 => [(37, true), (38, false), (39, false), (39, false)].iter().for_each(|&(c, b)| s.bin(c, b)),
                list => {
                    s.bin(37, false);
                    s.bin(39, list == 1);
                }
            }
        }
    }
}

/// Writes what comes before `pcm_flag`'s terminating bin of an `I_PCM` macroblock; the caller codes that bin and the samples.
pub(super) fn pcm_prefix(s: &mut impl BinSink, nb: &Neighbours, slice: SliceSyntax, qp: &mut QpState) {
    if slice.is_inter() {
        skip_flag(s, nb, slice, false);
    }
    let (first, _, _) = intra_prefix(s, nb, slice);
    s.bin(first, true);
    qp.changed = false;
}

fn skip_flag(s: &mut impl BinSink, nb: &Neighbours, slice: SliceSyntax, skip: bool) {
    let base = if slice.is_b() { 24 } else { 11 };
    s.bin(base + type_inc(nb, |m| m.kind != MbKind::Skip), skip);
}

fn intra_modes(s: &mut impl BinSink, mb: &MbState, nb: &Neighbours) {
    let step = if mb.kind == MbKind::I8x8 { 4 } else { 1 };
    for b in BLOCK_RASTER.iter().step_by(step) {
        let predicted = nb.predict_intra_mode(mb, b & 3, b >> 2);
        let mode = mb.intra_modes[*b];
        s.bin(68, mode == predicted);
        if mode != predicted {
            let rem = mode - u8::from(mode > predicted);
            for bit in 0..3 {
                s.bin(69, rem >> bit & 1 != 0);
            }
        }
    }
}

fn chroma_mode(s: &mut impl BinSink, mb: &MbState, nb: &Neighbours) {
    let directed = |m: &Option<MbState>| {
        usize::from(m.as_ref().is_some_and(|m| m.kind.is_intra() && m.kind != MbKind::IPcm && m.chroma_mode != 0))
    };
    s.bin(64 + directed(&nb.left) + directed(&nb.top), mb.chroma_mode > 0);
    for i in 1..=mb.chroma_mode.min(2) {
        s.bin(67, mb.chroma_mode > i);
    }
}

fn ref_idx(s: &mut impl BinSink, mb: &MbState, nb: &Neighbours, list: usize, x: usize, y: usize) {
    let over_zero = |dx, dy| {
        nb.block(mb, x as i32 - dx, y as i32 - dy).is_some_and(|(m, b)| {
            let q = (b >> 3) * 2 + (b & 3) / 2;
            m.ref_idx[list][q] > 0 && m.direct >> q & 1 == 0
        })
    };
    let mut ctx = 54 + usize::from(over_zero(1, 0)) + 2 * usize::from(over_zero(0, 1));
    for i in 0..mb.motion_at(list, x, y).0 {
        s.bin(ctx, true);
        ctx = if i == 0 { 58 } else { 59 };
    }
    s.bin(ctx, false);
}

fn mvd_component(s: &mut impl BinSink, base: usize, sum: usize, mvd: i32) {
    let abs = mvd.unsigned_abs();
    let inc = if sum < 3 {
        0
    } else if sum <= 32 {
        1
    } else {
        2
    };
    s.bin(base + inc, abs > 0);
    if abs == 0 {
        return;
    }
    for i in 1..abs.min(9) {
        s.bin(base + (2 + i as usize).min(6), true);
    }
    if abs < 9 {
        s.bin(base + (2 + abs as usize).min(6), false);
    } else {
        exp_golomb(s, abs - 9, 3);
    }
    s.bypass(mvd < 0);
}

/// References and vectors of all partitions; sets `mvd` in the state.
fn motion(s: &mut impl BinSink, mb: &mut MbState, nb: &Neighbours, slice: SliceSyntax) {
    let parts = mb.kind.partitions();
    let lists = if slice.is_b() { 2 } else { 1 };
    for list in 0..lists {
        if slice.references[list] > 1 {
            // ref_idx of later partitions is not known yet to those before, but they never look at it.
            for part in parts.iter().filter(|p| mb.sends(list, **p)) {
                ref_idx(s, mb, nb, list, part.0, part.1);
            }
        }
    }
    for list in 0..lists {
        for &part in parts {
            if !mb.sends(list, part) {
                continue;
            }
            let (x, y, w, h) = part;
            let (r, mv) = mb.motion_at(list, x, y);
            let mvp = nb.predict_mv(mb, list, part, r);
            let mvd = [i32::from(mv.x) - i32::from(mvp.x), i32::from(mv.y) - i32::from(mvp.y)];
            let abs_at = |dx, dy| nb.block(mb, x as i32 - dx, y as i32 - dy).map_or([0; 2], |(m, b)| m.mvd[list][b]);
            let (a, b) = (abs_at(1, 0), abs_at(0, 1));
            for c in 0..2 {
                mvd_component(s, 40 + 7 * c, usize::from(a[c]) + usize::from(b[c]), mvd[c]);
            }
            let kept = mvd.map(|d| d.unsigned_abs().min(255) as u8);
            for by in y..y + h {
                mb.mvd[list][4 * by + x..4 * by + x + w].fill(kept);
            }
        }
    }
}

fn coded_block_pattern(s: &mut impl BinSink, mb: &MbState, nb: &Neighbours) {
    for b in 0..4 {
        let (x, y) = (2 * (b & 1), 2 * (b >> 1));
        let empty = |x: i32, y: i32| {
            nb.block(mb, x, y).is_some_and(|(m, blk)| m.cbp >> ((blk >> 3) * 2 + (blk & 3) / 2) & 1 == 0)
        };
        s.bin(73 + usize::from(empty(x - 1, y)) + 2 * usize::from(empty(x, y - 1)), mb.cbp >> b & 1 != 0);
    }
    let chroma = mb.cbp >> 4;
    s.bin(77 + sides(nb, |m| m.cbp >> 4 != 0), chroma != 0);
    if chroma != 0 {
        s.bin(81 + sides(nb, |m| m.cbp >> 4 == 2), chroma == 2);
    }
}

fn qp_delta(s: &mut impl BinSink, delta: i32, changed_before: bool) {
    let mapped = if delta > 0 { 2 * delta as u32 - 1 } else { 2 * delta.unsigned_abs() };
    let mut ctx = 60 + usize::from(changed_before);
    for i in 0..mapped {
        s.bin(ctx, true);
        ctx = if i == 0 { 62 } else { 63 };
    }
    s.bin(ctx, false);
}

fn residual(s: &mut impl BinSink, mb: &Mb, nb: &Neighbours) {
    let st = &mb.state;
    let intra = st.kind.is_intra();
    let i16 = st.kind == MbKind::I16x16;
    let dc_inc = |bit: u8| {
        let flag = |m: &Option<MbState>| coded(m.as_ref().map(|m| m.dc_coded >> bit & 1 != 0), intra);
        flag(&nb.left) + 2 * flag(&nb.top)
    };
    if i16 {
        flagged_block(s, BlockCat::LumaDc, dc_inc(0), &mb.levels.luma_dc, st.dc_coded & 1 != 0);
    }
    for b8 in (0..4).filter(|b| st.cbp >> b & 1 != 0) {
        if st.transform_8x8 {
            block(s, BlockCat::Luma8x8, &mb.levels.luma[64 * b8..64 * b8 + 64]);
            continue;
        }
        for blk in 4 * b8..4 * b8 + 4 {
            let r = BLOCK_RASTER[blk];
            let (x, y) = (r as i32 & 3, r as i32 >> 2);
            let flag = |x, y| coded(nb.block(st, x, y).map(|(m, b)| m.nnz[b] != 0), intra);
            let inc = flag(x - 1, y) + 2 * flag(x, y - 1);
            let (cat, skip) = if i16 { (BlockCat::LumaAc, 1) } else { (BlockCat::Luma4x4, 0) };
            flagged_block(s, cat, inc, &mb.levels.luma[16 * blk + skip..16 * blk + 16], st.nnz[r] != 0);
        }
    }
    if st.cbp >> 4 != 0 {
        for c in 0..2 {
            let any = st.dc_coded >> (c + 1) & 1 != 0;
            flagged_block(s, BlockCat::ChromaDc, dc_inc(c as u8 + 1), &mb.levels.chroma_dc[c], any);
        }
    }
    if st.cbp >> 4 == 2 {
        for c in 0..2 {
            for b in 0..4 {
                let at = 16 + 4 * c + b;
                // Blocks inside the macroblock, or on the near side of A or B.
                let left = if b & 1 == 1 { Some(st.nnz[at - 1] != 0) } else { nb.left.map(|m| m.nnz[at + 1] != 0) };
                let top = if b & 2 == 2 { Some(st.nnz[at - 2] != 0) } else { nb.top.map(|m| m.nnz[at + 2] != 0) };
                let inc = coded(left, intra) + 2 * coded(top, intra);
                flagged_block(s, BlockCat::ChromaAc, inc, &mb.levels.chroma_ac[4 * c + b][1..], st.nnz[at] != 0);
            }
        }
    }
}

/// Writes `mb_skip_flag` and `macroblock_layer()`, everything but `end_of_slice_flag`. Not for `I_PCM`.
pub(super) fn macroblock(s: &mut impl BinSink, mb: &mut Mb, nb: &Neighbours, slice: SliceSyntax, qp: &mut QpState) {
    let st = &mut mb.state;
    if slice.is_inter() {
        skip_flag(s, nb, slice, st.kind == MbKind::Skip);
        if st.kind == MbKind::Skip {
            qp.changed = false;
            return;
        }
    }
    if st.kind.is_intra() {
        mb_type_intra(s, st, nb, slice);
        if st.kind != MbKind::I16x16 {
            if slice.transform_8x8 {
                transform_size_flag(s, st, nb);
            }
            intra_modes(s, st, nb);
        }
        chroma_mode(s, st, nb);
    } else {
        if slice.is_b() {
            mb_type_b(s, st, nb);
        } else {
            mb_type_p(s, st);
        }
        motion(s, st, nb, slice);
    }
    if st.kind != MbKind::I16x16 {
        coded_block_pattern(s, st, nb);
        if slice.transform_8x8 && !st.kind.is_intra() && st.cbp & 15 != 0 {
            transform_size_flag(s, st, nb);
        }
        if st.cbp == 0 {
            qp.changed = false;
            return;
        }
    }
    let changed = qp.changed;
    let delta = qp.delta_to(st.qp);
    qp_delta(s, delta, changed);
    residual(s, mb, nb);
}

fn transform_size_flag(s: &mut impl BinSink, st: &MbState, nb: &Neighbours) {
    let t8 = |m: &Option<MbState>| usize::from(m.as_ref().is_some_and(|m| m.transform_8x8));
    s.bin(399 + t8(&nb.left) + t8(&nb.top), st.transform_8x8);
}
