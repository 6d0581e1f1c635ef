//! A running encoder takes no memory but that of the packets it gives away.

mod counting;

use counting::allocations;
use transcode_core::h264::{Encoder, EncoderConfig, Preset, Profile};
use transcode_core::{Picture, PictureFormat, Step};

#[test]
fn a_packet_is_the_only_allocation_of_a_picture() {
    for profile in Profile::ALL {
        let mut config = EncoderConfig::new(128, 96, (25, 1));
        config.preset = Preset::Fast;
        config.set_profile(*profile);
        config.lookahead = Some(4);
        config.keyint = 7;
        config.scene_cut = false;
        let mut encoder = Encoder::new(config).expect("an encoder");
        let mut picture = Picture::new(PictureFormat::YUV420P8, 128, 96, 0).expect("a picture");
        let mut packets = Vec::with_capacity(64);
        let mut before = 0;
        for t in 0..50usize {
            if t == 20 {
                (before, _) = (allocations(), packets.clear());
            }
            for y in 0..96 {
                picture
                    .plane_mut(0)
                    .row_mut(y)
                    .iter_mut()
                    .enumerate()
                    .for_each(|(x, v)| *v = (x * y / 7 + 3 * t) as u8);
            }
            encoder.send(&picture, t as i64, false).expect("taken");
            while let Step::Output(packet) = encoder.receive().expect("a packet") {
                packets.push(packet);
            }
        }
        let (count, given) = (allocations() - before, packets.len() as u64);
        // The group of pictures that is under way at either end differs.
        assert!(given.abs_diff(30) <= 4 && count <= given, "{count} allocations for {given} packets of {profile}");
    }
}
