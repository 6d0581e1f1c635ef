//! The one thing that the types of safe Rust cannot say: a picture whose upper rows others read while its lower rows are written.
//!
//! Frame threading lives on that. A P picture needs of its reference a few rows more than it has itself, so that both can be
//! decoded at the same time, one behind the other. Rows can be finished in one order only, from the top to the bottom, and a row
//! that is finished does not change. So at any time a picture's memory is cut in two:
//!
//! - the finished rows, which anybody may read and nobody may write;
//! - the open rows, which belong to one [`Writer`] and which nobody else may look at.
//!
//! The border between them is one atomic counter, the [`Progress`] of the picture. It only rises, and only its writer raises it. It
//! stores with release what readers load with acquire, so that whoever sees a row counted also sees the samples in it.
//!
//! | type | may |
//! |---|---|
//! | [`Shared`] | own the memory; give out all of it to whoever has it alone, or when everything is finished |
//! | [`Writer`] | reach the open rows of a picture that others can reach, too; there is one at most |
//! | [`PictureMut`], [`PlaneMut`], [`Open`] | be the open rows while they are borrowed, and [`PictureMut::publish`] some of them |
//! | [`Finished`], [`PlaneRef`] | be the finished rows |
//!
//! That there is one writer at most follows from ownership: [`Writer::open`] takes a picture that nobody else holds (`Arc::get_mut`),
//! and as long as the writer lives, it holds the picture, so that `Arc::get_mut` fails for everybody else.
//!
//! What it is worth: with two threads, `transcode decode` took 0.58 of the wall time of one for a 720p stream with B pictures, 0.64 for
//! one of P pictures, 0.65 for one of 6 Mbit/s (two cores of an EPYC, medians of 7 pairs). Without it, threads would have to wait for
//! whole pictures, and would gain nothing where each is predicted from the one before.
#![allow(unsafe_code, reason = "see the module's documentation")]

#[cfg(test)]
mod tests;

use crate::error::{Error, Result};
use crate::h264::dec::picture::DecodedPicture;
use crate::h264::mb_info::MbMotion;
use crate::picture::{Lines, Picture, PictureFormat, Plane, Samples, Stored, with_picture};
use crate::workers::Progress;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// The elements of a slice that have not been given up. It is as good as a `&mut [T]` to the rest of a slice, but for one thing:
/// it may be passed to a function that then gives up a part, while a `&mut [T]` claims all it was passed with until the
/// function returns.
#[derive(Debug)]
pub(crate) struct Open<'a, T> {
    first: NonNull<T>,
    len: usize,
    of: PhantomData<&'a mut [T]>,
}

// SAFETY: it is a `&mut [T]`, which may be sent to another thread if `T` may.
unsafe impl<T: Send> Send for Open<'_, T> {}
// SAFETY: a shared one gives shared references to elements and nothing else.
unsafe impl<T: Sync> Sync for Open<'_, T> {}

impl<'a, T> Open<'a, T> {
    /// All of `slice`.
    #[inline]
    pub(crate) fn of(slice: &'a mut [T]) -> Self {
        Self { len: slice.len(), first: NonNull::from(slice).cast(), of: PhantomData }
    }
    /// The elements.
    #[inline(always)]
    pub(crate) fn get(&self) -> &[T] {
        // SAFETY: `first` and `len` were those of a `&'a mut [T]`, of which `give_up` only takes away; nobody else reaches what is left as
        // long as `'a` lasts, and no `get_mut` is in use while `self` is borrowed.
        unsafe { core::slice::from_raw_parts(self.first.as_ptr(), self.len) }
    }
    /// The elements.
    #[inline(always)]
    pub(crate) fn get_mut(&mut self) -> &mut [T] {
        // SAFETY: as in `get`, and `self` is borrowed exclusively.
        unsafe { core::slice::from_raw_parts_mut(self.first.as_ptr(), self.len) }
    }
    /// Lets go of the first `n` elements, or of all.
    fn give_up(&mut self, n: usize) {
        let n = n.min(self.len);
        // SAFETY: `n` is at most the length of the allocation's part that begins at `first`.
        self.first = unsafe { self.first.add(n) };
        self.len -= n;
    }
}

