//! Taking the private key that the server made: once.

use askama::Template;

use crate::RenderError;
use crate::frame::Frame;
use crate::parts::{Callout, CalloutKind, Field, Headline, Link};

/// The page.
#[derive(Clone, Debug)]
pub struct DeliveryPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Id of the request.
    pub id: String,
    /// What the certificate is for.
    pub title: String,
    /// Characters of a passphrase, at least.
    pub shortest: u32,
    /// What is wrong with the passphrase that was typed.
    pub error: Option<String>,
    /// Why there is nothing to take.
    pub refused: Option<String>,
}

#[derive(Template)]
#[template(path = "requests/delivery.html")]
struct Html<'a> {
    frame: &'a Frame,
    page: &'a DeliveryPage,
    head: Headline,
    warning: Callout,
    refusal: Option<Callout>,
    passphrase: Field,
    again: Field,
}

impl DeliveryPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn render(&self) -> Result<String, RenderError> {
        let crumb = Link::new(format!("/requests/{}", self.id), self.title.clone());
        let sentence = "The private key comes with its certificate and chain as one PKCS#12 file (.p12), locked with a \
                        passphrase that you choose now.";
        let text = "After this the key exists in your file and nowhere else. If the download fails or the passphrase is \
                    forgotten, ask for another certificate.";
        let hint = format!("At least {} characters. It is not stored anywhere.", self.shortest);
        Html {
            frame: &self.frame,
            page: self,
            head: Headline::new("Take the private key").within(crumb).saying(sentence),
            warning: Callout::new(CalloutKind::Warning, "It is handed over once").with_text(text),
            refusal: self
                .refused
                .clone()
                .map(|why| Callout::new(CalloutKind::Denied, "There is nothing to take").with_text(why)),
            passphrase: Field::password("passphrase", "Passphrase", "new-password")
                .with_hint(hint)
                .with_error(self.error.clone()),
            again: Field::password("again", "The same again", "new-password"),
        }
        .render()
    }
}
