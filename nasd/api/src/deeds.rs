//! Owns what deeds are called: as the audit log holds them, and as people read them.
//!
//! The log holds an order (`create volume demo`). It is read as what was done or, where it was not, as what somebody tried.

use crate::nouns::{AuditEnding, AuditRecord};
use crate::refusal::{Language, in_korean};
use crate::refused::{filled, recognised};

struct Words {
    recorded: &'static str,
    english: &'static str,
    korean: &'static str,
}

macro_rules! deeds {
    ($($recorded:literal: $english:literal, $korean:literal;)*) => {
        const WORDS: &[Words] = &[$(Words { recorded: $recorded, english: $english, korean: $korean }),*];
    };
}

deeds! {
    // Of the replicated state.
    "create the cluster {cluster} with node {name}": "created the cluster {cluster} with {name}", "{name} 노드로 클러스터 {cluster} 생성";
    "give the cluster another authority": "gave the cluster another authority", "클러스터의 인증 기관 교체";
    "call the cluster {cluster}; sessions end after {idle} min without a request, {total} min at the latest":
        "called the cluster {cluster}, with sessions of {idle} minutes without a request and {total} minutes at most",
        "클러스터 설정 변경: 이름 {cluster}, 세션은 요청이 없으면 {idle}분, 길어도 {total}분";
    "activate node {node}": "activated node {node}", "노드 {node} 활성화";
    "set the address of node {node} to {address}": "set the address of node {node} to {address}", "노드 {node}의 주소를 변경: {address}";
    "remove node {node}": "removed node {node}", "노드 {node} 제거";
    "create a join token for {seconds} s": "made a join token for {seconds} seconds", "{seconds}초 동안 유효한 참여 토큰 생성";
    "let node {name} join from {address}": "let {name} join from {address}", "{name} 노드 참여 허용(주소 {address})";
    "begin to verify all data": "began to verify all data", "모든 데이터 검증 시작";
    "give all nodes the authority": "began to give all nodes the authority", "모든 노드에 인증 기관 배포 시작";
    "go on with task {task}": "went on with task {task}", "작업 {task} 계속";
    "finish the part of node {node} in task {task}": "finished the part of node {node} in task {task}", "작업 {task}의 노드 {node} 부분 완료";
    "cancel task {task}": "cancelled task {task}", "작업 {task} 취소";
    "create volume {name} with limits": "created volume {name} with limits", "볼륨 {name} 생성(한도 있음)";
    "create volume {name}": "created volume {name}", "볼륨 {name} 생성";
    "delete volume {name}": "deleted volume {name}", "볼륨 {name} 삭제";
    "put volume {name} on nodes {nodes}": "put volume {name} on nodes {nodes}", "볼륨 {name} 배치: 노드 {nodes}";
    "set the limits of volume {name}: bytes {bytes}, files {files}":
        "set the limits of volume {name}: {bytes} bytes, {files} files", "볼륨 {name}의 한도 설정: 바이트 {bytes}, 파일 {files}";
    "export volume {volume} as {path} to {clients}": "exported volume {volume} as {path} to {clients}", "볼륨 {volume} 내보내기: {path}, 클라이언트 {clients}";
    "set the clients of export {path} to {clients}": "set the clients of export {path} to {clients}", "내보내기 {path}의 클라이언트 설정: {clients}";
    "delete export {path}": "deleted export {path}", "내보내기 {path} 삭제";
    "create a setup token": "made a setup token", "설정 토큰 생성";
    "set up with the first administrator {name}": "set up with the first administrator {name}", "첫 관리자 {name} 설정";
    "create user {name}, {role}": "created user {name}, {role}", "사용자 {name} 생성, 역할 {role}";
    "make user {name} a disabled {role}": "disabled user {name}, {role}", "사용자 {name} 사용 중지, 역할 {role}";
    "make user {name} {role}": "made user {name} {role}", "사용자 {name} 변경, 역할 {role}";
    "set the password of {name}, whose API tokens stay": "set the password of {name}, whose API tokens stay", "{name}의 비밀번호 설정, API 토큰 유지";
    "set the password of {name}, and end its API tokens": "set the password of {name} and ended its API tokens", "{name}의 비밀번호 설정, API 토큰 폐기";
    "delete user {name}": "deleted user {name}", "사용자 {name} 삭제";
    "unlock user {name}": "unlocked user {name}", "사용자 {name} 잠금 해제";
    "log in as {name} with a recovery code": "logged in as {name} with a recovery code", "복구 코드로 로그인: {name}";
    "log in as {name}": "logged in as {name}", "로그인: {name}";
    "say the password of {name}": "said the password of {name}", "{name}의 비밀번호 확인";
    "use a session": "used a session", "세션 사용";
    "end session {id}": "ended session {id}", "세션 {id} 종료";
    "create API token {name} of {user} for {rights}": "made API token {name} of {user} for {rights}", "{user}의 API 토큰 {name} 생성: {rights}";
    "delete API token {name} of {user}": "revoked API token {name} of {user}", "{user}의 API 토큰 {name} 폐기";
    "begin a second factor of {user}": "began a second factor of {user}", "{user}의 2단계 인증 등록 시작";
    "put the second factor of {user} in force": "put the second factor of {user} in force", "{user}의 2단계 인증 적용";
    "remove the second factor of {user}": "removed the second factor of {user}", "{user}의 2단계 인증 제거";
    "create group {name}, {role}, of {members}": "created group {name}, {role}, of {members}", "그룹 {name} 생성, 역할 {role}, 구성원 {members}";
    "make group {name}, {role}, of {members}": "made group {name} {role}, of {members}", "그룹 {name} 변경, 역할 {role}, 구성원 {members}";
    "delete group {name}": "deleted group {name}", "그룹 {name} 삭제";

    // Of one node, which the gate records.
    "mount volume {volume} at {at} on {node}": "mounted {volume} at {at} on {node}", "{node} 노드에서 {volume} 마운트: {at}";
    "unmount {at} on {node}": "unmounted {at} on {node}", "{node} 노드에서 마운트 해제: {at}";
    "replace the HTTPS certificate on {node}": "replaced the HTTPS certificate on {node}", "{node} 노드의 HTTPS 인증서 교체";
    "go back to a self-signed certificate on {node}": "went back to a self-signed certificate on {node}", "{node} 노드의 인증서를 자체 서명 인증서로 교체";
    "set who may write into volume {name}": "set who may write into volume {name}", "볼륨 {name}에 쓸 수 있는 사용자 설정";

    // What was refused before it was looked at: summaries of operations, with what they name after a colon.
    "mount a volume on the answering node": "mounted a volume", "볼륨 마운트";
    "unmount a volume on the answering node": "unmounted a volume", "마운트 해제";
    "replace the answering node's HTTPS certificate": "replaced the HTTPS certificate", "HTTPS 인증서 교체";
    "go back to a new self-signed certificate": "went back to a self-signed certificate", "자체 서명 인증서로 교체";
    "found a cluster with this node": "founded a cluster with the node", "이 노드로 클러스터 생성";
    "join a cluster with this node": "joined a cluster with the node", "이 노드를 클러스터에 참여";
    "make a token that lets one node join": "made a join token", "참여 토큰 생성";
    "make a token for the first administrator": "made a setup token", "설정 토큰 생성";
    "revoke an API token": "revoked an API token", "API 토큰 폐기";
    "revoke one's own API token": "revoked their own API token", "자신의 API 토큰 폐기";
    "make an API token": "made an API token", "API 토큰 생성";
    "stop exporting a volume": "stopped exporting a volume", "내보내기 삭제";
    "export a volume": "exported a volume", "볼륨 내보내기";
    "replace who may mount an export": "replaced who may mount an export", "내보내기의 클라이언트 설정";
    "destroy a volume with its files": "destroyed a volume", "볼륨 삭제";
    "make a volume": "made a volume", "볼륨 생성";
    "set who may write into a volume": "set who may write into a volume", "볼륨에 쓸 수 있는 사용자 설정";
    "set what a volume may hold": "set what a volume may hold", "볼륨의 한도 설정";
    "delete a group; its members stay": "deleted a group", "그룹 삭제";
    "make a group": "made a group", "그룹 생성";
    "set a group's role, volumes and members": "changed a group", "그룹 변경";
    "delete a user": "deleted a user", "사용자 삭제";
    "let a locked user try again": "unlocked a user", "사용자 잠금 해제";
    "make a user": "made a user", "사용자 생성";
    "set a user's role, volumes and whether disabled": "changed a user", "사용자 변경";
    "set a user's password": "set a user's password", "사용자의 비밀번호 설정";
    "set one's own password": "set their own password", "자신의 비밀번호 설정";
    "begin a second factor": "began a second factor", "2단계 인증 등록 시작";
    "put one's second factor in force with a code": "put their second factor in force", "자신의 2단계 인증 적용";
    "remove one's second factor": "removed their second factor", "자신의 2단계 인증 제거";
    "remove a second factor": "removed a second factor", "2단계 인증 제거";
    "replace the cluster's settings": "replaced the cluster's settings", "클러스터 설정 변경";
    "end a session": "ended a session", "세션 종료";
    "end one's own session": "ended their own session", "자신의 세션 종료";
    "end this session": "ended the session", "로그아웃";
    "stop a long operation": "stopped a task", "작업 취소";
    "begin a long operation": "began a task", "작업 시작";
}

