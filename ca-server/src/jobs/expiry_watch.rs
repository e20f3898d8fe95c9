//! Looks at certificates whose renewal is due: some were replaced by one with more names, some ended long ago.

use std::sync::Arc;

use crate::app::App;
use crate::ops::OpError;
use crate::ops::certificate::expiry;

pub(super) async fn run(app: Arc<App>) -> Result<(), OpError> {
    expiry::watch(&app).await
}
