//! Boundary filtering strength bS, 8.7.2.1.

use crate::h264::mb_info::{MbFlags, MbInfo, MbMotion, Mv};

/// Strengths of a macroblock's edges in one direction.
///
/// Bit 4 * y + x of a mask stands for the edge on the left of (or above) 4x4 block (x, y).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strength {
    /// The macroblock's own edge has bS 4, inner edges bS 3.
    Intra,
    /// The macroblock's own edge has bS 4, inner edges are in the masks.
    BesideIntra(Masks),
    /// Everything is in the masks.
    Inter(Masks),
}

/// Where bS is 2 and where it is 1 (if it isn't 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Masks {
    /// bS 2: coefficients.
    pub(crate) two: u16,
    /// bS 1: motion.
    pub(crate) one: u16,
}

/// bS of the edges in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edges {
    /// The macroblock's own edge has bS 4; `bs[0]` does not count.
    pub(crate) strong: bool,
    /// By edge, along the edge.
    pub(crate) bs: [[u8; 4]; 4],
}

impl Edges {
    /// Nothing is filtered.
    pub(crate) const NONE: Self = Self { strong: false, bs: [[0; 4]; 4] };

    /// Makes bS 4 into 3: the horizontal edges of field macroblocks are never filtered more than that.
    pub(crate) fn weaken(&mut self) {
        if self.strong {
            self.strong = false;
            self.bs[0] = [3; 4];
        }
    }

    /// The same horizontal edges with those inside of the 8x8 blocks of `q`: 4:2:2 chroma is transformed in 4x4 blocks even where luma is not, and an
    /// edge of its blocks has the bS of the luma samples beside it. They are of one block, so that motion never differs.
    pub(crate) fn with_odd_edges(mut self, q: &MbInfo) -> Self {
        for e in [1, 3] {
            self.bs[e] = if q.flags.has(MbFlags::INTRA) {
                [3; 4]
            } else {
                core::array::from_fn(|x| if q.nonzero >> (4 * e + x) & 1 != 0 { 2 } else { 0 })
            };
        }
        self
    }

    /// From the strengths of vertical (`STEP` 1) or horizontal (`STEP` 4) edges. `t8x8` says that the inner edges of 8x8 blocks are none.
    #[inline]
    pub(crate) fn of<const STEP: u32>(strength: Strength, t8x8: bool) -> Self {
        let (strong, m) = match strength {
            Strength::Intra => {
                let odd = if t8x8 { [0; 4] } else { [3; 4] };
                return Self { strong: true, bs: [[3; 4], odd, [3; 4], odd] };
            }
            Strength::BesideIntra(m) => (true, m),
            Strength::Inter(m) => (false, m),
        };
        if m.two | m.one == 0 {
            return Self { strong, ..Self::NONE };
        }
        let bs = core::array::from_fn(|e| {
            core::array::from_fn(|i| {
                let bit = if STEP == 1 { 4 * i + e } else { 4 * e + i };
                if m.two >> bit & 1 != 0 { 2 } else { (m.one >> bit & 1) as u8 }
            })
        });
        Self { strong, bs }
    }
}

#[inline]
fn far(a: Mv, b: Mv, far_y: u32) -> bool {
    // Four quarter samples of a frame or more; the differences of 16-bit numbers taken in 32 bits.
    let d = |a: i16, b: i16| (i32::from(a) - i32::from(b)).unsigned_abs();
    d(a.x, b.x) >= 4 || d(a.y, b.y) >= far_y
}

