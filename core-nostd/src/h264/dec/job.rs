//! Decoding the macroblocks of a picture, apart from all that its headers decide.
//!
//! What is read from NAL units and headers (lists, marks, output order) never depends on decoded macroblocks; see
//! [`super::state`]. What is left for each slice is a [`SliceJob`], and those of a frame, or of both its fields, are a [`PictureJob`]. A
//! [`Workbench`] does such work.

use super::conceal;
use super::parts::{MbProgress, PictureAccess, Sharing};
use super::picture::{RefPic, Structure};
use super::slice::{self, Payload, SliceDecoder, SliceOptions};
use crate::error::Result;
use crate::h264::deblock;
use crate::h264::params::{Pps, SliceHeader, Sps};
use crate::picture::Stored;
use crate::unchecked::Writer;
use crate::workers::{Progress, Workers};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Where a partition is in the job's bytes, and its first bit of `slice_data()`.
type KeptPart = (Range<usize>, usize);

/// A slice with all that decoding its macroblocks needs.
#[derive(Debug)]
pub(crate) struct SliceJob {
    /// Its header.
    pub(crate) header: SliceHeader,
    /// Picture parameter set.
    pub(crate) pps: Arc<Pps>,
    /// The reference picture lists, with as many entries as are active; an entry that no picture could be found for has been
    /// filled with another.
    pub(crate) lists: [Vec<RefPic>; 2],
    /// Numbers of the references in the current picture's motion field, see [`slice::number_references`].
    pub(crate) ref_pic: [[[i8; 32]; 2]; 3],
    /// Order counts of the fields of the current picture.
    pub(crate) field_poc: [i32; 2],
    /// Where the payload is in the job's bytes; empty if it was decoded at once, or will not be.
    payload: Range<usize>,
    /// If it is in data partitions: where B and C are, and the first bits of `slice_data()` in them.
    residuals: Option<[Option<KeptPart>; 2]>,
    /// First bit of `slice_data()` in the NAL unit's payload.
    pub(crate) bit_pos: usize,
    /// A reference is not there.
    pub(crate) missing: bool,
    /// A reference stands for a frame that was lost.
    pub(crate) tainted: bool,
    /// References with ids before this one count as undamaged.
    pub(crate) trust_from: Option<u32>,
    /// It had to be decoded.
    ran: AtomicBool,
}

impl SliceJob {
    /// Whether it shows damage, if it had to be decoded: it refers to damaged pictures, as far as their own jobs are done, or is a
    /// redundant slice, which may differ from the primary ones.
    pub(crate) fn shows_damage(&self) -> bool {
        let trusted = |pic_id: u32| self.trust_from.is_some_and(|from| pic_id < from);
        let damaged = |r: &RefPic| r.pic.damage.is_set() && !trusted(r.pic.pic_id);
        self.header.redundant_pic_cnt > 0 || self.missing || self.tainted || self.lists.iter().flatten().any(damaged)
    }
}

/// What one frame or field of a job consists of.
#[derive(Debug)]
struct Part {
    structure: Structure,
    /// Its slices in [`PictureJob::slices`].
    slices: Range<usize>,
    /// What is shown where nothing was received, the best first.
    references: Vec<RefPic>,
}

/// The slices of a frame, or of both its fields, in decoding order. Its memory is used again from picture to picture.
#[derive(Debug, Default)]
pub(crate) struct PictureJob {
    /// The first `used` are of this picture.
    slices: Vec<SliceJob>,
    used: usize,
    /// The frame, or its first field and its second field.
    parts: Vec<Part>,
    used_parts: usize,
    /// The payloads of the slices that are not decoded at once.
    bytes: Vec<u8>,
    /// The only field that came, to be shown twice.
    single_field: Option<Structure>,
}

