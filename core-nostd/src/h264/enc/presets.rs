//! What the presets switch on.

use super::config::{BAdapt, Preset};

/// The motion search at integer positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Search {
    /// Four neighbours at a time.
    Diamond,
    /// Six points at distance two, then the eight neighbours.
    Hexagon,
    /// An uneven cross and rings of hexagons before the hexagon.
    MultiHexagon,
}

/// When levels are chosen by rate and distortion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trellis {
    /// Never: dead zones alone.
    None,
    /// Once the mode is decided.
    Last,
    /// Also while modes are compared.
    Always,
}

/// What a preset switches on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tools {
    /// Reference pictures kept and searched.
    pub references: u8,
    /// Integer motion search.
    pub search: Search,
    /// Reach of the integer search around its start, in samples.
    pub range: u8,
    /// Most half-sample refinement steps.
    pub half_steps: u8,
    /// Whether those compare absolute differences, not transformed ones.
    pub half_by_sad: bool,
    /// Most quarter-sample refinement steps.
    pub quarter_steps: u8,
    /// 16x8, 8x16 and 8x8 partitions.
    pub partitions: bool,
    /// I4x4 (and I8x8 where the 8x8 transform is on).
    pub intra_nxn: bool,
    /// Mode decision: 0 by Hadamard cost, 1 by true distortion and bits among the best of each class,
    /// 2 among all that are near the best.
    pub rd: u8,
    /// Rate-distortion optimised quantisation.
    pub trellis: Trellis,
    /// Whether each partition is searched for in all references that serve the whole macroblock well, not just in the nearest and the best.
    pub mixed_references: bool,
    /// Most quarter-sample steps that the two vectors of a bidirectional prediction make together.
    pub joint_steps: u8,
    /// Pictures that are held back so that later ones can tell how often a macroblock is reused.
    pub lookahead: u8,
    /// Whether the lookahead searches to quarter samples, in two passes, and tries all intra modes.
    pub fine_lookahead: bool,
    /// Most B pictures in a row, 0 to 16.
    pub b_frames: u8,
    /// How many there are of them.
    pub b_adapt: BAdapt,
    /// Whether the middle one of several B pictures is a reference for the others.
    pub b_pyramid: bool,
    /// Weighted prediction of P pictures: 0 none, 1 for fades, 2 with a second entry of the nearest picture too.
    pub weight_p: u8,
    /// Pictures that the decoder keeps: at least `references`.
    pub dpb_frames: u8,
}

impl Tools {
    /// Those of a first pass of two: what decides the kinds of pictures stays, everything else is quick.
    pub(super) const fn for_first_pass(self) -> Self {
        Self {
            lookahead: self.lookahead,
            b_frames: self.b_frames,
            b_adapt: self.b_adapt,
            b_pyramid: self.b_pyramid,
            weight_p: self.weight_p,
            fine_lookahead: self.fine_lookahead,
            dpb_frames: self.dpb_frames,
            ..Preset::Superfast.tools()
        }
    }
}

