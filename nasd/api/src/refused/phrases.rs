//! Owns the Korean of sentences and words of lower layers that come as text within a refusal.

super::words::words! {
    wrong_guess("wrong password or code"): "비밀번호나 코드가 틀렸습니다";

    exports("exports"): "내보내기";
    nodes("nodes"): "노드";
    volumes("volumes"): "볼륨";
    api_tokens("API tokens; delete some"): "API 토큰. 일부를 삭제하십시오";
    groups("groups (at most {max})"): "그룹(최대 {max}개)";
    users("users (at most {max})"): "사용자(최대 {max}명)";
    owned("volumes of one share owner (at most {max})"): "공유 소유자 한 명의 볼륨(최대 {max}개)";
    sessions("sessions; end some, or wait until they expire"): "세션. 일부를 종료하거나 만료될 때까지 기다리십시오";
    snmp_users("SNMP users"): "SNMP 사용자";
    snmp_communities("SNMP communities"): "SNMP 커뮤니티";
    snmp_views("SNMP views"): "SNMP 뷰";
    kind_user("user"): "사용자";
    kind_group("group"): "그룹";
    kind_volume("volume"): "볼륨";
    kind_export("export"): "내보내기";

    no_active_node("the cluster has no active node to hold a volume"): "볼륨을 둘 활성 노드가 없습니다";
    one_active_node("the cluster has 1 active node, so the volume gets {given} of {wanted} replicas: {detail}"):
        "활성 노드가 1개여서 복제본 {wanted}개 중 {given}개만 둘 수 있습니다";
    few_active_nodes("the cluster has {active} active nodes, so the volume gets {given} of {wanted} replicas: {detail}"):
        "활성 노드가 {active}개여서 복제본 {wanted}개 중 {given}개만 둘 수 있습니다";

    no_leader("no leader is known"): "알려진 리더가 없습니다";
    leader_silent("node {node} was said to lead, and did not answer in time"):
        "리더라는 노드 {node}이(가) 제시간에 응답하지 않았습니다";
    leader_unreached("the leader, node {node}: {detail}"): "리더인 노드 {node}에 요청하지 못했습니다: {~detail}";
    leader_changed("the leader changed while the command was under way"): "명령을 처리하는 동안 리더가 바뀌었습니다";
    leader_waits("the leader's log waits for what its node lacks"): "리더의 로그가 그 노드에 부족한 것을 기다리고 있습니다";
    no_majority("no majority of nodes answered the leader"): "과반수의 노드가 리더에 응답하지 않았습니다";
    leadership_gone("its leadership is no longer reported"): "리더에 대한 소식이 더 오지 않습니다";
    no_reply("no reply in time"): "제시간에 응답이 없습니다";
    connection_lost("the connection was lost before the reply came"): "응답이 오기 전에 연결이 끊겼습니다";
    reply_unread("its reply could not be read; is it newer?"): "응답을 읽을 수 없습니다. 버전이 더 새로운지 확인하십시오";

    join_unread("the request to join could not be read; do both machines run the same version?"):
        "참여 요청을 읽을 수 없습니다. 두 컴퓨터의 버전이 같은지 확인하십시오";
    no_join_token("this is no join token; one looks like gotgan1-...@host:port, and `nasctl cluster token` makes it"):
        "참여 토큰이 아닙니다. gotgan1-...@host:port처럼 생겼으며 `nasctl cluster token`로 만듭니다";
    mistyped("the join token was mistyped or cut; copy it again as a whole"): "잘못 입력했거나 잘렸습니다. 전체를 다시 복사하십시오";
    other_authority("its authority is not the one in the token"): "인증 기관이 토큰에 적힌 것과 다릅니다";
    secrets_damaged("its secrets are damaged"): "비밀값이 손상되었습니다";
    other_node("its certificate names another node"): "인증서가 다른 노드의 것입니다";

    identity_missing("{path} is missing, but this machine is a member of a cluster; restore the file from a backup of this node, or remove the node from the cluster, empty the directory and join again"):
        "이 컴퓨터는 클러스터의 구성원이지만 {path} 파일이 없습니다. 이 노드의 백업에서 파일을 되돌리거나, 노드를 클러스터에서 제거하고 디렉터리를 비운 뒤 다시 참여하십시오";
    identity_damaged("{path} is damaged ({why}); restore the file from a backup of this node, or remove the node from the cluster, empty the directory and join again"):
        "{path} 파일이 손상되었습니다. 이 노드의 백업에서 파일을 되돌리거나, 노드를 클러스터에서 제거하고 디렉터리를 비운 뒤 다시 참여하십시오";
    identity_exposed("{path} can be read by other users (mode {mode}); find out who did, then run chmod 600 on it"):
        "{path} 파일을 다른 사용자가 읽을 수 있습니다(모드 {mode}). 누가 읽었는지 확인한 뒤 `chmod 600`을 실행하십시오";

    no_fuse("/dev/fuse is missing: load the kernel module `fuse`"): "/dev/fuse가 없습니다. 커널 모듈 `fuse`를 불러오십시오";
    mounted_already("something is mounted at {at} already"): "{at}에 이미 다른 것이 마운트되어 있습니다";
    cannot_mount("cannot mount at {at}: {detail}"): "{at}에 마운트할 수 없습니다: {detail}";
    no_directory("{at} is not a directory that exists"): "{at}은(는) 있는 디렉터리가 아닙니다";
    outside("{at} is not a directory beneath {root} that is reached without symbolic links or other mounts"):
        "{at}은(는) 심볼릭 링크나 다른 마운트를 거치지 않고 닿는 {root} 아래의 디렉터리가 아닙니다";
    used_by_system("{at} is used by the system; mount elsewhere"): "{at}은(는) 시스템이 사용합니다. 다른 곳에 마운트하십시오";
    used_for_mounts("{at} is used by nasd for the mounts below it; mount elsewhere"):
        "{at}은(는) nasd가 그 아래의 마운트에 사용합니다. 다른 곳에 마운트하십시오";
    used_by_nasd("{at} is used by nasd itself; mount elsewhere"): "{at}은(는) nasd가 사용합니다. 다른 곳에 마운트하십시오";
    cannot_make("cannot make {path}: {detail}"): "{path}을(를) 만들 수 없습니다: {detail}";

    nasd_not_running("nasd is not running, or not with this --dir: no answer at {at} ({detail})"):
        "nasd가 실행 중이 아니거나, 이 --dir로 실행되지 않았습니다. {at}에서 응답이 없습니다";
    no_answer_from("no answer from {at}: {detail}"): "{at}에서 응답이 없습니다";
}
