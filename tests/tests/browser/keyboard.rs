//! Everything without a mouse.

use anyhow::{Result, ensure};
use fantoccini::key::Key;
use signet_tests::browser::Browser;
use signet_tests::deployment::Deployment;
use signet_tests::issued::issue;
use signet_tests::look::Look;

use crate::{deployment, signed_in};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_keyboard_is_enough() -> Result<()> {
    let deployment = deployment()?;
    let result = by_keyboard(&deployment).await;
    deployment.explain(result)
}

async fn focused(browser: &Browser, wanted: &str) -> Result<()> {
    let found = browser.focus().await?;
    ensure!(found.starts_with(wanted), "the keyboard is at {found:?}, not at {wanted:?}");
    Ok(())
}

async fn by_keyboard(deployment: &Deployment) -> Result<()> {
    for number in 1..=2 {
        issue(deployment, &[&format!("dns:web-{number}.signet.test")], &[])?;
    }
    let browser = signed_in(deployment, "ann", &["operator"]).await?;
    let tab = char::from(Key::Tab).to_string();
    let enter = char::from(Key::Enter).to_string();
    browser.open("/certificates").await?;
    browser.types(&tab).await?;
    focused(&browser, "Skip to content").await?;
    browser.types(&enter).await?;
    focused(&browser, "Certificates").await?;
    browser.types("j").await?;
    focused(&browser, "web-2").await?;
    browser.types("j").await?;
    focused(&browser, "web-1").await?;
    browser.types("k").await?;
    focused(&browser, "web-2").await?;
    browser.types(&enter).await?;
    browser.sees("What it says").await?;
    browser.types("/").await?;
    focused(&browser, "Search for a name").await?;
    browser.types(&format!("web-1.signet.test{enter}")).await?;
    browser.sees("web-1.signet.test").await?;
    browser.sees("What it says").await?;

    browser.look(Look::Phone).await?;
    browser.open("/certificates").await?;
    browser.press("Menu").await?;
    browser.sees("Settings").await?;
    browser.press("Settings").await?;
    browser.sees("Operators").await
}