impl PictureJob {
    /// Appends a slice with empty lists and `header`, for which one to be parsed into is given back.
    pub(crate) fn push(&mut self, header: &mut SliceHeader, pps: Arc<Pps>) -> usize {
        match self.slices.get_mut(self.used) {
            Some(slice) => {
                slice.pps = pps;
                slice.lists.iter_mut().for_each(Vec::clear);
                slice.payload = 0..0;
                slice.ran.store(false, Ordering::Relaxed);
            }
            None => self.slices.push(SliceJob {
                header: SliceHeader::default(),
                pps,
                lists: [Vec::with_capacity(32), Vec::with_capacity(32)],
                ref_pic: [[[-1; 32]; 2]; 3],
                field_poc: [0; 2],
                payload: 0..0,
                residuals: None,
                bit_pos: 0,
                missing: false,
                tainted: false,
                trust_from: None,
                ran: AtomicBool::new(false),
            }),
        }
        core::mem::swap(&mut self.slices[self.used].header, header);
        self.used += 1;
        self.used - 1
    }
    /// Slice `index`, which has been pushed.
    pub(crate) fn slice(&self, index: usize) -> &SliceJob {
        &self.slices[index]
    }
    /// Slice `index`, which has been pushed.
    pub(crate) fn slice_mut(&mut self, index: usize) -> &mut SliceJob {
        &mut self.slices[index]
    }
    /// Number of slices.
    pub(crate) fn len(&self) -> usize {
        self.used
    }
    /// Keeps the payload of slice `index`, to be decoded later.
    pub(crate) fn keep_payload(&mut self, index: usize, (rbsp, residuals): Payload<'_>) {
        let mut keep = |part: &[u8]| {
            let start = self.bytes.len();
            self.bytes.extend_from_slice(part);
            start..self.bytes.len()
        };
        let slice = &mut self.slices[index];
        slice.payload = keep(rbsp);
        slice.residuals = residuals.map(|parts| parts.map(|part| part.map(|(bytes, pos)| (keep(bytes), pos))));
    }
    /// What was kept of a slice.
    fn payload_of(&self, slice: &SliceJob) -> Payload<'_> {
        let part = |p: &Option<KeptPart>| p.as_ref().map(|(r, pos)| (&self.bytes[r.clone()], *pos));
        (&self.bytes[slice.payload.clone()], slice.residuals.as_ref().map(|[b, c]| [part(b), part(c)]))
    }
    /// Ends the frame or field that began with slice `first`. What is missing of it will be taken from the references that are put into
    /// the list.
    pub(crate) fn end_part(&mut self, structure: Structure, first: usize) -> &mut Vec<RefPic> {
        let (n, slices) = (self.used_parts & 1, first..self.used);
        match self.parts.get_mut(n) {
            Some(part) => (part.structure, part.slices) = (structure, slices),
            None => self.parts.push(Part { structure, slices, references: Vec::with_capacity(16) }),
        }
        self.used_parts = n + 1;
        let references = &mut self.parts[n].references;
        references.clear();
        references
    }
    /// Says that no other field comes: the last one is shown twice.
    pub(crate) fn double_field(&mut self, structure: Structure) {
        self.single_field = Some(structure);
    }
    /// Forgets the slices from `first` on, and what they refer to.
    pub(crate) fn truncate(&mut self, first: usize) {
        for slice in &mut self.slices[first.min(self.used)..self.used] {
            slice.lists.iter_mut().for_each(Vec::clear);
        }
        self.used = self.used.min(first);
    }
    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.truncate(0);
        self.parts.iter_mut().for_each(|part| part.references.clear());
        self.used_parts = 0;
        self.bytes.clear();
        self.single_field = None;
    }
    /// The slices that had to be decoded, once the job is done.
    pub(crate) fn decoded_slices(&self) -> impl Iterator<Item = &SliceJob> {
        self.slices[..self.used].iter().filter(|s| s.ran.load(Ordering::Relaxed))
    }
}

