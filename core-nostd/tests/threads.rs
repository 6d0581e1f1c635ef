//! Threads change nothing: the same frames, flags and counters for any number of them, whenever they happen to run.
#![cfg(all(feature = "h264-dec", feature = "h264-enc"))]

mod media;

use std::collections::VecDeque;
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use transcode_core::h264::{DecodeStats, Decoder, DecoderConfig, Encoder, EncoderConfig, Frame, PacketTime};
use transcode_core::workers::{Progress, Task, TaskMemory, Workers};
use transcode_core::{Limits, Picture, PictureFormat, Step};

/// Runs tasks where they are waited for, first submitted first.
#[derive(Debug, Default)]
struct Lazy {
    tasks: Mutex<VecDeque<Task>>,
    memory: Mutex<TaskMemory>,
}

impl Workers for Lazy {
    fn threads(&self) -> usize {
        3
    }
    fn submit(&self, task: Task) {
        self.tasks.lock().unwrap().push_back(task);
    }
    fn wait(&self, progress: &Progress, target: u32) {
        while !progress.has_reached(target) {
            let task = self.tasks.lock().unwrap().pop_front().expect("what is waited for was submitted");
            // A task that waited would come here again and find the memory locked: earlier tasks have ended.
            task.run(&mut self.memory.try_lock().expect("tasks in order wait for nothing"));
        }
    }
    fn wake(&self) {}
}

/// Threads that are held up now and then.
#[derive(Debug)]
struct Unsteady {
    count: usize,
    numbers: AtomicU64,
    tasks: Mutex<VecDeque<Task>>,
    over: AtomicBool,
    queued: Condvar,
    waits: AtomicU64,
}

impl Unsteady {
    fn start(count: usize, seed: u64) -> (Arc<Self>, Vec<JoinHandle<()>>) {
        let shared = Arc::new(Self {
            count,
            numbers: AtomicU64::new(seed),
            tasks: Mutex::default(),
            over: AtomicBool::new(false),
            queued: Condvar::new(),
            waits: AtomicU64::new(0),
        });
        let run = |shared: Arc<Self>| {
            let mut memory = TaskMemory::default();
            loop {
                let mut tasks = shared.tasks.lock().unwrap();
                let task = loop {
                    match tasks.pop_front() {
                        Some(task) => break task,
                        None if shared.over.load(Ordering::SeqCst) => return,
                        None => tasks = shared.queued.wait_timeout(tasks, Duration::from_millis(1)).unwrap().0,
                    }
                };
                drop(tasks);
                shared.dawdle();
                task.run(&mut memory);
            }
        };
        let threads = (0..count).map(|_| {
            thread::spawn({
                let shared = Arc::clone(&shared);
                move || run(shared)
            })
        });
        let threads = threads.collect();
        (shared, threads)
    }
    fn dawdle(&self) {
        let n = self.numbers.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        let n = (n ^ n >> 31).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40;
        match n % 16 {
            0 => thread::sleep(Duration::from_micros(n >> 4 & 255)),
            1..4 => thread::yield_now(),
            _ => {}
        }
    }
}

impl Workers for Unsteady {
    fn threads(&self) -> usize {
        self.count
    }
    fn submit(&self, task: Task) {
        self.tasks.lock().unwrap().push_back(task);
        self.queued.notify_one();
        self.dawdle();
    }
    fn wait(&self, progress: &Progress, target: u32) {
        self.waits.fetch_add(1, Ordering::Relaxed);
        while !progress.has_reached(target) {
            thread::yield_now();
        }
        self.dawdle();
    }
    fn wake(&self) {
        self.dawdle();
    }
}

/// What came out of a decoder.
#[derive(Debug, PartialEq)]
struct Outcome {
    /// A checksum, the order count, the time and the flag of each frame.
    frames: Vec<(u64, i32, Option<i64>, bool)>,
    errors: Vec<String>,
    stats: DecodeStats,
}

fn decode(stream: &[u8], workers: Option<Arc<dyn Workers>>) -> Outcome {
    let limits = Limits { max_pixels: 1 << 21, ..Limits::default() };
    let config = DecoderConfig { limits, ..DecoderConfig::new() };
    let mut decoder = match workers {
        Some(workers) => Decoder::with_workers(config, workers),
        None => Decoder::new(config),
    };
    let mut out = Outcome { frames: Vec::new(), errors: Vec::new(), stats: DecodeStats::default() };
    let sum = |f: &Frame| {
        let mut sum = 0u64;
        for plane in 0..3 {
            f.for_each_row(plane, |row| {
                for s in row {
                    sum = sum.wrapping_mul(31).wrapping_add(u64::from(*s));
                }
            });
        }
        sum
    };
    // One NAL unit after the other, each with its time.
    let starts = (0..stream.len()).filter(|&i| stream[i..].starts_with(&[0, 0, 1]));
    let ends: Vec<usize> = starts.skip(1).chain([stream.len()]).collect();
    let mut pieces = ends.iter().scan(0, |from, &to| Some(&stream[mem::replace(from, to)..to])).enumerate();
    loop {
        match decoder.receive() {
            Ok(Step::Output(f)) => out.frames.push((sum(&f), f.pic_order_cnt(), f.time.pts, f.corrupt)),
            Ok(Step::NeedInput) => match pieces.next() {
                Some((i, piece)) => {
                    let time = PacketTime { pts: Some(i as i64), ..PacketTime::default() };
                    out.errors.extend(decoder.send(piece, time).err().map(|e| e.to_string()));
                }
                None => decoder.finish(),
            },
            Ok(Step::End) => break,
            Err(e) => out.errors.push(e.to_string()),
        }
    }
    out.stats = decoder.stats();
    out
}

