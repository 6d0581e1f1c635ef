//! `macroblock_layer()` (7.3.5) in CAVLC.

use super::mb::{BLOCK_RASTER, Mb, MbKind, MbState, Neighbours, QUARTERS, QpState, SliceSyntax, b_type};
use crate::h264::cavlc::encode::{BitSink, TokenContext, residual_block};
use crate::h264::cavlc::tables::{CBP_INTER, CBP_INTRA};
use crate::h264::params::SliceType;

/// codeNum of me(v) by `coded_block_pattern`, the inverse of table 9-4.
const fn inverse(table: &[u8; 48]) -> [u8; 48] {
    let mut t = [0; 48];
    let mut i = 0;
    while i < 48 {
        t[table[i] as usize] = i as u8;
        i += 1;
    }
    t
}
const CODE_INTRA: [u8; 48] = inverse(&CBP_INTRA);
const CODE_INTER: [u8; 48] = inverse(&CBP_INTER);

/// nC, 9.2.1, from the counts of A and B.
fn context(a: Option<u8>, b: Option<u8>) -> TokenContext {
    TokenContext::Count(match (a, b) {
        (Some(a), Some(b)) => (a + b + 1) >> 1,
        (Some(n), None) | (None, Some(n)) => n,
        (None, None) => 0,
    })
}

fn luma_context(st: &MbState, nb: &Neighbours, raster: usize) -> TokenContext {
    let (x, y) = (raster as i32 & 3, raster as i32 >> 2);
    let count = |x, y| nb.block(st, x, y).map(|(m, b)| m.nnz[b]);
    context(count(x - 1, y), count(x, y - 1))
}

fn mb_type(w: &mut impl BitSink, st: &MbState, slice: SliceSyntax) {
    let intra = |n: u32| {
        n + match slice.kind {
            SliceType::P => 5,
            SliceType::B => 23,
            _ => 0,
        }
    };
    w.put_ue(match st.kind {
        MbKind::I4x4 | MbKind::I8x8 => intra(0),
        MbKind::I16x16 => {
            let luma = if st.cbp & 15 != 0 { 12 } else { 0 };
            intra(1 + u32::from(st.i16_mode) + 4 * u32::from(st.cbp >> 4) + luma)
        }
        MbKind::IPcm => intra(25),
        _ if slice.is_b() => b_type(st),
        MbKind::Inter16x8 => 1,
        MbKind::Inter8x16 => 2,
        MbKind::Inter8x8 => 3,
        _ => 0,
    });
}

/// Writes `mb_skip_run`, if the slice has it, and resets it.
pub(super) fn flush_skip_run(w: &mut impl BitSink, run: &mut u32, slice: SliceSyntax) {
    if slice.is_inter() {
        w.put_ue(*run);
        *run = 0;
    }
}

/// Writes the `mb_type` of an `I_PCM` macroblock; the caller aligns and writes the samples.
pub(super) fn pcm_prefix(w: &mut impl BitSink, slice: SliceSyntax, run: &mut u32, qp: &mut QpState) {
    flush_skip_run(w, run, slice);
    mb_type(w, &MbState::new(MbKind::IPcm, 0), slice);
    qp.changed = false;
}

fn intra_modes(w: &mut impl BitSink, st: &MbState, nb: &Neighbours) {
    let step = if st.kind == MbKind::I8x8 { 4 } else { 1 };
    for b in BLOCK_RASTER.iter().step_by(step) {
        let predicted = nb.predict_intra_mode(st, b & 3, b >> 2);
        let mode = st.intra_modes[*b];
        w.put(u32::from(mode == predicted), 1);
        if mode != predicted {
            w.put(u32::from(mode - u8::from(mode > predicted)), 3);
        }
    }
}

