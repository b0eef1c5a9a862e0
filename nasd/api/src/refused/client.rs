//! Owns what clients say themselves: that a node cannot be reached or trusted, and where they stopped.

use super::words::Hint;

super::refusals! {
    unreachable(detail): Unavailable,
        "{detail}",
        "노드에 연결할 수 없습니다: {~detail}";
    untrusted(at, fingerprint, detail): Denied,
        "the certificate of {at} is not trusted: {detail}",
        "{at}의 인증서를 신뢰할 수 없습니다: {~detail}";
    answer_unusable(at, detail): Internal,
        "the answer from {at} cannot be used: {detail}",
        "{at}의 응답을 사용할 수 없습니다: {~detail}";
    node_silent(at): TimedOut,
        "nasd at {at} is too busy or hangs: no answer in time",
        "{at}의 nasd가 너무 바쁘거나 멈춰 있어 제시간에 응답하지 않았습니다";
    nasctl_usage(detail): InvalidRequest,
        "{detail}",
        "명령을 이렇게 사용할 수 없습니다: {detail}";
    nasctl_declined(detail): PreconditionFailed,
        "{detail}",
        "확인하지 않아 아무것도 바꾸지 않았습니다: {detail}";
    nasctl_failed(detail): Internal,
        "{detail}",
        "이 컴퓨터에서 실패했습니다: {detail}";
    stopped_at(kind, name): Internal,
        "stopped at {kind} {name}",
        "{~kind} {name}에서 멈추었습니다";
    plan_is_old(kind, name): PreconditionFailed,
        "stopped at {kind} {name}: somebody else changed it after the plan was made",
        "{~kind} {name}에서 멈추었습니다. 계획을 세운 뒤 다른 사람이 변경했습니다",
        hint "do this again to see what is left to do, and do that",
        "다시 실행해서 남은 일을 확인하고 진행하십시오";
}

/// To whoever asks through a node's socket.
pub const NASD_NOT_THERE: Hint = Hint {
    english: "nasd listens in its --dir; give nasctl the same --dir, and run it as the same user",
    korean: "nasd는 자신의 --dir에서 기다립니다. nasctl에 같은 --dir을 지정하고 같은 사용자로 실행하십시오",
};

/// To whoever asks through the network.
pub const SERVER_NOT_THERE: Hint = Hint {
    english: "every member of a cluster listens, on port 7443 unless it was told otherwise",
    korean: "클러스터의 모든 구성원이 기다립니다. 따로 지정하지 않았다면 포트는 7443입니다",
};

pub const BAD_TOKEN: Hint = Hint {
    english: "the API token is wrong, revoked or expired, or its user is disabled; make another with \
              `nasctl token create`",
    korean: "API 토큰이 올바르지 않거나, 폐기 또는 만료되었거나, 그 사용자가 비활성입니다. `nasctl token create`로 \
             새로 만드십시오",
};

pub const NARROW_TOKEN: Hint = Hint {
    english: "an API token can do what both its user's role and its own scopes allow; `nasctl token list` shows them",
    korean: "API 토큰은 사용자의 역할과 토큰의 범위가 모두 허용하는 일만 할 수 있습니다. `nasctl token list`로 확인하십시오",
};

/// How to find out whether a certificate is the node's.
pub const COMPARE_FINGERPRINT: Hint = Hint {
    english: "it has the fingerprint {fingerprint}. Compare that with what `nasctl certificate show` says on the node, \
              or `openssl x509 -noout -fingerprint -sha256 -in api.pem` in nasd's directory on the node. If it is the \
              same, give it with --fingerprint; if it is not, somebody else answers there",
    korean: "지문은 {fingerprint}입니다. 노드에서 `nasctl certificate show`가 보여 주는 값이나, 노드의 nasd 디렉터리에서 \
             `openssl x509 -noout -fingerprint -sha256 -in api.pem`이 보여 주는 값과 비교하십시오. 같으면 --fingerprint로 \
             지정하고, 다르면 그곳에서 다른 누군가가 응답하는 것입니다",
};
