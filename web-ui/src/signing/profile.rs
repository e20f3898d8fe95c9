//! `/signing/profiles/{name}`: the rules of one profile in plain words.

use askama::Template;

use super::inbox::{SigningRow, columns, row_of};
use super::rules::TrustView;
use super::{SigningEnvironment, counted, gloss, profiles, recipes, rules};
use crate::RenderError;
use crate::frame::Frame;
use crate::parts::{
    Act, Callout, CalloutKind, Empty, Fact, Facts, Headline, Id, Lines, Link, Recipes, Table, Value, grouped,
};

/// The key of a profile.
#[derive(Clone, Debug)]
pub struct KeyView {
    /// Its type.
    pub algorithm: String,
    /// Name of the HSM that makes and keeps it.
    pub hsm: String,
    /// SHA-256 of the public key in hexadecimal, once it is made.
    pub sha256: Option<String>,
}

/// Whose name is in the signatures.
#[derive(Clone, Debug)]
pub struct CertificateRuleView {
    /// Whether each request gets its own.
    pub per_request: bool,
    /// Name of the authority that issues it.
    pub issuer: String,
    /// Name of the certificate profile.
    pub profile: String,
    /// How long it lives, such as `72h`.
    pub validity: Option<String>,
    /// An extended key usage of the project.
    pub project_eku: Option<String>,
    /// The newest one.
    pub newest: Option<ProfileCertificateView>,
}

/// A certificate of a profile.
#[derive(Clone, Debug)]
pub struct ProfileCertificateView {
    /// Its id.
    pub id: String,
    /// Its serial number.
    pub serial: String,
    /// Last second of its validity.
    pub not_after: i64,
}

/// How much, when and from where.
#[derive(Clone, Debug)]
pub struct LimitsView {
    /// Artifacts in one request.
    pub items: u64,
    /// Requests within an hour.
    pub requests_per_hour: u64,
    /// Signatures within 24 hours.
    pub signatures_per_day: u64,
    /// When requests are taken, in UTC; always when absent.
    pub hours: Option<String>,
    /// Networks that requests are taken from; all when empty.
    pub sources: Vec<String>,
}

/// The page.
#[derive(Clone, Debug)]
pub struct SigningProfilePage {
    /// What surrounds it.
    pub frame: Frame,
    /// Its name, perhaps with a folder.
    pub name: String,
    /// A few words for people.
    pub label: String,
    /// What its signatures are for.
    pub environment: SigningEnvironment,
    /// The first digits of its hash: requests are pinned to it.
    pub version: String,
    /// Whether nothing is taken and nothing is signed.
    pub frozen: bool,
    /// Kinds of signature.
    pub formats: Vec<String>,
    /// Hash functions of the digests.
    pub digests: Vec<String>,
    /// The key.
    pub key: KeyView,
    /// Whose name is in the signatures.
    pub certificate: CertificateRuleView,
    /// Whether nothing is released without a timestamp.
    pub timestamp_required: bool,
    /// Timestamp authorities of others, in the order of asking.
    pub external_timestamps: Vec<String>,
    /// Who may ask; any of them is enough.
    pub trust: Vec<TrustView>,
    /// Who must agree: roles and how many of each, one after the other.
    pub stages: Vec<(String, u32)>,
    /// How much, when and from where.
    pub limits: LimitsView,
    /// How long a request stands undecided, such as `24h`.
    pub expires: String,
    /// Whether the same digests asked for again get the signatures that exist.
    pub reuse: bool,
    /// The file with every default spelled out.
    pub text: String,
    /// The newest requests under it.
    pub requests: Vec<SigningRow>,
    /// The public URL of this server.
    pub server: String,
}

#[derive(Template)]
#[template(path = "signing/profile.html")]
struct Html<'a> {
    frame: &'a Frame,
    title: &'a str,
    headline: Headline,
    frozen: Option<Callout>,
    trust: Facts,
    rules: Facts,
    signs: Facts,
    limits: Facts,
    requests: Table,
    recipes: Recipes,
    text: Lines,
}

