//! Bad input, each with its clear error: the right type of RFC 8555 §6.7, a reason, a fresh nonce, never a 5xx.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use signet_tests::acme_client::{self, request};
use signet_tests::challenge_server::HttpAnswer;
use signet_tests::deployment::Deployment;
use signet_tests::https::Answer;
use signet_tests::jws::{AccountKey, base64url};
use signet_tests::on_each_deployment;
use signet_tests::openssl;
use signet_tests::orders;
use signet_tests::raw_acme::{Challenge, JOSE_JSON, Order, RawAcme, finalize_payload};
use signet_tests::refusal::expect;
use signet_tests::wait;

on_each_deployment!(
    bodies_that_are_no_request,
    headers_that_do_not_belong,
    nonces_are_used_once,
    signatures_are_checked,
    accounts_are_checked,
    account_keys_change_hands_safely,
    other_peoples_objects_do_not_exist,
    orders_name_what_can_be_certified,
    requests_match_their_order,
    weak_and_blocked_keys,
    finalize_is_idempotent,
    revocations_are_authorized,
    failed_proofs_say_why,
    bindings_are_checked,
    no_text_has_a_nul_in_it,
);

async fn client(deployment: &Deployment) -> Result<RawAcme> {
    RawAcme::registered(&deployment.directory()?, &deployment.root()).await
}

/// An order whose one name is proved.
async fn ready(deployment: &Deployment, client: &RawAcme, name: &str) -> Result<Order> {
    orders::ready(client, deployment.network(), name).await
}

async fn issued(deployment: &Deployment, client: &RawAcme, name: &str) -> Result<(Order, Vec<u8>)> {
    let obtained = orders::obtain(client, deployment.network(), name).await?;
    let der = obtained.der()?;
    Ok((obtained.order, der))
}

async fn bodies_that_are_no_request(deployment: &mut Deployment) -> Result<()> {
    let client = client(deployment).await?;
    let url = client.resource("newOrder")?;
    let header = client.header(&url).await?;
    let good = client.key().protect(&header, b"{\"identifiers\":[{\"type\":\"dns\",\"value\":\"a.signet.test\"}]}")?;
    let field = |name: &str| good[name].as_str().unwrap_or_default().to_owned();
    let mut padded = good.clone();
    padded["payload"] = json!(format!("{}=", field("payload")));
    let mut broken = good.clone();
    broken["payload"] = json!(format!("{}\n{}", &field("payload")[..4], &field("payload")[4..]));
    let mut unprotected = good.clone();
    unprotected["header"] = json!({"kid": "x"});
    let compact = format!("{}.{}.{}", field("protected"), field("payload"), field("signature"));
    let general = json!({"payload": good["payload"], "signatures": [{"protected": good["protected"], "signature": good["signature"]}]});
    let bodies = [
        "",
        "nonsense",
        "[]",
        "{}",
        &compact,
        &padded.to_string(),
        &broken.to_string(),
        &unprotected.to_string(),
        &general.to_string(),
    ];
    for body in bodies {
        let answer = client.send_body(&url, JOSE_JSON, body.to_owned().into()).await?;
        expect(&answer, 400, "malformed").with_context(|| format!("the body {body:?}"))?;
    }
    // RFC 8555 §6.2: 415 for any other content type.
    let answer = client.send_body(&url, "application/json", good.to_string().into()).await?;
    expect(&answer, 415, "malformed")?;
    let huge = format!("{{\"payload\":\"{}\"}}", "A".repeat(4 << 20));
    let answer = client.send_body(&url, JOSE_JSON, huge.into()).await?;
    ensure!(answer.status == 413, "a body of 4 MiB: {} {}", answer.status, answer.text());
    let answer = client.http().get(&url).await?;
    ensure!(answer.status == 405, "GET newOrder: {} {}", answer.status, answer.text());
    Ok(())
}

/// What is wrong with a protected header, how to make it so, and the refusal.
type Case = (&'static str, fn(&RawAcme, &mut Value), u16, &'static str);