/// How a job that another thread does has ended.
#[derive(Debug)]
pub(crate) struct Ticket {
    /// Raised once, after everything else.
    pub(crate) done: Progress,
    /// Slices that could not be decoded to their end.
    pub(crate) damaged_slices: AtomicU32,
    /// Frames and fields of which macroblocks were concealed.
    pub(crate) concealed: AtomicU32,
    /// Those macroblocks.
    pub(crate) concealed_mbs: AtomicU32,
    /// It was not done.
    pub(crate) failed: AtomicBool,
}

impl Ticket {
    /// Of a job that nobody does yet.
    pub(crate) fn new() -> Self {
        Self {
            done: Progress::done(),
            damaged_slices: AtomicU32::new(0),
            concealed: AtomicU32::new(0),
            concealed_mbs: AtomicU32::new(0),
            failed: AtomicBool::new(false),
        }
    }
    /// Makes the ticket that of another job.
    pub(crate) fn restart(&self) {
        for counter in [&self.damaged_slices, &self.concealed, &self.concealed_mbs] {
            counter.store(0, Ordering::Relaxed);
        }
        self.failed.store(true, Ordering::Relaxed);
        self.done.restart();
    }
}

/// A job on its way to the thread that does it.
#[derive(Debug)]
pub(crate) struct Run {
    /// Let go before the ticket says that the job is done, so that the decoder can use its memory again.
    work: Option<Work>,
    ticket: Arc<Ticket>,
    workers: Arc<dyn Workers>,
}

/// What a job needs.
#[derive(Debug)]
struct Work {
    job: Arc<PictureJob>,
    sps: Arc<Sps>,
    options: SliceOptions,
    picture: Writer,
    /// Where the first field is copied to.
    copy: Option<Writer>,
}

impl Run {
    /// The job with what it writes to: the picture, and if it is one of two fields, what the second field finds the first in.
    pub(crate) fn new(
        (job, sps, options): (Arc<PictureJob>, Arc<Sps>, SliceOptions),
        picture: Writer,
        copy: Option<Writer>,
        ticket: Arc<Ticket>,
        workers: Arc<dyn Workers>,
    ) -> Self {
        Self { work: Some(Work { job, sps, options, picture, copy }), ticket, workers }
    }

    /// Does the job.
    pub(crate) fn run(mut self, bench: &mut Workbench) {
        if let Some(work) = &mut self.work {
            work.run(bench, &self.ticket, &*self.workers);
            self.ticket.failed.store(false, Ordering::Relaxed);
        }
    }
}

impl Drop for Run {
    /// Also where the job was not done: nobody must wait for it for ever.
    fn drop(&mut self) {
        self.work = None;
        self.ticket.done.raise(Progress::DONE);
        self.workers.wake();
    }
}

impl Work {
    fn run(&mut self, bench: &mut Workbench, ticket: &Ticket, workers: &dyn Workers) {
        let Self { job, sps, options, picture, copy } = self;
        let add = |counter: &AtomicU32, n: usize| {
            counter.store(counter.load(Ordering::Relaxed).saturating_add(n as u32), Ordering::Relaxed);
        };
        let picture = &mut PictureAccess::Shared(picture);
        for (i, part) in job.parts[..job.used_parts].iter().enumerate() {
            bench.progress.begin(picture.picture(), part.structure);
            for index in part.slices.clone() {
                let slice = &job.slices[index];
                if slice.payload.is_empty() || !bench.needs(slice, sps) {
                    continue;
                }
                slice.ran.store(true, Ordering::Relaxed);
                let sharing = Sharing {
                    workers,
                    // A slice may run into those that follow it, which decode their macroblocks once more.
                    rows: first_row(&job.slices[index + 1..part.slices.end], sps),
                    whole_lines: i > 0 || part.structure == Structure::Frame,
                };
                let payload = job.payload_of(slice);
                if bench.slice(*options, picture, Some(sharing), sps, slice, payload).is_err() {
                    add(&ticket.damaged_slices, 1);
                }
            }
            if bench.progress.missing() > 0 {
                for r in &part.references {
                    wait(workers, r.pic.shared.mbs(), Progress::DONE);
                    wait(workers, r.pic.shared.rows(), Progress::DONE);
                }
            }
            let concealed = bench.finish(*options, picture, &part.references);
            add(&ticket.concealed, usize::from(concealed > 0));
            add(&ticket.concealed_mbs, concealed);
            if let (0, Some(mut copy)) = (i, copy.take()) {
                PictureAccess::Shared(&mut copy).copy_field(picture, part.structure);
                // To be read from now on.
                drop(copy);
            }
        }
        if let Some(structure) = job.single_field {
            picture.double_field(structure);
        }
    }
}