/// Decodes in all ways and compares.
fn check(name: &str, stream: &[u8], seed: u64) -> Outcome {
    let alone = decode(stream, None);
    assert_eq!(decode(stream, Some(Arc::new(Lazy::default()))), alone, "{name}: lazily");
    for count in [1, 2, 3, 7] {
        let (workers, threads) = Unsteady::start(count, seed + count as u64);
        assert_eq!(decode(stream, Some(workers.clone())), alone, "{name}: {count} threads");
        workers.over.store(true, Ordering::SeqCst);
        for thread in threads {
            thread.join().expect("no task panics");
        }
    }
    alone
}

/// A textured picture that moves and changes.
fn picture(n: usize) -> Picture<u8> {
    let mut p = Picture::new(PictureFormat::YUV420P8, 96, 160, 0).unwrap();
    for (i, plane) in p.planes_mut().iter_mut().enumerate() {
        for y in 0..plane.height() {
            for (x, s) in plane.row_mut(y).iter_mut().enumerate() {
                let (u, v) = (x + 3 * n, y + n);
                *s = ((u * u / 7 + v * 5 + u * v / 11 + i * 40) % 220) as u8;
            }
        }
    }
    p
}

fn encode(cabac: bool) -> Vec<u8> {
    let mut config = EncoderConfig::new(96, 160, (25, 1));
    config.cabac = cabac;
    config.keyint = 9;
    let mut encoder = Encoder::new(config).unwrap();
    let mut stream = Vec::new();
    let mut take = |e: &mut Encoder| {
        while let Step::Output(p) = e.receive().unwrap() {
            stream.extend(p.data);
        }
    };
    for n in 0..24 {
        encoder.send(&picture(n), n as i64, false).unwrap();
        take(&mut encoder);
    }
    encoder.finish();
    take(&mut encoder);
    stream
}

/// Changes some bytes.
fn damage(stream: &[u8], seed: u64) -> Vec<u8> {
    let mut s = stream.to_vec();
    let mut n = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for _ in 0..1 + seed % 6 {
        n ^= n << 13;
        n ^= n >> 7;
        n ^= n << 17;
        let at = (n >> 16) as usize % s.len();
        s[at] ^= 1 << (n & 7);
    }
    s
}

#[test]
fn encoded_streams_whole_and_damaged() {
    for cabac in [false, true] {
        let stream = encode(cabac);
        let whole = check("whole", &stream, 1);
        assert_eq!((whole.frames.len(), whole.stats.damaged_units), (24, 0));
        let mut damaged = 0;
        for seed in 0..12 {
            let outcome = check(&format!("damaged, {seed}"), &damage(&stream, seed), seed);
            damaged += u64::from(outcome.frames.iter().any(|f| f.3));
        }
        assert!(damaged > 3, "only {damaged} streams show their damage");
    }
}

/// A decoder that is dropped or reset in the middle leaves nobody waiting.
#[test]
fn decoders_end_with_tasks_under_way() {
    let stream = encode(true);
    for reset in [false, true] {
        let (workers, threads) = Unsteady::start(2, 5);
        let mut decoder = Decoder::with_workers(DecoderConfig::new(), workers.clone());
        decoder.send(&stream, PacketTime::default()).unwrap();
        for _ in 0..3 {
            assert!(matches!(decoder.receive(), Ok(Step::Output(_))));
        }
        if reset {
            decoder.reset();
            decoder.send(&stream, PacketTime::default()).unwrap();
            assert!(matches!(decoder.receive(), Ok(Step::Output(f)) if !f.corrupt));
        }
        drop(decoder);
        workers.over.store(true, Ordering::SeqCst);
        threads.into_iter().for_each(|t| t.join().unwrap());
    }
}

/// Workers that drop their tasks: every picture is flagged, and nothing hangs.
#[test]
fn tasks_that_are_dropped_count_as_failed() {
    #[derive(Debug)]
    struct Lost;
    impl Workers for Lost {
        fn threads(&self) -> usize {
            2
        }
        fn submit(&self, task: Task) {
            drop(task);
        }
        fn wait(&self, progress: &Progress, target: u32) {
            assert!(progress.has_reached(target));
        }
        fn wake(&self) {}
    }
    let outcome = decode(&encode(false), Some(Arc::new(Lost)));
    assert_eq!(outcome.frames.len(), 24);
    assert!(outcome.frames.iter().all(|f| f.3));
}

/// B pictures, fields, macroblock pairs, several slices, weights, and damage in them.
#[test]
fn media_streams_whole_and_damaged() {
    for name in [
        "jm-generated/jm_main_frame_cabac_b.264",
        "jm-generated/jm_main_field_cabac_b.264",
        "jm-generated/jm_main_paff_cabac_b.264",
        "jm-generated/jm_main_mbaff_cabac_b.264",
        "jm-generated/jm_main_mbaff_cavlc_b_temporal.264",
        "jm-generated/jm_main_wp_explicit_pb.264",
        "jm-generated/jm_main_multislice_cabac.264",
        "jvt-frext/HPCV_BRCM_A.264",
        "jvt-frext/freh6.264",
        "jvt-avc1/MR1_BT_A.h264",
    ] {
        match std::fs::read(media::folder().join(name)) {
            Ok(mut stream) => {
                stream.truncate(60_000);
                check(name, &stream, 3);
                for seed in 1..4 {
                    check(&format!("{name}, damaged, {seed}"), &damage(&stream, seed), seed);
                }
            }
            Err(e) => println!("skipped {name}: {e}"),
        }
    }
}
