//! Owns what is said about tasks.

crate::words::words! {
    nav: "Tasks", "작업";
    task: "Task", "작업";
    verify: "Verify all data", "모든 데이터 검증";
    rotate: "Change the authority", "인증 기관 교체";
    start: "Verify all data now", "지금 모든 데이터 검증";
    running: "Running", "진행 중";
    done: "Done", "완료";
    failed: "Ended with a problem", "문제가 있음";
    cancelled: "Cancelled", "취소됨";
    cancel: "Cancel the task", "작업 취소";
    progress: "Progress", "진행률";
    rate: "Rate", "속도";
    left: "Time left", "남은 시간";
    about: "about {}", "약 {}";
    ended: "Ended", "끝난 시각";
    parts: "Each node's part", "노드별 진행";
    log: "Log", "로그";
    text: "Verifying reads every stored copy, compares checksums, and mends what is bad from another replica.",
        "검증은 저장된 모든 사본을 읽어 체크섬을 비교하고, 손상된 것은 다른 복제본에서 복구합니다.";
    empty: "No task has run yet", "아직 실행된 작업이 없습니다";

    => CANCELLED: "The task {} was cancelled.", "작업 {}을(를) 취소했습니다.";
}