/// The open rows of a plane. Indices into its samples count from the first open row, as [`Lines::index`] does.
#[derive(Debug)]
pub(crate) struct PlaneMut<'a, P> {
    open: Open<'a, P>,
    /// Index of sample (0, 0), minus the samples that have been given up.
    origin: isize,
    stride: usize,
    width: usize,
    height: usize,
}

impl<'a, P: Copy + Default> PlaneMut<'a, P> {
    /// All rows.
    pub(crate) fn of(plane: &'a mut Plane<P>) -> Self {
        let (origin, stride) = (plane.origin() as isize, plane.stride());
        let (width, height) = (plane.width(), plane.height());
        Self { open: Open::of(plane.data_mut()), origin, stride, width, height }
    }
    /// The samples of the open rows.
    #[inline(always)]
    pub(crate) fn data_mut(&mut self) -> &mut [P] {
        self.open.get_mut()
    }
    fn give_up(&mut self, samples: usize) {
        self.open.give_up(samples);
        self.origin -= samples as isize;
    }
}

impl<P: Copy + Default> Lines<P> for PlaneMut<'_, P> {
    #[inline(always)]
    fn data(&self) -> &[P] {
        self.open.get()
    }
    #[inline(always)]
    fn index(&self, x: usize, y: usize) -> usize {
        (self.origin + (y * self.stride + x) as isize) as usize
    }
    #[inline(always)]
    fn stride(&self) -> usize {
        self.stride
    }
    fn width(&self) -> usize {
        self.width
    }
    fn height(&self) -> usize {
        self.height
    }
}

/// The open rows of a picture.
#[derive(Debug)]
pub(crate) struct PictureMut<'a, P> {
    format: PictureFormat,
    planes: [PlaneMut<'a, P>; 3],
    /// Where finished rows are counted, in lines of luma; without, nobody waits for them.
    progress: Option<&'a Progress>,
}

impl<'a, P: Copy + Default> PictureMut<'a, P> {
    /// All rows of a picture with three planes, which nobody waits for.
    ///
    /// # Errors
    /// Never for pictures that were decoded: they have three planes, whatever their format.
    pub(crate) fn of(picture: &'a mut Picture<P>) -> Result<Self> {
        let format = picture.format();
        let [y, cb, cr] = picture.planes_mut() else { return Err(Error::invalid("picture format")) };
        Ok(Self { format, planes: [y, cb, cr].map(PlaneMut::of), progress: None })
    }
    /// What the samples are.
    #[inline]
    pub(crate) fn format(&self) -> PictureFormat {
        self.format
    }
    /// The planes.
    #[inline(always)]
    pub(crate) fn planes(&self) -> &[PlaneMut<'a, P>; 3] {
        &self.planes
    }
    /// The planes.
    #[inline(always)]
    pub(crate) fn planes_mut(&mut self) -> &mut [PlaneMut<'a, P>; 3] {
        &mut self.planes
    }
    /// Plane `i`: 0 luma, 1 Cb, 2 Cr.
    #[inline(always)]
    pub(crate) fn plane_mut(&mut self, i: usize) -> &mut PlaneMut<'a, P> {
        &mut self.planes[i]
    }
    /// Says that the rows before line `row` of luma will not change any more, and gives them up. True if somebody may wait for them.
    pub(crate) fn publish(&mut self, row: usize) -> bool {
        let Some(progress) = self.progress else { return false };
        let row = row.min(self.planes[0].height) as u32;
        let before = progress.get();
        if row <= before {
            return false;
        }
        for (i, plane) in self.planes.iter_mut().enumerate() {
            let n = |row| samples_before(plane, rows_of_plane(self.format, i, row));
            let given_up = n(row) - n(before);
            plane.give_up(given_up);
        }
        progress.raise(row);
        true
    }
}

