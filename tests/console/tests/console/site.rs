//! What every scenario stands on: the cluster, two browsers that look at it, and the people who use them.

use crate::browser::{Browser, Script};
use crate::driver::Driver;
use crate::failed::{Done, hold};
use harness::cluster::{Cluster, Node};
use nasd_api::refusal::Language;
use nasd_api::{
    Client, CreateExport, CreateUser, DeleteExport, EndSession, ExportAt, ListExports, ListSessions,
    ListUsers, ListVolumes, Nothing, Secret, SessionAt,
};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The administrator that the first scenario makes.
pub const ADMIN: &str = "admin";
/// A second one, for conflicts.
pub const SECOND: &str = "admin2";
pub const AUDITOR: &str = "auditor";
pub const PASSWORD: &str = "correct horse battery staple";

pub struct Site {
    // Dropped in this order: the browsers go before the cluster that they look at.
    pub scripted: Browser,
    pub plain: Browser,
    _driver: Driver,
    pub cluster: Cluster,
    /// Where pictures are kept for people: target/console-screenshots.
    pub pictures: PathBuf,
    pub dir: PathBuf,
}

impl Site {
    /// Starts everything, below `dir`.
    pub async fn start(dir: &Path) -> Site {
        let driver = Driver::start(dir);
        let cluster = Cluster::start(&dir.join("demo"));
        let console = console(&cluster.ready.nodes[0]);
        let scripted = Browser::start(&driver, dir, "scripted", &console, Script::On).await;
        // Each node lets an address try to log in only so often: the two go to different ones.
        let plain =
            Browser::start(&driver, dir, "plain", &self::console(&cluster.ready.nodes[1]), Script::Off).await;
        let pictures = picture_dir();
        std::fs::create_dir_all(&pictures).expect("the target directory");
        Site {
            scripted: scripted.expect("Chromium starts (Debian package chromium)"),
            plain: plain.expect("a second Chromium starts"),
            _driver: driver,
            cluster,
            pictures,
            dir: dir.to_path_buf(),
        }
    }

    pub async fn stop(self) {
        let Site { scripted, plain, _driver, cluster, .. } = self;
        // The driver takes them with it, however they are.
        let _ = scripted.quit().await;
        let _ = plain.quit().await;
        drop(_driver);
        cluster.stop();
    }

    pub fn browsers(&self) -> [&Browser; 2] {
        [&self.scripted, &self.plain]
    }

    /// With the script and without, in both languages.
    pub fn readers(&self) -> [(&Browser, Language); 4] {
        let [first, second] = self.browsers();
        let (english, korean) = (Language::English, Language::Korean);
        [(first, english), (second, english), (second, korean), (first, korean)]
    }

    /// Both browsers in English, as scenarios begin.
    pub async fn read_english(&self) -> Done {
        for browser in self.browsers() {
            if browser.language() != Language::English {
                browser.read_in(Language::English).await?;
            }
        }
        Ok(())
    }

    /// Makes the browser one that an administrator is logged in with who reads this language.
    pub async fn administers(&self, browser: &Browser, language: Language) -> Done {
        if browser.language() != language {
            browser.read_in(language).await?;
        }
        self.log_in(browser, ADMIN).await
    }

    /// The first node's console for both, who stay logged in.
    pub fn use_first_console(&self) {
        for browser in self.browsers() {
            browser.use_console(&self.console(0));
        }
    }

    /// The console of the node at this place in the list of nodes, from 0.
    pub fn console(&self, place: usize) -> String {
        console(&self.cluster.ready.nodes[place])
    }

    /// The interface as root of the first node has it.
    pub fn root(&self) -> Client {
        Client::local(&self.cluster.ready.nodes[0].api)
    }

    /// Ends every session of the user, as another administrator would.
    pub async fn end_sessions(&self, user: &str) -> Done {
        let sessions = self.root().all::<ListSessions>().await?;
        for session in sessions.iter().filter(|session| session.user == user) {
            self.root().ask::<EndSession>(SessionAt::new(&session.id)).await?;
        }
        Ok(())
    }

    /// Makes a user unless there is one.
    pub async fn have_user(&self, name: &str, role: &str) -> Done {
        if self.root().all::<ListUsers>().await?.iter().any(|user| user.name == name) {
            return Ok(());
        }
        let request = CreateUser {
            name: name.to_owned(),
            password: Secret::new(PASSWORD),
            role: role.parse().map_err(|_| format!("{role} is no role"))?,
            owned: Vec::new(),
        };
        self.root().call::<CreateUser>(Nothing, &request).await?;
        Ok(())
    }

