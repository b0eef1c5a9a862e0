//! Owns what is said about the dashboard.

crate::words::words! {
    why: "Why", "이유";
    nav: "Dashboard", "대시보드";
    verdict_unknown: "Nobody knows how the cluster does right now.", "현재 클러스터 상태를 알 수 없습니다.";
    space_none: "It shows here once there is a volume.", "볼륨을 만들면 여기에 표시됩니다.";
    used_of: "{} used ({} %): files before compression, one copy", "{} 사용 중 ({}%): 압축 전 파일 크기, 복제본 하나 기준";
    of_total: "of {} answer", "/ {} 응답";
    led_by: "Led by {}", "리더: {}";
    no_leader: "No leader is known", "알려진 리더 없음";
    volumes_fine: "All are healthy", "모두 정상";
    volumes_troubled: "{} need attention", "{}개 확인 필요";
    attention: "Needs attention", "확인이 필요한 항목";
    throughput: "Now", "현재 처리량";
    operations: "operations", "파일 요청";
    moved: "Read {}, written {}", "읽기 {}, 쓰기 {}";
    growth: "Growth", "증가 추세";
    lately: "What happened lately", "최근 이벤트";
    all_events: "All events", "모든 이벤트";
    nodes: "Where your data lives", "데이터가 있는 곳";
    few_nodes: "With three nodes, one can fail and everything goes on.",
        "노드가 셋이면 하나가 고장 나도 모든 것이 계속됩니다.";
    and_more: "and {} more", "외 {}개";
    replicas_here: "{} replicas here", "복제본 {}개";
}
