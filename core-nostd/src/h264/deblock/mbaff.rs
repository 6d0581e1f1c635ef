//! Deblocking of frames of macroblock pairs (MBAFF), 8.7: what is different where frame and field macroblocks meet.

use super::strength::with_odd_edges;
use super::{Block, Style, between, edges_of, qp_of, thresholds};
use crate::h264::mb_info::{MbFlags, MbGrid, MbInfo, Place};
use crate::unchecked::{MotionMut, PictureMut, PlaneMut};
use transcode_simd::{Edge, Kernels, Sample, Thresholds};

/// Deblocks the pairs of row `pair_y`, of plane `own_plane` alone if the planes are coded apart. The row above has been deblocked, and
/// nothing will be predicted from either.
pub(crate) fn row<P: Sample>(
    k: Kernels,
    picture: &mut PictureMut<'_, P>,
    grid: &MbGrid,
    motion: &MotionMut<'_>,
    pair_y: usize,
    own_plane: Option<usize>,
) {
    for mb_x in 0..grid.width {
        for bottom in 0..2 {
            macroblock(k, picture, grid, motion, (mb_x, 2 * pair_y + bottom), own_plane);
        }
    }
}

/// A neighbour across an edge.
#[derive(Clone, Copy)]
enum Beside {
    /// No edge is filtered.
    Nobody,
    /// A macroblock of the same kind, or one whose edge is filtered as if it were: its address.
    Same(usize),
    /// A frame macroblock above a field macroblock: its address.
    FrameAbove(usize),
    /// A pair of the other kind on the left, or a pair of field macroblocks above a frame macroblock: the address of its top one.
    Pair(usize),
}

fn macroblock<P: Sample>(
    k: Kernels,
    picture: &mut PictureMut<'_, P>,
    grid: &MbGrid,
    motion: &MotionMut<'_>,
    (mb_x, mb_y): (usize, usize),
    own_plane: Option<usize>,
) {
    let w = grid.width;
    let (addr, bottom) = (mb_y * w + mb_x, mb_y & 1);
    let q = &grid.info[addr];
    let Some(slice) = grid.slices.get(q.slice as usize) else { return };
    if slice.disable_deblocking_filter_idc == 1 {
        return;
    }
    let field = q.flags.has(MbFlags::FIELD);
    let is_field = |addr: usize| grid.info[addr].flags.has(MbFlags::FIELD);
    let wanted = |addr: usize| {
        let p = &grid.info[addr];
        p.is_decoded() && (slice.disable_deblocking_filter_idc != 2 || p.slice == q.slice)
    };
    let top_of_pair = addr - bottom * w;
    let left = match mb_x.checked_sub(1).map(|_| top_of_pair - 1) {
        Some(pair) if wanted(pair) && wanted(pair + w) => {
            if is_field(pair) == field {
                Beside::Same(pair + bottom * w)
            } else {
                Beside::Pair(pair)
            }
        }
        _ => Beside::Nobody,
    };
    let above = match top_of_pair.checked_sub(2 * w) {
        _ if !field && bottom == 1 => Beside::Same(addr - w),
        Some(pair) if wanted(pair) && wanted(pair + w) => match (field, is_field(pair)) {
            (false, false) => Beside::Same(pair + w),
            (false, true) => Beside::Pair(pair),
            (true, true) => Beside::Same(pair + bottom * w),
            (true, false) => Beside::FrameAbove(pair + w),
        },
        _ => Beside::Nobody,
    };

    let place = if field { Place::field_of_pair(mb_x, mb_y) } else { Place::frame(mb_x, mb_y) };
    let same = |beside: Beside| match beside {
        Beside::Same(p) => Some((&grid.info[p], &motion[p])),
        _ => None,
    };
    let neighbours = [same(left), same(above)];
    let [vertical, mut horizontal] = edges_of(k, grid, slice, (q, &motion[addr]), neighbours, field);
    let mut above_mb = same(above).map(|(p, _)| p);
    if let Beside::FrameAbove(p) = above {
        let p = &grid.info[p];
        horizontal[0] = mixed_above(q, p);
        above_mb = Some(p);
    }

    let format = picture.format();
    for (i, plane) in picture.planes_mut().iter_mut().enumerate() {
        if own_plane.is_some_and(|own| own != i) {
            continue;
        }
        let qp = |mb: &MbInfo| qp_of(mb, i, own_plane);
        let with = |p: &MbInfo| between(slice, qp(p), qp(q));
        let inner = thresholds(slice, qp(q));
        let (size, style) = (format.chroma.mb_size(i), Style::of(format.chroma, i));
        let max = P::from_i32((1 << format.bit_depth(i)) - 1);
        if let Beside::Pair(p) = left {
            let pair = [&grid.info[p], &grid.info[p + w]];
            left_edge(plane, place, size, (style, max), q, pair, bottom, pair.map(with));
        }
        let (origin, stride) = place.in_plane(plane, size);
        let mut block = Block { k, style, stride, origin, data: plane.data_mut(), max };
        block.filter(Edge::Vertical, &vertical, &same(left).map_or(Thresholds::default(), |(p, _)| with(p)), &inner);
        if let Beside::Pair(pair) = above {
            // Frame macroblock below field macroblocks: the lines of each field by themselves.
            for parity in 0..2 {
                let p = &grid.info[pair + parity * w];
                let t = with(p);
                if t.filters() {
                    block.stride = 2 * stride;
                    block.normal(Edge::Horizontal, origin + parity * stride, &t, mixed_above(q, p));
                    block.stride = stride;
                }
            }
        }
        let odd = style == Style::Chroma422 && q.flags.has(MbFlags::TRANSFORM_8X8);
        let horizontal = if odd { with_odd_edges(horizontal, q) } else { horizontal };
        block.filter(Edge::Horizontal, &horizontal, &above_mb.map_or(Thresholds::default(), with), &inner);
    }
}

