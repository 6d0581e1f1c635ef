//! `moov` and `trak`: which box stands where (ISO/IEC 14496-12 table 1).
//!
//! The tree is read by functions that know their children, never by a generic recursion, so nesting can't run away.
//! Of a box that should be there once, the first counts.

use std::collections::BTreeMap;

use super::hdlr::Hdlr;
use super::mdhd::Mdhd;
use super::mvhd::Mvhd;
use super::stsd::{self, ParsedEntry};
use super::stsz::SampleSizes;
use super::tkhd::Tkhd;
use super::trex::Mvex;
use super::{ctts, dref, elst, meta, stco, stsc, stss, stts};
use crate::mp4::bytes::Bytes;
use crate::mp4::sample_table::SampleTable;
use crate::{Edit, Error, FourCc, Limits, Result};

/// What is read of `moov`.
#[derive(Debug)]
pub(crate) struct Moov {
    pub(crate) mvhd: Option<Mvhd>,
    pub(crate) traks: Vec<Trak>,
    pub(crate) mvex: Option<Mvex>,
    pub(crate) metadata: BTreeMap<String, String>,
}

/// What is read of `trak`.
#[derive(Debug)]
pub(crate) struct Trak {
    pub(crate) tkhd: Tkhd,
    pub(crate) mdhd: Mdhd,
    pub(crate) hdlr: Hdlr,
    pub(crate) edits: Vec<Edit>,
    pub(crate) extended_language: Option<String>,
    /// `vmhd`, `smhd`, `gmhd`, ... verbatim.
    pub(crate) media_header: Vec<u8>,
    /// Of each data reference, whether it means this file.
    pub(crate) local_data: Vec<bool>,
    pub(crate) entries: Vec<ParsedEntry>,
    pub(crate) table: SampleTable,
}

impl Moov {
    pub(crate) fn parse(b: &mut Bytes, limits: &Limits) -> Result<Self> {
        let mut moov = Self { mvhd: None, traks: Vec::new(), mvex: None, metadata: BTreeMap::new() };
        while let Some(child) = b.next_box()? {
            let body = child.body;
            match &child.kind.0 {
                b"mvhd" if moov.mvhd.is_none() => moov.mvhd = Some(Mvhd::parse(&mut body.named("mvhd"))?),
                b"trak" => {
                    Error::check_limit("max_tracks", moov.traks.len() as u64 + 1, limits.max_tracks.into())?;
                    moov.traks.push(Trak::parse(&mut body.named("trak"), limits)?);
                }
                b"mvex" if moov.mvex.is_none() => moov.mvex = Some(Mvex::parse(&mut body.named("mvex"))?),
                b"udta" => meta::parse_udta(body, &mut moov.metadata),
                b"meta" => meta::parse_meta(body, &mut moov.metadata),
                b"cmov" => return Err(Error::unsupported("compressed movie header (cmov)")),
                _ => {}
            }
        }
        Ok(moov)
    }
}

impl Trak {
    fn parse(b: &mut Bytes, limits: &Limits) -> Result<Self> {
        let missing = *b;
        let (mut tkhd, mut edits, mut mdia) = (None, Vec::new(), None);
        while let Some(child) = b.next_box()? {
            let mut body = child.body;
            match &child.kind.0 {
                b"tkhd" if tkhd.is_none() => tkhd = Some(Tkhd::parse(&mut body.named("tkhd"))?),
                b"edts" if edits.is_empty() => {
                    while let Some(child) = body.next_box()? {
                        if child.kind.0 == *b"elst" && edits.is_empty() {
                            edits = elst::parse(&mut child.body.named("elst"), limits)?;
                        }
                    }
                }
                b"mdia" if mdia.is_none() => mdia = Some(Mdia::parse(&mut body.named("mdia"), limits)?),
                _ => {}
            }
        }
        let (Some(tkhd), Some(mdia)) = (tkhd, mdia) else { return Err(missing.invalid()) };
        let Mdia { mdhd, hdlr, extended_language, minf } = mdia;
        Ok(Self {
            tkhd,
            mdhd,
            hdlr,
            edits,
            extended_language,
            media_header: minf.media_header,
            local_data: minf.local_data,
            entries: minf.entries,
            table: minf.table,
        })
    }
}

struct Mdia {
    mdhd: Mdhd,
    hdlr: Hdlr,
    extended_language: Option<String>,
    minf: Minf,
}

