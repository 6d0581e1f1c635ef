//! Small enough for Miri, which looks for data races and for references to what others write:
//! `cargo +nightly miri test -p transcode-core --lib unchecked`.

use super::*;
use crate::h264::dec::picture::{Damage, MotionHead};
use crate::h264::mb_info::Mv;
use crate::picture::ChromaFormat;
use std::thread;
use std::vec;

const WIDTH: usize = 16;
const HEIGHT: usize = 48;
const MBS: usize = 3;

fn format(chroma: ChromaFormat, bit_depth: u8) -> PictureFormat {
    PictureFormat { chroma, bit_depth_luma: bit_depth, bit_depth_chroma: bit_depth }
}

fn picture(format: PictureFormat) -> Arc<DecodedPicture> {
    Arc::new(DecodedPicture {
        shared: Shared::new(Samples::new(format, WIDTH, HEIGHT, 0).unwrap(), vec![MbMotion::INTRA; MBS]),
        motion: MotionHead::default(),
        field_poc: [0; 2],
        poc: 0,
        pic_id: 0,
        damage: Damage::default(),
    })
}

/// What the tests write into row `y` of plane `i`.
fn value(i: usize, y: usize) -> u8 {
    (50 * i + y + 1) as u8
}

fn fill(picture: &mut PictureMut<'_, u8>, rows: core::ops::Range<usize>) {
    let shift = picture.format().chroma.shifts().1;
    for (i, plane) in picture.planes_mut().iter_mut().enumerate() {
        let s = if i == 0 { 0 } else { shift };
        for y in rows.start >> s..rows.end >> s {
            let (at, width) = (plane.index(0, y), plane.width());
            plane.data_mut()[at..at + width].fill(value(i, y));
        }
    }
}

fn wait(progress: &Progress, target: u32) {
    while !progress.has_reached(target) {
        thread::yield_now();
    }
}

#[test]
fn rows_are_read_while_others_are_written() {
    let mut pic = picture(PictureFormat::YUV420P8);
    let mut writer = Writer::open(&mut pic).unwrap();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut seen = pic.shared.finished::<u8>().unwrap();
                for y in 0..HEIGHT {
                    wait(seen.progress(), y as u32 + 1);
                    seen.update();
                    let luma = seen.plane(0);
                    let row = &luma.data[luma.origin + y * luma.stride..][..WIDTH];
                    assert_eq!(row, [value(0, y); WIDTH]);
                    if y & 1 != 0 {
                        let cr = seen.plane(2);
                        let row = &cr.data[cr.origin + y / 2 * cr.stride..][..WIDTH / 2];
                        assert_eq!(row, [value(2, y / 2); WIDTH / 2]);
                    }
                }
                wait(pic.shared.mbs(), MBS as u32);
                let x: vec::Vec<i16> = pic.shared.motion().iter().map(|m| m.mv[0][0].x).collect();
                assert_eq!(x, [1, 2, 3]);
            });
        }
        scope.spawn(move || {
            for mb in 0..MBS {
                // As slices do, each of which borrows the rest anew.
                let (mut picture, mut motion, _) = writer.parts::<u8>(0).unwrap();
                for y in 16 * mb..16 * mb + 16 {
                    fill(&mut picture, y..y + 1);
                    assert!(picture.publish(y + 1));
                }
                motion[mb].mv[0][0] = Mv::new(mb as i16 + 1, 0);
                assert!(motion.publish(mb + 1));
            }
        });
    });
    // The writer is gone.
    assert_eq!(pic.shared.whole().width(), WIDTH);
}

