//! Owns what is said about diagnoses and support bundles.

crate::words::words! {
    nav: "Diagnostics", "진단";
    text: "Each node looks itself over every night at three o'clock, and whenever somebody asks.",
        "각 노드는 매일 밤 3시에, 그리고 요청할 때마다 스스로를 점검합니다.";
    start: "Look at all nodes now", "지금 모든 노드 점검";
    running: "{} of {} checks are done", "검사 {}건 완료, 전체 {}건";
    never: "No check has run yet", "아직 실행된 검사가 없습니다";
    not_known: "The node does not answer: nothing is known of it", "노드가 응답하지 않아 아무것도 알 수 없습니다";
    check: "Check", "검사";
    evidence: "What was seen", "확인한 내용";
    advice: "What to do:", "조치 방법:";
    ran: "Ran", "실행 시각";
    passed: "Passed", "통과";
    skipped: "Nothing to look at", "대상 없음";
    warning: "Look at it", "살펴볼 것";
    failed: "Failed", "실패";
    unknown: "Unknown", "알 수 없음";
    bundle: "Support bundle", "지원 번들";
    bundle_text: "An archive for those who help you: what nodes and settings say, alerts, events, logs and figures. It has no passwords, keys or tokens; it names nodes, volumes, users and clients.",
        "도움을 줄 사람에게 보내는 압축 파일입니다. 노드와 설정, 알림, 이벤트, 로그, 측정값이 들어 있습니다. 비밀번호, 키, 토큰은 없지만 노드, 볼륨, 사용자, 클라이언트의 이름은 있습니다.";
    collect: "Collect a bundle", "지원 번들 모으기";
    download: "Download", "다운로드";
    compressed: "{}, compressed", "압축 {}";
    expires: "It lies on this node until {}.", "{}까지 이 노드에 보관됩니다.";
    missing: "{} does not answer: nothing of it is there.", "{} 노드는 응답하지 않아 내용이 없습니다.";
    file: "File", "파일";
    size: "Size", "크기";
    none: "There is no bundle", "지원 번들이 없습니다";
}
