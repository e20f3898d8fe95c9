//! Authorities of others, asked in their order when our own does not stamp.

use ca_core::timestamp::{MessageImprint, TimeStampRequest, TimeStampToken};

use crate::app::App;

/// How often each is asked before the next one is.
const TRIES: usize = 2;

/// A token of the first authority that gives one, or what each of them said.
///
/// # Errors
/// A line for each of them.
pub(super) async fn stamp(
    app: &App,
    authorities: &[String],
    imprint: &MessageImprint,
) -> Result<TimeStampToken, Vec<String>> {
    let mut said = Vec::new();
    for url in authorities {
        for attempt in 1..=TRIES {
            let request = TimeStampRequest::new(imprint.clone(), None, app.entropy.bytes());
            match app.timestamps.client.ask(&app.clock, url, &request).await {
                Ok(token) => return Ok(token),
                Err(fault) => {
                    tracing::warn!(url, attempt, %fault, "another time-stamping authority gave no timestamp");
                    if attempt == TRIES {
                        said.push(format!("{url}: {fault}"));
                    }
                }
            }
        }
    }
    Err(said)
}
