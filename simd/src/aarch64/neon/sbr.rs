//! Spectral band replication, four bands at a time.
#![forbid(unsafe_code)]

use crate::aarch64::floats::f128 as w;
use crate::floats::sbr;
use crate::scalar::sbr::{check_covariance, check_generate};

sbr!("neon");
