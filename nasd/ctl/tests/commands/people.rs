//! Users, groups, sessions, tokens, and what they did.

use crate::process::{Node, cluster};
use memory_management::CODE;
use nasd_api::{Client, ConfirmFactor, CurrentPassword, LogIn, Nothing, OfferFactor, Secret, Who};

#[test]
fn roles_say_what_they_may() {
    let said = cluster().gives(&["user", "roles"]);
    assert!(said.contains("auditor        read_status, read_identity, read_audit, own_account"), "{said}");
}

#[test]
fn users_are_made_changed_and_deleted() {
    let node = cluster();
    assert!(node.gives(&["user", "list"]).starts_with("There are no users."));
    let made = node
        .says_to(&["user", "create", "amy", "--role", "share_owner", "--owns", "demo"], "one two three\n");
    assert_eq!(made.status, 0, "{}", made.err);
    let expected = "USER  ROLE         STATE   SECOND FACTOR  GROUPS  OWNS  SINCE\n\
                    amy   share_owner  active  no             -       demo  2027-01-15 08:00:00Z\n";
    assert_eq!(node.gives(&["user", "list"]), expected);
    node.gives(&["user", "set", "amy", "--role", "operator", "--disable"]);
    let user = &node.json(&["user", "list"])[0];
    assert_eq!((&user["role"], &user["disabled"]), (&"operator".into(), &true.into()));
    assert_eq!(user["owned"], serde_json::json!([]));
    node.gives(&["user", "set", "amy", "--enable"]);
    let user = &node.json(&["user", "list"])[0];
    assert_eq!((&user["role"], &user["disabled"]), (&"operator".into(), &false.into()));
    node.gives(&["user", "unlock", "amy"]);
    node.gives(&["user", "remove-factor", "amy"]);
    let asked = node.says(&["user", "delete", "amy"]);
    assert!(
        asked.status == 2 && asked.err.contains("amy (operator) goes with 0 session(s)"),
        "{}",
        asked.err
    );
    node.gives(&["user", "delete", "amy", "--yes"]);
    for gone in [&["user", "unlock", "amy"][..], &["user", "set", "amy", "--enable"]] {
        assert_eq!(node.says(gone).status, 1);
    }
    for wrong in [&["user", "set", "amy"][..], &["user", "create", "amy", "--role", "king"]] {
        assert_eq!(node.says(wrong).status, 2);
    }
}

#[test]
fn groups_are_made_changed_and_deleted() {
    let node = cluster();
    assert!(node.gives(&["group", "list"]).starts_with("There are no groups."));
    for name in ["amy", "bob"] {
        let create = ["user", "create", name, "--role", "auditor"];
        assert_eq!(node.says_to(&create, "one two three\n").status, 0);
    }
    let create = ["group", "create", "night", "--role", "share_owner", "--owns", "demo", "--member"];
    let stranger = node.says(&[&create[..], &["cho"]].concat());
    assert!(stranger.status == 1 && stranger.err.contains("there is no user cho"), "{}", stranger.err);
    node.gives(&[&create[..], &["amy"]].concat());
    let expected = "GROUP  ROLE         MEMBERS  OWNS\n\
                    night  share_owner  amy      demo\n";
    assert_eq!(node.gives(&["group", "list"]), expected);
    assert_eq!(node.json(&["user", "list"])[0]["groups"], serde_json::json!(["night"]));
    node.gives(&["group", "set", "night", "--role", "operator", "--add", "bob", "--remove", "amy"]);
    let group = &node.json(&["group", "list"])[0];
    assert_eq!((&group["role"], &group["owned"]), (&"operator".into(), &serde_json::json!([])));
    assert_eq!(group["members"], serde_json::json!(["bob"]));
    let gone = node.says(&["group", "set", "night", "--remove", "amy"]);
    assert!(gone.status == 1 && gone.err.contains("amy is not in the group night"), "{}", gone.err);
    let asked = node.says(&["group", "delete", "night"]);
    assert!(asked.status == 2 && asked.err.contains("1 member(s) of night lose"), "{}", asked.err);
    node.gives(&["group", "delete", "night", "--yes"]);
    assert_eq!(node.json(&["user", "list"]).as_array().unwrap().len(), 2, "its members stay");
    assert_eq!(node.says(&["group", "set", "night", "--role", "auditor"]).status, 1);
    assert_eq!(node.says(&["group", "set", "night"]).status, 2);
}

