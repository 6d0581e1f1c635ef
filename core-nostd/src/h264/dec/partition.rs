//! Slices in three data partitions, 7.3.2.9: A has the headers and the motion, B the residual of intra macroblocks, and C that of
//! inter macroblocks. B and C may be empty, and then need not be sent (7.4.1.2.5); that one was lost shows when it is needed.

use super::syntax::{CoeffGrid, Syntax};
use super::syntax_cavlc::Cavlc;
use crate::bits::BitReader;
use crate::error::{Error, Result};
use crate::h264::nal::{NalHeader, nal_type};
use crate::h264::params::{Pps, SliceHeader, Sps};
use alloc::sync::Arc;
use alloc::vec::Vec;
use transcode_simd::Sample;

/// What has been received of a slice in partitions.
#[derive(Debug)]
pub(crate) struct PartitionedSlice {
    /// Header of partition A's NAL unit.
    pub(crate) nal: NalHeader,
    /// Sequence parameter set.
    pub(crate) sps: Arc<Sps>,
    /// Picture parameter set.
    pub(crate) pps: Arc<Pps>,
    slice_id: u32,
    redundant_pic_cnt: u32,
    /// A, B and C: payload, and the first bit of `slice_data()` in it, 0 if it has not been received.
    parts: [(Vec<u8>, usize); 3],
}

/// The payload of a partition and the first bit of `slice_data()` in it.
pub(crate) type Part<'a> = (&'a [u8], usize);

impl PartitionedSlice {
    /// Partition A.
    pub(crate) fn a(&self) -> Part<'_> {
        (&self.parts[0].0, self.parts[0].1)
    }
    /// Partitions B and C, where they have been received.
    pub(crate) fn residuals(&self) -> [Option<Part<'_>>; 2] {
        [1, 2].map(|i| Some((&self.parts[i].0[..], self.parts[i].1)).filter(|p| p.1 > 0))
    }
}

/// The partitioned slices of the current picture. Its memory is used again from picture to picture.
#[derive(Debug, Default)]
pub(crate) struct PartitionQueue {
    slices: Vec<PartitionedSlice>,
    /// So many of them are of this picture.
    used: usize,
    bytes: u64,
}

impl PartitionQueue {
    /// Takes partition A of a slice with header `header`, after which `r` stands.
    ///
    /// # Errors
    /// `UnexpectedEnd`; `Invalid` for a slice that can have no partitions; `LimitExceeded` if the picture takes more than `max_bytes`.
    pub(crate) fn push(
        &mut self,
        nal: NalHeader,
        (sps, pps): (&Arc<Sps>, &Arc<Pps>),
        header: &SliceHeader,
        mut r: BitReader<'_>,
        max_bytes: u64,
    ) -> Result<()> {
        if pps.entropy_coding_mode_flag || !sps.is_version_1() {
            // No profile has partitions with these.
            return Err(Error::invalid("nal_unit_type"));
        }
        let slice_id = r.ue()?;
        let redundant_pic_cnt = header.redundant_pic_cnt;
        if self.slices[..self.used].iter().any(|s| s.slice_id == slice_id && s.redundant_pic_cnt == redundant_pic_cnt) {
            // Sent twice.
            return Ok(());
        }
        self.count(r.data(), max_bytes)?;
        let parts = match self.slices.get_mut(self.used) {
            Some(slice) => core::mem::take(&mut slice.parts),
            None => Default::default(),
        };
        let (sps, pps) = (Arc::clone(sps), Arc::clone(pps));
        let mut slice = PartitionedSlice { nal, sps, pps, slice_id, redundant_pic_cnt, parts };
        for (bytes, bit_pos) in &mut slice.parts {
            bytes.clear();
            *bit_pos = 0;
        }
        slice.parts[0].0.extend_from_slice(r.data());
        slice.parts[0].1 = r.position();
        match self.slices.get_mut(self.used) {
            Some(old) => *old = slice,
            None => self.slices.push(slice),
        }
        self.used += 1;
        Ok(())
    }

