//! Names that end up in URLs, file names and log lines.

use super::error::ConfigError;
use super::key::Place;

/// Longest name of an HSM, authority or endpoint.
const LONGEST: usize = 63;

/// Lower-case letters, digits and inner hyphens.
pub(super) fn check(name: String, at: &Place<'_>) -> Result<String, ConfigError> {
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if name.is_empty() || name.len() > LONGEST || !plain || name.starts_with('-') || name.ends_with('-') {
        let rule = "use 1 to 63 lower-case letters, digits and hyphens, a hyphen not at either end";
        return Err(at.refuse(format!("`{name}` cannot be a name: {rule}")));
    }
    Ok(name)
}

/// The roles that a rule gives: at least one, each a name.
pub(super) fn check_roles(roles: &[String], at: &Place<'_>) -> Result<(), ConfigError> {
    if roles.is_empty() {
        return Err(at.refuse("at least one role is needed"));
    }
    roles.iter().enumerate().try_for_each(|(index, role)| check(role.clone(), &at.index(index)).map(drop))
}
