//! The pages of code signing.

use super::save;
use crate::signing::samples;
use crate::signing::{GrantsPage, LedgerPage, SigningInboxPage, VerifyPage};

#[test]
fn gallery_signing() {
    save("signing", &samples::inbox("").render().unwrap());
    let empty = SigningInboxPage { waiting: Vec::new(), waiting_total: 0, rows: Vec::new(), ..samples::inbox("") };
    save("signing-empty", &SigningInboxPage { older: None, ..empty }.render().unwrap());
    save("signing-profiles", &samples::profiles("").render().unwrap());
    save("signing-profile", &samples::profile("").render().unwrap());
}

#[test]
fn gallery_one_signing_request() {
    save("signing-request", &samples::request("").render().unwrap());
    save("signing-request-running", &samples::running("").render().unwrap());
    save("signing-request-signed", &samples::signed("").render().unwrap());
    save("signing-request-failed", &samples::failed("").render().unwrap());
}

#[test]
fn gallery_signed_files() {
    save("signing-grants", &samples::grants("").render().unwrap());
    let none = GrantsPage { grants: Vec::new(), problem: None, ..samples::grants("") };
    save("signing-grants-empty", &none.render().unwrap());
    save("signing-ledger", &samples::ledger("").render().unwrap());
    let nothing = LedgerPage { digest: String::new(), rows: Vec::new(), ..samples::ledger("") };
    save("signing-ledger-empty", &nothing.render().unwrap());
    save("signing-verify", &VerifyPage { report: None, ..samples::verify("") }.render().unwrap());
    save("signing-verified", &samples::verify("").render().unwrap());
}
