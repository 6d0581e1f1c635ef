//! Rotations and windows, sixteen floats at a time.
#![forbid(unsafe_code)]

use crate::floats::mdct;
use crate::scalar::mdct::{check_dct4, check_window};
use crate::x86::floats::f512 as w;

mdct!("avx512f,avx512bw,avx512vl,avx512dq", crate::x86::avx2::mdct);
