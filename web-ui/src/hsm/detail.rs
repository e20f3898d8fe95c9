//! One HSM: what it is, whether it signs, how fast, and which keys it holds.

use askama::Template;

use super::{HsmHealth, milliseconds};
use crate::frame::Frame;
use crate::parts::chart::Sparkline;
use crate::parts::{
    Act, Badge, Callout, CalloutKind, Column, Empty, Fact, Facts, Headline, Id, Lines, Link, Row, State, Table, Value,
};

/// One HSM. Times are Unix seconds.
#[derive(Clone, Debug, Template)]
#[template(path = "hsm/detail.html")]
pub struct HsmPage {
    /// The frame.
    pub frame: Frame,
    /// Its name in the configuration.
    pub name: String,
    /// Whether it signs.
    pub health: HsmHealth,
    /// When it was last asked.
    pub asked_at: Option<i64>,
    /// What it says of itself, or why it does not.
    pub facts: Result<HsmFacts, String>,
    /// Its keys, or why it does not tell.
    pub keys: Result<Vec<KeyRow>, String>,
    /// The last call that failed: when, and how.
    pub last_error: Option<(i64, String)>,
    /// How it signed lately, oldest first.
    pub latency: Vec<Latency>,
    /// Why the viewer may not ask for a signature, if so.
    pub no_probe: Option<String>,
    /// What the act before this page says of itself.
    pub done: Option<String>,
    /// The same by the API.
    pub api_url: String,
}

/// What an HSM says of itself.
#[derive(Clone, Debug, Default)]
pub struct HsmFacts {
    /// `software` or `pkcs11`.
    pub kind: String,
    /// How keys are protected.
    pub protection: String,
    /// Directory, or module and slot.
    pub place: String,
    /// Who made it.
    pub manufacturer: String,
    /// The model.
    pub model: String,
    /// The serial number.
    pub serial_number: String,
    /// The firmware's version.
    pub firmware: String,
    /// Kinds of keys that it can make.
    pub key_specs: Vec<String>,
    /// How it wraps secrets.
    pub wrapping: Option<String>,
    /// What it calls its mechanisms.
    pub mechanisms: Vec<String>,
}

/// One key.
#[derive(Clone, Debug)]
pub struct KeyRow {
    /// Its label.
    pub label: String,
    /// Its id.
    pub id: String,
    /// Its kind.
    pub algorithm: String,
    /// Its state, where the HSM keeps one.
    pub state: Option<String>,
    /// What it may sign.
    pub purposes: Vec<String>,
    /// Whether it was made where it is.
    pub born_inside: Option<bool>,
    /// Slug of the authority that it belongs to.
    pub authority: Option<String>,
}

/// The slowest answer of a stretch of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latency {
    /// When the stretch began.
    pub at: i64,
    /// In microseconds; none where nothing answered.
    pub micros: Option<u64>,
}

rendered!(HsmPage);

impl HsmPage {
    fn headline(&self) -> Headline {
        let last = self.latency.iter().rev().find_map(|latency| latency.micros);
        let sentence = match (self.health, last) {
            (HsmHealth::Signs, Some(micros)) => format!("It signs, lately in {} at most.", milliseconds(micros)),
            (HsmHealth::Signs, None) => "It signs.".to_owned(),
            (HsmHealth::Fails, _) => "It does not sign now; what has its key here cannot be issued.".to_owned(),
            (HsmHealth::Unknown, _) => "It was not asked for a signature yet.".to_owned(),
        };
        let probe = Act::post(&self.frame, "Ask for a signature", format!("/hsm/{}/probe", self.name));
        Headline::new(&self.name)
            .within(Link::new("/hsm", "HSM"))
            .with_badge(self.health.badge())
            .saying(sentence)
            .with_act(probe.refused_because(self.no_probe.clone()))
    }

