//! Boundary filtering strength bS, 8.7.2.1.

use crate::h264::mb_info::{MbFlags, MbInfo, MbMotion, Mv};
use transcode_simd::{Kernels, Motion};

/// bS of the edges of a macroblock in one direction, along each edge. Edge 0 is the macroblock's own: bS is 4 all along it or nowhere, and at most
/// 3 at the others.
pub(crate) type Edges = [[u8; 4]; 4];

/// Nothing is filtered.
pub(crate) const NONE: Edges = [[0; 4]; 4];

/// A macroblock that is filtered or lies beside one.
pub(crate) type Mb<'a> = (&'a MbInfo, &'a MbMotion);

/// Makes bS 4 into 3: the horizontal edges of field macroblocks are never filtered more than that.
pub(crate) fn weaken(edges: &mut Edges) {
    if edges[0] == [4; 4] {
        edges[0] = [3; 4];
    }
}

/// The same horizontal edges with those inside of the 8x8 blocks of `q`: 4:2:2 chroma is transformed in 4x4 blocks even where luma is not, and an
/// edge of its blocks has the bS of the luma samples beside it. They are of one block, so that motion never differs.
pub(crate) fn with_odd_edges(mut edges: Edges, q: &MbInfo) -> Edges {
    for e in [1, 3] {
        edges[e] = if q.flags.has(MbFlags::FILTERED_AS_INTRA) {
            [3; 4]
        } else {
            core::array::from_fn(|x| if q.nonzero >> (4 * e + x) & 1 != 0 { 2 } else { 0 })
        };
    }
    edges
}

#[inline]
fn far(a: Mv, b: Mv, far_y: u8) -> bool {
    // Four quarter samples of a frame or more; the differences of 16-bit numbers taken in 32 bits.
    let d = |a: i16, b: i16| (i32::from(a) - i32::from(b)).unsigned_abs();
    d(a.x, b.x) >= 4 || d(a.y, b.y) >= u32::from(far_y)
}

/// Whether the motion of macroblocks of one motion each differs so much that the edge between them is filtered: other reference
/// pictures, another number of vectors, or vectors four quarter samples apart, `far_y` of them in vertical direction.
#[inline]
fn differs(p: &MbMotion, q: &MbMotion, far_y: u8) -> bool {
    let far = |list_p: usize, list_q: usize| far(p.mv[list_p][15], q.mv[list_q][0], far_y);
    let [[p0, p1], [q0, q1]] = [[p.ref_pic[0][3], p.ref_pic[1][3]], [q.ref_pic[0][0], q.ref_pic[1][0]]];
    // An unused list counts as one more picture whose vectors are all zero.
    let straight = p0 == q0 && p1 == q1 && !far(0, 0) && !far(1, 1);
    !straight && (p0 != q1 || p1 != q0 || far(0, 1) || far(1, 0))
}

/// bS of the own edge of a macroblock without coefficients that moves as one, if its neighbour `p` is so simple too:
/// `beside` are the neighbour's blocks at the edge.
#[inline]
fn simple(p: Option<Mb<'_>>, beside: u16, qm: &MbMotion, far_y: u8) -> Option<[u8; 4]> {
    match p {
        None => Some([0; 4]),
        Some((p, _)) if p.flags.has(MbFlags::FILTERED_AS_INTRA) => Some([4; 4]),
        Some((p, pm)) if p.flags.has(MbFlags::ONE_PARTITION) && p.nonzero & beside == 0 => {
            Some([u8::from(differs(pm, qm, far_y)); 4])
        }
        _ => None,
    }
}

fn motion(m: &MbMotion) -> Motion<'_> {
    Motion { mv: &m.mv, picture: &m.ref_pic }
}

