//! Bad input, and what becomes of what was typed.

use crate::browser::{console, logged_in, looked_at, pages};
use axum::body::Body;
use axum::http::StatusCode;
use memory_management::{Memory, PASSWORD};
use nasd_api::{SESSION_COOKIE, Secret, Who};
use nasd_base::role::Role;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

const CANARY: &str = "<script>alert(1)</script>\"'&";

/// What must be among the pages that are walked; new ones are by themselves.
const KNOWN_PAGES: [&str; 19] = [
    "/",
    "/volumes",
    "/volumes/-new",
    "/exports",
    "/exports/new",
    "/nodes",
    "/nodes/-add",
    "/users",
    "/users/-new",
    "/groups",
    "/groups/-new",
    "/sessions",
    "/account",
    "/audit",
    "/settings",
    "/settings/cluster",
    "/settings/certificate",
    "/settings/certificate/reset",
    "/help",
];

#[tokio::test]
async fn a_form_whose_session_ended_waits_for_the_login_with_all_that_was_typed() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    let page = browser.get("/volumes/-new").await;
    browser.memory.end_all_sessions();
    let typed = [("name", "media"), ("bytes", "2 TiB"), ("network", "192.0.2.0/24")];
    let refused = browser.fill_in(&page, "/volumes/-new", &typed).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let login = [("user", "administrator"), ("password", PASSWORD)];
    let again = browser.fill_in(&refused, "/login", &login).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.text);
    assert_eq!(again.field("/volumes/-new", "name"), "media");
    assert_eq!(again.field("/volumes/-new", "bytes"), "2 TiB");
    assert!(browser.memory.volume_names().is_empty(), "it is shown, not carried out");
    let made = browser.fill_in(&again, "/volumes/-new", &[]).await;
    assert_eq!(made.location(), "/volumes/media");
    let volume = browser.follow(made).await;
    assert!(
        volume.text.contains("shared over NFS") && volume.text.contains("192.0.2.0/24"),
        "{}",
        volume.text
    );
}

#[tokio::test]
async fn a_password_is_never_carried_along() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    let page = browser.get("/users/-new").await;
    browser.memory.end_all_sessions();
    let typed = [("name", "kim"), ("password", "a secret of kim"), ("again", "a secret of kim")];
    let refused = browser.fill_in(&page, "/users/-new", &typed).await;
    assert!(!refused.text.contains("secret") && refused.text.contains("kim"), "{}", refused.text);
}

#[tokio::test]
async fn a_page_of_another_session_shows_its_form_again() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    let fields = [("csrf", "of yesterday"), ("name", "media")];
    let refused = browser.post("/volumes/-new", &fields).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let again = browser.fill_in(&refused, "/volumes/-new", &[]).await;
    assert_eq!(again.field("/volumes/-new", "name"), "media");
    assert!(browser.memory.volume_names().is_empty());
}

#[tokio::test]
async fn what_is_wrong_is_said_at_the_top_and_at_the_field_and_all_is_kept() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    let typed = [("name", "Bad Name"), ("bytes", "much"), ("writers", "owner"), ("network", "here")];
    let page = browser.fill("/volumes/-new", "/volumes/-new", &typed).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    for field in ["name", "bytes", "uid", "gid", "network"] {
        assert!(page.text.contains(&format!("href=\"#{field}\"")), "{field}");
        assert!(page.text.contains(&format!("id=\"{field}-wrong\"")), "{field}");
    }
    assert_eq!(page.field("/volumes/-new", "network"), "here");
}

/// A volume and its share made with the defaults could be written by nobody: the root directory was root's, and root
/// is squashed.
#[tokio::test]
async fn who_may_write_is_chosen_with_the_volume_and_changed_later() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    let made = browser.fill("/volumes/-new", "/volumes/-new", &[("name", "media")]).await;
    let volume = browser.follow(made).await;
    assert!(volume.text.contains("Everybody who may mount"), "{}", volume.text);
    let path = "/volumes/media/root";
    let page = browser.get(path).await;
    assert_eq!(page.field(path, "mode"), "2770", "what an owner gets unless something else is typed");
    let owned = [("writers", "owner"), ("uid", "1000"), ("gid", "100")];
    let wrong = browser.fill_in(&page, path, &[owned[0], ("uid", "-1"), ("gid", "x"), ("mode", "rwx")]).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    for field in ["uid", "gid", "mode"] {
        assert!(wrong.text.contains(&format!("href=\"#{field}\"")), "{field}");
    }
    let set = browser.fill_in(&page, path, &owned).await;
    let volume = browser.follow(set).await;
    assert!(volume.text.contains("1000:100, Mode 2770"), "{}", volume.text);
    let page = browser.get(path).await;
    assert_eq!((page.field(path, "writers"), page.field(path, "uid")), ("owner".into(), "1000".into()));
    let set = browser.fill_in(&page, path, &[("writers", "root")]).await;
    assert!(browser.follow(set).await.text.contains("Root only"));
}

