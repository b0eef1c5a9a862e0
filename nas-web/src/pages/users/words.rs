//! Owns what is said about users.

crate::words::words! {
    yes: "Yes", "예";
    no: "No", "아니요";
    nav: "Users", "사용자";
    new: "New user", "새 사용자";
    make: "Make the user", "사용자 만들기";
    name_hint: "Lower-case letters, digits, - _ and ., first a letter; it cannot be changed later.",
        "영문 소문자로 시작해 소문자, 숫자, - _ . 을 사용합니다. 나중에 바꿀 수 없습니다.";
    active: "Active", "활성";
    disabled: "Disabled", "비활성";
    disabled_hint: "Cannot log in; sessions end and API tokens stop working.",
        "로그인할 수 없고, 세션이 종료되며 API 토큰이 동작하지 않습니다.";
    locked: "Locked", "잠김";
    locked_for: "Locked for {} more seconds after wrong passwords.",
        "비밀번호 오류로 {}초 동안 더 잠겨 있습니다.";
    unlock: "Unlock", "잠금 해제";
    lost: "Cannot get in?", "로그인하지 못합니까?";
    delete: "Delete the user", "사용자 삭제";
    delete_title: "Delete user {}?", "사용자 {}을(를) 삭제하시겠습니까?";
    delete_text: "The user's sessions end and API tokens stop working. What the user did stays in the audit log. To bar somebody for a while, disable the user instead.",
        "사용자의 세션이 종료되고 API 토큰이 동작하지 않습니다. 한 일은 감사 로그에 남습니다. 잠시 막으려면 비활성으로 설정하십시오.";
    groups: "Also has the roles of its groups:", "그룹의 역할도 가집니다:";
    factor: "Second factor", "2단계 인증";
    factor_lost: "Remove it when the phone and the recovery codes are lost.",
        "휴대전화와 복구 코드를 모두 잃었을 때 제거합니다.";
    password_own: "Your own password", "본인 비밀번호";
    password_own_hint: "A session alone could be somebody else's by now.",
        "로그인된 세션을 다른 사람이 쓰고 있을 수도 있으므로 다시 확인합니다.";

    => MADE: "User {} was made.", "사용자 {}을(를) 만들었습니다.";
    => CHANGED: "User {} was changed.", "사용자 {}을(를) 변경했습니다.";
    => DELETED: "User {} was deleted.", "사용자 {}을(를) 삭제했습니다.";
    => UNLOCKED: "{} can try again now.", "{}은(는) 이제 다시 시도할 수 있습니다.";
}
