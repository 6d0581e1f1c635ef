//! What went wrong with a file, and where.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

/// Result of this crate's fallible functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of a container: reading, writing, or what the file says.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused. A missing file has kind `NotFound`, a directory `IsADirectory`.
    #[error("{}{source}", .path.as_deref().map(|p| format!("{}: ", p.display())).unwrap_or_default())]
    Io {
        /// The file, where one was named.
        path: Option<PathBuf>,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file contradicts its format.
    #[error("invalid {what} at byte {offset}")]
    Invalid {
        /// The box, element or field, in the standard's spelling.
        what: &'static str,
        /// Byte offset in the file.
        offset: u64,
    },
    /// A valid file uses something that this build does not read or write.
    #[error("unsupported: {feature}")]
    Unsupported {
        /// The feature, in words a user can search for.
        feature: Cow<'static, str>,
    },
    /// The file ends inside `what`. Everything before it has been given out.
    #[error("unexpected end of file in {what} at byte {offset}")]
    UnexpectedEnd {
        /// What was being read.
        what: &'static str,
        /// Byte offset in the file where the missing data should have been.
        offset: u64,
    },
    /// Not a media file of any kind known here.
    #[error("not a media file: no known container or stream was recognised")]
    NotMedia,
    /// The file asks for more than [`crate::Limits`] allows.
    #[error("limit {limit} exceeded: {requested} requested, {allowed} allowed")]
    LimitExceeded {
        /// The limit's field name in [`crate::Limits`].
        limit: &'static str,
        /// What the file asked for.
        requested: u64,
        /// What is allowed.
        allowed: u64,
    },
    /// A caller's request can't be carried out: an unknown track, a packet out of order, a track without description.
    #[error("invalid {what}: {reason}")]
    InvalidInput {
        /// The argument.
        what: &'static str,
        /// What is wrong with it.
        reason: Cow<'static, str>,
    },
}

impl Error {
    /// `what` at byte `offset` contradicts the format.
    #[cold]
    pub fn invalid(what: &'static str, offset: u64) -> Self {
        Self::Invalid { what, offset }
    }
    /// The file needs `feature`.
    #[cold]
    pub fn unsupported(feature: impl Into<Cow<'static, str>>) -> Self {
        Self::Unsupported { feature: feature.into() }
    }
    /// The file ended inside `what`.
    #[cold]
    pub fn unexpected_end(what: &'static str, offset: u64) -> Self {
        Self::UnexpectedEnd { what, offset }
    }
    /// A caller's mistake.
    #[cold]
    pub fn input(what: &'static str, reason: impl Into<Cow<'static, str>>) -> Self {
        Self::InvalidInput { what, reason: reason.into() }
    }
    /// Checks `requested` against `allowed`.
    ///
    /// # Errors
    /// `LimitExceeded`.
    pub fn check_limit(limit: &'static str, requested: u64, allowed: u64) -> Result<()> {
        if requested > allowed {
            return Err(Self::LimitExceeded { limit, requested, allowed });
        }
        Ok(())
    }
    /// The same error, about the file `path`.
    #[must_use]
    pub fn with_path(self, path: &Path) -> Self {
        match self {
            Self::Io { path: None, source } => Self::Io { path: Some(path.to_owned()), source },
            other => other,
        }
    }
    /// The system's error kind, if this is an [`Error::Io`].
    pub fn io_kind(&self) -> Option<io::ErrorKind> {
        match self {
            Self::Io { source, .. } => Some(source.kind()),
            _ => None,
        }
    }
}

impl From<io::Error> for Error {
    fn from(source: io::Error) -> Self {
        Self::Io { path: None, source }
    }
}
