//! Every HSM.

use askama::Template;

use super::{HsmHealth, milliseconds};
use crate::frame::Frame;
use crate::parts::{Column, Headline, Row, Table, Value};

/// The HSMs of the configuration.
#[derive(Clone, Debug, Template)]
#[template(path = "hsm/list.html")]
pub struct HsmsPage {
    /// The frame.
    pub frame: Frame,
    /// One row an HSM.
    pub hsms: Vec<HsmRow>,
}

/// One HSM. Times are Unix seconds.
#[derive(Clone, Debug)]
pub struct HsmRow {
    /// Its name in the configuration.
    pub name: String,
    /// `software` or `pkcs11`.
    pub kind: String,
    /// Whether it signs.
    pub health: HsmHealth,
    /// When it was last asked.
    pub asked_at: Option<i64>,
    /// How long its last signature took, in microseconds.
    pub latency: Option<u64>,
    /// Names of the authorities whose keys it holds.
    pub authorities: Vec<String>,
    /// When a call last failed.
    pub failed_at: Option<i64>,
}

rendered!(HsmsPage);

impl HsmsPage {
    fn headline(&self) -> Headline {
        let down: Vec<&str> = self.hsms.iter().filter(|hsm| hsm.health == HsmHealth::Fails).map(|h| &*h.name).collect();
        let sentence = match down.as_slice() {
            [] => "Where the private keys are. Each is asked for a signature every minute.".to_owned(),
            down => format!("{} does not sign now. What has its key there cannot be issued.", down.join(", ")),
        };
        Headline::new("HSM").saying(sentence)
    }

    fn table(&self) -> Table {
        let columns = vec![
            Column::text("Name"),
            Column::tight("State"),
            Column::number("Signs in"),
            Column::text("Keys of"),
            Column::tight("Asked"),
            Column::tight("Last error"),
        ];
        Table::new("HSMs", columns, self.hsms.iter().map(|hsm| self.row(hsm)).collect())
    }

    fn row(&self, hsm: &HsmRow) -> Row {
        let moment = |at: Option<i64>| Value::or_absent(at.map(|at| self.frame.moment(&at)));
        let cells = vec![
            Value::from(hsm.name.clone()).with_under(Value::Quiet(hsm.kind.clone())),
            hsm.health.badge().into(),
            Value::or_absent(hsm.latency.map(milliseconds)),
            Value::or_absent((!hsm.authorities.is_empty()).then(|| hsm.authorities.join(", "))),
            moment(hsm.asked_at),
            moment(hsm.failed_at),
        ];
        Row::to(format!("/hsm/{}", hsm.name), cells)
    }
}