#[test]
fn what_readers_have_and_what_the_writer_has_is_all_there_is() {
    for chroma in [ChromaFormat::Yuv420, ChromaFormat::Yuv422, ChromaFormat::Yuv444] {
        let mut pic = picture(format(chroma, 10));
        let mut writer = Writer::open(&mut pic).unwrap();
        assert!(writer.parts::<u8>(0).is_none(), "its samples are of 16 bits");
        for row in 0..HEIGHT + 4 {
            let (mut picture, ..) = writer.parts::<u16>(0).unwrap();
            assert_eq!(picture.publish(row), row > 0 && row <= HEIGHT);
            assert!(!picture.publish(row.saturating_sub(1)), "no row is taken back");
            let seen = pic.shared.finished::<u16>().unwrap();
            assert!(!seen.is_all());
            for i in 0..3 {
                let (read, open) = (seen.plane(i), picture.planes()[i].data());
                let all = picture.planes()[i].height() * read.stride;
                assert_eq!(read.data.len() + open.len(), all, "{chroma:?}, plane {i}, {row} rows");
                if !open.is_empty() {
                    let end = read.data.as_ptr_range().end;
                    assert_eq!(end, open.as_ptr(), "{chroma:?}, plane {i}, {row} rows");
                }
            }
        }
    }
}

#[test]
fn there_is_one_writer_and_it_has_the_picture_from_those_who_had_it_alone() {
    let mut pic = picture(PictureFormat::YUV420P8);
    let other = Arc::clone(&pic);
    assert!(Writer::open(&mut pic).is_err(), "somebody else has it");
    drop(other);
    let writer = Writer::open(&mut pic).unwrap();
    assert!(Writer::open(&mut pic).is_err(), "there is a writer");
    assert!(Arc::get_mut(&mut pic).is_none());
    assert!(pic.shared.motion().is_empty() && pic.shared.finished::<u8>().unwrap().plane(0).data.is_empty());
    drop(writer);
    let seen = pic.shared.finished::<u8>().unwrap();
    assert!(seen.is_all() && seen.plane(0).data.len() >= WIDTH * HEIGHT);
    assert_eq!(pic.shared.motion().len(), MBS);
    assert!(Writer::open(&mut pic).is_ok(), "it can be written again");
}

/// Motion of a second field lies behind that of the first, which nobody else writes: nothing is published of it.
#[test]
fn motion_is_published_from_the_first_macroblock_on() {
    let mut pic = picture(PictureFormat::YUV420P8);
    let mut writer = Writer::open(&mut pic).unwrap();
    let (_, mut motion, _) = writer.parts::<u8>(1).unwrap();
    assert!(!motion.publish(1));
    motion[1] = MbMotion::INTRA;
    assert!(motion.get(2).is_none() && motion.get(usize::MAX).is_some(), "addresses count from the second macroblock");
    let (_, mut motion, _) = writer.parts::<u8>(0).unwrap();
    assert!(motion.publish(2) && !motion.publish(1));
    assert!(motion.get(1).is_none() && motion.get(2).is_some());
    assert_eq!(pic.shared.motion().len(), 2);
}

#[test]
#[should_panic(expected = "out of range")]
fn a_row_that_is_given_up_cannot_be_written() {
    let mut pic = picture(PictureFormat::YUV420P8);
    let mut writer = Writer::open(&mut pic).unwrap();
    let (mut picture, ..) = writer.parts::<u8>(0).unwrap();
    picture.publish(4);
    let luma = picture.plane_mut(0);
    let at = luma.index(0, 3);
    luma.data_mut()[at..][..WIDTH].fill(0);
}

#[test]
#[should_panic(expected = "out of bounds")]
fn motion_that_is_given_up_cannot_be_written() {
    let mut pic = picture(PictureFormat::YUV420P8);
    let mut writer = Writer::open(&mut pic).unwrap();
    let (_, mut motion, _) = writer.parts::<u8>(0).unwrap();
    motion.publish(1);
    motion[0] = MbMotion::INTRA;
}

#[test]
#[should_panic(expected = "when it is finished")]
fn a_picture_is_not_given_out_before_it_is_finished() {
    let mut pic = picture(PictureFormat::YUV420P8);
    let _writer = Writer::open(&mut pic).unwrap();
    pic.shared.whole();
}
