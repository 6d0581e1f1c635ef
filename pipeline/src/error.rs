//! Why a job failed.

use std::io;
use std::path::{Path, PathBuf};

/// Result of this crate's fallible functions.
pub type Result<T> = std::result::Result<T, Error>;

/// The kinds of failure that callers tell apart; the Python layer has an exception for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input is no media, is damaged or ends too early.
    InvalidData,
    /// The input or the request is valid, but this build cannot do it.
    Unsupported,
    /// The input asks for more than the limits allow.
    Limit,
    /// The job was cancelled.
    Cancelled,
    /// An option is wrong, or would have no effect.
    InvalidOption,
    /// A file or folder does not exist.
    NotFound,
    /// The output exists and may not be overwritten.
    Exists,
    /// The operating system reported a failure.
    Io,
}

/// Why a job failed. Its `Display` is one line that names the file and, where there is one, the place in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The input is no media, is damaged or ends too early.
    #[error("{}: {message}", .path.display())]
    InvalidData {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        message: String,
    },
    /// The input or the request is valid, but this build cannot do it.
    #[error("{}: unsupported: {feature}", .path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What would be needed.
        feature: String,
    },
    /// The input asks for more than the limits allow.
    #[error("{}: {message}", .path.display())]
    Limit {
        /// The file.
        path: PathBuf,
        /// Which limit, what was asked for, what is allowed.
        message: String,
    },
    /// The job was cancelled.
    #[error("cancelled")]
    Cancelled,
    /// An option is wrong, or would have no effect.
    #[error("{option}: {reason}")]
    InvalidOption {
        /// The option as the builder names it.
        option: &'static str,
        /// What is wrong with it and what would be right.
        reason: String,
    },
    /// A file or folder does not exist.
    #[error("{}: no such file or directory", .path.display())]
    NotFound {
        /// The path.
        path: PathBuf,
    },
    /// The output exists and may not be overwritten.
    #[error("{}: exists already and overwriting was not asked for", .path.display())]
    Exists {
        /// The path.
        path: PathBuf,
    },
    /// The operating system reported a failure.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

impl Error {
    /// The kind of this error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::InvalidData { .. } => ErrorKind::InvalidData,
            Self::Unsupported { .. } => ErrorKind::Unsupported,
            Self::Limit { .. } => ErrorKind::Limit,
            Self::Cancelled => ErrorKind::Cancelled,
            Self::InvalidOption { .. } => ErrorKind::InvalidOption,
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::Exists { .. } => ErrorKind::Exists,
            Self::Io { .. } => ErrorKind::Io,
        }
    }
    /// The file or folder that the error is about.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::InvalidData { path, .. }
            | Self::Unsupported { path, .. }
            | Self::Limit { path, .. }
            | Self::NotFound { path }
            | Self::Exists { path }
            | Self::Io { path, .. } => Some(path),
            Self::Cancelled | Self::InvalidOption { .. } => None,
        }
    }
    /// Option `option` is wrong because of `reason`.
    pub(crate) fn option(option: &'static str, reason: impl Into<String>) -> Self {
        Self::InvalidOption { option, reason: reason.into() }
    }
    /// What an encoder's configuration lacks.
    pub(crate) fn of_config(e: transcode_core::Error) -> Self {
        match e.kind {
            transcode_core::ErrorKind::InvalidConfig { option, reason } => Self::option(option, reason),
            _ => Self::option("encoder", e.to_string()),
        }
    }
    /// A failure of the operating system at `path`; a missing file gets its own kind.
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound { path: path.into() },
            io::ErrorKind::AlreadyExists => Self::Exists { path: path.into() },
            _ => Self::Io { path: path.into(), source },
        }
    }
    /// The container's error about the file at `path`.
    pub(crate) fn container(path: &Path, e: transcode_container::Error) -> Self {
        use transcode_container::Error as E;
        match e {
            E::Io { path: named, source } => Self::io(named.as_deref().unwrap_or(path), source),
            E::Unsupported { feature } => Self::Unsupported { path: path.into(), feature: feature.into() },
            E::LimitExceeded { .. } => Self::Limit { path: path.into(), message: e.to_string() },
            _ => Self::InvalidData { path: path.into(), message: e.to_string() },
        }
    }
    /// A codec's error about the file at `path`; `place` says where in the file the codec's input came from.
    pub(crate) fn codec(path: &Path, place: &str, e: transcode_core::Error) -> Self {
        use transcode_core::ErrorKind as K;
        match e.kind {
            K::Unsupported { feature } => {
                Self::Unsupported { path: path.into(), feature: format!("{feature}, {place}") }
            }
            K::LimitExceeded { .. } => Self::Limit { path: path.into(), message: format!("{e}, {place}") },
            K::InvalidConfig { option, reason } => Self::option(option, reason),
            _ => Self::InvalidData { path: path.into(), message: format!("{e}, {place}") },
        }
    }
}
