//! Certificates: found, read, downloaded, revoked.

use anyhow::{Result, ensure};
use signet_tests::chromium::ZONE;
use signet_tests::deployment::Deployment;
use signet_tests::issued::{HOSTILE, issue};
use signet_tests::{crl, openssl};

use crate::{deployment, signed_in};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_are_found_while_typing() -> Result<()> {
    let deployment = deployment()?;
    let result = found(&deployment).await;
    deployment.explain(result)
}

async fn found(deployment: &Deployment) -> Result<()> {
    let browser = signed_in(deployment, "ann", &["operator"]).await?;
    for number in 1..=4 {
        issue(deployment, &[&format!("dns:web-{number}.signet.test"), "dns:www.signet.test"], &[])?;
    }
    issue(deployment, &["dns:mail.signet.test"], &["--owner", HOSTILE])?;

    browser.open("/certificates").await?;
    // And those of the two CAs and of the server itself.
    browser.sees("8 certificates").await?;
    browser.sees(HOSTILE).await?;
    browser.inspect("certificates").await?;
    // Nothing is pressed: the list follows the keys, and the address can be shared.
    browser.fill("Search", "web-3").await?;
    browser.sees("One certificate").await?;
    browser.misses("mail.signet.test").await?;
    ensure!(browser.place().await? == "/certificates?q=web-3", "{}", browser.place().await?);
    ensure!(browser.focus().await? == "Search", "the field keeps the keyboard: {}", browser.focus().await?);
    browser.open("/certificates?q=web-3").await?;
    browser.sees("One certificate").await?;
    browser.fill("Search", "nothing like it").await?;
    browser.sees("Nothing found").await?;
    browser.inspect("certificates-none-found").await?;
    browser.fill("Search", "").await?;
    browser.sees("8 certificates").await?;
    browser.choose("State", "revoked").await?;
    browser.sees("Nothing found").await?;
    browser.choose("State", "valid").await?;
    browser.sees("8 certificates").await?;
    browser.press("More filters").await?;
    browser.inspect("certificates-more-filters").await?;

    browser.fill("Search for a name, serial, fingerprint, account or digest", "mail.signet.test").await?;
    browser.types("\u{e007}").await?;
    browser.sees("What it says").await?;
    browser.sees(HOSTILE).await?;
    let zone = browser.script("return [...document.querySelectorAll('time')].map((t) => t.title).join(' ');").await?;
    ensure!(zone.as_str().is_some_and(|titles| titles.contains("+5:30") && titles.contains("UTC")), "{ZONE}: {zone}");
    browser.inspect("certificate").await?;
    browser.open("/search?q=*.signet.test").await?;
    browser.sees("web-1.signet.test").await?;
    browser.inspect("search").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_downloaded_and_decoded() -> Result<()> {
    let deployment = deployment()?;
    let result = downloaded(&deployment).await;
    deployment.explain(result)
}

async fn downloaded(deployment: &Deployment) -> Result<()> {
    let (chain, serial) = issue(deployment, &["dns:web.signet.test"], &[])?;
    let browser = signed_in(deployment, "ann", &["operator"]).await?;
    browser.open(&format!("/certificates/{serial}")).await?;
    let file = String::from_utf8(browser.download("PEM with chain").await?)?;
    ensure!(file.trim() == chain.trim(), "{file}");
    openssl::verify(&file, &deployment.root(), &["-purpose", "sslserver"])?.success()?;
    ensure!(browser.download("DER").await? == openssl::to_der(openssl::split(&chain).remove(0).as_str())?);

    browser.open("/certificates").await?;
    browser.press("Decode …").await?;
    browser.inspect("decode").await?;
    browser.paste("Certificate or request", &chain).await?;
    browser.press("Decode").await?;
    browser.sees("Issued here").await?;
    browser.sees("web.signet.test").await?;
    browser.inspect("decoded").await?;
    browser.paste("Certificate or request", HOSTILE).await?;
    browser.press("Decode").await?;
    browser.inspect("decode-refused").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_says_what_breaks_and_reaches_the_list() -> Result<()> {
    let deployment = deployment()?;
    let result = revoked(&deployment).await;
    deployment.explain(result)
}

async fn revoked(deployment: &Deployment) -> Result<()> {
    let (chain, _) = issue(deployment, &["dns:old.signet.test"], &[])?;
    let browser = signed_in(deployment, "ann", &["operator"]).await?;
    browser.open("/certificates").await?;
    browser.press("old.signet.test").await?;
    browser.press("Revoke …").await?;
    browser.sees("Clients that check revocation refuse old.signet.test").await?;
    browser.sees("There is no newer valid certificate").await?;
    browser.inspect("revoke").await?;
    browser.choose("Why", "keyCompromise").await?;
    browser.press("Revoke this certificate").await?;
    browser.sees("It is revoked.").await?;
    browser.inspect("revoked").await?;
    crl::wait_until_listed(&deployment.server, &chain)?;

    for number in 1..=3 {
        issue(deployment, &[&format!("dns:many-{number}.signet.test")], &[])?;
    }
    browser.open("/certificates?q=many-").await?;
    browser.choose("What to do", "Revoke them").await?;
    browser.press("All 3 found …").await?;
    browser.sees("Revoke 3 certificates").await?;
    browser.inspect("revoke-many").await?;
    browser.choose("Why", "superseded").await?;
    browser.fill("Type", "3").await?;
    browser.press("Revoke 3 certificates").await?;
    browser.sees("3 of 3 done").await?;
    browser.inspect("change-to-many").await
}
