//! Operators who sign in with client certificates, at the listener that asks for them.

use anyhow::{Context, Result, ensure};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};
use serde_json::Value;
use signet_tests::deployment::{Deployment, Kind, Prepared};
use signet_tests::https::{Answer, Https};
use signet_tests::openssl;
use signet_tests::ports;
use signet_tests::process::output;
use signet_tests::visitor::Visitor;
use toml::Table;

/// A certificate with its chain, and its key.
struct Credential {
    chain: String,
    key: String,
}

/// A CA that is not Signet's.
struct Elsewhere {
    pem: String,
    parameters: CertificateParams,
    key: KeyPair,
}

impl Elsewhere {
    fn new(subject: &[(DnType, &str)]) -> Result<Self> {
        let (parameters, key) = (authority(subject), KeyPair::generate()?);
        Ok(Self { pem: parameters.self_signed(&key)?.pem(), parameters, key })
    }

    /// A CA below this one.
    fn below(&self, subject: &[(DnType, &str)]) -> Result<Self> {
        let (parameters, key) = (authority(subject), KeyPair::generate()?);
        let pem = parameters.signed_by(&key, &Issuer::from_params(&self.parameters, &self.key))?.pem();
        Ok(Self { pem, parameters, key })
    }

    fn issue(&self, email: &str, change: impl FnOnce(&mut CertificateParams)) -> Result<Credential> {
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name = DistinguishedName::new();
        parameters.subject_alt_names = vec![SanType::Rfc822Name(email.try_into()?)];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        change(&mut parameters);
        let key = KeyPair::generate()?;
        let certificate = parameters.signed_by(&key, &Issuer::from_params(&self.parameters, &self.key))?;
        Ok(Credential { chain: format!("{}{}", certificate.pem(), self.pem), key: key.serialize_pem() })
    }
}

fn authority(subject: &[(DnType, &str)]) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    for (kind, value) in subject {
        parameters.distinguished_name.push(kind.clone(), *value);
    }
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    parameters
}

/// A deployment whose second listener asks for certificates below its own root or that of the staff.
struct Asking {
    deployment: Deployment,
    staff: Elsewhere,
    /// Base of the URLs of that listener.
    url: String,
}

const RULES: &str = r#"
    [[operator_certificate]]
    name = "ann"
    issuer = "issuing"
    san = "email:ann@example.org"
    operator = "ann"
    [[operator_certificate]]
    name = "audit"
    issuer = "CN=Staff CA,O=Example"
    san = "email:*@audit.example.org"
    roles = ["auditor"]
    [[operator_certificate]]
    name = "nobody"
    issuer = "issuing"
    san = "email:ghost@example.org"
    operator = "ghost"
"#;

impl Asking {
    fn start(kind: Kind) -> Result<Self> {
        let prepared = Prepared::new(kind, &[])?;
        let staff = Elsewhere::new(&[(DnType::OrganizationName, "Example"), (DnType::CommonName, "Staff CA")])?;
        let own = std::fs::read_to_string(prepared.data().join("root.pem"))?;
        std::fs::write(prepared.data().join("client-roots.pem"), format!("{own}{}", staff.pem))?;
        let port = ports::free()?;
        prepared.configure(|config| {
            let server = config.get_mut("server").and_then(toml::Value::as_table_mut).context("[server]")?;
            server.insert("mtls_listen".into(), format!("127.0.0.1:{port}").into());
            server.insert("mtls_ca_file".into(), "client-roots.pem".into());
            config.extend(RULES.parse::<Table>()?);
            Ok(())
        })?;
        let deployment = prepared.serve()?;
        output(&mut deployment.signet(&["operator", "add", "ann", "--role", "operator"])?)?;
        Ok(Self { deployment, staff, url: format!("https://127.0.0.1:{port}") })
    }

