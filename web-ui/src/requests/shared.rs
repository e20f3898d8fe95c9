//! A code by which somebody without an account fetches a certificate, shown once.

use askama::Template;

use crate::RenderError;
use crate::frame::Frame;
use crate::parts::{Callout, CalloutKind, Exact, Fact, Facts, Headline, Lines, Link, Value};

/// The page.
#[derive(Clone, Debug)]
pub struct SharedPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Id of the request.
    pub id: String,
    /// What the certificate is for.
    pub title: String,
    /// The page that asks for the code.
    pub url: String,
    /// The code.
    pub code: String,
    /// Until when it opens the page.
    pub expires_at: i64,
}

#[derive(Template)]
#[template(path = "requests/shared.html")]
struct Html<'a> {
    frame: &'a Frame,
    head: Headline,
    warning: Callout,
    code: Lines,
    facts: Facts,
    curl: Lines,
}

impl SharedPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn render(&self) -> Result<String, RenderError> {
        let crumb = Link::new(format!("/requests/{}", self.id), self.title.clone());
        let sentence = "Who has the address and the code sees how the request stands and fetches the certificate, without \
                        signing in. Send them by two ways if you can.";
        let text = "It is shown only now. A new code makes this one worthless.";
        // The code is read from the terminal: on the command line others on that machine could see it.
        let curl = format!("read -rs CODE; curl -H @- {} <<<\"Authorization: Bearer $CODE\"", self.url);
        Html {
            frame: &self.frame,
            head: Headline::new("A code to fetch the certificate").within(crumb).saying(sentence),
            warning: Callout::new(CalloutKind::Warning, "Copy the code").with_text(text),
            code: Lines::new("the code", &self.code),
            facts: Facts(vec![
                Fact::new("Address", Value::Link(Link::new(&self.url, &self.url))),
                Fact::new("Good until", Exact(self.frame.moment(&self.expires_at))),
            ]),
            curl: Lines::new("the command", curl),
        }
        .render()
    }
}
