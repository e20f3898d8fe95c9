//! A headless Chromium of one's own, driven through chromedriver.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder};
use hyper::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use url::{ParseError, Url};

use crate::process::{Running, children_of};
use crate::{ports, wait};

/// A zone whose offset nobody mistakes for UTC.
pub const ZONE: &str = "Asia/Kolkata";

const START: Duration = Duration::from_secs(60);

/// One browser with a profile of its own. It ends with this.
#[derive(Debug)]
pub struct Chromium {
    client: Client,
    driver: Running,
    folder: TempDir,
}

impl Chromium {
    /// Starts it.
    ///
    /// # Errors
    /// If chromedriver or Chromium does not start, with what chromedriver said.
    pub async fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("downloads"))?;
        let port = ports::free()?;
        let mut command = Command::new("chromedriver");
        command.arg(format!("--port={port}")).env("HOME", folder.path()).env("TZ", ZONE);
        let driver = Running::start(&mut command, &folder.path().join("chromedriver.log"))?;
        wait::until_async("chromedriver", START, || async move {
            Ok(TcpStream::connect(("127.0.0.1", port)).await.is_ok().then_some(()))
        })
        .await
        .with_context(|| driver.log())?;
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities(folder.path()));
        let connected = builder.connect(&format!("http://127.0.0.1:{port}")).await;
        let client = connected.with_context(|| driver.log())?;
        Ok(Self { client, driver, folder })
    }

    /// The WebDriver session.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Where downloads arrive.
    pub fn downloads(&self) -> PathBuf {
        downloads(self.folder.path())
    }

    /// A command of the Chrome DevTools Protocol, for what WebDriver has no word for.
    ///
    /// # Errors
    /// If Chromium refuses.
    pub async fn devtools(&self, command: &'static str, parameters: Value) -> Result<Value> {
        let command = DevTools { command, parameters };
        let name = command.command;
        self.client.issue_cmd(command).await.context(name)
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // chromedriver killed would leave Chromium alone.
        for child in children_of(self.driver.pid()).unwrap_or_default() {
            let _ = i32::try_from(child).map(|pid| kill(Pid::from_raw(pid), Signal::SIGKILL));
        }
    }
}

fn downloads(folder: &Path) -> PathBuf {
    folder.join("downloads")
}

fn capabilities(folder: &Path) -> Capabilities {
    let mut arguments = vec![
        "--headless".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--disable-gpu".to_owned(),
        "--force-color-profile=srgb".to_owned(),
        "--hide-scrollbars".to_owned(),
        format!("--user-data-dir={}", folder.join("profile").display()),
    ];
    // Chromium's sandbox is made of what root gives up, and refuses to start without.
    if geteuid().is_root() {
        arguments.push("--no-sandbox".to_owned());
    }
    let preferences = json!({
        "download.default_directory": downloads(folder),
        "download.prompt_for_download": false,
        // Otherwise it asks whether to keep the password that was typed.
        "credentials_enable_service": false,
        "profile.password_manager_leak_detection": false,
    });
    Capabilities::from_iter([
        ("browserName".to_owned(), json!("chrome")),
        // The root of the installation is in no store of this machine.
        ("acceptInsecureCerts".to_owned(), json!(true)),
        ("goog:chromeOptions".to_owned(), json!({ "args": arguments, "prefs": preferences })),
    ])
}

#[derive(Debug)]
struct DevTools {
    command: &'static str,
    parameters: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "cmd": self.command, "params": self.parameters }).to_string()))
    }
}
