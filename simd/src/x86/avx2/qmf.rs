//! Windows and foldings of complex filterbanks, eight floats at a time.
#![forbid(unsafe_code)]

use crate::floats::qmf;
use crate::scalar::qmf::{ALTERNATE, check_fold, check_rotate, check_unfold, check_window};
use crate::x86::floats::f256 as w;

qmf!("avx2");
