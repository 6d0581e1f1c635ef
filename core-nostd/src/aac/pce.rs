//! `program_config_element()`, ISO/IEC 14496-3 4.4.1.1 (table 4.2): a program's elements, and where they are heard.

use super::config::AudioObjectType;
use super::syntax::id;
use crate::bits::{BitReader, BitWriter};
use crate::error::Result;
use alloc::vec::Vec;

/// An element that a program configuration names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PceElement {
    /// A channel pair; otherwise a single channel.
    pub is_cpe: bool,
    /// `element_instance_tag` of the element.
    pub tag: u8,
}

/// A list of at most 15 elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PceList {
    elements: [PceElement; 15],
    len: u8,
}

impl PceList {
    /// The elements in the order of the stream.
    pub fn as_slice(&self) -> &[PceElement] {
        &self.elements[..usize::from(self.len)]
    }
    /// Channels of all these elements.
    pub fn channels(&self) -> usize {
        self.as_slice().iter().map(|e| 1 + usize::from(e.is_cpe)).sum()
    }
    /// Elements that are pairs or not, with tags counted from `first` in each kind.
    fn of(pairs: &[bool], first: [u8; 2]) -> Self {
        let mut list = Self::default();
        let mut tags = first;
        for &is_cpe in pairs {
            let tag = &mut tags[usize::from(is_cpe)];
            list.elements[usize::from(list.len)] = PceElement { is_cpe, tag: *tag };
            *tag += 1;
            list.len += 1;
        }
        list
    }
    fn read(r: &mut BitReader<'_>, len: u32, has_flag: bool) -> Result<Self> {
        let mut list = Self { len: len as u8, ..Self::default() };
        for e in &mut list.elements[..len as usize] {
            e.is_cpe = has_flag && r.flag()?;
            e.tag = r.u(4)? as u8;
        }
        Ok(list)
    }
}

/// How to mix a program down to stereo with the matrix of 4.5.1.2.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MatrixMixdown {
    /// `matrix_mixdown_idx`: the surround channels are attenuated by 1/sqrt(2), 1/2, 1/(2 sqrt(2)) or left out.
    pub index: u8,
    /// `pseudo_surround_enable`.
    pub pseudo_surround: bool,
}

/// `program_config_element()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProgramConfig {
    /// `element_instance_tag`.
    pub tag: u8,
    /// `object_type`: the audio object type minus 1.
    pub object_type: u8,
    /// `sampling_frequency_index`.
    pub sampling_frequency_index: u8,
    /// Front channels: from the centre outwards.
    pub front: PceList,
    /// Side channels: from the front to the back.
    pub side: PceList,
    /// Back channels: from the sides to the centre.
    pub back: PceList,
    /// Low-frequency channels.
    pub lfe: PceList,
    /// Data streams that belong to the program.
    pub assoc_data: PceList,
    /// Coupling channels; [`PceElement::is_cpe`] is `cc_element_is_ind_sw`.
    pub coupling: PceList,
    /// `mono_mixdown_element_number`.
    pub mono_mixdown: Option<u8>,
    /// `stereo_mixdown_element_number`.
    pub stereo_mixdown: Option<u8>,
    /// Matrix mixdown.
    pub matrix_mixdown: Option<MatrixMixdown>,
}

impl ProgramConfig {
    /// Reads the element; its byte alignment counts from bit `origin` of the reader's data.
    ///
    /// # Errors
    /// `UnexpectedEnd`.
    pub(crate) fn read(r: &mut BitReader<'_>, origin: usize) -> Result<Self> {
        let tag = r.u(4)? as u8;
        let object_type = r.u(2)? as u8;
        let sampling_frequency_index = r.u(4)? as u8;
        let (front, side, back) = (r.u(4)?, r.u(4)?, r.u(4)?);
        let (lfe, assoc, coupling) = (r.u(2)?, r.u(3)?, r.u(4)?);
        let mono_mixdown = if r.flag()? { Some(r.u(4)? as u8) } else { None };
        let stereo_mixdown = if r.flag()? { Some(r.u(4)? as u8) } else { None };
        let matrix_mixdown =
            if r.flag()? { Some(MatrixMixdown { index: r.u(2)? as u8, pseudo_surround: r.flag()? }) } else { None };
        let config = Self {
            tag,
            object_type,
            sampling_frequency_index,
            front: PceList::read(r, front, true)?,
            side: PceList::read(r, side, true)?,
            back: PceList::read(r, back, true)?,
            lfe: PceList::read(r, lfe, false)?,
            assoc_data: PceList::read(r, assoc, false)?,
            coupling: PceList::read(r, coupling, true)?,
            mono_mixdown,
            stereo_mixdown,
            matrix_mixdown,
        };
        r.skip((8 - (r.position() - origin) % 8) % 8)?;
        let comment = r.u(8)? as usize;
        r.skip(8 * comment)?;
        Ok(config)
    }

    /// The program that a `channelConfiguration` above 7 stands for, with tags counted in each kind of element in the order of the
    /// stream; `None` if it's not known here.
    pub(crate) fn for_configuration(configuration: u8, object_type: AudioObjectType, index: u8) -> Option<Self> {
        let (side, back): (&[bool], &[bool]) = match configuration {
            11 => (&[], &[true, false]),
            12 => (&[true], &[true]),
            _ => return None,
        };
        Some(Self {
            object_type: object_type.0 - 1,
            sampling_frequency_index: index,
            front: PceList::of(&[false, true], [0, 0]),
            side: PceList::of(side, [1, 1]),
            back: PceList::of(back, [1, 1 + side.len() as u8]),
            lfe: PceList::of(&[false], [0, 0]),
            ..Self::default()
        })
    }

    /// The element with its `id_syn_ele` at the start of a block, in whole bytes: what mixes down and other programs' parts are left out.
    pub(crate) fn as_element(&self) -> Vec<u8> {
        let mut w = BitWriter::new();
        w.u(id::PCE, 3);
        w.u(self.tag.into(), 4);
        w.u(self.object_type.into(), 2);
        w.u(self.sampling_frequency_index.into(), 4);
        for (list, bits) in [(&self.front, 4), (&self.side, 4), (&self.back, 4), (&self.lfe, 2)] {
            w.u(list.len.into(), bits);
        }
        w.u(0, 3); // num_assoc_data_elements
        w.u(0, 4); // num_valid_cc_elements
        w.u(0, 3); // no mixdowns
        for (list, has_flag) in [(&self.front, true), (&self.side, true), (&self.back, true), (&self.lfe, false)] {
            for e in list.as_slice() {
                if has_flag {
                    w.flag(e.is_cpe);
                }
                w.u(e.tag.into(), 4);
            }
        }
        w.align_with(false);
        w.u(0, 8); // comment_field_bytes
        w.into_bytes()
    }

    /// Output channels, without coupling channels.
    pub fn channels(&self) -> usize {
        self.front.channels() + self.side.channels() + self.back.channels() + self.lfe.channels()
    }
}
