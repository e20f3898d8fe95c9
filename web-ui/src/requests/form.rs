//! The form by which somebody asks for a certificate, or for another one in an open request.

use askama::Template;

use crate::RenderError;
use crate::frame::Frame;
use crate::parts::{Callout, CalloutKind, Choice, Choices, Field, Headline, Link, Select, TextArea, Value};

/// What is filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormValues {
    /// `csr`, `keep`, or the type of a key that this server is to make.
    pub key: String,
    /// The CSR in PEM.
    pub csr: String,
    /// Name of the profile.
    pub profile: String,
    /// Name of the authority.
    pub authority: String,
    /// Names, one a line.
    pub names: String,
    /// Such as `90d`.
    pub validity: String,
    /// Who answers for the certificate.
    pub owner: String,
    /// An e-mail address.
    pub notify: String,
    /// Makes a second submission of the same form the same one.
    pub submission: String,
}

/// A profile to choose.
#[derive(Clone, Debug)]
pub struct ProfileChoice {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Validity without a wish, such as `90d`.
    pub default_validity: String,
    /// Longest validity.
    pub longest_validity: String,
    /// So many people must approve.
    pub approvals: u32,
    /// Types of keys that this server makes.
    pub generated_keys: Vec<String>,
}

/// An authority to choose.
#[derive(Clone, Debug)]
pub struct AuthorityChoice {
    /// Its name.
    pub name: String,
    /// Subject of its certificate.
    pub subject: String,
}

/// What is wrong with a field.
#[derive(Clone, Debug)]
pub struct FieldError {
    /// Its name.
    pub field: String,
    /// What is wrong, and what would be right.
    pub text: String,
}

/// The page.
#[derive(Clone, Debug)]
pub struct FormPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The request that is being changed, if one is.
    pub changing: Option<String>,
    /// What is filled in.
    pub values: FormValues,
    /// Profiles to choose from.
    pub profiles: Vec<ProfileChoice>,
    /// Authorities to choose from.
    pub authorities: Vec<AuthorityChoice>,
    /// What is wrong with what was sent.
    pub errors: Vec<FieldError>,
    /// How many people have approved what is being changed.
    pub approvals_lost: u32,
}

#[derive(Template)]
#[template(path = "requests/form.html")]
struct Html<'a> {
    frame: &'a Frame,
    page: &'a FormPage,
    title: &'static str,
    action: String,
    head: Headline,
    notes: Vec<Callout>,
    key: Option<Choices>,
    csr: TextArea,
    profile: Select,
    authority: Option<Select>,
    names: TextArea,
    validity: Field,
    owner: Field,
    notify: Field,
}

/// Characters of an owner or an address.
const LONGEST_TEXT: u32 = 200;