/// bS of the upper edge of `q` where `p` above is of the other kind (`mixedModeEdgeFlag` 1, 8.7.2.1).
fn mixed_above(q: &MbInfo, p: &MbInfo) -> [u8; 4] {
    if MbFlags(q.flags.0 | p.flags.0).has(MbFlags::FILTERED_AS_INTRA) {
        return [3; 4];
    }
    core::array::from_fn(|x| if (q.nonzero >> x | p.nonzero >> (12 + x)) & 1 != 0 { 2 } else { 1 })
}

/// The left edge of `q` where the left pair is of the other kind. Line by line: neighbours change with the line, or halfway down.
fn left_edge<P: Sample>(
    plane: &mut PlaneMut<'_, P>,
    place: Place,
    (w, n): (usize, usize),
    (style, max): (Style, P),
    q: &MbInfo,
    pair: [&MbInfo; 2],
    bottom: usize,
    thresholds: [Thresholds; 2],
) {
    let (origin, stride) = place.in_plane(plane, (w, n));
    for line in 0..n {
        // The luma line that decides, counted in sixteenths of the macroblock.
        let y = line * 16 / n;
        let (mb, row) = if place.is_field() {
            let of_pair = 2 * y + bottom;
            (of_pair >> 4, (of_pair & 15) >> 2)
        } else {
            (line & 1, (16 * bottom + y) >> 3)
        };
        let p = pair[mb & 1];
        let bs = if MbFlags(q.flags.0 | p.flags.0).has(MbFlags::FILTERED_AS_INTRA) {
            4
        } else if (q.nonzero >> (4 * (y >> 2)) | p.nonzero >> (4 * (row & 3) + 3)) & 1 != 0 {
            2
        } else {
            1
        };
        let t = &thresholds[mb & 1];
        if t.filters() {
            let at = origin + line * stride;
            filter_line(&mut plane.data_mut()[at - 4..at + 4], style == Style::Luma, bs, t, max);
        }
    }
}