impl AuditRecord {
    /// How it ended.
    pub fn ending(&self) -> AuditEnding {
        AuditEnding::of(&self.outcome)
    }

    /// Why it was not done.
    pub fn why(&self, language: Language) -> Option<String> {
        let why = match self.outcome.split_once(": ") {
            _ if self.ending() == AuditEnding::Done => return None,
            Some(("refused" | "failed", why)) => why,
            _ => &self.outcome,
        };
        Some(match language {
            Language::English => why.to_owned(),
            Language::Korean => in_korean(why),
        })
    }

    /// What was done, or tried: in this language, as it was recorded where nobody knows it.
    pub fn deed(&self, language: Language) -> String {
        let is_done = self.ending() == AuditEnding::Done;
        let said = match language {
            Language::English if is_done => said(&self.action, |words| words.english),
            Language::English => {
                said(&self.action, |words| words.recorded).map(|it| format!("tried to {it}"))
            }
            Language::Korean => said(&self.action, |words| words.korean),
        };
        said.unwrap_or_else(|| self.action.clone())
    }
}

fn said(action: &str, form: fn(&Words) -> &'static str) -> Option<String> {
    let exactly = |text: &str| WORDS.iter().find(|words| words.recorded == text).map(form);
    let asked =
        || action.split_once(": ").and_then(|(text, names)| Some(format!("{}: {names}", exactly(text)?)));
    let filled_in = |words: &Words| filled(form(words), &recognised(words.recorded, action)?, &str::to_owned);
    exactly(action).map(str::to_owned).or_else(asked).or_else(|| WORDS.iter().find_map(filled_in))
}

