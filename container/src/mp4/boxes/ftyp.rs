//! `ftyp`: what specifications a file follows (ISO/IEC 14496-12 4.3).

use crate::mp4::bytes::{BoxWriter, Bytes};
use crate::{FourCc, Result};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ftyp {
    pub(crate) major_brand: FourCc,
    pub(crate) minor_version: u32,
    pub(crate) compatible_brands: Vec<FourCc>,
}

impl Ftyp {
    pub(crate) fn parse(b: &mut Bytes) -> Result<Self> {
        let (major_brand, minor_version) = (b.fourcc()?, b.u32()?);
        let mut compatible_brands = Vec::new();
        while b.remaining() >= 4 {
            compatible_brands.push(b.fourcc()?);
        }
        Ok(Self { major_brand, minor_version, compatible_brands })
    }
    pub(crate) fn write(&self, w: &mut BoxWriter) {
        w.boxed(b"ftyp", |w| {
            w.bytes(&self.major_brand.0);
            w.u32(self.minor_version);
            self.compatible_brands.iter().for_each(|b| w.bytes(&b.0));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mp4::bytes::only_box;

    #[test]
    fn round_trip() {
        let brands = vec![FourCc(*b"isom"), FourCc(*b"avc1")];
        let ftyp = Ftyp { major_brand: FourCc(*b"isom"), minor_version: 512, compatible_brands: brands };
        let mut w = BoxWriter::default();
        ftyp.write(&mut w);
        assert_eq!(Ftyp::parse(&mut only_box(&w.into_bytes()).body).unwrap(), ftyp);
    }
}
