//! Publishes CRLs before they are due. Which of several servers does it, a lease decides.

use std::sync::Arc;

use crate::app::App;
use crate::ops::OpError;
use crate::ops::revocation::publish;

pub(super) async fn run(app: Arc<App>) -> Result<(), OpError> {
    publish::publish_due(&app).await
}
