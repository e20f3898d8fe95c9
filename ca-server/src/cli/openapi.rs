//! `signet openapi`: the document that the server serves at `/api/openapi.json`, byte for byte.

use super::arguments::ConfigArgument;
use super::failure::Failure;
use super::installation;
use super::output::say;
use crate::http;

pub(super) fn run(config: &ConfigArgument) -> Result<(), Failure> {
    let settings = installation::settings(config)?;
    say(http::openapi(&settings.server.public_url).trim_end());
    Ok(())
}