/// A cluster of one node offered seven replicas, and refused all but one.
#[tokio::test]
async fn only_as_many_replicas_as_the_cluster_can_hold_are_offered() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    let page = browser.get("/volumes/-new").await;

    assert!(page.text.contains("<option value=\"1\">1</option>"), "{}", page.text);
    assert!(!page.text.contains("<option value=\"2\">2</option>"));
}

#[tokio::test]
async fn a_volume_shows_what_to_type_to_mount_it() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    let typed = [("name", "media"), ("network", "192.0.2.0/24")];
    let made = browser.fill("/volumes/-new", "/volumes/-new", &typed).await;
    let volume = browser.follow(made).await;
    let line = "port=2049,mountport=2049 192.0.2.1:/media /mnt";
    assert!(volume.text.contains(line), "{}", volume.text);
}

#[tokio::test]
async fn the_same_form_twice_asks_with_the_same_key() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    let page = browser.get("/volumes/-new").await;
    browser.fill_in(&page, "/volumes/-new", &[("name", "one")]).await;
    let first = browser.memory.last_op();
    browser.fill_in(&page, "/volumes/-new", &[("name", "one")]).await;
    assert_eq!(browser.memory.last_op(), first, "a double click");
    browser.fill_in(&page, "/volumes/-new", &[("name", "two")]).await;
    assert_ne!(browser.memory.last_op(), first, "back, and another name");
}

/// The cluster remembers what it answered to a key, refusals too. A form that named a user who was made meanwhile was
/// refused again with what it had been told before.
#[tokio::test]
async fn a_form_that_was_refused_is_another_request_when_it_is_sent_again() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    let typed = [("name", "night"), ("members", "amy"), ("role", "operator")];
    let refused = browser.fill("/groups/-new", "/groups/-new", &typed).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let first = browser.memory.last_op();
    browser.memory.add_user("amy", Role::Auditor);
    assert_eq!(browser.fill_in(&refused, "/groups/-new", &[]).await.location(), "/groups");
    assert_ne!(browser.memory.last_op(), first);
}

