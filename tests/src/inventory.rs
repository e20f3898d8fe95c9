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
    let mut all = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let mut arguments = vec!["certificate", "list", "--json", "--limit", "500"];
        if let Some(cursor) = &after {
            arguments.extend(["--after", cursor]);
        }
        let text = output(&mut prepared.signet(&arguments)?)?;
        let page: Value = serde_json::from_str(&text).with_context(|| text.clone())?;
        let rows = page["certificates"].as_array().with_context(|| text.clone())?;
        all.extend(rows.iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = Some(next.to_owned()),
            None => return Ok(all),
        }
    }
}

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
