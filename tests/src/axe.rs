//! axe-core, the judge of accessibility, in the page that a browser shows.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::chromium::Chromium;
use crate::environment;

/// WCAG 2.2 in the levels A and AA, and what axe-core's authors count as good practice.
const RULES: [&str; 6] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const JUDGE: &str = "
    const [options, done] = arguments;
    const element = (node) => `${node.target.join(' ')}: ${node.failureSummary}`;
    const violation = (found) => [found.id, found.help, found.nodes.slice(0, 5).map(element)];
    axe.run(document, options).then((found) => done(found.violations.map(violation)), (error) => done(String(error)));";

/// Finds nothing to complain about.
///
/// # Errors
/// If axe-core cannot run, or with what it finds.
pub async fn judge(chromium: &Chromium) -> Result<()> {
    let client = chromium.client();
    if client.execute("return !window.axe;", vec![]).await? == json!(true) {
        let path = environment::axe()?;
        let source = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        // WebDriver's scripts are not the page's: its Content-Security-Policy stays as it is.
        client.execute(&source, vec![]).await.context("bringing axe-core into the page")?;
    }
    let options = json!({ "runOnly": RULES, "resultTypes": ["violations"] });
    let violations: Value = client.execute_async(JUDGE, vec![options]).await?;
    ensure!(violations.as_array().is_some_and(Vec::is_empty), "axe-core: {violations:#}");
    Ok(())
}
