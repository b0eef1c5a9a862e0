//! The console as somebody meets it who reads Korean and has no script: every page, and what is done most.

use crate::browser::{Browser, Page, console, logged_in, looked_at};
use axum::http::StatusCode;
use memory_management::{Memory, NOW, PASSWORD};
use nasd_api::refusal::testing::english_words;
use nasd_api::{
    AuditRecord, Client, EventKind, MountRequest, NodeCertificate, Nothing, RefusingRule, happening,
};
use nasd_base::role::Role;
use std::collections::BTreeSet;
use tempfile::TempDir;

/// English that is a name, and stands on Korean pages.
const NAMES: [&str; 3] = ["AMD EPYC", "nasctl certificate", "Slack Teams Telegram"];

/// Somebody with this role who reads Korean.
pub async fn korean(memory: Memory, role: &str) -> Browser {
    let mut browser = logged_in(memory, role).await;
    browser.cookies.insert("lang".into(), "ko".into());
    browser
}

/// What can be read on the page, a line each: the text between its tags, and what is read out. Without code, and without
/// what somebody typed.
fn shown(page: &Page) -> Vec<String> {
    let mut lines = Vec::new();
    let mut is_code = false;
    for part in page.text.split('<') {
        let (tag, text) = part.split_once('>').unwrap_or_default();
        let name = tag.split_whitespace().next().unwrap_or_default();
        match name {
            "code" | "pre" | "textarea" | "script" | "style" => is_code = true,
            "/code" | "/pre" | "/textarea" | "/script" | "/style" => is_code = false,
            _ => {}
        }
        for read in ["aria-label=\"", "title=\"", "alt=\"", "placeholder=\"", "data-plot=\"", "data-copy=\""]
        {
            lines.extend(
                tag.split_once(read)
                    .and_then(|(_, rest)| rest.split_once('"'))
                    .map(|(text, _)| text.to_owned()),
            );
        }
        if !is_code && !text.trim().is_empty() {
            lines.push(text.split('`').step_by(2).collect::<Vec<_>>().join("_"));
        }
    }
    lines
}

pub fn is_korean(page: &Page, words: &str) {
    assert!(page.text.contains("<html lang=\"ko\">"), "{}", page.text);
    assert!(page.text.contains(words), "{words}: {}", page.text);
    for line in shown(page) {
        assert_eq!(english_words(&line), 0, "{line}");
    }
}

/// Runs of two English words or more.
fn english_runs(line: &str) -> Vec<String> {
    let is_word = |word: &&str| word.len() > 1 && word.chars().all(|c| c.is_ascii_alphabetic());
    let words: Vec<&str> =
        line.split_whitespace().map(|word| word.trim_matches([',', ';', ':', '.', '(', ')', '"'])).collect();
    let runs = words.split(|word| !is_word(word)).filter(|run| run.len() > 1);
    runs.map(|run| run.join(" ")).filter(|run| !NAMES.contains(&run.as_str())).collect()
}

/// Something of everything, and something wrong wherever something can be.
async fn with_everything() -> (Browser, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let certificate = NodeCertificate::open(dir.path(), &["stor-a".to_owned()]).unwrap();
    std::fs::write(dir.path().join("api.key"), "nonsense").unwrap();
    let memory = Memory::in_cluster().showing(certificate);
    memory.add_volume("x");
    memory.add_export("/x", "x");
    memory.add_user("x", Role::ShareOwner);
    memory.fail_disk("cannot write segment-7: No space left on device (os error 28)");
    for rule in [RefusingRule::NoRule, RefusingRule::Port, RefusingRule::ReadOnly, RefusingRule::NoExport] {
        memory.refuse_mount("192.0.2.7", "/x", Some("x"), rule);
    }
    for (kind, what) in [
        (EventKind::VolumeCreated, happening::volume_created("x")),
        (EventKind::LeaderChanged, happening::leader_changed("stor-a", "x")),
        (EventKind::NodeReachable, happening::node_answers("stor-b")),
    ] {
        memory.add_event(kind, "x", what);
    }
    for (seq, action, outcome) in [
        (1, "put volume x on nodes 1, 4", "done"),
        (2, "log in as amy", "failed: wrong password or code"),
        (3, "create volume x", "refused: there is a volume x already"),
        (4, "begin to verify all data", "done"),
    ] {
        memory.add_audit(record(seq, action, outcome));
    }
    let mut browser = korean(memory, "administrator").await;
    let typed = [("name", "x"), ("members", "x"), ("role", "operator")];
    browser.fill("/groups/-new", "/groups/-new", &typed).await;
    browser.fill("/tasks", "/tasks", &[]).await;
    let token = [("name", "backup"), ("scope", "read_status"), ("token-proof", PASSWORD)];
    browser.fill("/account", "/account/tokens", &token).await;
    let at = "/srv/x".into();
    let mount = MountRequest { volume: "x".into(), at, read_only: false, suid: false, dev: false };
    Client::connect(&browser.socket()).await.unwrap().call::<MountRequest>(Nothing, &mount).await.unwrap();
    (browser, dir)
}