#[tokio::test]
async fn of_two_administrators_the_second_sees_both_sides_and_decides() {
    let memory = Memory::in_cluster();
    memory.add_volume("media");
    let mut browser = logged_in(memory, "administrator").await;
    let (mine, theirs) = ("/volumes/media/limits", [("bytes", "5 GiB")]);
    let page = browser.get(mine).await;
    assert_eq!(browser.fill(mine, mine, &theirs).await.status, StatusCode::SEE_OTHER);
    let conflict = browser.fill_in(&page, mine, &[("bytes", "7 GiB")]).await;
    assert_eq!(conflict.status, StatusCode::PRECONDITION_FAILED);
    assert!(conflict.text.contains("5 GiB"));
    assert_eq!(conflict.field(mine, "bytes"), "7 GiB");
    assert_eq!(browser.fill_in(&conflict, mine, &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get(mine).await.field(mine, "bytes"), "7 GiB");
}

#[tokio::test]
async fn an_export_changed_by_two_is_a_conflict_too() {
    let memory = Memory::in_cluster();
    memory.add_volume("media");
    memory.add_export("/media", "media");
    let mut browser = logged_in(memory, "administrator").await;
    let (path, action) = ("/exports/edit?path=%2Fmedia", "/exports/edit");
    let page = browser.get(path).await;
    let saved = browser.fill(path, action, &[("network", "192.0.2.1")]).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    let conflict = browser.fill_in(&page, action, &[("network", "198.51.100.0/24")]).await;
    assert_eq!(conflict.status, StatusCode::PRECONDITION_FAILED);
    assert!(conflict.text.contains("192.0.2.1/32"));
    assert_eq!(conflict.field(action, "network"), "198.51.100.0/24");
}

#[tokio::test]
async fn a_group_changed_by_two_is_a_conflict_too() {
    let memory = Memory::in_cluster();
    memory.add_user("amy", Role::Auditor);
    memory.add_user("bob", Role::Auditor);
    let mut browser = logged_in(memory, "administrator").await;
    let typed = [("name", "night"), ("members", "amy"), ("role", "operator")];
    let made = browser.fill("/groups/-new", "/groups/-new", &typed).await;
    assert_eq!(made.location(), "/groups");
    let path = "/groups/night";
    let page = browser.get(path).await;
    assert_eq!(browser.fill(path, path, &[("members", "amy bob")]).await.status, StatusCode::SEE_OTHER);
    let conflict = browser.fill_in(&page, path, &[("members", "")]).await;
    assert_eq!(conflict.status, StatusCode::PRECONDITION_FAILED);
    assert!(conflict.text.contains("amy bob"), "{}", conflict.text);
    assert_eq!(browser.fill_in(&conflict, path, &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get(path).await.field(path, "members"), "");
    let stranger = browser.fill(path, path, &[("members", "amy, cho")]).await;
    assert_eq!(stranger.status, StatusCode::NOT_FOUND);
    assert!(stranger.text.contains("there is no user cho"));
    assert_eq!(stranger.field(path, "members"), "amy, cho");
}

#[tokio::test]
async fn settings_that_cannot_be_are_refused_at_their_fields_and_two_who_change_them_meet() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    let path = "/settings/cluster";
    let page = browser.get(path).await;
    for (idle, lifetime, field) in
        [("4", "60", "idle"), ("60", "1441", "lifetime"), ("61", "60", "lifetime"), ("1.5", "60", "idle")]
    {
        let refused = browser.fill_in(&page, path, &[("idle", idle), ("lifetime", lifetime)]).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{idle} {lifetime}");
        assert!(refused.text.contains(&format!("id=\"{field}-wrong\"")), "{idle} {lifetime}");
        assert_eq!(refused.field(path, "idle"), idle);
    }
    let saved = browser.fill_in(&page, path, &[("name", "archive"), ("idle", "15")]).await;
    assert_eq!(saved.location(), "/settings");
    let conflict = browser.fill_in(&page, path, &[("idle", "20")]).await;
    assert_eq!(conflict.status, StatusCode::PRECONDITION_FAILED);
    assert!(conflict.text.contains("archive") && conflict.text.contains("15"));
    let shown = browser.get("/sessions").await;
    assert!(shown.text.contains("after 15 minutes without use and after 720 minutes at the latest"));
}

#[tokio::test]
async fn rows_are_added_without_a_script_and_nothing_typed_is_lost() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    let typed = [("path", "/a"), ("network", "192.0.2.7"), ("add", "1")];
    let page = browser.fill("/exports/new", "/exports/new", &typed).await;
    let rows: Vec<_> =
        page.fields("/exports/new").into_iter().filter(|(name, _)| name == "network").collect();
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert_eq!(rows[0].1, "192.0.2.7");
    assert_eq!(page.field("/exports/new", "path"), "/a");
}

#[tokio::test]
async fn rows_are_moved_without_a_script_and_saved_in_their_new_order() {
    let memory = Memory::in_cluster();
    memory.add_volume("media");
    let mut browser = logged_in(memory, "administrator").await;
    let action = "/exports/new";
    let mapped = "network=10.0.0.0/8&access=ro&squash=all&uid=1000&gid=100&ports=insecure&network=10.0.0.7\
        &access=rw&squash=root&uid=&gid=&ports=secure&path=/media&volume=media";
    let typed: Vec<_> = form_urlencoded::parse(mapped.as_bytes()).into_owned().collect();
    let page = browser.get(action).await;
    let own = ["csrf", "op"].map(|name| (name.to_owned(), page.field(action, name)));
    let typed: Vec<_> = typed.into_iter().chain(own).collect();
    let mut pressed: Vec<_> = typed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    pressed.push(("up", "1"));
    let page = browser.post(action, &pressed).await;
    assert_eq!(page.status, StatusCode::OK);
    let fields = page.fields(action);
    let all = |name: &str| -> Vec<String> {
        fields.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
    };
    assert_eq!(all("network"), ["10.0.0.7", "10.0.0.0/8"]);
    assert_eq!(all("access"), ["rw", "ro"]);
    assert_eq!(all("squash"), ["root", "all"]);
    assert_eq!(all("uid"), ["", "1000"]);
    assert_eq!(all("ports"), ["secure", "insecure"]);
    assert!(page.text.contains("everybody becomes 1000:100") && !page.text.contains("Everybody is nobody"));
    let saved: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(browser.post(action, &saved).await.status, StatusCode::SEE_OTHER);
    let list = browser.get("/exports").await.text;
    let (one, net) = (list.find("10.0.0.7/32").unwrap(), list.find("10.0.0.0/8").unwrap());
    assert!(one < net && list.contains("Read only; everybody becomes 1000:100; from any port"), "{list}");
}

