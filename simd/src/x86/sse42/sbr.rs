//! Spectral band replication, four bands at a time.
#![forbid(unsafe_code)]

use crate::floats::sbr;
use crate::scalar::sbr::{check_covariance, check_generate};
use crate::x86::floats::f128 as w;

sbr!("sse4.2");
