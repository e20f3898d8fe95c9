//! From arguments to a server that can be asked.

use ca_core::x509::Certificate;
use reqwest::Url;

use super::arguments::{ServerArguments, SharedArguments};
use super::failure::Failure;
use super::output::note;
use crate::api::{Api, ApiError, Connection, Identity, roots};
use crate::clock::Deadline;
use crate::secret::Secret;
use crate::state::Remembered;

/// The certificates of `--ca-file`; none without it.
pub(super) fn trusted(shared: &SharedArguments) -> Result<Vec<Certificate>, Failure> {
    Ok(shared.ca_file.as_deref().map(roots).transpose()?.unwrap_or_default())
}

/// The certificates of `--ca-file`, which signatures are judged by.
pub(super) fn judged_by(shared: &SharedArguments) -> Result<Vec<Certificate>, Failure> {
    let missing = || Failure::usage("--ca-file (or SIGNET_CA_FILE) is needed to verify signatures: the CA's root.pem");
    let all = trusted(shared)?;
    if all.is_empty() { Err(missing()) } else { Ok(all) }
}

/// The server of the arguments, else the one that a request was submitted to.
pub(super) fn server(
    arguments: &ServerArguments,
    shared: &SharedArguments,
    known: Option<&Remembered>,
    deadline: Deadline,
) -> Result<(Api, String), Failure> {
    let remembered = || known.and_then(|known| Url::parse(&known.server).ok());
    let missing = || Failure::usage("--server URL (or SIGNET_SERVER) is needed");
    let server = arguments.server.clone().or_else(remembered).ok_or_else(missing)?;
    if server.scheme() != "https" || server.cannot_be_a_base() {
        return Err(Failure::usage(format!("--server {server}: tokens are sent over https only")));
    }
    let name = server.as_str().trim_end_matches('/').to_owned();
    let audience = arguments.audience.clone().unwrap_or_else(|| name.clone());
    let identity = Identity::find(arguments.token_file.clone(), &audience, &|name| std::env::var(name).ok())
        .map_err(|error| Failure::from(ApiError::from(error)))?;
    let connection = Connection {
        server,
        roots: trusted(shared)?,
        client: arguments.client_cert.clone().zip(arguments.client_key.clone()),
        identity,
        deadline,
    };
    let mut api = Api::new(connection, |words| note(words)).map_err(Failure::Usage)?;
    let of_this_server = known.filter(|known| known.server == name);
    let token = of_this_server.and_then(|known| known.request_token.as_deref()).map(Secret::new);
    api.use_request_token(token.and_then(Result::ok));
    Ok((api, name))
}

/// `--timeout`.
pub(super) fn deadline(arguments: &ServerArguments) -> Deadline {
    arguments.timeout.map_or(Deadline::NEVER, Deadline::after)
}
