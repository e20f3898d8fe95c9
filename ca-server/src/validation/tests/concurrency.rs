use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use super::*;

/// However many probes wait, only so many sockets are open, and every probe gets its turn.
#[tokio::test]
async fn probes_at_the_same_time_are_bounded() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counters = (Arc::clone(&open), Arc::clone(&most));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (open, most) = (Arc::clone(&counters.0), Arc::clone(&counters.1));
            tokio::spawn(async move {
                most.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let _ = stream.read_to_end(&mut Vec::new()).await;
                open.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    let validator = validator(None, address.port(), Some(THIS_MACHINE));
    let probes: Vec<_> = (0..100)
        .map(|_| {
            let validator = validator.clone();
            tokio::spawn(async move { validator.perform(&http(Identifier::Ip(address.ip()))).await })
        })
        .collect();
    for probe in probes {
        assert_eq!(failed(&probe.await.unwrap()).0, ProbeFailure::Timeout);
    }
    let most = most.load(Ordering::SeqCst);
    assert!((2..=70).contains(&most), "{most} connections at once");
}

#[tokio::test]
async fn probes_are_counted_by_challenge_and_result() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let outcome = Outcome::Txt { values: Vec::new() };
    metrics::with_local_recorder(&recorder, || {
        super::super::record(&Probe::DnsTxt { name: "x".to_owned() }, &outcome, Duration::from_millis(3));
    });
    let counted = r#"signet_validation_probes_total{challenge="dns-01",result="answered"} 1"#;
    assert!(handle.render().contains(counted), "{}", handle.render());
}
