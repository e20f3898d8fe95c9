//! `/certificates`: everything that was issued, narrowed by a filter line that is a link.

use askama::Template;

use super::state::{CertificateState, shortened};
use crate::RenderError;
use crate::frame::Frame;
use crate::parts::{
    Act, Badge, Callout, CalloutKind, Chip, Choice, Column, Control, Empty, Field, Filter, Headline, Recipe, Row,
    Select, Selection, State, Table, Value,
};

/// The list of certificates.
#[derive(Clone, Debug)]
pub struct CertificatesPage {
    /// The frame.
    pub frame: Frame,
    /// What the list is narrowed to.
    pub filter: FilterValues,
    /// What is wrong with the filter, if something is; the list is then empty.
    pub problem: Option<String>,
    /// Names of the profiles to choose from.
    pub profiles: Vec<String>,
    /// Slugs of the issuers to choose from.
    pub issuers: Vec<String>,
    /// Names of the ACME endpoints to choose from.
    pub endpoints: Vec<String>,
    /// The certificates of this page.
    pub rows: Vec<CertificateRow>,
    /// How many there are on all pages.
    pub count: Count,
    /// The page before this one.
    pub before: Option<String>,
    /// The page after this one.
    pub after: Option<String>,
    /// Whether only part of the list was looked through.
    pub paused: bool,
    /// Why the viewer may not change many certificates at once, if so.
    pub no_bulk: Option<String>,
    /// How to get the first one.
    pub recipes: Vec<Recipe>,
}

/// The filter line as it was sent; what is empty narrows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterValues {
    /// What is searched for.
    pub q: String,
    /// `valid`, `soon`, `expired` or `revoked`.
    pub status: String,
    /// A profile.
    pub profile: String,
    /// Slug of an issuer.
    pub issuer: String,
    /// An ACME endpoint.
    pub endpoint: String,
    /// Id of an ACME account.
    pub account: String,
    /// An owner.
    pub owner: String,
    /// Hash of a key in hexadecimal.
    pub key: String,
    /// Hash of a set of names in hexadecimal.
    pub lineage: String,
    /// `asked` for those whose holders are asked to renew, `overdue` for those whose renewal did not come.
    pub renewal: String,
    /// First day of their end.
    pub expires_after: String,
    /// The day before which they end.
    pub expires_before: String,
    /// First day of their issuance.
    pub issued_after: String,
    /// The day before which they were issued.
    pub issued_before: String,
    /// `newest`, `oldest`, `first-to-end` or `last-to-end`.
    pub sort: String,
}

/// One certificate of the list.
#[derive(Clone, Debug)]
pub struct CertificateRow {
    /// Its id.
    pub id: String,
    /// Its first name, or its subject.
    pub title: String,
    /// How many more names it has.
    pub more_names: usize,
    /// How it is.
    pub state: CertificateState,
    /// Whether its holder is asked to renew.
    pub renewal_asked: bool,
    /// Last second of its validity.
    pub not_after: i64,
    /// When it was issued.
    pub issued_at: i64,
    /// Its profile.
    pub profile: String,
    /// Slug of its issuer.
    pub issuer: String,
    /// Who answers for it.
    pub owner: Option<String>,
}

/// How many certificates a list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Exactly so many.
    Exactly(u64),
    /// More than so many.
    MoreThan(u64),
    /// Nobody counted.
    Unknown,
}

impl FilterValues {
    /// Name and value of everything that narrows, in the order of the filter line.
    pub fn pairs(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("q", self.q.as_str()),
            ("status", &self.status),
            ("profile", &self.profile),
            ("issuer", &self.issuer),
            ("endpoint", &self.endpoint),
            ("account", &self.account),
            ("owner", &self.owner),
            ("key", &self.key),
            ("lineage", &self.lineage),
            ("renewal", &self.renewal),
            ("expires_after", &self.expires_after),
            ("expires_before", &self.expires_before),
            ("issued_after", &self.issued_after),
            ("issued_before", &self.issued_before),
            ("sort", &self.sort),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// `/certificates?status=valid&…`: the list as a link, without one of its parts.
    fn without(&self, part: &str) -> String {
        address("/certificates", self.pairs().into_iter().filter(|(name, _)| *name != part))
    }

    /// Whether something is in use that the filter line folds away.
    fn uses_more(&self) -> bool {
        let dates = [&self.expires_after, &self.expires_before, &self.issued_after, &self.issued_before];
        dates.into_iter().chain([&self.endpoint, &self.sort]).any(|value| !value.is_empty())
    }

    /// What narrows the list, in words, each with the link that takes it away.
    fn chips(&self) -> Vec<Chip> {
        let pairs = self.pairs().into_iter().filter(|(name, _)| *name != "sort");
        pairs.map(|(name, value)| Chip { label: words(name, value), without: self.without(name) }).collect()
    }
}

/// A path with a query of these names and values.
pub(crate) fn address<'a>(path: &str, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = path.to_owned();
    for (place, (name, value)) in pairs.enumerate() {
        text.push(if place == 0 { '?' } else { '&' });
        text.push_str(name);
        text.push('=');
        text.extend(value.bytes().map(|octet| match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(octet).to_string(),
            other => format!("%{other:02X}"),
        }));
    }
    text
}