    /// Makes the browser one that the user is logged in with.
    pub async fn log_in(&self, browser: &Browser, user: &str) -> Done {
        browser.open("/").await?;
        if browser.path().await? != "/login" {
            if browser.who().await?.as_deref() == Some(user) {
                return Ok(());
            }
            browser.forget().await?;
        }
        browser.open("/login").await?;
        type_login(browser, user).await?;
        // The dashboard: a login that is not through yet would be lost with the node that is killed next.
        browser.expect_word("Where your data lives", "데이터가 있는 곳").await
    }

    /// An export of the demo volume for these clients; one of the path that there is goes first.
    pub async fn have_export(&self, path: &str, clients: &[&str]) -> Done {
        if self.root().all::<ListExports>().await?.iter().any(|export| export.path == path) {
            self.root().ask::<DeleteExport>(ExportAt { path: path.into() }).await?;
        }
        self.export(path, "demo", clients).await
    }

    /// Exports a volume for these clients.
    pub async fn export(&self, path: &str, volume: &str, clients: &[&str]) -> Done {
        let clients = clients.iter().map(|rule| rule.parse().map_err(|_| format!("{rule} is no rule")));
        let clients = clients.collect::<Result<Vec<_>, String>>()?;
        let request = CreateExport { path: path.to_owned(), volume: volume.to_owned(), clients };
        self.root().call::<CreateExport>(Nothing, &request).await?;
        Ok(())
    }

    /// More than fifty changes, which events and the audit log tell of.
    pub async fn be_busy(&self) -> Done {
        for _ in 0..26 {
            self.have_export("/busy", &["192.0.2.0/24:ro"]).await?;
        }
        Ok(())
    }

    /// Who may mount an export, as the interface says it.
    pub async fn clients_of(&self, path: &str) -> Done<Vec<String>> {
        let exports = self.root().all::<ListExports>().await?;
        let export = exports.into_iter().find(|export| export.path == path).ok_or("the export is gone")?;
        Ok(export.clients.iter().map(ToString::to_string).collect())
    }

    pub async fn volumes_called(&self, name: &str) -> Done<usize> {
        Ok(self.root().all::<ListVolumes>().await?.iter().filter(|volume| volume.name == name).count())
    }

    /// Copies a file into an export with nfs-cp and reads it back with nfs-cat.
    pub fn write_through_nfs(&self, export: &str) -> Done {
        let text = format!("written to {export}\n");
        let url = self.copy_through_nfs(export, text.as_bytes())?;
        let read = Command::new("nfs-cat").arg(&url).output()?;
        hold(
            read.stdout == text.as_bytes(),
            format!("nfs-cat read {:?}", String::from_utf8_lossy(&read.stdout)),
        )
    }

    /// Copies bytes into a file of an export with nfs-cp; the file's URL.
    pub fn copy_through_nfs(&self, export: &str, bytes: &[u8]) -> Done<String> {
        let file = self.dir.join("hello.txt");
        std::fs::write(&file, bytes)?;
        let address = &self.cluster.ready.nodes[1].nfs;
        let (host, port) = address.rsplit_once(':').ok_or("an address has a port")?;
        let url = format!("nfs://{host}{export}/hello.txt?nfsport={port}&mountport={port}&version=3");
        let copied = Command::new("nfs-cp").arg(&file).arg(&url).output()?;
        hold(copied.status.success(), format!("nfs-cp: {}", String::from_utf8_lossy(&copied.stderr)))?;
        Ok(url)
    }

    /// Lists an export with nfs-ls.
    pub fn read_through_nfs(&self, export: &str) -> Done {
        let address = &self.cluster.ready.nodes[1].nfs;
        let (host, port) = address.rsplit_once(':').ok_or("an address has a port")?;
        let url = format!("nfs://{host}{export}?nfsport={port}&mountport={port}&version=3");
        let listed = Command::new("nfs-ls").arg(&url).output()?;
        hold(listed.status.success(), format!("nfs-ls: {}", String::from_utf8_lossy(&listed.stderr)))
    }

    /// A picture of what the browsers showed, for whoever looks into it.
    pub async fn look_after_failure(&self, sentence: &str) {
        let name: String =
            sentence.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).take(60).collect();
        for browser in self.browsers() {
            let _ =
                browser.picture(&self.pictures.join(format!("FAILED-{name}-{:?}.png", browser.script))).await;
        }
    }
}

/// Fills in the login form that is shown.
pub async fn type_login(browser: &Browser, user: &str) -> Done {
    browser.fill("user", user).await?;
    browser.fill("password", PASSWORD).await?;
    browser.submit().await
}

fn console(node: &Node) -> String {
    node.console.clone().expect("nas-web is built beside nasd and came up; see demo.stderr")
}

fn picture_dir() -> PathBuf {
    // The test lies in target/PROFILE/deps.
    let me = std::env::current_exe().expect("this program's own path");
    me.ancestors().nth(3).expect("a target directory").join("console-screenshots")
}
