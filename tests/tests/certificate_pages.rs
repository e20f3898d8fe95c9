//! Certificates as operators see them: search, one certificate, decoding, revocation with its preview, changes of many.

use anyhow::{Context, Result, ensure};
use signet_tests::deployment::Deployment;
use signet_tests::issued::{self, HOSTILE};
use signet_tests::operator::Operator;
use signet_tests::visitor::form;
use signet_tests::{crl, on_each_deployment, openssl};

on_each_deployment!(a_certificate_is_found_and_read, a_certificate_is_revoked_once, many_are_changed_at_once,);

/// A certificate whose subject the request has chosen.
fn issue(deployment: &Deployment, names: &[&str], options: &[&str]) -> Result<(String, String)> {
    issued::issue(deployment, names, &[&["--profile", "tls-client"], options].concat())
}

/// Where a redirect leads.
fn place(answer: &signet_tests::https::Answer) -> Result<String> {
    ensure!(answer.status == 303, "{}: {}", answer.status, answer.text());
    Ok(answer.header("location").context("a location")?.to_owned())
}

async fn a_certificate_is_found_and_read(deployment: &mut Deployment) -> Result<()> {
    let (chain, serial) = issue(deployment, &["dns:web-1.signet.test", "dns:mail.signet.test"], &["--owner", HOSTILE])?;
    issue(deployment, &["dns:web-2.signet.test"], &[])?;
    let ann = Operator::sign_in(deployment, "ann", &["operator"]).await?;

    let list = ann.get("/certificates").await?.success()?.text();
    ensure!(list.contains("web-1.signet.test") && list.contains("web-2.signet.test"), "{list}");
    ensure!(!list.contains("<script>alert"), "hostile text in the list: {list}");
    let found = ann.get("/certificates?q=web-1&status=valid&profile=tls-client").await?.success()?.text();
    ensure!(found.contains("web-1.signet.test") && !found.contains("web-2.signet.test"), "{found}");
    ensure!(found.contains("One certificate"), "{found}");
    let none = ann.get("/certificates?q=nothing-like-it").await?.success()?.text();
    ensure!(none.contains("Nothing found"), "{none}");
    let wrong = ann.get("/certificates?status=splendid").await?.success()?.text();
    ensure!(wrong.contains("use valid, soon, expired or revoked"), "{wrong}");

    for text in [serial.clone(), serial.to_uppercase(), "web-1.signet.test".to_owned(), openssl::fingerprint(&chain)?] {
        let jump = ann.get(&format!("/search?{}", form(&[("q", &text)]))).await?;
        ensure!(place(&jump)?.starts_with("/certificates/"), "{text}");
    }
    let several = ann.get("/search?q=*.signet.test").await?.success()?.text();
    ensure!(several.contains("web-1.signet.test") && several.contains("web-2.signet.test"), "{several}");

    let page = ann.get(&format!("/certificates/{serial}")).await?.success()?.text();
    ensure!(!page.contains("<script>alert"), "hostile text: {page}");
    for words in [
        "Valid for",
        "issued by issuing",
        "&#60;script&#62;alert(1)&#60;/script&#62;",
        "TLS client (clientAuth)",
        "digital signature",
        "mail.signet.test",
        "Issued",
        "local-administrator",
    ] {
        ensure!(page.contains(words), "{words}: {page}");
    }
    ensure!(page.len() < 100 * 1024, "{} octets", page.len());

    let file = |kind: &str| {
        let (ann, path) = (&ann, format!("/certificates/{serial}/{kind}"));
        async move { ann.get(&path).await }
    };
    let leaf = openssl::split(&chain).remove(0);
    ensure!(file("pem").await?.success()?.text().trim() == leaf.trim());
    ensure!(file("chain").await?.success()?.text().trim() == chain.trim());
    ensure!(file("der").await?.success()?.body[..] == openssl::to_der(&leaf)?[..]);
    let subjects = openssl::pkcs7_subjects(&file("pkcs7").await?.success()?.body)?;
    ensure!(subjects.lines().count() == 2 && subjects.contains("Issuing"), "{subjects}");
    ensure!(ann.get("/certificates/00ff").await?.status == 404);
    ensure!(ann.get("/certificates/no-such-thing").await?.status == 404);
    decoding(deployment, &ann, &chain).await
}

