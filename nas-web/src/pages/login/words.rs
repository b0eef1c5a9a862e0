//! Owns what is said about logging in.

crate::words::words! {
    wrong: "The name or the password is wrong. After five wrong attempts one waits for a minute.",
        "이름 또는 비밀번호가 올바르지 않습니다. 다섯 번 틀리면 1분 동안 기다려야 합니다.";
    wrong_code: "The code is not right. Take the newest one from your authenticator, or a recovery code.",
        "코드가 올바르지 않습니다. 인증 앱의 최신 코드나 복구 코드를 입력하십시오.";
    too_many: "Too many attempts. Wait a minute, then try again.",
        "시도가 너무 많습니다. 1분쯤 기다린 뒤 다시 시도하십시오.";
    no_majority: "Nobody can log in while a majority of the nodes is missing.",
        "과반수 노드가 응답하지 않는 동안에는 로그인할 수 없습니다.";

    => LOGGED_OUT: "You are logged out.{}", "로그아웃했습니다.{}";
}
