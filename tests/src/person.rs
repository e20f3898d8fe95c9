//! Somebody at the web UI: a session cookie, the token of the last page, and forms.

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use hyper::Method;
use serde_json::Value;

use crate::deployment::Deployment;
use crate::https::{Answer, Https};
use crate::process::output;

/// The password that everybody chooses.
const PASSWORD: &str = "a quiet lamp on a hill";

/// A person with a browser.
#[derive(Debug)]
pub struct Person {
    https: Https,
    base: String,
    cookie: Option<String>,
    csrf: String,
}

impl Person {
    /// Somebody who has not signed in.
    ///
    /// # Errors
    /// If the deployment has no root or no URL.
    pub fn outside(deployment: &Deployment) -> Result<Self> {
        let base = deployment.directory()?.trim_end_matches("/acme/acme/directory").to_owned();
        Ok(Self { https: deployment.https()?, base, cookie: None, csrf: String::new() })
    }

    /// An operator who was added on the command line, has signed in and chosen a password.
    ///
    /// # Errors
    /// If any of that fails.
    pub async fn operator(deployment: &Deployment, name: &str, roles: &[&str]) -> Result<Self> {
        let mut arguments = vec!["operator", "add", name, "--json"];
        arguments.extend(roles.iter().flat_map(|role| ["--role", role]));
        let added: Value = serde_json::from_str(&output(&mut deployment.signet(&arguments)?)?)?;
        let first = added["one_time_password"].as_str().context("a one-time password")?;
        let mut person = Self::outside(deployment)?;
        person.submit("/sign-in", &[("name", name), ("password", first)]).await?;
        person.get("/account/password").await?;
        let change = [("present", first), ("new", PASSWORD), ("again", PASSWORD)];
        let changed = person.submit("/account/password", &change).await?;
        ensure!(changed.status == 303, "{}: {}", changed.status, changed.text());
        Ok(person)
    }

    /// Follows a link.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn get(&mut self, path: &str) -> Result<Answer> {
        self.send(Method::GET, path, &[], Bytes::new()).await
    }

    /// Sends a form of the last page.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        let own = [("csrf", self.csrf.as_str())];
        let pairs = own.iter().chain(fields).map(|(name, value)| format!("{name}={}", encoded(value)));
        let form = pairs.collect::<Vec<_>>().join("&");
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
        self.send(Method::POST, path, &headers, Bytes::from(form)).await
    }

    /// Calls the API as a script of a page does.
    ///
    /// # Errors
    /// If there is no answer, or it is no JSON.
    pub async fn call(&mut self, path: &str, body: &Value) -> Result<(u16, Value)> {
        let csrf = self.csrf.clone();
        let headers = [("content-type", "application/json"), ("x-csrf-token", csrf.as_str())];
        let answer = self.send(Method::POST, path, &headers, Bytes::from(body.to_string())).await?;
        Ok((answer.status, answer.json()?))
    }

    /// Submits a CSR and answers with the path of the request.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn request(&mut self, csr: &str, more: &[(&str, &str)]) -> Result<String> {
        self.get("/requests/new").await?;
        let fields = [&[("step", "submit"), ("key", "csr"), ("csr", csr), ("profile", "tls-server")], more].concat();
        let answer = self.submit("/requests/new", &fields).await?;
        match answer.header("location") {
            Some(path) => Ok(path.to_owned()),
            None => bail!("{}: {}", answer.status, answer.text()),
        }
    }

    /// Looks at a request and approves what it asks for.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn approve(&mut self, path: &str) -> Result<()> {
        let page = self.get(path).await?.text();
        let digest = between(&page, "name=\"digest\" value=\"", "\"").context("a digest to approve")?;
        let fields = [("decision", "approve"), ("digest", digest.as_str())];
        let answer = self.submit(&format!("{path}/decision"), &fields).await?;
        ensure!(answer.header("location") == Some(path), "{}: {}", answer.status, answer.text());
        Ok(())
    }

    async fn send(&mut self, method: Method, path: &str, headers: &[(&str, &str)], body: Bytes) -> Result<Answer> {
        let cookie = self.cookie.as_ref().map(|cookie| format!("__Host-signet-session={cookie}"));
        let mut headers = headers.to_vec();
        headers.extend(cookie.as_deref().map(|cookie| ("cookie", cookie)));
        let answer = self.https.send_with(method, &format!("{}{path}", self.base), &headers, body).await?;
        if let Some(value) = answer.header("set-cookie").and_then(|set| set.strip_prefix("__Host-signet-session=")) {
            let value = value.split(';').next().unwrap_or_default();
            self.cookie = (!value.is_empty()).then(|| value.to_owned());
        }
        if let Some(csrf) = between(&answer.text(), "name=\"csrf\" value=\"", "\"") {
            self.csrf = csrf;
        }
        Ok(answer)
    }
}

/// Every octet that might mean something in a form, escaped.
fn encoded(text: &str) -> String {
    let octet = |octet: u8| match octet {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(octet).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(octet).collect()
}

fn between(text: &str, start: &str, end: &str) -> Option<String> {
    Some(text.split_once(start)?.1.split_once(end)?.0.to_owned())
}