fn motion(w: &mut impl BitSink, st: &MbState, nb: &Neighbours, slice: SliceSyntax) {
    let parts = st.kind.partitions();
    let lists = if slice.is_b() { 2 } else { 1 };
    for list in 0..lists {
        if slice.references[list] > 1 {
            for &(x, y, ..) in parts.iter().filter(|p| st.sends(list, **p)) {
                let (r, _) = st.motion_at(list, x, y);
                w.put_te(r.unsigned_abs().into(), u32::from(slice.references[list]) - 1);
            }
        }
    }
    for list in 0..lists {
        for part in parts.iter().filter(|p| st.sends(list, **p)) {
            let (r, mv) = st.motion_at(list, part.0, part.1);
            let mvp = nb.predict_mv(st, list, *part, r);
            w.put_se(i32::from(mv.x) - i32::from(mvp.x));
            w.put_se(i32::from(mv.y) - i32::from(mvp.y));
        }
    }
}

/// Writes the residual and sets the counts of the luma blocks of 8x8 transforms.
fn residual(w: &mut impl BitSink, mb: &mut Mb, nb: &Neighbours) {
    let st = &mut mb.state;
    let i16 = st.kind == MbKind::I16x16;
    if i16 {
        residual_block(w, &mb.levels.luma_dc, luma_context(st, nb, 0));
    }
    let cbp = st.cbp;
    for b8 in (0..4).filter(|b| cbp >> b & 1 != 0) {
        let st = &mut mb.state;
        for i in 0..4 {
            let blk = 4 * b8 + i;
            let r = BLOCK_RASTER[blk];
            let nc = luma_context(st, nb, r);
            if st.transform_8x8 {
                // 7.3.5.3.2: the 64 levels are dealt to four blocks in turn.
                let all = &mb.levels.luma[64 * b8..64 * b8 + 64];
                let dealt: [i16; 16] = core::array::from_fn(|k| all[4 * k + i]);
                st.nnz[r] = residual_block(w, &dealt, nc);
            } else {
                residual_block(w, &mb.levels.luma[16 * blk + usize::from(i16)..16 * blk + 16], nc);
            }
        }
    }
    let st = &mb.state;
    if st.cbp >> 4 != 0 {
        for dc in &mb.levels.chroma_dc {
            residual_block(w, dc, TokenContext::ChromaDc);
        }
    }
    if st.cbp >> 4 == 2 {
        for b in 0..8 {
            let at = 16 + b;
            let left = if b & 1 == 1 { Some(st.nnz[at - 1]) } else { nb.left.map(|m| m.nnz[at + 1]) };
            let top = if b & 2 == 2 { Some(st.nnz[at - 2]) } else { nb.top.map(|m| m.nnz[at + 2]) };
            residual_block(w, &mb.levels.chroma_ac[b][1..], context(left, top));
        }
    }
}

/// Writes `mb_skip_run` and `macroblock_layer()`; a skipped macroblock only lengthens `run`. Not for `I_PCM`.
pub(super) fn macroblock(
    w: &mut impl BitSink,
    mb: &mut Mb,
    nb: &Neighbours,
    slice: SliceSyntax,
    run: &mut u32,
    qp: &mut QpState,
) {
    if mb.state.kind == MbKind::Skip {
        *run += 1;
        qp.changed = false;
        return;
    }
    flush_skip_run(w, run, slice);
    let st = &mb.state;
    mb_type(w, st, slice);
    if st.kind.is_intra() {
        if st.kind != MbKind::I16x16 {
            if slice.transform_8x8 {
                w.put(u32::from(st.transform_8x8), 1);
            }
            intra_modes(w, st, nb);
        }
        w.put_ue(st.chroma_mode.into());
    } else {
        if st.kind == MbKind::Inter8x8 {
            for (q, &part) in QUARTERS.iter().enumerate() {
                let coded = slice.is_b() && st.direct >> q & 1 == 0;
                w.put_ue(if coded { 1 + st.direction(part) as u32 } else { 0 });
            }
        }
        motion(w, st, nb, slice);
    }
    if st.kind != MbKind::I16x16 {
        let codes = if st.kind.is_intra() { &CODE_INTRA } else { &CODE_INTER };
        w.put_ue(codes[usize::from(st.cbp)].into());
        if slice.transform_8x8 && !st.kind.is_intra() && st.cbp & 15 != 0 {
            w.put(u32::from(st.transform_8x8), 1);
        }
        if st.cbp == 0 {
            qp.changed = false;
            return;
        }
    }
    let delta = qp.delta_to(st.qp);
    w.put_se(delta);
    residual(w, mb, nb);
}
