//! Which request a log line belongs to. It is kept beside the running task and put into words when a line is written,
//! because most requests write none: a span would be formatted, and entered at every step, for each of them.

use std::fmt;
use std::sync::Arc;

use hyper::{Method, Uri};
use serde::Serialize;
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::registry::LookupSpan;

tokio::task_local! {
    static CURRENT: Arc<LoggedRequest>;
}

/// What log lines tell of the request that they belong to.
#[derive(Debug)]
pub struct LoggedRequest {
    /// Its name, as in the answer and in the audit trail.
    pub id: Arc<str>,
    /// Its method.
    pub method: Method,
    /// Its target, of which lines tell the path only: a query may hold what is nobody's business.
    pub target: Uri,
}

impl LoggedRequest {
    /// Runs `work` so that each line it logs tells of this request.
    pub async fn during<F: Future>(self, work: F) -> F::Output {
        CURRENT.scope(Arc::new(self), work).await
    }

    fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(Arc::clone).ok()
    }
}

/// The member `span` of a JSON line.
#[derive(Serialize)]
struct Told<'a> {
    id: &'a str,
    method: &'a str,
    path: &'a str,
    name: &'static str,
}

impl<'a> Told<'a> {
    fn of(request: &'a LoggedRequest) -> Self {
        Self { id: &request.id, method: request.method.as_str(), path: request.target.path(), name: "request" }
    }
}

/// Adds the request to lines of JSON, as the member `span`.
pub(super) struct JsonWithRequest<F>(pub(super) F);

impl<S, N, F> FormatEvent<S, N> for JsonWithRequest<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let Some(request) = LoggedRequest::current() else { return self.0.format_event(context, writer, event) };
        let mut line = String::new();
        self.0.format_event(context, Writer::new(&mut line), event)?;
        match (line.strip_suffix("}\n"), serde_json::to_string(&Told::of(&request))) {
            (Some(members), Ok(told)) => writeln!(writer, "{members},\"span\":{told}}}"),
            _ => writer.write_str(&line),
        }
    }
}

/// Adds the request to lines of text, behind their fields.
pub(super) struct TextWithRequest<F>(pub(super) F);

impl<'w, F: for<'a> FormatFields<'a>> FormatFields<'w> for TextWithRequest<F> {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        self.0.format_fields(writer.by_ref(), fields)?;
        match LoggedRequest::current() {
            Some(request) => {
                let Told { id, method, path, .. } = Told::of(&request);
                write!(writer, " request={id} method={method} path={path:?}")
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::io::{self, Write};
    use std::sync::Mutex;

    use super::super::{LogFormat, layer};
    use super::*;
    use tracing_subscriber::layer::SubscriberExt as _;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(octets)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Two lines: one of a request, one of nobody's.
    async fn logged(format: LogFormat) -> Vec<String> {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::registry().with(layer(format, move || writer.clone()));
        let _guard = tracing::subscriber::set_default(subscriber);
        let request = LoggedRequest {
            id: "r-1".into(),
            method: Method::POST,
            target: Uri::from_static("https://ca.example.org/a%22b?secret=1"),
        };
        request.during(async { tracing::info!(kind = "x", "first") }).await;
        tracing::info!("second");
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    #[tokio::test]
    async fn a_json_line_tells_of_its_request() {
        let lines = logged(LogFormat::Json).await;
        let [first, second] =
            [&lines[0], &lines[1]].map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let told = serde_json::json!({"id": "r-1", "method": "POST", "path": "/a%22b", "name": "request"});
        assert_eq!((&first["message"], &first["kind"], &first["span"]), (&"first".into(), &"x".into(), &told));
        assert_eq!((&second["message"], second.get("span")), (&"second".into(), None));
    }

    #[tokio::test]
    async fn a_text_line_tells_of_its_request_and_of_no_query() {
        let lines = logged(LogFormat::Text).await;
        assert!(lines[0].contains("request=r-1") && lines[0].contains("/a%22b"), "{}", lines[0]);
        assert!(!lines[0].contains("secret") && !lines[1].contains("request="), "{lines:?}");
    }
}