#[test]
fn passwords_come_from_a_file_or_standard_input_and_never_from_the_command_line() {
    let node = cluster();
    let create = ["user", "create", "amy", "--role", "operator"];
    for (input, why) in [("", "empty"), ("\n", "empty"), ("one\ntwo\n", "one line")] {
        let said = node.says_to(&create, input);
        assert!(said.status == 2 && said.err.contains(why), "{}", said.err);
    }
    assert_eq!(node.says(&[&create[..], &["--password", "x"]].concat()).status, 2);
    let file = node.dir.path().join("password");
    std::fs::write(&file, " with space \n").unwrap();
    let file = file.to_str().unwrap();
    node.gives(&[&create[..], &["--password-file", file]].concat());
    let token = ["token", "create", "t", "--scope", "read_status", "--user", "amy"];
    assert_eq!(node.says_to(&token, "with space\n").status, 1, "space belongs to a password");
    node.gives(&[&token[..], &["--password-file", file]].concat());
    assert!(node.gives(&["token", "list"]).contains("amy   t"));
    assert_eq!(node.says_to(&["user", "password", "amy", "--keep-tokens"], "a second one\n").status, 0);
    assert!(node.gives(&["token", "list"]).contains("amy   t"));
    assert_eq!(node.says_to(&["user", "password", "amy"], "another one 12\n").status, 0);
    assert_eq!(node.gives(&["token", "list"]), "There are no API tokens.\n", "they end with the password");
    let token = ["token", "create", "t-2", "--scope", "read_status", "--user", "amy"];
    assert_eq!(node.says_to(&token, "another one 12").status, 0);
}

#[test]
fn a_password_that_is_typed_is_not_shown_and_typed_twice() {
    let node = cluster();
    let create = ["user", "create", "amy", "--role", "operator"];
    let mut session = node.at_terminal(&create);
    session.asks("New password of amy: ");
    session.types("one two three\n");
    session.asks("The same again: ");
    session.types("one two thre\u{7f}ee\n");
    let (said, shown) = session.ends();
    assert!(said.status == 0 && shown.is_empty(), "{}, {shown}", said.err);
    let mut session = node.at_terminal(&["user", "password", "amy"]);
    session.asks("New password of amy: ");
    session.types("one two three\n");
    session.asks("The same again: ");
    session.types("another\n");
    let (said, _) = session.ends();
    assert!(said.status == 2 && said.err.contains("differ"), "{}", said.err);
    let mut session = node.at_terminal(&["user", "password", "amy"]);
    session.asks("New password of amy: ");
    session.types("\u{3}");
    let (said, _) = session.ends();
    assert!(said.status == 4 && said.err.contains("cancelled"), "{}", said.err);
}

#[test]
fn a_token_is_made_by_logging_in_listed_and_revoked() {
    let node = cluster();
    node.says_to(&["user", "create", "amy", "--role", "operator"], "one two three\n");
    let create =
        ["token", "create", "laptop", "--scope", "read_status", "--scope", "change_exports", "--days", "30"];
    let root = node.says(&create);
    assert!(root.status == 2 && root.err.contains("--user"), "{}", root.err);
    let made = node.says_to(&[&create[..], &["--user", "amy"]].concat(), "one two three\n");
    assert_eq!(made.out, "token-amy-laptop\n", "nothing but the token: {}", made.err);
    assert!(made.err.contains("good until 2027-02-14 08:00:00Z"), "{}", made.err);
    let expected = "USER  TOKEN   SCOPES                      MADE                  GOOD UNTIL\n\
                    amy   laptop  read_status change_exports  2027-01-15 08:00:00Z  2027-02-14 08:00:00Z\n";
    assert_eq!(node.gives(&["token", "list"]), expected);
    node.gives(&["token", "revoke", "amy", "laptop"]);
    assert_eq!(node.gives(&["token", "list"]), "There are no API tokens.\n");
    assert_eq!(node.says(&["token", "revoke", "amy", "laptop"]).status, 1);
    for wrong in [&["token", "create", "x"][..], &["token", "create", "x", "--scope", "all"]] {
        assert_eq!(node.says(wrong).status, 2);
    }
}

/// Logs in as somebody else does, in a browser.
fn log_in(node: &Node, user: &str, password: &str) -> Client {
    let address = "192.0.2.9".parse().unwrap();
    let visitor = node.client().acting(Who::Visitor(address));
    let request = LogIn { user: user.into(), password: Secret::new(password), code: None };
    let (session, whoami) = node.runtime.block_on(visitor.log_in(&request)).unwrap();
    visitor.acting(Who::Session { address, session, csrf: whoami.csrf_token })
}

