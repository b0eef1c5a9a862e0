//! Owns a browser for tests: it keeps cookies, follows redirects, and fills in forms as they are on the page.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Request, Response, StatusCode};
use axum::{Extension, Router};
use http_body_util::BodyExt;
use memory_management::{Memory, PASSWORD};
use nas_web::{Console, PageRoute, table};
use nasd_api::{Client, Entrance, SESSION_COOKIE, serve_unix};
use std::collections::BTreeMap;
use std::future::pending;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tower::ServiceExt;

pub struct Page {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
    /// Where a refusal was looked at.
    pub address: Option<String>,
}

pub struct Browser {
    router: Router,
    pub console: Arc<Console>,
    pub memory: Arc<Memory>,
    pub cookies: BTreeMap<String, String>,
    dir: TempDir,
}

/// A console in front of this node.
pub async fn console(memory: Memory) -> Browser {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("nasd.sock");
    let memory = Arc::new(memory);
    let console = dir.path().join("console.sock");
    // For the tests: what the console has is the other one.
    for (routes, path) in
        [(nasd_api::router(memory.clone()), &socket), (nasd_api::console_router(memory.clone()), &console)]
    {
        let served = path.clone();
        tokio::spawn(async move { serve_unix(&served, routes, pending()).await });
        while Client::connect(path).await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    let console = Arc::new(Console::new(&console));
    let entrance = Extension(Entrance::Network("192.0.2.9".parse().unwrap()));
    let router = nas_web::router(console.clone()).layer(entrance);
    Browser { router, console, memory, cookies: BTreeMap::new(), dir }
}

/// Logged in as somebody with this role.
pub async fn logged_in(memory: Memory, role: &str) -> Browser {
    let mut browser = console(memory).await;
    browser.cookies.insert(SESSION_COOKIE.to_owned(), role.to_owned());
    browser
}

impl Browser {
    pub fn socket(&self) -> PathBuf {
        self.dir.path().join("nasd.sock")
    }

    /// As a browser does it that looks at what a form was answered.
    pub async fn send(&mut self, request: Request<Body>) -> Page {
        let page = self.send_once(request).await;
        match page.headers.get(LOCATION).and_then(|to| to.to_str().ok()) {
            Some(to) if to.contains("?refused=") => {
                let to = to.to_owned();
                let mut looked = Box::pin(self.get(&to)).await;
                looked.address = Some(to);
                looked
            }
            _ => page,
        }
    }

    async fn send_once(&mut self, request: Request<Body>) -> Page {
        let response: Response<Body> = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(SET_COOKIE) {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            match attributes.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Page { status: parts.status, headers: parts.headers, text, address: None }
    }

    pub fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder().method(method).uri(path).header("host", "nas.example");
        match cookies.is_empty() {
            true => request,
            false => request.header(COOKIE, cookies.join("; ")),
        }
    }

    pub async fn get(&mut self, path: &str) -> Page {
        let request = self.request("GET", path).body(Body::empty()).unwrap();
        self.send(request).await
    }

    /// What comes in answer, piece by piece.
    pub async fn listen(&self, path: &str) -> Body {
        let request = self.request("GET", path).body(Body::empty()).unwrap();
        self.router.clone().oneshot(request).await.unwrap().into_body()
    }

    /// From now on nasd takes connections, and says nothing.
    pub fn freeze(&self) -> UnixListener {
        self.end_nasd();
        UnixListener::bind(self.console_socket()).unwrap()
    }

    /// From now on nobody listens there.
    pub fn end_nasd(&self) {
        std::fs::remove_file(self.console_socket()).unwrap();
    }

    fn console_socket(&self) -> PathBuf {
        self.dir.path().join("console.sock")
    }

    /// Sends fields from a page of this console.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body = encoded(fields);
        let request = self
            .request("POST", path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(body));
        self.send(request.unwrap()).await
    }

    /// Opens the page, types into its form (the one with this action), and sends it.
    pub async fn fill(&mut self, path: &str, action: &str, typed: &[(&str, &str)]) -> Page {
        let page = self.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
        self.fill_in(&page, action, typed).await
    }

    pub async fn fill_in(&mut self, page: &Page, action: &str, typed: &[(&str, &str)]) -> Page {
        let mut fields = page.fields(action);
        fields.retain(|(key, _)| typed.iter().all(|(name, _)| key != name));
        fields.extend(typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post(action, &fields).await
    }

    /// Where a redirect led, followed once.
    pub async fn follow(&mut self, page: Page) -> Page {
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
        let to = page.location();
        self.get(&to).await
    }

    pub async fn log_in(&mut self, user: &str) -> Page {
        self.post("/login", &[("user", user), ("password", PASSWORD)]).await
    }
}

/// All that a browser can look at. The stream of news has no end, and no words.
pub fn looked_at() -> impl Iterator<Item = PageRoute> {
    table().into_iter().filter(|route| route.method == "GET" && route.path != "/news")
}

/// Every page behind the login whose address is whole; what is called like a file is one.
pub fn pages() -> impl Iterator<Item = &'static str> {
    let pages = looked_at().filter(|route| !route.is_open && !route.path.contains(['{', '.']));
    pages.map(|route| route.path)
}

