//! One visitor's browser: what a person does with it, and how often.

use crate::driver::Driver;
use crate::failed::{Done, Failed};
use nasd_api::refusal::Language;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use thirtyfour::prelude::*;
use thirtyfour::support::base64_decode;
use thirtyfour::{TypingData, WindowHandle};
use tokio::time::{Instant, sleep};

/// How long a page may take to say what is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
const POLL_EVERY: Duration = Duration::from_millis(100);
/// Passed on from Debian's flags for a machine without a display and without the Internet.
const FLAGS: [&str; 13] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--ignore-certificate-errors",
    "--hide-scrollbars",
    "--accept-lang=en-US",
    "--window-size=1440,900",
];

/// Whether pages may run their script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    On,
    Off,
}

/// As the console's addresses have it.
pub fn code(language: Language) -> &'static str {
    match language {
        Language::English => "en",
        Language::Korean => "ko",
    }
}

/// A Chromium with a profile of its own.
pub struct Browser {
    driver: WebDriver,
    pub script: Script,
    /// The console that paths are relative to.
    base: Mutex<String>,
    /// What its visitor reads.
    language: Mutex<Language>,
    clicks: AtomicUsize,
    fields: AtomicUsize,
}

impl Browser {
    /// Starts one, with its profile in a new directory below `dir`.
    pub async fn start(driver: &Driver, dir: &Path, name: &str, base: &str, script: Script) -> Done<Browser> {
        let profile = dir.join(format!("profile-{name}"));
        let mut wanted = DesiredCapabilities::chrome();
        for flag in FLAGS {
            wanted.add_arg(flag)?;
        }
        wanted.add_arg(&format!("--user-data-dir={}", profile.display()))?;
        wanted.accept_insecure_certs(true)?;
        let mut prefs = json!({ "intl.accept_languages": "en-US,en" });
        if script == Script::Off {
            prefs["profile.managed_default_content_settings.javascript"] = json!(2);
            prefs["profile.default_content_setting_values.javascript"] = json!(2);
        }
        wanted.add_experimental_option("prefs", prefs)?;
        let driver = WebDriver::new(&driver.url, wanted).await?;
        let (base, language) = (Mutex::new(base.to_owned()), Mutex::new(Language::English));
        Ok(Browser {
            driver,
            script,
            base,
            language,
            clicks: AtomicUsize::new(0),
            fields: AtomicUsize::new(0),
        })
    }

    pub async fn quit(self) -> Done {
        Ok(self.driver.quit().await?)
    }

    /// Goes on with the console of another node. Cookies are the host's, whatever the port: the visitor stays logged in.
    pub fn use_console(&self, base: &str) {
        *self.base.lock().expect("no panic while held") = base.to_owned();
    }

    /// Opens a page by its path, or by a whole URL.
    pub async fn open(&self, path: &str) -> Done {
        let url = if path.starts_with("https://") {
            path.to_owned()
        } else {
            format!("{}{path}", self.base.lock().expect("no panic while held"))
        };
        self.driver.goto(&url).await.map_err(|error| Failed(format!("open {path}: {error}")))
    }

    /// Forgets who is logged in, not what is read.
    pub async fn forget(&self) -> Done {
        self.open("/login").await?;
        self.driver.delete_all_cookies().await?;
        match self.language() {
            Language::English => Ok(()),
            language => self.read_in(language).await,
        }
    }

    pub fn language(&self) -> Language {
        *self.language.lock().expect("no panic while held")
    }

    /// Goes on in this language, as its link does.
    pub async fn read_in(&self, language: Language) -> Done {
        *self.language.lock().expect("no panic while held") = language;
        self.open(&format!("/language/{}?to=/help", code(language))).await
    }

    /// Of the two the words in the language that is read.
    pub fn word<'a>(&self, english: &'a str, korean: &'a str) -> &'a str {
        match self.language() {
            Language::English => english,
            Language::Korean => korean,
        }
    }

    /// The tab that is looked at.
    pub async fn tab(&self) -> Done<WindowHandle> {
        Ok(self.driver.window().await?)
    }