async fn headers_that_do_not_belong(deployment: &mut Deployment) -> Result<()> {
    let client = client(deployment).await?;
    let url = client.resource("newOrder")?;
    let cases: [Case; 7] = [
        ("both kid and jwk", |client, header| header["jwk"] = client.key().jwk(), 400, "malformed"),
        ("neither kid nor jwk", |_, header| drop(header.as_object_mut().map(|h| h.remove("kid"))), 400, "malformed"),
        ("no url", |_, header| drop(header.as_object_mut().map(|h| h.remove("url"))), 400, "malformed"),
        // RFC 8555 §6.4: unauthorized.
        ("another url", |_, header| header["url"] = json!("https://127.0.0.1/other"), 401, "unauthorized"),
        ("HMAC", |_, header| header["alg"] = json!("HS256"), 400, "badSignatureAlgorithm"),
        ("no signature", |_, header| header["alg"] = json!("none"), 400, "badSignatureAlgorithm"),
        ("an unknown critical extension", |_, header| header["crit"] = json!(["b64"]), 400, "malformed"),
    ];
    for (what, change, status, kind) in cases {
        let mut header = client.header(&url).await?;
        change(&client, &mut header);
        let answer = client.send(&url, &header, b"{}").await?;
        let problem = expect(&answer, status, kind).context(what)?;
        if kind == "badSignatureAlgorithm" {
            // RFC 8555 §6.2: the problem document names the algorithms that would do.
            let accepted = problem["algorithms"].as_array().context("algorithms")?;
            ensure!(["ES256", "EdDSA", "RS256"].iter().all(|a| accepted.contains(&json!(a))), "{problem}");
        }
    }
    Ok(())
}

async fn nonces_are_used_once(deployment: &mut Deployment) -> Result<()> {
    let client = client(deployment).await?;
    let url = client.account()?.to_owned();
    let header = client.header(&url).await?;
    client.send(&url, &header, b"").await?.success()?;
    expect(&client.send(&url, &header, b"").await?, 400, "badNonce").context("replayed")?;
    for invented in ["", "AAAA", &base64url([7; 48]), "no base64url!"] {
        let mut header = client.header(&url).await?;
        header["nonce"] = json!(invented);
        let answer = client.send(&url, &header, b"").await?;
        ensure!(answer.status == 400, "nonce {invented:?}: {}", answer.text());
        let kind = answer.json()?["type"].as_str().unwrap_or_default().to_owned();
        ensure!(kind.ends_with(":badNonce") || kind.ends_with(":malformed"), "nonce {invented:?}: {kind}");
    }
    let mut header = client.header(&url).await?;
    header.as_object_mut().map(|h| h.remove("nonce"));
    expect(&client.send(&url, &header, b"").await?, 400, "badNonce").context("missing")?;
    let answer = client.http().get(&client.resource("newNonce")?).await?;
    ensure!(answer.status == 204 && answer.header("cache-control") == Some("no-store"), "{answer:?}");
    Ok(())
}

async fn signatures_are_checked(deployment: &mut Deployment) -> Result<()> {
    let client = client(deployment).await?;
    let url = client.account()?.to_owned();
    let header = client.header(&url).await?;
    let stranger = AccountKey::generate("ES256")?;
    let forged = stranger.protect(&header, b"")?;
    let answer = client.send_body(&url, JOSE_JSON, forged.to_string().into()).await?;
    refused_signature(&answer).context("another key's signature")?;

    let header = client.header(&url).await?;
    let mut tampered = client.key().protect(&header, b"{\"contact\":[]}")?;
    tampered["payload"] = json!(base64url("{\"status\":\"deactivated\"}"));
    let answer = client.send_body(&url, JOSE_JSON, tampered.to_string().into()).await?;
    refused_signature(&answer).context("a payload that was not signed")?;
    ensure!(client.fetch(&url).await?.json()?["status"] == "valid", "the tampered request had an effect");

    let mut header = client.header(&url).await?;
    header["alg"] = json!("ES384");
    let answer = client.send(&url, &header, b"").await?;
    ensure!((400..500).contains(&answer.status), "an algorithm that is not the key's: {}", answer.text());
    Ok(())
}

