//! `dref`: which file the samples are in (ISO/IEC 14496-12 8.7.2).

use crate::Result;
use crate::mp4::bytes::{BoxWriter, Bytes};

/// For each data reference, whether it means this very file.
pub(crate) fn parse(b: &mut Bytes) -> Result<Vec<bool>> {
    b.version_flags()?;
    b.u32()?;
    let mut local = Vec::new();
    while let Some(entry) = b.next_box()? {
        let mut body = entry.body;
        let (_, flags) = body.version_flags()?;
        // An entry without a location can mean nothing else, whatever its flag says.
        local.push(flags & 1 != 0 || body.rest().iter().all(|&c| c == 0));
    }
    Ok(local)
}

/// One reference to this file.
pub(crate) fn write(w: &mut BoxWriter) {
    w.full(b"dref", 0, 0, |w| {
        w.u32(1);
        w.full(b"url ", 0, 1, |_| {});
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mp4::bytes::only_box;

    #[test]
    fn this_file_or_another() {
        let mut w = BoxWriter::default();
        write(&mut w);
        assert_eq!(parse(&mut only_box(&w.into_bytes()).body).unwrap(), [true]);
        let other = b"\0\0\0\0\0\0\0\x01\0\0\0\x10url \0\0\0\0a.b\0";
        assert_eq!(parse(&mut Bytes::new(other, 0, "dref")).unwrap(), [false]);
    }
}
