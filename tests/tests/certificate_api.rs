//! Certificates as machines see them: search with a cursor, one certificate in every format, revocation, changes of many.

use anyhow::{Context, Result, ensure};
use hyper::Method;
use serde_json::{Value, json};
use signet_tests::deployment::Deployment;
use signet_tests::https::{Answer, Https};
use signet_tests::issued::issue;
use signet_tests::operator::{Machine, Operator};
use signet_tests::{crl, on_each_deployment, openssl, wait};

on_each_deployment!(
    certificates_are_searched_and_read,
    certificates_are_revoked_by_machines,
    a_ca_is_revoked_only_by_its_name,
);

/// A program with a token of somebody with these roles.
struct Program {
    https: Https,
    machine: Machine,
}

impl Program {
    async fn of(deployment: &Deployment, name: &str, role: &str, scopes: &[&str]) -> Result<Self> {
        let person = Operator::sign_in(deployment, name, &[role]).await?;
        Ok(Self { https: deployment.https()?, machine: person.token(scopes, &[role]).await? })
    }

    async fn get(&self, path: &str) -> Result<Answer> {
        self.machine.get(&self.https, &format!("/api/v1{path}")).await
    }

    async fn read(&self, path: &str) -> Result<Value> {
        self.get(path).await?.success()?.json()
    }

    async fn send(&self, method: Method, path: &str, body: Value) -> Result<Answer> {
        self.machine.send(&self.https, method, &format!("/api/v1{path}"), &body).await
    }

    async fn post(&self, path: &str, body: Value) -> Result<Answer> {
        self.send(Method::POST, path, body).await
    }
}

/// The answer is this problem of RFC 9457.
fn is_problem(answer: &Answer, status: u16, words: &str) -> Result<()> {
    ensure!(answer.status == status, "{}: {}", answer.status, answer.text());
    ensure!(answer.header("content-type") == Some("application/problem+json"), "{:?}", answer.headers);
    ensure!(answer.text().contains(words), "{words}: {}", answer.text());
    Ok(())
}

async fn certificates_are_searched_and_read(deployment: &mut Deployment) -> Result<()> {
    let mut last = (String::new(), String::new());
    for number in 1..=5 {
        last = issue(deployment, &[&format!("dns:web-{number}.signet.test")], &[])?;
    }
    let (chain, serial) = last;
    let program = Program::of(deployment, "ann", "operator", &["read"]).await?;
    pages(&program).await?;

    let found = program.read(&format!("/certificates?q={serial}")).await?;
    let summary = &found["items"][0];
    ensure!(summary["serial"] == serial && summary["names"] == json!(["dns:web-5.signet.test"]), "{found}");
    ensure!(summary["status"] == "valid" && summary["profile"] == "tls-server", "{found}");
    is_problem(&program.get("/certificates?status=splendid").await?, 400, "use valid, soon, expired or revoked")?;
    is_problem(&program.get("/certificates?colour=blue").await?, 400, "colour")?;

    let id = summary["id"].as_str().context("an id")?;
    for name in [id, &serial, &openssl::fingerprint(&chain)?] {
        let one = program.read(&format!("/certificates/{name}")).await?;
        ensure!(one["id"] == id && one["description"]["key"]["algorithm"] == "ECDSA P-256", "{name}: {one}");
        ensure!(one["history"][0]["actor"].as_str().is_some_and(|actor| actor.starts_with("LocalRoot:")), "{one}");
    }
    files(&program, id, &chain).await?;
    is_problem(&program.get("/certificates/00ff").await?, 404, "request_id")?;
    let decoded = program.post("/decode", json!({ "text": chain })).await?.success()?.json()?;
    ensure!(decoded["items"][0]["issued_here"] == id && decoded["items"][0]["issued_by_next"] == true, "{decoded}");
    is_problem(&program.post("/decode", json!({ "text": "<script>" })).await?, 422, "")?;

    let refused = program.post(&format!("/certificates/{id}/revoke"), json!({ "reason": "superseded" })).await?;
    is_problem(&refused, 403, "scope")?;
    let url = format!("https://{}/api/v1/certificates", deployment.server.listen());
    is_problem(&program.https.get(&url).await?, 401, "sgt_")
}

