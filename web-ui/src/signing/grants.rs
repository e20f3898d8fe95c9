//! `/signing/grants`: so many signatures within a span, for tools that send a hash instead of a file's digest.

use askama::Template;

use super::{Place, profile_link, tabs};
use crate::RenderError;
use crate::frame::Frame;
use crate::parts::{
    Act, Badge, Callout, Choice, Column, Empty, Field, Headline, Lines, Row, Select, State, Table, Tabs, Value,
};

/// One grant.
#[derive(Clone, Debug)]
pub struct GrantRow {
    /// Its id.
    pub id: String,
    /// Name of the profile.
    pub profile: String,
    /// Who may sign.
    pub grantee: String,
    /// Signatures made.
    pub spent: u64,
    /// Signatures allowed.
    pub most: u64,
    /// When it ends.
    pub not_after: i64,
    /// Who gave it.
    pub granted_by: String,
    /// When.
    pub created_at: i64,
    /// When it was revoked.
    pub revoked_at: Option<i64>,
}

/// What was typed into the form.
#[derive(Clone, Debug, Default)]
pub struct GrantForm {
    /// Name of the profile.
    pub profile: String,
    /// Who may sign.
    pub grantee: String,
    /// How many signatures.
    pub most: String,
    /// For how many hours.
    pub hours: String,
}

/// The page.
#[derive(Clone, Debug)]
pub struct GrantsPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The grants, newest first.
    pub grants: Vec<GrantRow>,
    /// Link to newer ones.
    pub newer: Option<String>,
    /// Link to older ones.
    pub older: Option<String>,
    /// Names of the profiles.
    pub profiles: Vec<String>,
    /// What is in the form.
    pub form: GrantForm,
    /// Why it was not made.
    pub problem: Option<String>,
    /// Why whoever looks may give none.
    pub no_create: Option<String>,
    /// Why whoever looks may revoke none.
    pub no_revoke: Option<String>,
    /// The public URL of this server.
    pub server: String,
}

#[derive(Template)]
#[template(path = "signing/grants.html")]
struct Html<'a> {
    frame: &'a Frame,
    headline: Headline,
    tabs: Tabs,
    table: Table,
    no_create: Option<&'a str>,
    problem: Option<Callout>,
    profile: Select,
    grantee: Field,
    most: Field,
    hours: Field,
    example: Lines,
}

impl GrantRow {
    fn is_over(&self, now: i64) -> bool {
        self.revoked_at.is_some() || self.not_after < now || self.spent >= self.most
    }

    fn badge(&self, now: i64) -> Badge {
        match self.revoked_at {
            Some(_) => Badge::new(State::Revoked, "revoked"),
            None if self.not_after < now => Badge::new(State::Neutral, "over"),
            None if self.spent >= self.most => Badge::new(State::Neutral, "spent"),
            None => Badge::new(State::Good, "in force"),
        }
    }
}

impl GrantsPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn render(&self) -> Result<String, RenderError> {
        let form = &self.form;
        let choices = self.profiles.iter().map(|name| Choice::new(name, name).chosen_if(*name == form.profile));
        let html = Html {
            frame: &self.frame,
            headline: self.headline(),
            tabs: tabs(Place::Grants),
            table: self.table(),
            no_create: self.no_create.as_deref(),
            problem: self.problem.as_ref().map(|text| Callout::denied("No grant was made").with_text(text.clone())),
            profile: Select::new("profile", "Profile", choices.collect()),
            grantee: Field::text("grantee", "Who may sign")
                .with_value(&form.grantee)
                .with_hint("A sign-in name, whose API tokens may sign, or ISSUER#SUBJECT of a CI's token.")
                .at_most(300),
            most: Field::number("max_signatures", "How many signatures").with_value(&form.most),
            hours: Field::number("hours", "For how many hours").with_value(&form.hours),
            example: self.example(),
        };
        html.render()
    }

    fn headline(&self) -> Headline {
        let now = self.frame.now;
        let open = self.grants.iter().filter(|grant| !grant.is_over(now)).count();
        let sentence = match open {
            0 => "No grant on this page is in force.".to_owned(),
            1 => "One grant on this page is in force.".to_owned(),
            many => format!("{many} grants on this page are in force."),
        };
        let why = " A grant lets a tool sign hashes whose files nobody here has seen: so many, within a span.";
        Headline::new("Signing").saying(format!("{sentence}{why}"))
    }

    fn table(&self) -> Table {
        let columns = vec![
            Column::text("Who may sign"),
            Column::tight("State"),
            Column::text("Profile"),
            Column::number("Spent"),
            Column::number("Left"),
            Column::tight("Ends"),
            Column::text("Given by"),
            Column::tight("Act").unseen(),
        ];
        let empty = Empty::new(
            "There is no grant",
            "jsign, jarsigner and apksigner sign with a key of this server, through the address below, while a grant is \
             in force.",
        );
        Table::new("Grants", columns, self.grants.iter().map(|grant| self.row(grant)).collect())
            .with_pages(self.newer.clone(), self.older.clone())
            .or_empty(empty)
    }

    fn row(&self, grant: &GrantRow) -> Row {
        let left = if grant.is_over(self.frame.now) { 0 } else { grant.most.saturating_sub(grant.spent) };
        let path = format!("/signing/grants/{}/revoke", grant.id);
        let act = match grant.is_over(self.frame.now) || self.no_revoke.is_some() {
            true => Value::from(""),
            false => Act::post(&self.frame, "Revoke", path).danger().into(),
        };
        Row::plain(vec![
            grant.grantee.clone().into(),
            grant.badge(self.frame.now).into(),
            profile_link(&grant.profile),
            grant.spent.into(),
            left.into(),
            self.frame.moment(&grant.revoked_at.unwrap_or(grant.not_after)).into(),
            Value::from(grant.granted_by.clone()).with_under(self.frame.moment(&grant.created_at)),
            act,
        ])
    }

    fn example(&self) -> Lines {
        let profile = self.profiles.first().map_or("release", String::as_str);
        let server = self.server.trim_end_matches('/');
        let lines = format!(
            "jsign --storetype SIGNSERVER --keystore {server}/compat/signserver \\\n  --storepass 'any|TOKEN' --alias \
             {profile} app.exe"
        );
        Lines::new("the command", lines)
    }
}
