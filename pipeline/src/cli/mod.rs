//! The `transcode` command. The binary and the wheel's console script both call [`run`].

mod args;
mod clip;
mod convert;
mod decode;
mod decode_audio;
mod probe;
mod signal;
mod simd;

use crate::error::{Error, ErrorKind};
use args::{Cli, Command};
use clap::Parser;
use std::ffi::OsString;
use std::io::{self, Write};
use transcode_core::Kernels;
use transcode_simd::SimdLevel;

/// What every command is told.
#[derive(Debug, Clone, Copy)]
struct Common {
    simd: Option<SimdLevel>,
    quiet: bool,
}

impl Common {
    fn kernels(self) -> Kernels {
        self.simd.map_or_else(Kernels::detect, Kernels::at_most)
    }
}

/// Runs the command with these arguments, the first of which is the program's name, and returns its exit status:
/// 0 done, 1 failed, 2 wrong usage.
///
/// This is the one function of the crate that prints, handles signals (the first Ctrl-C ends the command cleanly, the
/// second kills it) and reads the environment (`TRANSCODE_SIMD`).
pub fn run(args: impl IntoIterator<Item = OsString>) -> i32 {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(e) => {
            // Help and version are asked for and go to standard output; clap knows which is which.
            let _ = e.print();
            return e.exit_code();
        }
    };
    let common = Common { simd: cli.simd, quiet: cli.quiet };
    let done = match cli.command {
        Command::Convert(a) => convert::convert(&a, common),
        Command::Encode(a) => convert::encode(&a, common),
        Command::Probe(a) => probe::probe(&a),
        Command::Decode(a) => decode::decode(&a, common),
        Command::Simd => simd::simd(common),
        Command::MakeClip(a) => clip::make_clip(&a, common),
    };
    match done {
        Ok(()) => 0,
        Err(e) => {
            // Nothing is left to do when even this cannot be said.
            let _ = writeln!(io::stderr(), "transcode: error: {}", one_line(&e.to_string()));
            if e.kind() == ErrorKind::InvalidOption { 2 } else { 1 }
        }
    }
}

/// Prints a result to standard output. A reader that has gone (`| head`) is no failure.
fn print(text: &str) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|e| Error::io("standard output".as_ref(), e)),
    }
}

/// Paths may hold line breaks; an error is one line all the same.
fn one_line(text: &str) -> String {
    text.replace('\n', "\\n").replace('\r', "\\r")
}
