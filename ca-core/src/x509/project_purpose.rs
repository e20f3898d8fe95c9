//! A purpose of somebody's own in the extended key usage: what those who verify may pin a project by, while its
//! certificates come and go.

use std::fmt;
use std::str::FromStr;

use const_oid::ObjectIdentifier;

/// An object identifier below a private enterprise's number (IANA) or of a UUID (X.667), dotted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProjectPurpose(ObjectIdentifier);

/// Text that is no [`ProjectPurpose`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no purpose of a project: use an object identifier below your own enterprise number (1.3.6.1.4.1.N) or of a \
     UUID (2.25.N)"
)]
pub struct InvalidProjectPurpose(String);

/// Purposes of Microsoft, to which programs give meanings of their own.
const MICROSOFT: &str = "1.3.6.1.4.1.311.";

impl ProjectPurpose {
    pub(crate) fn oid(self) -> ObjectIdentifier {
        self.0
    }
}

impl FromStr for ProjectPurpose {
    type Err = InvalidProjectPurpose;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidProjectPurpose(text.chars().take(80).collect());
        let enterprise = text.strip_prefix("1.3.6.1.4.1.").is_some_and(|rest| rest.contains('.'));
        let private = (enterprise && !text.starts_with(MICROSOFT)) || text.starts_with("2.25.");
        let id = ObjectIdentifier::new(text).map_err(|_| invalid())?;
        if private { Ok(Self(id)) } else { Err(invalid()) }
    }
}

impl fmt::Display for ProjectPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_is_somebodys_own() {
        for good in ["1.3.6.1.4.1.99999.7.1", "2.25.5"] {
            assert_eq!(good.parse::<ProjectPurpose>().map(|purpose| purpose.to_string()).as_deref(), Ok(good));
        }
        for bad in [
            "",
            "x",
            "1.3.6.1.4.1.99999",
            "1.3.6.1.4.1.311.10.3.13",
            "1.3.6.1.5.5.7.3.1",
            "2.5.29.37.0",
            "1.3.6.1.4.1.9.",
        ] {
            assert_eq!(bad.parse::<ProjectPurpose>(), Err(InvalidProjectPurpose(bad.to_owned())));
        }
    }
}