    /// Takes a partition B or C.
    ///
    /// # Errors
    /// `UnexpectedEnd`; `Invalid` if its partition A is not there; `LimitExceeded` as [`PartitionQueue::push`].
    pub(crate) fn attach(&mut self, nal: NalHeader, rbsp: &[u8], max_bytes: u64) -> Result<()> {
        let mut r = BitReader::new(rbsp);
        let slice_id = r.ue()?;
        let start = r.position();
        let index = if nal.nal_unit_type == nal_type::PARTITION_B { 1 } else { 2 };
        for i in (0..self.used).rev().filter(|&i| self.slices[i].slice_id == slice_id) {
            let mut r = BitReader::at(rbsp, start);
            let slice = &self.slices[i];
            if slice.sps.separate_colour_plane_flag {
                r.u(2)?;
            }
            if slice.pps.redundant_pic_cnt_present_flag && r.ue()? != slice.redundant_pic_cnt {
                continue;
            }
            if slice.parts[index].1 == 0 {
                self.count(rbsp, max_bytes)?;
                let (bytes, bit_pos) = &mut self.slices[i].parts[index];
                bytes.extend_from_slice(rbsp);
                *bit_pos = r.position();
            }
            return Ok(());
        }
        Err(Error::invalid("slice_id"))
    }

    fn count(&mut self, rbsp: &[u8], max_bytes: u64) -> Result<()> {
        let total = self.bytes + rbsp.len() as u64;
        if total > max_bytes {
            return Err(Error::limit("max_packet_bytes", total, max_bytes));
        }
        self.bytes = total;
        Ok(())
    }

    /// The slices that have been received.
    pub(crate) fn slices(&self) -> &[PartitionedSlice] {
        &self.slices[..self.used]
    }

    /// Forgets them.
    pub(crate) fn clear(&mut self) {
        (self.used, self.bytes) = (0, 0);
    }
}

/// A slice in partitions as a source of syntax elements.
pub(crate) struct Partitioned<'a> {
    a: Cavlc<'a, true>,
    /// B and C, as long as they can be read.
    residuals: [Option<Cavlc<'a, true>>; 2],
    /// B and C were needed where they could not be read.
    lost: [bool; 2],
    /// The partition of the current macroblock's residual.
    current: usize,
}

impl<'a> Partitioned<'a> {
    /// The partitions A, and B and C.
    pub(crate) fn new(a: Part<'a>, residuals: [Option<Part<'a>>; 2]) -> Self {
        let residuals = residuals.map(|part| part.map(|(data, pos)| Cavlc::new(data, pos)));
        Self { a: Cavlc::new(a.0, a.1), residuals, lost: [false; 2], current: 0 }
    }

    /// What is missing, if anything was.
    pub(crate) fn check(&self) -> Result<()> {
        match self.lost {
            [false, false] => Ok(()),
            [true, _] => Err(Error::invalid("slice_data_partition_b_layer_rbsp")),
            [false, true] => Err(Error::invalid("slice_data_partition_c_layer_rbsp")),
        }
    }

    fn residual(&mut self) -> Result<&mut Cavlc<'a, true>> {
        self.residuals[self.current & 1].as_mut().ok_or(Error::invalid("slice_data_partition"))
    }
}

