//! Syntax of the general audio coder (ISO/IEC 14496-3 4.4): from bits to numbers, with no arithmetic on samples.
//!
//! | file | holds |
//! |---|---|
//! | `info` | `ics_info()`: windows, groups, bands |
//! | `ics` | `individual_channel_stream()`: sections, scalefactors, pulses, TNS, quantised spectrum |
//! | `stereo` | what a `channel_pair_element()` says of its two channels |
//! | `coupling` | `coupling_channel_element()` |
//! | `hcr`, `rvlc` | spectra and scalefactors of error resilient types |
//! | `fill` | `extension_payload()`: dynamic range control, and where SBR data lie |
#[cfg(feature = "aac-dec")]
pub(crate) mod coupling;
pub(crate) mod fill;
pub(crate) mod hcr;
pub(crate) mod ics;
pub(crate) mod info;
pub(crate) mod rvlc;
pub(crate) mod stereo;

/// `id_syn_ele` (table 4.85).
pub(crate) mod id {
    pub(crate) const SCE: u32 = 0;
    pub(crate) const CPE: u32 = 1;
    pub(crate) const CCE: u32 = 2;
    pub(crate) const LFE: u32 = 3;
    pub(crate) const DSE: u32 = 4;
    pub(crate) const PCE: u32 = 5;
    pub(crate) const FIL: u32 = 6;
}
