//! How long a frame is shown, and in which order its fields (D.2.3, E.2.1).

use super::frame::FieldOrder;
use super::picture::Structure;

/// How a frame is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Display {
    /// Order of its fields in time.
    pub(crate) field_order: FieldOrder,
    /// Fields that are shown once more.
    pub(crate) repeat_fields: u8,
    /// Duration in ticks: `DeltaTfiDivisor`, table E-6.
    pub(crate) ticks: u8,
}

impl Default for Display {
    fn default() -> Self {
        Self { field_order: FieldOrder::Progressive, repeat_fields: 0, ticks: 2 }
    }
}

/// What is known of a frame once all of it is there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// `pic_struct` (of the first field), if it was sent.
    pub(crate) pic_struct: Option<u8>,
    /// `TopFieldOrderCnt`, `BottomFieldOrderCnt`.
    pub(crate) field_poc: [i32; 2],
    /// `frame_mbs_only_flag`.
    pub(crate) frame_mbs_only: bool,
    /// What the picture, or its last field, was coded as.
    pub(crate) structure: Structure,
    /// It is a field without a partner.
    pub(crate) single_field: bool,
}

impl Display {
    /// From `pic_struct` (table D-1) where it was sent, otherwise from the order counts of the fields.
    pub(crate) fn of(shape: Shape) -> Self {
        // 1 and 2 are single fields: what they are of shows otherwise.
        let pic_struct = shape.pic_struct.filter(|p| matches!(p, 0 | 3..=8) && !shape.structure.is_field());
        let field_order = match pic_struct {
            Some(0 | 7 | 8) => FieldOrder::Progressive,
            Some(3 | 5) => FieldOrder::TopFirst,
            Some(4 | 6) => FieldOrder::BottomFirst,
            _ if shape.frame_mbs_only => FieldOrder::Progressive,
            _ if shape.field_poc[0] < shape.field_poc[1] => FieldOrder::TopFirst,
            _ if shape.field_poc[0] > shape.field_poc[1] => FieldOrder::BottomFirst,
            _ if shape.structure.is_field() => FieldOrder::TopFirst,
            _ => FieldOrder::Progressive,
        };
        let repeat_fields = match pic_struct {
            Some(5 | 6) => 1,
            Some(7) => 2,
            Some(8) => 4,
            _ => 0,
        };
        let ticks = if shape.single_field { 1 } else { 2 + repeat_fields };
        Self { field_order, repeat_fields, ticks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Table D-1 against table E-6: `pic_struct`, the order of fields, and `DeltaTfiDivisor`.
    #[test]
    fn pic_struct_says_how_long() {
        use FieldOrder::{BottomFirst, Progressive, TopFirst};
        let frame = Shape {
            pic_struct: None,
            field_poc: [0, 1],
            frame_mbs_only: false,
            structure: Structure::Frame,
            single_field: false,
        };
        for (pic_struct, order, ticks) in [
            (0, Progressive, 2),
            (3, TopFirst, 2),
            (4, BottomFirst, 2),
            (5, TopFirst, 3),
            (6, BottomFirst, 3),
            (7, Progressive, 4),
            (8, Progressive, 6),
        ] {
            let d = Display::of(Shape { pic_struct: Some(pic_struct), ..frame });
            assert_eq!((d.field_order, d.ticks, d.repeat_fields), (order, ticks, ticks - 2), "{pic_struct}");
        }
        let field = Shape { structure: Structure::BottomField, pic_struct: Some(1), ..frame };
        assert_eq!(Display::of(field), Display { field_order: TopFirst, ..Display::default() });
        assert_eq!(Display::of(Shape { field_poc: [3, 2], ..field }).field_order, BottomFirst);
        assert_eq!(Display::of(Shape { single_field: true, ..field }).ticks, 1);
        assert_eq!(Display::of(frame).field_order, TopFirst);
        assert_eq!(Display::of(Shape { frame_mbs_only: true, ..frame }), Display::default());
    }
}
