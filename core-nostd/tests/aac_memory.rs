//! A running AAC decoder does not allocate, and stays within its plan: counted by the test program's own allocator.

mod counting;

use counting::{allocations, live};
use transcode_core::aac::{Decoder, DecoderConfig, MemoryPlan, PacketTime};
use transcode_core::{Limits, Step};

/// A stereo block of silence.
const SILENCE: [u8; 9] = [0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80];

#[test]
fn decoding_goes_on_without_allocation_within_the_plan() {
    for configuration in [[0x12, 0x10], [0x0a, 0x10], [0x22, 0x10]] {
        let limits = Limits { max_packet_bytes: 2048, ..Limits::default() };
        let plan = MemoryPlan::for_decoder(&limits, 2);
        let before = live();
        let mut decoder = Decoder::new(DecoderConfig { limits, max_channels: 2, ..DecoderConfig::new() });
        decoder.configure(&configuration).unwrap();
        let mut start = 0;
        for n in 0..200 {
            if n == 5 {
                start = allocations();
            }
            // Every tenth block is damaged.
            let packet = if n % 10 == 9 { &SILENCE[..6] } else { &SILENCE };
            decoder.send(packet, PacketTime::default()).unwrap();
            while let Step::Output(frame) = decoder.receive().unwrap() {
                assert_eq!(frame.len(), 1024);
            }
        }
        assert_eq!(allocations(), start, "allocations in steady state");
        let used = (live() - before) as u64;
        assert!(used <= plan.total(), "{used} bytes, planned {}", plan.total());
    }
}
