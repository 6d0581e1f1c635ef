//! The `transcode` command.

fn main() {
    std::process::exit(transcode_pipeline::cli::run(std::env::args_os()));
}
