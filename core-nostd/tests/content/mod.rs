//! Pictures that tests of the encoder make for themselves.

use transcode_core::{Picture, PictureFormat};

/// What the pictures show.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Content {
    Flat,
    Noise,
    Gradient,
    /// A textured picture that moves and has a flat square moving against it.
    Motion,
    /// Noise and motion in turns: scene cuts.
    Cuts,
    /// Motion that fades in from black and goes out to white.
    Fade,
    /// Black and white columns and rows, the strongest edges there are.
    Text,
}

/// All of them.
pub(crate) const CONTENTS: [Content; 7] =
    [Content::Flat, Content::Noise, Content::Gradient, Content::Motion, Content::Cuts, Content::Fade, Content::Text];

fn hash(mut x: u32) -> u32 {
    x = (x ^ (x >> 16)).wrapping_mul(0x7feb_352d);
    x = (x ^ (x >> 15)).wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

fn sample(content: Content, plane: u32, x: u32, y: u32, t: u32, seed: u32) -> u8 {
    let noise = || hash(x ^ (y << 10) ^ (t << 20) ^ (plane << 28) ^ hash(seed)) as u8;
    match content {
        Content::Flat => (seed >> (8 * plane)) as u8,
        Content::Noise => noise(),
        Content::Gradient => (x * 3 + y * 2 + t + plane * 40) as u8,
        Content::Motion => {
            let (u, v) = (x + 2 * t, y + t);
            let texture = hash((u / 3) ^ ((v / 3) << 10) ^ (plane << 28) ^ seed) % 90;
            let square = x.wrapping_sub(3 * t) % 64 < 12 && y % 32 < 12;
            if square { 200 } else { (60 + texture + u) as u8 }
        }
        Content::Cuts if (t / 3).is_multiple_of(2) => sample(Content::Motion, plane, x, y, t, seed ^ (t / 3)),
        Content::Cuts => noise(),
        Content::Fade => {
            let v = u32::from(sample(Content::Motion, plane, x, y, t, seed));
            let level = t % 12;
            (if level < 6 { v * level / 5 } else { v + (255 - v) * (level - 6) / 5 }) as u8
        }
        Content::Text => 255 * (hash((x / 2) ^ ((y / 2 + t) << 12)) & 1) as u8,
    }
}

/// The picture at `t`.
pub(crate) fn picture(content: Content, width: u32, height: u32, t: u32, seed: u32) -> Picture<u8> {
    let mut p = Picture::new(PictureFormat::YUV420P8, width as usize, height as usize, 0).expect("a picture");
    for (i, plane) in p.planes_mut().iter_mut().enumerate() {
        for y in 0..plane.height() {
            for (x, v) in plane.row_mut(y).iter_mut().enumerate() {
                *v = sample(content, i as u32, x as u32, y as u32, t, seed);
            }
        }
    }
    p
}
