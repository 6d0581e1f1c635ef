//! Rotations and windows, eight floats at a time.
#![forbid(unsafe_code)]

use crate::scalar::mdct::{check_dct4, check_window};
use crate::x86::floats::{f256 as w, mdct};

mdct!("avx2", crate::x86::sse42::mdct);