/// The first row of macroblocks in which one of `slices` begins.
fn first_row(slices: &[SliceJob], sps: &Sps) -> usize {
    let first_mb = slices.iter().filter(|s| !s.payload.is_empty()).map(|s| s.header.first_mb_addr(sps)).min();
    first_mb.map_or(usize::MAX, |mb| mb / usize::from(sps.pic_width_in_mbs).max(1))
}

/// Waits until `progress` has reached `target`, if it has not.
pub(crate) fn wait(workers: &dyn Workers, progress: &Progress, target: u32) {
    if !progress.has_reached(target) {
        workers.wait(progress, target);
    }
}

/// Working memory of a thread that decodes macroblocks.
#[derive(Debug)]
pub(crate) struct Workbench {
    slice: SliceDecoder,
    /// How far the frame or field is decoded.
    pub(crate) progress: MbProgress,
}

impl Workbench {
    /// Nothing allocated yet but what every picture needs.
    pub(crate) fn new() -> Self {
        Self { slice: SliceDecoder::new(), progress: MbProgress::new() }
    }

    /// Whether a slice has to be decoded: it is no redundant one (7.4.3), or the primary ones are not whole.
    pub(crate) fn needs(&self, slice: &SliceJob, sps: &Sps) -> bool {
        slice.header.redundant_pic_cnt == 0
            || self.progress.is_missing_from(slice.header.colour_plane_id, slice.header.first_mb_addr(sps))
    }

    /// Decodes a slice of the frame or field that has been begun.
    ///
    /// # Errors
    /// As [`slice::decode`].
    pub(crate) fn slice(
        &mut self,
        options: SliceOptions,
        picture: &mut PictureAccess<'_>,
        sharing: Option<Sharing<'_>>,
        sps: &Sps,
        job: &SliceJob,
        payload: Payload<'_>,
    ) -> Result<()> {
        slice::decode(&mut self.slice, options, (&mut self.progress, picture, sharing), sps, job, payload)
    }

    /// Completes the frame or field: conceals what was not received with what the `references`, which are finished, show, and deblocks.
    /// Returns how many macroblocks were concealed.
    pub(crate) fn finish(
        &mut self,
        options: SliceOptions,
        picture: &mut PictureAccess<'_>,
        references: &[RefPic],
    ) -> usize {
        if picture.picture().shared.shape().0.is_8_bit() {
            self.finish_as::<u8>(options, picture, references)
        } else {
            self.finish_as::<u16>(options, picture, references)
        }
    }

    fn finish_as<P: Stored>(
        &mut self,
        options: SliceOptions,
        picture: &mut PictureAccess<'_>,
        references: &[RefPic],
    ) -> usize {
        let missing = self.progress.missing();
        let planes = self.progress.colour_planes();
        // All is concealed before anything is deblocked that it is compared with.
        for plane in planes.clone().filter(|_| missing > 0) {
            if let Some(mut parts) = self.progress.parts::<P>(picture, plane, None) {
                conceal::picture(&mut parts, references);
            }
        }
        for plane in planes {
            if let Some(mut parts) = self.progress.parts::<P>(picture, plane, None) {
                deblock::finish(options.kernels, &mut parts);
            }
        }
        self.progress.keep_field_pairs(&picture.picture().motion);
        missing
    }
}

impl Default for Workbench {
    fn default() -> Self {
        Self::new()
    }
}
