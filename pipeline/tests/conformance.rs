//! Decodes every H.264 stream of the test media - elementary and in containers - and compares with the manifest's MD5, at
//! every SIMD level of this machine and with 1, 2 and 3 threads; prints a table of suites.
//!
//! `TRANSCODE_ONLY=text` takes the files alone whose path contains the text.

mod common;

use common::{Row, manifest, transcode};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use transcode_core::Kernels;

/// How a stream is decoded.
#[derive(Debug, Clone)]
struct Way {
    level: String,
    threads: u8,
}

/// Every level, and 1, 2 and 3 threads, in as few decodes as show them all: the two don't know of each other.
fn ways() -> Vec<Way> {
    let levels: Vec<String> = Kernels::available().map(|k| k.level().to_string()).collect();
    let count = levels.len().max(3);
    let level = |i: usize| levels[i.min(levels.len() - 1)].clone();
    (0..count).map(|i| Way { level: level(i), threads: (i % 3) as u8 + 1 }).collect()
}

#[derive(Debug)]
enum Outcome {
    Equal,
    /// A typed error that names what is not there.
    Unsupported(String),
    Failed(String),
}

fn decode(row: &Row, way: &Way) -> Outcome {
    let threads = way.threads.to_string();
    let args = ["decode", row.path.to_str().unwrap(), "--md5", "--quiet", "--simd", &way.level, "--threads", &threads];
    let (status, out, err) = transcode(&args);
    match err.trim().split_once("unsupported: ") {
        _ if status == 0 && out.trim() == row.decoded_md5 => Outcome::Equal,
        Some((_, feature)) if status == 1 && err.lines().count() == 1 && out.is_empty() => {
            // Where in the stream it was met is of no interest here.
            Outcome::Unsupported(feature.split(", in video packet").next().unwrap_or(feature).to_owned())
        }
        _ => Outcome::Failed(format!("status {status}, {} {}", out.trim(), err.trim())),
    }
}

/// All ways, the first of which tells whether the others need be tried.
fn check(row: &Row, ways: &[Way]) -> Outcome {
    for (i, way) in ways.iter().enumerate() {
        match decode(row, way) {
            Outcome::Equal => {}
            Outcome::Unsupported(feature) if i == 0 => return Outcome::Unsupported(feature),
            Outcome::Unsupported(why) | Outcome::Failed(why) => {
                return Outcome::Failed(format!("{} with {} threads: {why}", way.level, way.threads));
            }
        }
    }
    Outcome::Equal
}

/// Streams of a folder, by outcome.
#[derive(Default)]
struct Suite {
    streams: u32,
    equal: u32,
    unsupported: BTreeMap<String, u32>,
    failed: Vec<String>,
}

fn table(suites: &BTreeMap<String, Suite>) -> String {
    let mut text = String::from("| suite | streams | equal | unsupported | failed |\n|---|---|---|---|---|\n");
    let mut sums = [0; 4];
    for (name, suite) in suites {
        let names: Vec<_> = suite.unsupported.iter().map(|(feature, n)| format!("{n} {feature}")).collect();
        let (streams, equal, failed) = (suite.streams, suite.equal, suite.failed.len() as u32);
        let _ = writeln!(text, "| {name} | {streams} | {equal} | {} | {failed} |", names.join("; "));
        let counts = [streams, equal, suite.unsupported.values().sum(), failed];
        sums.iter_mut().zip(counts).for_each(|(sum, n)| *sum += n);
    }
    let _ = writeln!(text, "| all | {} | {} | {} | {} |", sums[0], sums[1], sums[2], sums[3]);
    text
}

#[test]
fn every_stream_of_the_manifest_is_bit_exact() {
    let only = std::env::var("TRANSCODE_ONLY").unwrap_or_default();
    let rows: Vec<Row> = manifest()
        .into_iter()
        .filter(|r| r.streams.contains("V:h264/") && !r.decoded_md5.is_empty() && r.name().contains(&only))
        .collect();
    let ways = ways();
    let next = AtomicUsize::new(0);
    let suites = Mutex::new(BTreeMap::<String, Suite>::new());
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = check(row, &ways);
                    let mut suites = suites.lock().unwrap();
                    let suite = suites.entry(row.folder.clone()).or_default();
                    suite.streams += 1;
                    match outcome {
                        Outcome::Equal => suite.equal += 1,
                        Outcome::Unsupported(feature) => {
                            println!("{}: unsupported: {feature}", row.name());
                            *suite.unsupported.entry(feature).or_default() += 1;
                        }
                        Outcome::Failed(why) => suite.failed.push(format!("{}: {why}", row.name())),
                    }
                }
            });
        }
    });
    let suites = suites.into_inner().unwrap();
    let said: Vec<_> = ways.iter().map(|w| format!("{}/{}", w.level, w.threads)).collect();
    println!("at {} (SIMD level/threads):\n{}", said.join(", "), table(&suites));
    let failed: Vec<_> = suites.values().flat_map(|s| s.failed.iter().cloned()).collect();
    assert!(failed.is_empty(), "{} streams differ:\n{}", failed.len(), failed.join("\n"));
    // A regression must not hide as "unsupported": what the decoder is for must decode.
    let refused: Vec<_> = suites.values().flat_map(|s| &s.unsupported).collect();
    assert!(refused.is_empty(), "H.264 and yet unsupported: {refused:#?}");
}
