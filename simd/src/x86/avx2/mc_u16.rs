//! H.264 motion compensation of samples of 8 to 14 bits, 16 at a time: for blocks 16 wide.
#![forbid(unsafe_code)]

use crate::mem::{Rows, RowsMut};
use crate::scalar;
use crate::scalar::mc::Window;
use crate::x86::sse42::mc_u16::{ALONE, WITH_DST, WITH_SRC};
use crate::x86::words::x16 as w;
use core::arch::x86_64::*;

/// `kernel::<W, 16>`, as the level's tables list blocks 16 wide alone.
macro_rules! by_lanes {
    ($w:ident, $kernel:ident $(::<$h:ident>)? ($($arg:expr),*)) => {{
        const { assert!($w == 16) };
        $kernel::<$w, 16 $(, $h)?>($($arg),*)
    }};
}

crate::x86::high::mc_u16!("avx2");
