//! `program_config_element()`, ISO/IEC 14496-3 4.4.1.1 (table 4.2): a program's elements, and where they are heard.

use crate::bits::BitReader;
use crate::error::Result;

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

    /// Output channels, without coupling channels.
    pub fn channels(&self) -> usize {
        self.front.channels() + self.side.channels() + self.back.channels() + self.lfe.channels()
    }
}
