//! The page that says what went wrong, and what to do about it.

use askama::Template;

use crate::RenderError;
use crate::frame::Frame;
use crate::parts::{Fact, Facts, Value};

/// An error as a person sees it. Nothing in it may be secret.
#[derive(Clone, Debug)]
pub struct ErrorPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The status code of the answer.
    pub status: u16,
    /// What happened, in a few words: "There is no such page".
    pub headline: String,
    /// Which rule said no, or what is not working.
    pub explanation: String,
    /// The policies that said no.
    pub rules: Vec<Rule>,
    /// What to do next.
    pub next_step: Option<String>,
    /// The id under which the log holds the details.
    pub request_id: Option<String>,
}

/// A policy that said no.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name.
    pub id: String,
    /// Why it says so, in its own words.
    pub reason: String,
}

impl ErrorPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn render(&self) -> Result<String, RenderError> {
        Html { frame: &self.frame, page: self, rules: self.rules() }.render()
    }

    fn rules(&self) -> Option<Facts> {
        let rule = |rule: &Rule| Fact::new("Decided by", Value::Code(rule.id.clone())).with_gloss(&rule.reason);
        (!self.rules.is_empty()).then(|| Facts(self.rules.iter().map(rule).collect()))
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct Html<'a> {
    frame: &'a Frame,
    page: &'a ErrorPage,
    rules: Option<Facts>,
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn page() -> ErrorPage {
        ErrorPage {
            frame: Frame::public("Example", 1_782_907_200),
            status: 404,
            headline: "There is no such page".to_owned(),
            explanation: "Nothing is served under /<b>nowhere</b>.".to_owned(),
            rules: vec![Rule { id: "<b>".to_owned(), reason: "<i>".to_owned() }],
            next_step: None,
            request_id: Some("0197c2a4-5b1e-7d30-9c1f-2a6b8e4d7f10".to_owned()),
        }
    }

    #[test]
    fn what_the_visitor_wrote_is_escaped() {
        let html = page().render().unwrap();
        assert!(html.contains("/&#60;b&#62;nowhere&#60;/b&#62;"), "{html}");
        assert!(!html.contains("<b>") && !html.contains("<i>"));
        assert!(html.contains("0197c2a4-5b1e-7d30-9c1f-2a6b8e4d7f10"));
    }

    #[test]
    fn what_is_absent_leaves_no_empty_label() {
        let html = ErrorPage { request_id: None, rules: Vec::new(), ..page() }.render().unwrap();
        assert!(!html.contains("server's log") && !html.contains("Request <") && !html.contains("<dl"), "{html}");
    }
}
