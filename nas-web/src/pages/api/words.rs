//! Owns what is said about the management interface's page.

crate::words::words! {
    lead: "Everything that these pages do, programs can do over HTTPS, with a token that may do no more than you give it.",
        "이 페이지에서 할 수 있는 모든 일을, 부여한 권한만 갖는 토큰으로 프로그램이 HTTPS를 통해 할 수 있습니다.";
    token: "Make a token for a program on your account's page:",
        "프로그램용 토큰은 계정 페이지에서 만듭니다:";
    right: "Needs the right to", "필요한 권한";
    everybody: "nothing: everybody may", "없음: 누구나 가능";
    request: "Takes", "요청";
    types: "Types", "자료형";
    types_text: "As the description in OpenAPI has them.", "OpenAPI 설명에 있는 그대로이며, 영어로 되어 있습니다.";
    in_path: "in the path", "URL 경로";
    in_query: "in the query", "질의";
    in_header: "header", "헤더";
    made: "Made", "생성됨";
    done: "Done", "완료";
    bad_request: "The request cannot be read, or asks for what cannot be", "요청을 읽을 수 없거나 요청이 올바르지 않음";
    unauthenticated: "No valid login or token", "로그인이나 토큰이 없거나 올바르지 않음";
    denied: "Not allowed", "허용되지 않음";
    not_found: "There is no such thing", "대상이 없음";
    conflict: "Something stands in the way, for instance a name that is taken", "이름이 이미 있는 등 먼저 바꿀 것이 있음";
    changed: "Somebody else changed it meanwhile", "그사이 다른 사람이 변경함";
    too_large: "The body is too large", "본문이 너무 큼";
    media_type: "The body is not JSON", "본문이 JSON이 아님";
    too_many: "Too many attempts; a later one may succeed", "시도가 너무 많음. 나중에 다시 시도";
    internal: "A fault of the node; its log has more", "노드의 오류. 자세한 내용은 로그 참고";
    unavailable: "No majority or no room right now; a retry may succeed", "지금은 과반수나 여유가 없음. 다시 시도 가능";
    timed_out: "Nobody answered in time; whether it happened is not known", "제시간에 응답이 없어 실행 여부를 알 수 없음";
}