/// Lines of plane `i` that lie in the first `row` lines of luma as a whole.
fn rows_of_plane(format: PictureFormat, i: usize, row: u32) -> usize {
    (if i == 0 { row } else { row >> format.chroma.shifts().1 }) as usize
}

/// Samples in the first `rows` rows of a plane without padding.
fn samples_before<P>(plane: &impl Lines<P>, rows: usize) -> usize {
    rows.min(plane.height()) * plane.stride()
}

/// The open macroblocks of a picture's motion, by the address of the macroblock in a frame or a field.
#[derive(Debug)]
pub(crate) struct MotionMut<'a> {
    open: Open<'a, MbMotion>,
    /// Index in `open` of the macroblock with address 0.
    origin: isize,
    /// Where finished macroblocks are counted; without, nobody waits for them.
    progress: Option<&'a Progress>,
}

impl<'a> MotionMut<'a> {
    /// All of `mbs`, which nobody waits for. Address 0 is that of `mbs[first]`.
    pub(crate) fn of(mbs: &'a mut [MbMotion], first: usize) -> Self {
        Self { open: Open::of(mbs), origin: first as isize, progress: None }
    }
    /// Says that the macroblocks before address `addr` will not change any more, and gives them up. Nothing happens where there are others
    /// before them that are not finished. True if somebody may wait for them.
    pub(crate) fn publish(&mut self, addr: usize) -> bool {
        let Some(progress) = self.progress else { return false };
        if self.origin > 0 {
            return false;
        }
        let n = usize::try_from(self.origin + addr as isize).unwrap_or(0).min(self.open.len);
        self.open.give_up(n);
        self.origin -= n as isize;
        progress.raise(progress.get() + n as u32);
        n > 0
    }
}

impl MotionMut<'_> {
    /// The macroblock at address `addr`, if there is one.
    #[inline(always)]
    pub(crate) fn get(&self, addr: usize) -> Option<&MbMotion> {
        self.open.get().get(self.origin.wrapping_add_unsigned(addr) as usize)
    }
}

impl core::ops::Index<usize> for MotionMut<'_> {
    type Output = MbMotion;
    #[inline(always)]
    fn index(&self, addr: usize) -> &MbMotion {
        &self.open.get()[(self.origin + addr as isize) as usize]
    }
}

impl core::ops::IndexMut<usize> for MotionMut<'_> {
    #[inline(always)]
    fn index_mut(&mut self, addr: usize) -> &mut MbMotion {
        let at = (self.origin + addr as isize) as usize;
        &mut self.open.get_mut()[at]
    }
}

/// The memory of a picture: its samples, and the motion of its macroblocks.
#[derive(Debug)]
pub(crate) struct Shared {
    samples: Samples,
    motion: Vec<MbMotion>,
    /// Lines of luma that are finished; done if there is no writer.
    rows: Progress,
    /// Macroblocks of `motion` that are finished; done if there is no writer.
    mbs: Progress,
}

