//! A certificate that is asked for by one and approved by another.

use anyhow::{Context, Result, ensure};
use signet_tests::deployment::Deployment;
use signet_tests::issued::HOSTILE;
use signet_tests::openssl;

use crate::{deployment, signed_in};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_asks_and_another_approves() -> Result<()> {
    let deployment = deployment()?;
    let result = asked_and_approved(&deployment).await;
    deployment.explain(result)
}

fn csr(names: &str) -> Result<String> {
    let names = format!("subjectAltName={names}");
    let subject = format!("/CN={}", HOSTILE.replace('/', "\\/"));
    let options = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", &subject, "-addext", &names];
    Ok(openssl::to_pem("CERTIFICATE REQUEST", &openssl::csr(&options)?))
}

async fn asked_and_approved(deployment: &Deployment) -> Result<()> {
    let ann = signed_in(deployment, "ann", &["operator"]).await?;
    let bob = signed_in(deployment, "bob", &["approver"]).await?;
    ann.press("Requests").await?;
    ann.inspect("requests-empty").await?;
    ann.press("Request a certificate").await?;
    ann.inspect("request-new").await?;
    ann.paste("CSR", HOSTILE).await?;
    ann.press("Look at it first").await?;
    ann.sees("This cannot be requested as it is").await?;
    ann.inspect("request-refused").await?;
    ann.paste("CSR", &csr("DNS:www.example.org,IP:10.0.0.7")?).await?;
    ann.choose("Profile", "tls-server:").await?;
    ann.press("Look at it first").await?;
    ann.sees("What the rules say").await?;
    ann.sees("www.example.org").await?;
    ann.inspect("request-preview").await?;
    ann.press("Submit the request").await?;
    ann.sees("0 of 1 approvals").await?;
    ann.sees("You cannot approve it").await?;
    ann.inspect("request-own").await?;
    let place = ann.place().await?;

    bob.press("Requests").await?;
    bob.sees("www.example.org").await?;
    bob.inspect("requests").await?;
    bob.open(&place).await?;
    bob.fill("Comment", HOSTILE).await?;
    bob.press("Comment only").await?;
    bob.sees(HOSTILE).await?;
    bob.inspect("request-to-approve").await?;
    bob.press("Approve").await?;
    bob.sees("It is issued").await?;
    bob.inspect("request-issued").await?;

    ann.open(&place).await?;
    let chain = String::from_utf8(ann.download("Download certificate").await?)?;
    let options = ["-purpose", "sslserver", "-verify_hostname", "www.example.org"];
    openssl::verify(&chain, &deployment.root(), &options)?.success()?;
    ann.press("Make a fetch code").await?;
    ann.inspect("request-fetch-code").await?;
    let address =
        ann.script("return document.querySelector('main').innerText.match(/\\/fetch\\/[^\\s]+/)?.[0];").await?;
    ann.open(address.as_str().context("an address to fetch from")?).await?;
    ann.inspect("request-fetch").await?;
    ensure!(!ann.place().await?.starts_with("/sign-in"), "whoever has the code needs no account");
    Ok(())
}
