//! An operator with a browser and with programs: reads pages, sends their forms; and the tokens of their machines.

use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use hyper::Method;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::deployment::Deployment;
use crate::https::{Answer, Https};
pub use crate::sign_in::PASSWORD;
use crate::sign_in::signed_in;
use crate::visitor::Visitor;
use crate::wait;

const PATIENCE: Duration = Duration::from_secs(30);

/// Somebody who is signed in.
#[derive(Debug)]
pub struct Operator {
    visitor: Mutex<Visitor>,
    base: String,
}

impl Operator {
    /// Adds an operator with these roles on the command line, signs in with the one-time password, and changes it.
    ///
    /// # Errors
    /// If any of this does not work.
    pub async fn sign_in(deployment: &Deployment, name: &str, roles: &[&str]) -> Result<Self> {
        let base = format!("https://{}", deployment.server.listen());
        let mut visitor = signed_in(deployment, &base, name, roles).await?;
        visitor.get(&format!("{base}/account")).await?.success()?;
        Ok(Self { visitor: Mutex::new(visitor), base })
    }

    /// A page.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.visitor.lock().await.get(&self.url(path)).await
    }

    /// A form of this session.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        self.visitor.lock().await.submit(&self.url(path), fields).await
    }

    /// A form without the session's token.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn post_as_it_is(&self, path: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        self.visitor.lock().await.submit_as_it_is(&self.url(path), fields).await
    }

    /// A request to the API from a page's script: with the session and its token.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn script(&self, method: Method, path: &str, body: &Value) -> Result<Answer> {
        self.visitor.lock().await.call(method, &self.url(path), body).await
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