/// Whether the motion of block `pb` of `p` and block `qb` of `q` differs so much that the edge is filtered: other reference
/// pictures, another number of vectors, or vectors four quarter samples apart, `far_y` of them in vertical direction.
#[inline]
fn differs<const B: bool>(p: &MbMotion, pb: usize, q: &MbMotion, qb: usize, far_y: u32) -> bool {
    let quarter = |b: usize| (b >> 3) * 2 + ((b >> 1) & 1);
    let (pr, qr) = (quarter(pb), quarter(qb));
    if !B {
        return p.ref_pic[0][pr] != q.ref_pic[0][qr] || far(p.mv[0][pb], q.mv[0][qb], far_y);
    }
    let (p0, p1) = (p.ref_pic[0][pr], p.ref_pic[1][pr]);
    let (q0, q1) = (q.ref_pic[0][qr], q.ref_pic[1][qr]);
    let straight = || far(p.mv[0][pb], q.mv[0][qb], far_y) || far(p.mv[1][pb], q.mv[1][qb], far_y);
    let crossed = || far(p.mv[0][pb], q.mv[1][qb], far_y) || far(p.mv[1][pb], q.mv[0][qb], far_y);
    // An unused list counts as one more picture whose vectors are all zero.
    if p0 == q0 && p1 == q1 {
        straight() && (p0 != p1 || crossed())
    } else if p0 == q1 && p1 == q0 {
        crossed()
    } else {
        true
    }
}

