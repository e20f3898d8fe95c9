//! `/` for whoever is signed in: what needs a person now, and how it went lately.

use askama::Template;

use crate::RenderError;
use crate::frame::Frame;
use crate::hsm::{Latency, latency_chart};
use crate::moment::Moment;
use crate::parts::chart::{Bars, Calendar, Fill, Rank, Ranking, Series, Sparkline};
use crate::parts::{Badge, Callout, CalloutKind, Column, Figure, Figures, Headline, Link, Row, State, Table, Value};

/// The dashboard.
#[derive(Clone, Debug)]
pub struct DashboardPage {
    /// The frame.
    pub frame: Frame,
    /// What needs a person, the most urgent first.
    pub needs: Vec<NeedView>,
    /// Certificates that are valid.
    pub valid: u64,
    /// The days of the chart of issuance, oldest first.
    pub past: Vec<PastDay>,
    /// Whether more failed than is counted.
    pub more_failed: bool,
    /// Key algorithms of the certificates of the last ninety days.
    pub algorithms: Vec<(String, u64)>,
    /// The first day of the calendar of ends.
    pub first_end: i64,
    /// Certificates that end on that day and the next ones.
    pub ends: Vec<u64>,
    /// How each HSM signed lately.
    pub hsms: Vec<(String, Vec<Latency>)>,
}

/// Something that needs a person.
#[derive(Clone, Debug)]
pub struct NeedView {
    /// How urgent it is.
    pub urgency: Urgency,
    /// What it is, in a few words.
    pub what: String,
    /// What is known of it.
    pub detail: String,
    /// Where more is known of it, and what the link there is called.
    pub place: Option<(String, String)>,
}

/// How urgent something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// It does not work now.
    Broken,
    /// It will not work soon.
    Soon,
    /// Somebody waits for it.
    Waiting,
}

/// One day of the chart of issuance.
#[derive(Clone, Copy, Debug)]
pub struct PastDay {
    /// A second of the day.
    pub at: i64,
    /// Certificates issued.
    pub issued: u64,
    /// Validations and orders that failed.
    pub failed: u64,
}

#[derive(Template)]
#[template(path = "dashboard.html")]
struct Html<'a> {
    frame: &'a Frame,
    headline: Headline,
    calm: Option<Callout>,
    needs: Option<Table>,
    figures: Figures,
    issuance: Bars,
    calendar: Calendar,
    algorithms: Ranking,
    hsms: Vec<(Sparkline, Link)>,
}

impl DashboardPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn render(&self) -> Result<String, RenderError> {
        let calm = self.needs.is_empty().then(|| {
            Callout::new(CalloutKind::Done, "Nothing needs you now")
                .with_text("Every authority publishes, every HSM signs, and renewals come when they should.")
        });
        let hsm = |(name, latency): &(String, Vec<Latency>)| {
            let chart = latency_chart(name, latency, self.frame.now);
            (chart, Link::new(format!("/hsm/{name}"), format!("More about {name}")))
        };
        let html = Html {
            frame: &self.frame,
            headline: self.headline(),
            calm,
            needs: (!self.needs.is_empty()).then(|| self.table()),
            figures: self.figures(),
            issuance: self.issuance(),
            calendar: self.calendar(),
            algorithms: self.ranking(),
            hsms: self.hsms.iter().map(hsm).collect(),
        };
        html.render()
    }

    fn headline(&self) -> Headline {
        let broken = self.needs.iter().filter(|need| need.urgency == Urgency::Broken).count();
        let sentence = match (broken, self.needs.len()) {
            (_, 0) => "All is well.".to_owned(),
            (0, 1) => "One thing needs a person.".to_owned(),
            (0, all) => format!("{all} things need a person; nothing is broken."),
            (1, 1) => "One thing is broken.".to_owned(),
            (broken, all) => format!("{all} things need a person, {broken} of them broken."),
        };
        Headline::new("Overview").saying(sentence)
    }

    fn table(&self) -> Table {
        let columns = vec![Column::text("What"), Column::tight("State"), Column::text("Known"), Column::tight("See")];
        let rows = self.needs.iter().map(row).collect();
        Table::new("What needs a person now", columns, rows).with_id("needs")
    }

    fn figures(&self) -> Figures {
        let issued = |days: usize| self.past.iter().rev().take(days).map(|day| day.issued).sum();
        let ending = self.ends.iter().take(14).sum();
        Figures(vec![
            Figure::new(self.valid, "certificates are valid").listed_at("/certificates?status=valid"),
            Figure::new(ending, "end within 14 days, renewed or not").listed_at("/certificates?status=soon"),
            Figure::new(issued(7), "were issued in the last 7 days").listed_at("/certificates?sort=newest"),
        ])
    }

    fn issuance(&self) -> Bars {
        let sum = |count: fn(&PastDay) -> u64| self.past.iter().map(count).sum::<u64>();
        let (issued, failed) = (sum(|day| day.issued), sum(|day| day.failed));
        let more = if self.more_failed { "more than " } else { "" };
        let title = match failed {
            0 => {
                format!("{} certificates were issued in {} days, and nothing failed", grouped(issued), self.past.len())
            }
            1 => format!("{} certificates were issued in {} days, and one failed", grouped(issued), self.past.len()),
            _ => format!(
                "{} certificates were issued in {} days; {more}{} validations or orders failed",
                grouped(issued),
                self.past.len(),
                grouped(failed)
            ),
        };
        let days = self.past.iter().map(|day| date(day.at)).collect();
        let values = |count: fn(&PastDay) -> u64| self.past.iter().map(count).collect();
        let issued = Series::new("issued", Fill::State(State::Good), values(|day| day.issued));
        let failed = Series::new("failed", Fill::State(State::Broken), values(|day| day.failed));
        Bars::new(title, "Day", days, vec![issued, failed])
    }

    fn calendar(&self) -> Calendar {
        let all = self.ends.iter().sum();
        let title = format!("{} certificates end in the next {} days", grouped(all), self.ends.len());
        Calendar::new(title, "certificates end", self.first_end, self.ends.clone())
    }

    fn ranking(&self) -> Ranking {
        let most = self.algorithms.iter().max_by_key(|(_, count)| *count);
        let title = most.map_or_else(
            || "No certificate was issued in 90 days".to_owned(),
            |(name, _)| format!("Most keys of the last 90 days are {name}"),
        );
        let ranks = self.algorithms.iter().map(|(name, count)| Rank::new(name, *count)).collect();
        Ranking::new(title, "Key algorithm", ranks)
    }
}

