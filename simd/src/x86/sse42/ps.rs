//! Parametric stereo, four bands at a time.
#![forbid(unsafe_code)]

use crate::floats::ps;
use crate::scalar::ps::check_split;
use crate::x86::floats::f128 as w;

ps!("sse4.2", crate::scalar::ps);
