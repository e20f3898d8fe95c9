//! Somebody with a browser: keeps cookies for each host, fills forms in, and follows links one by one.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, Result};
use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, COOKIE};
use hyper::{Method, Uri};
use serde_json::Value;

use crate::https::{Answer, Https};

/// The browser.
#[derive(Debug)]
pub struct Visitor {
    https: Https,
    /// Cookies by host; like browsers, whatever the port.
    pub cookies: HashMap<String, BTreeMap<String, String>>,
    /// The token of the last page that had one.
    csrf: String,
}

impl Visitor {
    /// One that connects like this.
    pub fn new(https: Https) -> Self {
        Self { https, cookies: HashMap::new(), csrf: String::new() }
    }

    /// Follows a link.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn get(&mut self, url: &str) -> Result<Answer> {
        self.send(Method::GET, url, &[], Bytes::new()).await
    }

    /// Follows a link and every redirect after it, up to and without the first URL for which `stop` says so.
    ///
    /// # Errors
    /// If there is no answer, or there is no end.
    pub async fn follow(&mut self, url: &str, stop: impl Fn(&str) -> bool) -> Result<(String, Answer)> {
        let mut url = url.to_owned();
        for _ in 0..20 {
            let answer = self.get(&url).await?;
            let Some(next) = answer.header("location").map(|to| absolute(&url, to)).transpose()? else {
                return Ok((url, answer));
            };
            url = next;
            if stop(&url) {
                return Ok((url, answer));
            }
        }
        anyhow::bail!("redirects without end, the last to {url}")
    }

    /// Sends a form as the page that it is on would.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn submit(&mut self, url: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        let csrf = self.csrf.clone();
        self.submit_as_it_is(url, &[&[("csrf", csrf.as_str())], fields].concat()).await
    }

    /// Sends a form without the token of the page.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn submit_as_it_is(&mut self, url: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        let headers = [(CONTENT_TYPE.as_str(), "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
        self.send(Method::POST, url, &headers, Bytes::from(form(fields))).await
    }

    /// Calls the API as a script of the last page would.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn call(&mut self, method: Method, url: &str, body: &Value) -> Result<Answer> {
        let csrf = self.csrf.clone();
        let headers = [(CONTENT_TYPE.as_str(), "application/json"), ("x-csrf-token", csrf.as_str())];
        self.send(method, url, &headers, body.to_string().into()).await
    }

    async fn send(&mut self, method: Method, url: &str, headers: &[(&str, &str)], body: Bytes) -> Result<Answer> {
        let host = host(url)?;
        let cookie = self.cookie(&host);
        let mut all = headers.to_vec();
        if !cookie.is_empty() {
            all.push((COOKIE.as_str(), &cookie));
        }
        let answer = self.https.send_with(method, url, &all, body).await?;
        self.remember(&host, &answer);
        Ok(answer)
    }

    fn cookie(&self, host: &str) -> String {
        let kept = self.cookies.get(host).into_iter().flatten();
        kept.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn remember(&mut self, host: &str, answer: &Answer) {
        let jar = self.cookies.entry(host.to_owned()).or_default();
        for field in answer.headers.get_all("set-cookie").iter().filter_map(|field| field.to_str().ok()) {
            let (pair, attributes) = field.split_once(';').unwrap_or((field, ""));
            let Some((name, value)) = pair.split_once('=') else { continue };
            let gone = value.is_empty() || attributes.contains("Max-Age=0") || attributes.contains("01 Jan 1970");
            match gone {
                true => drop(jar.remove(name)),
                false => drop(jar.insert(name.to_owned(), value.to_owned())),
            }
        }
        if let Some((_, rest)) = answer.text().split_once("name=\"csrf\" value=\"") {
            self.csrf = rest.split('"').next().unwrap_or_default().to_owned();
        }
    }
}

fn host(url: &str) -> Result<String> {
    Ok(url.parse::<Uri>()?.host().context("a host")?.to_owned())
}

/// A `Location` as the browser reads it.
fn absolute(base: &str, to: &str) -> Result<String> {
    if !to.starts_with('/') {
        return Ok(to.to_owned());
    }
    let base: Uri = base.parse()?;
    Ok(format!("{}://{}{to}", base.scheme_str().unwrap_or("https"), base.authority().context("an authority")?))
}

/// Fields as a form sends them.
pub fn form(fields: &[(&str, &str)]) -> String {
    fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
}

/// A value of a form or query.
pub fn encoded(text: &str) -> String {
    let octet = |octet: u8| match octet.is_ascii_alphanumeric() {
        true => char::from(octet).to_string(),
        false => format!("%{octet:02X}"),
    };
    text.bytes().map(octet).collect()
}
