//! What the integration tests share: the test media, and ffmpeg as an oracle. Neither need be there; a test then says
//! what it skipped.
#![allow(dead_code, reason = "each test binary uses its own part")]

use serde_json::Value;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// One row of the media's manifest.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) folder: String,
    pub(crate) file: String,
    pub(crate) streams: String,
    pub(crate) decoded_md5: String,
    pub(crate) path: PathBuf,
}

impl Row {
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.folder, self.file)
    }
    /// The first video stream's description.
    fn video(&self) -> &str {
        self.streams.split(" ; ").find(|s| s.starts_with("V:")).unwrap_or("")
    }
    /// Whether the first video stream is what the decoder takes: 8-bit 4:2:0 H.264.
    pub(crate) fn is_decodable(&self) -> bool {
        let v = self.video();
        let format = v.contains(" yuv420p ") || v.contains(" yuvj420p ");
        v.starts_with("V:h264/") && format
    }
}

/// The folder of test media, if there is one.
pub(crate) fn media() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/media");
    let dir = std::env::var_os("TRANSCODE_MEDIA").map_or(default, PathBuf::from);
    if dir.join("MANIFEST.tsv").is_file() {
        return Some(dir);
    }
    println!("skipped: no test media at {} (set TRANSCODE_MEDIA)", dir.display());
    None
}

/// The rows of the manifest whose files are there.
pub(crate) fn manifest() -> Vec<Row> {
    let Some(dir) = media() else { return Vec::new() };
    let text = std::fs::read_to_string(dir.join("MANIFEST.tsv")).unwrap();
    let mut rows = Vec::new();
    for line in text.lines().skip(1) {
        let f: Vec<&str> = line.split('\t').collect();
        let path = dir.join(f[0]).join(f[1]);
        if !path.is_file() {
            println!("skipped: {} is not there", path.display());
            continue;
        }
        let cell = |i: usize| f.get(i).copied().unwrap_or("").to_owned();
        rows.push(Row { folder: cell(0), file: cell(1), streams: cell(4), decoded_md5: cell(6), path });
    }
    rows
}

/// A file of the media by folder and name.
pub(crate) fn media_file(name: &str) -> Option<PathBuf> {
    let path = media()?.join(name);
    if path.is_file() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

/// Whether a program can be run; says so if not.
pub(crate) fn have(program: &str) -> bool {
    let found = Command::new(program).arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        println!("skipped: {program} not found");
    }
    found
}

/// Output of ffprobe as JSON; `None` where there is no ffprobe.
pub(crate) fn ffprobe(path: &Path, args: &[&str]) -> Option<Value> {
    if !have("ffprobe") {
        return None;
    }
    let out = Command::new("ffprobe").args(["-v", "error", "-of", "json"]).args(args).arg(path).output().unwrap();
    assert!(out.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&out.stderr));
    Some(serde_json::from_slice(&out.stdout).unwrap())
}

/// What ffmpeg says while it decodes all of a file; `None` where there is no ffmpeg.
pub(crate) fn ffmpeg_complaints(path: &Path) -> Option<String> {
    if !have("ffmpeg") {
        return None;
    }
    let sinks = ["-map", "0:v?", "-map", "0:a?", "-fps_mode", "passthrough", "-f", "null", "-"];
    let out = Command::new("ffmpeg").args(["-nostdin", "-v", "warning", "-i"]).arg(path).args(sinks).output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    Some(if out.status.success() { said } else { format!("status {}: {said}", out.status) })
}

/// Runs the command and returns its exit status, standard output and standard error.
pub(crate) fn transcode<A: AsRef<OsStr>>(args: &[A]) -> (i32, String, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_transcode")).args(args).output().unwrap();
    let text = |b: Vec<u8>| String::from_utf8_lossy(&b).into_owned();
    (out.status.code().unwrap_or(-1), text(out.stdout), text(out.stderr))
}

/// Names of the files in a folder.
pub(crate) fn listing(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
