//! Spectral band replication, sixteen bands at a time.
#![forbid(unsafe_code)]

use crate::floats::sbr;
use crate::scalar::sbr::{check_covariance, check_generate};
use crate::x86::floats::f512 as w;

sbr!("avx512f,avx512bw,avx512vl,avx512dq");
