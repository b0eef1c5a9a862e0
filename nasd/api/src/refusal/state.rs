//! Owns the Korean of what the replicated state refuses, by the names of its errors' variants. The English beside it is
//! that of the variants, where it reaches others as text.

super::words::words! {
    already_founded: "이 클러스터에는 이미 첫 노드가 있습니다";
    not_founded("the cluster has no first node yet"): "클러스터에 아직 첫 노드가 없습니다";
    bad_node_name("`{it}` is no node name: use 1 to 63 of a-z, 0-9, `-` and `.`, beginning and ending with a letter or digit"):
        "`{it}`은(는) 노드 이름이 될 수 없습니다. a-z, 0-9, `-`, `.` 로 1~63자를 사용하고, 글자나 숫자로 시작하고 끝내십시오";
    bad_cluster_name:
        "`{it}`은(는) 클러스터 이름이 될 수 없습니다. a-z, 0-9, `-`, `.` 로 1~63자를 사용하고, 글자나 숫자로 시작하고 끝내십시오";
    bad_address("`{it}` is no node address: write it as host:port, for instance 192.0.2.7:7400 or [2001:db8::7]:7400"):
        "`{it}`은(는) 노드 주소가 아닙니다. 호스트:포트로 쓰십시오. 예: 192.0.2.7:7400 또는 [2001:db8::7]:7400";
    node_name_taken("the name {name} is taken by node {node}; choose another, or remove that node first"):
        "이름 {name}은(는) 노드 {node}이(가) 사용 중입니다. 다른 이름을 선택하거나 먼저 그 노드를 제거하십시오";
    address_taken("the address {address} belongs to node {node}; if that machine was wiped, remove node {node} first"):
        "주소 {address}은(는) 노드 {node}의 것입니다. 그 컴퓨터를 초기화했다면 먼저 노드 {node}을(를) 제거하십시오";
    unknown_node: "노드 {it}이(가) 없습니다";
    node_removed("node {it} was removed from the cluster; it can only join again as a new node"):
        "노드 {it}은(는) 클러스터에서 제거되었습니다. 새 노드로만 다시 참여할 수 있습니다";
    last_node: "노드 {it}은(는) 마지막 활성 노드입니다. 클러스터는 이 노드를 잃을 수 없습니다";
    node_holds_replicas:
        "노드 {node}에 {volumes}의 복제본이 있습니다. 먼저 옮기거나, 복제본과 함께 노드를 제거하십시오";
    key_taken("this machine's key already belongs to node {it}; remove that node, delete node.key here and join again"):
        "이 컴퓨터의 키는 이미 노드 {it}의 것입니다. 그 노드를 제거하고 여기의 node.key를 지운 뒤 다시 참여하십시오";
    bad_node_id: "이 노드 번호는 사용할 수 없습니다. 번호는 로그가 정합니다";
    bad_root: "최상위 디렉터리의 모드는 8진수 네 자리이고, 소유자와 그룹의 번호는 4294967295보다 작습니다";
    bad_token_lifetime: "토큰의 유효 기간은 1초~24시간입니다";
    too_many_tokens: "열려 있는 참여 토큰이 {it}개입니다. 만료될 때까지 기다리십시오";
    token_exists: "이 토큰은 이미 있습니다";
    token_unknown("the join token is not known to this cluster; create one with `nasctl token create`"):
        "이 클러스터가 모르는 참여 토큰입니다. `nasctl token create`로 만드십시오";
    token_used("the join token was already used, by node {it}; each token lets one node in, create another"):
        "참여 토큰을 노드 {it}이(가) 이미 사용했습니다. 토큰 하나는 노드 하나만 들이므로 새로 만드십시오";
    token_expired("the join token has expired; create another and use it within its lifetime"):
        "참여 토큰이 만료되었습니다. 새로 만들어 유효 기간 안에 사용하십시오";
    bad_volume_name: "`{it}`은(는) 볼륨 이름이 될 수 없습니다. a-z, 0-9, `-`, `_` 로 1~63자를 사용하십시오";
    not_enough_replicas: "볼륨에는 서로 다른 활성 노드의 복제본 {needed}개가 필요한데 {given}개만 지정되었습니다";
    too_many_replicas: "볼륨의 복제본은 최대 {it}개입니다";
    too_few_nodes: "노드가 부족합니다. {~it}";
    replica_twice: "복제본의 노드로 {it}이(가) 두 번 지정되었습니다";
    replica_not_active: "노드 {it}은(는) 활성이 아니어서 복제본을 둘 수 없습니다";
    bad_export_path:
        "`{it}`은(는) 내보내기 경로가 될 수 없습니다. `/`로 시작하고 `/`로 끝나지 않으며, `.`, `..`, 빈 부분이나 너무 긴 부분이 없어야 합니다";
    export_overlaps: "`{path}`은(는) 내보내기 `{other}`의 안이나 바깥에 겹칩니다";
    bad_network: "`{it}`은(는) 네트워크가 아닙니다. 접두사가 주소보다 깁니다";
    full("this cluster has as many {it} as it can hold"): "이 클러스터에 둘 수 있는 만큼 이미 있습니다: {~it}";
    bad_command("the command could not be read; is the node that sent it newer?"):
        "명령을 읽을 수 없습니다. 명령을 보낸 노드의 버전이 더 새로운지 확인하십시오";
    no_quorum("the cluster did not decide in time: {it}. A majority of nodes must be up and able to reach each other"):
        "클러스터가 제시간에 결정하지 못했습니다: {~it}. 과반수의 노드가 켜져 있고 서로 통신할 수 있어야 합니다";
    stopped("the system group of this node has stopped: {it}"): "이 노드의 시스템 그룹이 멈추었습니다: {~it}";
    bad_limit: "한도는 1 이상이고 9,223,372,036,854,775,807바이트 또는 파일 이하입니다";

    bad_user_name: "사용자 이름은 a-z, 0-9, `-`, `_`, `.` 로 1~32자이고, 글자로 시작합니다";
    bad_label: "API 토큰의 이름은 글자, 숫자, `-`, `_`, `.` 로 1~64자입니다";
    last_administrator: "{it}은(는) 로그인할 수 있는 마지막 관리자입니다. 먼저 다른 관리자를 만드십시오";
    already_set_up: "이미 관리자가 있습니다. 관리자로 로그인하거나 노드의 로컬 소켓을 사용하십시오";
    setup_token_expired:
        "설정 토큰이 만료되었습니다. 노드에서 `nasctl cluster setup-token`으로 새로 만드십시오";
    bad_scopes: "API 토큰에는 범위가 하나 이상 필요하며, 같은 범위를 두 번 쓸 수 없습니다";
    bad_lifetime: "API 토큰의 유효 기간은 1분~365일, 설정 토큰의 유효 기간은 1분~7일입니다";
    account_bad_volume_name: "소유할 볼륨 중에 볼륨 이름이 될 수 없는 것이 있습니다";
    no_factor_offered: "시작된 2단계 인증 설정이 없거나 그사이 다시 시작되었습니다. 처음부터 다시 하십시오";
    no_factor: "{it}에게는 2단계 인증이 없습니다";
    factor_exists: "{it}에게는 이미 2단계 인증이 있습니다",
        hint "remove it first; that takes the password", "먼저 제거하십시오. 비밀번호가 필요합니다";
    too_many: "너무 많습니다: {~it}";
    malformed: "명령의 내용이 올바르지 않습니다. 명령을 보낸 노드의 버전이 더 새로운지 확인하십시오";
    bad_group_name: "그룹 이름은 a-z, 0-9, `-`, `_`, `.` 로 1~32자이고, 글자로 시작합니다";
    bad_session_limits:
        "세션은 요청 없이 5~1440분이 지나면 종료되고, 늦어도 그와 같거나 더 긴 시간(최대 1440분)이 지나면 종료됩니다";

    task_no_part: "작업 {task}에 노드 {node}의 몫은 없습니다";

    chain_too_long: "인증서 체인이 너무 깁니다. 노드의 인증서와 인증 기관까지의 중간 인증서만 남기십시오";
    key_in_chain:
        "체인의 인증서 사이에 개인 키가 있습니다. 인증서만 넣고, 그 파일을 다른 사람에게 주지 마십시오";
    no_certificate:
        "체인이 PEM 형식의 인증서가 아닙니다. -----BEGIN CERTIFICATE-----부터 -----END CERTIFICATE-----까지 모두, 노드의 인증서를 먼저 넣으십시오";
    bad_certificate: "체인의 {number}번째 인증서를 읽을 수 없습니다. 인증 기관에서 PEM 형식으로 다시 받으십시오";
    key_too_long: "키가 너무 깁니다. PEM 형식의 개인 키 하나를 넣으십시오";
    key_locked: "키에 암호가 걸려 있습니다. 먼저 `openssl pkey -in LOCKED -out UNLOCKED`로 암호를 푸십시오";
    no_key:
        "키가 PEM 형식의 개인 키가 아닙니다. -----BEGIN PRIVATE KEY-----부터 -----END PRIVATE KEY-----까지 모두 넣으십시오";
    key_unsupported: "지원하지 않는 종류의 키입니다. ECDSA P-256 또는 P-384, 또는 2048~4096비트 RSA를 사용하십시오";
    wrong_order: "키는 체인의 {number}번째 인증서의 것입니다. 그 인증서를 먼저 넣으십시오";
    mismatch: "키가 체인의 첫 인증서의 것이 아닙니다. 인증서를 신청할 때 쓴 키를 넣으십시오";
    not_yet_valid: "인증서는 {at}부터 유효합니다. 기다리거나 노드의 시계를 맞추십시오";
    expired: "인증서가 {at}에 만료되었습니다. 먼저 갱신하십시오";
}