    /// Opens another tab and looks at it; the others stay.
    pub async fn open_tab(&self) -> Done {
        let tab = self.driver.new_tab().await?;
        Ok(self.driver.switch_to_window(tab).await?)
    }

    /// Opens pages at the same moment, in tabs of their own.
    pub async fn open_side_by_side(&self, urls: &[String]) -> Done<Vec<WindowHandle>> {
        let first = self.tab().await?;
        self.run("for (const url of arguments[0]) window.open(url)", vec![json!(urls)]).await?;
        let mut tabs = self.driver.windows().await?;
        tabs.retain(|tab| *tab != first);
        Ok(tabs)
    }

    /// Looks at another tab: the address of its page, and how long that took to come.
    pub async fn look_at(&self, tab: &WindowHandle) -> Done<(String, Duration)> {
        self.driver.switch_to_window(tab.clone()).await?;
        let script = "return performance.getEntriesByType('navigation')[0].duration";
        let millis = self.run(script, Vec::new()).await?.as_f64().unwrap_or_default();
        Ok((self.driver.current_url().await?.to_string(), Duration::from_secs_f64(millis / 1000.0)))
    }

    /// Closes all tabs but this one, and looks at it.
    pub async fn only_tab(&self, kept: &WindowHandle) -> Done {
        for tab in self.driver.windows().await? {
            if &tab != kept {
                self.driver.switch_to_window(tab).await?;
                self.driver.close_window().await?;
            }
        }
        Ok(self.driver.switch_to_window(kept.clone()).await?)
    }

    pub async fn path(&self) -> Done<String> {
        Ok(self.driver.current_url().await?.path().to_owned())
    }

    pub async fn back(&self) -> Done {
        Ok(self.driver.back().await?)
    }

    pub async fn reload(&self) -> Done {
        Ok(self.driver.refresh().await?)
    }

    /// What a person reads on the page.
    pub async fn text(&self) -> Done<String> {
        // The page's own script may replace what was just found.
        for _ in 0..5 {
            if let Ok(body) = self.driver.find(By::Css("body")).await
                && let Ok(text) = body.text().await
            {
                return Ok(text);
            }
            sleep(POLL_EVERY).await;
        }
        Err(Failed("the page has no body that stays".to_owned()))
    }

    pub async fn says(&self, words: &str) -> Done<bool> {
        Ok(self.text().await?.to_lowercase().contains(&words.to_lowercase()))
    }

    /// Waits until the page reads so.
    pub async fn expect(&self, words: &str) -> Done {
        self.expect_any(&[words]).await
    }

    /// The same in whichever language is read.
    pub async fn expect_word(&self, english: &str, korean: &str) -> Done {
        self.expect(self.word(english, korean)).await
    }

    /// Waits until the page reads like one of them.
    pub async fn expect_any(&self, words: &[&str]) -> Done {
        self.wait_for(words, false, PATIENCE).await
    }

    /// The same, loading the page again as somebody without its script does.
    pub async fn expect_reloading(&self, words: &[&str]) -> Done {
        self.wait_for(words, true, PATIENCE).await
    }

    /// Waits until the page reads so by itself, and no longer than this.
    pub async fn expect_within(&self, words: &str, limit: Duration) -> Done {
        self.wait_for(&[words], false, limit).await
    }

    async fn wait_for(&self, words: &[&str], reload: bool, limit: Duration) -> Done {
        let deadline = Instant::now() + limit;
        loop {
            for words in words {
                if self.says(words).await? {
                    return Ok(());
                }
            }
            if Instant::now() > deadline {
                let (path, text) = (self.path().await?, self.text().await?);
                return Err(Failed(format!("{path} does not say {words:?}. It says:\n{text}")));
            }
            sleep(POLL_EVERY).await;
            if reload {
                sleep(POLL_EVERY * 4).await;
                self.reload().await?;
            }
        }
    }

    pub async fn has(&self, css: &str) -> Done<bool> {
        Ok(!self.driver.find_all(By::Css(css)).await?.is_empty())
    }

