//! A running AAC encoder does not allocate: counted by the test program's own allocator.

mod counting;

use counting::allocations;
use transcode_core::Step;
use transcode_core::aac::enc::{Encoder, EncoderConfig};

#[test]
fn encoding_goes_on_without_allocation() {
    for channels in [1u8, 2, 6] {
        let mut encoder = Encoder::new(EncoderConfig::new(48000, channels)).unwrap();
        let mut start = 0;
        let mut noise = 1u32;
        let mut piece = [0.0f32; 1000];
        for n in 0..300 {
            if n == 100 {
                start = allocations();
            }
            // Tones, and a burst of noise now and then.
            for (i, v) in piece.iter_mut().enumerate() {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let loud = if n % 11 == 3 { 0.5 } else { 0.001 };
                let t = (n * 1000 + i) as f32;
                *v = (t * 0.05).sin() * 0.3 + loud * noise as i32 as f32 / 2_147_483_648.0;
            }
            let planes = [&piece[..]; 6];
            encoder.send(&planes[..channels.into()]).unwrap();
            while let Step::Output(frame) = encoder.receive().unwrap() {
                assert!(!frame.data.is_empty());
            }
        }
        assert_eq!(allocations(), start, "allocations in steady state with {channels} channels");
    }
}
