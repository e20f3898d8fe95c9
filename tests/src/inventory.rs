//! What the CA says it has issued, by its own command line.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::deployment::Prepared;
use crate::process::output;

/// Every certificate in the database, as `signet certificate list --json` tells it.
///
/// # Errors
/// If the command fails or does not print JSON.
pub fn certificates(prepared: &Prepared) -> Result<Vec<Value>> {
    let mut all: Vec<Value> = Vec::new();
    loop {
        let mut arguments = vec!["certificate", "list", "--json", "--limit", PAGE_TEXT];
        if let Some(last) = all.last() {
            arguments.extend(["--after", last["id"].as_str().context("a row is a cursor")?]);
        }
        let text = output(&mut prepared.signet(&arguments)?)?;
        let page: Vec<Value> = serde_json::from_str(&text).with_context(|| text.clone())?;
        let complete = page.len() < PAGE;
        all.extend(page);
        if complete {
            return Ok(all);
        }
    }
}

const PAGE: usize = 500;
const PAGE_TEXT: &str = "500";

/// The serial numbers in the database.
///
/// # Errors
/// As [`certificates`].
pub fn serials(prepared: &Prepared) -> Result<Vec<String>> {
    let certificates = certificates(prepared)?;
    let serial = |certificate: &Value| certificate["serial"].as_str().map(str::to_owned).context("a serial");
    certificates.iter().map(serial).collect()
}

/// The certificates for one name.
///
/// # Errors
/// As [`certificates`].
pub fn for_name(prepared: &Prepared, name: &str) -> Result<Vec<Value>> {
    let names_it = |c: &Value| {
        c["names"].as_array().is_some_and(|names| names.iter().any(|n| n.as_str().is_some_and(|n| n.ends_with(name))))
    };
    Ok(certificates(prepared)?.into_iter().filter(names_it).collect())
}