impl Shared {
    /// Of a picture that nobody shares yet.
    pub(crate) fn new(samples: Samples, motion: Vec<MbMotion>) -> Self {
        Self { samples, motion, rows: Progress::done(), mbs: Progress::done() }
    }
    /// All of it, for whoever has it alone.
    pub(crate) fn get_mut(&mut self) -> (&mut Samples, &mut Vec<MbMotion>) {
        (&mut self.samples, &mut self.motion)
    }
    /// What the samples are, and the width and height of the luma plane.
    pub(crate) fn shape(&self) -> (PictureFormat, usize, usize) {
        // No sample is read for this.
        (self.samples.format(), self.samples.width(), self.samples.height())
    }
    /// Lines of luma that are finished.
    pub(crate) fn rows(&self) -> &Progress {
        &self.rows
    }
    /// Macroblocks whose motion is finished.
    pub(crate) fn mbs(&self) -> &Progress {
        &self.mbs
    }
    /// All samples of a picture that is finished.
    ///
    /// # Panics
    /// If it is not. Nobody asks before: the picture's job has ended.
    pub(crate) fn whole(&self) -> &Samples {
        // There is no writer any more when the count is done, and whoever writes after that holds the picture alone.
        assert!(self.rows.has_reached(Progress::DONE), "a picture is given out when it is finished");
        &self.samples
    }
    /// The rows that are finished by now, if the samples are of this type.
    pub(crate) fn finished<P: Stored>(&self) -> Option<Finished<'_, P>> {
        Some(Finished::of(P::of(&self.samples)?, &self.rows))
    }
    /// The motion of the macroblocks that is finished by now.
    pub(crate) fn motion(&self) -> &[MbMotion] {
        let n = (self.mbs.get() as usize).min(self.motion.len());
        // SAFETY: the first `n` elements of the vector are finished: the writer gave them up before it counted them, and nobody else can
        // write as long as `self` is shared. The pointer is the vector's own, and reading is what it is for.
        unsafe { core::slice::from_raw_parts(self.motion.as_ptr(), n) }
    }
}

/// The rows of a picture that were finished at some time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finished<'a, P> {
    /// Only sizes and pointers are read through this, as long as not all is finished.
    picture: &'a Picture<P>,
    progress: &'a Progress,
    rows: u32,
    planes: [PlaneRef<'a, P>; 3],
}

impl<'a, P: Copy + Default> Finished<'a, P> {
    fn of(picture: &'a Picture<P>, progress: &'a Progress) -> Self {
        let rows = progress.get();
        Self { picture, progress, rows, planes: core::array::from_fn(|i| PlaneRef::begun(picture, i, rows)) }
    }
    /// Whether all rows are finished.
    #[inline(always)]
    pub(crate) fn is_all(&self) -> bool {
        self.rows == Progress::DONE
    }
    /// Lines of luma.
    #[inline(always)]
    pub(crate) fn rows(&self) -> u32 {
        self.rows
    }
    /// Lines of luma that there will be.
    pub(crate) fn height(&self) -> usize {
        self.picture.height()
    }
    /// Where finished lines are counted.
    pub(crate) fn progress(&self) -> &'a Progress {
        self.progress
    }
    /// Takes in what has been finished since.
    pub(crate) fn update(&mut self) {
        *self = Self::of(self.picture, self.progress);
    }
    /// The rows of plane `i`.
    #[inline(always)]
    pub(crate) fn plane(&self, i: usize) -> &PlaneRef<'a, P> {
        &self.planes[i]
    }
}

/// Finished rows of a plane. Indices count from its first sample.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlaneRef<'a, P> {
    /// The samples of those rows.
    pub(crate) data: &'a [P],
    /// Index of sample (0, 0).
    pub(crate) origin: usize,
    /// Distance between rows in samples.
    pub(crate) stride: usize,
    /// Width of the plane.
    pub(crate) width: usize,
    /// Height of the plane, finished or not.
    pub(crate) height: usize,
}

impl<'a, P: Copy + Default> PlaneRef<'a, P> {
    /// All rows of a plane that nobody writes.
    pub(crate) fn of(plane: &'a Plane<P>) -> Self {
        Self::with(plane, plane.data())
    }
    fn with(plane: &'a Plane<P>, data: &'a [P]) -> Self {
        Self { data, origin: plane.origin(), stride: plane.stride(), width: plane.width(), height: plane.height() }
    }
    /// Those of plane `i` of `picture` that are finished where `rows`, which its progress has reached, are in luma.
    fn begun(picture: &'a Picture<P>, i: usize, rows: u32) -> Self {
        let plane = picture.plane(i);
        if rows == Progress::DONE {
            return Self::of(plane);
        }
        let n = samples_before(plane, rows_of_plane(picture.format(), i, rows));
        debug_assert!(n <= plane.len());
        // SAFETY: these rows are finished: the writer gave them up, counted with the same function, before it raised the count to `rows`, and
        // nobody else can write as long as the picture is shared. The pointer is that of the plane's vector, and `n` is
        // at most its length.
        Self::with(plane, unsafe { core::slice::from_raw_parts(plane.as_ptr(), n) })
    }
}

