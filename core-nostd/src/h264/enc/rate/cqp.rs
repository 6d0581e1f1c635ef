//! Constant quantiser.

use super::I_OFFSET;

/// The QP of a picture.
pub(super) fn qp(qp: u8, key: bool) -> f32 {
    f32::from(qp) - if key { I_OFFSET } else { 0.0 }
}
