//! What extensions are for, each with a name that can be read aloud.

/// Name and meaning by object identifier.
const KNOWN: [(&str, &str, &str); 24] = [
    (
        "2.5.29.17",
        "Subject alternative name",
        "The names that the certificate is for. Clients compare these with what they connect to.",
    ),
    ("2.5.29.18", "Issuer alternative name", "Other names of the issuer."),
    ("2.5.29.15", "Key usage", "What may be done with the key."),
    ("2.5.29.37", "Extended key usage", "For which purposes the certificate may be used."),
    ("2.5.29.19", "Basic constraints", "Whether this is the certificate of a CA, which may issue others."),
    (
        "2.5.29.14",
        "Subject key identifier",
        "A short name of the key, by which certificates below this one point to it.",
    ),
    ("2.5.29.35", "Authority key identifier", "Which key of the issuer signed this certificate."),
    (
        "2.5.29.31",
        "CRL distribution points",
        "Where the list of revoked certificates is, on which this one would stand.",
    ),
    ("2.5.29.46", "Freshest CRL", "Where the changes since the last full list of revoked certificates are."),
    ("2.5.29.32", "Certificate policies", "Under which rules the certificate was issued."),
    ("2.5.29.33", "Policy mappings", "Which policies of another CA count as which of this one."),
    ("2.5.29.36", "Policy constraints", "Whether policies must be named in every certificate below."),
    ("2.5.29.54", "Inhibit anyPolicy", "From where on the policy that stands for all no longer counts."),
    ("2.5.29.30", "Name constraints", "For which names the CA may issue certificates, and for which it may not."),
    ("2.5.29.9", "Subject directory attributes", "Further attributes of the subject."),
    (
        "1.3.6.1.5.5.7.1.1",
        "Authority information access",
        "Where the issuer's certificate is, and who answers whether this one is revoked.",
    ),
    ("1.3.6.1.5.5.7.1.11", "Subject information access", "Where the subject publishes more about itself."),
    ("1.3.6.1.5.5.7.1.24", "TLS feature", "What a TLS server must offer; a client refuses one that does not."),
    (
        "1.3.6.1.5.5.7.1.31",
        "ACME identifier",
        "The answer to a tls-alpn-01 challenge; such a certificate serves nobody else.",
    ),
    ("1.3.6.1.5.5.7.48.1.5", "OCSP no check", "Clients need not ask whether this responder's certificate is revoked."),
    (
        "1.3.6.1.4.1.11129.2.4.2",
        "Certificate transparency timestamps",
        "Promises of public logs to list this certificate.",
    ),
    (
        "1.3.6.1.4.1.11129.2.4.3",
        "Certificate transparency poison",
        "This is a precertificate for public logs, not to be used.",
    ),
    ("1.3.6.1.4.1.311.20.2", "Certificate template name", "The template of a Microsoft CA that it was issued by."),
    ("2.16.840.1.113730.1.13", "Netscape comment", "A remark of whoever made it."),
];

pub(super) fn of(oid: &str) -> Option<(&'static str, &'static str)> {
    KNOWN.iter().find(|(known, ..)| *known == oid).map(|(_, name, meaning)| (*name, *meaning))
}
