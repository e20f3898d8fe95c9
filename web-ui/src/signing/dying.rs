//! The signatures that die with a certificate, before and after it is revoked.

use super::request_path;
use crate::certificates::shortened;
use crate::frame::Frame;
use crate::parts::{Callout, CalloutKind, Column, Row, Table, Value, grouped};

/// One signature by a certificate.
#[derive(Clone, Debug)]
pub struct DyingSignature {
    /// Id of its request; none for one made under a grant.
    pub request: Option<String>,
    /// What the artifact was called.
    pub name: String,
    /// Name of the profile.
    pub profile: String,
    /// When it was made.
    pub signed_at: i64,
    /// Whether a timestamp says so.
    pub stamped: bool,
}

/// What a certificate signed.
#[derive(Clone, Debug)]
pub struct DyingView {
    /// How many signatures.
    pub total: u64,
    /// The newest.
    pub newest: Vec<DyingSignature>,
}

impl DyingView {
    /// What it means for them when the certificate is revoked.
    pub(crate) fn consequence(&self) -> Value {
        let all = match self.total {
            1 => "The one signature that it made dies".to_owned(),
            many => format!("All {} signatures that it made die", grouped(&many)),
        };
        format!(
            "{all} for verifiers built on OpenSSL (osslsigncode, sbverify), whatever the timestamp says. Java and Windows \
             go on accepting those with a timestamp from before the revocation."
        )
        .into()
    }

    /// The list for the page of the certificate.
    pub(crate) fn table(&self, frame: &Frame) -> Table {
        let columns =
            vec![Column::text("Item"), Column::text("Profile"), Column::tight("Signed"), Column::tight("Timestamp")];
        let row = |signature: &DyingSignature| {
            let cells = vec![
                shortened(&signature.name, 60).into(),
                signature.profile.clone().into(),
                frame.moment(&signature.signed_at).into(),
                if signature.stamped { "yes".into() } else { Value::Absent },
            ];
            match &signature.request {
                Some(id) => Row::to(request_path(id), cells),
                None => Row::plain(cells),
            }
        };
        let shown = self.newest.len();
        let table = Table::new("Signatures of this certificate", columns, self.newest.iter().map(row).collect())
            .with_id("signatures");
        match u64::try_from(shown).is_ok_and(|shown| shown < self.total) {
            true => table.with_count(format!("The newest {shown} of {}", grouped(&self.total))),
            false => table,
        }
    }

    /// What stands above the list.
    pub(crate) fn callout(&self, is_revoked: bool) -> Callout {
        match is_revoked {
            true => Callout::new(CalloutKind::Denied, "These signatures are withdrawn").with_text(self.consequence()),
            false => Callout::new(CalloutKind::Note, "If it is revoked").with_text(self.consequence()),
        }
    }
}
