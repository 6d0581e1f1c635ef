//! A file that appears under its name only when it is whole.

use crate::error::{Error, Result};
use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::{NamedTempFile, TempPath};

/// Refuses, before any work, an output that cannot or must not be written.
///
/// # Errors
/// [`Error::Exists`], [`Error::NotFound`] for a folder that does not exist, [`Error::InvalidOption`] if the output is
/// the input, [`Error::Io`] if either is no regular file.
pub(crate) fn check(input: &Path, output: &Path, overwrite: bool) -> Result<()> {
    let source = std::fs::metadata(input).map_err(|e| Error::io(input, e))?;
    if source.is_dir() {
        return Err(Error::Io { path: input.into(), source: io::ErrorKind::IsADirectory.into() });
    }
    match std::fs::metadata(output) {
        Ok(target) => {
            if target.is_dir() {
                return Err(Error::Io { path: output.into(), source: io::ErrorKind::IsADirectory.into() });
            }
            if same_file(input, &source, output, &target) {
                return Err(Error::option("output", format!("{} is the input", output.display())));
            }
            if !overwrite {
                return Err(Error::Exists { path: output.into() });
            }
            if !target.is_file() {
                let reason = "is no regular file, so it cannot be replaced";
                return Err(Error::option("output", format!("{} {reason}", output.display())));
            }
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            let parent = parent(output);
            if !std::fs::metadata(parent).map_err(|e| Error::io(parent, e))?.is_dir() {
                return Err(Error::Io { path: parent.into(), source: io::ErrorKind::NotADirectory.into() });
            }
        }
        Err(e) => return Err(Error::io(output, e)),
    }
    Ok(())
}

/// Whether two paths lead to one file, be it by a link of either kind.
fn same_file(a: &Path, a_data: &Metadata, b: &Path, b_data: &Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if (a_data.dev(), a_data.ino()) == (b_data.dev(), b_data.ino()) {
            return true;
        }
    }
    #[cfg(not(unix))]
    let _ = (a_data, b_data);
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The target of a job: its temporary file beside the target, removed on drop unless [`AtomicOutput::commit`]ted.
#[derive(Debug)]
pub(crate) struct AtomicOutput {
    target: PathBuf,
    temporary: TempPath,
    overwrite: bool,
    written: Arc<AtomicU64>,
}

impl AtomicOutput {
    /// Creates the temporary file beside `target` and a writer into it.
    ///
    /// # Errors
    /// What the operating system says.
    pub(crate) fn create(target: &Path, overwrite: bool) -> Result<(Self, OutputFile)> {
        let mut prefix = OsString::from(".");
        prefix.push(target.file_name().unwrap_or_default());
        prefix.push(".");
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(".part");
        #[cfg(unix)]
        {
            // What any other program would create; the process's umask applies.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let file: NamedTempFile = builder.tempfile_in(parent(target)).map_err(|e| Error::io(target, e))?;
        let (file, temporary) = file.into_parts();
        let written = Arc::new(AtomicU64::new(0));
        let writer = OutputFile { file: BufWriter::with_capacity(1 << 18, file), at: 0, written: written.clone() };
        Ok((Self { target: target.into(), temporary, overwrite, written }, writer))
    }
    /// Size of the file so far.
    pub(crate) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }
    /// Gives the file its name. Everything must be flushed. Returns its size.
    ///
    /// # Errors
    /// [`Error::Exists`] if the target has come into being meanwhile and may not be replaced.
    pub(crate) fn commit(self) -> Result<u64> {
        let size = std::fs::metadata(&self.temporary).map_err(|e| Error::io(&self.target, e))?.len();
        let moved = if self.overwrite {
            self.temporary.persist(&self.target)
        } else {
            self.temporary.persist_noclobber(&self.target)
        };
        moved.map_err(|e| Error::io(&self.target, e.error))?;
        Ok(size)
    }
}

/// A buffered file that tells its size to whoever holds the [`AtomicOutput`].
#[derive(Debug)]
pub(crate) struct OutputFile {
    file: BufWriter<File>,
    /// Where the next byte goes.
    at: u64,
    /// The furthest that any byte went.
    written: Arc<AtomicU64>,
}

impl Write for OutputFile {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let n = self.file.write(data)?;
        self.at += n as u64;
        self.written.fetch_max(self.at, Ordering::Relaxed);
        Ok(n)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Read for OutputFile {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.file.flush()?;
        let n = self.file.get_mut().read(buf)?;
        self.at += n as u64;
        Ok(n)
    }
}

impl Seek for OutputFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = self.file.seek(to)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn appears_only_when_committed() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("a.mp4");
        let (output, mut file) = AtomicOutput::create(&target, false).unwrap();
        file.write_all(b"abc").unwrap();
        file.flush().unwrap();
        assert!(!target.exists());
        assert_eq!(output.written(), 3);
        drop(file);
        assert_eq!(output.commit().unwrap(), 3);
        assert_eq!(std::fs::read(&target).unwrap(), b"abc");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn rewriting_does_not_count_twice() {
        let dir = tempfile::tempdir().unwrap();
        let (output, mut file) = AtomicOutput::create(&dir.path().join("a"), false).unwrap();
        file.write_all(b"abcdef").unwrap();
        file.seek(SeekFrom::Start(1)).unwrap();
        file.write_all(b"BC").unwrap();
        file.seek(SeekFrom::Start(0)).unwrap();
        let mut all = Vec::new();
        file.read_to_end(&mut all).unwrap();
        assert_eq!((all.as_slice(), output.written()), (b"aBCdef".as_slice(), 6));
    }

    #[test]
    fn dropped_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        drop(AtomicOutput::create(&dir.path().join("a.mp4"), false).unwrap());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_target_that_came_meanwhile_stays() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("a.mp4");
        let (output, file) = AtomicOutput::create(&target, false).unwrap();
        drop(file);
        std::fs::write(&target, b"other").unwrap();
        assert_eq!(output.commit().unwrap_err().kind(), ErrorKind::Exists);
        assert_eq!(std::fs::read(&target).unwrap(), b"other");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn refusals() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        std::fs::write(&a, b"a").unwrap();
        let kind = |i: &Path, o: &Path, overwrite| check(i, o, overwrite).unwrap_err().kind();
        assert!(check(&a, &b, false).is_ok());
        assert_eq!(kind(&a, &a, true), ErrorKind::InvalidOption);
        assert_eq!(kind(&b, &a, true), ErrorKind::NotFound);
        assert_eq!(kind(dir.path(), &b, true), ErrorKind::Io);
        assert_eq!(kind(&a, dir.path(), true), ErrorKind::Io);
        assert_eq!(kind(&a, &dir.path().join("no/b"), true), ErrorKind::NotFound);
        std::fs::write(&b, b"b").unwrap();
        assert_eq!(kind(&a, &b, false), ErrorKind::Exists);
        assert!(check(&a, &b, true).is_ok());
        std::fs::remove_file(&b).unwrap();
        std::fs::hard_link(&a, &b).unwrap();
        assert_eq!(kind(&a, &b, true), ErrorKind::InvalidOption);
    }
}
