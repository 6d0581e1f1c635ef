//! Spectral band replication, eight bands at a time.
#![forbid(unsafe_code)]

use crate::floats::sbr;
use crate::scalar::sbr::{check_covariance, check_generate};
use crate::x86::floats::f256 as w;

sbr!("avx2");
