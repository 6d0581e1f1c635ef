//! Parameter sets and slice headers, clause 7.3.2 and 7.3.3. Field names are the standard's syntax elements.
pub mod pps;
pub mod scaling;
pub mod slice_groups;
pub mod slice_header;
pub mod sps;
pub mod vui;
#[cfg(feature = "h264-enc")]
mod write;

pub use pps::Pps;
pub use slice_groups::{ChangingShape, SliceGroupMapType, SliceGroups};
pub use slice_header::{
    DecRefPicMarking, HeaderMemory, Mmco, PredWeightTable, RefPicListModification, SliceHeader, SliceType, WeightEntry,
};
pub use sps::{ScalingLists, Sps};
pub use vui::{HrdParameters, Vui};

#[cfg(test)]
mod tests;
