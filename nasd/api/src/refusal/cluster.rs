//! Owns what is said about a node's part in a cluster, and about tasks.

super::words::refusals! {
    no_cluster(): NoCluster,
        "this node belongs to no cluster yet",
        "이 노드는 아직 클러스터에 속해 있지 않습니다",
        hint "create one with `nasctl cluster create`, or join one with `nasctl cluster join`",
        "`nasctl cluster create`로 만들거나, `nasctl cluster join`으로 참여하십시오";
    in_a_cluster(): Conflict,
        "this node is in a cluster already",
        "이 노드는 이미 클러스터에 속해 있습니다",
        hint "to start over, stop nasd and give it an empty directory",
        "처음부터 다시 하려면 nasd를 멈추고 빈 디렉터리를 지정하십시오";
    member_not_started(node): Conflict,
        "this machine is node {node} of a cluster already, but did not start as such",
        "이 컴퓨터는 이미 클러스터의 노드 {node}이지만, 노드로 시작하지 못했습니다",
        hint "mend what nasd's log names and restart nasd; to start over, give it an empty directory",
        "nasd의 로그에 나온 문제를 고치고 nasd를 다시 시작하십시오. 처음부터 다시 하려면 빈 디렉터리를 지정하십시오";
    identity_unusable(detail): Conflict,
        "{detail}",
        "이 컴퓨터의 신원 파일을 사용할 수 없습니다: {~detail}";
    address_not_known(): InvalidRequest,
        "it is not known at which address the other nodes reach this one",
        "다른 노드가 이 노드에 연결할 주소를 알 수 없습니다",
        hint "start nasd with --advertise HOST:PORT, or give the address with this request (--advertise)",
        "nasd를 --advertise HOST:PORT와 함께 시작하거나, 이 요청에 주소를 지정하십시오(--advertise)";
    own_address_behind(): Unavailable,
        "this node does not know its own address in the cluster yet",
        "이 노드는 아직 클러스터에서 쓰는 자기 주소를 모릅니다";
    member_not_heard(): TimedOut,
        "this node is a member now, but has not heard from the cluster yet",
        "이 노드는 이제 구성원이지만, 아직 클러스터와 통신하지 못했습니다",
        hint "see whether the nodes reach each other at their advertised addresses",
        "노드들이 알린 주소로 서로 연결되는지 확인하십시오";

    join_token_range(max): InvalidRequest,
        "a join token is good for 1 to {max} seconds",
        "참여 토큰의 유효 기간은 1~{max}초입니다";
    join_token_unreadable(detail): Denied,
        "{detail}",
        "참여 토큰을 읽을 수 없습니다: {~detail}";
    join_already_member(node): Conflict,
        "this machine is node {node} of a cluster already",
        "이 컴퓨터는 이미 클러스터의 노드 {node}입니다";
    join_unreachable(address, detail): Unavailable,
        "no member of the cluster answered at {address}: {detail}",
        "{address}에서 응답한 클러스터 구성원이 없습니다: {~detail}";
    join_refused(detail): Denied,
        "the cluster refused: {detail}",
        "클러스터가 거부했습니다: {~detail}";
    join_answer_unfit(detail): Internal,
        "the cluster's answer does not fit this machine: {detail}",
        "클러스터의 응답이 이 컴퓨터와 맞지 않습니다: {~detail}";
    join_identity_unusable(detail): Internal,
        "{detail}",
        "이 컴퓨터의 신원 파일을 사용할 수 없습니다: {~detail}";

    task_unknown(it): NotFound,
        "there is no task {it}",
        "작업 {it}이(가) 없습니다";
    task_kind_unknown(): InvalidRequest,
        "there is no task of this kind",
        "이런 종류의 작업은 없습니다";
    task_begins_by_itself(): Denied,
        "this task begins by itself",
        "이 작업은 스스로 시작됩니다",
        hint "nasctl cluster rotate-authority, or POST /api/v1/authority/rotation",
        "`nasctl cluster rotate-authority` 또는 POST /api/v1/authority/rotation을 사용하십시오";
    task_running(task): Conflict,
        "task {task} does the same and is still running",
        "같은 일을 하는 작업 {task}이(가) 아직 진행 중입니다";
    rotation_running(task): Conflict,
        "task {task} does the same and is still running",
        "같은 일을 하는 작업 {task}이(가) 아직 진행 중입니다",
        hint "a node that is off does its part when it is back; remove one that never will be, or cancel the task",
        "꺼진 노드는 돌아오면 자기 몫을 합니다. 돌아오지 않을 노드는 제거하거나, 작업을 취소하십시오";
    changed(): PreconditionFailed,
        "somebody else has changed it since you looked; look again, and decide anew",
        "그사이 다른 사람이 변경했습니다. 다시 확인한 뒤 결정하십시오";
}
