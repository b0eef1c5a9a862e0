//! Owns what is said about events.

crate::words::words! {
    nav: "Events", "이벤트";
    text: "What this node has noticed since it started, newest first: at most 500 events.",
        "이 노드가 시작된 뒤 감지한 이벤트를 최신순으로 최대 500개 표시합니다.";
    at: "When", "시각";
    kind: "Kind", "종류";
    any: "All kinds", "모든 종류";
    what: "What happened", "내용";
    object: "Node, volume or other name", "노드, 볼륨 등의 이름";
    filter: "Filter", "필터 적용";
    empty: "Nothing has happened yet", "아직 이벤트가 없습니다";
    empty_text: "Nodes that come and go, volumes that are made, and what becomes of their replicas show here.",
        "노드의 연결 상태, 볼륨의 생성과 삭제, 복제본의 변화가 여기에 표시됩니다.";
    quorum_lost: "Majority lost", "과반수 상실";
    quorum_regained: "Majority regained", "과반수 회복";
    node_unreachable: "Node silent", "노드 응답 없음";
    node_reachable: "Node answers", "노드 응답 재개";
    node_joined: "Node joined", "노드 참여";
    node_removed: "Node removed", "노드 제거";
    volume_created: "Volume made", "볼륨 생성됨";
    volume_deleted: "Volume deleted", "볼륨 삭제됨";
    volume_health: "Health of a volume", "볼륨 상태";
    leader_changed: "Another leader", "리더 변경";
    configuration_changed: "Settings", "설정 변경됨";
    mount_refused: "Client refused", "클라이언트 거부";
    task_changed: "Task", "작업";
    unknown: "Other", "기타";
}
