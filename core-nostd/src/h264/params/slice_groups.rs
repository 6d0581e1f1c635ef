//! Slice groups in the picture parameter set (flexible macroblock ordering), 7.3.2.2 and 7.4.2.2.

use super::Sps;
use super::sps::at_most;
use crate::bits::{BitReader, BitWriter};
use crate::error::Result;
use alloc::vec::Vec;

/// The slice groups of a picture: two or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SliceGroups {
    /// `num_slice_groups_minus1` + 1, from 2 to 8.
    pub count: u8,
    /// How the map units belong to them.
    pub map: SliceGroupMapType,
}

/// `slice_group_map_type` with its syntax elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SliceGroupMapType {
    /// 0: runs of each group in turn, `run_length_minus1` + 1; those of groups that are not there are 0.
    Interleaved([u32; 8]),
    /// 1: a scattered pattern.
    Dispersed,
    /// 2: rectangles, `top_left` and `bottom_right` of every group but the last, which has the rest; those of groups that are not
    /// there are 0.
    Foreground([(u32, u32); 7]),
    /// 3 to 5: two groups of which the first grows from picture to picture.
    Changing {
        /// The way it grows.
        shape: ChangingShape,
        /// `slice_group_change_direction_flag`.
        direction: bool,
        /// `SliceGroupChangeRate`: `slice_group_change_rate_minus1` + 1.
        rate: u32,
    },
    /// 6: `slice_group_id` of every map unit.
    Explicit(Vec<u8>),
}

/// The ways of [`SliceGroupMapType::Changing`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangingShape {
    /// 3: a box that grows out of the middle.
    BoxOut,
    /// 4: row after row.
    Raster,
    /// 5: column after column.
    Wipe,
}

/// `Ceil(Log2(n))` for n over 0.
fn ceil_log2(n: u32) -> u32 {
    u32::BITS - (n - 1).leading_zeros()
}

/// `PicSizeInMapUnits`.
fn pic_size_in_map_units(sps: &Sps) -> u32 {
    u32::from(sps.pic_width_in_mbs) * u32::from(sps.pic_height_in_map_units)
}

impl SliceGroups {
    /// Reads what follows `num_slice_groups_minus1`, if that is over 0.
    ///
    /// # Errors
    /// `UnexpectedEnd`, or `Invalid` for an element out of range.
    pub(super) fn parse(r: &mut BitReader<'_>, sps: &Sps) -> Result<Option<Self>> {
        let count = 1 + at_most(r, "num_slice_groups_minus1", 7)? as u8;
        if count == 1 {
            return Ok(None);
        }
        let size = pic_size_in_map_units(sps);
        let width = u32::from(sps.pic_width_in_mbs);
        let map = match at_most(r, "slice_group_map_type", 6)? {
            0 => {
                let mut runs = [0; 8];
                for run in &mut runs[..usize::from(count)] {
                    *run = 1 + at_most(r, "run_length_minus1", size - 1)?;
                }
                SliceGroupMapType::Interleaved(runs)
            }
            1 => SliceGroupMapType::Dispersed,
            2 => {
                let mut rectangles = [(0, 0); 7];
                for (top_left, bottom_right) in &mut rectangles[..usize::from(count) - 1] {
                    *top_left = at_most(r, "top_left", size - 1)?;
                    *bottom_right = at_most(r, "bottom_right", size - 1)?;
                    if top_left > bottom_right || *top_left % width > *bottom_right % width {
                        return Err(r.invalid("bottom_right"));
                    }
                }
                SliceGroupMapType::Foreground(rectangles)
            }
            t @ 3..=5 => {
                if count != 2 {
                    return Err(r.invalid("num_slice_groups_minus1"));
                }
                let shape = [ChangingShape::BoxOut, ChangingShape::Raster, ChangingShape::Wipe][t as usize - 3];
                let direction = r.flag()?;
                let rate = 1 + at_most(r, "slice_group_change_rate_minus1", size - 1)?;
                SliceGroupMapType::Changing { shape, direction, rate }
            }
            _ => {
                if at_most(r, "pic_size_in_map_units_minus1", size - 1)? != size - 1 {
                    return Err(r.invalid("pic_size_in_map_units_minus1"));
                }
                let bits = ceil_log2(count.into());
                // A cut off set would otherwise ask for memory that its bits do not fill.
                if r.remaining() < (size * bits) as usize {
                    return Err(r.end());
                }
                let mut ids = Vec::with_capacity(size as usize);
                for _ in 0..size {
                    let id = r.u(bits)? as u8;
                    if id >= count {
                        return Err(r.invalid("slice_group_id"));
                    }
                    ids.push(id);
                }
                SliceGroupMapType::Explicit(ids)
            }
        };
        Ok(Some(Self { count, map }))
    }

    /// Writes `num_slice_groups_minus1` and what follows it.
    pub(super) fn write(groups: Option<&Self>, w: &mut BitWriter) {
        let Some(Self { count, map }) = groups else { return w.ue(0) };
        w.ue(u32::from(*count) - 1);
        match map {
            SliceGroupMapType::Interleaved(runs) => {
                w.ue(0);
                runs[..usize::from(*count)].iter().for_each(|run| w.ue(run - 1));
            }
            SliceGroupMapType::Dispersed => w.ue(1),
            SliceGroupMapType::Foreground(rectangles) => {
                w.ue(2);
                for (top_left, bottom_right) in &rectangles[..usize::from(*count) - 1] {
                    w.ue(*top_left);
                    w.ue(*bottom_right);
                }
            }
            SliceGroupMapType::Changing { shape, direction, rate } => {
                w.ue(3 + *shape as u32);
                w.flag(*direction);
                w.ue(rate - 1);
            }
            SliceGroupMapType::Explicit(ids) => {
                w.ue(6);
                w.ue(ids.len() as u32 - 1);
                ids.iter().for_each(|&id| w.u(id.into(), ceil_log2((*count).into())));
            }
        }
    }