pub fn encoded(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

impl Page {
    pub fn location(&self) -> String {
        self.headers.get(LOCATION).expect("a redirect").to_str().unwrap().to_owned()
    }

    /// Names and values of the form's inputs, as a browser would send them untouched.
    pub fn fields(&self, action: &str) -> Vec<(String, String)> {
        let start = self
            .text
            .find(&format!("action=\"{action}\""))
            .unwrap_or_else(|| panic!("no form {action}: {}", self.text));
        let form = &self.text[start..start + self.text[start..].find("</form>").unwrap()];
        let mut fields = Vec::new();
        for input in form.split("<input").skip(1) {
            let tag = &input[..input.find('>').unwrap()];
            let box_like = tag.contains("type=\"checkbox\"") || tag.contains("type=\"radio\"");
            if let Some(name) = attribute(tag, "name").filter(|_| !box_like || tag.contains(" checked")) {
                fields.push((name, attribute(tag, "value").unwrap_or_default()));
            }
        }
        for area in form.split("<textarea").skip(1) {
            let (tag, rest) = area.split_once('>').unwrap();
            let text = &rest[..rest.find("</textarea>").unwrap()];
            fields.push((attribute(tag, "name").unwrap(), plain(text)));
        }
        for select in form.split("<select").skip(1) {
            let name = attribute(&select[..select.find('>').unwrap()], "name").unwrap();
            let options: Vec<&str> =
                select[..select.find("</select>").unwrap()].split("<option").skip(1).collect();
            let chosen =
                options.iter().find(|option| option[..option.find('>').unwrap()].contains(" selected"));
            if let Some(option) = chosen.or(options.first()) {
                fields.push((name, attribute(&option[..option.find('>').unwrap()], "value").unwrap()));
            }
        }
        fields
    }

    /// Where the link with this in its tag leads.
    pub fn link(&self, tag: &str) -> String {
        let tags = self.text.split("<a ").skip(1).map(|link| &link[..link.find('>').unwrap()]);
        let found =
            tags.filter(|link| link.contains(tag)).find_map(|link| attribute(&format!(" {link}"), "href"));
        found.unwrap_or_else(|| panic!("no link {tag}: {}", self.text))
    }

    pub fn field(&self, action: &str, name: &str) -> String {
        let fields = self.fields(action);
        let found = fields.into_iter().find(|(key, _)| key == name);
        found.unwrap_or_else(|| panic!("no field {name}")).1
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    Some(plain(&tag[start..start + tag[start..].find('"')?]))
}

/// Without entities.
fn plain(text: &str) -> String {
    let entities = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    entities.iter().fold(text.to_owned(), |text, (entity, plain)| text.replace(entity, plain))
}