async fn decoding(deployment: &Deployment, ann: &Operator, chain: &str) -> Result<()> {
    let decoded = ann.post("/decode", &[("text", chain)]).await?.success()?.text();
    for words in ["Issued here", "web-1.signet.test", "CA certificate", "a CA that issues to end entities only"] {
        ensure!(decoded.contains(words), "{words}: {decoded}");
    }
    ensure!(!decoded.contains("<script>alert"), "{decoded}");
    let request =
        openssl::csr(&["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=later.signet.test"])?;
    let request = openssl::to_pem("CERTIFICATE REQUEST", &request);
    let decoded = ann.post("/decode", &[("text", &request)]).await?.success()?.text();
    ensure!(decoded.contains("certification request") && decoded.contains("Its signature is right"), "{decoded}");
    let key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----";
    let refused = ann.post("/decode", &[("text", key)]).await?;
    ensure!(refused.status == 422 && refused.text().contains("this is a private key"), "{}", refused.text());
    ensure!(!refused.text().contains("c2VjcmV0"), "the key is shown again");
    let garbage = ann.post("/decode", &[("text", HOSTILE)]).await?;
    ensure!(garbage.status == 422 && !garbage.text().contains(HOSTILE), "{}", garbage.text());
    let long = "A".repeat(300 * 1024);
    ensure!(ann.post("/decode", &[("text", &long)]).await?.status == 422);
    let huge = "A".repeat(20 * 1024 * 1024);
    // A server that has refused need not read the rest.
    if let Ok(answer) = ann.post("/decode", &[("text", &huge)]).await {
        ensure!(answer.status == 413, "{}", answer.status);
    }
    ensure!(deployment.https()?.get(&format!("https://{}/health", deployment.server.listen())).await?.status == 200);
    Ok(())
}

async fn a_certificate_is_revoked_once(deployment: &mut Deployment) -> Result<()> {
    let (chain, serial) = issue(deployment, &["dns:web.signet.test"], &[])?;
    let ann = Operator::sign_in(deployment, "ann", &["operator"]).await?;
    let path = format!("/certificates/{serial}/revoke");
    let preview = ann.get(&path).await?.success()?.text();
    for words in
        ["Clients that check revocation refuse web.signet.test", "There is no newer valid certificate", "/crl/"]
    {
        ensure!(preview.contains(words), "{words}: {preview}");
    }
    let (_, newer) = issue(deployment, &["dns:web.signet.test"], &[])?;
    let preview = ann.get(&path).await?.success()?.text();
    ensure!(preview.contains("A newer certificate for the same names is valid"), "{preview}");
    ensure!(preview.contains("selected"), "superseded is proposed: {preview}");

    let forged = ann.post_as_it_is(&path, &[("reason", "superseded"), ("csrf", "forged")]).await?;
    ensure!(forged.status == 403, "{}", forged.status);
    let unsaid = ann.post(&path, &[("reason", "boredom")]).await?;
    ensure!(unsaid.status == 422 && unsaid.text().contains("boredom"), "{}", unsaid.text());
    let unfit = ann.post(&path, &[("reason", "cACompromise")]).await?;
    ensure!(unfit.status == 422, "{}", unfit.status);
    refusals(deployment, &serial).await?;

    let done = place(&ann.post(&path, &[("reason", "superseded")]).await?)?;
    let page = ann.get(&done).await?.success()?.text();
    for words in ["It is revoked.", "Revoked", "superseded", "role-operator", "It is revoked already."] {
        ensure!(page.contains(words), "{words}: {page}");
    }
    let again = ann.post(&path, &[("reason", "keyCompromise")]).await?;
    ensure!(again.status == 409 && again.text().contains("revoked already"), "{}", again.text());
    let found = ann.get("/certificates?status=revoked").await?.success()?.text();
    ensure!(found.contains("One certificate"), "{found}");
    let page = ann.get(&format!("/certificates/{newer}")).await?.success()?.text();
    ensure!(page.contains("replaces"), "{page}");
    crl::wait_until_listed(&deployment.server, &chain).map(drop)
}

/// Who may not revoke learns why, on the page and when trying all the same.
async fn refusals(deployment: &Deployment, serial: &str) -> Result<()> {
    let bob = Operator::sign_in(deployment, "bob", &["auditor"]).await?;
    let page = bob.get(&format!("/certificates/{serial}")).await?.success()?.text();
    ensure!(page.contains("an auditor reads and changes nothing"), "{page}");
    let preview = bob.get(&format!("/certificates/{serial}/revoke")).await?.success()?.text();
    ensure!(preview.contains("It cannot be revoked") && !preview.contains("name=\"reason\""), "{preview}");
    let paths = ["revoke", "owner", "renewal"];
    for act in paths {
        let fields = [("reason", "superseded"), ("owner", "bob"), ("days", "7")];
        let refused = bob.post(&format!("/certificates/{serial}/{act}"), &fields).await?;
        ensure!(refused.status == 403 && refused.text().contains("auditors-only-read"), "{act}: {}", refused.text());
    }
    let eve = Operator::sign_in(deployment, "eve", &["visitor"]).await?;
    let changes = "/certificates/changes/new?change=revoke&which=all";
    for path in ["/certificates", "/search?q=web", "/decode", "/certificates/changes", changes] {
        ensure!(eve.get(path).await?.status == 403, "{path}");
    }
    for kind in ["", "/revoke", "/pem", "/chain", "/der", "/pkcs7"] {
        ensure!(eve.get(&format!("/certificates/{serial}{kind}")).await?.status == 403, "{kind}");
    }
    ensure!(eve.post("/decode", &[("text", "x")]).await?.status == 403);
    let stranger = deployment.https()?.get(&format!("https://{}/certificates", deployment.server.listen())).await?;
    ensure!(place(&stranger)?.starts_with("/sign-in?next="));
    Ok(())
}

