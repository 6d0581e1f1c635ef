//! `mvex` with `trex` and `mehd`: what the samples of fragments default to (ISO/IEC 14496-12 8.8.1 to 8.8.3).

use crate::Result;
use crate::mp4::bytes::Bytes;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Trex {
    pub(crate) track_id: u32,
    pub(crate) default_sample_description_index: u32,
    pub(crate) default_sample_duration: u32,
    pub(crate) default_sample_size: u32,
    pub(crate) default_sample_flags: u32,
}

impl Trex {
    fn parse(b: &mut Bytes) -> Result<Self> {
        b.version_flags()?;
        Ok(Self {
            track_id: b.u32()?,
            default_sample_description_index: b.u32()?,
            default_sample_duration: b.u32()?,
            default_sample_size: b.u32()?,
            default_sample_flags: b.u32()?,
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Mvex {
    pub(crate) trex: Vec<Trex>,
    /// `fragment_duration` of `mehd`, in the movie's timescale.
    pub(crate) duration: Option<u64>,
}

impl Mvex {
    pub(crate) fn parse(b: &mut Bytes) -> Result<Self> {
        let mut mvex = Self::default();
        while let Some(child) = b.next_box()? {
            match &child.kind.0 {
                b"trex" => mvex.trex.push(Trex::parse(&mut child.body.named("trex"))?),
                b"mehd" => {
                    let mut b = child.body.named("mehd");
                    let (version, _) = b.version_flags()?;
                    mvex.duration = Some(if version == 1 { b.u64()? } else { b.u32()?.into() });
                }
                _ => {}
            }
        }
        Ok(mvex)
    }
}
