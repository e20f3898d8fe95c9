//! Stories of requests, told to browsers inside the test.

mod approval;
mod bad_input;
mod delivery;
mod ending;
mod fetching;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use ca_core::x509::{Certificate, Chain, pem};
use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;

use crate::http::testing::{Browser, Page};
use crate::policies::Policies;
use crate::start;
use crate::testing::{self, Installation};

/// A CSR for these names under a fresh key, in PEM.
fn csr(names: &[&str]) -> String {
    csr_with(&KeyPair::generate().unwrap(), names)
}

fn csr_with(key: &KeyPair, names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    CertificateParams::new(names).unwrap().serialize_request(key).unwrap().pem().unwrap()
}

/// The built-in profiles in a folder of their own, to be edited.
struct Profiles(TempDir);

impl Profiles {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/profiles");
        fs::create_dir(folder.path().join("profiles")).unwrap();
        for entry in fs::read_dir(built_in).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, folder.path().join("profiles").join(path.file_name().unwrap())).unwrap();
        }
        Self(folder)
    }

    /// Replaces text in a profile.
    fn edit(&self, profile: &str, from: &str, to: &str) {
        let file = self.0.path().join("profiles").join(format!("{profile}.toml"));
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(file, text.replace(from, to)).unwrap();
    }

    /// Adds a policy to the built-in ones.
    fn add_policy(&self, text: &str) {
        let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/authorization/default.cedar");
        let folder = self.0.path().join("authorization");
        fs::create_dir_all(&folder).unwrap();
        fs::copy(built_in, folder.join("default.cedar")).unwrap();
        fs::write(folder.join("more.cedar"), text).unwrap();
    }

    /// The rules as they were if one profile were not there.
    fn without(&self, profile: &str) -> Policies {
        let (file, aside) = (self.0.path().join(format!("profiles/{profile}.toml")), self.0.path().join("aside"));
        fs::rename(&file, &aside).unwrap();
        let policies = Policies::load(Some(self.0.path())).unwrap();
        fs::rename(&aside, &file).unwrap();
        policies
    }

    /// Puts them in force, as SIGHUP does.
    async fn load(&self, installation: &Installation) {
        let app = &installation.app;
        let policies = Policies::load(Some(self.0.path())).unwrap();
        start::record_rules(&app.store, &policies, &app.clock).await.unwrap();
        app.policies.store(Arc::new(policies));
    }
}

/// An installation whose `tls-server` certificates need that many approvals.
async fn needing(approvals: u32) -> (Installation, Profiles) {
    needing_on(testing::sqlite().await, approvals).await
}

async fn needing_on(installation: Installation, approvals: u32) -> (Installation, Profiles) {
    let profiles = Profiles::new();
    profiles.edit("tls-server", "required = 1", &format!("required = {approvals}"));
    profiles.load(&installation).await;
    (installation, profiles)
}

/// What the form sends for a CSR.
fn form<'a>(csr: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&[("step", "submit"), ("key", "csr"), ("csr", csr), ("profile", "tls-server")], more].concat()
}

/// Submits a CSR and answers with the path of the request.
async fn submitted(browser: &mut Browser, csr: &str, more: &[(&str, &str)]) -> String {
    browser.get("/requests/new").await;
    let page = browser.submit("/requests/new", &form(csr, more)).await;
    assert!(page.location().starts_with("/requests/"), "{} {}", page.status, page.text);
    page.location().to_owned()
}

/// The digest that the page of a request offers for approval.
fn digest(page: &Page) -> String {
    let (_, rest) = page.text.split_once("name=\"digest\" value=\"").unwrap_or_else(|| panic!("{}", page.text));
    rest.split('"').next().unwrap().to_owned()
}

/// Approves what the page of a request says now.
async fn approve(browser: &mut Browser, path: &str) -> Page {
    let page = browser.get(path).await;
    approve_as_seen(browser, path, &digest(&page)).await
}

async fn approve_as_seen(browser: &mut Browser, path: &str, digest: &str) -> Page {
    let fields = [("decision", "approve"), ("digest", digest), ("comment", "looks right")];
    browser.submit(&format!("{path}/decision"), &fields).await
}

/// The certificate of a request, whose chain holds.
async fn certificate(installation: &Installation, browser: &mut Browser, path: &str) -> Certificate {
    let page = browser.get(&format!("{path}/certificate.pem")).await;
    assert_eq!(page.header("content-type"), "application/pem-certificate-chain", "{}", page.text);
    let chain: Vec<Certificate> =
        pem::certificates(&page.text).unwrap().iter().map(|der| Certificate::from_der(der).unwrap()).collect();
    Chain::new(chain.clone()).unwrap();
    let root = pem::certificates(&installation.app.authorities.roots_pem()).unwrap();
    let root = Certificate::from_der(&root[0]).unwrap();
    chain.last().unwrap().verify_signed_by(root.public_key()).unwrap();
    chain[0].clone()
}

fn names(certificate: &Certificate) -> Vec<String> {
    certificate.names().iter().map(ToString::to_string).collect()
}

async fn state_is(browser: &mut Browser, path: &str, words: &str) {
    let page = browser.get(path).await;
    assert!(page.text.contains(words), "{words}\n{}", page.text);
}
