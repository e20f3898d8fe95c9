//! The harness itself: a test that leans on a broken prop proves nothing.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::process::Command;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use signet_tests::challenge_server::HttpAnswer;
use signet_tests::jws::AccountKey;
use signet_tests::network::Network;
use signet_tests::postgres::{Cluster, Database};
use signet_tests::process::{output, run};
use signet_tests::softhsm::RemoteToken;

fn query(name: &str, kind: RecordType) -> Result<Vec<u8>> {
    let mut message = Message::new(7, MessageType::Query, OpCode::Query);
    message.add_query(Query::query(Name::from_str(name)?, kind));
    Ok(message.to_vec()?)
}

fn ask(server: SocketAddr, name: &str, kind: RecordType) -> Result<Message> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.set_read_timeout(Some(Duration::from_secs(5)))?;
    socket.send_to(&query(name, kind)?, server)?;
    let mut buffer = [0; 1500];
    let length = socket.recv(&mut buffer)?;
    Ok(Message::from_vec(&buffer[..length])?)
}

#[test]
fn names_resolve_to_this_machine_and_records_are_files() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::start(folder.path())?;
    let server = network.dns.address();

    let answer = ask(server, "web.signet.test.", RecordType::A)?;
    assert!(matches!(&answer.answers[0].data, RData::A(a) if a.0 == Ipv4Addr::LOCALHOST));
    assert!(ask(server, "web.signet.test.", RecordType::AAAA)?.answers.is_empty());
    assert_eq!(ask(server, "web.example.", RecordType::A)?.metadata.response_code, ResponseCode::NXDomain);

    network.dns.set_address("far.signet.test", Some(Ipv4Addr::new(10, 1, 2, 3)))?;
    let answer = ask(server, "far.signet.test.", RecordType::A)?;
    assert!(matches!(&answer.answers[0].data, RData::A(a) if a.0 == Ipv4Addr::new(10, 1, 2, 3)));
    network.dns.set_address("gone.signet.test", None)?;
    assert_eq!(ask(server, "gone.signet.test.", RecordType::A)?.metadata.response_code, ResponseCode::NXDomain);

    network.dns.publish_txt("_acme-challenge.web.signet.test", &["one", "two"])?;
    assert_eq!(ask(server, "_acme-challenge.web.signet.test.", RecordType::TXT)?.answers.len(), 2);
    Ok(())
}

#[test]
fn names_resolve_over_tcp_too() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::start(folder.path())?;
    let mut stream = TcpStream::connect(network.dns.address())?;
    let query = query("web.internal.", RecordType::A)?;
    stream.write_all(&[&u16::try_from(query.len())?.to_be_bytes()[..], &query].concat())?;
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut answer)?;
    assert_eq!(Message::from_vec(&answer)?.answers.len(), 1);
    Ok(())
}

#[test]
fn the_http_responder_answers_as_told() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::start(folder.path())?;
    network.http.answer("token", HttpAnswer::Body("token.thumbprint".to_owned()));
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, network.http.port()))?;
    write!(stream, "GET /.well-known/acme-challenge/token HTTP/1.1\r\nHost: web.signet.test\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    ensure!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("\r\n\r\ntoken.thumbprint"), "{answer}");
    assert_eq!(network.http.seen(), ["web.signet.test/.well-known/acme-challenge/token"]);
    Ok(())
}

/// OpenSSL as the validating server sees the responder.
#[test]
fn the_tls_responder_presents_the_challenge_certificate() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::start(folder.path())?;
    network.tls.answer("web.signet.test", &[0xab; 32])?;
    let address = format!("127.0.0.1:{}", network.tls.port());
    let arguments = ["s_client", "-connect", &address, "-servername", "web.signet.test", "-alpn", "acme-tls/1"];
    let words = run(Command::new("openssl").args(arguments))?.words();
    ensure!(words.contains("ALPN protocol: acme-tls/1"), "{words}");
    let certificate = signet_tests::openssl::x509(&words, &["-text"])?;
    ensure!(
        certificate.contains("1.3.6.1.5.5.7.1.31: critical") && certificate.contains("DNS:web.signet.test"),
        "{certificate}"
    );
    Ok(())
}

#[test]
fn every_account_key_signs() -> Result<()> {
    for (algorithm, length) in [("ES256", 64), ("ES384", 96), ("ES512", 132), ("EdDSA", 64), ("RS256", 256)] {
        let key = AccountKey::generate(algorithm)?;
        assert_eq!(key.sign(b"message")?.len(), length, "{algorithm}");
        assert_eq!(key.thumbprint().len(), 43, "{algorithm}");
    }
    Ok(())
}

#[test]
fn a_database_is_ones_own_and_vanishes() -> Result<()> {
    let database = Database::create()?;
    database.query("CREATE TABLE t (n BIGINT); INSERT INTO t VALUES (1)")?;
    assert_eq!(database.query("SELECT n FROM t")?.trim(), "1");
    let url = database.url();
    drop(database);
    assert!(signet_tests::postgres::psql(&url, "SELECT 1").is_err());
    Ok(())
}

#[test]
fn a_cluster_survives_its_crash() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let cluster = Cluster::start(folder.path())?;
    signet_tests::postgres::psql(cluster.url(), "CREATE TABLE t (n BIGINT); INSERT INTO t VALUES (1)")?;
    cluster.crash()?;
    assert!(signet_tests::postgres::psql(cluster.url(), "SELECT 1").is_err());
    cluster.restart()?;
    assert_eq!(signet_tests::postgres::psql(cluster.url(), "SELECT n FROM t")?.trim(), "1");
    Ok(())
}

#[test]
fn a_remote_token_dies_and_returns() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut remote = RemoteToken::start(folder.path())?;
    let list = |remote: &RemoteToken| {
        let mut command = Command::new("pkcs11-tool");
        command.arg("--module").arg(RemoteToken::module()?).arg("--list-slots");
        output(command.envs(remote.variables()))
    };
    ensure!(list(&remote)?.contains("signet"));
    remote.kill()?;
    ensure!(
        list(&remote).map_or(true, |text| !text.contains("signet")),
        "the token answers although its process is dead"
    );
    remote.restart()?;
    ensure!(list(&remote).context("after the restart")?.contains("signet"));
    Ok(())
}