#[tokio::test]
async fn the_exports_tell_what_one_client_may_mount_and_as_whom() {
    let memory = Memory::in_cluster();
    memory.add_volume("media");
    memory.add_export("/closed", "media");
    let mut browser = logged_in(memory, "administrator").await;
    let typed = [("path", "/media"), ("volume", "media"), ("network", "10.0.0.0/8"), ("squash", "none")];
    assert_eq!(browser.fill("/exports/new", "/exports/new", &typed).await.status, StatusCode::SEE_OTHER);
    for client in ["10.0.0.7", "%3A%3Affff%3A10.0.0.7"] {
        let page = browser.get(&format!("/exports?client={client}")).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text.contains("May mount it"), "{}", page.text);
        assert!(page.text.contains("10.0.0.0/8: Read and write; everybody stays, root too"));
        assert!(page.text.contains("May not mount it") && page.text.contains("nobody may"));
    }
    let page = browser.get("/exports?client=2001%3Adb8%3A%3A7").await;
    assert!(page.text.contains("no row holds 2001:db8::7"));
    let page = browser.get("/exports?client=10.0.0.0%2F8&filter=media").await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.text.contains("id=\"client-wrong\"") && page.text.contains("10.0.0.0/8"));
    assert_eq!(page.field("/exports", "filter"), "media");
}

#[tokio::test]
async fn of_very_many_rules_the_list_shows_the_first() {
    let memory = Memory::in_cluster();
    memory.add_volume("media");
    let mut browser = logged_in(memory, "administrator").await;
    let networks: Vec<String> = (1..=12).map(|host| format!("192.0.2.{host}")).collect();
    let mut typed = vec![("path", "/media"), ("volume", "media")];
    for network in &networks {
        typed.extend([("network", network.as_str()), ("access", "rw"), ("squash", "root")]);
    }
    assert_eq!(browser.fill("/exports/new", "/exports/new", &typed).await.status, StatusCode::SEE_OTHER);
    let list = browser.get("/exports").await.text;
    assert!(list.contains("192.0.2.8/32") && !list.contains("192.0.2.9/32") && list.contains("and 4 more"));
    let list = browser.get("/exports?client=192.0.2.12").await.text;
    assert!(list.contains("192.0.2.12/32: Read and write"), "{list}");
}

#[tokio::test]
async fn a_client_that_is_refused_is_let_in_where_the_refusal_is_said() {
    let memory = Memory::in_cluster();
    memory.add_volume("media");
    memory.add_export("/media", "media");
    let mut browser = logged_in(memory, "administrator").await;
    let page = browser.get("/exports?client=2001%3Adb8%3A%3A7").await;
    let to = "/exports/edit?path=%2Fmedia&client=2001%3Adb8%3A%3A7";
    assert!(page.text.contains(&to.replace('&', "&amp;")), "{}", page.text);
    let form = browser.get(to).await;
    let networks = |page: &crate::browser::Page| -> Vec<String> {
        let fields = page.fields("/exports/edit").into_iter();
        fields.filter(|(name, _)| name == "network").map(|(_, value)| value).collect()
    };
    assert_eq!(networks(&form).last().unwrap(), "2001:db8::7");
    assert_eq!(browser.fill_in(&form, "/exports/edit", &[]).await.status, StatusCode::SEE_OTHER);
    let page = browser.get("/exports?client=2001%3Adb8%3A%3A7").await;
    assert!(page.text.contains("May mount it") && !page.text.contains("&amp;client="));
    let nonsense = browser.get("/exports/edit?path=%2Fmedia&client=here").await;
    assert_eq!(networks(&nonsense), ["2001:db8::7/128"]);
}

