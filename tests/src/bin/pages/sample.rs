//! Things that are there, spread over the life of the installation.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use signet_tests::visitor::Visitor;

/// What cases ask for.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) accounts: Vec<String>,
    pub(crate) orders: Vec<String>,
    pub(crate) failed: Vec<String>,
    pub(crate) events: Vec<Event>,
}

/// One certificate.
#[derive(Debug)]
pub(crate) struct Certificate {
    pub(crate) id: String,
    pub(crate) serial: String,
    pub(crate) fingerprint: String,
    pub(crate) key: String,
    pub(crate) name: String,
}

/// One audit event.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) actor: String,
    pub(crate) object: String,
    pub(crate) request: String,
}

/// Days back at which certificates are taken.
const DAYS: [u32; 8] = [1, 20, 50, 80, 120, 160, 200, 230];

impl Sample {
    pub(crate) async fn take(reader: &mut Visitor, base: &str) -> Result<Self> {
        let mut sample = Self::default();
        for day in DAYS {
            let before = moment(day)?;
            let found = items(reader, &format!("{base}/api/v1/certificates?issued_before={before}&limit=5")).await?;
            for item in found {
                sample.certificates.push(Certificate::of(&item)?);
            }
            for item in items(reader, &format!("{base}/api/v1/audit?until={day}d&limit=3")).await? {
                let text = |name| text(&item, name);
                let (id, actor) = (text("id")?, text("actor")?);
                sample.events.push(Event { id, actor, object: text("object")?, request: text("request")? });
            }
        }
        ensure!(sample.certificates.len() > 30, "fill the database first: {} certificates", sample.certificates.len());
        for item in items(reader, &format!("{base}/api/v1/acme/accounts?limit=40")).await? {
            sample.accounts.push(text(&item, "id")?);
        }
        for item in items(reader, &format!("{base}/api/v1/acme/orders?limit=500")).await? {
            let orders = if item["status"] == "invalid" { &mut sample.failed } else { &mut sample.orders };
            orders.push(text(&item, "id")?);
        }
        Ok(sample)
    }
}

impl Certificate {
    fn of(item: &Value) -> Result<Self> {
        let name = item["names"][0].as_str().map(|name| name.trim_start_matches("dns:").to_owned());
        Ok(Self {
            id: text(item, "id")?,
            serial: text(item, "serial")?,
            fingerprint: text(item, "fingerprint_sha256")?,
            key: text(item, "key_sha256")?,
            name: name.unwrap_or_default(),
        })
    }
}

/// RFC 3339 of so many days ago, as `date` writes it.
fn moment(days: u32) -> Result<String> {
    let mut date = std::process::Command::new("date");
    date.args(["-u", "-d", &format!("{days} days ago"), "+%Y-%m-%dT%H:%M:%SZ"]);
    Ok(signet_tests::process::output(&mut date)?.trim().to_owned())
}

async fn items(reader: &mut Visitor, url: &str) -> Result<Vec<Value>> {
    let page = reader.get(url).await?.success()?.json()?;
    Ok(page["items"].as_array().context("items")?.clone())
}

fn text(item: &Value, name: &str) -> Result<String> {
    item[name].as_str().map(str::to_owned).with_context(|| format!("{name} in {item}"))
}
