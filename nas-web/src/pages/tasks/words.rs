//! Owns what is said about tasks.

crate::words::words! {
    nav_tasks: "Tasks", "작업";
    task: "Task", "작업 항목";
    task_verify: "Verify all data", "모든 데이터 검증";
    task_rotate: "Change the authority", "인증 기관 교체";
    task_start: "Verify all data now", "지금 모든 데이터 검증";
    task_running: "Running", "진행 중";
    task_done: "Done", "완료";
    task_failed: "Ended with a problem", "문제가 있음";
    task_cancelled: "Cancelled", "취소됨";
    task_cancel: "Cancel the task", "작업 취소";
    task_progress: "Progress", "진행률";
    task_log: "Log", "로그";
    tasks_text: "Verifying reads every stored copy, compares checksums, and mends what is bad from another replica.",
        "검증은 저장된 모든 사본을 읽어 체크섬을 비교하고, 손상된 것은 다른 복제본에서 복구합니다.";
    tasks_empty: "No task has run yet", "아직 실행된 작업이 없습니다";

    => CANCELLED: "The task {} was cancelled.", "작업 {}을(를) 취소했습니다.";
}
