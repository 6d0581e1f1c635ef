//! Parametric stereo, sixteen bands at a time.
#![forbid(unsafe_code)]

use crate::floats::ps;
use crate::scalar::ps::check_split;
use crate::x86::floats::f512 as w;

ps!("avx512f,avx512bw,avx512vl,avx512dq", crate::x86::avx2::ps);
