//! Logs and metrics of the process. No secret is ever a field: nonces, HMAC keys, PINs, passphrases, passwords, challenge
//! tokens and private keys have no `Debug` or `Display` that shows them.

mod request;

use std::io::{self, IsTerminal as _};

use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{EnvFilter, Layer, Registry, filter};

pub use request::LoggedRequest;
use request::{JsonWithRequest, TextWithRequest};

/// What the log shows when neither `SIGNET_LOG` nor `RUST_LOG` says otherwise.
/// The PKCS#11 crate logs at level error what a token merely does not have.
const DEFAULT_FILTER: &str = "info,cryptoki=off";

/// Upper bounds of every histogram, in seconds: from one signature by a warm key to a validation that timed out.
const SECONDS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Why telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `SIGNET_LOG` or `RUST_LOG` is not a filter.
    #[error("{variable} is not a log filter such as `info` or `warn,ca_server=debug`")]
    Filter {
        /// The variable that holds it.
        variable: &'static str,
        /// What the parser said.
        source: filter::ParseError,
    },
    /// The process has a subscriber already.
    #[error("logging is already set up in this process")]
    Subscriber(#[from] TryInitError),
    /// The process has a recorder already.
    #[error("the metrics recorder could not be installed")]
    Recorder(#[from] BuildError),
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For eyes.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

impl LogFormat {
    /// Text if standard error is a terminal, JSON otherwise.
    pub fn of_stderr() -> Self {
        if io::stderr().is_terminal() { Self::Text } else { Self::Json }
    }
}

/// Sends the process's log to standard error, filtered by `SIGNET_LOG`, else `RUST_LOG`, else from level info.
pub fn start_logging(format: LogFormat) -> Result<(), TelemetryError> {
    let layer = layer(format, io::stderr).with_filter(filter_of(|name| std::env::var(name).ok())?);
    Ok(tracing_subscriber::registry().with(layer).try_init()?)
}

fn layer<W>(format: LogFormat, writer: W) -> Box<dyn Layer<Registry> + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(writer);
    match format {
        LogFormat::Text => layer.with_target(false).map_fmt_fields(TextWithRequest).boxed(),
        // A member of its own for libraries' spans, which only a finer filter shows.
        LogFormat::Json => {
            layer.json().flatten_event(true).with_current_span(false).map_event_format(JsonWithRequest).boxed()
        }
    }
}

fn filter_of(variable: impl Fn(&str) -> Option<String>) -> Result<EnvFilter, TelemetryError> {
    let set = ["SIGNET_LOG", "RUST_LOG"].into_iter().find_map(|name| {
        let value = variable(name).filter(|value| !value.is_empty())?;
        Some((name, value))
    });
    match set {
        Some((variable, value)) => {
            EnvFilter::try_new(value).map_err(|source| TelemetryError::Filter { variable, source })
        }
        None => Ok(EnvFilter::new(DEFAULT_FILTER)),
    }
}

/// The metrics of the process in Prometheus' text format.
#[derive(Clone, Debug)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Makes the process's `metrics::counter!` and its sisters count; once a process.
    pub fn install() -> Result<Self, TelemetryError> {
        Ok(Self(builder()?.install_recorder()?))
    }

    /// What `/metrics` answers.
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Folds raw histogram samples into their buckets; a job calls it every few seconds, or memory grows with traffic.
    pub fn upkeep(&self) {
        self.0.run_upkeep();
    }
}

fn builder() -> Result<PrometheusBuilder, TelemetryError> {
    Ok(PrometheusBuilder::new().set_buckets(&SECONDS)?)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn signet_log_wins_over_rust_log_and_empty_means_unset() {
        let of = |signet: &str, rust: &str| {
            let (signet, rust) = (signet.to_owned(), rust.to_owned());
            filter_of(move |name| Some(if name == "SIGNET_LOG" { signet.clone() } else { rust.clone() }))
                .unwrap()
                .to_string()
        };
        assert_eq!(of("debug", "warn"), "debug");
        assert_eq!(of("", "warn"), "warn");
        assert!(of("", "").split(',').any(|directive| directive == "info"), "{}", of("", ""));
    }

    #[test]
    fn a_broken_filter_is_refused_by_the_variable_s_name() {
        let error = filter_of(|name| (name == "RUST_LOG").then(|| "ca_server=loud".to_owned())).unwrap_err();
        assert!(error.to_string().starts_with("RUST_LOG is not"), "{error}");
    }

    #[test]
    fn histograms_are_rendered_as_buckets_in_seconds() {
        let recorder = builder().unwrap().build_recorder();
        let metrics = Metrics(recorder.handle());
        metrics::with_local_recorder(&recorder, || metrics::histogram!("signet_probe_seconds").record(0.004));
        metrics.upkeep();
        assert!(metrics.render().contains(r#"signet_probe_seconds_bucket{le="0.005"} 1"#), "{}", metrics.render());
    }
}
