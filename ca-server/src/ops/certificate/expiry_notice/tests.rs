use std::time::Duration;

use ca_core::duration;
use ca_core::x509::{GeneralName, SubjectPublicKeyInfo};
use rcgen::{KeyPair, PublicKeyData as _};

use crate::ops::certificate::expiry;
use crate::ops::certificate::issue::{Asked, issue};
use crate::store::notice::{self, Notice};
use crate::testing::{self, Installation, local_root, origin};

const DAY: u64 = 86_400;

const ADDRESSED: &str = "
    [notices.smtp]
    host = \"mail.example.org\"
    from = \"signet@example.org\"
    [[notices.email]]
    to = [\"pki@example.org\"]
    events = [\"renewal-overdue\", \"certificate-ends\"]
";

async fn issued(installation: &Installation, owner: &str) {
    let app = &installation.app;
    let key = SubjectPublicKeyInfo::from_der(&KeyPair::generate().unwrap().subject_public_key_info()).unwrap();
    let asked = Asked {
        authority: app.authorities.by_name("issuing").unwrap(),
        profile: "tls-server",
        public_key: &key,
        subject: Vec::new(),
        names: vec![GeneralName::parse("dns:www.example.org").unwrap()],
        validity: Some(duration::parse("60d").unwrap()),
        owner: Some(owner.to_owned()),
        project_purpose: None,
    };
    issue(app, &local_root(), &origin(), asked).await.unwrap();
}

async fn after(installation: &Installation, days: u64) -> Vec<Notice> {
    installation.hand.advance(Duration::from_secs(days * DAY));
    // Whoever looks twice tells once.
    expiry::watch(&installation.app).await.unwrap();
    expiry::watch(&installation.app).await.unwrap();
    let mut all = installation.app.store.read(|c| notice::newest(c, 100)).await.unwrap();
    all.sort_by(|one, other| (&one.kind, &one.recipient).cmp(&(&other.kind, &other.recipient)));
    all
}

fn told(notices: &[Notice]) -> Vec<(&str, &str)> {
    notices.iter().map(|notice| (notice.kind.as_str(), notice.recipient.as_str())).collect()
}

#[tokio::test]
async fn owner_and_addresses_hear_of_each_stage_once() {
    let installation = testing::configured(ADDRESSED).await;
    issued(&installation, "web@example.org").await;
    // Without a habit a person is wanted when a fortnight is left.
    assert!(after(&installation, 45).await.is_empty());
    let overdue = [("renewal-overdue", "pki@example.org"), ("renewal-overdue", "web@example.org")];
    let notices = after(&installation, 2).await;
    assert_eq!(told(&notices), overdue);
    assert!(
        notices[0].payload.contains("www.example.org was not renewed, it ends in 12 days"),
        "{}",
        notices[0].payload
    );
    assert!(notices[0].payload.contains("Nothing has replaced it so far"), "{}", notices[0].payload);
    assert_eq!(told(&after(&installation, 8).await), overdue);
    let notices = after(&installation, 3).await;
    let both = [("certificate-ends", "pki@example.org"), ("certificate-ends", "web@example.org")];
    assert_eq!(told(&notices), [both, overdue].concat());
    assert!(notices[0].payload.contains("www.example.org ends in a day and was not renewed"), "{}", notices[0].payload);
    assert_eq!(after(&installation, 30).await.len(), 4);
}

#[tokio::test]
async fn a_habit_is_named_and_a_renewal_ends_it() {
    let installation = testing::configured(ADDRESSED).await;
    issued(&installation, "team web").await;
    installation.hand.advance(Duration::from_secs(30 * DAY));
    issued(&installation, "team web").await;
    // Renewed with 30 days left: wanted when 22 are left.
    let notices = after(&installation, 38).await;
    assert_eq!(told(&notices), [("renewal-overdue", "pki@example.org")], "an owner that is no address");
    assert!(notices[0].payload.contains("its usual renewal did not come"), "{}", notices[0].payload);
    issued(&installation, "team web").await;
    assert_eq!(after(&installation, 21).await.len(), 1, "it was replaced");
}

#[tokio::test]
async fn who_is_named_later_hears_of_it_then() {
    let installation = testing::sqlite().await;
    issued(&installation, "web@example.org").await;
    assert!(after(&installation, 50).await.is_empty(), "nobody is to hear of anything");
    let due = installation
        .app
        .store
        .read(|c| crate::store::expiry_watch::due(c, testing::BEGINNING.plus(Duration::from_secs(50 * DAY)), None, 10));
    assert_eq!(due.await.unwrap()[0].told, crate::store::fields::ExpiryTold::Nothing);
}