    fn callouts(&self) -> Vec<Callout> {
        let done = self.done.as_ref().map(|text| Callout::new(CalloutKind::Done, text));
        let error = self.last_error.as_ref().map(|(at, text)| {
            let (kind, title) = match self.health {
                HsmHealth::Fails => (CalloutKind::Denied, "It does not sign"),
                _ => (CalloutKind::Note, "Its last error"),
            };
            let told = Value::from(self.frame.moment(at)).with_under(Value::from(text.clone()));
            Callout::new(kind, title).with_text(told)
        });
        done.into_iter().chain(error).collect()
    }

    fn about(&self) -> Option<Facts> {
        let facts = self.facts.as_ref().ok()?;
        let text = |text: &String| Value::or_absent((!text.is_empty()).then(|| text.clone()));
        let texts = |texts: &[String]| Value::or_absent((!texts.is_empty()).then(|| texts.join(", ")));
        Some(Facts(vec![
            Fact::new("Kind", text(&facts.kind)),
            Fact::new("Keys are", text(&facts.protection)),
            Fact::new("Place", Value::Code(facts.place.clone())),
            Fact::new("Made by", text(&facts.manufacturer)),
            Fact::new("Model", text(&facts.model)),
            Fact::new("Serial number", text(&facts.serial_number)),
            Fact::new("Firmware", text(&facts.firmware)),
            Fact::new("Makes keys", texts(&facts.key_specs)),
            Fact::new("Wraps by", Value::or_absent(facts.wrapping.clone())),
            Fact::new("Mechanisms", texts(&facts.mechanisms)),
        ]))
    }

    fn silence(&self) -> Option<&str> {
        self.facts.as_ref().err().map(String::as_str)
    }

    fn keys_silence(&self) -> Option<&str> {
        self.keys.as_ref().err().map(String::as_str)
    }

    fn table(&self) -> Option<Table> {
        let columns = vec![
            Column::text("Label"),
            Column::tight("Belongs to"),
            Column::tight("Kind"),
            Column::tight("State"),
            Column::text("Signs"),
            Column::tight("Id"),
        ];
        let rows = self.keys.as_ref().ok()?.iter().map(row).collect();
        let empty = Empty::new("No key yet", "Keys are made by init, each by the ceremony of its authority.");
        Some(Table::new("Keys", columns, rows).with_id("keys").or_empty(empty))
    }

    fn chart(&self) -> Sparkline {
        latency_chart(&self.name, &self.latency, self.frame.now)
    }

    fn api(&self) -> Lines {
        Lines::new("the command", format!("curl -H \"Authorization: Bearer $TOKEN\" {}", self.api_url))
    }
}

/// How an HSM signed lately.
pub(crate) fn latency_chart(name: &str, latency: &[Latency], now: i64) -> Sparkline {
    let worst = latency.iter().filter_map(|latency| latency.micros).max();
    let title = match worst {
        Some(micros) => format!("{name} signs within {}", milliseconds(micros)),
        None => format!("{name} was not measured yet"),
    };
    let point = |latency: &Latency| {
        let at = crate::moment::Moment { at: latency.at, now }.relative();
        (at, latency.micros.map(|micros| micros as f64 / 1_000.0))
    };
    Sparkline::new(title, "ms", latency.iter().map(point).collect())
}

fn row(key: &KeyRow) -> Row {
    let state = match key.state.as_deref() {
        None => Value::Absent,
        Some(word @ "active") => Badge::new(State::Good, word).into(),
        Some(word @ ("compromised" | "destroyed")) => Badge::new(State::Broken, word).into(),
        Some(word) => Badge::new(State::Neutral, word).into(),
    };
    let authority = key.authority.as_ref().map(|slug| Link::new(format!("/authorities/{slug}"), slug));
    let born = match key.born_inside {
        Some(true) => "made inside, never left",
        Some(false) => "brought in from outside",
        None => "origin unknown",
    };
    Row::plain(vec![
        Value::from(key.label.clone()).with_under(Value::Quiet(born.to_owned())),
        Value::or_absent(authority),
        Value::from(key.algorithm.clone()),
        state,
        Value::or_absent((!key.purposes.is_empty()).then(|| key.purposes.join(", "))),
        Id::new("id of the key", &key.id).into(),
    ])
}
