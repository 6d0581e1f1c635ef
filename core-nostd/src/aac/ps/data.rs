//! `ps_data()` (ISO/IEC 14496-3 8.4, 8.6.4.4): differences, coherences and phases of a frame's envelopes.

use super::tables::*;
use crate::aac::sbr::code;
use crate::bits::BitReader;
use crate::error::Result;

/// Most envelopes in a frame: four that are coded, and one that goes on to the frame's end.
pub(crate) const MAX_ENVELOPES: usize = 5;
/// Most stereo bands.
pub(crate) const MAX_BANDS: usize = 34;

/// Parameters of an envelope, as they are coded, then for each stereo band of the frame's resolution.
pub(crate) type Row = [i8; MAX_BANDS];

/// A kind of parameter: how many of them an envelope has, and their codes.
#[derive(Debug, Clone, Copy)]
struct Coded {
    count: usize,
    df: &'static [[i8; 2]],
    dt: &'static [[i8; 2]],
    /// The range of values; phases go round in it.
    range: (i8, i8),
    round: bool,
}

/// What `ps_data()` says, and what it refers to.
#[derive(Debug, Clone)]
pub(crate) struct Data {
    iid_mode: u8,
    icc_mode: u8,
    has_iid: bool,
    has_icc: bool,
    has_extension: bool,
    has_phases: bool,
    /// A header has been read.
    pub(crate) started: bool,
    /// Envelopes of this frame.
    pub(crate) envelopes: usize,
    /// The slot behind the end of each envelope.
    pub(crate) ends: [usize; MAX_ENVELOPES],
    iid: [Row; MAX_ENVELOPES],
    icc: [Row; MAX_ENVELOPES],
    ipd: [Row; MAX_ENVELOPES],
    opd: [Row; MAX_ENVELOPES],
}

impl Data {
    pub(crate) fn new() -> Self {
        Self {
            iid_mode: 0,
            icc_mode: 0,
            has_iid: false,
            has_icc: false,
            has_extension: false,
            has_phases: false,
            started: false,
            envelopes: 1,
            ends: [0; MAX_ENVELOPES],
            iid: [[0; MAX_BANDS]; MAX_ENVELOPES],
            icc: [[0; MAX_BANDS]; MAX_ENVELOPES],
            ipd: [[0; MAX_BANDS]; MAX_ENVELOPES],
            opd: [[0; MAX_BANDS]; MAX_ENVELOPES],
        }
    }

    /// `nr_iid_par`, `nr_icc_par`, or, with `phases`, `nr_ipdopd_par`.
    fn count(mode: u8, phases: bool) -> usize {
        let counts = if phases { [5, 11, 17] } else { [10, 20, 34] };
        counts[usize::from(mode % 3)]
    }

    /// Whether the frame has 34 stereo bands; otherwise 20. `None` if nothing new is said.
    pub(crate) fn fine_bands(&self) -> Option<bool> {
        let (iid, icc) = (self.iid_mode % 3 == 2, self.icc_mode % 3 == 2);
        (self.has_iid || self.has_icc).then_some((self.has_iid && iid) || (self.has_icc && icc))
    }

    /// Differences have the fine steps.
    fn fine_iid(&self) -> bool {
        self.iid_mode >= 3
    }
    /// Mixing procedure `Rb`.
    pub(crate) fn second_procedure(&self) -> bool {
        self.icc_mode >= 3
    }
    pub(crate) fn has_phases(&self) -> bool {
        self.has_phases
    }

    /// Nothing was read for this frame: what was goes on.
    pub(crate) fn hold(&mut self, slots: usize) {
        let last = self.envelopes - 1;
        for rows in [&mut self.iid, &mut self.icc, &mut self.ipd, &mut self.opd] {
            rows[0] = rows[last];
        }
        self.envelopes = 1;
        self.ends[0] = slots;
    }

