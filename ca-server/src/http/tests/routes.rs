//! The routes of a router, read from the router itself: one that is added cannot be forgotten.

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, header};
use tower::ServiceExt as _;

/// A path as it was given to the router, with the methods that it takes.
pub(super) struct Route {
    pub(super) path: String,
    pub(super) methods: Vec<Method>,
}

/// Every route.
pub(super) async fn of(router: &Router) -> Vec<Route> {
    let mut found = Vec::new();
    for path in paths(router) {
        found.push(Route { methods: methods(router, &path).await, path });
    }
    found
}

/// axum tells the paths of a router only where it describes the router for debugging: `RouteId(1): "/path"`.
fn paths(router: &Router) -> Vec<String> {
    let text = format!("{router:?}");
    let (_, rest) = text.split_once("paths: {").expect("axum describes its paths in another way");
    let (listed, _) = rest.split_once("\"}").expect("axum describes its paths in another way");
    let mut paths: Vec<String> =
        listed.split("RouteId(").filter_map(|entry| Some(entry.split_once(": \"")?.1)).map(path).collect();
    paths.sort();
    paths
}

fn path(entry: &str) -> String {
    entry.trim_end_matches(", ").trim_end_matches('"').to_owned()
}

/// What a path takes is in the answer to a method that it does not take (RFC 9110 §10.2.1); a path that takes everything
/// is asked with the usual two.
async fn methods(router: &Router, path: &str) -> Vec<Method> {
    let request = Request::builder().method(Method::TRACE).uri(filled(path)).body(Body::empty()).unwrap();
    let answer = router.clone().oneshot(request).await.unwrap();
    let allowed = answer.headers().get(header::ALLOW).map_or("GET,POST", |value| value.to_str().unwrap());
    let all = allowed.split(',').map(|method| method.trim().parse().unwrap());
    all.filter(|method| ![Method::HEAD, Method::OPTIONS].contains(method)).collect()
}

/// Some path that the route takes.
fn filled(path: &str) -> String {
    let part = |part: &str| if part.contains('{') { "x".to_owned() } else { part.to_owned() };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}
