//! A URL as text that may be broken into lines after each slash.

use askama::Template;
use askama::filters::HtmlSafe;

/// The URL.
#[derive(Template)]
#[template(
    ext = "html",
    source = "{% for part in self.0.split_inclusive('/') %}{% if !loop.first %}<wbr>{% endif %}{{ part }}{% endfor %}"
)]
pub(crate) struct Address<'a>(pub(crate) &'a str);

// The template above escapes what it writes.
impl HtmlSafe for Address<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_address_can_be_broken() {
        assert_eq!(Address("http://a/b").to_string(), "http:/<wbr>/<wbr>a/<wbr>b");
        assert_eq!(Address("").to_string(), "");
        assert_eq!(Address("<wbr>").to_string(), "&#60;wbr&#62;");
    }
}
