//! How pictures are meant to be shown: pixel aspect ratio, colour, chroma siting; and how that survives scaling.

use transcode_container::VideoTrack;
use transcode_core::h264::{ColourDescription, VideoInfo};

/// `num`/`den` in lowest terms, with the nearest fraction whose parts are at most `max` where the exact one has larger
/// ones; `None` where a part would be 0.
pub(crate) fn fraction(num: u128, den: u128, max: u32) -> Option<(u32, u32)> {
    let max = u128::from(max);
    if num == 0 || den == 0 {
        return None;
    }
    // Convergents of the continued fraction; the last that fits is the best of its size.
    let (mut n, mut d) = (num, den);
    let (mut p0, mut q0, mut p1, mut q1) = (0u128, 1u128, 1u128, 0u128);
    while d != 0 {
        let a = n / d;
        let next =
            a.checked_mul(p1).and_then(|v| v.checked_add(p0)).zip(a.checked_mul(q1).and_then(|v| v.checked_add(q0)));
        let Some((p2, q2)) = next.filter(|&(p, q)| p <= max && q <= max) else { break };
        (p0, q0, p1, q1) = (p1, q1, p2, q2);
        (n, d) = (d, n % d);
    }
    (p1 > 0 && q1 > 0).then_some((p1 as u32, q1 as u32))
}

/// What the encoded stream and its track say of how to show the pictures, for a source of which `stream` and `track`
/// speak and that is scaled from `from` to `to` (width, height).
pub(crate) fn of_output(
    stream: &VideoInfo,
    track: &VideoTrack,
    from: (u32, u32),
    to: (u32, u32),
) -> (VideoInfo, VideoTrack) {
    let coded = stream.sample_aspect_ratio.map(|(w, h)| (u32::from(w), u32::from(h)));
    // What the container says goes before what the stream says, as players have it.
    let said = track.sample_aspect_ratio.filter(|s| s.0 > 0 && s.1 > 0).or(coded);
    let aspect = scaled_aspect(said, from, to);
    let small = aspect.and_then(|(w, h)| fraction(u128::from(w), u128::from(h), u32::from(u16::MAX)));
    let shown = VideoInfo {
        sample_aspect_ratio: small.map(|(w, h)| (w as u16, h as u16)),
        full_range: stream.full_range || track.colour.and_then(|c| c.full_range) == Some(true),
        colour: stream.colour.or_else(|| container_colour(track)),
        ..*stream
    };
    let mut out = VideoTrack { width: to.0, height: to.1, ..*track };
    if from != to {
        // The size shown follows from the new size and aspect ratio.
        out.display_size = None;
        out.sample_aspect_ratio = aspect;
    }
    (shown, out)
}

fn container_colour(track: &VideoTrack) -> Option<ColourDescription> {
    let c = track.colour?;
    let byte = |v: u16| u8::try_from(v).ok();
    Some(ColourDescription { primaries: byte(c.primaries)?, transfer: byte(c.transfer)?, matrix: byte(c.matrix)? })
}

/// The pixel aspect ratio that keeps the picture's shape. Pixels that nothing is said of are taken as square, and
/// nothing is said of them again if they stay so.
fn scaled_aspect(said: Option<(u32, u32)>, from: (u32, u32), to: (u32, u32)) -> Option<(u32, u32)> {
    if from == to {
        return said;
    }
    let (w, h) = said.unwrap_or((1, 1));
    let num = u128::from(w) * u128::from(from.0) * u128::from(to.1);
    let den = u128::from(h) * u128::from(from.1) * u128::from(to.0);
    fraction(num, den, u32::from(u16::MAX)).filter(|&a| said.is_some() || a != (1, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions() {
        assert_eq!(fraction(30000, 1000, u32::MAX), Some((30, 1)));
        assert_eq!(fraction(30000, 1001, u32::MAX), Some((30000, 1001)));
        assert_eq!(fraction(0, 5, 9), None);
        assert_eq!(fraction(u128::MAX, u128::MAX - 1, u32::MAX), Some((1, 1)));
        let (n, d) = fraction(314_159_265_358, 100_000_000_000, 1000).unwrap();
        assert_eq!((n, d), (355, 113));
        assert_eq!(fraction(1, 1 << 40, 1000), None);
    }

    #[test]
    fn shape_is_kept() {
        assert_eq!(scaled_aspect(None, (1920, 1080), (1280, 720)), None);
        assert_eq!(scaled_aspect(Some((1, 1)), (1920, 1080), (1280, 720)), Some((1, 1)));
        assert_eq!(scaled_aspect(None, (1920, 1080), (720, 576)), Some((64, 45)));
        assert_eq!(scaled_aspect(Some((64, 45)), (720, 576), (1920, 1080)), Some((1, 1)));
        assert_eq!(scaled_aspect(Some((40, 33)), (720, 480), (720, 480)), Some((40, 33)));
    }
}