fn record(seq: u64, action: &str, outcome: &str) -> AuditRecord {
    AuditRecord {
        seq,
        at: NOW,
        actor: "amy".into(),
        address: "192.0.2.9".into(),
        through: ["session", "local socket", "nothing", "password", "API token backup"][seq as usize % 5]
            .into(),
        action: action.into(),
        outcome: outcome.into(),
        times: 2,
        hash: String::new(),
        names: [("4".to_owned(), "stor-d".to_owned())].into(),
    }
}

/// Where the route leads with what there is.
fn filled(path: &str) -> String {
    let name = if path.starts_with("/nodes") { "stor-a" } else { "x" };
    let disk = "%2Fvar%2Flib%2Fgotgan%2Fchunks";
    [
        ("{name}", name),
        ("{node}", "stor-a"),
        ("{path}", disk),
        ("{client}", "node1"),
        ("{id}", "1"),
        ("{code}", "ko"),
    ]
    .iter()
    .fold(path.to_owned(), |path, (place, value)| path.replace(place, value))
}

#[tokio::test]
async fn no_page_has_english_left() {
    let (mut browser, _dir) = with_everything().await;
    let routes =
        looked_at().filter(|route| !route.path.ends_with(".csv") && !route.path.starts_with("/assets"));
    let paths = routes.map(|route| filled(route.path));
    let more = [
        "/exports/edit?path=%2Fx",
        "/exports/delete?path=%2Fx",
        "/exports?client=192.0.2.7",
        "/performance?volume=x",
        "/performance/slow?volume=x",
        "/volumes?filter=nothing",
        "/audit?sort=outcome",
        "/nothing",
    ];
    let (mut left, mut seen) = (BTreeSet::new(), 0);
    for path in paths.chain(more.map(str::to_owned)) {
        let page = browser.get(&path).await;
        if page.status == StatusCode::SEE_OTHER {
            continue;
        }
        seen += 1;
        for line in shown(&page) {
            left.extend(english_runs(&line).into_iter().map(|run| format!("{path}: {run}")));
        }
    }
    assert!(left.is_empty(), "{left:#?}");
    // One word alone may be a name; this one was none.
    assert!(browser.get("/audit").await.text.contains("192.0.2.9 비밀번호로"));
    assert!(seen > 45, "{seen}");
}

#[tokio::test]
async fn what_is_done_most_is_done_in_korean_without_a_script() {
    let memory = Memory::in_cluster();
    memory.add_user("amy", Role::Auditor);
    memory.refuse_mount("192.0.2.7", "/films", Some("films"), RefusingRule::NoRule);
    let mut browser = korean(memory, "administrator").await;
    for (path, action, typed, said) in [
        ("/volumes/-new", "/volumes/-new", &[("name", "films"), ("network", "192.0.2.0/24")][..], "films"),
        ("/volumes/films/limits", "/volumes/films/limits", &[("bytes", "5 GiB")], "5.0 GiB"),
        (
            "/volumes/films/root",
            "/volumes/films/root",
            &[("writers", "owner"), ("uid", "1000"), ("gid", "100")],
            "1000:100",
        ),
        ("/volumes/films/description", "/volumes/films/description", &[("description", "영화")], "영화"),
        ("/exports/edit?path=%2Ffilms&client=192.0.2.7", "/exports/edit", &[], "192.0.2.7/32"),
        (
            "/users/-new",
            "/users/-new",
            &[("name", "bea"), ("role", "operator"), ("password", PASSWORD), ("again", PASSWORD)],
            "bea",
        ),
        ("/users/amy", "/users/amy", &[("role", "operator")], "amy"),
        (
            "/groups/-new",
            "/groups/-new",
            &[("name", "night"), ("members", "amy"), ("role", "operator")],
            "night",
        ),
        ("/groups/night/delete", "/groups/night/delete", &[], "night"),
        ("/users/bea/delete", "/users/bea/delete", &[], "bea"),
        ("/tasks", "/tasks", &[], "stor-a 노드가 데이터를 읽기 시작합니다"),
        ("/tasks/1", "/tasks/1/cancel", &[], "취소"),
        ("/settings/cluster", "/settings/cluster", &[("name", "집"), ("zone", "Asia/Seoul")], "Asia/Seoul"),
        ("/exports/delete?path=%2Ffilms", "/exports/delete", &[], "/films"),
        ("/volumes/films/delete", "/volumes/films/delete", &[("typed", "films")], "films"),
    ] {
        let done = browser.fill(path, action, typed).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{path}: {}", done.text);
        is_korean(&browser.follow(done).await, said);
    }
    is_korean(&browser.fill("/nodes/-add", "/nodes/-add", &[]).await, "gotgan-join-");
}

#[tokio::test]
async fn the_way_in_is_korean() {
    let mut browser = console(Memory::in_cluster()).await;
    browser.cookies.insert("lang".into(), "ko".into());
    is_korean(&browser.get("/login").await, "로그인");
    let refused = browser.post("/login", &[("user", "operator"), ("password", "hunter2hunter2")]).await;
    is_korean(&refused, "비밀번호");
    let inside = browser.log_in("operator").await;
    is_korean(&browser.follow(inside).await, "데이터가 한 노드에만 있습니다");
}