impl SigningProfilePage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn render(&self) -> Result<String, RenderError> {
        let format = self.formats.first().map_or("cms-detached", String::as_str);
        let rows = self.requests.iter().map(|row| row_of(&self.frame, row)).collect();
        let nothing = Empty::new("No request yet", "Nobody has asked for a signature under this profile.");
        let html = Html {
            frame: &self.frame,
            title: &self.name,
            headline: self.headline(),
            frozen: self.frozen.then(|| self.frozen()),
            trust: self.trust(),
            rules: self.rules(),
            signs: self.signs(),
            limits: self.limits(),
            requests: Table::new("Newest requests", columns(), rows).or_empty(nothing),
            recipes: Recipes::new("asking", recipes::asking(&self.server, &self.name, format)),
            text: Lines::new("the profile", self.text.clone()),
        };
        html.render()
    }

    fn headline(&self) -> Headline {
        let who = match self.trust.len() {
            0 => "Nobody may ask".to_owned(),
            1 => "One kind of machine or person may ask".to_owned(),
            many => format!("{many} kinds of machine or person may ask"),
        };
        let agree = match self.stages.as_slice() {
            [] => "and nobody has to agree".to_owned(),
            stages => format!("and {} must agree", rules::approval(stages)),
        };
        let certificate = match self.certificate.per_request {
            true => "each release gets a certificate of its own",
            false => "one certificate serves all releases",
        };
        let sentence = vec![
            self.environment.tag().into(),
            Value::from(format!(" {}. {who}, {agree}; {certificate}.", self.label)),
        ];
        Headline::new(self.name.clone())
            .within(Link::new("/signing/profiles", "Signing profiles"))
            .with_badge(profiles::state(self.frozen))
            .saying(Value::Sentence(sentence))
            .with_act(Act::open("Its requests", format!("/signing?profile={}", self.name)))
    }

    fn frozen(&self) -> Callout {
        let text = format!(
            "No request is taken and nothing is signed, approved or not, while policies/signing/{}.toml says frozen = \
             true under [limits].",
            self.name
        );
        Callout::new(CalloutKind::Warning, "This profile is frozen").with_text(text)
    }

    /// Each trust rule by its name.
    fn trust(&self) -> Facts {
        let nobody = || Fact::new("No rule", Value::Quiet("nobody may ask".to_owned()));
        let rules = self.trust.iter().map(|rule| Fact::new(rule.name.clone(), rule.sentence()));
        Facts(if self.trust.is_empty() { vec![nobody()] } else { rules.collect() })
    }

    fn rules(&self) -> Facts {
        let reuse = match self.reuse {
            true => "The same digests asked for again by the same subject get the signatures that exist.",
            false => "The same digests asked for again are a new request.",
        };
        Facts(vec![
            Fact::new("Must agree", rules::approval(&self.stages))
                .with_gloss("Never the one who asked or set off the job; a person counts once over all stages."),
            Fact::new("Undecided for", self.expires.clone()).with_gloss("Then a request expires."),
            Fact::new("Asked again", reuse),
        ])
    }

    fn signs(&self) -> Facts {
        let formats = self.formats.iter().map(|format| Value::Code(format.clone()).with_under(gloss(format)));
        let sha256 = self.key.sha256.as_ref().map(|hash| Id::new("hash of the public key", hash));
        let key = Value::Sentence(vec![
            format!("{} in the HSM ", self.key.algorithm).into(),
            Link::new(format!("/hsm/{}", self.key.hsm), self.key.hsm.clone()).into(),
        ]);
        let key = match sha256 {
            Some(hash) => key.with_under(hash),
            None if self.certificate.per_request => key.with_under("one for each request, destroyed when it has ended"),
            None => key.with_under("made with the first request"),
        };
        let timestamp = match self.timestamp_required {
            true => "Nothing is released without one.",
            false => "Added where a timestamp authority answers.",
        };
        let external = self.external_timestamps.iter().map(|url| Value::Code(url.clone())).collect::<Vec<_>>();
        let timestamp = match external.is_empty() {
            true => Value::from(timestamp),
            false => Value::Lines(
                [Value::from(timestamp), "Our own authority, then in this order:".into()]
                    .into_iter()
                    .chain(external)
                    .collect(),
            ),
        };
        let mut facts = vec![
            Fact::new("Formats", Value::Lines(formats.collect())),
            Fact::new("Digests", self.digests.join(", ")),
            Fact::new("Key", key),
        ];
        facts.extend(self.certificate.facts(&self.frame));
        facts.push(
            Fact::new("Timestamp", timestamp)
                .with_gloss("RFC 3161: says when it was signed, so that it outlives the certificate."),
        );
        Facts(facts)
    }

    fn limits(&self) -> Facts {
        let limits = &self.limits;
        let sources: Vec<Value> = limits.sources.iter().map(|net| Value::Code(net.clone())).collect();
        let sources = if sources.is_empty() { "any network".into() } else { Value::Lines(sources) };
        Facts(vec![
            Fact::new("One request", counted(limits.items, "item", "items at most")),
            Fact::new("An hour", counted(limits.requests_per_hour, "request", "requests")),
            Fact::new("A day", format!("{} signatures", grouped(&limits.signatures_per_day))),
            Fact::new("When", limits.hours.clone().map_or("at any time".into(), |hours| format!("{hours} (UTC)"))),
            Fact::new("From", sources),
        ])
    }
}

impl CertificateRuleView {
    fn facts(&self, frame: &Frame) -> Vec<Fact> {
        let validity = self.validity.clone().unwrap_or_else(|| "the profile's default".to_owned());
        let (mode, meaning) = match self.per_request {
            true => ("One for each request", "Revoking it withdraws exactly that release."),
            false => ("One for all requests", "Revoking it withdraws everything that it signed."),
        };
        let newest = self.newest.as_ref().map(|found| {
            Value::Sentence(vec![
                Link::new(format!("/certificates/{}", found.id), found.serial.clone()).into(),
                ", ends ".into(),
                frame.moment(&found.not_after).into(),
            ])
        });
        let mut facts = vec![
            Fact::new("Certificate", mode).with_gloss(meaning),
            Fact::new(
                "Issued by",
                Value::from(Link::new(format!("/authorities/{}", self.issuer), self.issuer.clone())),
            )
            .with_gloss(format!("with the certificate profile {}, valid for {validity}", self.profile)),
            Fact::new("Newest", Value::or_absent(newest)),
        ];
        if let Some(eku) = &self.project_eku {
            let gloss = "An extended key usage besides codeSigning that verifiers can insist on.";
            facts.push(Fact::new("Project", Value::Code(eku.clone())).with_gloss(gloss));
        }
        facts
    }
}