async fn many_are_changed_at_once(deployment: &mut Deployment) -> Result<()> {
    let mut chain = String::new();
    for number in 1..=3 {
        chain = issue(deployment, &[&format!("dns:old-{number}.signet.test")], &[])?.0;
    }
    let (_, kept) = issue(deployment, &["dns:kept.signet.test"], &[])?;
    let ann = Operator::sign_in(deployment, "ann", &["operator"]).await?;

    let owner = ann.get("/certificates/changes/new?change=assign-owner&which=all&q=old-").await?.success()?.text();
    ensure!(owner.contains("Say who answers for 3 certificates"), "{owner}");
    let fields = |extra: &[(&'static str, &'static str)], page: &str| -> Result<Vec<(String, String)>> {
        let digest = hidden(page, "digest")?;
        let own = [("which", "all"), ("q", "old-")].into_iter().chain(extra.iter().copied());
        let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(own.chain([("digest".to_owned(), digest)]).collect())
    };
    let post = |fields: Vec<(String, String)>| {
        let ann = &ann;
        async move {
            let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            ann.post("/certificates/changes", &fields).await
        }
    };
    let started = post(fields(&[("change", "assign-owner"), ("owner", "team old")], &owner)?).await?;
    let page = ann.wait_for(&place(&started)?, "3 of 3 done").await?;
    ensure!(page.contains("Make team old the owner"), "{page}");
    let owned = ann.get("/certificates?owner=Team%20Old").await?.success()?.text();
    ensure!(owned.contains("3 certificates"), "{owned}");

    let asked = post(fields(&[("change", "ask-for-renewal"), ("days", "7")], &owner)?).await?;
    ann.wait_for(&place(&asked)?, "3 of 3 done").await?;
    let marked = ann.get("/certificates?renewal=asked").await?.success()?.text();
    ensure!(marked.contains("3 certificates") && marked.contains("asked to renew"), "{marked}");

    let revoke = ann.get("/certificates/changes/new?change=revoke&which=all&q=old-").await?.success()?.text();
    ensure!(revoke.contains("Revoke 3 certificates") && revoke.contains("refuse the 3 that are valid"), "{revoke}");
    let miscounted = [("change", "revoke"), ("reason", "superseded"), ("confirmation", "4")];
    let refused = post(fields(&miscounted, &revoke)?).await?;
    ensure!(refused.status == 422 && refused.text().contains("type this number"), "{}", refused.text());
    issue(deployment, &["dns:old-4.signet.test"], &[])?;
    let confirmed = [("change", "revoke"), ("reason", "superseded"), ("confirmation", "4")];
    let stale = post(fields(&confirmed, &revoke)?).await?;
    ensure!(stale.status == 422 && stale.text().contains("others than those that were shown"), "{}", stale.text());
    let revoke = ann.get("/certificates/changes/new?change=revoke&which=all&q=old-").await?.success()?.text();
    let started = post(fields(&confirmed, &revoke)?).await?;
    let progress = place(&started)?;
    let page = ann.wait_for(&progress, "4 of 4 done").await?;
    ensure!(page.contains("Revoke (superseded)"), "{page}");
    let over = ann.post(&format!("{progress}/stop"), &[]).await?;
    ensure!(over.status == 409, "{}", over.status);
    crl::wait_until_listed(&deployment.server, &chain)?;
    let page = ann.get(&format!("/certificates/{kept}")).await?.success()?.text();
    ensure!(page.contains("Valid for"), "{page}");
    let all = ann.get("/certificates/changes").await?.success()?.text();
    ensure!(all.matches("/certificates/changes/0").count() >= 3, "{all}");
    Ok(())
}

/// The value of a hidden field.
fn hidden(page: &str, name: &str) -> Result<String> {
    let start = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.split_once(&start).with_context(|| format!("the field {name}: {page}"))?;
    Ok(rest.split('"').next().unwrap_or_default().to_owned())
}