fn row(need: &NeedView) -> Row {
    let badge = match need.urgency {
        Urgency::Broken => Badge::new(State::Broken, "broken"),
        Urgency::Soon => Badge::new(State::Soon, "soon"),
        Urgency::Waiting => Badge::new(State::Pending, "waits"),
    };
    let cells = vec![
        Value::from(need.what.clone()),
        badge.into(),
        Value::from(need.detail.clone()),
        Value::or_absent(need.place.as_ref().map(|(href, text)| Link::new(href, text))),
    ];
    match &need.place {
        Some((href, _)) => Row::to(href, cells),
        None => Row::plain(cells),
    }
}

fn date(at: i64) -> String {
    Moment { at, now: at }.date()
}

fn grouped(number: u64) -> String {
    crate::parts::grouped(&number)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const HOSTILE: &str = "\"'><script>alert(1)</script>";
    const NOW: i64 = 1_782_907_200;

    fn page(needs: Vec<NeedView>) -> DashboardPage {
        let day = |back: i64| PastDay { at: NOW - back * 86_400, issued: 12, failed: u64::from(back == 3) };
        DashboardPage {
            frame: Frame::public("Example", NOW),
            needs,
            valid: 1_204_331,
            past: (0..30).rev().map(day).collect(),
            more_failed: false,
            algorithms: vec![("ecdsa-p256".to_owned(), 300), ("rsa-2048".to_owned(), 60)],
            first_end: NOW,
            ends: (0..90).collect(),
            hsms: vec![("local".to_owned(), vec![Latency { at: NOW, micros: Some(1_200) }])],
        }
    }

    fn need(urgency: Urgency, text: &str) -> NeedView {
        let text = || text.to_owned();
        NeedView { urgency, what: text(), detail: text(), place: Some(("/hsm/local".to_owned(), text())) }
    }

    #[test]
    fn a_calm_page_says_so() {
        let html = page(Vec::new()).render().unwrap();
        assert!(html.contains("Nothing needs you now") && html.contains("1,204,331"), "{html}");
        assert!(html.contains("360 certificates were issued in 30 days, and one failed"));
        assert!(html.contains("Most keys of the last 90 days are ecdsa-p256") && html.contains("local signs within"));
        assert!(html.len() < 60_000, "{}", html.len());
    }

    #[test]
    fn what_is_broken_is_counted_first() {
        let html = page(vec![need(Urgency::Broken, "HSM"), need(Urgency::Soon, "list")]).render().unwrap();
        assert!(html.contains("2 things need a person, 1 of them broken."), "{html}");
        assert!(!html.contains("Nothing needs you now"));
    }

    #[test]
    fn what_others_wrote_is_text() {
        let html = page(vec![need(Urgency::Waiting, HOSTILE)]).render().unwrap();
        assert!(!html.contains("<script>alert"), "{html}");
    }
}
