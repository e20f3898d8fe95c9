//! Open sessions.

use crate::frame::Frame;
use crate::parts::{Act, Badge, Column, Empty, Row, State, Table, Value};

/// One session. Times are Unix seconds.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Its id.
    pub id: String,
    /// Whether it is the one that looks.
    pub is_this: bool,
    /// How the person proved who they are.
    pub method: String,
    /// Where it was begun.
    pub address: String,
    /// What the browser called itself.
    pub user_agent: String,
    /// When it began.
    pub created_at: i64,
    /// When it was last used.
    pub seen_at: i64,
}

/// A table of sessions. `end` is the button that ends one, except the one that looks.
pub(crate) fn sessions(frame: &Frame, sessions: &[SessionRow], end: impl Fn(&SessionRow) -> Option<Act>) -> Table {
    let columns = vec![
        Column::tight("Last used"),
        Column::tight("Begun"),
        Column::tight("From"),
        Column::text("Browser"),
        Column::tight("Proved by"),
        Column::tight("End it").unseen(),
    ];
    let row = |session: &SessionRow| {
        Row::plain(vec![
            frame.moment(&session.seen_at).into(),
            frame.moment(&session.created_at).into(),
            Value::Code(session.address.clone()),
            Value::or_absent((!session.user_agent.is_empty()).then(|| Value::Quiet(session.user_agent.clone()))),
            session.method.as_str().into(),
            match session.is_this {
                true => Badge::new(State::Good, "this one").into(),
                false => end(session).map_or_else(|| "".into(), Value::from),
            },
        ])
    };
    let empty = Empty::new("No session is open", "One comes with the next sign-in.");
    Table::new("Sessions", columns, sessions.iter().map(row).collect()).with_id("session-list").or_empty(empty)
}
