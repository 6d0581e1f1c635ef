//! `sinf`: that a track is encrypted, and what it was before (ISO/IEC 14496-12 8.12).

use crate::mp4::bytes::Bytes;
use crate::{FourCc, Result};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sinf {
    /// `data_format` of `frma`.
    pub(crate) original_format: Option<FourCc>,
    /// `scheme_type` of `schm`.
    pub(crate) scheme: Option<FourCc>,
}

impl Sinf {
    pub(crate) fn parse(b: &mut Bytes) -> Result<Self> {
        let mut sinf = Self::default();
        while let Some(child) = b.next_box()? {
            let mut b = child.body.named("sinf");
            match &child.kind.0 {
                b"frma" => sinf.original_format = Some(b.fourcc()?),
                b"schm" => {
                    b.version_flags()?;
                    sinf.scheme = Some(b.fourcc()?);
                }
                _ => {}
            }
        }
        Ok(sinf)
    }
}
