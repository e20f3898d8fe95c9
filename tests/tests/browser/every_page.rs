//! Every page that a link leads to is judged and photographed, and no link leads nowhere.

use std::collections::{BTreeSet, VecDeque};

use anyhow::{Result, ensure};
use serde_json::Value;
use signet_tests::browser::Browser;
use signet_tests::deployment::{Deployment, Kind, Prepared};
use signet_tests::issued::{HOSTILE, issue};
use signet_tests::operator::Operator;
use signet_tests::process::output;

use crate::{signed_in, signing};

/// Somebody who may see everything.
const ROLES: [&str; 5] = ["security-officer", "key-custodian", "operator", "approver", "auditor"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_accessible_and_every_link_leads_somewhere() -> Result<()> {
    let prepared = Prepared::new(Kind::SqliteSoftware, &[])?;
    signing::put_profiles(&prepared)?;
    let deployment = prepared.serve()?;
    let result = crawled(&deployment).await;
    deployment.explain(result)
}

/// Something of everything that pages show.
async fn furnish(deployment: &Deployment) -> Result<()> {
    issue(deployment, &["dns:web.signet.test", "dns:*.signet.test"], &["--owner", HOSTILE])?;
    let (_, serial) = issue(deployment, &["dns:old.signet.test"], &[])?;
    output(&mut deployment.signet(&["certificate", "revoke", &serial, "--reason", "superseded"])?)?;
    let officer = Operator::sign_in(deployment, "olga", &ROLES[..1]).await?;
    officer.token(&["read"], &ROLES[..1]).await?;
    let machine =
        Operator::sign_in(deployment, "otto", &["operator"]).await?.token(&["signing"], &["operator"]).await?;
    for profile in ["test", "release"] {
        signing::submit(deployment, &machine, profile, &[("app.bin", b"1"), (HOSTILE, b"2")]).await?;
    }
    Ok(())
}

async fn crawled(deployment: &Deployment) -> Result<()> {
    furnish(deployment).await?;
    let browser = signed_in(deployment, "ada", &ROLES).await?;
    let mut visited = BTreeSet::new();
    let mut waiting = VecDeque::from([("/".to_owned(), "the address bar".to_owned())]);
    let mut faults = Vec::new();
    while let Some((path, from)) = waiting.pop_front() {
        let shape = shape(&path);
        if !visited.insert(shape.clone()) {
            continue;
        }
        match visit(&browser, &path, &shape).await {
            Ok(links) => waiting.extend(links.into_iter().map(|link| (link, path.clone()))),
            Err(fault) => faults.push(format!("{path} (linked from {from}): {fault:#}")),
        }
    }
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    ensure!(visited.len() > 10, "the pages have no links: {visited:?}");
    Ok(())
}

/// The links of a page; none of what is no page.
async fn visit(browser: &Browser, path: &str, shape: &str) -> Result<Vec<String>> {
    const ASK: &str = "
        const [path, done] = arguments;
        fetch(path).then((r) => done([r.status, r.headers.get('content-type')]), (error) => done([0, String(error)]));";
    const LINKS: &str = "
        const inside = [...document.links].filter((a) => a.origin === location.origin && !a.hash);
        return inside.map((a) => a.pathname + a.search);";
    let answer = browser.script_with(ASK, vec![path.into()]).await?;
    ensure!(answer[0] == 200, "{answer}");
    if answer[1].as_str().is_none_or(|kind| !kind.starts_with("text/html")) {
        return Ok(Vec::new());
    }
    browser.open(path).await?;
    browser.inspect(&format!("page{}", shape.replace('/', "-"))).await?;
    let links = browser.script(LINKS).await?;
    Ok(links.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect())
}

/// Pages that differ only in the thing they show have the same shape.
fn shape(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let is_id = |part: &str| part.len() > 12 && part.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    path.split('/').map(|part| if is_id(part) { "id" } else { part }).collect::<Vec<_>>().join("/")
}