impl FormPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn render(&self) -> Result<String, RenderError> {
        let title = if self.changing.is_some() { "Change a request" } else { "Request a certificate" };
        let values = &self.values;
        let names_hint = "One a line: www.example.org, ip:10.0.0.7, uri:spiffe://…, email:… . \
                          Empty: the names that the CSR asks for.";
        let owner = Field::text("owner", "Owner").optional().with_value(&values.owner).at_most(LONGEST_TEXT);
        Html {
            frame: &self.frame,
            page: self,
            title,
            action: self.action(),
            head: self.head(title),
            notes: self.notes(),
            key: self.key(),
            csr: self.csr(),
            profile: self.profile(),
            authority: self.authority(),
            names: TextArea::new("names", "Names")
                .optional()
                .with_rows(4)
                .with_value(&values.names)
                .with_hint(names_hint)
                .with_error(self.error("names")),
            validity: Field::text("validity", "Validity")
                .optional()
                .with_value(&values.validity)
                .with_placeholder("90d")
                .with_hint("A number and a unit: 30d, 12h, 1y. Empty: the profile's default.")
                .with_error(self.error("validity")),
            owner: owner
                .with_hint("Who answers for the certificate and hears before it expires: a team or a person.")
                .with_error(self.error("owner")),
            notify: Field::email("notify", "E-mail")
                .optional()
                .with_value(&values.notify)
                .at_most(LONGEST_TEXT)
                .with_hint("Hears when the request is decided and when the certificate is issued.")
                .with_error(self.error("notify")),
        }
        .render()
    }

    fn action(&self) -> String {
        self.changing.as_ref().map_or("/requests/new".to_owned(), |id| format!("/requests/{id}/change"))
    }

    fn head(&self, title: &str) -> Headline {
        let (href, text) = match &self.changing {
            Some(id) => (format!("/requests/{id}"), "The request"),
            None => ("/requests".to_owned(), "Requests"),
        };
        let sentence = "Paste a certificate signing request (CSR): the public key and the names, signed with the private \
                        key, which stays where it is. The next page shows what the certificate would say and what the \
                        rules think of it; nothing is sent to anybody before that.";
        Headline::new(title).within(Link::new(href, text)).saying(sentence)
    }

    fn notes(&self) -> Vec<Callout> {
        let mut notes = Vec::new();
        if !self.errors.is_empty() {
            let points = self.errors.iter().map(|error| Value::from(error.text.clone())).collect();
            notes.push(Callout::new(CalloutKind::Denied, "This cannot be requested as it is").with_points(points));
        }
        if self.approvals_lost > 0 {
            let text = "An approval is for exactly what was asked. After a change everybody has to look again.";
            notes.push(Callout::new(CalloutKind::Warning, "A change voids the approvals").with_text(text));
        }
        notes
    }

    /// Only where there is a choice.
    fn key(&self) -> Option<Choices> {
        let chosen = self.values.key.as_str();
        let mut choices = vec![
            Choice::new("csr", "I have a CSR")
                .explained("The private key was made where it is used. This is the better way.")
                .chosen_if(matches!(chosen, "" | "csr")),
        ];
        if self.changing.is_some() {
            choices.push(Choice::new("keep", "Keep the key of the request").chosen_if(chosen == "keep"));
        } else {
            choices.extend(self.generated().into_iter().map(|(kind, profiles)| {
                Choice::new(&kind, format!("This server makes the key: {kind}"))
                    .explained(format!("It is handed to you once, as PKCS#12. Only for: {profiles}."))
                    .chosen_if(chosen == kind)
            }));
        }
        (choices.len() > 1).then(|| Choices::one_of("key", "Key", choices).with_error(self.error("key")))
    }

    /// Types of keys that this server makes, each with the profiles that allow it.
    fn generated(&self) -> Vec<(String, String)> {
        let mut kinds: Vec<(String, Vec<String>)> = Vec::new();
        for profile in &self.profiles {
            for kind in &profile.generated_keys {
                match kinds.iter_mut().find(|(known, _)| known == kind) {
                    Some((_, profiles)) => profiles.push(profile.name.clone()),
                    None => kinds.push((kind.clone(), vec![profile.name.clone()])),
                }
            }
        }
        kinds.into_iter().map(|(kind, profiles)| (kind, profiles.join(", "))).collect()
    }

    fn csr(&self) -> TextArea {
        let area = TextArea::new("csr", "CSR")
            .literal()
            .from_file(".csr,.pem,.der,.txt,application/pkcs10", "CERTIFICATE REQUEST")
            .with_value(&self.values.csr)
            .with_hint("The block from BEGIN CERTIFICATE REQUEST to END CERTIFICATE REQUEST. Never a private key.")
            .with_error(self.error("csr"));
        if self.key().is_some() { area.optional() } else { area }
    }

    fn profile(&self) -> Select {
        let choice = |profile: &ProfileChoice| {
            let approvals = match profile.approvals {
                0 => "no approval".to_owned(),
                1 => "1 approval".to_owned(),
                more => format!("{more} approvals"),
            };
            let ProfileChoice { name, default_validity, longest_validity, .. } = profile;
            let label = format!("{name}: {default_validity}, at most {longest_validity}, {approvals}");
            Choice::new(name, label).explained(&profile.description).chosen_if(*name == self.values.profile)
        };
        Select::new("profile", "Profile", self.profiles.iter().map(choice).collect())
            .with_hint(
                "What the certificate is for. The profile says what it may hold and how many people must approve.",
            )
            .with_error(self.error("profile"))
    }

    fn authority(&self) -> Option<Select> {
        let choice = |authority: &AuthorityChoice| {
            let label = format!("{} ({})", authority.name, authority.subject);
            Choice::new(&authority.name, label).chosen_if(authority.name == self.values.authority)
        };
        let choices: Vec<Choice> = self.authorities.iter().map(choice).collect();
        (choices.len() > 1).then(|| Select::new("authority", "Issuer", choices).with_error(self.error("authority")))
    }

    fn error(&self, field: &str) -> Option<String> {
        self.errors.iter().find(|error| error.field == field).map(|error| error.text.clone())
    }
}
