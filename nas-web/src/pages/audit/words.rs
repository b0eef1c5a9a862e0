//! Owns what is said about the audit log.

crate::words::words! {
    nav: "Audit log", "감사 로그";
    verify: "Verify", "검증";
    download: "Download as CSV", "CSV 다운로드";
    intact: "The log is whole.", "로그가 온전합니다.";
    broken: "The log was altered at record {}.", "레코드 {}에서 로그가 변경되었습니다.";
    head: "Newest hash, to keep elsewhere:", "다른 곳에 보관할 최신 해시:";
    text: "Every change and every refused one. Each record holds the hash of the one before.",
        "모든 변경과 거부된 시도를 표시합니다. 각 레코드는 앞 레코드의 해시를 포함합니다.";
    at: "When", "시각";
    who: "Who", "누가";
    what: "What", "내용";
    times: "({} times within a minute)", "(1분 안에 {}번)";
    outcome: "Outcome", "결과";
    by_session: "session", "세션";
    by_socket: "local socket", "로컬 소켓";
    by_token: "API token {}", "API 토큰 {}";
    by_password: "password", "비밀번호로";
    by_nothing: "not logged in", "로그인 안 함";
    done: "Done", "완료";
    refused: "Refused", "거부됨";
    failed: "Failed", "실패";
    any: "All outcomes", "모든 결과";
    about: "Name of what was changed", "변경한 대상의 이름";
    since: "From", "시작일";
    until: "Until the end of", "종료일";
    filter: "Filter", "필터 적용";
    all: "Show all", "모두 보기";
}