#[tokio::test]
async fn a_volume_goes_only_when_its_name_was_typed() {
    let memory = Memory::in_cluster();
    memory.add_volume("media");
    let mut browser = logged_in(memory, "administrator").await;
    let path = "/volumes/media/delete";
    let page = browser.fill(path, path, &[("typed", "medai")]).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert_eq!(browser.memory.volume_names(), ["media"]);
    let page = browser.fill(path, path, &[("typed", "media")]).await;
    assert_eq!(page.location(), "/volumes");
    assert!(browser.memory.volume_names().is_empty());
    assert_eq!(browser.get("/volumes/media").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn names_are_text_on_every_page_in_both_languages() {
    let memory = Memory::in_cluster();
    memory.add_volume(CANARY);
    memory.add_export(&format!("/{CANARY}"), CANARY);
    memory.add_user(CANARY, Role::Operator);
    let mut browser = logged_in(memory, "administrator").await;
    let name = nasd_api::percent_encoded(CANARY);
    for language in ["en", "ko"] {
        browser.cookies.insert("lang".into(), language.into());
        for route in looked_at() {
            let path = route.path.replace("{name}", &name).replace("{code}", language).replace("{id}", "1");
            for query in [format!("?filter={name}&path=%2F{name}&volume={name}&to=/"), String::new()] {
                let page = browser.get(&format!("{path}{query}")).await;
                assert!(!page.text.contains("<script>alert"), "{path}{query}: {}", page.text);
                assert!(page.status != StatusCode::INTERNAL_SERVER_ERROR, "{path}{query}");
            }
        }
    }
    let page = browser.get("/volumes").await;
    assert!(page.text.contains("&#60;script&#62;alert"), "the name is shown as it is");
}

#[tokio::test]
async fn every_page_is_in_the_language_that_was_asked_for_and_allows_nothing_inline() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    for (language, word) in [("en", "Dashboard"), ("ko", "대시보드")] {
        browser.cookies.insert("lang".into(), language.into());
        let mut known = BTreeSet::from(KNOWN_PAGES);
        for path in pages() {
            let page = browser.get(path).await;
            // Some show what the query names.
            assert!(matches!(page.status, StatusCode::OK | StatusCode::NOT_FOUND), "{path}: {}", page.status);
            if page.status == StatusCode::OK {
                known.remove(path);
            }
            assert!(page.text.contains(&format!("<html lang=\"{language}\">")), "{path}");
            assert!(page.text.contains(word), "{path}");
            assert!(
                page.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'")
            );
            assert_eq!(page.headers["cache-control"], "no-store");
            assert!(!page.text.contains(" style=") && !page.text.contains(" onclick="), "{path}");
        }
        assert!(known.is_empty(), "{known:?}");
    }
}

#[tokio::test]
async fn ten_thousand_volumes_are_pages_below_100_kb() {
    let memory = Memory::in_cluster();
    (0..10_000).for_each(|number| memory.add_volume(&format!("volume-with-a-rather-long-name-{number:05}")));
    let mut browser = logged_in(memory, "administrator").await;
    for path in ["/", "/volumes", "/volumes?sort=name&descending=true", "/volumes?filter=long"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(page.text.len() < 100_000, "{path}: {} bytes", page.text.len());
    }
    assert!(browser.get("/volumes?sort=name&descending=true").await.text.contains("name-09999"));
    assert!(browser.get("/volumes?filter=name-04711").await.text.contains("name-04711"));
}

#[tokio::test]
async fn large_forms_and_other_types_are_refused_in_words() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    let large = "x".repeat(10 << 20);
    let page = browser.post("/volumes/-new", &[("csrf", "csrf"), ("name", &large)]).await;
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(page.text.contains("64 KiB") && page.text.len() < 20_000);
    for kind in ["application/json", "text/plain", "multipart/form-data; boundary=x", ""] {
        let request = browser.request("POST", "/volumes/-new").header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", kind).body(Body::from("csrf=csrf&name=a")).unwrap();
        let page = browser.send(request).await;
        assert_eq!(page.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
    }
    assert!(browser.memory.volume_names().is_empty());
}

#[tokio::test]
async fn odd_paths_lead_to_a_page_that_says_so() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    for path in [
        "/volumes/none",
        "/users/none",
        "/groups/none",
        "/exports/edit?path=/none",
        "/volumes/..%2f..%2fetc",
        "/nothing",
        "/assets/..%2fCargo.toml",
        "/volumes/%00",
        "/exports/delete?path=",
    ] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        // Nothing was sent, and there is a way on.
        let leads_on =
            page.text.contains("<nav class=\"side\"") && !page.text.contains("Nothing was changed");
        assert!(leads_on || path.starts_with("/assets"), "{path}: {}", page.text);
    }
    let page = browser.get("/language/ko?to=//evil.example").await;
    assert_eq!(page.location(), "/");
    let page = browser.get("/language/ko?to=/a%0d%0aset-cookie:x=y").await;
    assert_eq!((page.location(), page.headers.get_all("set-cookie").iter().count()), ("/".into(), 1));
}

