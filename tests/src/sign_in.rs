//! Signing an operator in with a browser, from the one-time password on.

use anyhow::{Context, Result, ensure};

use crate::deployment::Deployment;
use crate::process::run;
use crate::server::signet;
use crate::visitor::Visitor;

/// The password that every operator of a test chooses.
const PASSWORD: &str = "correct horse battery staple 7";

/// Everything that a token may be used for.
pub const SCOPES: [&str; 6] = ["read", "requests", "certificates", "acme", "administer", "signing"];

/// Adds an operator on the machine and signs them in, with a password of their own.
///
/// # Errors
/// If any step is refused.
pub async fn signed_in(deployment: &Deployment, base: &str, name: &str, roles: &[&str]) -> Result<Visitor> {
    let config = deployment.config();
    let config = config.to_str().context("test folders have UTF-8 names")?;
    let mut arguments = vec!["operator", "add", "--config", config, "--json", name];
    roles.iter().for_each(|role| arguments.extend(["--role", role]));
    let added = run(&mut signet(&deployment.variables(), &arguments)?)?.success()?.stdout;
    let added: serde_json::Value = serde_json::from_str(&added)?;
    let once = added["one_time_password"].as_str().context("a one-time password")?.to_owned();
    let mut visitor = Visitor::new(deployment.https()?);
    let answer = visitor.submit(&format!("{base}/sign-in"), &[("name", name), ("password", &once)]).await?;
    ensure!(answer.status == 303, "sign-in: {} {}", answer.status, answer.text());
    visitor.get(&format!("{base}/account/password")).await?.success()?;
    let change = [("present", once.as_str()), ("new", PASSWORD), ("again", PASSWORD)];
    let answer = visitor.submit(&format!("{base}/account/password"), &change).await?;
    ensure!(answer.status == 303, "password: {} {}", answer.status, answer.text());
    Ok(visitor)
}

/// Makes an API token as its operator does.
///
/// # Errors
/// If it is refused.
pub async fn token(visitor: &mut Visitor, base: &str, roles: &[&str], scopes: &[&str]) -> Result<String> {
    let url = format!("{base}/account/tokens/new");
    visitor.get(&url).await?.success()?;
    let mut fields = vec![("name", "test"), ("days", "1")];
    fields.extend(roles.iter().map(|role| ("roles", *role)));
    fields.extend(scopes.iter().map(|scope| ("scopes", *scope)));
    let page = visitor.submit(&url, &fields).await?.success()?.text();
    let (_, rest) = page.split_once("sgt_").with_context(|| format!("a token in {page}"))?;
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').unwrap_or(rest.len());
    Ok(format!("sgt_{}", &rest[..end]))
}
