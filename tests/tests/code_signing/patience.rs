//! Servers that are away, busy or restarting, and those that nobody should talk to.

use anyhow::{Result, ensure};
use signet_tests::busy_server::{BusyServer, Fate};
use signet_tests::local_signer::LocalSigner;
use signet_tests::workplace::Workplace;

const DENIAL: &str =
    r#"{"title":"Forbidden","rules":[{"rule":"release/tags","claim":"ref","expected":"refs/tags/*"}]}"#;

async fn workplace(fates: Vec<Fate>) -> Result<(BusyServer, Workplace)> {
    let server = BusyServer::start(fates).await?;
    let mut place = Workplace::of(&server.root(), &server.url())?;
    place.set("SIGNET_PROFILE", "release");
    place.set("SIGNET_TOKEN", "sgt_secret");
    std::fs::write(place.file("a.txt"), "a")?;
    Ok((server, place))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "a real process waits in real time")]
async fn lost_connections_and_busy_servers_are_asked_again() -> Result<()> {
    let busy = |status: &str| Fate::json(status, "retry-after: 1\r\n", "{}");
    let fates = vec![
        Fate::Lost,
        busy("503 Service Unavailable"),
        busy("429 Too Many Requests"),
        Fate::json("403 Forbidden", "", DENIAL),
    ];
    let (server, place) = workplace(fates).await?;
    let started = std::time::Instant::now();
    let said = place.ends_with(5, &["submit", "a.txt"])?;
    ensure!(said.stderr.contains("rule release/tags: ref has to be refs/tags/*"), "{}", said.stderr);
    ensure!(started.elapsed().as_secs() >= 2, "both seconds were waited for");
    let seen = server.seen();
    ensure!(
        seen.len() == 4 && seen.iter().all(|request| request.contains("authorization: Bearer sgt_secret")),
        "{seen:?}"
    );
    ensure!(seen[0].contains("POST /api/v1/signing/requests HTTP/1.1"), "{seen:?}");
    let body = |request: &String| request.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    ensure!(seen.iter().all(|request| body(request) == body(&seen[0])), "the same was asked each time: {seen:?}");
    Ok(())
}

/// The digest set of `a.txt` with the content `a`, under SHA-256 and `cms-detached`.
fn digest_set() -> Result<String> {
    use ca_core::hsm::DigestAlgorithm::Sha256;
    use ca_core::signing::{DigestItem, DigestSet, Format};
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"a").as_ref().to_vec();
    let item = DigestItem { name: "a.txt".to_owned(), algorithm: Sha256, digest };
    Ok(DigestSet::new(Format::CmsDetached, vec![item])?.hash().to_string())
}

const ID: &str = "019a2f6e-5d1c-7e07-9ed5-6a1f4f3c2b10";

/// The request for `a.txt`, in this state.
fn request(state: &str) -> Result<String> {
    let digest_set = digest_set()?;
    Ok(serde_json::json!({ "id": ID, "state": state, "profile": "release", "format": "cms-detached",
        "digest_set": digest_set, "request_token": "sst_of_this_request" })
    .to_string())
}

fn created() -> Result<Fate> {
    Ok(Fate::json("201 Created", "", &request("pending_approval")?))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_breaks_off_is_asked_for_again() -> Result<()> {
    let half = Fate::Answer("HTTP/1.1 201 Created\r\ncontent-length: 500\r\n\r\n{\"id\":".to_owned());
    let (server, place) = workplace(vec![half, created()?]).await?;
    let said = place.ends_with(3, &["submit", "a.txt"])?;
    ensure!(said.stdout.trim() == ID && server.seen().len() == 2, "{}", said.words());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "a real process waits in real time")]
async fn a_server_that_goes_away_leaves_the_request_open() -> Result<()> {
    // After the last of them, connections are refused.
    let (_server, place) = workplace(vec![created()?, Fate::Lost]).await?;
    let started = std::time::Instant::now();
    let said = place.ends_with(3, &["sign", "--timeout", "3s", "a.txt"])?;
    ensure!(said.stderr.contains(&format!("request {ID} was submitted, and the server")), "{}", said.stderr);
    ensure!(said.stderr.contains("run this again to go on"), "{}", said.stderr);
    ensure!(started.elapsed().as_secs() < 6, "the whole command is limited");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "a real process waits in real time")]
