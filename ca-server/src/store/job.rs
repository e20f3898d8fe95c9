//! The queue of work to do outside requests. Enqueueing is an insert, so work is promised in the write that needs it.
//!
//! A kind and key have one row. Asking again for work that waits changes little; asking again while it runs makes it run
//! once more afterwards, because what it saw may be old.

use ca_core::time::UnixTime;
use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::upsert::excluded;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{JobId, Seconds};
use super::schema::job as table;

/// A job as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What to do.
    pub kind: String,
    /// What to do it to.
    pub key: String,
    /// What else the work needs to know.
    pub payload: String,
    /// When it is due; while it runs, when its lease ends.
    #[diesel(deserialize_as = Seconds)]
    pub run_at: UnixTime,
    /// How often it was asked for.
    pub requested: i64,
    /// How often it was started since it last succeeded.
    pub attempts: i64,
    /// Who runs it.
    pub lease_holder: Option<String>,
    /// How its last attempt failed.
    pub last_error: Option<String>,
    /// When it was first asked for.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
}

/// A job to be queued.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Its id, unless one of its kind and key is queued.
    pub id: JobId,
    /// What to do.
    pub kind: String,
    /// What to do it to.
    pub key: String,
    /// What else the work needs to know; the latest request's counts.
    pub payload: String,
    /// When it is due.
    pub run_at: UnixTime,
    /// When it is asked for.
    pub created_at: UnixTime,
}

/// Queues a job, or asks for it again. A job that waits becomes due at the earlier of the two times.
///
/// # Errors
/// When the database fails.
pub fn enqueue(connection: &mut Connection, new: &NewJob) -> Result<(), StoreError> {
    let row = (
        table::id.eq(new.id),
        table::kind.eq(&new.kind),
        table::key.eq(&new.key),
        table::payload.eq(&new.payload),
        table::run_at.eq(Seconds(new.run_at)),
        table::requested.eq(1_i64),
        table::attempts.eq(0_i64),
        table::created_at.eq(Seconds(new.created_at)),
    );
    let earlier = table::lease_holder.is_null().and(table::run_at.gt(excluded(table::run_at)));
    let again = (
        table::requested.eq(table::requested + 1_i64),
        table::payload.eq(excluded(table::payload)),
        table::run_at.eq(case_when(earlier, excluded(table::run_at)).otherwise(table::run_at)),
    );
    on_each!(connection, |c| diesel::insert_into(table::table)
        .values(row)
        .on_conflict((table::kind, table::key))
        .do_update()
        .set(again)
        .execute(c))?;
    Ok(())
}

/// Takes jobs that are due, longest due first, under a lease until `until`. A job whose lease ran out is due again.
///
/// # Errors
/// When the database fails.
pub fn claim(
    connection: &mut Connection,
    holder: &str,
    now: UnixTime,
    until: UnixTime,
    limit: i64,
) -> Result<Vec<Job>, StoreError> {
    let due = on_each!(connection, |c| table::table
        .select(Job::as_select())
        .filter(table::run_at.le(Seconds(now)))
        .order((table::run_at, table::id))
        .limit(limit)
        .load(c))?;
    let mut claimed = Vec::with_capacity(due.len());
    for job in due {
        if take(connection, &job, holder, until)? {
            let attempts = job.attempts + 1;
            claimed.push(Job { lease_holder: Some(holder.to_owned()), run_at: until, attempts, ..job });
        }
    }
    Ok(claimed)
}

fn take(connection: &mut Connection, job: &Job, holder: &str, until: UnixTime) -> Result<bool, StoreError> {
    let unchanged = table::table.filter(table::id.eq(job.id).and(table::run_at.eq(Seconds(job.run_at))));
    let update = diesel::update(unchanged).set((
        table::lease_holder.eq(holder),
        table::run_at.eq(Seconds(until)),
        table::attempts.eq(table::attempts + 1_i64),
    ));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// Ends a claimed job that succeeded. If it was asked for again meanwhile it stays, due now. Answers whether the lease was
/// still ours.
///
/// # Errors
/// When the database fails.
pub fn finish(connection: &mut Connection, job: &Job, now: UnixTime) -> Result<bool, StoreError> {
    let ours = || {
        table::table
            .filter(table::id.eq(job.id).and(table::run_at.eq(Seconds(job.run_at))))
            .filter(table::lease_holder.eq(&job.lease_holder))
    };
    let delete = diesel::delete(ours().filter(table::requested.eq(job.requested)));
    if on_each!(connection, |c| delete.execute(c))? == 1 {
        return Ok(true);
    }
    let again = (
        table::lease_holder.eq(None::<String>),
        table::run_at.eq(Seconds(now)),
        table::attempts.eq(0_i64),
        table::last_error.eq(None::<String>),
    );
    let update = diesel::update(ours()).set(again);
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// Puts a claimed job that failed back, due at `run_at`. Answers whether the lease was still ours.
///
/// # Errors
/// When the database fails.
pub fn retry(connection: &mut Connection, job: &Job, run_at: UnixTime, error: &str) -> Result<bool, StoreError> {
    let ours = table::table
        .filter(table::id.eq(job.id).and(table::run_at.eq(Seconds(job.run_at))))
        .filter(table::lease_holder.eq(&job.lease_holder));
    let update = diesel::update(ours).set((
        table::lease_holder.eq(None::<String>),
        table::run_at.eq(Seconds(run_at)),
        table::last_error.eq(error),
    ));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// When the next job is due.
///
/// # Errors
/// When the database fails.
pub fn next_due(connection: &mut Connection) -> Result<Option<UnixTime>, StoreError> {
    let query = table::table.select(table::run_at).order(table::run_at);
    let next: Option<Seconds> = on_each!(connection, |c| query.first(c).optional())?;
    Ok(next.map(Into::into))
}

/// Jobs in the order of their ids, after a given one.
///
/// # Errors
/// When the database fails.
pub fn list(connection: &mut Connection, after: Option<JobId>, limit: i64) -> Result<Vec<Job>, StoreError> {
    let after = after.unwrap_or(JobId::new(uuid::Uuid::nil()));
    Ok(on_each!(connection, |c| table::table
        .select(Job::as_select())
        .filter(table::id.gt(after))
        .order(table::id)
        .limit(limit)
        .load(c))?)
}
