//! People at a real browser: Chromium without a screen, driven as hands and eyes would. Each page is judged by axe-core
//! and photographed by day, by night and on a phone; the pictures are in `target/screenshots`.

mod certificates;
mod clients;
mod every_page;
mod keyboard;
mod release;
mod requests;
mod sign_in;
mod signing;

use anyhow::Result;
use signet_tests::browser::Browser;
use signet_tests::deployment::{Deployment, Kind};
use signet_tests::operator::{Operator, PASSWORD};

/// Deployments differ in what lies below the pages, not in the pages: the simplest one does.
fn deployment() -> Result<Deployment> {
    Deployment::start(Kind::SqliteSoftware)
}

fn base(deployment: &Deployment) -> String {
    format!("https://{}", deployment.server.listen())
}

/// A browser in which an operator with these roles is signed in.
async fn signed_in(deployment: &Deployment, name: &str, roles: &[&str]) -> Result<Browser> {
    Operator::sign_in(deployment, name, roles).await?;
    let browser = Browser::start(base(deployment)).await?;
    browser.sign_in(name, PASSWORD).await?;
    Ok(browser)
}