/// Five certificates in pages of two: each once, newest first.
async fn pages(program: &Program) -> Result<()> {
    let (mut names, mut path) = (Vec::new(), "/certificates?name=*.signet.test&limit=2".to_owned());
    for _ in 0..3 {
        let page = program.read(&path).await?;
        let items = page["items"].as_array().context("items")?;
        names.extend(items.iter().filter_map(|item| item["names"][0].as_str()).map(str::to_owned));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/certificates?name=*.signet.test&limit=2&after={next}");
    }
    let wanted: Vec<String> = (1..=5).rev().map(|number| format!("dns:web-{number}.signet.test")).collect();
    ensure!(names == wanted, "{names:?}");
    Ok(())
}

async fn files(program: &Program, id: &str, chain: &str) -> Result<()> {
    let leaf = openssl::split(chain).remove(0);
    for (format, kind) in [
        ("pem", "application/pem-certificate-chain"),
        ("chain", "application/pem-certificate-chain"),
        ("der", "application/pkix-cert"),
        ("pkcs7", "application/pkcs7-mime"),
    ] {
        let file = program.get(&format!("/certificates/{id}/{format}")).await?.success()?;
        ensure!(file.header("content-type").is_some_and(|value| value.starts_with(kind)), "{:?}", file.headers);
        match format {
            "pem" => ensure!(file.text().trim() == leaf.trim(), "{}", file.text()),
            "chain" => ensure!(file.text().trim() == chain.trim(), "{}", file.text()),
            "der" => ensure!(file.body[..] == openssl::to_der(&leaf)?[..]),
            _ => ensure!(openssl::pkcs7_subjects(&file.body)?.contains("Issuing")),
        }
    }
    Ok(())
}

async fn certificates_are_revoked_by_machines(deployment: &mut Deployment) -> Result<()> {
    let (chain, serial) = issue(deployment, &["dns:web.signet.test"], &[])?;
    let program = Program::of(deployment, "ann", "operator", &["read", "certificates"]).await?;
    let path = format!("/certificates/{serial}/revoke");
    is_problem(&program.post(&path, json!({ "reason": "boredom" })).await?, 422, "boredom")?;
    is_problem(
        &program.post(&path, json!({ "reason": "cACompromise" })).await?,
        422,
        "no reason for this certificate",
    )?;
    is_problem(&program.post(&path, json!({ "why": "superseded" })).await?, 422, "why")?;
    let revoked = program.post(&path, json!({ "reason": "superseded" })).await?.success()?.json()?;
    ensure!(revoked["status"] == "revoked" && revoked["reason"] == "superseded", "{revoked}");
    is_problem(&program.post(&path, json!({ "reason": "superseded" })).await?, 409, "revoked already")?;
    crl::wait_until_listed(&deployment.server, &chain)?;

    let (_, kept) = issue(deployment, &["dns:kept.signet.test"], &[])?;
    let (_, owned) = issue(deployment, &["dns:old-1.signet.test"], &[])?;
    let (last, _) = issue(deployment, &["dns:old-2.signet.test"], &[])?;
    let owner = json!({ "owner": "team old" });
    let assigned =
        program.send(Method::PUT, &format!("/certificates/{owned}/owner"), owner).await?.success()?.json()?;
    ensure!(assigned["owner"] == "team old", "{assigned}");
    let by = json!({ "by": "7d" });
    let asked = program.send(Method::PUT, &format!("/certificates/{owned}/renewal"), by).await?.success()?.json()?;
    ensure!(asked["renew_by"].is_string(), "{asked}");
    many(&program).await?;
    crl::wait_until_listed(&deployment.server, &last)?;
    let kept = format!("/certificates/{kept}");
    let read = program.read(&kept).await?;
    ensure!(read["status"] == "valid", "{read}");

    let auditor = Program::of(deployment, "bob", "auditor", &["read", "certificates"]).await?;
    auditor.read("/certificates").await?;
    let refused = auditor.post(&format!("{kept}/revoke"), json!({ "reason": "superseded" })).await?;
    is_problem(&refused, 403, "auditors-only-read")
}

