//! Owns what is said about users, groups, their tokens and what they prove themselves with.

super::words::refusals! {
    unknown_user(it): NotFound,
        "there is no user {it}",
        "사용자 {it}이(가) 없습니다";
    user_exists(it): AlreadyExists,
        "there is a user {it} already",
        "사용자 {it}이(가) 이미 있습니다";
    unknown_group(it): NotFound,
        "there is no group {it}",
        "그룹 {it}이(가) 없습니다";
    group_gone(group): NotFound,
        "there is no group {group} any more",
        "그룹 {group}이(가) 이제 없습니다";
    group_exists(it): AlreadyExists,
        "there is a group {it} already",
        "그룹 {it}이(가) 이미 있습니다";
    group_members_max(max): InvalidRequest,
        "a group has at most {max} members",
        "그룹의 구성원은 최대 {max}명입니다";
    owns_without_role(): InvalidRequest,
        "only a share owner owns volumes",
        "공유 소유자만 볼륨을 소유합니다";
    owned_max(max): InvalidRequest,
        "a share owner has at most {max} volumes",
        "공유 소유자의 볼륨은 최대 {max}개입니다";
    unknown_session(): NotFound,
        "there is no such session; it may have ended",
        "그런 세션이 없습니다. 이미 종료되었을 수 있습니다";
    session_minutes_range(min, max): InvalidRequest,
        "a session's limits are {min} to {max} minutes",
        "세션의 한도는 {min}~{max}분입니다";
    idle_beyond_lifetime(): InvalidRequest,
        "session_idle_minutes is more than session_minutes: a session would never be idle for so long",
        "`session_idle_minutes`가 `session_minutes`보다 깁니다. 세션이 그렇게 오래 쉴 수 없습니다";

    bad_credentials(): Unauthenticated,
        "the user name, the password or the code is wrong",
        "사용자 이름, 비밀번호 또는 코드가 올바르지 않습니다";
    password_wrong(): Denied,
        "the current password is wrong",
        "현재 비밀번호가 올바르지 않습니다";
    weak_password(): InvalidRequest,
        "a password has 10 to 256 characters",
        "비밀번호는 10~256자입니다";
    setup_token_unknown(): Denied,
        "the setup token is wrong or was used; `nasctl cluster setup-token` on a node makes another",
        "설정 토큰이 올바르지 않거나 이미 사용되었습니다. 노드에서 `nasctl cluster setup-token`으로 새로 만드십시오";
    locked(seconds): TooManyAttempts,
        "too many wrong attempts; try again in {seconds} s",
        "잘못된 시도가 너무 많았습니다. {seconds}초 뒤에 다시 시도하십시오";
    too_many_from_here(): TooManyAttempts,
        "too many attempts from this address; wait a minute",
        "이 주소에서의 시도가 너무 많습니다. 1분쯤 기다리십시오";
    too_many_at_once(): TooManyAttempts,
        "too many logins at once; try again",
        "동시에 로그인하려는 시도가 너무 많습니다. 다시 시도하십시오";
    factor_needed(): FactorNeeded,
        "a code of the second factor is needed",
        "2단계 인증 코드가 필요합니다";
    factor_not_offered(): Conflict,
        "no second factor was offered; begin again",
        "시작된 2단계 인증 설정이 없습니다. 처음부터 다시 하십시오";
    factor_unreadable(user): Internal,
        "the second factor of {user} cannot be read",
        "{user}의 2단계 인증을 읽을 수 없습니다",
        hint "an administrator can remove it", "관리자가 제거할 수 있습니다";
    code_does_not_fit(): Denied,
        "the code does not fit",
        "코드가 맞지 않습니다",
        hint "is the clock of the authenticator right?", "인증 앱이 있는 기기의 시계가 맞는지 확인하십시오";

    api_token_exists(user, name): AlreadyExists,
        "{user} has an API token {name} already",
        "{user}에게 API 토큰 {name}이(가) 이미 있습니다";
    unknown_api_token(user, name): NotFound,
        "{user} has no API token {name}",
        "{user}에게 API 토큰 {name}이(가) 없습니다";
    no_account(user): Conflict,
        "{user} is no user, so it can have no API token",
        "{user}은(는) 사용자가 아니므로 API 토큰을 가질 수 없습니다",
        hint "log in as a user of the cluster to make one", "클러스터의 사용자로 로그인해서 만드십시오";
    token_made_behind(): Unavailable,
        "the token was made, but this node is behind",
        "토큰을 만들었지만 이 노드가 아직 최신 상태가 아닙니다";
    audit_page_range(max): InvalidRequest,
        "a page has 1 to {max} records",
        "한 페이지의 레코드는 1~{max}개입니다";
}