    /// Reads the element, which must end at bit `end`, for a frame of `slots` slots.
    pub(crate) fn read(&mut self, r: &mut BitReader<'_>, end: usize, slots: usize) -> Result<()> {
        if r.flag()? {
            self.has_iid = r.flag()?;
            if self.has_iid {
                self.iid_mode = r.u(3)? as u8;
                if self.iid_mode > 5 {
                    return Err(r.invalid("iid_mode"));
                }
            }
            self.has_icc = r.flag()?;
            if self.has_icc {
                self.icc_mode = r.u(3)? as u8;
                if self.icc_mode > 5 {
                    return Err(r.invalid("icc_mode"));
                }
            }
            self.has_extension = r.flag()?;
            self.started = true;
        }
        let last = self.envelopes - 1;
        let class = r.u(1)? as usize;
        let coded = [[0, 1, 2, 4], [1, 2, 3, 4]][class][r.u(2)? as usize];
        let mut ends = [slots; MAX_ENVELOPES];
        for e in 0..coded {
            if class == 1 {
                ends[e] = (r.u(5)? as usize + 1).min(slots);
                if e > 0 && ends[e] < ends[e - 1] {
                    return Err(r.invalid("border_position"));
                }
            } else {
                ends[e] = (e + 1) * slots / coded;
            }
        }
        let (iid, icc) = (self.iid_codes(), self.icc_codes());
        read_rows(r, self.has_iid.then_some(&iid), coded, last, &mut self.iid)?;
        read_rows(r, self.has_icc.then_some(&icc), coded, last, &mut self.icc)?;
        let mut phases = false;
        if self.has_extension {
            let mut bytes = r.u(4)? as usize;
            if bytes == 15 {
                bytes += r.u(8)? as usize;
            }
            let extension_end = r.position() + 8 * bytes;
            while r.position() + 7 < extension_end {
                if r.u(2)? != 0 {
                    // Nothing else is defined: the rest is filling.
                    break;
                }
                phases = r.flag()?;
                if phases {
                    self.read_phases(r, coded, last)?;
                }
                r.u(1)?; // reserved_ps
            }
            if r.position() > extension_end {
                return Err(r.end());
            }
            r.skip(extension_end - r.position())?;
        }
        if r.position() > end {
            return Err(r.end());
        }
        self.has_phases = phases || (coded == 0 && self.has_phases);
        if !self.has_phases {
            self.ipd = [[0; MAX_BANDS]; MAX_ENVELOPES];
            self.opd = [[0; MAX_BANDS]; MAX_ENVELOPES];
        }
        self.envelopes = coded;
        if coded == 0 || ends[coded - 1] < slots {
            // What the last envelope says goes on to the frame's end.
            let source = coded.checked_sub(1).unwrap_or(last);
            for rows in [&mut self.iid, &mut self.icc, &mut self.ipd, &mut self.opd] {
                rows[coded] = rows[source];
            }
            ends[coded] = slots;
            self.envelopes += 1;
        }
        self.ends = ends;
        Ok(())
    }

    fn iid_codes(&self) -> Coded {
        let count = Self::count(self.iid_mode, false);
        if self.fine_iid() {
            Coded { count, df: &IID_DF_FINE, dt: &IID_DT_FINE, range: (-15, 15), round: false }
        } else {
            Coded { count, df: &IID_DF, dt: &IID_DT, range: (-7, 7), round: false }
        }
    }

    fn icc_codes(&self) -> Coded {
        let count = Self::count(self.icc_mode, false);
        Coded { count, df: &ICC_DF, dt: &ICC_DT, range: (0, 7), round: false }
    }

    /// `ipd_data()` and `opd_data()` of each envelope.
    fn read_phases(&mut self, r: &mut BitReader<'_>, coded: usize, last: usize) -> Result<()> {
        let count = Self::count(self.iid_mode, true);
        let ipd = Coded { count, df: &IPD_DF, dt: &IPD_DT, range: (0, 7), round: true };
        let opd = Coded { count, df: &OPD_DF, dt: &OPD_DT, range: (0, 7), round: true };
        for e in 0..coded {
            for (codes, rows) in [(&ipd, &mut self.ipd), (&opd, &mut self.opd)] {
                let before = rows[e.checked_sub(1).unwrap_or(last)];
                rows[e] = read_row(r, codes, &before)?;
            }
        }
        Ok(())
    }

    /// Index of each stereo band's row in the table of mixing coefficients, of envelope `e`, for 34 or 20 bands.
    pub(crate) fn iid(&self, e: usize, fine_bands: bool) -> Row {
        let row = spread(&self.iid[e], Self::count(self.iid_mode, false), fine_bands);
        let offset = if self.fine_iid() { 30 } else { 7 };
        row.map(|v| v + offset)
    }
    /// `icc` of each stereo band.
    pub(crate) fn icc(&self, e: usize, fine_bands: bool) -> Row {
        spread(&self.icc[e], Self::count(self.icc_mode, false), fine_bands)
    }
    /// `ipd` and `opd` of each stereo band.
    pub(crate) fn phases(&self, e: usize, fine_bands: bool) -> [Row; 2] {
        let count = Self::count(self.iid_mode, true);
        [&self.ipd, &self.opd].map(|rows| spread(&rows[e], count, fine_bands))
    }
}

