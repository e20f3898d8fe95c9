//! Acts in plain words.

/// `RevokeCertificate` is "Revoke certificate".
pub(super) fn words(action: &str) -> String {
    let mut text = String::with_capacity(action.len() + 4);
    for (place, letter) in action.chars().enumerate() {
        if letter.is_uppercase() && place > 0 {
            text.push(' ');
            text.extend(letter.to_lowercase());
        } else {
            text.push(letter);
        }
    }
    text
}

#[test]
fn an_act_is_read_as_words() {
    assert_eq!(words("RevokeCertificate"), "Revoke certificate");
    assert_eq!(words("NewOrder"), "New order");
    assert_eq!(words(""), "");
}