/// RFC 8555 names no type for it: malformed or unauthorized, never success.
fn refused_signature(answer: &Answer) -> Result<()> {
    expect(answer, 400, "malformed")
        .or_else(|_| expect(answer, 403, "unauthorized"))
        .or_else(|_| expect(answer, 401, "unauthorized"))
        .map(drop)
}

async fn accounts_are_checked(deployment: &mut Deployment) -> Result<()> {
    let (directory, root) = (deployment.directory()?, deployment.root());
    let mut nobody = RawAcme::connect(&directory, &root).await?;
    let new_account = nobody.resource("newAccount")?;
    let answer =
        nobody.post(&new_account, &json!({"onlyReturnExisting": true, "contact": ["mailto:a@signet.test"]})).await?;
    expect(&answer, 400, "accountDoesNotExist").context("onlyReturnExisting")?;
    let answer = nobody.post(&new_account, &json!({"contact": ["tel:+1234"]})).await?;
    expect(&answer, 400, "unsupportedContact")?;
    let answer = nobody.post(&new_account, &json!({"contact": ["mailto:a@b.test?subject=x"]})).await?;
    expect(&answer, 400, "invalidContact")?;
    let answer = nobody.post(&nobody.resource("newOrder")?, &json!({"identifiers": []})).await?;
    ensure!((400..500).contains(&answer.status), "an order with jwk in place of kid: {}", answer.text());

    nobody.register(json!({"termsOfServiceAgreed": true})).await?;
    let mut header = nobody.header(&nobody.resource("newOrder")?).await?;
    header["kid"] = json!(format!("{}x", nobody.account()?));
    let answer = nobody.send(&nobody.resource("newOrder")?, &header, b"{}").await?;
    expect(&answer, 400, "accountDoesNotExist").context("an unknown kid")?;

    let account = nobody.account()?.to_owned();
    nobody.post(&account, &json!({"status": "deactivated"})).await?.success()?;
    expect(&nobody.fetch(&account).await?, 401, "unauthorized").context("a deactivated account")?;

    // RFC 8555 §7.3: weak account keys.
    let weak = RawAcme::connect(&directory, &root).await?;
    let mut header = weak.header(&new_account).await?;
    header["jwk"]["x"] = json!(base64url([1; 32]));
    let answer = weak.send(&new_account, &header, b"{}").await?;
    ensure!(answer.status == 400, "a point that is not on the curve: {}", answer.text());
    Ok(())
}

async fn account_keys_change_hands_safely(deployment: &mut Deployment) -> Result<()> {
    let (mut first, second) = (client(deployment).await?, client(deployment).await?);
    let url = first.resource("keyChange")?;
    let new_key = AccountKey::generate("ES256")?;
    let inner = |signer: &AccountKey, account: &str, old: &Value, inner_url: &str| -> Result<Value> {
        let header = json!({"alg": signer.algorithm(), "jwk": signer.jwk(), "url": inner_url});
        signer.protect(&header, json!({"account": account, "oldKey": old}).to_string().as_bytes())
    };
    let (account, old) = (first.account()?.to_owned(), first.key().jwk());
    let bad = [
        ("another account", inner(&new_key, second.account()?, &old, &url)?),
        ("another old key", inner(&new_key, &account, &second.key().jwk(), &url)?),
        ("another url", inner(&new_key, &account, &old, "https://127.0.0.1/other")?),
        ("no inner JWS", json!({})),
    ];
    for (what, payload) in bad {
        let answer = first.post(&url, &payload).await?;
        ensure!((400..500).contains(&answer.status), "{what}: {} {}", answer.status, answer.text());
    }
    // RFC 8555 §7.3.5: the key of another account is a conflict, and the answer says whose.
    let taken = inner(second.key(), &account, &old, &url)?;
    let answer = first.post(&url, &taken).await?;
    ensure!(answer.status == 409 && answer.header("location") == Some(second.account()?), "{answer:?}");

    first.post(&url, &inner(&new_key, &account, &old, &url)?).await?.success()?;
    refused_signature(&first.fetch(&account).await?).context("the old key after the change")?;
    first.set_key(new_key);
    first.fetch(&account).await?.success().map(drop)
}

