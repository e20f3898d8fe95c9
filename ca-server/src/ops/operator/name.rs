//! Sign-in names.

/// Longest sign-in name.
const LONGEST: usize = 64;

/// A text that cannot be a sign-in name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sign-in name is 1 to 64 letters a to z, digits, and . _ - @ between them")]
pub struct InvalidName;

/// The one spelling of a sign-in name: lower case.
///
/// # Errors
/// [`InvalidName`] for what no operator can be called.
pub fn parse(text: &str) -> Result<String, InvalidName> {
    let name = text.trim().to_ascii_lowercase();
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let sound = name.len() <= LONGEST && name.chars().all(inner);
    if sound && ends(name.chars().next()) && ends(name.chars().next_back()) { Ok(name) } else { Err(InvalidName) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_spelling() {
        assert_eq!(parse(" Ann "), Ok("ann".to_owned()));
        assert_eq!(parse("ann.b-c_d@example.org"), Ok("ann.b-c_d@example.org".to_owned()));
        for bad in ["", " ", ".ann", "ann-", "an n", "ann/bob", "änn", "<script>", "a\u{0}b", &"a".repeat(65)] {
            assert_eq!(parse(bad), Err(InvalidName), "{bad:?}");
        }
    }
}
