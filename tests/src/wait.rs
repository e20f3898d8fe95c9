//! Waiting for something to become true, with a limit and a reason.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// Asks again every few milliseconds until `question` has an answer.
///
/// # Errors
/// If there is none within `limit`, or the question itself fails.
pub fn until<T>(what: &str, limit: Duration, mut question: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(answer) = question()? {
            return Ok(answer);
        }
        if Instant::now() > deadline {
            bail!("waited {limit:?} in vain for {what}");
        }
        std::thread::sleep(Duration::from_millis(25));
    }
}

/// The same for a question that is asked over the network.
///
/// # Errors
/// If there is no answer within `limit`, or the question itself fails.
pub async fn until_async<T, F: Future<Output = Result<Option<T>>>>(
    what: &str,
    limit: Duration,
    mut question: impl FnMut() -> F,
) -> Result<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(answer) = question().await? {
            return Ok(answer);
        }
        if Instant::now() > deadline {
            bail!("waited {limit:?} in vain for {what}");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Lets things run for a while, where there is nothing to ask.
pub async fn pause(duration: Duration) {
    tokio::time::sleep(duration).await;
}
