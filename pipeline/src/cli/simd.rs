//! `transcode simd`.

use super::{Common, print};
use crate::error::Result;
use std::fmt::Write;
use transcode_core::Kernels;
use transcode_simd::SimdLevel;

/// Prints each level, whether this machine has it, and which one is in use.
pub(super) fn simd(common: Common) -> Result<()> {
    let best = Kernels::detect().level();
    let used = common.kernels().level();
    let mut text = String::new();
    let _ = writeln!(text, "detected: {best}");
    let _ = writeln!(text, "in use:   {used}");
    for level in SimdLevel::ALL {
        let available = Kernels::available().any(|k| k.level() == level);
        let _ = writeln!(text, "{level:<8}  {}", if available { "available" } else { "not available" });
    }
    print(&text)
}