async fn other_peoples_objects_do_not_exist(deployment: &mut Deployment) -> Result<()> {
    let (owner, stranger) = (client(deployment).await?, client(deployment).await?);
    let (order, _) = issued(deployment, &owner, "mine.signet.test").await?;
    let pending = owner.order(&["next.signet.test"]).await?;
    let authorization = pending.authorizations()[0].clone();
    let challenge = owner.challenge(&authorization, "http-01").await?;
    let certificate = order.certificate().context("certificate")?.to_owned();
    for url in [&order.url, &pending.url, &authorization, &challenge.url, &certificate] {
        let answer = stranger.fetch(url).await?;
        ensure!([403, 404].contains(&answer.status), "{url}: {} {}", answer.status, answer.text());
        let missing = stranger.fetch(&format!("{url}0")).await?;
        ensure!(answer.status == missing.status, "what is another's and what does not exist look alike: {url}");
    }
    let answer = stranger.post(&challenge.url, &json!({})).await?;
    ensure!([403, 404].contains(&answer.status), "another's challenge: {}", answer.text());
    let answer = stranger.post(&order.finalize(), &finalize_payload(&request(&["mine.signet.test"])?.0)).await?;
    ensure!([403, 404].contains(&answer.status), "another's order: {}", answer.text());
    let answer = stranger.fetch(owner.account()?).await?;
    ensure!((400..500).contains(&answer.status), "another's account: {}", answer.text());
    Ok(())
}

async fn orders_name_what_can_be_certified(deployment: &mut Deployment) -> Result<()> {
    let client = client(deployment).await?;
    let url = client.resource("newOrder")?;
    let dns = |value: &str| json!({"identifiers": [{"type": "dns", "value": value}]});
    expect(&client.post(&url, &json!({"identifiers": []})).await?, 400, "malformed").context("no identifiers")?;
    expect(&client.post(&url, &json!({})).await?, 400, "malformed").context("no list")?;
    let answer = client.post(&url, &json!({"identifiers": [{"type": "email", "value": "a@signet.test"}]})).await?;
    expect(&answer, 400, "unsupportedIdentifier")?;
    let long = format!("{}.signet.test", "a".repeat(64));
    for name in [
        "",
        ".",
        "no_underscore.signet.test",
        "-a.signet.test",
        "a..signet.test",
        "*.*.signet.test",
        "a.*.signet.test",
        "bücher.signet.test",
        "127.0.0.1",
        "a b.signet.test",
        &long,
    ] {
        let answer = client.post(&url, &dns(name)).await?;
        ensure!((400..500).contains(&answer.status), "{name:?}: {} {}", answer.status, answer.text());
        let kind = answer.json()?["type"].as_str().unwrap_or_default().to_owned();
        ensure!(kind.ends_with("rejectedIdentifier") || kind.ends_with("malformed"), "{name:?}: {kind}");
    }
    let many: Vec<Value> = (0..5_000).map(|n| json!({"type": "dns", "value": format!("n{n}.signet.test")})).collect();
    let answer = client.post(&url, &json!({"identifiers": many})).await?;
    ensure!((400..500).contains(&answer.status), "5000 names: {} {}", answer.status, answer.text());
    Ok(())
}

