//! The command line as people type it.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::audit::AuditCommand;
use super::policy::PolicyCommand;

/// A private certificate authority and signing server.
#[derive(Debug, Parser)]
#[command(name = "signet", version, propagate_version = true, max_term_width = 100)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a PKI on a bare machine if there is none, and serve it
    Quickstart(QuickstartArguments),
    /// Make root and issuing CA, the database and signet.toml
    Init(Box<InitArguments>),
    /// Run the server
    Serve(ConfigArgument),
    /// Bring the database schema up to date
    Migrate(MigrateArguments),
    /// Check configuration, database, HSMs, published URLs and expiry
    Doctor(DoctorArguments),
    /// Issue, list, show, revoke and export certificates
    #[command(subcommand)]
    Certificate(CertificateCommand),
    /// Publish and show certificate revocation lists
    #[command(subcommand)]
    Crl(CrlCommand),
    /// External account bindings for ACME
    #[command(subcommand)]
    Eab(EabCommand),
    /// Look at the HSMs and their keys
    #[command(subcommand)]
    Hsm(HsmCommand),
    /// Who may sign in
    #[command(subcommand)]
    Operator(OperatorCommand),
    /// Who did what, when, and which policy permitted it
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Who may do what, and why; what other policies would change
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Print the OpenAPI document that the server serves
    Openapi(ConfigArgument),
}

