//! A browser inside the test: it keeps the session's cookie and fills the form's token in.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;
use zeroize::Zeroizing;

use super::public_router;
use crate::ops::operator;
use crate::testing::{Installation, local_root, origin};

/// The password that [`Browser::of`] chooses.
pub(crate) const PASSWORD: &str = "a quiet lamp on a hill";

/// One browser at one address.
#[derive(Clone)]
pub(crate) struct Browser {
    routes: Router,
    pub(crate) cookie: Option<String>,
    /// The token of the last page that had one.
    pub(crate) csrf: String,
    pub(crate) address: IpAddr,
}

/// What came back.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Page {
    /// A header field.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Where it leads to.
    pub(crate) fn location(&self) -> &str {
        self.header("location")
    }
}

impl Page {
    /// The first text of this shape: `?` stands for one of `letters`, everything else for itself.
    pub(crate) fn shaped(&self, shape: &str, letters: &str) -> String {
        self.all_shaped(shape, letters).into_iter().next().unwrap()
    }

    /// Every text of that shape, whatever is around it.
    pub(crate) fn all_shaped(&self, shape: &str, letters: &str) -> Vec<String> {
        let text: Vec<char> = self.text.chars().collect();
        let fits = |window: &&[char]| {
            window.iter().zip(shape.chars()).all(|(c, s)| if s == '?' { letters.contains(*c) } else { *c == s })
        };
        let mut found: Vec<String> = Vec::new();
        for window in text.windows(shape.len()).filter(fits) {
            let window = window.iter().collect();
            // A text stands in its page twice when it can be copied.
            if !found.contains(&window) {
                found.push(window);
            }
        }
        found
    }
}

/// Letters of one-time passwords and recovery codes.
pub(crate) const SPOKEN: &str = "abcdefghjkmnpqrstuvwxyz023456789";

impl Browser {
    /// A browser that nobody has signed in with.
    pub(crate) fn new(installation: &Installation) -> Self {
        let routes = public_router(&installation.app);
        Self { routes, cookie: None, csrf: String::new(), address: Ipv4Addr::new(192, 0, 2, 1).into() }
    }

    /// A browser in which a new operator has signed in and chosen [`PASSWORD`].
    pub(crate) async fn of(installation: &Installation, name: &str, roles: &[&str]) -> Self {
        let first = add(installation, name, roles).await;
        let mut browser = Self::new(installation);
        browser.sign_in(name, &first).await;
        browser.get("/account/password").await;
        let change = [("present", first.as_str()), ("new", PASSWORD), ("again", PASSWORD)];
        let changed = browser.submit("/account/password", &change).await;
        assert_eq!(changed.location(), "/account", "{}", changed.text);
        browser
    }

    /// Fills the door's form in.
    pub(crate) async fn sign_in(&mut self, name: &str, password: &str) -> Page {
        self.submit("/sign-in", &[("name", name), ("password", password)]).await
    }

    /// Follows a link.
    pub(crate) async fn get(&mut self, path: &str) -> Page {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// Sends a form as a page of ours does.
    pub(crate) async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let form = self.form(path, fields).header("sec-fetch-site", "same-origin");
        self.send(form.body(body(&self.csrf, fields)).unwrap()).await
    }

    /// The head of such a request, for what a page of ours would not send.
    pub(crate) fn form(&self, path: &str, _fields: &[(&str, &str)]) -> axum::http::request::Builder {
        let form = "application/x-www-form-urlencoded";
        Request::post(path).header(header::HOST, "ca.example.org:8443").header(header::CONTENT_TYPE, form)
    }

    /// Sends anything, with the cookie.
    pub(crate) async fn send(&mut self, mut request: Request<Body>) -> Page {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(self.address, 40_000)));
        if let Some(cookie) = &self.cookie {
            let value = format!("other=1; __Host-signet-session={cookie}").parse().unwrap();
            request.headers_mut().insert(header::COOKIE, value);
        }
        let (head, body) = self.routes.clone().oneshot(request).await.unwrap().into_parts();
        let text = String::from_utf8_lossy(&body.collect().await.unwrap().to_bytes()).into_owned();
        let page = Page { status: head.status, headers: head.headers, text };
        self.remember(&page);
        page
    }

    fn remember(&mut self, page: &Page) {
        if let Some(value) = page.header("set-cookie").strip_prefix("__Host-signet-session=") {
            let value = value.split(';').next().unwrap_or_default();
            self.cookie = (!value.is_empty()).then(|| value.to_owned());
        }
        if let Some((_, rest)) = page.text.split_once("name=\"csrf\" value=\"") {
            self.csrf = rest.split('"').next().unwrap_or_default().to_owned();
        }
    }
}

/// The fields of a form with a token.
pub(crate) fn body(csrf: &str, fields: &[(&str, &str)]) -> Body {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("csrf", csrf).extend_pairs(fields);
    Body::from(form.finish())
}

/// A new operator; answers the one-time password.
pub(crate) async fn add(installation: &Installation, name: &str, roles: &[&str]) -> Zeroizing<String> {
    let roles = roles.iter().map(|role| (*role).to_owned()).collect();
    operator::add(&installation.app, &local_root(), &origin(), name, roles).await.unwrap()
}
