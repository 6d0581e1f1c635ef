//! The macroblock to slice group map, 8.2.2, and the order of macroblocks that follows from it.

use crate::h264::params::{ChangingShape, SliceGroupMapType, SliceGroups, SliceHeader, Sps};
use alloc::vec::Vec;

/// The slice group of every macroblock (in an MBAFF frame: of every pair) of a picture, kept from slice to slice as long as it is
/// the same.
#[derive(Debug, Default)]
pub(crate) struct SliceGroupMap {
    map: Vec<u8>,
    /// What `map` was made from.
    made_from: Option<(SliceGroups, Shape)>,
}

/// What a map depends on besides the picture parameter set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    width: usize,
    /// Height in map units.
    height: usize,
    /// A map unit is two macroblocks of a frame, one above the other.
    two_rows: bool,
    /// `MapUnitsInSliceGroup0`.
    units_in_group_0: usize,
}

impl SliceGroupMap {
    /// Makes the map for the picture that the slice belongs to.
    pub(crate) fn update(&mut self, groups: &SliceGroups, sps: &Sps, header: &SliceHeader) {
        let (width, height) = (usize::from(sps.pic_width_in_mbs), usize::from(sps.pic_height_in_map_units));
        let rate = match groups.map {
            SliceGroupMapType::Changing { rate, .. } => u64::from(rate),
            _ => 0,
        };
        let shape = Shape {
            width,
            height,
            two_rows: !sps.frame_mbs_only_flag && !sps.mb_adaptive_frame_field_flag && !header.field_pic_flag,
            units_in_group_0: (u64::from(header.slice_group_change_cycle) * rate).min((width * height) as u64) as usize,
        };
        match &mut self.made_from {
            Some((old, of)) if *of == shape && old == groups => return,
            Some((old, of)) => {
                old.clone_from(groups);
                *of = shape;
            }
            none => *none = Some((groups.clone(), shape)),
        }
        self.map.clear();
        // Room for frames, whatever this picture is, so that a running sequence does not allocate.
        self.map.reserve(2 * width * height);
        self.map.resize(width * height, 0);
        map_units(groups, shape, &mut self.map);
        if shape.two_rows {
            // 8-18: rows are copied from the last to the first, so that none is overwritten before it is read.
            self.map.resize(2 * width * height, 0);
            for row in (0..2 * height).rev() {
                self.map.copy_within(row / 2 * width..(row / 2 + 1) * width, row * width);
            }
        }
    }

    /// `NextMbAddress()`, 8-16: the next macroblock (pair) of the group that number `n` belongs to, or the number of all.
    pub(crate) fn next(&self, n: usize) -> usize {
        let Some(group) = self.map.get(n) else { return self.map.len() };
        let rest = &self.map[n + 1..];
        rest.iter().position(|g| g == group).map_or(self.map.len(), |i| n + 1 + i)
    }
}

/// `mapUnitToSliceGroupMap`, 8.2.2.1 to 8.2.2.7. `out` is of the size of the picture in map units, all 0.
fn map_units(groups: &SliceGroups, shape: Shape, out: &mut [u8]) {
    let (width, size) = (shape.width, out.len());
    let last = groups.count - 1;
    match &groups.map {
        SliceGroupMapType::Interleaved(runs) => {
            let turns = (0..groups.count).zip(runs).cycle();
            let mut at = 0;
            for (group, &run) in turns {
                if at >= size {
                    break;
                }
                let end = (at + (run as usize).max(1)).min(size);
                out[at..end].fill(group);
                at = end;
            }
        }
        SliceGroupMapType::Dispersed => {
            let count = usize::from(groups.count);
            for (i, group) in out.iter_mut().enumerate() {
                *group = ((i % width + (i / width * count) / 2) % count) as u8;
            }
        }
        SliceGroupMapType::Foreground(rectangles) => {
            out.fill(last);
            // A lower group hides those above it.
            for (group, &(top_left, bottom_right)) in (0..last).zip(rectangles).rev() {
                let (first, end) = (top_left as usize, bottom_right as usize);
                for row in out.chunks_exact_mut(width).take(end / width + 1).skip(first / width) {
                    row[first % width..=end % width].fill(group);
                }
            }
        }
        SliceGroupMapType::Changing { shape: kind, direction, .. } => {
            let direction = u8::from(*direction);
            // sizeOfUpperLeftGroup, 8-14.
            let upper_left = match direction {
                0 => shape.units_in_group_0,
                _ => size - shape.units_in_group_0,
            };
            match kind {
                ChangingShape::BoxOut => box_out(shape, direction != 0, out),
                ChangingShape::Raster => {
                    out[..upper_left].fill(direction);
                    out[upper_left..].fill(1 - direction);
                }
                ChangingShape::Wipe => {
                    for (i, group) in out.iter_mut().enumerate() {
                        let place = i % width * shape.height + i / width;
                        *group = if place < upper_left { direction } else { 1 - direction };
                    }
                }
            }
        }
        SliceGroupMapType::Explicit(ids) => {
            for (group, &id) in out.iter_mut().zip(ids) {
                *group = id;
            }
        }
    }
}

