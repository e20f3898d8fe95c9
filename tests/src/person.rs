//! Somebody at the web UI of one deployment, who asks for certificates and approves them.

use anyhow::{Context, Result, bail, ensure};
use hyper::Method;
use serde_json::Value;

use crate::deployment::Deployment;
use crate::https::Answer;
use crate::sign_in::signed_in;
use crate::visitor::Visitor;

/// A person with a browser.
#[derive(Debug)]
pub struct Person {
    visitor: Visitor,
    base: String,
}

impl Person {
    /// Somebody who has not signed in.
    ///
    /// # Errors
    /// If the deployment has no root or no URL.
    pub fn outside(deployment: &Deployment) -> Result<Self> {
        Ok(Self { visitor: Visitor::new(deployment.https()?), base: base(deployment)? })
    }

    /// An operator who was added on the command line, has signed in and chosen a password.
    ///
    /// # Errors
    /// If any of that fails.
    pub async fn operator(deployment: &Deployment, name: &str, roles: &[&str]) -> Result<Self> {
        let base = base(deployment)?;
        Ok(Self { visitor: signed_in(deployment, &base, name, roles).await?, base })
    }

    /// Follows a link.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn get(&mut self, path: &str) -> Result<Answer> {
        self.visitor.get(&format!("{}{path}", self.base)).await
    }

    /// Sends a form of the last page.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        self.visitor.submit(&format!("{}{path}", self.base), fields).await
    }

    /// Calls the API as a script of a page does.
    ///
    /// # Errors
    /// If there is no answer, or it is no JSON.
    pub async fn call(&mut self, path: &str, body: &Value) -> Result<(u16, Value)> {
        let answer = self.visitor.call(Method::POST, &format!("{}{path}", self.base), body).await?;
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
}

fn base(deployment: &Deployment) -> Result<String> {
    Ok(deployment.directory()?.trim_end_matches("/acme/acme/directory").to_owned())
}

fn between(text: &str, start: &str, end: &str) -> Option<String> {
    Some(text.split_once(start)?.1.split_once(end)?.0.to_owned())
}
