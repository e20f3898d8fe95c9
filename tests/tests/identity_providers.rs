//! Operators who sign in with an identity provider: a real one, over the network.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use signet_tests::deployment::{Deployment, Kind, Prepared};
use signet_tests::https::{Answer, Https};
use signet_tests::identity_provider::{CLIENT_ID, CLIENT_SECRET, IdentityProvider};
use signet_tests::process::output;
use signet_tests::visitor::Visitor;
use signet_tests::wait;

/// A deployment and the provider it trusts.
struct Federated {
    deployment: Deployment,
    provider: IdentityProvider,
    /// Base of the server's URLs.
    url: String,
}

fn accounts() -> Value {
    json!({
        "ann-7": { "preferred_username": "Ann", "email": "ann@example.org", "groups": ["staff", "pki-officers"] },
        "bob-8": { "preferred_username": "bob", "groups": ["pki-audit", "pki-operators"] },
        "eve-9": { "preferred_username": "eve", "groups": ["staff"] },
        "local-1": { "preferred_username": "admin", "groups": ["pki-officers"] },
    })
}

impl Federated {
    fn start(kind: Kind) -> Result<Self> {
        let prepared = Prepared::new(kind, &[])?;
        let mut url = String::new();
        prepared.configure(|config| {
            let base = config.get("server").and_then(|server| server.get("public_url")?.as_str());
            base.context("public_url")?.trim_end_matches('/').clone_into(&mut url);
            Ok(())
        })?;
        let provider = IdentityProvider::start(&format!("{url}/sign-in/oidc/corporate/callback"), accounts())?;
        std::fs::write(prepared.data().join("oidc.secret"), format!("{CLIENT_SECRET}\n"))?;
        prepared.configure(|config| {
            let root = provider.root().display().to_string();
            let issuer = provider.issuer();
            let lines = format!(
                r#"
                [[oidc]]
                name = "corporate"
                title = "With your corporate account"
                issuer = "{issuer}"
                client_id = "{CLIENT_ID}"
                client_secret_file = "oidc.secret"
                ca_file = "{root}"
                [oidc.roles]
                pki-officers = ["security-officer"]
                pki-audit = ["auditor"]
                pki-operators = ["operator"]
                "#
            );
            config.extend(lines.parse::<toml::Table>()?);
            Ok(())
        })?;
        Ok(Self { deployment: prepared.serve()?, provider, url })
    }

    fn visitor(&self) -> Result<Visitor> {
        let both = self.deployment.folder().join("both-roots.pem");
        let read = std::fs::read_to_string;
        std::fs::write(&both, read(self.deployment.root())? + &read(self.provider.root())?)?;
        Ok(Visitor::new(Https::trusting(&both)?))
    }

    /// Goes to the provider and comes back as somebody: the URL to which the provider sends the browser.
    async fn to_the_provider(&self, visitor: &mut Visitor, path: &str, name: &str) -> Result<String> {
        let (asked, _) = visitor.follow(&format!("{}{path}", self.url), |url| url.contains("/interaction/")).await?;
        ensure!(asked.contains("/interaction/"), "the provider does not ask: {asked}\n{}", self.provider.log());
        let back = format!("{}/sign-in/oidc/corporate/callback", self.url);
        let (url, answer) = visitor.follow(&format!("{asked}?as={name}"), |url| url.starts_with(&back)).await?;
        ensure!(url.starts_with(&back), "{url}: {}\n{}", answer.text(), self.provider.log());
        Ok(url)
    }

    async fn sign_in(&self, visitor: &mut Visitor, name: &str) -> Result<Answer> {
        let url = self.to_the_provider(visitor, "/sign-in/oidc/corporate?next=/account", name).await?;
        visitor.get(&url).await
    }

    /// Whoever comes like this is told to go away, in these words.
    async fn refuse(&self, name: &str, words: &str) -> Result<()> {
        let mut visitor = self.visitor()?;
        let answer = self.sign_in(&mut visitor, name).await?;
        self.is_refused(&mut visitor, &answer, words).await
    }

