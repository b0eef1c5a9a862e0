//! Owns what is said about one's own account.

crate::words::words! {
    expires: "Expires", "만료";
    nav: "Your account", "내 계정";
    factor_title: "Second factor", "2단계 인증";
    factor_text: "With it, a password alone is not enough to log in as you: a code from your phone is asked for as well.",
        "사용하면 비밀번호만으로는 로그인할 수 없고, 휴대전화의 코드도 필요합니다.";
    factor_begin: "Set up a second factor", "2단계 인증 설정";
    factor_remove: "Remove the second factor", "2단계 인증 제거";
    factor_scan: "Scan this with your authenticator.", "인증 앱으로 스캔하십시오.";
    factor_qr: "QR code with the key", "키가 담긴 QR 코드";
    factor_type: "Or type the key:", "또는 키를 직접 입력하십시오.";
    factor_code_hint: "The six digits that the authenticator shows now. The factor is in force after that.",
        "인증 앱에 지금 표시된 여섯 자리 숫자. 입력하면 적용됩니다.";
    factor_confirm: "Put it in force", "적용";
    codes_title: "Recovery codes", "복구 코드";
    codes_done: "The second factor is in force.", "2단계 인증이 적용되었습니다.";
    codes_text: "Each code logs you in once when the phone is not at hand. They are shown only now: print them or keep them in a password safe.",
        "휴대전화가 없을 때 코드 하나로 한 번 로그인할 수 있습니다. 지금만 표시되므로 인쇄하거나 비밀번호 관리자에 보관하십시오.";
    codes_kept: "I have kept them", "보관했습니다";
    password_new: "New password", "새 비밀번호";
    password_current: "Current password", "현재 비밀번호";
    password_set: "Set the password", "비밀번호 설정";
    password_keep_tokens: "Leave API tokens in force", "API 토큰을 그대로 두기";
    password_keep_tokens_hint: "Otherwise they end with the old password. Other sessions always do.",
        "그러지 않으면 이전 비밀번호와 함께 끝납니다. 다른 세션은 언제나 끝납니다.";
    tokens: "API tokens", "API 토큰";
    tokens_text: "For scripts and monitoring, in place of a password.",
        "스크립트와 모니터링에서 비밀번호 대신 사용합니다.";
    token_created: "Made", "생성";
    token_new: "New API token", "새 API 토큰";
    token_make: "Make the token", "토큰 만들기";
    token_name_hint: "For instance backup-script.", "예: backup-script";
    token_name_missing: "Give the token a name.", "토큰 이름을 입력하십시오.";
    token_days: "Good for how many days", "유효 기간(일)";
    token_days_hint: "1 to 365.", "1~365";
    token_days_wrong: "Enter 1 to 365 days.", "1~365일을 입력하십시오.";
    token_scopes: "May do", "허용된 권한";
    token_scopes_missing: "Choose at least one.", "하나 이상 선택하십시오.";
    token_title: "Your new API token", "새 API 토큰";
    token_once: "The token {} is good until {}. It is shown only now.",
        "토큰 {}은(는) {}까지 유효합니다. 지금만 표시됩니다.";
    token_kept: "I have kept it", "보관했습니다";
    token_revoke: "Revoke", "폐기";

    => PASSWORD_SET: "The password of {} was set; other sessions have ended.",
        "{}의 비밀번호를 설정했습니다. 다른 세션은 종료되었습니다.";
    => FACTOR_REMOVED: "The second factor of {} was removed.", "{}의 2단계 인증을 제거했습니다.";
    => TOKEN_REVOKED: "The API token {} was revoked.", "API 토큰 {}을(를) 폐기했습니다.";
}