    /// Number of bits of `slice_group_change_cycle` in slice headers (7-32: up to `PicSizeInMapUnits` over the rate, rounded up), if it
    /// is sent.
    pub(super) fn change_cycle_bits(&self, sps: &Sps) -> Option<u32> {
        match self.map {
            // Ceil(Log2(PicSizeInMapUnits / SliceGroupChangeRate + 1)), where the division is exact.
            SliceGroupMapType::Changing { rate, .. } => Some(ceil_log2(pic_size_in_map_units(sps).div_ceil(rate) + 1)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec;
    use std::vec::Vec;

    fn sps(width: u16, height: u16) -> Sps {
        // Baseline profile, level 3, everything else 0; the size is set below.
        let mut w = BitWriter::new();
        w.u(66 << 16 | 30, 24);
        [0, 0, 0, 0, 0].iter().for_each(|&v| w.ue(v));
        w.flag(false);
        w.ue(0);
        w.ue(0);
        w.u(0b1000, 4);
        w.rbsp_trailing_bits();
        let sps = Sps::parse(&w.into_bytes()).unwrap();
        Sps { pic_width_in_mbs: width, pic_height_in_map_units: height, ..sps }
    }

    fn written(groups: Option<&SliceGroups>) -> Vec<u8> {
        let mut w = BitWriter::new();
        SliceGroups::write(groups, &mut w);
        w.rbsp_trailing_bits();
        w.into_bytes()
    }

    fn any_groups(size: u32) -> impl Strategy<Value = SliceGroups> {
        use SliceGroupMapType::{Changing, Dispersed, Explicit, Foreground, Interleaved};
        (2u8..=8, prop::collection::vec(0..size, 8), any::<bool>(), 0u32..7).prop_map(
            move |(count, v, direction, t)| {
                let groups = usize::from(count);
                let shape = [ChangingShape::BoxOut, ChangingShape::Raster, ChangingShape::Wipe][t as usize % 3];
                let map = match t {
                    0 => Interleaved(core::array::from_fn(|i| if i < groups { 1 + v[i] } else { 0 })),
                    1 => Dispersed,
                    2 => Foreground(core::array::from_fn(|i| if i + 1 < groups { (v[i], v[i]) } else { (0, 0) })),
                    6 => Explicit((0..size).map(|i| (v[i as usize % 8] % u32::from(count)) as u8).collect()),
                    _ => return SliceGroups { count: 2, map: Changing { shape, direction, rate: 1 + v[0] } },
                };
                SliceGroups { count, map }
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_is_parsed(groups in any_groups(35)) {
            let bytes = written(Some(&groups));
            let mut r = BitReader::new(&bytes);
            prop_assert_eq!(SliceGroups::parse(&mut r, &sps(7, 5)).unwrap(), Some(groups));
            prop_assert!(!r.more_rbsp_data());
        }
    }

    #[test]
    fn one_group_is_none() {
        assert_eq!(SliceGroups::parse(&mut BitReader::new(&written(None)), &sps(7, 5)).unwrap(), None);
    }

    #[test]
    fn the_map_must_fit_the_picture() {
        let explicit = SliceGroups { count: 3, map: SliceGroupMapType::Explicit(vec![0; 35]) };
        let bytes = written(Some(&explicit));
        assert!(SliceGroups::parse(&mut BitReader::new(&bytes), &sps(7, 5)).is_ok());
        assert!(SliceGroups::parse(&mut BitReader::new(&bytes), &sps(7, 6)).is_err());
        assert!(SliceGroups::parse(&mut BitReader::new(&bytes[..6]), &sps(7, 5)).is_err());
        // Columns 5 to 2 of two rows.
        let mut rectangles = [(0, 0); 7];
        rectangles[0] = (5, 9);
        let backwards = SliceGroups { count: 2, map: SliceGroupMapType::Foreground(rectangles) };
        assert!(SliceGroups::parse(&mut BitReader::new(&written(Some(&backwards))), &sps(7, 5)).is_err());
    }

    #[test]
    fn bits_of_the_change_cycle() {
        assert_eq!([1, 2, 3, 4, 5, 8, 9].map(ceil_log2), [0, 1, 2, 2, 3, 3, 4]);
        let bits = |rate| {
            let map = SliceGroupMapType::Changing { shape: ChangingShape::Wipe, direction: false, rate };
            SliceGroups { count: 2, map }.change_cycle_bits(&sps(11, 9))
        };
        // 99 map units: 99 / 33 + 1 = 4, 99 / 50 + 1 = 2.98, 99 / 14 + 1 = 8.07, 99 + 1.
        assert_eq!([33, 50, 14, 99, 1].map(bits), [Some(2), Some(2), Some(4), Some(1), Some(7)]);
        assert_eq!(SliceGroups { count: 2, map: SliceGroupMapType::Dispersed }.change_cycle_bits(&sps(11, 9)), None);
    }
}
