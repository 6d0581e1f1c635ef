//! The push/pull protocol of all codecs.

/// What a codec answers to `receive`.
///
/// A caller sends input until it is told [`Step::NeedInput`], and after `finish` takes output until
/// [`Step::End`]. Neither is an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<T> {
    /// One unit of output.
    Output(T),
    /// Nothing to give before more input arrives.
    NeedInput,
    /// The stream is finished and everything has been given out.
    End,
}
