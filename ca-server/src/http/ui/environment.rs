//! How the environment that the configuration names is marked.

use web_ui::frame::{Environment, EnvironmentKind};

/// Any word will do; those that begin like production or staging are marked so.
pub(super) fn of(name: &str) -> Environment {
    let word = name.to_ascii_lowercase();
    let kind = match word {
        _ if word.starts_with("prod") || word.starts_with("live") => EnvironmentKind::Production,
        _ if word.starts_with("stag") || word.starts_with("pre") => EnvironmentKind::Staging,
        _ => EnvironmentKind::Test,
    };
    Environment { name: name.to_owned(), kind }
}
