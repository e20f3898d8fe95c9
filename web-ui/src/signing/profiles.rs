//! `/signing/profiles`: which key signs what for whom.

use askama::Template;

use super::{Place, SigningEnvironment, profile_path, rules, tabs};
use crate::RenderError;
use crate::frame::Frame;
use crate::parts::{Badge, Column, Headline, Row, State, Table, Tabs, Value};

/// One profile of the list.
#[derive(Clone, Debug)]
pub struct SigningProfileRow {
    /// Its name, perhaps with a folder.
    pub name: String,
    /// A few words for people.
    pub label: String,
    /// What its signatures are for.
    pub environment: SigningEnvironment,
    /// Kinds of signature.
    pub formats: Vec<String>,
    /// Who must agree: roles and how many of each.
    pub stages: Vec<(String, u32)>,
    /// Whether nothing is taken and nothing is signed.
    pub frozen: bool,
}

/// The page.
#[derive(Clone, Debug)]
pub struct SigningProfilesPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The profiles, by name.
    pub profiles: Vec<SigningProfileRow>,
}

#[derive(Template)]
#[template(path = "signing/list.html")]
struct Html<'a> {
    frame: &'a Frame,
    title: &'static str,
    headline: Headline,
    tabs: Tabs,
    table: Table,
}

impl SigningProfilesPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn render(&self) -> Result<String, RenderError> {
        let sentence = "A profile says which key signs what, who may ask, and who must agree. Each is a file in \
                        policies/signing.";
        let html = Html {
            frame: &self.frame,
            title: "Signing profiles",
            headline: Headline::new("Signing").saying(sentence),
            tabs: tabs(Place::Profiles),
            table: self.table(),
        };
        html.render()
    }

    fn table(&self) -> Table {
        let columns = vec![
            Column::text("Profile"),
            Column::tight("For"),
            Column::tight("State"),
            Column::text("Formats"),
            Column::text("Must agree"),
        ];
        Table::new("Signing profiles", columns, self.profiles.iter().map(row).collect())
    }
}

fn row(profile: &SigningProfileRow) -> Row {
    let cells = vec![
        Value::from(profile.name.clone()).with_under(profile.label.clone()),
        profile.environment.tag().into(),
        state(profile.frozen).into(),
        profile.formats.join(", ").into(),
        rules::approval(&profile.stages).into(),
    ];
    Row::to(profile_path(&profile.name), cells)
}

pub(super) fn state(frozen: bool) -> Badge {
    match frozen {
        true => Badge::new(State::Revoked, "frozen"),
        false => Badge::new(State::Good, "in use"),
    }
}