#[tokio::test]
async fn the_wizard_is_for_who_has_the_link_and_founds_a_cluster() {
    let mut browser = console(Memory::default()).await;
    let secret = browser.console.begin_setup();
    browser.console.offer_setup().await;
    assert_eq!(browser.get("/login").await.location(), "/setup");
    assert_eq!(browser.get("/setup").await.status, StatusCode::FORBIDDEN);
    let guessed = browser.get("/setup?token=guess").await;
    assert_eq!(browser.follow(guessed).await.status, StatusCode::FORBIDDEN);
    let moved = browser.get(&format!("/setup?token={secret}")).await;
    assert_eq!(moved.location(), "/setup", "the token leaves the address");
    let page = browser.get("/setup").await;
    let typed =
        [("cluster", "office"), ("name", "administrator"), ("password", PASSWORD), ("again", PASSWORD)];
    let made = browser.fill_in(&page, "/setup", &typed).await;
    assert_eq!(made.location(), "/", "{}", made.text);
    let (address, link) = (IpAddr::from([192, 0, 2, 9]), Secret::new(&*secret));
    let founder = browser.console.node.acting(Who::Founder { address, secret: link });
    assert!(!founder.setup_state().await.unwrap().admitted, "the link is spent");
    let dashboard = browser.follow(made).await;
    assert!(dashboard.text.contains("office") && dashboard.status == StatusCode::OK, "{}", dashboard.text);
    let late = browser.get(&format!("/setup?token={secret}")).await;
    assert_eq!(browser.follow(late).await.location(), "/login");
}

#[tokio::test]
async fn old_answers_say_that_they_are_old() {
    let memory = Memory::in_cluster();
    memory.set_stale();
    let mut browser = logged_in(memory, "auditor").await;
    assert!(browser.get("/volumes").await.text.contains("This may be out of date."));
}

#[tokio::test]
async fn the_way_back_leads_to_a_form_that_was_refused_with_all_that_was_typed() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    let path = "/volumes/-new";
    let page = browser.get(path).await;
    let refused = browser.fill_in(&page, path, &[("name", "Bad Name"), ("bytes", "2 TiB")]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let address = refused.address.expect("a page that is looked at");
    assert!(address.starts_with("/volumes/-new?refused="), "{address}");
    browser.get("/volumes").await;
    let back = browser.get(&address).await;
    assert_eq!(back.status, StatusCode::BAD_REQUEST);
    let typed = (back.field(path, "name"), back.field(path, "bytes"));
    assert_eq!(typed, ("Bad Name".to_owned(), "2 TiB".to_owned()));
    assert!(
        back.headers.contains_key("content-security-policy") && back.headers["cache-control"] == "no-store"
    );
    let made = browser.fill_in(&back, path, &[("name", "media")]).await;
    assert_eq!(made.location(), "/volumes/media");
    let session = browser.cookies.insert(SESSION_COOKIE.to_owned(), "operator".to_owned());
    let others = browser.get(&address).await;
    assert!(others.status == StatusCode::OK && others.field(path, "name").is_empty(), "it is nobody else's");
    browser.cookies.insert(SESSION_COOKIE.to_owned(), session.unwrap());
    browser.memory.end_all_sessions();
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(10)).await;
    tokio::time::resume();
    assert_eq!(browser.get(&address).await.status, StatusCode::SEE_OTHER, "the session is over");
}

#[tokio::test]
async fn the_way_back_leads_to_a_form_that_nobody_answered() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    let path = "/volumes/-new";
    let page = browser.get(path).await;
    browser.end_nasd();
    let kept = browser.fill_in(&page, path, &[("name", "later")]).await;
    let back = browser.get(&kept.address.unwrap()).await;
    assert!(back.status == StatusCode::SERVICE_UNAVAILABLE && back.field(path, "name") == "later");
}

#[tokio::test]
async fn who_is_not_logged_in_leaves_nothing_in_the_console() {
    let mut browser = console(Memory::in_cluster()).await;
    let wrong = browser.post("/login", &[("user", "amy"), ("password", "wrong")]).await;
    assert!(wrong.status == StatusCode::UNAUTHORIZED && wrong.address.is_none());
    browser.cookies.insert(SESSION_COOKIE.to_owned(), "made up".to_owned());
    let large = browser.post("/volumes/-new", &[("name", &"x".repeat(70_000))]).await;
    assert!(large.status == StatusCode::PAYLOAD_TOO_LARGE && large.address.is_none());
}
