//! An operator as a browser without scripts: signs in, reads pages, sends their forms; and the tokens of their machines.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use hyper::Method;
use serde_json::Value;

use crate::deployment::Deployment;
use crate::https::{Answer, Https};
use crate::process::output;
use crate::wait;

const FORM: &str = "application/x-www-form-urlencoded";

const PATIENCE: Duration = Duration::from_secs(30);

/// What everybody chooses: long enough for every rule about passwords.
pub const PASSWORD: &str = "correct horse battery staple 7";

/// Somebody who is signed in.
#[derive(Debug)]
pub struct Operator {
    https: Https,
    base: String,
    cookie: String,
    csrf: String,
}

impl Operator {
    /// Adds an operator with these roles on the command line, signs in with the one-time password, and changes it.
    ///
    /// # Errors
    /// If any of this does not work.
    pub async fn sign_in(deployment: &Deployment, name: &str, roles: &[&str]) -> Result<Self> {
        let mut arguments = vec!["operator", "add", name, "--json"];
        roles.iter().for_each(|role| arguments.extend(["--role", role]));
        let added: Value = serde_json::from_str(&output(&mut deployment.signet(&arguments)?)?)?;
        let password = added["one_time_password"].as_str().context("a one-time password")?;
        let base = format!("https://{}", deployment.server.listen());
        let mut operator = Self { https: deployment.https()?, base, cookie: String::new(), csrf: String::new() };
        operator.enter(name, password).await?;
        let change = [("present", password), ("new", PASSWORD), ("again", PASSWORD)];
        let changed = operator.post("/account/password", &change).await?;
        ensure!(changed.status == 303, "{}: {}", changed.status, changed.text());
        operator.keep(&changed);
        operator.learn().await?;
        Ok(operator)
    }

    async fn enter(&mut self, name: &str, password: &str) -> Result<()> {
        let entered = self.post("/sign-in", &[("name", name), ("password", password)]).await?;
        ensure!(entered.status == 303, "{}: {}", entered.status, entered.text());
        self.keep(&entered);
        let page = self.get("/account/password").await?.text();
        self.csrf = token_of(&page)?;
        Ok(())
    }

    /// The session that an answer gives.
    fn keep(&mut self, answer: &Answer) {
        if let Some(cookie) = answer.header("set-cookie") {
            self.cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        }
    }

    async fn learn(&mut self) -> Result<()> {
        let page = self.get("/account").await?.success()?.text();
        self.csrf = token_of(&page)?;
        Ok(())
    }

    /// A page.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        let fields = [("cookie", self.cookie.as_str()), ("accept", "text/html")];
        self.https.send_with(Method::GET, &self.url(path), &fields, Bytes::new()).await
    }

    /// A form of this session.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        let with_token: Vec<_> = fields.iter().copied().chain([("csrf", self.csrf.as_str())]).collect();
        self.post_as_it_is(path, &with_token).await
    }

    /// A form without the session's token.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn post_as_it_is(&self, path: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        let headers = [("cookie", self.cookie.as_str()), ("content-type", FORM), ("accept", "text/html")];
        self.https.send_with(Method::POST, &self.url(path), &headers, Bytes::from(encoded(fields))).await
    }

    /// A request to the API from a page's script: with the session and its token.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn script(&self, method: Method, path: &str, body: &Value) -> Result<Answer> {
        let fields = [
            ("cookie", self.cookie.as_str()),
            ("x-csrf-token", self.csrf.as_str()),
            ("content-type", "application/json"),
        ];
        self.https.send_with(method, &self.url(path), &fields, body.to_string().into()).await
    }

    /// Makes an API token with these scopes and roles.
    ///
    /// # Errors
    /// If the server refuses.
    pub async fn token(&self, scopes: &[&str], roles: &[&str]) -> Result<Machine> {
        let mut fields = vec![("name", "a test"), ("days", "1")];
        fields.extend(scopes.iter().map(|scope| ("scopes", *scope)));
        fields.extend(roles.iter().map(|role| ("roles", *role)));
        let page = self.post("/account/tokens/new", &fields).await?.success()?.text();
        let start = page.find("sgt_").context("a token on the page")?;
        let rest = page.get(start..).unwrap_or_default();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').unwrap_or(rest.len());
        Ok(Machine {
            authorization: format!("Bearer {}", rest.get(..end).unwrap_or_default()),
            base: self.base.clone(),
        })
    }

    /// Waits for a page that says something.
    ///
    /// # Errors
    /// If it does not within half a minute, with the page.
    pub async fn wait_for(&self, path: &str, words: &str) -> Result<String> {
        let said = wait::until_async(words, PATIENCE, || async {
            let page = self.get(path).await?.success()?.text();
            Ok(page.contains(words).then_some(page))
        });
        said.await.with_context(|| path.to_owned())
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// A program with a token.
#[derive(Debug)]
pub struct Machine {
    authorization: String,
    base: String,
}

impl Machine {
    /// The token, for programs that take one.
    pub fn token(&self) -> &str {
        self.authorization.trim_start_matches("Bearer ")
    }

    /// GET.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn get(&self, https: &Https, path: &str) -> Result<Answer> {
        let url = format!("{}{path}", self.base);
        https.send_with(Method::GET, &url, &[("authorization", &self.authorization)], Bytes::new()).await
    }

    /// Any request with a body in JSON.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn send(&self, https: &Https, method: Method, path: &str, body: &Value) -> Result<Answer> {
        let fields = [("authorization", self.authorization.as_str()), ("content-type", "application/json")];
        https.send_with(method, &format!("{}{path}", self.base), &fields, body.to_string().into()).await
    }
}

/// The token against forgery that the forms of a page carry.
fn token_of(page: &str) -> Result<String> {
    let (_, rest) = page.split_once("name=\"csrf\" value=\"").with_context(|| format!("a form: {page}"))?;
    Ok(rest.split('"').next().unwrap_or_default().to_owned())
}

/// Fields as a form sends them.
pub fn encoded(fields: &[(&str, &str)]) -> String {
    let octet = |octet: u8| match octet {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(octet).to_string(),
        other => format!("%{other:02X}"),
    };
    let text = |text: &str| text.bytes().map(octet).collect::<String>();
    fields.iter().map(|(name, value)| format!("{}={}", text(name), text(value))).collect::<Vec<_>>().join("&")
}
