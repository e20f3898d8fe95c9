//! How a page is looked at, and the pictures of it.

use std::fmt;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::chromium::Chromium;
use crate::environment;

/// A screen and a colour scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A laptop in daylight.
    Light,
    /// A laptop at night.
    Dark,
    /// A phone in daylight.
    Phone,
}

impl Look {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Light, Self::Dark, Self::Phone];

    fn scheme(self) -> &'static str {
        match self {
            Self::Light | Self::Phone => "light",
            Self::Dark => "dark",
        }
    }

    fn screen(self) -> Value {
        let (width, height) = match self {
            Self::Light | Self::Dark => (1280, 800),
            Self::Phone => (390, 844),
        };
        json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": self == Self::Phone })
    }

    /// Looks so from now on.
    ///
    /// # Errors
    /// If Chromium refuses.
    pub async fn apply(self, chromium: &Chromium) -> Result<()> {
        let still = json!({ "name": "prefers-reduced-motion", "value": "reduce" });
        let features = json!([{ "name": "prefers-color-scheme", "value": self.scheme() }, still]);
        chromium.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await?;
        chromium.devtools("Emulation.setDeviceMetricsOverride", self.screen()).await.map(drop)
    }
}

impl fmt::Display for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::Phone => "phone",
        })
    }
}

/// Nothing reaches over the right edge: nobody should have to scroll sideways to read a page.
///
/// # Errors
/// If something does, with the outermost elements that do.
pub async fn fits(chromium: &Chromium) -> Result<()> {
    const SCRIPT: &str = "
        const width = document.documentElement.clientWidth;
        if (document.documentElement.scrollWidth <= width) return [];
        const wide = [...document.body.querySelectorAll('*')].filter((e) => e.getBoundingClientRect().right > width + 1);
        return wide.slice(0, 5).map((e) => e.outerHTML.slice(0, 200));";
    let wide = chromium.client().execute(SCRIPT, vec![]).await?;
    ensure!(wide.as_array().is_some_and(Vec::is_empty), "it scrolls sideways: {wide:#}");
    Ok(())
}

/// The whole page as it looks now, in `target/screenshots`.
///
/// # Errors
/// If it cannot be taken or written.
pub async fn picture(chromium: &Chromium, name: &str) -> Result<()> {
    let metrics = chromium.devtools("Page.getLayoutMetrics", json!({})).await?;
    let size = &metrics["cssContentSize"];
    let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
    let how = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
    let taken = chromium.devtools("Page.captureScreenshot", how).await?;
    let png = STANDARD.decode(taken["data"].as_str().context("a picture")?)?;
    let folder = environment::screenshots()?;
    std::fs::create_dir_all(&folder)?;
    Ok(std::fs::write(folder.join(format!("{name}.png")), png)?)
}
