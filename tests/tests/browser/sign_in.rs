//! The first minutes with a new installation, and who is kept out.

use anyhow::{Context, Result, ensure};
use signet_tests::browser::Browser;
use signet_tests::operator::PASSWORD;
use signet_tests::ports;
use signet_tests::quickstart::Quickstart;

use crate::{base, deployment, signed_in};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_printed_password_lets_in_once() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let listen = ports::free()?;
    let started = Quickstart::start(folder.path(), listen, ports::free()?, "log")?;
    let printed = started.one_time_password().context("a one-time password")?;
    let browser = Browser::start(format!("https://127.0.0.1:{listen}")).await?;

    browser.open("/").await?;
    browser.sees("/acme/acme/directory").await?;
    browser.inspect("start").await?;
    browser.press("Sign in").await?;
    browser.inspect("sign-in").await?;
    browser.fill("Name", "admin").await?;
    browser.fill("Password", "not the printed one").await?;
    browser.press("Sign in").await?;
    browser.sees("This name and password do not let anybody in.").await?;
    browser.inspect("sign-in-refused").await?;

    browser.fill("Password", printed).await?;
    browser.press("Sign in").await?;
    browser.sees("Choose your own password").await?;
    browser.inspect("password-required").await?;
    // Nothing else is open before.
    browser.open("/certificates").await?;
    browser.sees("Choose your own password").await?;
    browser.fill("Present password", printed).await?;
    browser.fill("New password", PASSWORD).await?;
    browser.fill("New password again", PASSWORD).await?;
    browser.press("Change").await?;
    browser.sees("Sign out").await?;
    browser.inspect("first-page").await?;

    browser.press("Sign out").await?;
    browser.sees("where certificates are issued and looked after").await?;
    browser.open("/account").await?;
    ensure!(browser.place().await? == "/sign-in?next=/account", "{}", browser.place().await?);
    browser.fill("Name", "admin").await?;
    browser.fill("Password", printed).await?;
    browser.press("Sign in").await?;
    browser.sees("do not let anybody in").await?;
    browser.fill("Password", PASSWORD).await?;
    browser.press("Sign in").await?;
    browser.sees("Sessions").await?;
    ensure!(browser.place().await? == "/account", "{}", browser.place().await?);
    browser.inspect("account").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_is_added_and_a_role_is_denied() -> Result<()> {
    let deployment = deployment()?;
    let result = added_and_denied(&deployment).await;
    deployment.explain(result)
}

async fn added_and_denied(deployment: &signet_tests::deployment::Deployment) -> Result<()> {
    let officer = signed_in(deployment, "olga", &["security-officer"]).await?;
    officer.press("Settings").await?;
    officer.sees("Operators").await?;
    officer.open("/settings/operators").await?;
    officer.fill("Name", "bob").await?;
    officer.tick("auditor").await?;
    officer.press("Add").await?;
    officer.sees("bob").await?;
    officer.inspect("operator-added").await?;
    let password = officer.script("return document.querySelector('main code').innerText;").await?;
    let password = password.as_str().context("a one-time password")?;

    let auditor = Browser::start(base(deployment)).await?;
    auditor.sign_in("bob", password).await?;
    auditor.fill("Present password", password).await?;
    auditor.fill("New password", PASSWORD).await?;
    auditor.fill("New password again", PASSWORD).await?;
    auditor.press("Change").await?;
    auditor.open("/settings/operators").await?;
    auditor.sees("A security officer adds them.").await?;
    auditor.inspect("operators-as-auditor").await?;
    // What has no button is refused as well, and says by which rule.
    auditor
        .script(
            "const form = document.createElement('form');
            form.method = 'post';
            form.action = '/settings/operators';
            form.innerHTML = '<input name=name value=eve><input name=roles value=security-officer>';
            form.append(document.querySelector('input[name=csrf]').cloneNode());
            document.body.append(form);
            form.submit();",
        )
        .await?;
    auditor.sees("auditors-only-read").await?;
    auditor.inspect("denied").await?;
    auditor.open("/no-such-page").await?;
    auditor.inspect("not-found").await
}
