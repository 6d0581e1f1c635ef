//! Windows and foldings of complex filterbanks, sixteen floats at a time.
#![forbid(unsafe_code)]

use crate::floats::qmf;
use crate::scalar::qmf::{ALTERNATE, check_fold, check_rotate, check_unfold, check_window};
use crate::x86::floats::f512 as w;

qmf!("avx512f,avx512bw,avx512vl,avx512dq");
