//! Jobs that other threads do, from the submission to the day they are heard of again.
//!
//! They are heard of in the order of submission, which is decoding order. So when it is said of a picture whether it is damaged,
//! that is known of all that it refers to.

use super::DecodeStats;
use super::job::{PictureJob, Run, Ticket};
use super::picture::DecodedPicture;
use super::slice::SliceOptions;
use crate::h264::params::Sps;
use crate::unchecked::Writer;
use crate::workers::{Progress, Task, Workers};
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::Ordering;

/// A job that has been submitted.
#[derive(Debug)]
struct UnderWay {
    job: Arc<PictureJob>,
    ticket: Arc<Ticket>,
    picture: Arc<DecodedPicture>,
    /// The headers say that the picture is damaged.
    corrupt: bool,
}

/// The jobs under way, first submitted first. What they need is used again from job to job.
#[derive(Debug)]
pub(super) struct Flight {
    workers: Arc<dyn Workers>,
    under_way: VecDeque<UnderWay>,
    /// How many there may be.
    most: usize,
    jobs: Vec<Arc<PictureJob>>,
    tickets: Vec<Arc<Ticket>>,
}

impl Flight {
    /// No job yet.
    pub(super) fn new(workers: Arc<dyn Workers>) -> Self {
        // One more than can run, so that a thread that ends a job finds the next one.
        let most = workers.threads().max(1) + 1;
        Self {
            workers,
            under_way: VecDeque::with_capacity(most),
            most,
            jobs: Vec::with_capacity(most + 1),
            tickets: Vec::with_capacity(most),
        }
    }
    /// An empty job, in memory of an earlier one if there is some.
    pub(super) fn spare_job(&mut self) -> Arc<PictureJob> {
        self.jobs.pop().unwrap_or_default()
    }
    /// Takes back a job that will not be submitted.
    pub(super) fn recycle(&mut self, mut job: Arc<PictureJob>) {
        if let (Some(j), true) = (Arc::get_mut(&mut job), self.jobs.len() <= self.most) {
            j.clear();
            self.jobs.push(job);
        }
    }
    /// Has a job done, once there is room for it. `corrupt` says that the headers show damage.
    pub(super) fn submit(
        &mut self,
        (job, sps, options): (Arc<PictureJob>, Arc<Sps>, SliceOptions),
        (picture, writer): (Arc<DecodedPicture>, Writer),
        copy: Option<Writer>,
        corrupt: bool,
        stats: &mut DecodeStats,
    ) {
        while self.under_way.len() >= self.most {
            self.wait_for_first(stats);
        }
        let ticket = self.tickets.pop().unwrap_or_else(|| Arc::new(Ticket::new()));
        ticket.restart();
        let run =
            Run::new((Arc::clone(&job), sps, options), writer, copy, Arc::clone(&ticket), Arc::clone(&self.workers));
        self.under_way.push_back(UnderWay { job, ticket, picture, corrupt });
        self.workers.submit(Task(run));
    }
    /// Whether `picture` is still being decoded, or one before it.
    pub(super) fn holds(&self, picture: &Arc<DecodedPicture>) -> bool {
        self.under_way.iter().any(|u| Arc::ptr_eq(&u.picture, picture))
    }
    /// Hears of the jobs that are done, without waiting.
    pub(super) fn land(&mut self, stats: &mut DecodeStats) {
        while self.under_way.front().is_some_and(|first| first.ticket.done.has_reached(Progress::DONE)) {
            self.wait_for_first(stats);
        }
    }
    /// Waits for all jobs.
    pub(super) fn land_all(&mut self, stats: &mut DecodeStats) {
        while !self.under_way.is_empty() {
            self.wait_for_first(stats);
        }
    }
    fn wait_for_first(&mut self, stats: &mut DecodeStats) {
        if let Some(first) = self.under_way.pop_front() {
            if !first.ticket.done.has_reached(Progress::DONE) {
                self.workers.wait(&first.ticket.done, Progress::DONE);
            }
            self.hear_of(first, stats);
        }
    }
    fn hear_of(&mut self, under_way: UnderWay, stats: &mut DecodeStats) {
        let UnderWay { job, ticket, picture, corrupt } = under_way;
        let count = |counter: &core::sync::atomic::AtomicU32| u64::from(counter.load(Ordering::Relaxed));
        let (damaged, concealed) = (count(&ticket.damaged_slices), count(&ticket.concealed));
        stats.damaged_units += damaged;
        stats.concealed += concealed;
        stats.concealed_mbs += count(&ticket.concealed_mbs);
        let mut corrupt = corrupt || damaged + concealed > 0 || ticket.failed.load(Ordering::Relaxed);
        for slice in job.decoded_slices() {
            stats.missing_references += u64::from(slice.missing);
            corrupt |= slice.shows_damage();
        }
        if corrupt {
            picture.damage.set();
        }
        self.tickets.push(ticket);
        self.recycle(job);
    }
}

impl Drop for Flight {
    /// Nobody hears of the jobs any more, but they have to end before the threads do.
    fn drop(&mut self) {
        self.land_all(&mut DecodeStats::default());
    }
}