    async fn shown(&self, css: &str) -> Done<WebElement> {
        let deadline = Instant::now() + PATIENCE / 4;
        loop {
            for element in self.driver.find_all(By::Css(css)).await? {
                if element.is_displayed().await.unwrap_or(false) {
                    return Ok(element);
                }
            }
            if Instant::now() > deadline {
                let (path, text) = (self.path().await?, self.text().await?);
                return Err(Failed(format!("{path} shows no {css}. It says:\n{text}")));
            }
            sleep(POLL_EVERY).await;
        }
    }

    /// Types into an empty field; what was in it goes first.
    pub async fn fill(&self, name: &str, value: &str) -> Done {
        self.fill_field(&format!("main [name='{name}']"), value).await
    }

    /// The same for a field of several with one name.
    pub async fn fill_field(&self, css: &str, value: &str) -> Done {
        self.fields.fetch_add(1, Ordering::Relaxed);
        let field = self.shown(css).await?;
        field.clear().await?;
        field.send_keys(value).await.map_err(|error| Failed(format!("type into {css}: {error}")))
    }

    /// Ticks a box.
    pub async fn tick(&self, name: &str) -> Done {
        self.fields.fetch_add(1, Ordering::Relaxed);
        Ok(self.shown(&format!("main [name='{name}']")).await?.click().await?)
    }

    /// Follows the link to this address.
    pub async fn follow(&self, href: &str) -> Done {
        self.click_on(&format!("main a[href='{href}']")).await
    }

    /// The same among the sections' links.
    pub async fn follow_section(&self, href: &str) -> Done {
        self.click_on(&format!("nav.side a[href='{href}']")).await
    }

    /// Clicks what is found so.
    pub async fn click_on(&self, css: &str) -> Done {
        self.clicks.fetch_add(1, Ordering::Relaxed);
        let element = self.shown(css).await?;
        element.click().await.map_err(|error| Failed(format!("click {css}: {error}")))
    }

    /// Chooses of a list what is sent as this.
    pub async fn choose(&self, name: &str, value: &str) -> Done {
        self.fields.fetch_add(1, Ordering::Relaxed);
        Ok(self.shown(&format!("main [name='{name}'] option[value='{value}']")).await?.click().await?)
    }

    /// What all elements that are found so say.
    pub async fn all(&self, css: &str) -> Done<Vec<String>> {
        let script = "return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText.trim())";
        let told = self.run(script, vec![json!(css)]).await?;
        let told = told.as_array().into_iter().flatten();
        Ok(told.filter_map(|text| text.as_str().map(str::to_owned)).collect())
    }

    /// What is in a field.
    pub async fn value(&self, css: &str) -> Done<String> {
        let field = self.shown(css).await?;
        Ok(field.prop("value").await?.unwrap_or_default())
    }

    /// What an element says.
    pub async fn read(&self, css: &str) -> Done<String> {
        Ok(self.shown(css).await?.text().await?)
    }

    /// Sends keys to an element, which gets the focus.
    pub async fn press(&self, css: &str, keys: impl Into<TypingData>) -> Done {
        let element = self.shown(css).await?;
        self.driver.execute("arguments[0].focus()", vec![element.to_json()?]).await?;
        element.send_keys(keys).await.map_err(|error| Failed(format!("keys to {css}: {error}")))
    }

    /// Follows a link or presses a button whose text contains `words`, in the page's main part.
    pub async fn click(&self, words: &str) -> Done {
        self.clicks.fetch_add(1, Ordering::Relaxed);
        let deadline = Instant::now() + PATIENCE / 4;
        loop {
            for element in self.driver.find_all(By::Css("main a, main button, main summary")).await? {
                let Ok(text) = element.text().await else { continue };
                if text.to_lowercase().contains(&words.to_lowercase()) {
                    return element
                        .click()
                        .await
                        .map_err(|error| Failed(format!("click {words:?}: {error}")));
                }
            }
            if Instant::now() > deadline {
                let (path, text) = (self.path().await?, self.text().await?);
                return Err(Failed(format!(
                    "{path} has nothing to click called {words:?}. It says:\n{text}"
                )));
            }
            sleep(POLL_EVERY).await;
        }
    }