    /// A certificate of this server's own.
    fn issue(&self, email: &str) -> Result<Credential> {
        let folder = self.deployment.folder();
        let (key, csr) = (KeyPair::generate()?, folder.join("operator.der"));
        std::fs::write(&csr, CertificateParams::default().serialize_request(&key)?.der())?;
        let (csr, san) = (csr.to_str().context("UTF-8")?, format!("email:{email}"));
        let arguments = ["certificate", "issue", "--csr", csr, "--profile", "tls-client", "--san", &san];
        Ok(Credential { chain: output(&mut self.deployment.signet(&arguments)?)?, key: key.serialize_pem() })
    }

    fn visitor(&self, shown: &Credential) -> Result<Visitor> {
        Ok(Visitor::new(Https::showing(&self.deployment.root(), &shown.chain, &shown.key)?))
    }

    async fn sign_in(&self, visitor: &mut Visitor) -> Result<Answer> {
        visitor.submit(&format!("{}/sign-in/certificate", self.url), &[("next", "/account")]).await
    }

    /// Who shows this is told to go away, in these words.
    async fn refuse(&self, shown: &Credential, words: &str) -> Result<()> {
        let mut visitor = self.visitor(shown)?;
        let answer = self.sign_in(&mut visitor).await?;
        ensure!(answer.status == 403 && answer.text().contains(words), "{words}: {} {}", answer.status, answer.text());
        ensure!(visitor.cookies.values().all(|jar| jar.is_empty()), "a cookie all the same: {:?}", visitor.cookies);
        Ok(())
    }

    fn explain(&self, result: Result<()>) -> Result<()> {
        self.deployment.explain(result)
    }
}

