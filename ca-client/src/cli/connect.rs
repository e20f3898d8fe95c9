//! From arguments to a server that can be asked.

use ca_core::x509::Certificate;
use reqwest::Url;

use super::arguments::{ServerArguments, SharedArguments};
use super::failure::Failure;
use super::output::note;
use crate::api::{Api, ApiError, Connection, Identity, roots};
use crate::clock::Deadline;
use crate::secret::Secret;
use crate::state::{Folder, Remembered};
use crate::verification::Trusted;

/// Where requests are remembered.
pub(super) fn folder(shared: &SharedArguments) -> Folder {
    Folder::new(shared.state_dir.clone(), |words| note(words))
}

/// The certificates that the server's TLS is judged by: of `--tls-ca-file`, else of `--ca-file`; none without both.
fn trusted(shared: &SharedArguments) -> Result<Vec<Certificate>, Failure> {
    let own = shared.tls_ca_file.as_deref().map(|path| ("--tls-ca-file", path));
    let file = own.or_else(|| shared.ca_file.as_deref().map(|path| (CA_FILE, path)));
    Ok(file.map(|(flag, path)| roots(flag, path)).transpose()?.unwrap_or_default())
}

const CA_FILE: &str = "--ca-file";

/// The certificates of `--ca-file`, which signatures are judged by, and those of `--tsa-ca-file`, for timestamps.
pub(super) fn judged_by(shared: &SharedArguments) -> Result<Trusted, Failure> {
    let missing = || Failure::usage("--ca-file (or SIGNET_CA_FILE) is needed to verify signatures: the CA's root.pem");
    let own = roots(CA_FILE, shared.ca_file.as_deref().ok_or_else(missing)?)?;
    let of_others = shared.tsa_ca_file.as_deref().map(|path| roots("--tsa-ca-file", path)).transpose()?;
    let trusted = Trusted { roots: own, timestamp_roots: of_others.unwrap_or_default() };
    if trusted.roots.is_empty() { Err(missing()) } else { Ok(trusted) }
}

/// The server of the arguments, else the one that a request was submitted to; of that, nothing but the request is known,
/// so it gets nothing but the request's own token.
pub(super) fn server(
    arguments: &ServerArguments,
    shared: &SharedArguments,
    known: Option<&Remembered>,
    deadline: Deadline,
) -> Result<(Api, String), Failure> {
    let (server, identity) = match (&arguments.server, known) {
        (Some(server), _) => (server.clone(), Some(identity(arguments, server)?)),
        (None, Some(known)) => (remembered(arguments, known)?, None),
        (None, None) => return Err(Failure::usage("--server URL (or SIGNET_SERVER) is needed")),
    };
    let name = name(&server)?;
    let connection = Connection {
        server,
        roots: trusted(shared)?,
        client: arguments.client_cert.clone().zip(arguments.client_key.clone()),
        identity: identity.unwrap_or(Identity::None),
        deadline,
    };
    let mut api = Api::new(connection, |words| note(words)).map_err(Failure::Usage)?;
    let of_this_server = known.filter(|known| known.server == name);
    api.use_request_token(of_this_server.and_then(request_token));
    Ok((api, name))
}

/// What opens a remembered request, and nothing else.
pub(super) fn request_token(known: &Remembered) -> Option<Secret> {
    known.request_token.as_deref().and_then(|token| Secret::new(token).ok())
}

/// What a server is called in state files: its URL, without anything but a path behind the host.
fn name(server: &Url) -> Result<String, Failure> {
    let plain = server.username().is_empty() && server.password().is_none();
    if !plain || server.query().is_some() || server.fragment().is_some() {
        // It may hold a secret, so it is not repeated.
        return Err(Failure::usage(
            "--server has a user name, a query or a fragment: write https://HOST[:PORT][/PATH]",
        ));
    }
    if server.scheme() != "https" || server.cannot_be_a_base() {
        return Err(Failure::usage(format!("--server {server}: tokens are sent over https only")));
    }
    Ok(server.as_str().trim_end_matches('/').to_owned())
}

fn identity(arguments: &ServerArguments, server: &Url) -> Result<Identity, Failure> {
    let audience = arguments.audience.clone().map_or_else(|| name(server), Ok)?;
    Identity::find(arguments.token_file.clone(), &audience, &|name| std::env::var(name).ok())
        .map_err(|error| ApiError::from(error).into())
}

/// The server of a state file. Whoever can write that file must not be told who we are.
fn remembered(arguments: &ServerArguments, known: &Remembered) -> Result<Url, Failure> {
    let needed = |why: &str| Failure::usage(format!("--server URL (or SIGNET_SERVER) is needed: {why}"));
    if arguments.token_file.is_some() || arguments.client_cert.is_some() {
        return Err(needed("--token-file and --client-cert are not for a server that only the state folder names"));
    }
    if request_token(known).is_none() {
        return Err(needed("the state folder has no token for this request"));
    }
    Url::parse(&known.server).map_err(|_| needed("the state folder names none"))
}

/// `--timeout`.
pub(super) fn deadline(arguments: &ServerArguments) -> Deadline {
    arguments.timeout.map_or(Deadline::NEVER, Deadline::after)
}
