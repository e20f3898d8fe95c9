//! Renews the certificate of the HTTPS listener before it ends, and notices renewed files.

use std::sync::Arc;

use crate::app::App;
use crate::ops::OpError;
use crate::ops::listener_certificate::{self, ListenerIdentity};

pub(super) async fn run(app: Arc<App>, identity: Arc<ListenerIdentity>) -> Result<(), OpError> {
    listener_certificate::refresh(&app, &identity).await
}
