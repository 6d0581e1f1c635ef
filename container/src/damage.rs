//! Faults that can wait.

use crate::{Error, Result};

/// A fault that does not keep what comes before it from being read. Reported after that.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Damage {
    End { what: &'static str, offset: u64 },
    Invalid { what: &'static str, offset: u64 },
}

impl Damage {
    pub(crate) fn error(self) -> Error {
        match self {
            Self::End { what, offset } => Error::unexpected_end(what, offset),
            Self::Invalid { what, offset } => Error::invalid(what, offset),
        }
    }
    /// The fault that `error` is, if it can wait.
    ///
    /// # Errors
    /// `error`, if it can't.
    pub(crate) fn of(error: Error) -> Result<Self> {
        match error {
            Error::UnexpectedEnd { what, offset } => Ok(Self::End { what, offset }),
            Error::Invalid { what, offset } => Ok(Self::Invalid { what, offset }),
            other => Err(other),
        }
    }
}

/// Turns the errors that can wait into [`Damage`].
pub(crate) fn postpone(result: Result<()>, damage: &mut Option<Damage>) -> Result<()> {
    if let Err(error) = result {
        let found = Damage::of(error)?;
        damage.get_or_insert(found);
    }
    Ok(())
}
