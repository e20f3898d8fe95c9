//! States and kinds: words in the database, enumerations here.

use std::fmt;
use std::str::FromStr;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Text;

/// An enumeration that is a word in the database.
macro_rules! text_states {
    ($($(#[$documentation:meta])* $name:ident { $($(#[$variant_documentation:meta])* $variant:ident = $word:literal,)* })*) => {$(
        $(#[$documentation])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
        #[diesel(sql_type = Text)]
        pub enum $name {
            $($(#[$variant_documentation])* $variant,)*
        }

        impl $name {
            /// The word in the database.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl<DB: Backend> ToSql<Text, DB> for $name
        where
            str: ToSql<Text, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                self.as_str().to_sql(out)
            }
        }

        impl<DB: Backend> FromSql<Text, DB> for $name
        where
            String: FromSql<Text, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
                Ok(String::from_sql(bytes)?.parse()?)
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok(Self::$variant),)*
                    other => Err(format!("{other:?} is no {}", stringify!($name))),
                }
            }
        }
    )*};
}

text_states! {
    /// State of an ACME account (RFC 8555 §7.1.2).
    AccountState {
        /// In use.
        Valid = "valid",
        /// Closed by its owner.
        Deactivated = "deactivated",
        /// Closed by the server.
        Revoked = "revoked",
    }

    /// How far the issuance of an order has come; what RFC 8555 §7.1.6 calls its status is computed from this, from its
    /// authorizations and from the time.
    Finalization {
        /// No finalize request was accepted.
        None = "none",
        /// A certificate is being made.
        Processing = "processing",
        /// The certificate exists.
        Issued = "issued",
        /// There will be no certificate.
        Failed = "failed",
    }

    /// State of an authorization as stored; "expired" is computed.
    AuthorizationState {
        /// Waits for a challenge to be met.
        Pending = "pending",
        /// Control of the identifier was shown.
        Valid = "valid",
        /// A validation failed.
        Invalid = "invalid",
        /// Given up by its owner.
        Deactivated = "deactivated",
        /// Withdrawn by the server.
        Revoked = "revoked",
    }

    /// State of a challenge (RFC 8555 §7.1.6).
    ChallengeState {
        /// Nobody asked for its validation.
        Pending = "pending",
        /// Validation goes on.
        Processing = "processing",
        /// Validated.
        Valid = "valid",
        /// Failed.
        Invalid = "invalid",
    }

    /// What people were told of a renewal that did not come; each stage includes those before it.
    ExpiryTold {
        /// Nothing yet.
        Nothing = "nothing",
        /// That it is overdue.
        Overdue = "overdue",
        /// That the certificate ends soon.
        EndsSoon = "ends-soon",
    }

    /// State of an issuance intent.
    IntentState {
        /// A signature may be under way.
        Open = "open",
        /// The certificate is recorded.
        Issued = "issued",
        /// Given up; its serial is listed as revoked.
        Abandoned = "abandoned",
    }

    /// What an event in the history of a request tells.
    RequestEventKind {
        /// It was made.
        Submitted = "submitted",
        /// Its requester asks for something else.
        Changed = "changed",
        /// What stands around it changed: a profile or an issuer.
        Overtaken = "overtaken",
        /// Somebody said something.
        Commented = "commented",
        /// Somebody approved it.
        Approved = "approved",
        /// An approver said no.
        Rejected = "rejected",
        /// It was given up.
        Cancelled = "cancelled",
        /// Nobody decided in time.
        Expired = "expired",
        /// The certificate was signed.
        Issued = "issued",
        /// It was approved and could not be issued.
        Failed = "failed",
        /// A code to fetch the certificate was made.
        Shared = "shared",
        /// The private key was handed over and destroyed.
        KeyDelivered = "key-delivered",
        /// The private key was destroyed undelivered.
        KeyDestroyed = "key-destroyed",
    }

    /// What the server does for a signing profile by itself.
    SigningCheckKind {
        /// Renewing the certificate that serves all requests.
        Renewal = "renewal",
        /// A signature that nobody gets.
        Canary = "canary",
    }

    /// What an event in the history of a request for signatures tells.
    SigningEventKind {
        /// It was made.
        Submitted = "submitted",
        /// Somebody approved it.
        Approved = "approved",
        /// A security officer let it through alone.
        GlassBroken = "glass-broken",
        /// An approver said no.
        Rejected = "rejected",
        /// It was given up.
        Cancelled = "cancelled",
        /// Nobody decided in time.
        Expired = "expired",
        /// The certificate that signs was chosen.
        Begun = "begun",
        /// Every signature is there.
        Signed = "signed",
        /// It was approved and cannot be signed.
        Failed = "failed",
    }

    /// How a notice travels.
    NoticeChannel {
        /// By SMTP.
        Email = "email",
        /// By an HTTP POST.
        Webhook = "webhook",
    }

    /// State of a notice.
    NoticeState {
        /// It has not arrived yet.
        Waiting = "waiting",
        /// It arrived.
        Sent = "sent",
        /// It was given up.
        Failed = "failed",
    }

    /// What an issuer's certificate is.
    IssuerKind {
        /// A trust anchor.
        Root = "root",
        /// Below another issuer.
        Issuing = "issuing",
    }

    /// Whether an issuer still issues.
    IssuerState {
        /// It signs certificates.
        Active = "active",
        /// It signs revocation lists only.
        Retired = "retired",
        /// Its certificate was revoked; it signs revocation lists only, and relying parties trust nothing below it.
        Revoked = "revoked",
    }

    /// What is done to many certificates.
    BulkKind {
        /// They are revoked.
        Revoke = "revoke",
        /// Their holders are asked to renew.
        AskForRenewal = "ask-for-renewal",
        /// Somebody else answers for them.
        AssignOwner = "assign-owner",
    }

    /// How far a change to many certificates has come.
    BulkState {
        /// The certificates are being noted down; nothing is changed yet.
        Preparing = "preparing",
        /// A job works on it.
        Running = "running",
        /// Every certificate was looked at.
        Done = "done",
        /// It was ended before all were looked at.
        Stopped = "stopped",
    }

    /// What became of one certificate of many.
    ItemOutcome {
        /// It was changed.
        Changed = "changed",
        /// It was as wanted before.
        Unchanged = "unchanged",
        /// It may not or cannot be changed so.
        Refused = "refused",
    }

    /// Kind of a subject alternative name or ACME identifier.
    NameKind {
        /// A DNS name.
        Dns = "dns",
        /// An IP address.
        Ip = "ip",
        /// A URI.
        Uri = "uri",
        /// An e-mail address.
        Email = "email",
    }

    /// Whether an operator may sign in.
    OperatorState {
        /// They may.
        Active = "active",
        /// They are kept out.
        Disabled = "disabled",
    }

    /// How far a sign-in has come.
    SessionStage {
        /// The password was right; a code is awaited.
        SecondFactor = "second-factor",
        /// Signed in.
        Whole = "whole",
    }
}
