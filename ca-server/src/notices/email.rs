//! E-mail through one mail server (RFC 5321), over TLS unless the configuration says otherwise.

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use zeroize::Zeroizing;

use super::{Envelope, NoticesError, SendError};
use crate::config::{SecretSource, SmtpSettings, SmtpTls};

/// A mail server takes longer than this only when something is wrong.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// Sends through the configured mail server.
pub struct Mailer {
    settings: SmtpSettings,
    tls: Tls,
    from: Mailbox,
}

/// One e-mail.
#[derive(Clone, Debug)]
pub struct Email<'a> {
    /// The recipient's address.
    pub to: &'a str,
    /// Subject line.
    pub subject: &'a str,
    /// Plain text.
    pub text: &'a str,
}

impl Mailer {
    pub(super) fn new(settings: &SmtpSettings, roots: &[Vec<u8>]) -> Result<Self, NoticesError> {
        let from: Address = settings.from.parse()?;
        let tls = match settings.tls {
            SmtpTls::None => Tls::None,
            SmtpTls::StartTls => Tls::Required(parameters(&settings.host, roots)?),
            SmtpTls::Implicit => Tls::Wrapper(parameters(&settings.host, roots)?),
        };
        Ok(Self { settings: settings.clone(), tls, from: Mailbox::new(Some("Signet".to_owned()), from) })
    }

    /// Hands one e-mail to the mail server.
    ///
    /// # Errors
    /// [`SendError::Permanent`] when the mail server says 5xx or the address is none.
    pub async fn send(&self, envelope: &Envelope, email: &Email<'_>) -> Result<(), SendError> {
        let message = self.message(envelope, email)?;
        let transport = self.transport()?;
        match transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(SendError::Permanent(error.to_string())),
            Err(error) => Err(SendError::Transient(chain(&error))),
        }
    }

    /// Greets the mail server, over TLS and with the password as for an e-mail, and sends none.
    ///
    /// # Errors
    /// When it cannot be reached or does not take the password.
    pub async fn check(&self) -> Result<(), SendError> {
        match self.transport()?.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(SendError::Transient("the mail server does not answer to NOOP".to_owned())),
            Err(error) => Err(SendError::Transient(chain(&error))),
        }
    }

    fn message(&self, envelope: &Envelope, email: &Email<'_>) -> Result<Message, SendError> {
        let unusable = |reason: String| SendError::Permanent(format!("{}: {reason}", email.to));
        let to: Address =
            email.to.parse().map_err(|error: lettre::address::AddressError| unusable(error.to_string()))?;
        let seconds = u64::try_from(envelope.at.seconds()).unwrap_or_default();
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(email.subject)
            // The same in every try, so that a second copy is recognised as one.
            .message_id(Some(format!("<{}@{}>", envelope.id, self.from.email.domain())))
            .date(std::time::UNIX_EPOCH + Duration::from_secs(seconds))
            .header(ContentType::TEXT_PLAIN)
            .body(email.text.to_owned())
            .map_err(|error| unusable(error.to_string()))
    }

    /// A connection of its own for each e-mail: there are few, and a pool would hold the password.
    fn transport(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>, SendError> {
        let settings = &self.settings;
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port)
            .tls(self.tls.clone())
            .timeout(Some(TIME_LIMIT));
        if let Some((name, source)) = &settings.credentials {
            builder = builder.credentials(Credentials::new(name.clone(), password(source)?.to_string()));
        }
        Ok(builder.build())
    }
}

fn password(source: &SecretSource) -> Result<Zeroizing<String>, SendError> {
    let octets = source.read().map_err(|error| SendError::Transient(error.to_string()))?;
    let text = std::str::from_utf8(&octets).map_err(|_| SendError::Transient(format!("{source}: not UTF-8")))?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn parameters(host: &str, roots: &[Vec<u8>]) -> Result<TlsParameters, NoticesError> {
    let mut builder = TlsParameters::builder(host.to_owned());
    for root in roots {
        builder = builder.add_root_certificate(Certificate::from_der(root.clone())?);
    }
    Ok(builder.build_rustls()?)
}

/// The error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |cause| cause.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