impl Preset {
    /// The mapping from names to tools.
    ///
    /// | preset | references | search | range | half, quarter, joint steps | partitions | mixed references | NxN intra | RD | trellis | lookahead | B | b-adapt | weighted P |
    /// |---|---|---|---|---|---|---|---|---|---|---|---|---|---|
    /// | ultrafast | 1 | diamond | 8 | 1, 1, 0 | | | | 0 | | 0 | 0 | none | 0 |
    /// | superfast | 1 | diamond | 16 | 1, 1, 0 | | | yes | 0 | | 0 | 3 | fast | 1 |
    /// | veryfast | 1 | hexagon | 16 | 1, 1, 0 | yes | | yes | 0 | | 10 | 3 | fast | 1 |
    /// | faster | 2 | hexagon | 16 | 2, 2, 0 | yes | | yes | 0 | | 20 | 3 | fast | 1 |
    /// | fast | 2 | hexagon | 16 | 2, 2, 0 | yes | | yes | 1 | | 30 | 3 | fast | 1 |
    /// | medium | 3 | hexagon | 16 | 2, 2, 1 | yes | yes | yes | 1 | always | 40 | 3 | fast | 2 |
    /// | slow | 4 | hexagon | 16 | 2, 3, 2 | yes | yes | yes | 2 | always | 50 | 3 | trellis | 2 |
    /// | slower | 6 | multi-hexagon | 16 | 3, 3, 2 | yes | yes | yes | 2 | always | 60 | 3 | trellis | 2 |
    /// | veryslow | 10 | multi-hexagon | 24 | 4, 4, 4 | yes | yes | yes | 2 | always | 60 | 8 | trellis | 2 |
    /// | placebo | 16 | multi-hexagon | 32 | 6, 6, 6 | yes | yes | yes | 2 | always | 60 | 16 | trellis | 2 |
    ///
    /// Up to `veryfast` half-sample steps are taken by absolute differences.
    pub const fn tools(self) -> Tools {
        let fast = Tools {
            references: 2,
            search: Search::Hexagon,
            range: 16,
            half_steps: 2,
            half_by_sad: false,
            quarter_steps: 2,
            partitions: true,
            intra_nxn: true,
            rd: 1,
            trellis: Trellis::None,
            mixed_references: false,
            joint_steps: 0,
            lookahead: 30,
            fine_lookahead: true,
            b_frames: 3,
            b_adapt: BAdapt::Fast,
            b_pyramid: true,
            weight_p: 1,
            dpb_frames: 0,
        };
        match self {
            Self::Ultrafast => Tools {
                references: 1,
                search: Search::Diamond,
                range: 8,
                half_steps: 1,
                half_by_sad: true,
                quarter_steps: 1,
                partitions: false,
                intra_nxn: false,
                rd: 0,
                lookahead: 0,
                fine_lookahead: false,
                b_frames: 0,
                weight_p: 0,
                ..fast
            },
            Self::Superfast => Tools {
                references: 1,
                search: Search::Diamond,
                half_steps: 1,
                half_by_sad: true,
                quarter_steps: 1,
                partitions: false,
                rd: 0,
                lookahead: 0,
                fine_lookahead: false,
                ..fast
            },
            Self::Veryfast => Tools {
                references: 1,
                half_steps: 1,
                half_by_sad: true,
                quarter_steps: 1,
                rd: 0,
                lookahead: 10,
                fine_lookahead: false,
                ..fast
            },
            Self::Faster => Tools { rd: 0, lookahead: 20, fine_lookahead: false, ..fast },
            Self::Fast => fast,
            Self::Medium => Tools {
                references: 3,
                weight_p: 2,
                trellis: Trellis::Always,
                mixed_references: true,
                joint_steps: 1,
                lookahead: 40,
                ..fast
            },
            Self::Slow => Tools {
                references: 4,
                weight_p: 2,
                b_adapt: BAdapt::Trellis,
                quarter_steps: 3,
                rd: 2,
                trellis: Trellis::Always,
                mixed_references: true,
                joint_steps: 2,
                lookahead: 50,
                ..fast
            },
            Self::Slower => Tools {
                references: 6,
                weight_p: 2,
                b_adapt: BAdapt::Trellis,
                search: Search::MultiHexagon,
                half_steps: 3,
                quarter_steps: 3,
                rd: 2,
                trellis: Trellis::Always,
                mixed_references: true,
                joint_steps: 2,
                lookahead: 60,
                ..fast
            },
            Self::Veryslow => Tools {
                references: 10,
                weight_p: 2,
                b_adapt: BAdapt::Trellis,
                search: Search::MultiHexagon,
                range: 24,
                half_steps: 4,
                quarter_steps: 4,
                rd: 2,
                trellis: Trellis::Always,
                mixed_references: true,
                joint_steps: 4,
                lookahead: 60,
                b_frames: 8,
                ..fast
            },
            Self::Placebo => Tools {
                references: 16,
                weight_p: 2,
                b_adapt: BAdapt::Trellis,
                search: Search::MultiHexagon,
                range: 32,
                half_steps: 6,
                quarter_steps: 6,
                rd: 2,
                trellis: Trellis::Always,
                mixed_references: true,
                joint_steps: 6,
                lookahead: 60,
                b_frames: 16,
                ..fast
            },
        }
    }
}