impl Syntax for Partitioned<'_> {
    const PARTITIONED: bool = true;

    fn begin_residual(&mut self, intra: bool, beside_uncounted: bool) -> bool {
        self.current = usize::from(!intra);
        if beside_uncounted {
            // How many coefficients there are beside a block says how it is read.
            self.residuals[self.current] = None;
        }
        let exists = self.residuals[self.current].is_some();
        exists || !self.lose_residual()
    }
    fn lose_residual(&mut self) -> bool {
        self.residuals[self.current & 1] = None;
        self.lost[self.current & 1] = true;
        true
    }
    fn is_intra_lost(&self) -> bool {
        self.lost[0]
    }

    fn set_field(&mut self, field: bool) {
        self.a.set_field(field);
        self.residuals.iter_mut().flatten().for_each(|part| part.set_field(field));
    }
    fn mb_field_decoding_flag(&mut self, inc: usize) -> Result<bool> {
        self.a.mb_field_decoding_flag(inc)
    }
    fn unavailable_coeffs(intra: bool) -> u8 {
        Cavlc::<true>::unavailable_coeffs(intra)
    }
    fn skip(&mut self, b_slice: bool, inc: usize) -> Result<bool> {
        self.a.skip(b_slice, inc)
    }
    fn end_of_slice(&mut self) -> Result<bool> {
        self.a.end_of_slice()
    }
    fn is_si(&mut self, inc: usize) -> Result<bool> {
        self.a.is_si(inc)
    }
    fn mb_type_i(&mut self, inc: usize) -> Result<u32> {
        self.a.mb_type_i(inc)
    }
    fn mb_type_p(&mut self) -> Result<u32> {
        self.a.mb_type_p()
    }
    fn mb_type_b(&mut self, inc: usize) -> Result<u32> {
        self.a.mb_type_b(inc)
    }
    fn sub_mb_type_p(&mut self) -> Result<u32> {
        self.a.sub_mb_type_p()
    }
    fn sub_mb_type_b(&mut self) -> Result<u32> {
        self.a.sub_mb_type_b()
    }
    fn ref_idx(&mut self, inc: usize, max: u32) -> Option<u32> {
        self.a.ref_idx(inc, max)
    }
    fn mvd(&mut self, sums: [u32; 2]) -> Option<[i32; 2]> {
        self.a.mvd(sums)
    }
    fn intra_pred_mode(&mut self) -> Result<Option<u8>> {
        self.a.intra_pred_mode()
    }
    fn intra_chroma_pred_mode(&mut self, inc: usize) -> Result<u8> {
        self.a.intra_chroma_pred_mode(inc)
    }
    fn coded_block_pattern(&mut self, intra_nxn: bool, chroma: bool, left: u8, above: u8) -> Result<u8> {
        self.a.coded_block_pattern(intra_nxn, chroma, left, above)
    }
    fn transform_size_8x8_flag(&mut self, inc: usize) -> Result<bool> {
        self.a.transform_size_8x8_flag(inc)
    }
    fn mb_qp_delta(&mut self, inc: usize) -> Result<i32> {
        self.a.mb_qp_delta(inc)
    }
    fn pcm(&mut self, len: usize) -> Result<&[u8]> {
        self.residual()?.pcm(len)
    }
    fn luma_dc(&mut self, plane: usize, inc: usize, coeffs: &CoeffGrid, out: &mut [i32; 16]) -> Result<bool> {
        self.residual()?.luma_dc(plane, inc, coeffs, out)
    }
    fn block_4x4<P: Sample, const CAT: usize>(
        &mut self,
        plane: usize,
        coeffs: &mut CoeffGrid,
        here: usize,
        scale: &[i32; 16],
        out: &mut [P::Coef; 16],
    ) -> Result<()> {
        self.residual()?.block_4x4::<P, CAT>(plane, coeffs, here, scale, out)
    }
    fn block_8x8<P: Sample>(
        &mut self,
        plane: usize,
        has_flag: bool,
        coeffs: &mut CoeffGrid,
        here: usize,
        scale: &[i32; 64],
        out: &mut [P::Coef; 64],
    ) -> Result<()> {
        self.residual()?.block_8x8::<P>(plane, has_flag, coeffs, here, scale, out)
    }
    fn chroma_dc(&mut self, inc: usize, tall: bool, out: &mut [i32; 8]) -> Result<bool> {
        self.residual()?.chroma_dc(inc, tall, out)
    }
    fn error(&self, field: &'static str) -> Error {
        self.a.error(field)
    }
    fn position(&self) -> usize {
        self.a.position()
    }
}