/// The box that grows out of the middle in a spiral, 8.2.2.4; `direction` says which way it turns.
fn box_out(shape: Shape, direction: bool, out: &mut [u8]) {
    let (width, height) = (shape.width as isize, shape.height as isize);
    let d = isize::from(direction);
    out.fill(1);
    let (mut x, mut y) = ((width - d) / 2, (height - d) / 2);
    let (mut left, mut right, mut top, mut bottom) = (x, x, y, y);
    let (mut step_x, mut step_y) = (d - 1, d);
    let mut taken = 0;
    while taken < shape.units_in_group_0 {
        let unit = &mut out[(y * width + x) as usize];
        taken += usize::from(*unit);
        *unit = 0;
        // At the edge of the box: it grows by one on that side, and the way turns.
        if step_x == -1 && x == left {
            left = (left - 1).max(0);
            x = left;
            (step_x, step_y) = (0, 2 * d - 1);
        } else if step_x == 1 && x == right {
            right = (right + 1).min(width - 1);
            x = right;
            (step_x, step_y) = (0, 1 - 2 * d);
        } else if step_y == -1 && y == top {
            top = (top - 1).max(0);
            y = top;
            (step_x, step_y) = (1 - 2 * d, 0);
        } else if step_y == 1 && y == bottom {
            bottom = (bottom + 1).min(height - 1);
            y = bottom;
            (step_x, step_y) = (2 * d - 1, 0);
        } else {
            (x, y) = (x + step_x, y + step_y);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;
    use std::vec;

    /// The map of a picture of 5 by 4 map units, as rows of digits.
    fn rows(count: u8, map: SliceGroupMapType, units_in_group_0: usize) -> String {
        let mut out = vec![0; 20];
        let shape = Shape { width: 5, height: 4, two_rows: false, units_in_group_0 };
        map_units(&SliceGroups { count, map }, shape, &mut out);
        let digit = |&g: &u8| char::from(b'0' + g);
        out.chunks(5).map(|row| row.iter().map(digit).collect::<String>()).collect::<std::vec::Vec<_>>().join(" ")
    }

    fn changing(shape: ChangingShape, direction: bool, units: usize) -> String {
        rows(2, SliceGroupMapType::Changing { shape, direction, rate: 1 }, units)
    }

    #[test]
    fn runs_and_patterns() {
        let runs = [2, 1, 4, 0, 0, 0, 0, 0];
        assert_eq!(rows(3, SliceGroupMapType::Interleaved(runs), 0), "00122 22001 22220 01222");
        // ((i % 5) + ((i / 5 * n) / 2)) % n for n of 2, 3 and 4.
        assert_eq!(rows(2, SliceGroupMapType::Dispersed, 0), "01010 10101 01010 10101");
        assert_eq!(rows(3, SliceGroupMapType::Dispersed, 0), "01201 12012 01201 12012");
        assert_eq!(rows(4, SliceGroupMapType::Dispersed, 0), "01230 23012 01230 23012");
        let ids: std::vec::Vec<u8> = (0..20).map(|i| i * 7 % 3).collect();
        assert_eq!(rows(3, SliceGroupMapType::Explicit(ids), 0), "01201 20120 12012 01201");
    }

    #[test]
    fn the_first_rectangle_lies_on_top() {
        let mut rectangles = [(0, 0); 7];
        // Columns 1 to 3 of rows 0 to 1; columns 3 to 4 of rows 1 to 3.
        (rectangles[0], rectangles[1]) = ((1, 8), (8, 19));
        assert_eq!(rows(3, SliceGroupMapType::Foreground(rectangles), 0), "20002 20001 22211 22211");
    }

    /// By hand: from (2, 2) clockwise or from (2, 1) the other way.
    #[test]
    fn boxes_grow_in_spirals() {
        use ChangingShape::BoxOut;
        assert_eq!(changing(BoxOut, false, 0), "11111 11111 11111 11111");
        // (2,2), then left of it, up, to the right above, right, and down.
        assert_eq!(changing(BoxOut, false, 1), "11111 11111 11011 11111");
        assert_eq!(changing(BoxOut, false, 2), "11111 11111 10011 11111");
        assert_eq!(changing(BoxOut, false, 4), "11111 10011 10011 11111");
        assert_eq!(changing(BoxOut, false, 6), "11111 10001 10001 11111");
        assert_eq!(changing(BoxOut, false, 9), "11111 10001 10001 10001");
        assert_eq!(changing(BoxOut, false, 10), "11111 10001 10001 00001");
        // (2,1), then down, right, and up.
        assert_eq!(changing(BoxOut, true, 1), "11111 11011 11111 11111");
        assert_eq!(changing(BoxOut, true, 2), "11111 11011 11011 11111");
        assert_eq!(changing(BoxOut, true, 4), "11111 11001 11001 11111");
        assert_eq!(changing(BoxOut, true, 20), "00000 00000 00000 00000");
    }

    #[test]
    fn rows_and_columns() {
        use ChangingShape::{Raster, Wipe};
        assert_eq!(changing(Raster, false, 7), "00000 00111 11111 11111");
        assert_eq!(changing(Raster, true, 7), "11111 11111 11100 00000");
        assert_eq!(changing(Wipe, false, 6), "00111 00111 01111 01111");
        assert_eq!(changing(Wipe, true, 6), "11110 11110 11100 11100");
    }

    #[test]
    fn macroblocks_follow_each_other_within_their_group() {
        let m = SliceGroupMap { map: vec![0, 1, 1, 0, 2, 1], made_from: None };
        assert_eq!([0, 1, 2, 3, 4, 5, 6].map(|n| m.next(n)), [3, 2, 5, 6, 6, 6, 6]);
    }
}
