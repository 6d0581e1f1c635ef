//! Parametric stereo, eight bands at a time.
#![forbid(unsafe_code)]

use crate::floats::ps;
use crate::scalar::ps::check_split;
use crate::x86::floats::f256 as w;

ps!("avx2", crate::x86::sse42::ps);