/// Writes a picture that others can reach: they see what it has published. Everything counts as finished when it is dropped.
#[derive(Debug)]
pub(crate) struct Writer {
    picture: Arc<DecodedPicture>,
    /// First samples of the planes, taken when nobody else had the picture.
    planes: [NonNull<u8>; 3],
    /// The first macroblock's motion.
    motion: NonNull<MbMotion>,
}

// SAFETY: it stands for `&mut` access to a part of what `picture`, which can be sent, owns.
unsafe impl Send for Writer {}

impl Drop for Writer {
    fn drop(&mut self) {
        let shared = &self.picture.shared;
        shared.mbs.raise(Progress::DONE);
        shared.rows.raise(Progress::DONE);
    }
}

impl Writer {
    /// Makes all of `picture`, which must have no other owner, open to the writer.
    ///
    /// # Errors
    /// Never, if there is no other owner.
    pub(crate) fn open(picture: &mut Arc<DecodedPicture>) -> Result<Self> {
        let shared = &mut Arc::get_mut(picture).ok_or(Error::invalid("picture pool"))?.shared;
        let planes = with_picture!(&mut shared.samples, p => {
            let [y, cb, cr] = p.planes_mut() else { return Err(Error::invalid("picture format")) };
            [y, cb, cr].map(|plane| NonNull::from(plane.data_mut()).cast::<u8>())
        });
        let motion = NonNull::from(shared.motion.as_mut_slice()).cast();
        shared.rows.restart();
        shared.mbs.restart();
        Ok(Self { picture: Arc::clone(picture), planes, motion })
    }
    /// The picture, of which only what is finished can be read.
    pub(crate) fn picture(&self) -> &DecodedPicture {
        &self.picture
    }
    /// The open rows, if the samples are of this type, and the open macroblocks of the motion, in which address 0 is that of macroblock
    /// `first_mb` of the frame.
    pub(crate) fn parts<P: Stored>(
        &mut self,
        first_mb: usize,
    ) -> Option<(PictureMut<'_, P>, MotionMut<'_>, &DecodedPicture)> {
        let shared = &self.picture.shared;
        let picture = P::of(&shared.samples)?;
        let (format, before) = (picture.format(), shared.rows.get());
        let mut i = 0;
        let planes = self.planes.map(|first| {
            let plane = picture.plane(i);
            debug_assert_eq!(first.cast::<P>().as_ptr().cast_const(), plane.as_ptr(), "the plane is where it was");
            // SAFETY: `first` is where the `len` samples of this plane begin, whose type is `P`; it was taken from an exclusive reference,
            // and the picture lives as long as the writer. `Open` makes references to what is not published only, which nobody
            // else reaches: there is one writer, and it is borrowed exclusively.
            let open = Open { first: first.cast(), len: plane.len(), of: PhantomData };
            let (stride, width, height) = (plane.stride(), plane.width(), plane.height());
            let mut plane = PlaneMut { open, origin: plane.origin() as isize, stride, width, height };
            let given_up = samples_before(&plane, rows_of_plane(format, i, before));
            plane.give_up(given_up);
            i += 1;
            plane
        });
        // The same goes for the motion.
        debug_assert_eq!(self.motion.as_ptr().cast_const(), shared.motion.as_ptr(), "the motion is where it was");
        let mut open = Open { first: self.motion, len: shared.motion.len(), of: PhantomData };
        let before = (shared.mbs.get() as usize).min(open.len);
        open.give_up(before);
        let motion = MotionMut { open, origin: first_mb as isize - before as isize, progress: Some(&shared.mbs) };
        Some((PictureMut { format, planes, progress: Some(&shared.rows) }, motion, &self.picture))
    }
}