impl Mdia {
    fn parse(b: &mut Bytes, limits: &Limits) -> Result<Self> {
        let missing = *b;
        let (mut mdhd, mut hdlr, mut extended_language, mut minf) = (None, None, None, None);
        while let Some(child) = b.next_box()? {
            let mut body = child.body;
            match &child.kind.0 {
                b"mdhd" if mdhd.is_none() => mdhd = Some(Mdhd::parse(&mut body.named("mdhd"))?),
                b"hdlr" if hdlr.is_none() => hdlr = Some(Hdlr::parse(&mut body.named("hdlr"))?),
                b"elng" if body.skip(4).is_ok() => {
                    let text = String::from_utf8_lossy(body.rest());
                    extended_language = Some(text.trim_end_matches('\0').to_owned());
                }
                b"minf" if minf.is_none() => minf = Some(body.named("minf")),
                _ => {}
            }
        }
        // Sample entries can't be read before the handler is known, and boxes may come in any order.
        let (Some(mdhd), Some(hdlr), Some(mut minf)) = (mdhd, hdlr, minf) else { return Err(missing.invalid()) };
        let minf = Minf::parse(&mut minf, hdlr.handler_type, limits)?;
        Ok(Self { mdhd, hdlr, extended_language, minf })
    }
}

struct Minf {
    media_header: Vec<u8>,
    local_data: Vec<bool>,
    entries: Vec<ParsedEntry>,
    table: SampleTable,
}

impl Minf {
    fn parse(b: &mut Bytes, handler: FourCc, limits: &Limits) -> Result<Self> {
        let missing = *b;
        let (mut media_header, mut local_data, mut stbl) = (Vec::new(), Vec::new(), None);
        while let Some(child) = b.next_box()? {
            let mut body = child.body;
            match &child.kind.0 {
                b"vmhd" | b"smhd" | b"hmhd" | b"nmhd" | b"gmhd" | b"sthd" if media_header.is_empty() => {
                    media_header = child.raw.to_vec();
                }
                b"dinf" => {
                    while let Some(child) = body.next_box()? {
                        if child.kind.0 == *b"dref" && local_data.is_empty() {
                            local_data = dref::parse(&mut child.body.named("dref"))?;
                        }
                    }
                }
                b"stbl" if stbl.is_none() => stbl = Some(Stbl::parse(&mut body.named("stbl"), handler, limits)?),
                _ => {}
            }
        }
        let Some((entries, table)) = stbl else { return Err(missing.invalid()) };
        Ok(Self { media_header, local_data, entries, table })
    }
}

/// The boxes of a sample table; [`SampleTable`] is what they mean together.
#[derive(Default)]
pub(crate) struct Stbl {
    pub(crate) stts: Vec<stts::SttsRun>,
    pub(crate) ctts: Vec<ctts::CttsRun>,
    pub(crate) stsc: Vec<stsc::StscRun>,
    pub(crate) sizes: Option<SampleSizes>,
    pub(crate) chunks: Option<Vec<u64>>,
    pub(crate) sync: Option<Vec<u32>>,
}

impl Stbl {
    fn parse(b: &mut Bytes, handler: FourCc, limits: &Limits) -> Result<(Vec<ParsedEntry>, SampleTable)> {
        let start = *b;
        let mut stbl = Self::default();
        let (mut entries, mut seen) = (None, [false; 3]);
        while let Some(child) = b.next_box()? {
            let mut once = |i: usize| !std::mem::replace(&mut seen[i], true);
            let b = child.body;
            match &child.kind.0 {
                b"stsd" if entries.is_none() => {
                    entries = Some(stsd::parse(&mut b.named("stsd"), handler, limits.max_tracks as usize)?);
                }
                b"stts" if once(0) => stbl.stts = stts::parse(&mut b.named("stts"))?,
                b"ctts" if once(1) => stbl.ctts = ctts::parse(&mut b.named("ctts"))?,
                b"stsc" if once(2) => stbl.stsc = stsc::parse(&mut b.named("stsc"))?,
                b"stsz" if stbl.sizes.is_none() => {
                    stbl.sizes = Some(SampleSizes::parse_stsz(&mut b.named("stsz"))?);
                }
                b"stz2" if stbl.sizes.is_none() => {
                    stbl.sizes = Some(SampleSizes::parse_stz2(&mut b.named("stz2"), limits)?);
                }
                b"stco" if stbl.chunks.is_none() => stbl.chunks = Some(stco::parse_stco(&mut b.named("stco"))?),
                b"co64" if stbl.chunks.is_none() => stbl.chunks = Some(stco::parse_co64(&mut b.named("co64"))?),
                b"stss" if stbl.sync.is_none() => stbl.sync = Some(stss::parse(&mut b.named("stss"))?),
                _ => {}
            }
        }
        let entries = entries.unwrap_or_default();
        let table = SampleTable::new(stbl, entries.len() as u32, limits).map_err(|what| match what {
            Error::Invalid { what, .. } => start.named(what).invalid(),
            other => other,
        })?;
        Ok((entries, table))
    }
}
