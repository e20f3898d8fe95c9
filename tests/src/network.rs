//! The network around a server under test: names, and what a client answers under them.

use std::path::Path;

use anyhow::Result;

use crate::challenge_server::{HttpAnswer, HttpResponder, TlsResponder};
use crate::dns::DnsServer;
use crate::raw_acme::Challenge;

/// DNS and both challenge responders.
#[derive(Debug)]
pub struct Network {
    /// Every `*.test` and `*.internal` is this machine.
    pub dns: DnsServer,
    /// http-01.
    pub http: HttpResponder,
    /// tls-alpn-01.
    pub tls: TlsResponder,
}

impl Network {
    /// Starts all three; DNS records lie in `zone`.
    ///
    /// # Errors
    /// If a port cannot be had.
    pub fn start(zone: &Path) -> Result<Self> {
        Ok(Self { dns: DnsServer::start(zone)?, http: HttpResponder::start()?, tls: TlsResponder::start()? })
    }

    /// Puts the right answer to a challenge on the network.
    ///
    /// # Errors
    /// If the kind is unknown or the answer cannot be made.
    pub fn answer(&self, kind: &str, challenge: &Challenge) -> Result<()> {
        match kind {
            "http-01" => self.http.answer(&challenge.token, HttpAnswer::Body(challenge.key_authorization.clone())),
            "dns-01" => {
                let name = format!("_acme-challenge.{}", challenge.name.trim_start_matches("*."));
                self.dns.publish_txt(&name, &[&challenge.txt()])?;
            }
            "tls-alpn-01" => self.tls.answer(&challenge.name, &challenge.digest())?,
            other => anyhow::bail!("no responder for {other}"),
        }
        Ok(())
    }
}
