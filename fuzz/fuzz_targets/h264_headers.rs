//! NAL units, parameter sets, slice headers and SEI: no input makes a parser panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transcode_core::bits::BitReader;
use transcode_core::h264::nal::{self, AvcConfig, NalHeader, nal_type};
use transcode_core::h264::params::{Pps, SliceHeader, Sps};
use transcode_core::h264::sei;

fuzz_target!(|bytes: &[u8]| {
    let _ = AvcConfig::parse(bytes);
    for size in 1..=4 {
        let _ = nal::length_prefixed(bytes, size).count();
    }
    let (mut sps, mut pps): (Option<Sps>, Option<Pps>) = (None, None);
    let mut header = SliceHeader::default();
    let mut rbsp = Vec::new();
    for unit in nal::annexb(bytes) {
        let Ok(nal_header) = NalHeader::parse(unit.data[0]) else { continue };
        nal::unescape(&unit.data[1..], &mut rbsp);
        match (nal_header.nal_unit_type, &sps, &pps) {
            (nal_type::SPS, ..) => {
                sps = Sps::parse(&rbsp).ok();
                if let Some(sps) = &sps {
                    assert!(sps.crop_rect().is_some() && sps.dpb_frames() <= 16);
                }
                pps = None;
            }
            (nal_type::PPS, Some(sps), _) => pps = Pps::parse(&rbsp, sps).ok(),
            (nal_type::SLICE | nal_type::IDR, Some(sps), Some(pps)) => {
                let _ = header.parse(&mut BitReader::new(&rbsp), nal_header, sps, pps);
            }
            (nal_type::SEI, ..) => drop(sei::messages(&rbsp, sps.as_ref()).count()),
            _ => {}
        }
    }
});