    /// Presses the button of the form that has this field, or of the page's only form.
    pub async fn submit(&self) -> Done {
        self.clicks.fetch_add(1, Ordering::Relaxed);
        let button = self
            .shown("main form[method='post'] button.primary, main form[method='post'] button.danger")
            .await?;
        button.click().await.map_err(|error| Failed(format!("submit: {error}")))
    }

    /// Presses it twice as fast as a hand can.
    pub async fn submit_twice(&self) -> Done {
        let button = self.shown("main form[method='post'] button.primary").await?;
        Ok(self.driver.action_chain().double_click_element(&button).perform().await?)
    }

    /// Who the page says is logged in.
    pub async fn who(&self) -> Done<Option<String>> {
        match self.driver.find_all(By::Css("nav.side form.who strong")).await?.first() {
            Some(name) => Ok(Some(name.text().await?)),
            None => Ok(None),
        }
    }

    /// Sends a form that the page does not have, with the page's CSRF token, as somebody with a console would.
    pub async fn craft(&self, path: &str, fields: &[(&str, &str)]) -> Done {
        let script = "
            const form = document.createElement('form');
            form.method = 'post';
            form.action = arguments[0];
            const csrf = document.querySelector('input[name=csrf]');
            for (const [name, value] of [...arguments[1], ['csrf', csrf ? csrf.value : '']]) {
                const field = document.createElement('input');
                field.name = name;
                field.value = value;
                form.append(field);
            }
            document.body.append(form);
            form.submit();";
        self.run(script, vec![json!(path), json!(fields)]).await?;
        sleep(POLL_EVERY * 3).await;
        Ok(())
    }

    /// Runs a script from outside in the page, which its own policy does not forbid.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Done<Value> {
        Ok(self.driver.execute(script, arguments).await?.json().clone())
    }

    pub async fn run_async(&self, script: &str, arguments: Vec<Value>) -> Done<Value> {
        Ok(self.driver.execute_async(script, arguments).await?.json().clone())
    }

    /// The status of the page as it was loaded.
    pub async fn status(&self) -> Done<u64> {
        let script = "return performance.getEntriesByType('navigation')[0].responseStatus";
        Ok(self.run(script, Vec::new()).await?.as_u64().unwrap_or_default())
    }

    /// Light or dark, and how wide the window is, from the next painting on.
    pub async fn look(&self, scheme: &str, width: u32) -> Done {
        let cdp = self.driver.cdp();
        // What is on its way from one colour to the other is not what people read.
        let features = json!({ "features": [
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ] });
        cdp.send_raw("Emulation.setEmulatedMedia", features).await?;
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        cdp.send_raw("Emulation.setDeviceMetricsOverride", metrics).await?;
        Ok(())
    }

    /// The window as it was before [`Browser::look`].
    pub async fn look_plain(&self) -> Done {
        let cdp = self.driver.cdp();
        cdp.send_raw("Emulation.setEmulatedMedia", json!({ "features": [] })).await?;
        cdp.send_raw("Emulation.clearDeviceMetricsOverride", json!({})).await?;
        Ok(())
    }

    /// The whole page as a picture.
    pub async fn picture(&self, path: &Path) -> Done {
        let wanted = json!({ "format": "png", "captureBeyondViewport": true, "optimizeForSpeed": true });
        let reply = self.driver.cdp().send_raw("Page.captureScreenshot", wanted).await?;
        let data = base64_decode(reply["data"].as_str().unwrap_or_default())?;
        std::fs::write(path, data).map_err(|error| Failed(format!("{}: {error}", path.display())))
    }

    /// Clicks and fields since the last time it was asked.
    pub fn effort(&self) -> (usize, usize) {
        (self.clicks.swap(0, Ordering::Relaxed), self.fields.swap(0, Ordering::Relaxed))
    }
}
