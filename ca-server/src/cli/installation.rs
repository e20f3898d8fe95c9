//! The installation that a command works on, opened as the server opens it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ca_core::policy::Actor;

use super::arguments::ConfigArgument;
use super::failure::Failure;
use crate::app::App;
use crate::config::Settings;
use crate::ops::acme::Origin;
use crate::start;

/// Where a configuration is looked for when none is named.
const PLACES: [&str; 2] = ["signet.toml", "signet-data/signet.toml"];

/// The configuration file that `argument` names, or the first that is there.
pub(super) fn file(argument: &ConfigArgument) -> Result<PathBuf, Failure> {
    if let Some(file) = &argument.config {
        return Ok(file.clone());
    }
    let found = PLACES.iter().map(Path::new).find(|place| place.is_file());
    found.map(Path::to_owned).ok_or_else(|| {
        Failure::usage(anyhow::anyhow!(
            "no configuration: there is neither ./signet.toml nor ./signet-data/signet.toml; name one with --config, or make an \
             installation with `signet init` or `signet quickstart`"
        ))
    })
}

/// Settings only.
pub(super) fn settings(argument: &ConfigArgument) -> Result<Settings, Failure> {
    Ok(Settings::load(&file(argument)?)?)
}

/// Everything, for one command beside a server that may be running.
pub(super) async fn open(argument: &ConfigArgument) -> Result<Arc<App>, Failure> {
    Ok(start::open(settings(argument)?).await?)
}

/// The local administrator, as the operating system names them.
pub(super) fn local_administrator() -> Actor {
    let user = nix::unistd::User::from_uid(nix::unistd::getuid()).ok().flatten();
    let os_user = user.map_or_else(|| format!("uid {}", nix::unistd::getuid()), |user| user.name);
    Actor::LocalRoot { os_user }
}

/// Where a command's acts come from, for the audit.
pub(super) fn origin(app: &App) -> Origin {
    Origin { address: "command line".to_owned(), request_id: app.entropy.uuid().to_string() }
}