/// Whether people can read it in every language, for tests.
#[cfg(any(test, feature = "testing"))]
pub fn is_known(action: &str) -> bool {
    said(action, |words| words.korean).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Deed;
    use crate::refusal::testing::check_korean;
    use std::collections::{BTreeMap, BTreeSet};

    fn record(action: &str, outcome: &str) -> AuditRecord {
        AuditRecord {
            seq: 1,
            at: 0,
            actor: "amy".into(),
            address: "192.0.2.1".into(),
            through: "session".into(),
            action: action.into(),
            outcome: outcome.into(),
            times: 1,
            hash: String::new(),
        }
    }

    #[test]
    fn every_deed_can_be_read_in_both_languages() {
        let mut seen = BTreeSet::new();
        for words in WORDS {
            let places = |text: &str| -> BTreeSet<String> {
                let names = text.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
                names.map(|(name, _)| name.to_owned()).collect()
            };
            assert_eq!(places(words.recorded), places(words.english), "{}", words.recorded);
            assert_eq!(places(words.recorded), places(words.korean), "{}", words.recorded);
            assert!(seen.insert(words.recorded), "{}", words.recorded);
            let values: BTreeMap<String, String> =
                places(words.recorded).into_iter().map(|name| (name, "_".to_owned())).collect();
            let action = filled(words.recorded, &values, &str::to_owned).unwrap();
            let record = record(&action, "done");
            assert_eq!(
                record.deed(Language::English),
                filled(words.english, &values, &str::to_owned).unwrap()
            );
            check_korean(&record.deed(Language::Korean));
        }
    }

    #[test]
    fn whatever_is_refused_before_it_is_looked_at_has_words() {
        let changes = crate::routes().into_iter().filter(|route| !route.method.is_safe());
        for route in changes.filter(|route| route.access != crate::Access::Everybody) {
            for names in [vec![], vec!["a b: c".to_owned()]] {
                assert!(is_known(&Deed::asked(route.summary, &names).what), "{}", route.summary);
            }
        }
    }

    #[test]
    fn what_was_done_and_what_was_tried_are_told_apart() {
        let at = Deed { what: "mount volume demo at /srv/a on b".into(), here: true };
        let done = record(&at.recorded("node2"), "done");
        assert_eq!(done.deed(Language::English), "mounted demo at /srv/a on b on node2");
        let failed = record("log in as amy", "failed: wrong password or code");
        assert_eq!(failed.deed(Language::English), "tried to log in as amy");
        assert_eq!(failed.why(Language::English).unwrap(), "wrong password or code");
        assert_eq!(failed.why(Language::Korean).unwrap(), "비밀번호나 코드가 틀렸습니다");
        let refusal = crate::refusal::right_missing("amy", nasd_base::role::Right::ChangeIdentity);
        let refused = record("delete a user: bob", &format!("refused: {refusal}"));
        assert_eq!(refused.deed(Language::English), "tried to delete a user: bob");
        assert_eq!(refused.deed(Language::Korean), "사용자 삭제: bob");
        check_korean(&refused.why(Language::Korean).unwrap().replace("change_identity", "_"));
    }

    #[test]
    fn old_records_stay_as_they_are() {
        let old = |outcome| record("POST /api/v1/mounts", outcome);
        assert_eq!((old("200 OK").ending(), old("200 OK").why(Language::Korean)), (AuditEnding::Done, None));
        assert_eq!(old("200 OK").deed(Language::Korean), "POST /api/v1/mounts");
        assert_eq!(old("409 Conflict").ending(), AuditEnding::Refused);
        assert_eq!(old("409 Conflict").why(Language::English).unwrap(), "409 Conflict");
        assert_eq!(old("500 Internal Server Error").ending(), AuditEnding::Failed);
    }
}