async fn on_both(story: impl AsyncFn(&Asking) -> Result<()>) -> Result<()> {
    for kind in [Kind::SqliteSoftware, Kind::PostgresSofthsm2] {
        let asking = Asking::start(kind)?;
        asking.explain(story(&asking).await).with_context(|| format!("{kind:?}"))?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_of_this_server_signs_in_until_it_is_revoked() -> Result<()> {
    on_both(async |asking| {
        let ann = asking.issue("ann@example.org")?;
        let mut visitor = asking.visitor(&ann)?;
        let door = visitor.get(&format!("{}/sign-in?next=/account", asking.url)).await?;
        ensure!(door.text().contains("action=\"/sign-in/certificate\""), "the button: {}", door.text());
        let signed_in = asking.sign_in(&mut visitor).await?;
        ensure!(signed_in.status == 303 && signed_in.header("location") == Some("/account"), "{}", signed_in.text());
        let account = visitor.get(&format!("{}/account", asking.url)).await?;
        // Her one-time password is for the password; the certificate needs none.
        ensure!([200, 303].contains(&account.status), "{}", account.text());

        let again = visitor.get(&format!("{}/step-up?next=/account", asking.url)).await?;
        ensure!(again.text().contains("action=\"/step-up/certificate\""), "{}", again.text());
        let proved = visitor.submit(&format!("{}/step-up/certificate", asking.url), &[("next", "/account")]).await?;
        ensure!(proved.status == 303 && proved.header("location") == Some("/account"), "{}", proved.text());

        let serial = openssl::serial(&ann.chain)?;
        output(&mut asking.deployment.signet(&["certificate", "revoke", &serial, "--reason", "superseded"])?)?;
        let late = visitor.get(&format!("{}/account", asking.url)).await?;
        ensure!(late.header("location") == Some("/sign-in?next=/account"), "the session ends too: {}", late.text());
        asking.refuse(&ann, "the certificate was revoked,").await
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_of_another_ca_makes_an_operator_with_the_roles_of_its_rule() -> Result<()> {
    on_both(async |asking| {
        let eve = asking.staff.issue("Eve@audit.example.org", |_| {})?;
        let mut visitor = asking.visitor(&eve)?;
        for _ in 0..2 {
            let signed_in = asking.sign_in(&mut visitor).await?;
            ensure!(signed_in.status == 303, "{}", signed_in.text());
        }
        let account = visitor.get(&format!("{}/account", asking.url)).await?;
        ensure!(account.status == 200 && account.text().contains("eve@audit.example.org"), "{}", account.text());
        let listed = output(&mut asking.deployment.signet(&["operator", "list", "--json"])?)?;
        let listed: Value = serde_json::from_str(&listed)?;
        ensure!(listed[1]["name"] == "eve@audit.example.org", "{listed}");
        ensure!(listed[1]["roles"] == serde_json::json!(["auditor"]), "{listed}");

        // What she may not do is refused as for anybody, and a security officer keeps her out.
        let denied = visitor.get(&format!("{}/settings/operators", asking.url)).await?;
        ensure!([200, 403].contains(&denied.status), "{}", denied.text());
        output(&mut asking.deployment.signet(&["operator", "disable", "eve@audit.example.org"])?)?;
        let late = visitor.get(&format!("{}/account", asking.url)).await?;
        ensure!(late.status == 303, "{}", late.text());
        asking.refuse(&eve, "is disabled").await
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_no_rule_names_stays_outside() -> Result<()> {
    let asking = Asking::start(Kind::SqliteSoftware)?;
    let result = refusals(&asking).await;
    asking.explain(result)
}

async fn refusals(asking: &Asking) -> Result<()> {
    let no_rule = "no [[operator_certificate]] of the configuration fits";
    asking.refuse(&asking.issue("bob@example.org")?, no_rule).await?;
    asking.refuse(&asking.issue("ghost@example.org")?, "may not sign in").await?;
    // The right name from the wrong issuer, and the right issuer's name without its key.
    asking.refuse(&asking.staff.issue("ann@example.org", |_| {})?, no_rule).await?;
    let issuing = [(DnType::OrganizationName, "Signet"), (DnType::CommonName, "Signet Issuing CA")];
    let imitation = asking.staff.below(&issuing)?;
    asking.refuse(&imitation.issue("ann@example.org", |_| {})?, "was not issued here").await?;

    // TLS itself refuses what is below no root, is not for clients, has ended, or has not begun.
    let stranger = Elsewhere::new(&[(DnType::OrganizationName, "Example"), (DnType::CommonName, "Staff CA")])?;
    let staff = "eve@audit.example.org";
    let server = |parameters: &mut CertificateParams| {
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    };
    for (what, shown) in [
        ("a CA of the same name", stranger.issue(staff, |_| {})?),
        ("a server's certificate", asking.staff.issue(staff, server)?),
        ("an expired one", asking.staff.issue(staff, |parameters| parameters.not_after = date_time_ymd(2020, 1, 1))?),
        ("one of the future", asking.staff.issue(staff, |p| p.not_before = date_time_ymd(2090, 1, 1))?),
    ] {
        let answer = asking.sign_in(&mut asking.visitor(&shown)?).await;
        ensure!(answer.is_err(), "{what} got an answer");
    }

    // Without a certificate there are pages, but no way in.
    let mut nobody = Visitor::new(asking.deployment.https()?);
    let door = nobody.get(&format!("{}/sign-in", asking.url)).await?;
    ensure!(door.status == 200 && !door.text().contains("/sign-in/certificate"), "{}", door.text());
    let answer = asking.sign_in(&mut nobody).await?;
    ensure!(answer.status == 403 && answer.text().contains("No certificate was shown"), "{}", answer.text());
    elsewhere_nobody_is_asked(asking).await
}

/// The other HTTPS listener shows the way here and takes no certificate.
async fn elsewhere_nobody_is_asked(asking: &Asking) -> Result<()> {
    let public = asking.deployment.directory()?.replace("/acme/acme/directory", "");
    let mut visitor = asking.visitor(&asking.issue("ann@example.org")?)?;
    let door = visitor.get(&format!("{public}/sign-in?next=/account")).await?;
    let link = format!("href=\"{}/sign-in?next=/account\"", asking.url);
    ensure!(door.text().contains(&link), "{link}: {}", door.text());
    let answer = visitor.submit(&format!("{public}/sign-in/certificate"), &[]).await?;
    ensure!(answer.status == 403 && answer.text().contains("No certificate was shown"), "{}", answer.text());
    Ok(())
}
