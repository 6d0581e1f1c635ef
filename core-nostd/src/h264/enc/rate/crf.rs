//! Constant quality: one base quantiser; what pictures and macroblocks need beyond it comes from the lookahead and from adaptive
//! quantisation.

/// What the lookahead lowers QP by, on average: the base is raised by as much so that a value means about the same with and without.
const SHARED_MEAN: f32 = 5.4;

/// Base QP for quality `q`.
pub(super) fn base(q: f32, shared: bool) -> f32 {
    q + if shared { SHARED_MEAN } else { 0.0 }
}
