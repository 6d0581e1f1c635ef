//! What went wrong in a stream, and where.

use core::fmt;

/// A place in the input of a codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// Byte offset in the packet or NAL unit that was being read.
    pub byte: u64,
    /// Bit inside that byte, 0 (most significant) to 7.
    pub bit: u8,
}

impl Position {
    /// The position `bits` bits after the start.
    pub const fn from_bits(bits: u64) -> Self {
        Self { byte: bits / 8, bit: (bits % 8) as u8 }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.bit == 0 { write!(f, "byte {}", self.byte) } else { write!(f, "byte {} bit {}", self.byte, self.bit) }
    }
}

/// The kinds of failure. None of them is flow control: see [`crate::Step`] for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input ended inside a syntax structure.
    UnexpectedEnd,
    /// A syntax element has a value that the standard forbids.
    Invalid {
        /// The syntax element, in the standard's spelling.
        field: &'static str,
    },
    /// A valid stream uses something that this build does not decode or encode.
    Unsupported {
        /// The feature, in words a user can search for.
        feature: &'static str,
    },
    /// The stream asks for more than [`crate::Limits`] allows.
    LimitExceeded {
        /// The limit's field name in [`crate::Limits`].
        limit: &'static str,
        /// What the stream asked for.
        requested: u64,
        /// What is allowed.
        allowed: u64,
    },
    /// An option or an input picture does not fit the codec's configuration.
    InvalidConfig {
        /// The option.
        option: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// An error of a codec: its kind and the place in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error {
    /// What went wrong.
    pub kind: ErrorKind,
    /// Where, if the error is about a place in the input.
    pub position: Option<Position>,
}

/// Result of this crate's fallible functions.
pub type Result<T> = core::result::Result<T, Error>;

impl Error {
    /// The input ended too early at `bits` bits from its start.
    #[cold]
    pub const fn unexpected_end(bits: u64) -> Self {
        Self { kind: ErrorKind::UnexpectedEnd, position: Some(Position::from_bits(bits)) }
    }
    /// Syntax element `field` is out of range.
    #[cold]
    pub const fn invalid(field: &'static str) -> Self {
        Self { kind: ErrorKind::Invalid { field }, position: None }
    }
    /// The stream needs `feature`.
    #[cold]
    pub const fn unsupported(feature: &'static str) -> Self {
        Self { kind: ErrorKind::Unsupported { feature }, position: None }
    }
    /// The stream wants `requested` of `limit`, which is `allowed` at most.
    #[cold]
    pub const fn limit(limit: &'static str, requested: u64, allowed: u64) -> Self {
        Self { kind: ErrorKind::LimitExceeded { limit, requested, allowed }, position: None }
    }
    /// `option` cannot be used.
    #[cold]
    pub const fn config(option: &'static str, reason: &'static str) -> Self {
        Self { kind: ErrorKind::InvalidConfig { option, reason }, position: None }
    }
    /// The same error at `bits` bits from the start of the input.
    pub const fn at_bit(mut self, bits: u64) -> Self {
        self.position = Some(Position::from_bits(bits));
        self
    }
    /// The same error, moved `bytes` bytes further into the input (a NAL unit inside a packet).
    pub const fn offset_by(mut self, bytes: u64) -> Self {
        if let Some(p) = &mut self.position {
            p.byte = p.byte.saturating_add(bytes);
        }
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ErrorKind::UnexpectedEnd => write!(f, "unexpected end of data")?,
            ErrorKind::Invalid { field } => write!(f, "invalid {field}")?,
            ErrorKind::Unsupported { feature } => write!(f, "unsupported: {feature}")?,
            ErrorKind::LimitExceeded { limit, requested, allowed } => {
                write!(f, "limit {limit} exceeded: {requested} requested, {allowed} allowed")?;
            }
            ErrorKind::InvalidConfig { option, reason } => write!(f, "invalid {option}: {reason}")?,
        }
        match self.position {
            Some(p) => write!(f, " at {p}"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for Error {}