async fn many(program: &Program) -> Result<()> {
    let change = |certificates: i64| {
        let filter = json!({ "q": "old-" });
        json!({ "change": "revoke", "filter": filter, "certificates": certificates, "reason": "superseded" })
    };
    is_problem(&program.post("/certificates/changes", change(3)).await?, 409, "2 certificates are chosen, not 3")?;
    let both = json!({ "change": "revoke", "certificates": 1, "reason": "superseded", "ids": [], "filter": {} });
    is_problem(&program.post("/certificates/changes", both).await?, 422, "either ids or filter")?;
    let started = program.post("/certificates/changes", change(2)).await?;
    ensure!(started.status == 202, "{}: {}", started.status, started.text());
    let place = started.header("location").and_then(|place| place.strip_prefix("/api/v1")).context("a location")?;
    let done = wait::until_async("the change of many", std::time::Duration::from_secs(30), || async {
        let seen = program.read(place).await?;
        Ok((seen["state"] == "done").then_some(seen))
    });
    let done = done.await?;
    ensure!(done["changed"] == 2 && done["refused"] == 0, "{done}");
    let stopped = program.post(&format!("{place}/stop"), json!({})).await?;
    is_problem(&stopped, 409, "")?;
    let all = program.read("/certificates/changes").await?;
    ensure!(all["items"].as_array().is_some_and(|items| items.len() == 1), "{all}");
    Ok(())
}

async fn a_ca_is_revoked_only_by_its_name(deployment: &mut Deployment) -> Result<()> {
    let (chain, _) = issue(deployment, &["dns:web.signet.test"], &[])?;
    let (issuing, root) = (openssl::split(&chain).remove(1), std::fs::read_to_string(deployment.root())?);
    let path = format!("/certificates/{}/revoke", openssl::serial(&issuing)?);
    let confirmed = json!({ "reason": "superseded", "confirm": "issuing" });
    let program = Program::of(deployment, "ann", "security-officer", &["read", "certificates"]).await?;
    let refused = program.post(&path, confirmed.clone()).await?;
    is_problem(&refused, 403, "ca-revocation-by-security-officers")?;

    let person = Operator::sign_in(deployment, "pia", &["security-officer"]).await?;
    let unconfirmed = json!({ "reason": "superseded", "confirm": "Issuing" });
    let script = person.script(Method::POST, &format!("/api/v1{path}"), &unconfirmed).await?;
    is_problem(&script, 409, "")?;
    let anchor = format!("/certificates/{}/revoke", openssl::serial(&root)?);
    let name = [("reason", "cACompromise"), ("confirmation", "root")];
    let refused = person.post(&anchor, &name).await?;
    ensure!(refused.status == 409 && refused.text().contains("trust anchor"), "{}", refused.text());
    on_the_page(&person, &path).await?;
    crl::wait_until_listed(&deployment.server, &issuing)?;
    ensure!(issue(deployment, &["dns:late.signet.test"], &[]).is_err(), "a revoked authority issues");
    Ok(())
}

/// The page says what stops, asks for the name, and refuses another.
async fn on_the_page(person: &Operator, path: &str) -> Result<()> {
    let page = person.get(path).await?.success()?.text();
    for words in ["The authority issuing issues no certificates any more, for good.", "Type <code>issuing</code>"] {
        ensure!(page.contains(words), "{words}: {page}");
    }
    let refused = person.post(path, &[("reason", "superseded"), ("confirmation", "Issuing")]).await?;
    ensure!(refused.status == 422 && refused.text().contains("to confirm"), "{}: {}", refused.status, refused.text());
    let done = person.post(path, &[("reason", "superseded"), ("confirmation", "issuing")]).await?;
    ensure!(done.status == 303, "{}: {}", done.status, done.text());
    Ok(())
}
