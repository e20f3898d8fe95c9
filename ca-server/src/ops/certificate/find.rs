//! Finding one certificate by what it is known by.

use ca_core::policy::Actor;
use ca_core::policy::action::ReadCertificate;
use ca_core::x509::{Certificate, SerialNumber};

use crate::app::App;
use crate::ops::OpError;
use crate::store::certificate;

pub use crate::store::certificate::CertificateRecord;
pub use crate::store::fields::CertificateId;

/// The certificate of an id, or of a serial number or SHA-256 fingerprint in any notation.
///
/// # Errors
/// `NotFound`; `Conflict` when several authorities used the serial and none is named; policy and database.
pub async fn one(
    app: &App,
    actor: &Actor,
    text: &str,
    authority: Option<&str>,
) -> Result<(CertificateRecord, Certificate), OpError> {
    let mut found = match (text.parse::<CertificateId>(), fingerprint(text)) {
        (Ok(id), _) if text.contains('-') => {
            app.store.read(move |c| certificate::by_id(c, id)).await?.into_iter().collect()
        }
        (_, Some(hash)) => app.store.read(move |c| certificate::by_fingerprint(c, hash)).await?.into_iter().collect(),
        _ => by_serial(app, text, authority).await?,
    };
    let row = match (found.pop(), found.is_empty()) {
        (Some(row), true) => row,
        (Some(_), false) => {
            return Err(OpError::Conflict(format!(
                "several authorities used the serial {text}: name one with --authority"
            )));
        }
        (None, _) => return Err(OpError::NotFound(format!("there is no certificate {text}"))),
    };
    let issuer = app.authorities.by_slug(&row.record.issuer)?.name.clone();
    let _ =
        app.policies.load().engine().decide(actor, ReadCertificate { issuer, serial: row.record.serial.clone() })?;
    let certificate = Certificate::from_der(&row.der)
        .map_err(|fault| OpError::Integrity(format!("certificate {}: {fault}", row.record.id)))?;
    Ok((row.record, certificate))
}

async fn by_serial(app: &App, text: &str, authority: Option<&str>) -> Result<Vec<certificate::Certificate>, OpError> {
    let serial: SerialNumber = text.parse().map_err(|fault| OpError::NotFound(format!("{text}: {fault}")))?;
    let wanted = |name: &str| authority.is_none_or(|only| only == name);
    let slugs: Vec<String> = app
        .authorities
        .all()
        .iter()
        .filter(|found| wanted(&found.name))
        .map(|found| found.issuer.slug().to_owned())
        .collect();
    let read = move |c: &mut _| {
        let mut found = Vec::new();
        for slug in &slugs {
            found.extend(certificate::by_serial(c, slug, &serial)?);
        }
        Ok(found)
    };
    Ok(app.store.read(read).await?)
}

/// 64 hexadecimal digits, with or without colons.
fn fingerprint(text: &str) -> Option<[u8; 32]> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| *c != ':')
        .map(|c| c.to_digit(16).map(|d| d.to_le_bytes()[0]))
        .collect::<Option<_>>()?;
    let octets: Vec<u8> =
        digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |octet, digit| octet << 4 | digit)).collect();
    (digits.len() == 64).then(|| octets.try_into().ok()).flatten()
}