#[test]
fn sessions_are_listed_and_ended() {
    let node = cluster();
    assert_eq!(node.gives(&["session", "list"]), "Nobody is logged in.\n");
    node.says_to(&["user", "create", "amy", "--role", "operator"], "one two three\n");
    log_in(&node, "amy", "one two three");
    let sessions = node.gives(&["session", "list"]);
    assert!(sessions.contains("1        amy   192.0.2.9  2027-01-15 08:00:00Z"), "{sessions}");
    node.gives(&["session", "end", "1"]);
    assert_eq!(node.gives(&["session", "list"]), "Nobody is logged in.\n");
    assert_eq!(node.says(&["session", "end", "1"]).status, 1);
}

#[test]
fn a_second_factor_is_asked_for_when_there_is_one() {
    let node = cluster();
    node.says_to(&["user", "create", "amy", "--role", "operator"], "one two three\n");
    let amy = log_in(&node, "amy", "one two three");
    let proof = CurrentPassword { current: Some(Secret::new("one two three")) };
    node.runtime.block_on(amy.call::<OfferFactor>(Nothing, &proof)).unwrap();
    let code = ConfirmFactor { code: Secret::new(CODE) };
    node.runtime.block_on(amy.call::<ConfirmFactor>(Nothing, &code)).unwrap();
    let create = ["token", "create", "t", "--scope", "read_status", "--user", "amy"];
    let nobody = node.says_to(&create, "one two three\n");
    assert!(nobody.status == 2 && nobody.err.contains("at a terminal"), "{}", nobody.err);
    let right = format!("{CODE}\n");
    for (code, status) in [("654321\n", 1), (right.as_str(), 0)] {
        let mut session = node.at_terminal(&create);
        session.asks("Password of amy: ");
        session.types("one two three\n");
        session.asks("or a recovery code: ");
        session.types(code);
        assert_eq!(session.ends().0.status, status, "{code}");
    }
    node.gives(&["user", "remove-factor", "amy"]);
    let create = ["token", "create", "t-2", "--scope", "read_status", "--user", "amy"];
    assert_eq!(node.says_to(&create, "one two three\n").status, 0);
}

#[test]
fn the_audit_log_is_read_page_by_page_and_verified() {
    let node = cluster();
    for volume in ["demo", "media", "home"] {
        node.gives(&["volume", "create", volume]);
    }
    let page = node.json(&["audit", "list", "--limit", "2"]);
    let numbers: Vec<u64> =
        page.as_array().unwrap().iter().map(|record| record["seq"].as_u64().unwrap()).collect();
    let next = node.json(&["audit", "list", "--before", &numbers[1].to_string()]);
    assert!(next.as_array().unwrap().iter().all(|record| record["seq"].as_u64().unwrap() < numbers[1]));
    // What the node in memory records of an act is neither `done` nor `refused`.
    let fitting = [
        "audit",
        "list",
        "--user",
        "root",
        "--outcome",
        "failed",
        "--since",
        "2027-01-15",
        "--until",
        "2027-01-16",
    ];
    assert_eq!(node.json(&fitting).as_array().unwrap().len(), 3);
    for other in [
        ["--user", "amy"],
        ["--outcome", "done"],
        ["--about", "cellar"],
        ["--until", "2027-01-15"],
        ["--since", "2027-01-16"],
    ] {
        assert_eq!(node.json(&[&["audit", "list"], &other[..]].concat()), serde_json::json!([]), "{other:?}");
    }
    let oldest = node.json(&["audit", "list", "--sort", "at", "--filter", "ROOT"]);
    assert_eq!(
        (oldest.as_array().unwrap().len(), node.json(&["audit", "list", "--filter", "-actor:root"])),
        (3, serde_json::json!([]))
    );
    let odd = node.says(&["audit", "list", "--sort", "colour"]);
    assert!(odd.status == 1 && odd.err.contains("colour") && odd.err.contains("outcome"), "{}", odd.err);
    let odd = node.says(&["audit", "list", "--since", "yesterday"]);
    assert!(odd.status == 2 && odd.err.contains("`yesterday` is not a time"), "{}", odd.err);
    let table = node.gives(&["audit", "list"]);
    assert!(table.starts_with("NUMBER  AT ") && table.contains("root"), "{table}");
    assert_eq!(node.gives(&["audit", "verify"]), "The log has no records yet.\n");
    assert_eq!(node.says(&["audit", "list", "--limit", "0"]).status, 2);
}
