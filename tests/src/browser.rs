//! Somebody at a browser: opens pages, fills what has a label, presses what has a name, reads what is shown.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use fantoccini::Locator;
use fantoccini::elements::Element;
use fantoccini::key::Key;
use serde_json::Value;

use crate::chromium::Chromium;
use crate::look::{self, Look};
use crate::{axe, wait};

/// A page needs milliseconds; two cores with a few browsers need patience.
const PATIENCE: Duration = Duration::from_secs(20);

/// A browser with one installation in it.
#[derive(Debug)]
pub struct Browser {
    chromium: Chromium,
    base: String,
}

impl Browser {
    /// Starts Chromium for the installation at this URL, as on a laptop in daylight.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn start(base: impl Into<String>) -> Result<Self> {
        let chromium = Chromium::start().await?;
        Look::Light.apply(&chromium).await?;
        Ok(Self { chromium, base: base.into() })
    }

    /// Opens a page by its path.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn open(&self, path: &str) -> Result<()> {
        Ok(self.chromium.client().goto(&format!("{}{path}", self.base)).await?)
    }

    /// Signs in at the door.
    ///
    /// # Errors
    /// If there is no door, or it stays closed.
    pub async fn sign_in(&self, name: &str, password: &str) -> Result<()> {
        self.open("/sign-in").await?;
        self.fill("Name", name).await?;
        self.fill("Password", password).await?;
        self.press("Sign in").await?;
        self.sees("Sign out").await
    }

    /// Path and query of the page that is shown.
    ///
    /// # Errors
    /// If there is none.
    pub async fn place(&self) -> Result<String> {
        let url = self.chromium.client().current_url().await?;
        Ok(url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path())))
    }

    /// Everything that can be read on the page.
    ///
    /// # Errors
    /// If there is no page.
    pub async fn text(&self) -> Result<String> {
        let text = self.script("return document.body?.innerText ?? '';").await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Reads these words, now or soon.
    ///
    /// # Errors
    /// If they do not appear, with what is there instead.
    pub async fn sees(&self, words: &str) -> Result<()> {
        let seen = wait::until_async(words, PATIENCE, || async {
            // While one page goes and the next comes there is no text.
            Ok(self.text().await.unwrap_or_default().contains(words).then_some(()))
        });
        match seen.await {
            Ok(()) => Ok(()),
            Err(_) => bail!("{} does not say {words:?}:\n{}", self.place().await?, self.text().await?),
        }
    }

    /// These words are not on the page.
    ///
    /// # Errors
    /// If they are.
    pub async fn misses(&self, words: &str) -> Result<()> {
        let text = self.text().await?;
        ensure!(!text.contains(words), "{} says {words:?}:\n{text}", self.place().await?);
        Ok(())
    }

    /// Clicks on the link, button or fold that is called so.
    ///
    /// # Errors
    /// If the page shows none.
    pub async fn press(&self, name: &str) -> Result<()> {
        let name = literal(name);
        let parts = ["a", "button", "summary"].map(|kind| format!("//{kind}[normalize-space(.)={name}]"));
        Ok(self.shown(&parts.join(" | ")).await?.click().await?)
    }

    /// Clicks on the first link whose words begin so.
    ///
    /// # Errors
    /// If the page shows none.
    pub async fn follow(&self, beginning: &str) -> Result<()> {
        let path = format!("//a[starts-with(normalize-space(.), {})]", literal(beginning));
        Ok(self.shown(&path).await?.click().await?)
    }

    /// Writes into the field that has this label, instead of what is there.
    ///
    /// # Errors
    /// If the page shows none.
    pub async fn fill(&self, label: &str, value: &str) -> Result<()> {
        // WebDriver's own way to empty a field tells the page nothing.
        let all = format!("{}a{}{}", Key::Control, Key::Null, Key::Backspace);
        Ok(self.labelled(label).await?.send_keys(&format!("{all}{value}")).await?)
    }

    /// Puts a long text into the field that has this label, as from the clipboard.
    ///
    /// # Errors
    /// If the page shows none.
    pub async fn paste(&self, label: &str, value: &str) -> Result<()> {
        let field = serde_json::to_value(self.labelled(label).await?)?;
        let script =
            "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}));";
        self.chromium.client().execute(script, vec![field, value.into()]).await?;
        Ok(())
    }

    /// Chooses the option whose words begin so from the list that has this label.
    ///
    /// # Errors
    /// If the page shows none, or it has no such option.
    pub async fn choose(&self, label: &str, beginning: &str) -> Result<()> {
        let option = format!(".//option[starts-with(normalize-space(.), {})]", literal(beginning));
        let field = self.labelled(label).await?;
        field.select_by(Locator::XPath(&option)).await?;
        // People's choices are told as input as well as change; WebDriver's as change only.
        let script = "arguments[0].dispatchEvent(new Event('input', {bubbles: true}));";
        self.chromium.client().execute(script, vec![serde_json::to_value(field)?]).await?;
        Ok(())
    }

    /// Ticks the box or the circle whose words begin so.
    ///
    /// # Errors
    /// If the page shows none.
    pub async fn tick(&self, beginning: &str) -> Result<()> {
        let beginning = literal(beginning);
        let choice = format!("//label[starts-with(normalize-space(.), {beginning})]//input");
        let named = format!("//input[starts-with(@aria-label, {beginning})]");
        Ok(self.shown(&format!("{choice} | {named}")).await?.click().await?)
    }

    /// Types where the keyboard is now; `fantoccini::key::Key` has names for what is no letter.
    ///
    /// # Errors
    /// If nothing takes keys.
    pub async fn types(&self, keys: &str) -> Result<()> {
        Ok(self.chromium.client().active_element().await?.send_keys(keys).await?)
    }

    /// What has the keyboard: its words, its label or its name.
    ///
    /// # Errors
    /// If there is no page.
    pub async fn focus(&self) -> Result<String> {
        let script = "const e = document.activeElement;
            return e.innerText?.trim() || e.labels?.[0]?.innerText?.trim() || e.getAttribute('aria-label') || e.name || e.tagName;";
        Ok(self.script(script).await?.as_str().unwrap_or_default().to_owned())
    }

    /// What a script of the test finds in the page.
    ///
    /// # Errors
    /// If it fails.
    pub async fn script(&self, script: &str) -> Result<Value> {
        Ok(self.chromium.client().execute(script, vec![]).await?)
    }

    /// The same for a script that calls the last of its `arguments` when it is done.
    ///
    /// # Errors
    /// If it fails.
    pub async fn script_with(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        Ok(self.chromium.client().execute_async(script, arguments).await?)
    }

    /// The file behind the link that is called so.
    ///
    /// # Errors
    /// If there is no such link, or nothing arrives.
    pub async fn download(&self, name: &str) -> Result<Vec<u8>> {
        let folder = self.chromium.downloads();
        for old in std::fs::read_dir(&folder)? {
            std::fs::remove_file(old?.path())?;
        }
        self.press(name).await?;
        let file = wait::until_async("a download", PATIENCE, || async {
            let files = std::fs::read_dir(&folder)?.collect::<Result<Vec<_>, _>>()?;
            let whole = |path: &std::path::Path| path.extension().is_none_or(|end| end != "crdownload");
            Ok(files.iter().map(std::fs::DirEntry::path).find(|path| files.len() == 1 && whole(path)))
        });
        Ok(std::fs::read(file.await?)?)
    }

    /// Looks so from now on.
    ///
    /// # Errors
    /// If Chromium refuses.
    pub async fn look(&self, look: Look) -> Result<()> {
        look.apply(&self.chromium).await
    }

    /// Has the page judged by axe-core, in daylight, at night and on a phone, where nothing may reach over the edge, and
    /// keeps pictures of it.
    ///
    /// # Errors
    /// With everything that is wrong.
    pub async fn inspect(&self, name: &str) -> Result<()> {
        let mut faults = Vec::new();
        for look in Look::ALL {
            look.apply(&self.chromium).await?;
            look::picture(&self.chromium, &format!("{name}-{look}")).await?;
            for judged in [axe::judge(&self.chromium).await, look::fits(&self.chromium).await] {
                faults.extend(judged.err().map(|fault| format!("{name}, {look}: {fault:#}")));
            }
        }
        Look::Light.apply(&self.chromium).await?;
        ensure!(faults.is_empty(), "{}", faults.join("\n"));
        Ok(())
    }

    async fn labelled(&self, label: &str) -> Result<Element> {
        let label = literal(label);
        let named = format!("//label[starts-with(normalize-space(.), {label})]/@for");
        self.shown(&format!("//*[@id={named}] | //*[@aria-label={label}]")).await
    }

    /// The first such element that is shown, now or soon.
    async fn shown(&self, path: &str) -> Result<Element> {
        let found = wait::until_async(path, PATIENCE, || async {
            for element in self.chromium.client().find_all(Locator::XPath(path)).await? {
                if element.is_displayed().await.unwrap_or_default() {
                    return Ok(Some(element));
                }
            }
            Ok(None)
        });
        match found.await {
            Ok(element) => Ok(element),
            Err(fault) => Err(fault).with_context(|| self.base.clone()).context(self.text().await?),
        }
    }
}

/// A text in XPath, which knows no escapes.
fn literal(text: &str) -> String {
    if text.contains('\'') { format!("\"{text}\"") } else { format!("'{text}'") }
}