async fn requests_match_their_order(deployment: &mut Deployment) -> Result<()> {
    let client = client(deployment).await?;
    let order = client.order(&["web.signet.test"]).await?;
    let (good, _) = request(&["web.signet.test"])?;
    expect(&client.post(&order.finalize(), &finalize_payload(&good)).await?, 403, "orderNotReady")
        .context("too early")?;

    let order = ready(deployment, &client, "web.signet.test").await?;
    let mut flipped = good.clone();
    let last = flipped.len() - 1;
    flipped[last] ^= 1;
    let mut trailing = good.clone();
    trailing.push(0);
    let other_names: [&[&str]; 3] =
        [&["other.signet.test"], &["web.signet.test", "other.signet.test"], &["*.web.signet.test"]];
    let mut bad: Vec<(String, Vec<u8>)> = vec![
        ("garbage".into(), b"garbage".to_vec()),
        ("empty".into(), Vec::new()),
        ("a flipped bit in the signature".into(), flipped),
        ("trailing bytes".into(), trailing),
        (
            "a common name that was not ordered".into(),
            openssl::csr(&[
                "-newkey",
                "rsa:2048",
                "-subj",
                "/CN=evil.test",
                "-addext",
                "subjectAltName=DNS:web.signet.test",
            ])?,
        ),
        (
            "an address that was not ordered".into(),
            openssl::csr(&[
                "-newkey",
                "rsa:2048",
                "-subj",
                "/",
                "-addext",
                "subjectAltName=DNS:web.signet.test,IP:10.0.0.1",
            ])?,
        ),
    ];
    for names in other_names {
        bad.push((format!("{names:?}"), request(names)?.0));
    }
    for (what, csr) in bad {
        let answer = client.post(&order.finalize(), &finalize_payload(&csr)).await?;
        let refused = expect(&answer, 400, "badCSR").or_else(|_| expect(&answer, 400, "malformed"));
        refused.with_context(|| format!("CSR with {what}"))?;
    }
    let answer = client.post(&order.finalize(), &json!({"csr": "not base64url!"})).await?;
    ensure!(answer.status == 400, "{}", answer.text());
    // None of it cost the order.
    client.post(&order.finalize(), &finalize_payload(&good)).await?.success().map(drop)
}

async fn weak_and_blocked_keys(deployment: &mut Deployment) -> Result<()> {
    let client = client(deployment).await?;
    let order = ready(deployment, &client, "web.signet.test").await?;
    let san = ["-subj", "/", "-addext", "subjectAltName=DNS:web.signet.test"];
    let weak = openssl::csr(&[&["-newkey", "rsa:1024"][..], &san].concat())?;
    let answer = client.post(&order.finalize(), &finalize_payload(&weak)).await?;
    expect(&answer, 400, "badCSR").or_else(|_| expect(&answer, 400, "badPublicKey")).context("RSA-1024")?;
    let curve = openssl::csr(&[&["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"][..], &san].concat())?;
    let answer = client.post(&order.finalize(), &finalize_payload(&curve)).await?;
    expect(&answer, 400, "badCSR").or_else(|_| expect(&answer, 400, "badPublicKey")).context("secp256k1")?;

    let (csr, _) = request(&["web.signet.test"])?;
    client.post(&order.finalize(), &finalize_payload(&csr)).await?.success()?;
    let order = orders::settled(&client, &order, &["ready", "processing"]).await?;
    let chain = client.fetch(order.certificate().context("certificate")?).await?.success()?.text();
    let certificate = openssl::to_der(&openssl::split(&chain)[0])?;
    let payload = json!({"certificate": base64url(&certificate), "reason": 1});
    client.post(&client.resource("revokeCert")?, &payload).await?.success()?;
    let again = ready(deployment, &client, "web.signet.test").await?;
    let answer = client.post(&again.finalize(), &finalize_payload(&csr)).await?;
    expect(&answer, 400, "badCSR")
        .or_else(|_| expect(&answer, 400, "badPublicKey"))
        .context("a compromised key")
        .map(drop)
}

async fn finalize_is_idempotent(deployment: &mut Deployment) -> Result<()> {
    let client = client(deployment).await?;
    let (order, _) = issued(deployment, &client, "web.signet.test").await?;
    let (csr, _) = request(&["web.signet.test"])?;
    let answer = client.post(&order.finalize(), &finalize_payload(&csr)).await?;
    ensure!(
        answer.status == 200 || answer.status == 403,
        "finalize of a valid order: {} {}",
        answer.status,
        answer.text()
    );
    let now: Value = client.fetch(&order.url).await?.success()?.json()?;
    ensure!(now["certificate"] == order.body["certificate"] && now["status"] == "valid", "{now}");
    Ok(())
}