/// `--config`, on every command.
#[derive(Clone, Debug, Args)]
pub struct ConfigArgument {
    /// Configuration file [default: ./signet.toml, then ./signet-data/signet.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// `signet quickstart`.
#[derive(Debug, Args)]
pub struct QuickstartArguments {
    /// Where the installation lives; made when it is not there
    #[arg(long, value_name = "DIR", default_value = "./signet-data")]
    pub data: PathBuf,
    /// HTTPS listener: ACME and web UI
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8443")]
    pub listen: SocketAddr,
    /// Plain HTTP listener: CRLs and issuer certificates
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub status_listen: SocketAddr,
}

/// `signet init`.
#[derive(Clone, Debug, Args)]
pub struct InitArguments {
    /// Where the installation lives; must not hold a PKI
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Name of the PKI, part of the CA subjects
    #[arg(long, value_name = "NAME", default_value = "Signet")]
    pub name: String,
    /// Name or address of the server's own listener; may be repeated
    #[arg(long, value_name = "NAME")]
    pub dns: Vec<String>,
    /// Base of every URL handed out [default: https://<first --dns, else 127.0.0.1>:8443]
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// Base of the CRL and issuer URLs inside certificates [default: http://<first --dns, else 127.0.0.1>:8080]
    #[arg(long, value_name = "URL")]
    pub status_url: Option<String>,
    /// HTTPS listener to write into signet.toml
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Plain HTTP listener to write into signet.toml
    #[arg(long, value_name = "ADDR")]
    pub status_listen: Option<SocketAddr>,
    /// sqlite:PATH or postgres://USER@HOST/DATABASE [default: sqlite:signet.db in DIR]
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// File with PostgreSQL's password
    #[arg(long, value_name = "FILE")]
    pub database_password_file: Option<PathBuf>,
    /// An HSM: local=software:keys or token=pkcs11:token=LABEL?module-path=/path.so&pin-source=/path/pin; may be repeated
    #[arg(long, value_name = "NAME=URI")]
    pub hsm: Vec<String>,
    /// Which HSM holds the root's key [default: the first]
    #[arg(long, value_name = "NAME")]
    pub root_hsm: Option<String>,
    /// Keys of both CAs: ecdsa-p256, ecdsa-p384, ecdsa-p521, rsa-3072, rsa-4096 or ed25519
    #[arg(long, value_name = "ALG", default_value = "ecdsa-p256")]
    pub key_algorithm: String,
}

/// `signet migrate`.
#[derive(Debug, Args)]
pub struct MigrateArguments {
    /// Which installation.
    #[command(flatten)]
    pub config: ConfigArgument,
    /// Say what would be done and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// `signet doctor`.
#[derive(Debug, Args)]
pub struct DoctorArguments {
    /// Which installation.
    #[command(flatten)]
    pub config: ConfigArgument,
    /// Machine-readable result on stdout
    #[arg(long)]
    pub json: bool,
}

/// `signet certificate ...`.
#[derive(Debug, Subcommand)]
pub enum CertificateCommand {
    /// Issue a certificate for a CSR
    Issue(IssueArguments),
    /// List certificates: oldest first, or by their end with --expires-before
    List(ListArguments),
    /// Show one certificate
    Show(ShowArguments),
    /// Revoke one certificate
    Revoke(RevokeArguments),
    /// Write one certificate with its chain
    Export(ExportArguments),
}

/// `signet certificate issue`.
#[derive(Debug, Args)]
pub struct IssueArguments {
    /// Which installation.
    #[command(flatten)]
    pub config: ConfigArgument,
    /// PKCS#10 request, PEM or DER; - for stdin
    #[arg(long, value_name = "FILE")]
    pub csr: PathBuf,
    /// Certificate profile
    #[arg(long, value_name = "NAME", default_value = "tls-server")]
    pub profile: String,
    /// Authority that signs [default: the first that is not a root]
    #[arg(long, value_name = "NAME")]
    pub authority: Option<String>,
    /// Name to certify, in place of those in the CSR: dns:www.example.org, ip:10.0.0.1, uri:..., email:...; may be repeated
    #[arg(long, value_name = "NAME")]
    pub san: Vec<String>,
    /// Validity, such as 90d [default: the profile's]
    #[arg(long, value_name = "DURATION")]
    pub validity: Option<String>,
    /// Who answers for the certificate
    #[arg(long, value_name = "TEXT")]
    pub owner: Option<String>,
    /// Where the PEM chain goes [default: stdout]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Serial, fingerprint and PEM as JSON on stdout
    #[arg(long)]
    pub json: bool,
}

/// `signet certificate list`.
#[derive(Debug, Args)]
pub struct ListArguments {
    /// Which installation.
    #[command(flatten)]
    pub config: ConfigArgument,
    /// Machine-readable result on stdout
    #[arg(long)]
    pub json: bool,
    /// Only those that end before: an RFC 3339 time, a date, or a duration from now such as 30d
    #[arg(long, value_name = "TIME")]
    pub expires_before: Option<String>,
    /// Only those with this name; *.example.org finds everything below example.org, web* everything that begins with web
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Only those of this profile
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// valid, expired or revoked
    #[arg(long, value_name = "STATUS")]
    pub status: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: u32,
    /// Continue after the certificate whose cursor the last page ended with
    #[arg(long, value_name = "CURSOR")]
    pub after: Option<String>,
}

/// Names one certificate.
#[derive(Debug, Args)]
pub struct CertificateArgument {
    /// Which installation.
    #[command(flatten)]
    pub config: ConfigArgument,
    /// Serial number in hexadecimal, with or without colons, or the SHA-256 fingerprint
    #[arg(value_name = "SERIAL")]
    pub serial: String,
    /// Authority that issued it, when several used the serial
    #[arg(long, value_name = "NAME")]
    pub authority: Option<String>,
}

/// `signet certificate show`.
#[derive(Debug, Args)]
pub struct ShowArguments {
    /// Which certificate.
    #[command(flatten)]
    pub certificate: CertificateArgument,
    /// Machine-readable result on stdout
    #[arg(long)]
    pub json: bool,
}

/// `signet certificate revoke`.
#[derive(Debug, Args)]
pub struct RevokeArguments {
    /// Which certificate.
    #[command(flatten)]
    pub certificate: CertificateArgument,
    /// unspecified, keyCompromise, cACompromise, affiliationChanged, superseded, cessationOfOperation or privilegeWithdrawn
    #[arg(long, value_name = "R", default_value = "unspecified")]
    pub reason: String,
    /// Refuse the key from now on (keyCompromise and cACompromise always do)
    #[arg(long)]
    pub block_key: bool,
    /// For a certificate of a CA, which is revoked for good with everything below it: the authority's name, to confirm
    #[arg(long, value_name = "NAME")]
    pub yes_revoke_authority: Option<String>,
    /// Machine-readable result on stdout
    #[arg(long)]
    pub json: bool,
}

/// `signet certificate export`.
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// Which certificate.
    #[command(flatten)]
    pub certificate: CertificateArgument,
    /// pem, chain (PEM with issuers) or der
    #[arg(long, value_name = "FORMAT", default_value = "chain")]
    pub format: String,
    /// Where it goes [default: stdout]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `signet crl ...`.
#[derive(Debug, Subcommand)]
pub enum CrlCommand {
    /// Sign and publish now
    Publish(CrlArguments),
    /// Show number, shard, times and entries
    Show(CrlArguments),
}

/// `signet crl publish|show`.
#[derive(Debug, Args)]
pub struct CrlArguments {
    /// Which installation.
    #[command(flatten)]
    pub config: ConfigArgument,
    /// Only this authority
    #[arg(long, value_name = "NAME")]
    pub authority: Option<String>,
    /// Only this shard
    #[arg(long, value_name = "N")]
    pub shard: Option<u32>,
    /// Machine-readable result on stdout
    #[arg(long)]
    pub json: bool,
}

/// `signet eab ...`.
#[derive(Debug, Subcommand)]
pub enum EabCommand {
    /// Make a binding and show its key once
    Create(EabCreateArguments),
    /// List bindings
    List(EabListArguments),
    /// Revoke a binding and refuse new accounts with it
    Revoke(EabRevokeArguments),
}

/// `signet eab create`.
#[derive(Debug, Args)]
pub struct EabCreateArguments {
    /// Which installation.
    #[command(flatten)]
    pub config: ConfigArgument,
    /// ACME endpoint [default: the first]
    #[arg(long, value_name = "NAME")]
    pub endpoint: Option<String>,
    /// Whom the binding is for
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub name: String,
    /// How long it can be used, such as 30d [default: for ever]
    #[arg(long, value_name = "DURATION")]
    pub expires: Option<String>,
    /// {"kid","hmac_key"} on stdout
    #[arg(long)]
    pub json: bool,
}

/// `signet eab list`.
#[derive(Debug, Args)]
pub struct EabListArguments {
    /// Which installation.
    #[command(flatten)]
    pub config: ConfigArgument,
    /// Only this ACME endpoint
    #[arg(long, value_name = "NAME")]
    pub endpoint: Option<String>,
    /// Machine-readable result on stdout
    #[arg(long)]
    pub json: bool,
}

/// `signet eab revoke`.
#[derive(Debug, Args)]
pub struct EabRevokeArguments {
    /// Which installation.
    #[command(flatten)]
    pub config: ConfigArgument,
    /// The key identifier
    #[arg(value_name = "KID")]
    pub kid: String,
}

/// `signet hsm ...`.
#[derive(Debug, Subcommand)]
pub enum HsmCommand {
    /// What each HSM is and whether it answers
    Status(HsmArguments),
    /// The keys in each HSM
    Keys(HsmArguments),
    /// Sign with a canary key in each HSM and verify it
    Probe(HsmArguments),
}

/// `signet hsm status|keys|probe`.
#[derive(Debug, Args)]
pub struct HsmArguments {
    /// Which installation.
    #[command(flatten)]
    pub config: ConfigArgument,
    /// Only this HSM
    #[arg(long, value_name = "NAME")]
    pub hsm: Option<String>,
    /// Machine-readable result on stdout
    #[arg(long)]
    pub json: bool,
}

/// `signet operator ...`.
#[derive(Debug, Subcommand)]
pub enum OperatorCommand {
    /// Let a person sign in, and print their one-time password
    Add(OperatorAddArguments),
    /// List operators
    List(OperatorListArguments),
    /// Keep an operator out: sessions end, tokens stop working
    Disable(OperatorArguments),
    /// Let a disabled operator in again
    Enable(OperatorArguments),
    /// Give an operator other roles in place of theirs; sessions end
    Roles(OperatorAddArguments),
    /// Print a new one-time password; the second factor is taken away, sessions and tokens end
    ResetPassword(OperatorArguments),
}

/// `signet operator add` and `signet operator roles`.
#[derive(Debug, Args)]
pub struct OperatorAddArguments {
    /// Which operator.
    #[command(flatten)]
    pub operator: OperatorArguments,
    /// security-officer, key-custodian, operator, approver, auditor, or a role of your own policies; may be repeated
    #[arg(long, value_name = "ROLE", required = true)]
    pub role: Vec<String>,
}

/// `signet operator list`.
#[derive(Debug, Args)]
pub struct OperatorListArguments {
    /// Which installation.
    #[command(flatten)]
    pub config: ConfigArgument,
    /// Machine-readable result on stdout
    #[arg(long)]
    pub json: bool,
}

/// Names one operator.
#[derive(Debug, Args)]
pub struct OperatorArguments {
    /// Which installation.
    #[command(flatten)]
    pub config: ConfigArgument,
    /// Sign-in name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Machine-readable result on stdout
    #[arg(long)]
    pub json: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_parser_is_sound() {
        super::Arguments::command().debug_assert();
    }
}
