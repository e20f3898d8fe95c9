//! Takes over the CRLs that a command or another server has published. Apart from publishing: a list that cannot be signed
//! must not keep others from being served.

use std::sync::Arc;

use crate::app::App;
use crate::ops::OpError;
use crate::ops::revocation::load;

pub(super) async fn run(app: Arc<App>) -> Result<(), OpError> {
    load::load_current(&app).await
}
