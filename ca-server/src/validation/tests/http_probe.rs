use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::RecordType;

use super::dns_server::Reply;
use super::http_server::{Act, HttpServer, ok, redirect, response};
use super::tls_server::self_signed;
use super::*;

async fn probe(server: &HttpServer) -> Outcome {
    validator(None, server.address.port(), Some(THIS_MACHINE)).perform(&http(Identifier::Ip(server.address.ip()))).await
}

async fn probe_of(script: impl Fn(&str) -> Act + Send + Sync + 'static) -> Outcome {
    probe(&HttpServer::start(ip("127.0.0.1"), script).await).await
}

#[tokio::test]
async fn the_answer_is_reported_as_it_is() {
    let server = HttpServer::start(ip("127.0.0.1"), |_| ok("token.thumbprint\n")).await;
    let expected = Outcome::Http {
        address: server.address,
        redirects: Vec::new(),
        status: 200,
        body: b"token.thumbprint\n".to_vec(),
        truncated: false,
    };
    assert_eq!(probe(&server).await, expected);
    let request = server.requests().concat().to_ascii_lowercase();
    assert!(request.starts_with("get /.well-known/acme-challenge/token http/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("host: {}\r\n", server.address)), "{request}");
    assert!(request.contains("user-agent: signet/"), "{request}");
    assert!(!request.contains("cookie") && !request.contains("authorization"), "{request}");
}

#[tokio::test]
async fn other_statuses_and_chunked_bodies_are_answers_too() {
    let outcome =
        probe_of(|_| response("HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")).await;
    assert!(
        matches!(outcome, Outcome::Http { status: 404, ref body, truncated: false, .. } if body == b"abc"),
        "{outcome:?}"
    );
    let outcome = probe_of(|_| response("HTTP/1.0 200 OK\r\n\r\nuntil the end")).await;
    assert!(matches!(outcome, Outcome::Http { status: 200, ref body, .. } if body == b"until the end"), "{outcome:?}");
    let outcome = probe_of(|_| response("HTTP/1.1 302 No location\r\nContent-Length: 0\r\n\r\n")).await;
    assert!(matches!(outcome, Outcome::Http { status: 302, .. }), "{outcome:?}");
    let outcome = probe_of(|_| response("HTTP/1.1 304 Kept\r\nLocation: /x\r\n\r\n")).await;
    assert!(matches!(outcome, Outcome::Http { status: 304, .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_name_is_resolved_and_every_address_is_tried() {
    let server = HttpServer::start(ip("127.0.0.1"), |_| ok("x")).await;
    let both = || Reply::Addresses(vec![ip("::1"), ip("127.0.0.3"), ip("127.0.0.1")]);
    let names = DnsServer::start(move |_, _, _| both()).await;
    let probe = http(dns("two.test"));
    let outcome = validator(Some(&names), server.address.port(), Some(THIS_MACHINE)).perform(&probe).await;
    assert!(matches!(outcome, Outcome::Http { address, .. } if address == server.address), "{outcome:?}");
    assert!(server.requests()[0].contains(&format!("two.test:{}", server.address.port())));
}

#[tokio::test]
async fn a_broken_family_does_not_hide_the_other() {
    let server = HttpServer::start(ip("127.0.0.1"), |_| ok("x")).await;
    for broken in [Reply::Silence, Reply::Code(ResponseCode::ServFail)] {
        let names = DnsServer::start(move |_, kind, _| match kind {
            RecordType::A => Reply::Addresses(vec![ip("127.0.0.1")]),
            _ => broken.clone(),
        })
        .await;
        let probe = http(dns("v4.test"));
        let outcome = validator(Some(&names), server.address.port(), Some(THIS_MACHINE)).perform(&probe).await;
        assert!(matches!(outcome, Outcome::Http { .. }), "{outcome:?}");
    }
}

#[tokio::test]
async fn ipv6_literals_work() {
    let Ok(server) = HttpServer::on("[::1]:0".parse().unwrap(), None, |_| ok("x")).await else { return };
    assert!(matches!(probe(&server).await, Outcome::Http { .. }));
    assert!(server.requests()[0].contains(&format!("[::1]:{}", server.address.port())));
}

#[tokio::test]
async fn names_that_do_not_resolve_are_dns_failures() {
    for reply in
        [Reply::Code(ResponseCode::NXDomain), Reply::Code(ResponseCode::ServFail), Reply::Silence, Reply::Empty]
    {
        let names = DnsServer::start(move |_, _, _| reply.clone()).await;
        let outcome = validator(Some(&names), 80, Some(THIS_MACHINE)).perform(&http(dns("gone.test"))).await;
        assert_eq!(failed(&outcome), (ProbeFailure::Dns, None));
        assert!(matches!(outcome, Outcome::Failed { port: Some(80), .. }), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_closed_port_is_a_connection_failure_with_its_address() {
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let outcome = validator(None, closed.port(), Some(THIS_MACHINE)).perform(&http(Identifier::Ip(closed.ip()))).await;
    assert_eq!(failed(&outcome), (ProbeFailure::Connection, Some(closed)));
}

/// The account must not learn from us what listens where it may not look.
#[tokio::test]
async fn a_refused_address_is_the_same_whether_or_not_something_listens() {
    let server = HttpServer::start(ip("127.0.0.1"), |_| ok("secret")).await;
    let names = DnsServer::with_address("inside.test", server.address.ip()).await;
    for host in [Identifier::Ip(server.address.ip()), dns("inside.test")] {
        let open = validator(Some(&names), server.address.port(), None).perform(&http(host.clone())).await;
        let closed = validator(Some(&names), 9, None).perform(&http(host)).await;
        let told = |outcome: &Outcome| (failed(outcome).0, failed(outcome).1.map(|address| address.ip()));
        assert_eq!(told(&open), told(&closed));
        assert_eq!(failed(&open).0, ProbeFailure::NotPermitted);
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn refused_addresses_are_skipped_while_permitted_ones_remain() {
    let server = HttpServer::start(ip("127.0.0.1"), |_| ok("x")).await;
    let names = DnsServer::start(|_, _, _| Reply::Addresses(vec![ip("169.254.169.254"), ip("127.0.0.1")])).await;
    let probe = http(dns("mixed.test"));
    let outcome = validator(Some(&names), server.address.port(), Some(THIS_MACHINE)).perform(&probe).await;
    assert!(matches!(outcome, Outcome::Http { .. }), "{outcome:?}");
}

#[tokio::test]
async fn redirects_are_followed_and_reported() {
    for status in [301, 302, 303, 307, 308] {
        let server = HttpServer::start(ip("127.0.0.1"), move |head| match head.contains("GET /final?x=1 ") {
            true => ok("proof"),
            false => redirect(status, "/final?x=1#fragment"),
        })
        .await;
        let outcome = probe(&server).await;
        let Outcome::Http { redirects, body, .. } = outcome else { panic!("{status}: {outcome:?}") };
        assert_eq!(redirects, [format!("http://{}/final?x=1", server.address)]);
        assert_eq!(body, b"proof");
    }
}

/// Two servers with one port on two addresses of this machine, for redirects between hosts.
async fn pair(
    first: impl Fn(u16, &str) -> Act + Send + Sync + 'static,
    second: impl Fn(&str) -> Act + Send + Sync + Clone + 'static,
    tls: Option<tokio_rustls::TlsAcceptor>,
) -> (HttpServer, HttpServer) {
    let first = std::sync::Arc::new(first);
    loop {
        let script = std::sync::Arc::clone(&first);
        let port = std::sync::Arc::new(std::sync::OnceLock::new());
        let known = std::sync::Arc::clone(&port);
        let a = HttpServer::start(ip("127.0.0.1"), move |head| script(*known.get().unwrap(), head)).await;
        port.set(a.address.port()).unwrap();
        let address = SocketAddr::new(ip("127.0.0.2"), a.address.port());
        if let Ok(b) = HttpServer::on(address, tls.clone(), second.clone()).await {
            return (a, b);
        }
    }
}

#[tokio::test]
async fn a_redirect_to_https_takes_any_certificate() {
    let (acceptor, _) = self_signed(&["other.test"], &[]);
    let (a, b) =
        pair(|port, _| redirect(301, &format!("https://127.0.0.2:{port}/x")), |_| ok("proof"), Some(acceptor)).await;
    let outcome = probe(&a).await;
    assert!(
        matches!(outcome, Outcome::Http { address, ref body, .. } if address == b.address && body == b"proof"),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_redirect_to_https_without_tls_is_a_tls_failure() {
    let plain = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = plain.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = plain.accept().await.unwrap();
            let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut [0; 4096]).await;
            let location = format!("HTTP/1.1 301 Go\r\nLocation: https://{address}/x\r\n\r\n");
            tokio::io::AsyncWriteExt::write_all(&mut stream, location.as_bytes()).await.unwrap();
        }
    });
    let outcome =
        validator(None, address.port(), Some(THIS_MACHINE)).perform(&http(Identifier::Ip(address.ip()))).await;
    assert_eq!(failed(&outcome), (ProbeFailure::Tls, Some(address)));
}

#[tokio::test]
async fn a_redirect_to_metadata_is_refused_without_a_packet() {
    let everything: &[&str] = &["0.0.0.0/0", "::/0"];
    for location in [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:169.254.169.254]/latest/meta-data/",
        "http://0xa9fea9fe/latest/meta-data/",
        "https://[fd00:ec2::254]/",
        "http://metadata.test/",
    ] {
        let names = DnsServer::with_address("metadata.test", ip("169.254.169.254")).await;
        let server = HttpServer::start(ip("127.0.0.1"), move |_| redirect(302, location)).await;
        let validator = validator(Some(&names), server.address.port(), Some(everything));
        let outcome = validator.perform(&http(Identifier::Ip(server.address.ip()))).await;
        let (failure, address) = failed(&outcome);
        assert_eq!(failure, ProbeFailure::NotPermitted, "{location}");
        assert!(!NetworkGuard::new(None, Vec::new()).permits(address.unwrap().ip()), "{address:?}");
    }
}

#[tokio::test]
async fn a_redirect_to_a_refused_network_is_not_followed() {
    let (a, b) = pair(|port, _| redirect(302, &format!("http://127.0.0.2:{port}/")), |_| ok("secret"), None).await;
    let validator = validator(None, a.address.port(), Some(&["127.0.0.1/32"]));
    let outcome = validator.perform(&http(Identifier::Ip(a.address.ip()))).await;
    assert_eq!(failed(&outcome), (ProbeFailure::NotPermitted, Some(b.address)));
    assert_eq!(b.connections(), 0);
}

/// DNS rebinding: the name leads elsewhere when the redirect resolves it again, and the guard sees that address too.
#[tokio::test]
async fn a_name_that_changes_its_address_is_guarded_anew() {
    let (inside, outside) = pair(
        |_, _| ok("secret"),
        |head| if head.contains("/again") { ok("secret") } else { redirect(302, "/again") },
        None,
    )
    .await;
    let (good, bad) = (outside.address.ip(), inside.address.ip());
    let names =
        DnsServer::start(move |_, _, before| Reply::Addresses(vec![if before == 0 { good } else { bad }])).await;
    let validator = validator(Some(&names), inside.address.port(), Some(&["127.0.0.2/32"]));
    let outcome = validator.perform(&http(dns("rebinding.test"))).await;
    assert_eq!(failed(&outcome), (ProbeFailure::NotPermitted, Some(inside.address)));
    assert_eq!((inside.connections(), outside.connections()), (0, 1));
    assert_eq!(
        names.asked("rebinding.test", RecordType::A),
        2,
        "once for each connection, never between guard and socket"
    );
}

#[tokio::test]
async fn a_redirect_loop_ends_at_once() {
    let server =
        HttpServer::start(ip("127.0.0.1"), |head| redirect(301, if head.contains("/a ") { "/b" } else { "/a" })).await;
    assert_eq!(failed(&probe(&server).await), (ProbeFailure::TooManyRedirects, Some(server.address)));
    assert_eq!(server.connections(), 3);
    let itself = HttpServer::start(ip("127.0.0.1"), |_| redirect(301, "#again")).await;
    assert_eq!(failed(&probe(&itself).await).0, ProbeFailure::TooManyRedirects);
    assert_eq!(itself.connections(), 1);
}

#[tokio::test]
async fn ten_redirects_are_followed_and_eleven_are_not() {
    let chain = |length: usize| {
        move |head: &str| {
            let step: usize = head.split([' ', '/']).nth(2).and_then(|step| step.parse().ok()).unwrap_or(0);
            if step == length { ok("proof") } else { redirect(302, &format!("/{}", step + 1)) }
        }
    };
    let outcome = probe_of(chain(10)).await;
    assert!(matches!(outcome, Outcome::Http { ref redirects, .. } if redirects.len() == 10), "{outcome:?}");
    assert_eq!(failed(&probe_of(chain(11)).await).0, ProbeFailure::TooManyRedirects);
}

#[tokio::test]
async fn redirects_to_other_ports_and_schemes_are_refused() {
    for location in
        ["http://127.0.0.1:22/", "https://127.0.0.1:8443/", "ftp://127.0.0.1/", "http://u:p@127.0.0.1/", "http://"]
    {
        let server = HttpServer::start(ip("127.0.0.1"), move |_| redirect(302, location)).await;
        assert_eq!(failed(&probe(&server).await), (ProbeFailure::BadRedirect, Some(server.address)), "{location}");
    }
}

#[tokio::test]
async fn a_huge_body_is_cut_and_the_connection_closed() {
    let server = HttpServer::start(ip("127.0.0.1"), |_| {
        let mut octets = b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n".to_vec();
        octets.resize(50_000_000, b'x');
        Act::Write(octets)
    })
    .await;
    let outcome = probe(&server).await;
    assert!(matches!(outcome, Outcome::Http { truncated: true, ref body, .. } if body.len() == 1024), "{outcome:?}");
    server.closed().await;
}

#[tokio::test]
async fn a_body_of_the_limit_is_whole() {
    let outcome = probe_of(|_| ok(&"x".repeat(1024))).await;
    assert!(matches!(outcome, Outcome::Http { truncated: false, ref body, .. } if body.len() == 1024), "{outcome:?}");
    let outcome = probe_of(|_| ok(&"x".repeat(1025))).await;
    assert!(matches!(outcome, Outcome::Http { truncated: true, .. }), "{outcome:?}");
}

#[tokio::test]
async fn slow_peers_are_left_and_their_connections_closed() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
    let scripts = [
        Act::Hang,
        Act::Drip(format!("HTTP/1.1 200 OK\r\n{}", "X: y\r\n".repeat(1000)).into_bytes()),
        Act::Drip(format!("{head}{}", "x".repeat(1000)).into_bytes()),
    ];
    for act in scripts {
        let server = HttpServer::start(ip("127.0.0.1"), move |_| act.clone()).await;
        assert_eq!(failed(&probe(&server).await), (ProbeFailure::Timeout, Some(server.address)));
        tokio::time::timeout(Duration::from_secs(2), server.closed()).await.unwrap();
    }
}

#[tokio::test]
async fn many_slow_steps_are_bounded_together() {
    let server = HttpServer::start(ip("127.0.0.1"), |head| {
        let step: usize = head.split([' ', '/']).nth(2).and_then(|step| step.parse().ok()).unwrap_or(0);
        let location = format!("HTTP/1.1 302 Go\r\nLocation: /{}\r\n\r\n", step + 1);
        Act::Drip(location.into_bytes())
    })
    .await;
    // Each redirect drips for most of a second, so the sum passes the total.
    assert_eq!(failed(&probe(&server).await).0, ProbeFailure::Timeout);
    assert!(server.connections() <= 8, "{}", server.connections());
}

#[tokio::test]
async fn what_is_not_http_is_malformed() {
    for text in
        ["SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 2xx OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"]
    {
        let outcome = probe_of(move |_| response(text)).await;
        assert_eq!(failed(&outcome).0, ProbeFailure::Malformed, "{text:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn too_much_header_is_malformed() {
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(65));
    assert_eq!(failed(&probe_of(move |_| response(&many)).await).0, ProbeFailure::Malformed);
    let long = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "y".repeat(40_000));
    assert_eq!(failed(&probe_of(move |_| response(&long)).await).0, ProbeFailure::Malformed);
}

#[tokio::test]
async fn a_connection_that_ends_early_is_a_connection_failure() {
    assert_eq!(failed(&probe_of(|_| response("")).await).0, ProbeFailure::Connection);
    let outcome = probe_of(|_| response("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")).await;
    assert_eq!(failed(&outcome).0, ProbeFailure::Connection);
}
