//! Where one picture ends and the next begins (H.264 7.4.1.2.3, 7.4.1.2.4).

use transcode_core::bits::BitReader;
use transcode_core::h264::nal::{self, NalHeader, nal_type};
use transcode_core::h264::params::{Pps, Sps, pps};

/// What a NAL unit does to the run of access units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Goes with the picture before it.
    Follows,
    /// Starts a new access unit once the picture before it has had a slice; which one, the next slice tells.
    Leads,
    /// A slice of the picture before it.
    SamePicture,
    /// The first slice of a picture.
    NewPicture {
        /// IDR.
        key: bool,
    },
}

/// The elements of a slice header by which 7.4.1.2.4 tells primary coded pictures apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Picture {
    frame_num: u32,
    pps_id: u8,
    field: Option<bool>,
    reference: bool,
    poc: [i64; 2],
    idr_pic_id: Option<u32>,
    /// A second field has joined it.
    paired: bool,
}

/// The part of a picture parameter set that the start of a slice header depends on.
#[derive(Debug, Clone, Copy)]
struct PpsPart {
    sps_id: u8,
    bottom_field_pic_order: bool,
    redundant_pic_cnt: bool,
}

/// Follows the NAL units of a stream.
#[derive(Default, Clone)]
pub(super) struct Detector {
    sps: [Option<Box<Sps>>; 32],
    pps: Vec<Option<PpsPart>>,
    picture: Option<Picture>,
    /// The first sequence parameter set of the stream.
    pub(super) first_sps: Option<Box<Sps>>,
    /// Since the last slice came something that only stands before a picture.
    delimited: bool,
    /// A picture has begun that a slice could go on with.
    open: bool,
    rbsp: Vec<u8>,
}

/// Bytes of a slice that its header's start can take: seven codes of at most 63 bits, and emulation prevention.
const SLICE_START: usize = 96;

impl Detector {
    /// Takes in the next NAL unit (header byte first).
    pub(super) fn push(&mut self, unit: &[u8]) -> Role {
        let Some(header) = unit.first().and_then(|&b| NalHeader::parse(b).ok()) else { return Role::Follows };
        match header.nal_unit_type {
            nal_type::SPS => {
                nal::unescape(&unit[1..], &mut self.rbsp);
                if let Ok(sps) = Sps::parse(&self.rbsp) {
                    let sps = Box::new(sps);
                    self.first_sps.get_or_insert_with(|| sps.clone());
                    let id = usize::from(sps.seq_parameter_set_id & 31);
                    self.sps[id] = Some(sps);
                }
                self.lead()
            }
            nal_type::PPS => {
                nal::unescape(&unit[1..], &mut self.rbsp);
                self.pps.resize(256, None);
                if let Ok((id, sps_id)) = pps::parse_ids(&self.rbsp) {
                    self.pps[usize::from(id)] = self.pps_part(sps_id);
                }
                self.lead()
            }
            nal_type::SEI | nal_type::AUD | 14..=18 => self.lead(),
            nal_type::SLICE | nal_type::PARTITION_A | nal_type::IDR => self.slice(header, unit),
            nal_type::END_OF_SEQUENCE | nal_type::END_OF_STREAM => {
                (self.picture, self.open) = (None, false);
                Role::Follows
            }
            _ => Role::Follows,
        }
    }

    fn lead(&mut self) -> Role {
        self.delimited = true;
        Role::Leads
    }

    fn pps_part(&self, sps_id: u8) -> Option<PpsPart> {
        let full = self.sps[usize::from(sps_id & 31)].as_ref().and_then(|sps| Pps::parse(&self.rbsp, sps).ok());
        if let Some(p) = full {
            let bottom_field_pic_order = p.bottom_field_pic_order_in_frame_present_flag;
            return Some(PpsPart {
                sps_id,
                bottom_field_pic_order,
                redundant_pic_cnt: p.redundant_pic_cnt_present_flag,
            });
        }
        // Slice groups, say: what the start of a slice header needs comes before them.
        let mut r = BitReader::new(&self.rbsp);
        let (_, _, _entropy) = (r.ue().ok()?, r.ue().ok()?, r.flag().ok()?);
        Some(PpsPart { sps_id, bottom_field_pic_order: r.flag().ok()?, redundant_pic_cnt: false })
    }

    fn slice(&mut self, header: NalHeader, unit: &[u8]) -> Role {
        let delimited = std::mem::take(&mut self.delimited);
        nal::unescape(&unit[1..unit.len().min(SLICE_START)], &mut self.rbsp);
        let key = header.is_idr();
        let open = std::mem::replace(&mut self.open, true);
        let Some((picture, redundant)) = self.parse(header) else {
            // Without parameter sets: the first macroblock starts a picture.
            let first_mb = BitReader::new(&self.rbsp).ue() == Ok(0);
            if open && !first_mb && !delimited {
                return Role::SamePicture;
            }
            self.picture = None;
            return Role::NewPicture { key };
        };
        if redundant {
            return Role::SamePicture;
        }
        match &mut self.picture {
            Some(old) if Self::second_field(old, &picture) => {
                *old = Picture { paired: true, ..picture };
                Role::SamePicture
            }
            Some(old) if !delimited && Picture { paired: old.paired, ..picture } == *old => Role::SamePicture,
            old => {
                *old = Some(picture);
                Role::NewPicture { key }
            }
        }
    }

    /// Whether `new` is the other field of the frame that `old` began (3.30, 3.31): given as one packet, as MP4 has it.
    fn second_field(old: &Picture, new: &Picture) -> bool {
        let opposite = matches!((old.field, new.field), (Some(a), Some(b)) if a != b);
        opposite
            && !old.paired
            && old.frame_num == new.frame_num
            && new.idr_pic_id.is_none()
            && (old.reference == new.reference || old.reference)
    }

    /// The start of the slice header, 7.3.3; and whether the slice is of a redundant picture.
    fn parse(&self, header: NalHeader) -> Option<(Picture, bool)> {
        let mut r = BitReader::new(&self.rbsp);
        let (_first_mb, _slice_type) = (r.ue().ok()?, r.ue().ok()?);
        let pps_id = u8::try_from(r.ue().ok()?).ok()?;
        let pps = (*self.pps.get(usize::from(pps_id))?)?;
        let sps = self.sps[usize::from(pps.sps_id & 31)].as_ref()?;
        if sps.separate_colour_plane_flag {
            r.u(2).ok()?;
        }
        let frame_num = r.u(sps.log2_max_frame_num.into()).ok()?;
        let mut field = None;
        if !sps.frame_mbs_only_flag && r.flag().ok()? {
            field = Some(r.flag().ok()?);
        }
        let idr_pic_id = if header.is_idr() { Some(r.ue().ok()?) } else { None };
        let mut poc = [0i64; 2];
        let bottom = pps.bottom_field_pic_order && field.is_none();
        if sps.pic_order_cnt_type == 0 {
            poc[0] = r.u(sps.log2_max_pic_order_cnt_lsb.into()).ok()?.into();
            if bottom {
                poc[1] = r.se().ok()?.into();
            }
        } else if sps.pic_order_cnt_type == 1 && !sps.delta_pic_order_always_zero_flag {
            poc[0] = r.se().ok()?.into();
            if bottom {
                poc[1] = r.se().ok()?.into();
            }
        }
        let redundant = pps.redundant_pic_cnt && r.ue().ok()? != 0;
        let reference = header.nal_ref_idc != 0;
        Some((Picture { frame_num, pps_id, field, reference, poc, idr_pic_id, paired: false }, redundant))
    }
}