/// The rows of a kind of parameter; zeros if it is not in use.
fn read_rows(
    r: &mut BitReader<'_>,
    codes: Option<&Coded>,
    envelopes: usize,
    last: usize,
    rows: &mut [Row; MAX_ENVELOPES],
) -> Result<()> {
    let Some(codes) = codes else {
        *rows = [[0; MAX_BANDS]; MAX_ENVELOPES];
        return Ok(());
    };
    // The row that the first one refers to may be where a later one is put.
    let mut before = rows[last];
    for row in &mut rows[..envelopes] {
        before = read_row(r, codes, &before)?;
        *row = before;
    }
    if envelopes == 0 {
        rows[0] = before;
    }
    Ok(())
}

/// A row: differences along time, then to `before`, or along frequency.
fn read_row(r: &mut BitReader<'_>, codes: &Coded, before: &Row) -> Result<Row> {
    let along_time = r.flag()?;
    let mut row = [0; MAX_BANDS];
    let mut value = 0;
    for b in 0..codes.count {
        let step = code(r, if along_time { codes.dt } else { codes.df })? as i8;
        value = step + if along_time { before[b] } else { value };
        if codes.round {
            value &= codes.range.1;
        } else if value < codes.range.0 || value > codes.range.1 {
            return Err(r.invalid("ps_data"));
        }
        row[b] = value;
    }
    Ok(row)
}

/// Parameters of `count` bands for each of 34 or 20 stereo bands (8.6.4.6.2); phases have about half as many of both.
fn spread(row: &Row, count: usize, fine_bands: bool) -> Row {
    let mut of_20 = [0; MAX_BANDS];
    match count {
        // Behind the last one of 5, phases are 0.
        5 | 10 => {
            for b in 0..2 * count {
                of_20[b] = row[b / 2];
            }
        }
        17 | 34 => {
            if fine_bands {
                return *row;
            }
            for (to, from) in of_20.iter_mut().zip(&FROM_34_TO_20) {
                let sum: i32 = from.iter().map(|&b| i32::from(row[usize::from(b)])).sum();
                *to = (sum / from.len() as i32) as i8;
            }
        }
        _ => of_20 = *row,
    }
    if !fine_bands {
        return of_20;
    }
    let mut of_34 = [0; MAX_BANDS];
    for (to, from) in of_34.iter_mut().zip(&FROM_20_TO_34) {
        let [a, b] = from.map(|b| of_20[usize::from(b)]);
        *to = (a + b) / 2;
    }
    of_34
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bits::BitWriter;

    /// A frame of 20 differences and 10 coherences that are all coded as zero, and one of nothing new.
    #[test]
    fn a_frame_goes_on_in_the_next() {
        let mut w = BitWriter::new();
        // Header: differences of 20 bands, coherences of 10, no extension; two envelopes of equal length.
        for (v, n) in [(1, 1), (1, 1), (1, 3), (1, 1), (0, 3), (0, 1), (0, 1), (2, 2)] {
            w.u(v, n);
        }
        // Along frequency: the first one up by 1 (code 100), no difference from then on; then along time.
        w.u(0, 1);
        w.u(0b100, 3);
        w.u(0, 19);
        w.u(1, 1);
        w.u(0, 20);
        for _ in 0..2 {
            w.u(0, 1);
            w.u(0, 10);
        }
        // Nothing: no header, no envelope.
        for (v, n) in [(0, 1), (0, 1), (0, 2)] {
            w.u(v, n);
        }
        let bytes = w.into_bytes();
        let mut r = BitReader::new(&bytes);
        let mut data = Data::new();
        data.read(&mut r, 8 * bytes.len(), 32).unwrap();
        assert_eq!((data.envelopes, &data.ends[..2]), (2, &[16, 32][..]));
        assert_eq!(data.fine_bands(), Some(false));
        let expected: Row = core::array::from_fn(|b| if b < 20 { 8 } else { 7 });
        assert_eq!((data.iid(0, false), data.iid(1, false)), (expected, expected));
        data.read(&mut r, 8 * bytes.len(), 32).unwrap();
        assert_eq!((data.envelopes, data.ends[0]), (1, 32));
        assert_eq!(data.iid(0, false), expected);
        assert!(data.read(&mut r, 8 * bytes.len(), 32).is_err() || data.envelopes == 1);
    }

    #[test]
    fn parameters_spread_over_bands() {
        let row: Row = core::array::from_fn(|b| b as i8);
        assert_eq!(spread(&row, 34, true), row);
        assert_eq!(&spread(&row, 20, false)[..20], &row[..20]);
        assert_eq!(&spread(&row, 10, false)[..6], &[0, 0, 1, 1, 2, 2]);
        assert_eq!(&spread(&row, 20, true)[..6], &[0, 0, 1, 2, 2, 3]);
        assert_eq!(spread(&row, 20, true)[33], 19);
        assert_eq!(&spread(&row, 34, false)[..5], &[0, 1, 3, 4, 6]);
        assert_eq!(spread(&row, 5, false)[9..11], [4, 0]);
    }
}
