//! Parametric stereo, four bands at a time.
#![forbid(unsafe_code)]

use crate::aarch64::floats::f128 as w;
use crate::floats::ps;
use crate::scalar::ps::check_split;

ps!("neon", crate::scalar::ps);
