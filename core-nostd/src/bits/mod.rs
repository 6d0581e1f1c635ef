//! Bit strings: reading, writing, Exp-Golomb codes.
mod reader;
mod writer;
pub use reader::BitReader;
pub use writer::BitWriter;