/// Filters the eight samples p3 to q3 across an edge, 8.7.2.2 to 8.7.2.4.
fn filter_line<P: Sample>(s: &mut [P], luma: bool, bs: u8, t: &Thresholds, max: P) {
    let Ok(v) = <[P; 8]>::try_from(&*s) else { return };
    let [p3, p2, p1, p0, q0, q1, q2, q3] = v.map(P::into);
    // 8.7.2.2 scales the thresholds with the bit depth.
    let depth_shift = (max.into() as u32).count_ones() - 8;
    let (alpha, beta) = (i32::from(t.alpha) << depth_shift, i32::from(t.beta) << depth_shift);
    let near = |a: i32, b: i32, limit: i32| (a - b).abs() < limit;
    if !(near(p0, q0, alpha) && near(p1, p0, beta) && near(q1, q0, beta)) {
        return;
    }
    let (ap, aq) = (luma && near(p2, p0, beta), luma && near(q2, q0, beta));
    if bs == 4 {
        let small = near(p0, q0, (alpha >> 2) + 2);
        let side = |flat: bool, [a3, a2, a1, a0, b0, b1]: [i32; 6]| {
            if flat && small {
                [
                    (a2 + 2 * a1 + 2 * a0 + 2 * b0 + b1 + 4) >> 3,
                    (a2 + a1 + a0 + b0 + 2) >> 2,
                    (2 * a3 + 3 * a2 + a1 + a0 + b0 + 4) >> 3,
                ]
            } else {
                [(2 * a1 + a0 + b1 + 2) >> 2, a1, a2]
            }
        };
        let p = side(ap, [p3, p2, p1, p0, q0, q1]);
        let q = side(aq, [q3, q2, q1, q0, p0, p1]);
        for i in 0..3 {
            (s[3 - i], s[4 + i]) = (P::from_i32(p[i]), P::from_i32(q[i]));
        }
        return;
    }
    let tc0 = i32::from(t.tc0[usize::from(bs & 3)]) << depth_shift;
    let tc = if luma { tc0 + i32::from(ap) + i32::from(aq) } else { tc0 + 1 };
    let delta = (((q0 - p0) * 4 + (p1 - q1) + 4) >> 3).clamp(-tc, tc);
    (s[3], s[4]) = (P::clip1(p0 + delta, max), P::clip1(q0 - delta, max));
    let outer = |a2: i32, a1: i32| P::from_i32(a1 + ((a2 + ((p0 + q0 + 1) >> 1) - 2 * a1) >> 1).clamp(-tc0, tc0));
    if ap {
        s[2] = outer(p2, p1);
    }
    if aq {
        s[5] = outer(q2, q1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::h264::mb_info::SliceInfo;

    fn check<P: Sample>(samples: &[P], max: P, luma: bool, bs: u8, t: &Thresholds) -> std::vec::Vec<P> {
        let (mut by_line, mut by_kernel) = (samples.to_vec(), samples.to_vec());
        // The kernel asks for a whole macroblock from the edge on.
        by_kernel.resize(samples.len() + 16, P::default());
        for line in by_line.chunks_exact_mut(16).take(if luma { 16 } else { 8 }) {
            filter_line(&mut line[4..12], luma, bs, t, max);
        }
        let style = if luma { Style::Luma } else { Style::Chroma420 };
        let mut block = Block { k: Kernels::scalar(), style, data: &mut by_kernel, stride: 16, origin: 8, max };
        block.filter(Edge::Vertical, &[[bs; 4], [0; 4], [0; 4], [0; 4]], t, t);
        assert_eq!(by_line, by_kernel[..samples.len()], "bS {bs}, luma {luma}, up to {max:?}");
        by_line
    }

    /// Line by line and by the kernels, an edge comes out the same.
    #[test]
    fn lines_are_filtered_as_the_kernels_do() {
        let slice =
            SliceInfo { disable_deblocking_filter_idc: 0, filter_offset_a: 0, filter_offset_b: 0, b_slice: false };
        let mut seed = 7u32;
        let mut changed = 0;
        for case in 0..400u32 {
            let mut next = || {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                seed >> 24
            };
            let (qp, spread) = ((20 + next() % 32) as i8, 1 + next() % 24);
            let t = thresholds(&slice, qp);
            let (bs, luma) = ((1 + case % 4) as u8, case % 8 < 4);
            let samples: std::vec::Vec<u8> = (0..16 * 16).map(|_| (100 + next() % spread) as u8).collect();
            let deep: std::vec::Vec<u16> = (0..16 * 16).map(|_| (400 + next() % (4 * spread)) as u16).collect();
            check(&deep, 1023, luma, bs, &t);
            let by_line = check(&samples, 255, luma, bs, &t);
            changed += usize::from(by_line != samples);
        }
        assert!(changed > 100);
    }
}