fn words(name: &str, value: &str) -> String {
    let value = shortened(value, 40);
    match name {
        "q" => format!("“{value}”"),
        "status" if value == "soon" => "ends soon".to_owned(),
        "status" => value,
        "renewal" if value == "overdue" => "renewal did not come".to_owned(),
        "renewal" => "asked to renew".to_owned(),
        "key" => format!("key {}", shortened(&value, 17)),
        "lineage" => "the same names".to_owned(),
        "expires_after" => format!("ends from {value}"),
        "expires_before" => format!("ends before {value}"),
        "issued_after" => format!("issued from {value}"),
        "issued_before" => format!("issued before {value}"),
        other => format!("{other} {value}"),
    }
}

#[derive(Template)]
#[template(path = "certificates/list.html")]
struct Html<'a> {
    frame: &'a Frame,
    headline: Headline,
    filter: Filter,
    problem: Option<Callout>,
    table: Table,
    before: Option<&'a str>,
    after: Option<&'a str>,
    paused: bool,
    bulk: Option<Vec<(&'static str, &'a str)>>,
    count: Option<String>,
}

impl CertificatesPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None that a test has not excluded.
    pub fn render(&self) -> Result<String, RenderError> {
        let problem = self.problem.as_ref();
        let html = Html {
            frame: &self.frame,
            headline: self.headline(),
            filter: self.line(),
            problem: problem
                .map(|text| Callout::new(CalloutKind::Denied, "This filter finds nothing").with_text(text.clone())),
            table: self.table(),
            before: self.before.as_deref(),
            after: self.after.as_deref(),
            paused: self.paused,
            bulk: (self.no_bulk.is_none() && !self.rows.is_empty()).then(|| self.filter.pairs()),
            count: match self.count {
                Count::Exactly(count) => Some(grouped(count)),
                Count::MoreThan(_) | Count::Unknown => None,
            },
        };
        html.render()
    }

    fn headline(&self) -> Headline {
        Headline::new("Certificates")
            .with_act(Act::open("Decode …", "/decode"))
            .with_act(Act::open("Changes to many", "/certificates/changes"))
    }

    fn line(&self) -> Filter {
        let filter = &self.filter;
        let date = |name, label, value: &str| Control::Field(Field::date(name, label).with_value(value).optional());
        let choose = |name, label, all, known: &[String], chosen: &str| {
            let mut choices = vec![Choice::new("", all).chosen_if(chosen.is_empty())];
            let unknown = Some(chosen.to_owned()).filter(|chosen| !chosen.is_empty() && !known.contains(chosen));
            let values = known.iter().chain(&unknown);
            choices.extend(values.map(|value| Choice::new(value.clone(), value.clone()).chosen_if(value == chosen)));
            Control::Select(Select::new(name, label, choices))
        };
        let search = Field::search("q", "Search").with_value(&filter.q).at_most(2000);
        let controls = vec![
            Control::Words(search.with_placeholder("Name, *.domain, serial, fingerprint, account, owner")),
            Control::Select(Select::new("status", "State", states(&filter.status))),
            choose("profile", "Profile", "any profile", &self.profiles, &filter.profile),
            choose("issuer", "Issuer", "any issuer", &self.issuers, &filter.issuer),
        ];
        let more = vec![
            choose("endpoint", "Endpoint", "any endpoint", &self.endpoints, &filter.endpoint),
            date("expires_after", "Ends from", &filter.expires_after),
            date("expires_before", "Ends before", &filter.expires_before),
            date("issued_after", "Issued from", &filter.issued_after),
            date("issued_before", "Issued before", &filter.issued_before),
            Control::Select(Select::new("sort", "Order", sorts(&filter.sort))),
        ];
        let kept = [
            ("account", &filter.account),
            ("owner", &filter.owner),
            ("key", &filter.key),
            ("lineage", &filter.lineage),
            ("renewal", &filter.renewal),
        ];
        let kept = kept.into_iter().filter(|(_, value)| !value.is_empty());
        let line = Filter::new("/certificates", controls).with_more(more, filter.uses_more());
        kept.fold(line, |line, (name, value)| line.keeping(name, value))
    }

    fn table(&self) -> Table {
        let columns = vec![
            Column::text("Name"),
            Column::tight("State"),
            Column::tight("Ends"),
            Column::text("Profile"),
            Column::text("Owner"),
            Column::tight("Issued"),
        ];
        let rows = self.rows.iter().map(|row| self.row(row)).collect();
        let table = Table::new("Certificates", columns, rows)
            .with_id("certificates")
            .with_chips(self.filter.chips())
            .with_count(self.counted())
            .or_empty(self.empty());
        match self.no_bulk {
            Some(_) => table,
            None => table.with_selection(Selection { name: "id".to_owned(), form: "bulk".to_owned() }),
        }
    }

    fn row(&self, row: &CertificateRow) -> Row {
        let title = Value::from(shortened(&row.title, 64));
        let title = match row.more_names {
            0 => title,
            1 => title.with_under(Value::Quiet("and one more name".to_owned())),
            more => title.with_under(Value::Quiet(format!("and {more} more names"))),
        };
        let state = match row.renewal_asked {
            true => Value::Lines(vec![row.state.badge().into(), Badge::new(State::Pending, "asked to renew").into()]),
            false => row.state.badge().into(),
        };
        let cells = vec![
            title,
            state,
            self.frame.moment(&row.not_after).into(),
            Value::from(shortened(&row.profile, 40)).with_under(Value::Quiet(shortened(&row.issuer, 40))),
            Value::or_absent(row.owner.as_ref().map(|owner| shortened(owner, 40))),
            self.frame.moment(&row.issued_at).into(),
        ];
        Row::to(format!("/certificates/{}", row.id), cells).selectable(row.id.clone())
    }

    fn counted(&self) -> String {
        let shown = self.rows.len();
        match self.count {
            Count::Exactly(1) => "One certificate".to_owned(),
            Count::Exactly(count) => format!("{} certificates", grouped(count)),
            Count::MoreThan(count) => format!("More than {} certificates", grouped(count)),
            Count::Unknown if self.paused => format!("{shown} so far; not all were looked through"),
            Count::Unknown => format!("{shown} on this page; more follow"),
        }
    }

    fn empty(&self) -> Empty {
        let narrowed = !self.filter.chips().is_empty();
        match (self.paused, narrowed) {
            (true, _) => {
                Empty::new("Nothing found yet", "The certificates looked through so far do not fit. Older ones may.")
            }
            (false, true) => {
                Empty::new("Nothing found", "No certificate fits this filter. Take a part of it away above.")
                    .with_act(Act::open("All certificates", "/certificates"))
            }
            (false, false) => Empty::new(
                "No certificate yet",
                "Each certificate that is issued appears here at once. This gets the first one:",
            )
            .with_recipes(self.recipes.clone()),
        }
    }
}

fn states(chosen: &str) -> Vec<Choice> {
    let all =
        [("", "any state"), ("valid", "valid"), ("soon", "ends soon"), ("expired", "expired"), ("revoked", "revoked")];
    all.map(|(value, label)| Choice::new(value, label).chosen_if(value == chosen)).to_vec()
}

fn sorts(chosen: &str) -> Vec<Choice> {
    let all = [
        ("", "usual order"),
        ("newest", "newest first"),
        ("oldest", "oldest first"),
        ("first-to-end", "first to end"),
        ("last-to-end", "last to end"),
    ];
    all.map(|(value, label)| Choice::new(value, label).chosen_if(value == chosen)).to_vec()
}

/// `1234567` is `1,234,567`.
pub(super) fn grouped(number: u64) -> String {
    crate::parts::grouped(&number)
}
