//! A running decoder does not allocate: counted by the test program's own allocator.

mod counting;
mod stream;

use counting::{allocations, live, peak, restart_peak};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use stream::{Content, Slice, Sps, Stream};
use transcode_core::h264::{Decoder, DecoderConfig, MemoryPlan, PacketTime};
use transcode_core::workers::{Progress, Task, TaskMemory, Workers};
use transcode_core::{Limits, Step};

/// Pictures of 64x48 samples with what costs memory: several slices, long-term references, list modification.
fn packets() -> Vec<Vec<u8>> {
    let mut s = Stream::new(Sps { width_in_mbs: 4, height_in_mbs: 3, num_ref_frames: 4, ..Sps::default() });
    s.slice(&Slice { mbs: 12, long_term_reference: true, ..Slice::idr(1) });
    for n in 1..200u32 {
        let picture = Slice::new(n % 16, 2 * n % 256, if n % 5 == 0 { Content::Value(n as u8) } else { Content::Copy });
        let mmco = Some(if n % 3 == 0 { vec![vec![4, 1]] } else { vec![vec![1, 1]] });
        let mmco = if n > 9 && n % 2 == 0 { mmco } else { None };
        let modification = if n > 5 { vec![(0, 1), (1, 0)] } else { vec![] };
        for part in 0..2 {
            s.slice(&Slice {
                first_mb: 6 * part,
                mbs: 6,
                modification: modification.clone(),
                mmco: mmco.clone(),
                ..picture.clone()
            });
        }
    }
    s.units.iter().map(|u| [&[0, 0, 1][..], u].concat()).collect()
}

/// Pictures of 64x64 samples in turns as two fields, of which the second refers to the first, and as frames of macroblock pairs.
fn interlaced_packets() -> Vec<Vec<u8>> {
    let sps = Sps { width_in_mbs: 4, height_in_mbs: 4, interlaced: true, num_ref_frames: 3, ..Sps::default() };
    let mut s = Stream::new(sps);
    for n in 0..200u32 {
        let content = if n % 5 == 0 { Content::Value(n as u8) } else { Content::Copy };
        let picture = Slice { idr: n == 0, ..Slice::new(n % 16, 2 * n % 256, content) };
        if n % 3 == 1 {
            s.slice(&Slice { mbs: 16, ..picture });
            continue;
        }
        s.slice(&Slice { mbs: 8, field: Some(false), ..picture.clone() });
        let second = Slice { idr: false, content: Content::Copy, poc_lsb: picture.poc_lsb + 1, ..picture };
        s.slice(&Slice { mbs: 8, field: Some(true), ..second });
    }
    s.units.iter().map(|u| [&[0, 0, 1][..], u].concat()).collect()
}

#[test]
fn decoding_goes_on_without_allocation_within_the_plan() {
    let limits =
        Limits { max_width: 64, max_height: 48, max_pixels: 64 * 48, max_dpb_frames: 16, max_packet_bytes: 1 << 14 };
    let higher = Limits { max_height: 64, max_pixels: 64 * 64, ..limits };
    for (limits, packets) in [(limits, packets()), (higher, interlaced_packets())] {
        decode_within(limits, &packets, None);
        for threads in [1, 2, 7] {
            decode_within(limits, &packets, Some(threads));
        }
    }
}

/// Runs tasks in the thread whose allocations are counted, and as late as can be: as many are under way as there may be.
#[derive(Debug)]
struct Late {
    threads: u32,
    tasks: Mutex<VecDeque<Task>>,
    memory: Mutex<TaskMemory>,
}

impl Late {
    fn new(threads: u32) -> Self {
        let tasks = Mutex::new(VecDeque::with_capacity(threads as usize + 1));
        Self { threads, tasks, memory: Mutex::default() }
    }
}

impl Workers for Late {
    fn threads(&self) -> usize {
        self.threads as usize
    }
    fn submit(&self, task: Task) {
        self.tasks.lock().unwrap().push_back(task);
    }
    fn wait(&self, progress: &Progress, target: u32) {
        while !progress.has_reached(target) {
            let task = self.tasks.lock().unwrap().pop_front().expect("what is waited for was submitted");
            task.run(&mut self.memory.try_lock().expect("earlier tasks have ended"));
        }
    }
    fn wake(&self) {}
}

/// Decodes a stream of about 200 frames that stays within `limits`, with workers of so many `threads`.
fn decode_within(limits: Limits, packets: &[Vec<u8>], threads: Option<u32>) {
    let before = live();
    restart_peak();
    let config = DecoderConfig { limits, ..DecoderConfig::new() };
    let mut decoder = match threads {
        Some(threads) => Decoder::with_workers(config, Arc::new(Late::new(threads))),
        None => Decoder::new(config),
    };
    let mut frames = 0;
    let mut at_half = 0;
    for (i, p) in packets.iter().enumerate() {
        if i == packets.len() / 2 {
            at_half = allocations();
        }
        decoder.send(p, PacketTime::default()).unwrap();
        while let Step::Output(_) = decoder.receive().unwrap() {
            frames += 1;
        }
    }
    let since_half = allocations() - at_half;
    assert!(frames > 150, "{frames} frames");
    assert_eq!(since_half, 0, "in the second half of {} packets, {threads:?}", packets.len());
    let plan = MemoryPlan::for_decoder(&limits);
    let plan = threads.map_or(plan, |threads| plan.with_threads(threads));
    let peak = (peak() - before) as u64;
    assert!(peak <= plan.total(), "{peak} bytes, planned {} ({plan:?}), {threads:?}", plan.total());
}
