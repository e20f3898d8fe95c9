//! The keys of a ceremony that is not recorded yet: destroyed when it fails, so that a token does not fill with strays.

use std::sync::Arc;

use ca_core::hsm::{ErrorClass, Failure, Hsm, HsmError, KeyDescription, KeyId, NewKey};

use crate::ops::hsm;

/// What HSMs have made so far.
#[derive(Default)]
pub struct MadeKeys(Vec<MadeKey>);

struct MadeKey {
    hsm: Arc<dyn Hsm>,
    id: KeyId,
    label: String,
}

impl MadeKeys {
    /// Has a key made and remembers it, also when no answer came and it may have been made.
    pub(super) async fn generate(&mut self, hsm: &Arc<dyn Hsm>, new: NewKey) -> Result<KeyDescription, HsmError> {
        let asked = MadeKey { hsm: Arc::clone(hsm), id: new.id, label: new.label.clone() };
        let answer = hsm.generate(new).await;
        if !answer.as_ref().is_err_and(made_nothing) {
            self.0.push(asked);
        }
        answer
    }

    /// Destroys them, as far as the HSMs let it. Answers with a line for each key that may be left.
    pub async fn destroy(self) -> Vec<String> {
        let mut left = Vec::new();
        for made in self.0 {
            if let Err(error) = made.destroy().await {
                left.push(format!(
                    "the key {:?} ({}) may be left behind and is used by nothing; destroy it with the HSM's own tool: {error}",
                    made.label, made.id
                ));
            }
        }
        left
    }
}

impl MadeKey {
    async fn destroy(&self) -> Result<(), HsmError> {
        let listed = self.hsm.list().await?;
        let Some(found) = listed.into_iter().find(|found| found.key.id == self.id) else { return Ok(()) };
        hsm::destroy(&*self.hsm, &found.key).await
    }
}

fn made_nothing(error: &HsmError) -> bool {
    error.class() == ErrorClass::Never || matches!(error.failure(), Failure::Away { .. } | Failure::Busy { .. })
}
