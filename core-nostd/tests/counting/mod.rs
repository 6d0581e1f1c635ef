//! An allocator that counts what each thread takes: tests run side by side, and their harness allocates in a thread of its own whenever
//! it likes.
#![allow(dead_code, reason = "each test uses a part")]
#![expect(unsafe_code, reason = "an allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
    static LIVE: Cell<i64> = const { Cell::new(0) };
    static PEAK: Cell<i64> = const { Cell::new(0) };
}

/// Allocations of this thread so far.
pub(crate) fn allocations() -> u64 {
    ALLOCATIONS.get()
}

/// Bytes that this thread has taken and not given back.
pub(crate) fn live() -> i64 {
    LIVE.get()
}

/// The most bytes that this thread held since [`restart_peak`].
pub(crate) fn peak() -> i64 {
    PEAK.get()
}

/// Begins to look for the peak anew, at what is held now.
pub(crate) fn restart_peak() {
    PEAK.set(LIVE.get());
}

struct Counting;

fn count(bytes: i64) {
    let live = LIVE.get() + bytes;
    LIVE.set(live);
    PEAK.set(PEAK.get().max(live));
}

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        count(layout.size() as i64);
        // SAFETY: the caller's promise about `layout` is what is asked for.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        count(-(layout.size() as i64));
        // SAFETY: the caller got `ptr` from `alloc`, which got it from the system.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;