async fn revocations_are_authorized(deployment: &mut Deployment) -> Result<()> {
    let (owner, stranger) = (client(deployment).await?, client(deployment).await?);
    let (_, certificate) = issued(deployment, &owner, "web.signet.test").await?;
    let url = owner.resource("revokeCert")?;
    let payload = |der: &[u8], reason: i64| json!({"certificate": base64url(der), "reason": reason});
    expect(&stranger.post(&url, &payload(&certificate, 0)).await?, 403, "unauthorized").context("a stranger")?;
    for reason in [7, 11, -1, 8] {
        let answer = owner.post(&url, &payload(&certificate, reason)).await?;
        ensure!(answer.status == 400, "reason {reason}: {}", answer.text());
        ensure!(
            answer.json()?["type"]
                .as_str()
                .is_some_and(|t| t.ends_with("badRevocationReason") || t.ends_with("malformed")),
            "{}",
            answer.text()
        );
    }
    let foreign = rcgen::generate_simple_self_signed(vec!["web.signet.test".into()])?;
    let answer = owner.post(&url, &payload(foreign.cert.der(), 0)).await?;
    ensure!(
        [403, 404].contains(&answer.status) || answer.status == 400,
        "a foreign certificate: {} {}",
        answer.status,
        answer.text()
    );
    let answer = owner.post(&url, &payload(b"garbage", 0)).await?;
    ensure!(answer.status == 400, "garbage: {} {}", answer.status, answer.text());
    owner.post(&url, &payload(&certificate, 4)).await?.success()?;
    expect(&owner.post(&url, &payload(&certificate, 4)).await?, 400, "alreadyRevoked")?;
    // RFC 8555 §7.6: whoever holds authorizations for all its names may revoke it.
    let (_, other) = issued(deployment, &owner, "shared.signet.test").await?;
    ready(deployment, &stranger, "shared.signet.test").await?;
    // It cannot condemn the key, which is another's.
    expect(&stranger.post(&url, &payload(&other, 1)).await?, 400, "badRevocationReason")?;
    stranger.post(&url, &payload(&other, 0)).await?.success().map(drop)
}

/// The challenge after the server has judged what `prepare` put on the network.
async fn failed(
    deployment: &Deployment,
    client: &RawAcme,
    name: &str,
    kind: &str,
    prepare: impl FnOnce(&Challenge) -> Result<()>,
) -> Result<Value> {
    let order = client.order(&[name]).await?;
    let authorization = order.authorizations()[0].clone();
    let challenge = client.challenge(&authorization, kind).await?;
    prepare(&challenge)?;
    client.post(&challenge.url, &json!({})).await?;
    let judged = wait::until_async("the authorization to fail", Duration::from_secs(90), || async {
        let body = client.fetch(&authorization).await?.success()?.json()?;
        Ok((body["status"] != "pending").then_some(body))
    })
    .await
    .with_context(|| deployment.server.log())?;
    ensure!(judged["status"] == "invalid", "{name}: {judged}");
    let order = orders::settled(client, &order, &["pending"]).await?;
    ensure!(order.status() == "invalid", "{}", order.body);
    let challenges = judged["challenges"].as_array().context("challenges")?;
    let failed = challenges.iter().find(|c| c["error"].is_object()).with_context(|| format!("no error in {judged}"))?;
    Ok(failed["error"].clone())
}

