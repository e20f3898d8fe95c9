//! ACME as operators see it: bindings that clients use, orders that failed and why.

use anyhow::{Context, Result, ensure};
use signet_tests::certbot::Certbot;
use signet_tests::deployment::{Deployment, Kind, Prepared};
use signet_tests::{openssl, ports};
use toml::Table;

use crate::{deployment, signed_in};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certbot_uses_a_binding_that_was_just_made() -> Result<()> {
    let prepared = Prepared::new(Kind::SqliteSoftware, &[])?;
    prepared.configure(require_bindings)?;
    let deployment = prepared.serve()?;
    let result = binding_used(&deployment).await;
    deployment.explain(result)
}

fn require_bindings(config: &mut Table) -> Result<()> {
    let endpoint = config.get_mut("acme").and_then(|list| list.get_mut(0)).and_then(toml::Value::as_table_mut);
    endpoint.context("an ACME endpoint")?.insert("external_account_required".to_owned(), true.into());
    Ok(())
}

fn certbot(deployment: &Deployment) -> Result<Certbot> {
    Ok(Certbot::new(deployment.folder(), &deployment.directory()?, &deployment.root()))
}

async fn binding_used(deployment: &Deployment) -> Result<()> {
    let browser = signed_in(deployment, "ann", &["operator"]).await?;
    browser.press("Clients").await?;
    browser.press("Bindings").await?;
    browser.sees("No binding yet").await?;
    browser.inspect("bindings-empty").await?;
    browser.fill("Whom it is for", "team web").await?;
    browser.press("Make it").await?;
    browser.sees("the key is not shown again").await?;
    browser.inspect("binding-made").await?;
    let shown =
        browser.script("return [...document.querySelectorAll('main pre code')].map((c) => c.innerText);").await?;
    let line = |number: usize| shown[number].as_str().map(str::trim).context("a line to copy");
    let (kid, key) = (line(0)?, line(1)?);

    let certbot = certbot(deployment)?;
    let account = ["register", "--agree-tos", "--register-unsafely-without-email"];
    ensure!(!certbot.run(&account)?.status.success(), "an account without a binding");
    certbot.run(&[&account[..], &["--eab-kid", kid, "--eab-hmac-key", key]].concat())?.success()?;
    browser.open("/clients/bindings").await?;
    browser.sees("team web").await?;
    browser.misses(key).await?;
    browser.inspect("bindings").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_failed_says_why() -> Result<()> {
    let deployment = deployment()?;
    let result = explained(&deployment).await;
    deployment.explain(result)
}

async fn explained(deployment: &Deployment) -> Result<()> {
    let certbot = certbot(deployment)?;
    let validated = deployment.network().http.give_up_port();
    certbot.obtain_by_http("good.signet.test", validated)?;
    // certbot listens where nobody looks for it.
    let elsewhere = ports::free()?;
    ensure!(certbot.obtain_by_http("bad.signet.test", elsewhere).is_err(), "validated on a port that nobody asked");
    let browser = signed_in(deployment, "ann", &["operator"]).await?;
    browser.press("Clients").await?;
    browser.sees("good.signet.test").await?;
    browser.inspect("orders").await?;
    browser.follow("bad.signet.test").await?;
    browser.sees("There will be no certificate").await?;
    browser.sees("How its names were proved").await?;
    browser.sees("127.0.0.1").await?;
    browser.inspect("order-failed").await?;
    browser.open("/clients").await?;
    browser.follow("good.signet.test").await?;
    browser.inspect("order-done").await?;
    browser.open("/clients/accounts").await?;
    browser.inspect("accounts").await?;
    browser.script("document.querySelector('a.row').click();").await?;
    browser.sees("Its orders").await?;
    browser.inspect("acme-account").await?;
    let serial = openssl::serial(&certbot.chain("good.signet.test")?)?;
    browser.open(&format!("/certificates/{serial}")).await?;
    browser.sees("through ACME account").await?;
    browser.inspect("certificate-by-acme").await
}
