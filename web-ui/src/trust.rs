//! How each platform comes to trust the root. One root is assumed per file, which is what `/roots.pem` holds unless an
//! installation has several.

use crate::recipe::Recipe;

/// The name of the downloaded file: Debian takes only `.crt`.
const FILE: &str = "signet-root.crt";

/// A recipe per platform; the first is the one that the others build on.
pub(crate) fn recipes(root_pem_url: &str) -> Vec<Recipe> {
    vec![
        debian(root_pem_url),
        rhel(root_pem_url),
        macos(root_pem_url),
        windows(root_pem_url),
        firefox(),
        java(),
        single(),
    ]
}

fn download(root_pem_url: &str) -> String {
    format!("curl -fsSo {FILE} {root_pem_url}\nopenssl x509 -in {FILE} -noout -fingerprint -sha256")
}

fn debian(root_pem_url: &str) -> Recipe {
    Recipe::lines("Debian, Ubuntu", download(root_pem_url)).then_text(COMPARE).then_lines(format!(
        "sudo install -m 644 {FILE} /usr/local/share/ca-certificates/{FILE}\nsudo update-ca-certificates"
    ))
}

fn rhel(root_pem_url: &str) -> Recipe {
    Recipe::lines("RHEL, Fedora, Alma, Rocky", download(root_pem_url))
        .then_text(COMPARE)
        .then_lines(format!("sudo install -m 644 {FILE} /etc/pki/ca-trust/source/anchors/{FILE}\nsudo update-ca-trust"))
}

fn macos(root_pem_url: &str) -> Recipe {
    Recipe::lines("macOS", download(root_pem_url)).then_text(COMPARE).then_lines(format!(
        "sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain {FILE}"
    ))
}

fn windows(root_pem_url: &str) -> Recipe {
    let download =
        format!("curl.exe -fsSo {FILE} {root_pem_url}\n(Get-PfxCertificate .\\{FILE}).GetCertHashString('SHA256')");
    Recipe::lines("Windows (PowerShell as administrator)", download)
        .then_text(COMPARE)
        .then_lines(format!("Import-Certificate -FilePath .\\{FILE} -CertStoreLocation Cert:\\LocalMachine\\Root"))
}

fn firefox() -> Recipe {
    let recipe = Recipe { title: "Firefox".to_owned(), steps: Vec::new() };
    recipe.then_text("On Windows and macOS Firefox follows the system. On Linux it has a store of its own:").then_text(
        "Settings, Privacy & Security, Certificates, View Certificates, Authorities, Import: choose the downloaded \
             file, compare its SHA-256 fingerprint under View, and trust it to identify websites.",
    )
}

fn java() -> Recipe {
    let command = format!("sudo keytool -importcert -cacerts -storepass changeit -alias signet-root -file {FILE}");
    Recipe { title: "Java".to_owned(), steps: Vec::new() }
        .then_text(
            "Java has a store of its own. Download the file as above; keytool shows the fingerprint before it asks.",
        )
        .then_lines(command)
}

fn single() -> Recipe {
    let variables = format!(
        "export SSL_CERT_FILE=$PWD/{FILE}            # OpenSSL, Go, Ruby\n\
         export REQUESTS_CA_BUNDLE=$PWD/{FILE}       # Python requests, certbot\n\
         export NODE_EXTRA_CA_CERTS=$PWD/{FILE}      # Node.js\n\
         curl --cacert {FILE} https://host.example/"
    );
    Recipe { title: "One program only".to_owned(), steps: Vec::new() }
        .then_text("Without touching the system, for the programs started from one shell:")
        .then_lines(variables)
}

const COMPARE: &str = "The fingerprint must be the one that was printed when this CA was set up. Only then:";
