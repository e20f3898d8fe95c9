//! Acts on HSMs.

use super::{Action, Attribute, Resource};

/// Asking an HSM for a signature with a canary key made for that purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeHsm {
    /// Name of the HSM.
    pub hsm: String,
}

impl Action for ProbeHsm {
    const NAME: &'static str = "ProbeHsm";

    fn resource(&self) -> Resource {
        Resource::Hsm(self.hsm.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        Vec::new()
    }
}

/// Showing the state of an HSM and the public halves of its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadHsm {
    /// Name of the HSM.
    pub hsm: String,
}

impl Action for ReadHsm {
    const NAME: &'static str = "ReadHsm";

    fn resource(&self) -> Resource {
        Resource::Hsm(self.hsm.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        Vec::new()
    }
}
