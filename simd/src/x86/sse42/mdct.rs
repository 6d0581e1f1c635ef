//! Rotations and windows, four floats at a time.
#![forbid(unsafe_code)]

use crate::scalar::mdct::{check_dct4, check_window};
use crate::x86::floats::{f128 as w, mdct};

mdct!("sse4.2", crate::scalar::mdct);
