//! Owns what is said about clients that the export rules refused.

crate::words::words! {
    title: "Refused of late", "최근 거부된 접근";
    text: "Whom the rules of exports refused in the last 24 hours. A node that restarts forgets it; what file permissions refuse is not in it.",
        "최근 24시간 동안 내보내기 규칙이 거부한 클라이언트입니다. 노드를 다시 시작하면 지워지며, 파일 권한으로 거부된 것은 포함되지 않습니다.";
    none: "Nobody was refused.", "거부된 접근이 없습니다.";
    unknown: "It is not known now whom the rules refused.", "지금은 거부된 접근을 알 수 없습니다.";
    client: "Client", "클라이언트";
    asked: "Asked for", "요청한 경로";
    why: "Why", "이유";
    last: "Last", "마지막";
    times: "Times", "횟수";
    no_export: "There is no such export", "그런 내보내기 없음";
    no_rule: "No row holds it", "이 클라이언트를 포함하는 행 없음";
    port: "It called from a port that any program there can use; the row {} takes only those of its root",
        "아무 프로그램이나 쓸 수 있는 포트에서 요청함. {} 행은 root 전용 포트만 허용";
    read_only: "It wanted to write; the row {} lets it only read", "쓰기를 요청함. {} 행은 읽기만 허용";
    user: "user {}", "사용자 {}";
    change: "Change the rules", "규칙 변경";
    all: "All that were refused", "거부된 접근 모두 보기";
}
