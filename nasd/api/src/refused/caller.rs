//! Owns what callers are told about what they may not do.

super::refusals! {
    unauthenticated(): Unauthenticated,
        "this needs a login or an API token",
        "로그인이나 API 토큰이 필요합니다",
        hint "POST /api/v1/login, or send `Authorization: Bearer` with an API token",
        "POST /api/v1/login을 사용하거나, API 토큰을 `Authorization: Bearer`로 보내십시오";
    credential_refused(): Unauthenticated,
        "the session or API token is wrong, was revoked or has expired",
        "세션이나 API 토큰이 올바르지 않거나, 폐기되었거나, 만료되었습니다",
        hint "log in again", "다시 로그인하십시오";
    right_missing(user, right): Denied,
        "{user} may not do this: it needs the right {right}",
        "{user}에게 이 요청을 실행할 권한이 없습니다. 필요한 권한: {right}";
    right_not_ones_own(user, right): Denied,
        "{user} cannot give the right {right} away",
        "{user}에게 없는 권한은 줄 수 없습니다: {right}";
    only_in_person(): Denied,
        "an API token cannot do this: it takes somebody who logs in with a password",
        "API 토큰으로는 할 수 없습니다. 비밀번호로 로그인한 사람이 해야 합니다",
        hint "use the web console, or nasctl on a node of the cluster",
        "웹 콘솔이나, 클러스터 노드에서 nasctl을 사용하십시오";
    only_sessions_log_out(): Conflict,
        "only a session can log out",
        "세션만 로그아웃할 수 있습니다";
    csrf_wrong(header): Denied,
        "the header {header} is missing or wrong",
        "헤더 {header}이(가) 없거나 올바르지 않습니다",
        hint "GET /api/v1/session has the right one", "올바른 값은 GET /api/v1/session에 있습니다";
    crowded(): Unavailable,
        "there are as many connections of known callers as this node, or this address, may have",
        "이 노드나 이 주소에 허용된 만큼의 연결이 이미 열려 있습니다",
        hint "close some, or ask another node", "일부를 닫거나 다른 노드에 요청하십시오";
    not_owned(volume, user): Denied,
        "volume {volume} is not one of {user}'s",
        "볼륨 {volume}은(는) {user}의 볼륨이 아닙니다",
        hint "an administrator can add it to the volumes of the user, or of one of its groups",
        "관리자가 이 사용자나 그 그룹의 볼륨에 추가할 수 있습니다";
}
