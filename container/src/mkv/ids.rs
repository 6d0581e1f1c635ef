//! Element identifiers (RFC 8794 11.3.1, RFC 9559 5.1 and 27.1), with their length marker.

macro_rules! ids {
    ($($name:ident = $value:literal,)+) => {
        $(pub(super) const $name: u32 = $value;)+

        #[cfg(test)]
        pub(super) const ALL: &[u32] = &[$($value,)+];
    };
}

ids! {
    EBML = 0x1a45_dfa3,
    EBML_MAX_ID_LENGTH = 0x42f2,
    EBML_MAX_SIZE_LENGTH = 0x42f3,
    DOC_TYPE = 0x4282,
    VOID = 0xec,
    CRC_32 = 0xbf,

    SEGMENT = 0x1853_8067,
    SEEK_HEAD = 0x114d_9b74,
    SEEK = 0x4dbb,
    SEEK_ID = 0x53ab,
    SEEK_POSITION = 0x53ac,

    INFO = 0x1549_a966,
    TIMESTAMP_SCALE = 0x2a_d7b1,
    DURATION = 0x4489,
    TITLE = 0x7ba9,

    TAGS = 0x1254_c367,
    TAG = 0x7373,
    TARGETS = 0x63c0,
    TAG_TRACK_UID = 0x63c5,
    TAG_CHAPTER_UID = 0x63c4,
    TAG_ATTACHMENT_UID = 0x63c6,
    TAG_EDITION_UID = 0x63c9,
    SIMPLE_TAG = 0x67c8,
    TAG_NAME = 0x45a3,
    TAG_STRING = 0x4487,

    CUES = 0x1c53_bb6b,
    CHAPTERS = 0x1043_a770,
    ATTACHMENTS = 0x1941_a469,

    TRACKS = 0x1654_ae6b,
    TRACK_ENTRY = 0xae,
    TRACK_NUMBER = 0xd7,
    TRACK_TYPE = 0x83,
    FLAG_ENABLED = 0xb9,
    DEFAULT_DURATION = 0x23_e383,
    TRACK_TIMESTAMP_SCALE = 0x23_314f,
    NAME = 0x536e,
    LANGUAGE = 0x22_b59c,
    LANGUAGE_BCP47 = 0x22_b59d,
    CODEC_ID = 0x86,
    CODEC_PRIVATE = 0x63a2,
    CODEC_DELAY = 0x56aa,
    VIDEO = 0xe0,
    PIXEL_WIDTH = 0xb0,
    PIXEL_HEIGHT = 0xba,
    PIXEL_CROP_BOTTOM = 0x54aa,
    PIXEL_CROP_TOP = 0x54bb,
    PIXEL_CROP_LEFT = 0x54cc,
    PIXEL_CROP_RIGHT = 0x54dd,
    DISPLAY_WIDTH = 0x54b0,
    DISPLAY_HEIGHT = 0x54ba,
    DISPLAY_UNIT = 0x54b2,
    COLOUR = 0x55b0,
    MATRIX_COEFFICIENTS = 0x55b1,
    RANGE = 0x55b9,
    TRANSFER_CHARACTERISTICS = 0x55ba,
    PRIMARIES = 0x55bb,
    PROJECTION = 0x7670,
    PROJECTION_POSE_ROLL = 0x7675,
    AUDIO = 0xe1,
    SAMPLING_FREQUENCY = 0xb5,
    OUTPUT_SAMPLING_FREQUENCY = 0x78b5,
    CHANNELS = 0x9f,
    BIT_DEPTH = 0x6264,
    CONTENT_ENCODINGS = 0x6d80,
    CONTENT_ENCODING = 0x6240,
    CONTENT_ENCODING_SCOPE = 0x5032,
    CONTENT_ENCODING_TYPE = 0x5033,
    CONTENT_COMPRESSION = 0x5034,
    CONTENT_COMP_ALGO = 0x4254,
    CONTENT_COMP_SETTINGS = 0x4255,

    CLUSTER = 0x1f43_b675,
    TIMESTAMP = 0xe7,
    POSITION = 0xa7,
    PREV_SIZE = 0xab,
    SILENT_TRACKS = 0x5854,
    ENCRYPTED_BLOCK = 0xaf,
    SIMPLE_BLOCK = 0xa3,
    BLOCK_GROUP = 0xa0,
    BLOCK = 0xa1,
    BLOCK_DURATION = 0x9b,
    REFERENCE_BLOCK = 0xfb,
    DISCARD_PADDING = 0x75a2,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_marker_agrees_with_the_length() {
        for &id in ALL {
            let bytes = id.to_be_bytes();
            let first = bytes.iter().position(|&b| b != 0).unwrap();
            assert_eq!(bytes[first].leading_zeros() as usize, 3 - first, "{id:x}");
        }
        let mut sorted = ALL.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), ALL.len());
    }
}
