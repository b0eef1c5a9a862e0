//! Owns what is said about requests as such, whatever they ask for, and about faults of the server.

super::refusals! {
    no_such_route(path, prefix): NotFound,
        "there is no {path}",
        "주소 {path}이(가) 없습니다",
        hint "this server speaks {prefix}; a newer client may need a newer server",
        "이 서버는 {prefix}을(를) 지원합니다. 새 클라이언트에는 새 서버가 필요할 수 있습니다";
    wrong_method(path, method): MethodNotAllowed,
        "{path} cannot be asked for with {method}",
        "{path}에는 {method} 요청을 보낼 수 없습니다";
    no_answer_in_time(seconds): TimedOut,
        "no answer within {seconds} s; it may still happen",
        "{seconds}초 안에 응답이 없습니다. 나중에 적용될 수도 있습니다";
    address_unreadable(detail): InvalidRequest,
        "the address cannot be read: {detail}",
        "요청 주소를 읽을 수 없습니다: {detail}";
    query_unreadable(detail): InvalidRequest,
        "{detail}",
        "요청 주소의 값을 읽을 수 없습니다: {detail}";
    body_unreadable(detail): InvalidRequest,
        "the request's body cannot be read: {detail}",
        "요청 본문을 읽을 수 없습니다: {detail}";
    body_unreadable_at(line, column): InvalidRequest,
        "the request's body cannot be read at line {line}, column {column}",
        "요청 본문의 {line}번째 줄 {column}번째 글자를 읽을 수 없습니다",
        hint "GET /api/v1/openapi.json describes it", "본문의 형식은 GET /api/v1/openapi.json에 있습니다";
    body_not_json(): UnsupportedMediaType,
        "the body must be JSON, with content-type: application/json",
        "본문은 content-type: application/json 헤더와 함께 JSON으로 보내야 합니다";
    body_is_a_list(): InvalidRequest,
        "the request's body must be an object, not a list",
        "요청 본문은 목록이 아니라 객체여야 합니다";
    body_too_large(): TooLarge,
        "the request's body is larger than anything that is asked here",
        "요청 본문이 여기서 받는 어떤 요청보다도 큽니다";
    body_cut(): InvalidRequest,
        "the request's body did not arrive whole and in time",
        "요청 본문이 제시간에 온전히 도착하지 않았습니다";
    page_range(max): InvalidRequest,
        "a page has 1 to {max} things",
        "한 페이지의 항목은 1~{max}개입니다";
    sort_unknown(sort, columns): InvalidRequest,
        "there is no column {sort} to sort by; there are {columns}",
        "정렬 기준 {sort}이(가) 없습니다. 가능한 기준: {columns}";
    idempotency_key_bad(max): InvalidRequest,
        "an Idempotency-Key has 1 to {max} visible ASCII characters",
        "Idempotency-Key는 눈에 보이는 ASCII 문자 1~{max}자입니다";
    forwarded_address_bad(header): InvalidRequest,
        "{header} is no IP address",
        "{header} 헤더의 값이 IP 주소가 아닙니다";
    no_majority_to_decide(name, present, voters): Unavailable,
        "nothing was changed: {name} and the nodes it reaches are {present} of {voters}, and a majority has to agree",
        "변경된 것이 없습니다. {name} 노드와 통신할 수 있는 노드를 합쳐 {voters}개 중 {present}개인데, 과반수가 동의해야 합니다",
        hint "`nasctl cluster status` says which nodes are missing; what to do is on the console's page /recovery",
        "어느 노드가 빠졌는지는 `nasctl cluster status`에서, 할 일은 콘솔의 /recovery 페이지에서 볼 수 있습니다";
    no_leader_to_decide(seconds): Unavailable,
        "nothing was changed: the cluster has had no leader for {seconds} s",
        "변경된 것이 없습니다. {seconds}초 동안 클러스터에 리더가 없습니다",
        hint "`nasctl cluster status` says how the nodes do; what to do is on the console's page /recovery",
        "노드의 상태는 `nasctl cluster status`에서, 할 일은 콘솔의 /recovery 페이지에서 볼 수 있습니다";
    tag_unknown(): PreconditionFailed,
        "the tag in If-Match is none that was given",
        "If-Match의 태그는 발급된 적이 없습니다";
    internal(detail): Internal,
        "{detail}",
        "nasd 내부에서 문제가 발생했습니다: {detail}";
    changed(): PreconditionFailed,
        "somebody else has changed it since you looked; look again, and decide anew",
        "그사이 다른 사람이 변경했습니다. 다시 확인한 뒤 결정하십시오";
    id_too_large(max): InvalidRequest,
        "the ids of an owner and a group are at most {max}",
        "소유자와 그룹의 번호는 최대 {max}입니다";
}