async fn failed_proofs_say_why(deployment: &mut Deployment) -> Result<()> {
    let client = client(deployment).await?;
    let network = deployment.network();
    let is = |error: &Value, kinds: &[&str]| {
        kinds.iter().any(|k| error["type"] == format!("urn:ietf:params:acme:error:{k}"))
    };
    let http = |challenge: &Challenge, answer: HttpAnswer| {
        network.http.answer(&challenge.token, answer);
        Ok(())
    };
    let error =
        failed(deployment, &client, "wrong.signet.test", "http-01", |c| http(c, HttpAnswer::Body("wrong".into())))
            .await?;
    ensure!(is(&error, &["incorrectResponse", "unauthorized"]), "{error}");
    ensure!(
        !error["detail"].as_str().unwrap_or_default().contains("wrong\n"),
        "the body is evidence for operators: {error}"
    );
    let error =
        failed(deployment, &client, "missing.signet.test", "http-01", |c| http(c, HttpAnswer::Status(404))).await?;
    ensure!(is(&error, &["incorrectResponse", "unauthorized"]), "{error}");
    let error = failed(deployment, &client, "endless.signet.test", "http-01", |c| http(c, HttpAnswer::Endless)).await?;
    ensure!(is(&error, &["incorrectResponse", "unauthorized", "connection"]), "{error}");
    let error = failed(deployment, &client, "loop.signet.test", "http-01", |c| {
        let url = format!("http://loop.signet.test:{}/.well-known/acme-challenge/{}", network.http.port(), c.token);
        http(c, HttpAnswer::Redirect(url))
    })
    .await?;
    ensure!(is(&error, &["connection", "incorrectResponse", "unauthorized"]), "{error}");
    network.dns.set_address("gone.signet.test", None)?;
    let error = failed(deployment, &client, "gone.signet.test", "http-01", |_| Ok(())).await?;
    ensure!(is(&error, &["dns"]), "{error}");
    network.dns.set_address("metadata.signet.test", Some([169, 254, 169, 254].into()))?;
    let error = failed(deployment, &client, "metadata.signet.test", "http-01", |_| Ok(())).await?;
    ensure!(error["detail"].as_str().is_some_and(|d| d.contains("not permitted")), "{error}");
    let error = failed(deployment, &client, "txt.signet.test", "dns-01", |_| {
        network.dns.publish_txt("_acme-challenge.txt.signet.test", &["wrong"])
    })
    .await?;
    ensure!(is(&error, &["incorrectResponse", "unauthorized"]), "{error}");
    let error = failed(deployment, &client, "tls.signet.test", "tls-alpn-01", |_| {
        network.tls.answer("tls.signet.test", &[9; 32])
    })
    .await?;
    ensure!(is(&error, &["incorrectResponse", "unauthorized", "tls"]), "{error}");
    Ok(())
}

async fn bindings_are_checked(deployment: &mut Deployment) -> Result<()> {
    deployment.server.terminate()?;
    deployment.configure(|config| {
        let endpoint = config.get_mut("acme").and_then(|list| list.get_mut(0)).and_then(toml::Value::as_table_mut);
        endpoint.context("an ACME endpoint")?.insert("external_account_required".into(), true.into());
        Ok(())
    })?;
    deployment.server.restart()?;
    let client = RawAcme::connect(&deployment.directory()?, &deployment.root()).await?;
    let url = client.resource("newAccount")?;
    expect(&client.post(&url, &json!({"termsOfServiceAgreed": true})).await?, 403, "externalAccountRequired")?;

    let created = signet_tests::process::output(&mut deployment.signet(&["eab", "create", "--json"])?)?;
    let created: Value = serde_json::from_str(&created)?;
    let (kid, key) = (created["kid"].as_str().context("kid")?, created["hmac_key"].as_str().context("hmac_key")?);
    let wrong = client.key().bind(kid, &base64url([0; 32]), &url)?;
    let answer = client.post(&url, &json!({"externalAccountBinding": wrong})).await?;
    ensure!((400..404).contains(&answer.status), "a wrong MAC: {} {}", answer.status, answer.text());
    let unknown = client.key().bind("nobody", key, &url)?;
    let answer = client.post(&url, &json!({"externalAccountBinding": unknown})).await?;
    ensure!((400..404).contains(&answer.status), "an unknown kid: {} {}", answer.status, answer.text());
    let elsewhere = client.key().bind(kid, key, "https://127.0.0.1/other")?;
    let answer = client.post(&url, &json!({"externalAccountBinding": elsewhere})).await?;
    ensure!((400..404).contains(&answer.status), "another url: {} {}", answer.status, answer.text());
    let good = client.key().bind(kid, key, &url)?;
    client.post(&url, &json!({"externalAccountBinding": good})).await?.success()?;

    signet_tests::process::output(&mut deployment.signet(&["eab", "revoke", kid])?)?;
    let late = RawAcme::connect(&deployment.directory()?, &deployment.root()).await?;
    let bound = late.key().bind(kid, key, &url)?;
    let answer = late.post(&url, &json!({"externalAccountBinding": bound})).await?;
    ensure!((400..404).contains(&answer.status), "a revoked binding: {} {}", answer.status, answer.text());
    let _ = acme_client::account(&deployment.directory()?, &deployment.root())
        .await
        .err()
        .context("instant-acme without a binding")?;
    Ok(())
}

