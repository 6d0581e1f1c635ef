//! A running AAC decoder does not allocate, and stays within its plan: counted by the test program's own allocator.
#![expect(unsafe_code, reason = "a counting allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};
use transcode_core::aac::{Decoder, DecoderConfig, MemoryPlan, PacketTime};
use transcode_core::{Limits, Step};

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        LIVE.fetch_add(layout.size() as u64, Ordering::Relaxed);
        // SAFETY: the caller's promise about `layout` is what is asked for.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as u64, Ordering::Relaxed);
        // SAFETY: the caller got `ptr` from `alloc`, which got it from the system.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A stereo block of silence.
const SILENCE: [u8; 9] = [0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80];

#[test]
fn decoding_goes_on_without_allocation_within_the_plan() {
    for configuration in [[0x12, 0x10], [0x0a, 0x10], [0x22, 0x10]] {
        let limits = Limits { max_packet_bytes: 2048, ..Limits::default() };
        let plan = MemoryPlan::for_decoder(&limits, 2);
        let before = LIVE.load(Ordering::Relaxed);
        let mut decoder = Decoder::new(DecoderConfig { limits, max_channels: 2, ..DecoderConfig::new() });
        decoder.configure(&configuration).unwrap();
        let mut start = 0;
        for n in 0..200 {
            if n == 5 {
                start = ALLOCATIONS.load(Ordering::Relaxed);
            }
            // Every tenth block is damaged.
            let packet = if n % 10 == 9 { &SILENCE[..6] } else { &SILENCE };
            decoder.send(packet, PacketTime::default()).unwrap();
            while let Step::Output(frame) = decoder.receive().unwrap() {
                assert_eq!(frame.len(), 1024);
            }
        }
        assert_eq!(ALLOCATIONS.load(Ordering::Relaxed), start, "allocations in steady state");
        let used = LIVE.load(Ordering::Relaxed) - before;
        assert!(used <= plan.total(), "{used} bytes, planned {}", plan.total());
    }
}
