//! The clients people run: certbot, lego and instant-acme issue, renew and revoke by every challenge they know, on both
//! deployments, and every judge accepts what they got.

use anyhow::{Result, ensure};
use instant_acme::{ChallengeType, RevocationReason};
use signet_tests::acme_client;
use signet_tests::certbot::Certbot;
use signet_tests::crl;
use signet_tests::deployment::Deployment;
use signet_tests::judge;
use signet_tests::lego::{Lego, Proof};
use signet_tests::on_each_deployment;
use signet_tests::openssl;

on_each_deployment!(
    certbot_by_http,
    certbot_by_dns_with_a_wildcard,
    lego_by_http,
    lego_by_tls_alpn,
    lego_by_dns_with_a_wildcard,
    instant_acme_by_http,
    instant_acme_by_dns_with_a_wildcard,
    instant_acme_by_tls_alpn,
);

fn certbot(deployment: &Deployment) -> Result<Certbot> {
    Ok(Certbot::new(deployment.folder(), &deployment.directory()?, &deployment.root()))
}

async fn certbot_by_http(deployment: &mut Deployment) -> Result<()> {
    let port = deployment.network().http.give_up_port();
    let certbot = certbot(deployment)?;
    certbot.obtain_by_http("web.signet.test", port)?;
    let first = certbot.chain("web.signet.test")?;
    judge::server_certificate(&first, &deployment.root(), "web.signet.test")?;
    certbot.renew("web.signet.test")?;
    let second = certbot.chain("web.signet.test")?;
    judge_renewal(deployment, &first, &second, "web.signet.test")?;
    certbot.revoke("web.signet.test", "superseded")?;
    ensure!(crl::wait_until_listed(&deployment.server, &second)?.contains("Superseded"));
    Ok(())
}

async fn certbot_by_dns_with_a_wildcard(deployment: &mut Deployment) -> Result<()> {
    let certbot = certbot(deployment)?;
    let zone = deployment.network().dns.zone().to_owned();
    certbot.obtain_by_dns(&["web.signet.test", "*.web.signet.test"], &zone)?;
    let first = certbot.chain("web.signet.test")?;
    judge::server_certificate(&first, &deployment.root(), "deep.web.signet.test")?;
    certbot.renew("web.signet.test")?;
    let second = certbot.chain("web.signet.test")?;
    judge_renewal(deployment, &first, &second, "web.signet.test")?;
    certbot.revoke_with_key("web.signet.test", "keycompromise")?;
    ensure!(crl::wait_until_listed(&deployment.server, &second)?.contains("Key Compromise"));
    Ok(())
}

async fn lego_by_http(deployment: &mut Deployment) -> Result<()> {
    let port = deployment.network().http.give_up_port();
    lego(deployment, Proof::Http(port), "web.signet.test", "web.signet.test")
}

async fn lego_by_tls_alpn(deployment: &mut Deployment) -> Result<()> {
    let port = deployment.network().tls.give_up_port();
    lego(deployment, Proof::Tls(port), "web.signet.test", "web.signet.test")
}

async fn lego_by_dns_with_a_wildcard(deployment: &mut Deployment) -> Result<()> {
    let zone = deployment.network().dns.zone().to_owned();
    lego(deployment, Proof::Dns(zone), "*.web.signet.test", "any.web.signet.test")
}

/// `name` is ordered, `host` is what the certificate must serve for.
fn lego(deployment: &Deployment, proof: Proof, name: &str, host: &str) -> Result<()> {
    let lego = Lego::new(deployment.folder(), &deployment.directory()?, &deployment.root(), proof);
    lego.obtain(name)?;
    let first = lego.chain(name)?;
    judge::server_certificate(&first, &deployment.root(), host)?;
    lego.renew(name)?;
    let second = lego.chain(name)?;
    judge_renewal(deployment, &first, &second, host)?;
    // RFC 5280 §5.3.1: 5 is cessationOfOperation.
    lego.revoke(name, 5)?;
    ensure!(crl::wait_until_listed(&deployment.server, &second)?.contains("Cessation Of Operation"));
    Ok(())
}

async fn instant_acme_by_http(deployment: &mut Deployment) -> Result<()> {
    instant_acme(deployment, ChallengeType::Http01, &["web.signet.test", "www.web.signet.test"], "www.web.signet.test")
        .await
}

async fn instant_acme_by_dns_with_a_wildcard(deployment: &mut Deployment) -> Result<()> {
    instant_acme(deployment, ChallengeType::Dns01, &["*.web.signet.test"], "any.web.signet.test").await
}

async fn instant_acme_by_tls_alpn(deployment: &mut Deployment) -> Result<()> {
    instant_acme(deployment, ChallengeType::TlsAlpn01, &["web.signet.test", "www.web.signet.test"], "web.signet.test")
        .await
}

async fn instant_acme(deployment: &Deployment, kind: ChallengeType, names: &[&str], host: &str) -> Result<()> {
    let account = acme_client::account(&deployment.directory()?, &deployment.root()).await?;
    let first = acme_client::obtain(&account, deployment.network(), names, kind.clone()).await?;
    judge::server_certificate(&first.chain_pem, &deployment.root(), host)?;
    let second = acme_client::obtain(&account, deployment.network(), names, kind).await?;
    judge_renewal(deployment, &first.chain_pem, &second.chain_pem, host)?;
    acme_client::revoke(&account, &second, RevocationReason::AffiliationChanged).await?;
    ensure!(crl::wait_until_listed(&deployment.server, &second.chain_pem)?.contains("Affiliation Changed"));
    Ok(())
}

fn judge_renewal(deployment: &Deployment, first: &str, second: &str, host: &str) -> Result<()> {
    ensure!(openssl::serial(first)? != openssl::serial(second)?, "the renewed certificate has the old serial");
    judge::server_certificate(second, &deployment.root(), host)
}