/// Strengths of the vertical (`STEP` 1) or horizontal (`STEP` 4) edges of the macroblock `q`, whose neighbour on that side is `p` if
/// the edge between them is filtered. `far_y` is the vertical distance of vectors, in quarter samples, that is four in a frame. `B` says that either may use list 1.
#[inline]
pub(crate) fn strengths<const STEP: u32, const B: bool>(
    q: &MbInfo,
    qm: &MbMotion,
    p: Option<(&MbInfo, &MbMotion)>,
    far_y: u32,
) -> Strength {
    if q.flags.has(MbFlags::FILTERED_AS_INTRA) {
        return Strength::Intra;
    }
    // The bits of the macroblock's own edge, and the shift from there to the neighbour's last blocks.
    let (own, back) = if STEP == 1 { (0x1111u16, 3) } else { (0x000f, 12) };
    let mut m = Masks { two: q.nonzero | (q.nonzero << STEP & !own), one: 0 };
    let blocks = |first: u32| (0..4).map(move |i| (first + if STEP == 1 { 4 * i } else { i }) as usize);
    let edges: &[u32] = if q.flags.has(MbFlags::ONE_PARTITION) {
        &[]
    } else if q.flags.has(MbFlags::UNIFORM_8X8 | MbFlags::TRANSFORM_8X8) {
        &[2]
    } else {
        &[1, 2, 3]
    };
    // Where quarters move as one, two blocks along an edge share their answer.
    let pair = if STEP == 1 { 0b1_0001 } else { 0b11 };
    for &e in edges {
        if q.flags.has(MbFlags::UNIFORM_8X8) {
            for b in blocks(e * STEP).step_by(2) {
                if differs::<B>(qm, b - STEP as usize, qm, b, far_y) {
                    m.one |= pair << b;
                }
            }
        } else {
            for b in blocks(e * STEP) {
                if m.two >> b & 1 == 0 && differs::<B>(qm, b - STEP as usize, qm, b, far_y) {
                    m.one |= 1 << b;
                }
            }
        }
    }
    if q.flags.has(MbFlags::TRANSFORM_8X8) {
        let kept = if STEP == 1 { 0x5555 } else { 0x0f0f };
        m.two &= kept;
        m.one &= kept;
    }
    match p {
        None => {
            m.two &= !own;
            Strength::Inter(m)
        }
        Some((p, _)) if p.flags.has(MbFlags::FILTERED_AS_INTRA) => Strength::BesideIntra(m),
        Some((p, pm)) => {
            m.two |= p.nonzero >> back & own;
            let both = MbFlags(q.flags.0 & p.flags.0);
            if m.two & own == own {
                // Coefficients decide everywhere.
            } else if both.has(MbFlags::ONE_PARTITION) {
                if differs::<B>(pm, 15, qm, 0, far_y) {
                    m.one |= own;
                }
            } else if both.has(MbFlags::UNIFORM_8X8) {
                for b in blocks(0).step_by(2) {
                    if differs::<B>(pm, b + back, qm, b, far_y) {
                        m.one |= pair << b;
                    }
                }
            } else {
                for b in blocks(0) {
                    if m.two >> b & 1 == 0 && differs::<B>(pm, b + back, qm, b, far_y) {
                        m.one |= 1 << b;
                    }
                }
            }
            Strength::Inter(m)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn motion(r: [i8; 2], mv: [Mv; 2]) -> MbMotion {
        MbMotion { mv: mv.map(|m| [m; 16]), ref_idx: r.map(|r| [r; 4]), ref_pic: r.map(|r| [r; 4]) }
    }

    #[test]
    fn motion_compares_by_picture_not_by_list() {
        let (a, b, zero) = (Mv::new(4, 0), Mv::new(0, 9), Mv::default());
        let d = |p: &MbMotion, q: &MbMotion| differs::<true>(p, 15, q, 0, 4);
        // The same picture through list 0 and through list 1.
        assert!(!d(&motion([3, -1], [a, zero]), &motion([-1, 3], [zero, a])));
        assert!(d(&motion([3, -1], [a, zero]), &motion([-1, 3], [zero, zero])));
        // Two pictures in either order.
        assert!(!d(&motion([1, 2], [a, b]), &motion([2, 1], [b, a])));
        assert!(d(&motion([1, 2], [a, b]), &motion([2, 1], [a, b])));
        // One picture twice: either pairing may fit.
        assert!(!d(&motion([1, 1], [a, b]), &motion([1, 1], [b, a])));
        assert!(!d(&motion([1, 1], [a, b]), &motion([1, 1], [a, b])));
        assert!(d(&motion([1, 1], [a, a]), &motion([1, 1], [b, a])));
        // One vector against two.
        assert!(d(&motion([1, -1], [a, zero]), &motion([1, 2], [a, zero])));
        assert!(differs::<false>(&motion([0, -1], [a, zero]), 15, &motion([0, -1], [zero, zero]), 0, 4));
        assert!(!differs::<false>(&motion([0, -1], [Mv::new(3, -3), zero]), 15, &motion([0, -1], [zero, zero]), 0, 4));
    }

    #[test]
    fn coefficients_and_intra_neighbours() {
        let still = motion([0, -1], [Mv::default(); 2]);
        let plain = MbInfo { slice: 0, flags: MbFlags::ONE_PARTITION, ..MbInfo::EMPTY };
        let q = MbInfo { nonzero: 1 << 5, ..plain };
        let Strength::Inter(v) = strengths::<1, false>(&q, &still, Some((&plain, &still)), 4) else { panic!() };
        assert_eq!((v.two, v.one), (1 << 5 | 1 << 6, 0));
        let edges = Edges::of::<1>(Strength::Inter(v), false);
        assert_eq!(edges.bs, [[0; 4], [0, 2, 0, 0], [0, 2, 0, 0], [0; 4]]);
        let Strength::Inter(h) = strengths::<4, false>(&q, &still, None, 4) else { panic!() };
        assert_eq!(h.two, 1 << 5 | 1 << 9);
        let p = MbInfo { flags: MbFlags::INTRA, ..plain };
        assert!(matches!(strengths::<4, false>(&q, &still, Some((&p, &still)), 4), Strength::BesideIntra(_)));
        let moved = motion([0, -1], [Mv::new(0, 4), Mv::default()]);
        let p = MbInfo { nonzero: 1 << 3, ..plain };
        let Strength::Inter(v) = strengths::<1, false>(&plain, &still, Some((&p, &moved)), 4) else { panic!() };
        assert_eq!(Edges::of::<1>(Strength::Inter(v), false).bs[0], [2, 1, 1, 1]);
        assert_eq!(Edges::of::<4>(Strength::Inter(v), false).bs[0], [2, 0, 0, 0]);
    }
}