    async fn is_refused(&self, visitor: &mut Visitor, answer: &Answer, words: &str) -> Result<()> {
        let text = answer.text();
        ensure!(answer.status == 403 && text.contains(words), "{words}: {} {text}", answer.status);
        let account = visitor.get(&format!("{}/account", self.url)).await?;
        ensure!(account.header("location") == Some("/sign-in?next=/account"), "signed in all the same");
        Ok(())
    }

    fn listed(&self) -> Result<Value> {
        Ok(serde_json::from_str(&output(&mut self.deployment.signet(&["operator", "list", "--json"])?)?)?)
    }
}

/// One story on one kind of deployment, with what both programs logged if it fails.
async fn told(kind: Kind, story: impl AsyncFnOnce(&mut Federated) -> Result<()>) -> Result<()> {
    let mut federated = Federated::start(kind)?;
    let result = story(&mut federated).await;
    let log = federated.provider.log();
    federated.deployment.explain(result).with_context(|| format!("{kind:?}; the provider said:\n{log}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_at_the_provider_are_roles_here() -> Result<()> {
    for kind in [Kind::SqliteSoftware, Kind::PostgresSofthsm2] {
        told(kind, groups_are_roles).await?;
    }
    Ok(())
}

async fn groups_are_roles(federated: &mut Federated) -> Result<()> {
    let mut visitor = federated.visitor()?;
    let door = visitor.get(&format!("{}/sign-in?next=/account", federated.url)).await?;
    let button = "href=\"/sign-in/oidc/corporate?next=/account\">With your corporate account<";
    ensure!(door.text().contains(button), "{}", door.text());
    let url = federated.to_the_provider(&mut visitor, "/sign-in/oidc/corporate?next=/account", "ann-7").await?;
    let signed_in = visitor.get(&url).await?;
    ensure!(signed_in.status == 303 && signed_in.header("location") == Some("/account"), "{}", signed_in.text());
    let account = visitor.get(&format!("{}/account", federated.url)).await?;
    ensure!(account.status == 200 && account.text().contains("security-officer"), "{}", account.text());
    let listed = federated.listed()?;
    ensure!(listed[0]["name"] == "ann" && listed[0]["roles"] == json!(["security-officer"]), "{listed}");

    // Neither secret nor code is anywhere it should not be.
    let (_, code) = url.split_once("code=").context("a code")?;
    let code = code.split('&').next().unwrap_or_default();
    let log = federated.deployment.server.log();
    ensure!(!log.contains(CLIENT_SECRET) && !log.contains(code), "a secret is in the log");

    // Groups are asked at each sign-in, in the ID token or from userinfo.
    federated.provider.change(|configuration| {
        configuration["accounts"]["ann-7"]["groups"] = json!(["pki-audit"]);
    })?;
    ensure!(federated.sign_in(&mut federated.visitor()?, "ann-7").await?.status == 303);
    let listed = federated.listed()?;
    ensure!(listed[0]["roles"] == json!(["auditor"]), "{listed}");
    federated.provider.change(|configuration| {
        configuration["accounts"]["ann-7"]["groups"] = json!(["pki-officers", "pki-audit"]);
        configuration["conformIdTokenClaims"] = json!(false);
    })?;
    ensure!(federated.sign_in(&mut federated.visitor()?, "ann-7").await?.status == 303);
    ensure!(federated.listed()?[0]["roles"] == json!(["auditor", "security-officer"]));

    // Who is in none of them any more loses the roles too.
    federated.provider.change(|configuration| configuration["accounts"]["ann-7"]["groups"] = json!(["staff"]))?;
    federated.refuse("ann-7", "none of the groups of").await?;
    let listed = federated.listed()?;
    ensure!(listed[0]["roles"] == json!([]), "{listed}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dangerous_act_asks_the_provider_again() -> Result<()> {
    told(Kind::SqliteSoftware, async |federated| {
        let said = output(&mut federated.deployment.signet(&["doctor"])?)?;
        ensure!(said.contains("identity provider corporate  names the configured issuer"), "{said}");
        let mut visitor = federated.visitor()?;
        ensure!(federated.sign_in(&mut visitor, "bob-8").await?.status == 303);
        let token = format!("{}/account/tokens/new", federated.url);
        let door = visitor.get(&token).await?;
        // The session at the provider may be of this morning.
        ensure!(door.header("location") == Some("/step-up?next=/account/tokens/new"), "{}", door.text());
        let page = visitor.get(&format!("{}/step-up?next=/account/tokens/new", federated.url)).await?;
        let button = "href=\"/step-up/oidc/corporate?next=/account/tokens/new\"";
        ensure!(page.text().contains(button) && !page.text().contains("type=\"password\""), "{}", page.text());

        let path = "/step-up/oidc/corporate?next=/account/tokens/new";
        for (name, lie) in [("ann-7", json!({})), ("bob-8", json!({ "auth_time": 1_700_000_000 }))] {
            federated.provider.lie(lie).await?;
            // Somebody else first ends the session that is there.
            visitor.cookies.remove("localhost");
            let url = federated.to_the_provider(&mut visitor, path, name).await?;
            let answer = visitor.get(&url).await?;
            ensure!(answer.status == 403 && answer.text().contains("did not ask you again"), "{}", answer.text());
        }
        federated.provider.lie(json!({})).await?;
        ensure!(visitor.get(&token).await?.status == 303, "still to be proved");
        let url = federated.to_the_provider(&mut visitor, path, "bob-8").await?;
        let answer = visitor.get(&url).await?;
        ensure!(answer.header("location") == Some("/account/tokens/new"), "{}", answer.text());
        let form = visitor.get(&token).await?;
        ensure!(form.status == 200 && form.text().contains("auditor"), "{}", form.text());
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_the_provider_change() -> Result<()> {
    told(Kind::SqliteSoftware, async |federated| {
        ensure!(federated.sign_in(&mut federated.visitor()?, "bob-8").await?.status == 303);
        for (name, algorithm) in [("second", "ES256"), ("third", "EdDSA")] {
            federated.provider.change_key(name, algorithm)?;
            let what = format!("a sign-in with the key for {algorithm}");
            wait::until_async(&what, Duration::from_secs(30), async || {
                let answer = federated.sign_in(&mut federated.visitor()?, "bob-8").await?;
                Ok((answer.status == 303).then_some(()))
            })
            .await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_proves_nothing_lets_nobody_in() -> Result<()> {
    told(Kind::SqliteSoftware, async |federated| {
        answers_of_others(federated).await?;
        tokens_that_lie(federated).await?;
        people_who_stay_outside(federated).await?;
        providers_that_fail(federated).await
    })
    .await
}

const ELSEWHERE: &str = "does not belong to a sign-in that this browser began";

async fn answers_of_others(federated: &mut Federated) -> Result<()> {
    let start = "/sign-in/oidc/corporate?next=/account";
    // Another state, none, and an answer in a browser that asked nothing.
    let mut visitor = federated.visitor()?;
    let url = federated.to_the_provider(&mut visitor, start, "bob-8").await?;
    let (before, rest) = url.split_once("state=").context("a state")?;
    let after = rest.split_once('&').map_or("", |(_, after)| after);
    let forged = visitor.get(&format!("{before}state=AAAA&{after}")).await?;
    federated.is_refused(&mut visitor, &forged, ELSEWHERE).await?;
    let without = visitor.get(&format!("{before}{after}")).await?;
    federated.is_refused(&mut visitor, &without, ELSEWHERE).await?;
    let mut stranger = federated.visitor()?;
    let answer = stranger.get(&url).await?;
    federated.is_refused(&mut stranger, &answer, ELSEWHERE).await?;
    // An answer in the name of another issuer (RFC 9207), or of none.
    let (before, _) = url.split_once("&iss=").context("iss")?;
    for changed in [format!("{before}&iss=https%3A%2F%2Fevil.example"), before.to_owned()] {
        let mut visitor = federated.visitor()?;
        let own = federated.to_the_provider(&mut visitor, start, "bob-8").await?;
        let (own, _) = own.split_once("&iss=").context("iss")?;
        let changed = changed.replacen(before, own, 1);
        let answer = visitor.get(&changed).await?;
        federated.is_refused(&mut visitor, &answer, "not from the identity provider that was asked").await?;
    }

    // The true answer works once; again it is unknown here, and with the cookie brought back, there.
    let kept = visitor.cookies.clone();
    let mut replaying = federated.visitor()?;
    ensure!(visitor.get(&url).await?.status == 303, "the attempt was not spoiled");
    ensure!(!visitor.cookies["127.0.0.1"].contains_key("__Host-signet-oidc"), "the attempt is over");
    replaying.cookies = visitor.cookies.clone();
    replaying.cookies.values_mut().for_each(|jar| drop(jar.remove("__Host-signet-session")));
    let again = replaying.get(&url).await?;
    federated.is_refused(&mut replaying, &again, ELSEWHERE).await?;
    replaying.cookies = kept;
    let again = replaying.get(&url).await?;
    federated.is_refused(&mut replaying, &again, "does not accept the code (invalid_grant)").await
}

async fn tokens_that_lie(federated: &mut Federated) -> Result<()> {
    for (claims, words) in [
        (json!({ "aud": "another client" }), "the claim &quot;aud&quot;"),
        (json!({ "aud": [CLIENT_ID, "another"], "azp": "another" }), "the claim &quot;azp&quot;"),
        (json!({ "iss": "https://evil.example" }), "the claim &quot;iss&quot;"),
        (json!({ "nonce": "of another sign-in" }), "the claim &quot;nonce&quot;"),
        (json!({ "exp": 1_700_000_000 }), "the claim &quot;exp&quot;"),
        (json!({ "sub": "ann-7" }), "is about somebody else"),
    ] {
        federated.provider.lie(claims).await?;
        federated.refuse("bob-8", &words.replace("&quot;", "&#34;")).await?;
    }
    federated.provider.lie(json!({})).await
}

async fn people_who_stay_outside(federated: &mut Federated) -> Result<()> {
    federated.refuse("eve-9", "none of the groups of").await?;
    federated.refuse("nobody", "the identity provider said: access_denied").await?;
    output(&mut federated.deployment.signet(&["operator", "add", "admin", "--role", "operator"])?)?;
    federated.refuse("local-1", "belongs to another operator").await?;
    ensure!(federated.sign_in(&mut federated.visitor()?, "bob-8").await?.status == 303);
    output(&mut federated.deployment.signet(&["operator", "disable", "bob"])?)?;
    federated.refuse("bob-8", "is disabled").await?;
    let mut visitor = federated.visitor()?;
    let unknown = visitor.get(&format!("{}/sign-in/oidc/other", federated.url)).await?;
    ensure!(unknown.status == 404, "{}", unknown.text());
    Ok(())
}

async fn providers_that_fail(federated: &mut Federated) -> Result<()> {
    let secret = federated.deployment.data().join("oidc.secret");
    std::fs::write(&secret, "wrong")?;
    federated.refuse("ann-7", "does not accept the code (invalid_client)").await?;
    std::fs::write(&secret, CLIENT_SECRET)?;
    let mut visitor = federated.visitor()?;
    let start = "/sign-in/oidc/corporate?next=/account";
    let url = federated.to_the_provider(&mut visitor, start, "ann-7").await?;
    federated.provider.stop()?;
    let answer = visitor.get(&url).await?;
    ensure!(answer.status == 502 && answer.text().contains("cannot be reached"), "{}", answer.text());
    Ok(())
}