async fn a_server_that_is_silent_does_not_outlast_the_timeout() -> Result<()> {
    let (server, place) = workplace(vec![created()?, Fate::Silent]).await?;
    let started = std::time::Instant::now();
    let said = place.ends_with(3, &["sign", "--timeout", "2s", "a.txt"])?;
    ensure!(said.stderr.contains("did not answer before --timeout was over"), "{}", said.stderr);
    ensure!(started.elapsed().as_secs() < 6 && server.seen().len() == 2, "{:?}", server.seen());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_says_at_once_is_not_asked_in_a_loop() -> Result<()> {
    let busy = Fate::json("503 Service Unavailable", "retry-after: 0\r\n", "{}");
    let (server, place) = workplace(vec![busy; 100]).await?;
    let said = place.ends_with(1, &["submit", "--timeout", "2s", "a.txt"])?;
    ensure!(said.stderr.contains("the server answers 503"), "{}", said.stderr);
    ensure!((2..6).contains(&server.seen().len()), "{} times", server.seen().len());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_only_the_state_folder_names_gets_no_identity() -> Result<()> {
    let signed = Fate::json("409 Conflict", "", "{}");
    let (server, mut place) = workplace(vec![created()?, signed]).await?;
    place.ends_with(3, &["submit", "a.txt"])?;
    place.variables.retain(|(name, _)| name != "SIGNET_SERVER");
    place.ends_with(1, &["fetch"])?;
    let asked = server.seen().pop().unwrap();
    ensure!(asked.contains("authorization: Bearer sst_of_this_request"), "{asked}");

    std::fs::write(place.file("token"), "sgt_secret")?;
    let said = place.ends_with(2, &["wait", "--token-file", "token"])?;
    ensure!(said.stderr.contains("--server URL (or SIGNET_SERVER) is needed: --token-file"), "{}", said.stderr);
    for file in std::fs::read_dir(place.file(".signet"))? {
        let path = file?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            std::fs::write(&path, std::fs::read_to_string(&path)?.replace("request_token", "another_field"))?;
        }
    }
    let said = place.ends_with(2, &["fetch"])?;
    ensure!(said.stderr.contains("no token for this request") && server.seen().len() == 2, "{}", said.stderr);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_state_file_does_not_stop_a_build() -> Result<()> {
    let (_server, place) = workplace(vec![created()?]).await?;
    std::fs::create_dir(place.file(".signet"))?;
    std::fs::write(place.file(".signet/x.json"), "{")?;
    let said = place.ends_with(3, &["submit", "a.txt"])?;
    ensure!(said.stderr.contains("x.json is damaged") && said.stderr.contains("passed over"), "{}", said.stderr);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_goes_on_with_the_request_that_it_remembers() -> Result<()> {
    let items = |withdrawn: &str| {
        let item = format!(r#"{{"n":1,"name":"a.txt","alg":"sha256","digest":"","withdrawn":{withdrawn}}}"#);
        Fate::json("200 OK", "", &format!(r#"{{"items":[{item}]}}"#))
    };
    let answer = |state: &str| Ok::<_, anyhow::Error>(Fate::json("200 OK", "", &request(state)?));
    let fates = vec![
        created()?,
        answer("pending_approval")?,
        answer("signed")?,
        items("null"),
        // Withdrawn, rejected and gone ones are asked for anew.
        answer("signed")?,
        items("\"2026-01-01T00:00:00Z\""),
        created()?,
        answer("rejected")?,
        created()?,
        Fate::json("404 Not Found", "", "{}"),
        created()?,
        // What is away is waited for, not asked for anew.
        Fate::Lost,
    ];
    let (server, place) = workplace(fates).await?;
    let ends_with = |code, first: &str, last: &str, calls: usize| {
        let before = server.seen().len();
        place.ends_with(code, &["submit", "--timeout", "3s", "a.txt"])?;
        let seen = &server.seen()[before..];
        let (came, count) = (seen.first().map(String::as_str).unwrap_or_default(), seen.len());
        ensure!(came.starts_with(first) && seen[count - 1].starts_with(last) && count == calls, "{seen:?}");
        Ok(())
    };
    let (get, post) = ("GET /api/v1/signing/requests/019a2f6e", "POST /api/v1/signing/requests ");
    ends_with(3, post, post, 1)?;
    ends_with(3, get, get, 1)?;
    ends_with(0, get, get, 2)?;
    ends_with(3, get, post, 3)?;
    ends_with(3, get, post, 2)?;
    ends_with(3, get, post, 2)?;
    ends_with(3, get, get, 1)?;
    let own = server.seen().into_iter().filter(|asked| asked.starts_with("GET "));
    ensure!(own.into_iter().all(|asked| asked.contains("Bearer sst_of_this_request")));
    // Another profile is another request.
    let said = place.ends_with(1, &["submit", "--profile", "other", "--timeout", "1s", "a.txt"])?;
    ensure!(said.stderr.contains("the server cannot be reached"), "{}", said.stderr);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_never_ends_is_not_listened_to() -> Result<()> {
    let item = r#"{"n":1,"name":"b.txt","alg":"sha256","digest":"00"}"#;
    let page = format!(r#"{{"items":[{}],"next":1}}"#, vec![item; 500].join(","));
    let mut fates = vec![Fate::json("200 OK", "", &request("signed")?)];
    fates.extend(vec![Fate::json("200 OK", "", &page); 20]);
    let (server, place) = workplace(fates).await?;
    let said = place.ends_with(1, &["fetch", "--request", ID])?;
    ensure!(said.stderr.contains("it lists more than 3000 artifacts"), "{}", said.stderr);
    ensure!(server.seen().len() == 8, "{}", server.seen().len());

    let large =
        |status: &str, octets: usize| Fate::json(status, "", &format!(r#"{{"detail":"{}"}}"#, "x".repeat(octets)));
    let (_server, place) = workplace(vec![large("400 Bad Request", 1 << 17), large("200 OK", 17 << 20)]).await?;
    let said = place.ends_with(1, &["submit", "a.txt"])?;
    ensure!(said.stderr.contains("the server answers 400: Bad Request") && said.stderr.len() < 200, "{}", said.stderr);
    let said = place.ends_with(1, &["submit", "a.txt"])?;
    ensure!(said.stderr.contains("it is larger than 16 MiB"), "{}", said.stderr);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_understood_something_else_is_not_waited_for() -> Result<()> {
    for (word, other) in [("release", "another"), ("cms-detached", "raw")] {
        let answer = request("pending_approval")?.replace(word, other);
        let (_server, place) = workplace(vec![Fate::json("201 Created", "", &answer)]).await?;
        let said = place.ends_with(1, &["submit", "a.txt"])?;
        let words = format!("the server speaks of {other} where this was asked for: {word}");
        ensure!(said.stderr.contains(&words) && !place.file(".signet").exists(), "{}", said.stderr);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn githubs_token_service_is_asked_again() -> Result<()> {
    let away = Fate::json("503 Service Unavailable", "", "");
    let token = Fate::json("200 OK", "", r#"{"value":"an.id.token"}"#);
    let github = BusyServer::start(vec![away, Fate::Lost, token]).await?;
    let (server, mut place) = workplace(vec![Fate::json("403 Forbidden", "", DENIAL)]).await?;
    place.variables.retain(|(name, _)| name != "SIGNET_TOKEN");
    place.set("ACTIONS_ID_TOKEN_REQUEST_URL", &format!("{}/token?x=1", github.url()));
    place.set("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "runner");
    place.set("SSL_CERT_FILE", &github.root().display().to_string());
    place.ends_with(5, &["submit", "a.txt"])?;
    ensure!(github.seen().len() == 3 && server.seen().len() == 1, "{:?}", github.seen());

    let plain = format!("http://{}/token?x=1", github.url().trim_start_matches("https://"));
    place.set("ACTIONS_ID_TOKEN_REQUEST_URL", &plain);
    let said = place.ends_with(1, &["submit", "a.txt"])?;
    ensure!(said.stderr.contains("GitHub gives no ID token"), "{}", said.stderr);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_cannot_write_to_the_terminal() -> Result<()> {
    let words = r#"{"detail":"no\u001b]0;x\u0007\n::set-output name=a::b"}"#;
    let id = request("pending_approval")?.replace(ID, "x\\n::error::");
    let (_server, place) =
        workplace(vec![Fate::json("400 Bad Request", "", words), Fate::json("201 Created", "", &id)]).await?;
    let said = place.ends_with(1, &["submit", "a.txt"])?;
    ensure!(said.stderr.contains(r"no\u001b]0;x\u0007\u000a::set-output"), "{}", said.stderr);
    ensure!(!said.stderr.lines().any(|line| line.starts_with("::") || line.contains('\x1b')), "{:?}", said.stderr);
    let said = place.ends_with(1, &["submit", "a.txt"])?;
    ensure!(said.stderr.contains("the id of the request is no UUID") && said.stdout.is_empty(), "{}", said.words());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_will_not_change_is_not_asked_twice() -> Result<()> {
    for (status, code) in [("400 Bad Request", 1), ("401 Unauthorized", 1), ("500 Internal Server Error", 1)] {
        let answer = Fate::json(status, "", r#"{"detail":"no"}"#);
        let (server, place) = workplace(vec![answer.clone(), answer]).await?;
        let said = place.ends_with(code, &["submit", "a.txt"])?;
        ensure!(said.stderr.contains("no") && server.seen().len() == 1, "{}", said.stderr);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_the_roots_do_not_vouch_for_gets_no_token() -> Result<()> {
    let (server, mut place) = workplace(vec![Fate::Lost]).await?;
    let other = LocalSigner::create("ec -pkeyopt ec_paramgen_curve:P-256")?;
    place.set("SIGNET_CA_FILE", &other.file("root.pem").display().to_string());
    let said = place.ends_with(1, &["submit", "a.txt"])?;
    ensure!(said.stderr.contains("certificate"), "{}", said.stderr);
    ensure!(server.seen().is_empty(), "{:?}", server.seen());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_roots_of_tls_may_be_others_than_those_of_signatures() -> Result<()> {
    let (server, mut place) = workplace(vec![Fate::json("403 Forbidden", "", DENIAL)]).await?;
    let other = LocalSigner::create("ec -pkeyopt ec_paramgen_curve:P-256")?;
    place.set("SIGNET_CA_FILE", &other.file("root.pem").display().to_string());
    let root = server.root().display().to_string();
    place.ends_with(5, &["sign", "--tls-ca-file", &root, "a.txt"])?;
    let said = place.ends_with(2, &["sign", "--tls-ca-file", "a.txt", "a.txt"])?;
    ensure!(said.stderr.contains("--tls-ca-file a.txt") && server.seen().len() == 1, "{}", said.stderr);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redirect_does_not_carry_the_token_away() -> Result<()> {
    let (server, place) = workplace(vec![Fate::json("302 Found", "location: https://127.0.0.1:9/\r\n", "")]).await?;
    let said = place.ends_with(1, &["submit", "a.txt"])?;
    ensure!(said.stderr.contains("302") && server.seen().len() == 1, "{}", said.stderr);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_counts_differently_is_not_waited_for() -> Result<()> {
    let digest_set = "0".repeat(64);
    let body = format!(
        r#"{{"id":"{ID}","state":"pending_approval","profile":"release","format":"cms-detached","digest_set":"sha256:{digest_set}"}}"#
    );
    let (_server, place) = workplace(vec![Fate::json("201 Created", "", &body)]).await?;
    let said = place.ends_with(1, &["submit", "a.txt"])?;
    ensure!(said.stderr.contains("the server speaks of sha256:000"), "{}", said.stderr);
    ensure!(!place.file(".signet").exists());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_on_github_gets_its_token_for_this_server() -> Result<()> {
    let github = BusyServer::start(vec![Fate::json("200 OK", "", r#"{"value":"an.id.token"}"#)]).await?;
    let (server, mut place) = workplace(vec![Fate::json("403 Forbidden", "", DENIAL)]).await?;
    place.variables.retain(|(name, _)| name != "SIGNET_TOKEN");
    place.set("ACTIONS_ID_TOKEN_REQUEST_URL", &format!("{}/token?api-version=2.0", github.url()));
    place.set("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "runner");
    // What the machine trusts: GitHub is not vouched for by `--ca-file`.
    place.set("SSL_CERT_FILE", &github.root().display().to_string());
    place.ends_with(5, &["submit", "a.txt"])?;
    let (asked, submitted) = (github.seen(), server.seen());
    let audience = server.url().replace(':', "%3A").replace('/', "%2F");
    ensure!(asked[0].starts_with(&format!("GET /token?api-version=2.0&audience={audience} ")), "{asked:?}");
    ensure!(asked[0].contains("authorization: Bearer runner"), "{asked:?}");
    ensure!(submitted[0].contains("authorization: Bearer an.id.token"), "{submitted:?}");
    Ok(())
}
