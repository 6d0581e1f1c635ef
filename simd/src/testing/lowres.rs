//! Cases of the family `lowres`.

use super::{Canvas, Case, Entropy};
use crate::Kernels;
use std::string::String;
use std::vec;
use std::vec::Vec;

/// Two rows, and the rows that are made of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LowresCase {
    rows: Canvas,
    even: Canvas,
    odd: Canvas,
}

impl Case for LowresCase {
    fn draw(e: &mut Entropy<'_>) -> Self {
        // Full vectors, what is left of them, and less than one.
        let n = e.size(1, 70);
        Self { rows: Canvas::draw(e, 2 * n, 2), even: Canvas::draw(e, n, 1), odd: Canvas::draw(e, n, 1) }
    }

    fn bench() -> Vec<Self> {
        let e = &mut Entropy::new(b"lowres");
        vec![Self {
            rows: Canvas::aligned(e, 640, 2),
            even: Canvas::aligned(e, 320, 1),
            odd: Canvas::aligned(e, 320, 1),
        }]
    }

    fn name(&self) -> String {
        String::from("halve")
    }

    fn run(&mut self, k: Kernels) {
        let (rows, stride) = (self.rows.block(), self.rows.stride());
        let width = rows.len() - stride;
        let n = width / 2;
        let (even, odd) = (&mut self.even.block_mut()[..n], &mut self.odd.block_mut()[..n]);
        k.halve(even, odd, &rows[..width], &rows[stride..]);
    }

    fn assert_guards(&self) {
        self.even.assert_guards();
        self.odd.assert_guards();
    }
}