/// U+0000 is legal in JSON and in ASN.1, and PostgreSQL takes it in no text: it is refused by the rule of each field.
async fn no_text_has_a_nul_in_it(deployment: &mut Deployment) -> Result<()> {
    let client = client(deployment).await?;
    let nobody = RawAcme::connect(&deployment.directory()?, &deployment.root()).await?;
    let (new_account, account) = (client.resource("newAccount")?, client.account()?.to_owned());
    for (contact, kind) in [("mailto:a\0@signet.test", "invalidContact"), ("\0mailto:a@b.test", "unsupportedContact")] {
        let payload = json!({"contact": [contact]});
        expect(&nobody.post(&new_account, &payload).await?, 400, kind).context(contact.to_owned())?;
        expect(&client.post(&account, &payload).await?, 400, kind).context(contact.to_owned())?;
    }
    let bound = nobody.key().bind("a\0b", &base64url([1; 64]), &new_account)?;
    let answer = nobody.post(&new_account, &json!({"externalAccountBinding": bound})).await?;
    expect(&answer, 403, "unauthorized").context("kid")?;

    let new_order = client.resource("newOrder")?;
    for (kind, value, refusal) in [
        ("dns", "web\0.signet.test", "malformed"),
        ("dns", "web.signet.test\0", "malformed"),
        ("dns\0", "web.signet.test", "unsupportedIdentifier"),
        ("ip", "192.0.2.1\0", "malformed"),
    ] {
        let payload = json!({"identifiers": [{"type": kind, "value": value}]});
        expect(&client.post(&new_order, &payload).await?, 400, refusal).with_context(|| format!("{kind} {value:?}"))?;
    }
    let payload = json!({"identifiers": [{"type": "dns", "value": "a.signet.test"}], "notAfter": "2030-01-01\0"});
    expect(&client.post(&new_order, &payload).await?, 400, "malformed").context("notAfter")?;

    let order = ready(deployment, &client, "web.signet.test").await?;
    for csr in requests_with_nul()? {
        expect(&client.post(&order.finalize(), &finalize_payload(&csr)).await?, 400, "badCSR")?;
    }
    let (csr, _) = request(&["web.signet.test"])?;
    client.post(&order.finalize(), &finalize_payload(&csr)).await?.success().map(drop)
}

/// Requests for web.signet.test that have a NUL in the commonName, or in a further name.
fn requests_with_nul() -> Result<Vec<Vec<u8>>> {
    let made = |common_name: Option<&str>, further: Option<rcgen::SanType>| -> Result<Vec<u8>> {
        let mut parameters = rcgen::CertificateParams::new(vec!["web.signet.test".to_owned()])?;
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        if let Some(name) = common_name {
            parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
        }
        parameters.subject_alt_names.extend(further);
        Ok(parameters.serialize_request(&rcgen::KeyPair::generate()?)?.der().to_vec())
    };
    Ok(vec![
        made(Some("web.signet.test\0.example.org"), None)?,
        made(None, Some(rcgen::SanType::DnsName("web.signet.test\0".try_into()?)))?,
        made(None, Some(rcgen::SanType::URI("https://web.signet.test/\0".try_into()?)))?,
    ])
}