/// Strengths of the vertical and of the horizontal edges of the macroblock `q`, whose neighbours are those to which the edge
/// is filtered. `far_y` is the vertical distance of vectors, in quarter samples, that is four in a frame. List 1 counts
/// if there are `two_lists`.
pub(crate) fn strengths(
    k: Kernels,
    (q, qm): Mb<'_>,
    [left, above]: [Option<Mb<'_>>; 2],
    far_y: u8,
    two_lists: bool,
) -> [Edges; 2] {
    let t8x8 = q.flags.has(MbFlags::TRANSFORM_8X8);
    if q.flags.has(MbFlags::FILTERED_AS_INTRA) {
        let odd = if t8x8 { [0; 4] } else { [3; 4] };
        return [left, above].map(|p| [if p.is_some() { [4; 4] } else { [0; 4] }, odd, [3; 4], odd]);
    }
    if q.nonzero == 0
        && q.flags.has(MbFlags::ONE_PARTITION)
        && let Some(left) = simple(left, 0x8888, qm, far_y)
        && let Some(above) = simple(above, 0xf000, qm, far_y)
    {
        return [left, above].map(|own| [own, [0; 4], [0; 4], [0; 4]]);
    }
    let [(l, lm), (a, am)] = [left, above].map(|p| p.unwrap_or((q, qm)));
    let nonzero = [q.nonzero, l.nonzero, a.nonzero];
    let mut edges = k.deblock_strength(&[qm, lm, am].map(motion), nonzero, far_y, two_lists);
    for (bs, p) in edges.iter_mut().zip([left, above]) {
        match p {
            None => bs[0] = [0; 4],
            Some((p, _)) if p.flags.has(MbFlags::FILTERED_AS_INTRA) => bs[0] = [4; 4],
            _ => {}
        }
        if t8x8 {
            (bs[1], bs[3]) = ([0; 4], [0; 4]);
        }
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn motion(r: [i8; 2], mv: [Mv; 2]) -> MbMotion {
        MbMotion { mv: mv.map(|m| [m; 16]), ref_idx: r.map(|r| [r; 4]), ref_pic: r.map(|r| [r; 4]) }
    }

    const PLAIN: MbInfo = MbInfo { slice: 0, flags: MbFlags::ONE_PARTITION, ..MbInfo::EMPTY };

    /// The way for simple macroblocks and the kernel agree.
    #[test]
    fn motion_compares_by_picture_not_by_list() {
        let (a, b, zero) = (Mv::new(4, 0), Mv::new(0, 9), Mv::default());
        let d = |p: &MbMotion, q: &MbMotion, far: bool| {
            for flags in [MbFlags::ONE_PARTITION, MbFlags(0)] {
                let info = MbInfo { flags, ..PLAIN };
                let [v, h] = strengths(Kernels::detect(), (&info, q), [Some((&info, p)), None], 4, true);
                assert_eq!((v[0], h), ([u8::from(far); 4], NONE), "{flags:?}");
            }
        };
        // The same picture through list 0 and through list 1.
        d(&motion([3, -1], [a, zero]), &motion([-1, 3], [zero, a]), false);
        d(&motion([3, -1], [a, zero]), &motion([-1, 3], [zero, zero]), true);
        // Two pictures in either order.
        d(&motion([1, 2], [a, b]), &motion([2, 1], [b, a]), false);
        d(&motion([1, 2], [a, b]), &motion([2, 1], [a, b]), true);
        // One picture twice: either pairing may fit.
        d(&motion([1, 1], [a, b]), &motion([1, 1], [b, a]), false);
        d(&motion([1, 1], [a, b]), &motion([1, 1], [a, b]), false);
        d(&motion([1, 1], [a, a]), &motion([1, 1], [b, a]), true);
        // One vector against two, and one against one.
        d(&motion([1, -1], [a, zero]), &motion([1, 2], [a, zero]), true);
        d(&motion([0, -1], [a, zero]), &motion([0, -1], [zero, zero]), true);
        d(&motion([0, -1], [Mv::new(3, -3), zero]), &motion([0, -1], [zero, zero]), false);
    }

    #[test]
    fn coefficients_and_intra_neighbours() {
        let still = motion([0, -1], [Mv::default(); 2]);
        let q = MbInfo { nonzero: 1 << 5, ..PLAIN };
        let of = |q: &MbInfo, left: Option<Mb<'_>>, above: Option<Mb<'_>>| {
            strengths(Kernels::detect(), (q, &still), [left, above], 4, false)
        };
        let [v, h] = of(&q, Some((&PLAIN, &still)), None);
        assert_eq!(v, [[0; 4], [0, 2, 0, 0], [0, 2, 0, 0], [0; 4]]);
        assert_eq!(h, [[0; 4], [0, 2, 0, 0], [0, 2, 0, 0], [0; 4]]);
        let intra = MbInfo { flags: MbFlags::INTRA, ..PLAIN };
        for q in [q, PLAIN] {
            let [v, h] = of(&q, None, Some((&intra, &still)));
            assert_eq!((v[0], h[0]), ([0; 4], [4; 4]));
        }
        assert_eq!(
            of(&intra, None, Some((&q, &still))),
            [[[0; 4], [3; 4], [3; 4], [3; 4]], [[4; 4], [3; 4], [3; 4], [3; 4]]]
        );
        // An 8x8 transform has no edges inside of its blocks.
        let t8x8 = MbInfo { flags: MbFlags::TRANSFORM_8X8, nonzero: 0x0033, ..PLAIN };
        assert_eq!(of(&t8x8, None, None), [[[0; 4], [0; 4], [2, 2, 0, 0], [0; 4]]; 2]);
        let moved = motion([0, -1], [Mv::new(0, 4), Mv::default()]);
        let p = MbInfo { nonzero: 1 << 3, ..PLAIN };
        let [v, h] = of(&PLAIN, Some((&p, &moved)), Some((&p, &moved)));
        assert_eq!((v[0], h[0]), ([2, 1, 1, 1], [1; 4]));
    }
}
