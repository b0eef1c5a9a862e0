//! Owns what is said about who is slow or busy, and why.

crate::words::words! {
    title: "Who is slow, and why", "느린 곳과 원인";
    text: "What file operations of all clients took in the time chosen, each from the first byte of its request to the last of its reply, and what they waited for.",
        "선택한 기간에 모든 클라이언트의 파일 요청에 걸린 시간과 그 원인입니다. 요청의 첫 바이트부터 응답의 마지막 바이트까지 잽니다.";
    by: "Sort by", "정렬 기준";
    by_time: "Time", "시간";
    by_operations: "Operations", "요청 수";
    by_bytes: "Bytes", "데이터 양";
    span: "Range", "기간";
    ten_seconds: "10 seconds", "10초";
    minute: "1 minute", "1분";
    five_minutes: "5 minutes", "5분";
    of_client: "Client", "클라이언트";
    show: "Show", "보기";
    missing: "There is no such volume. Write the name as it is in the list.",
        "그런 볼륨이 없습니다. 목록에 있는 이름을 그대로 입력하십시오.";
    silent: "No answer from {}: what came in there is missing.",
        "{}에서 응답이 없어 그쪽 요청은 빠져 있습니다.";
    others: "{} operations were of more clients than are told apart.",
        "따로 구분하지 못한 다른 클라이언트의 요청이 {}건 있습니다.";
    hidden: "Paths are shown to those who may change the storage; the inode number stands for them here.",
        "경로는 저장소를 변경할 수 있는 사용자에게만 보이며, 여기서는 inode 번호로 대신합니다.";
    volumes: "Volumes", "볼륨";
    clients: "Clients", "클라이언트";
    files: "Files", "파일";
    directories: "Directories", "디렉터리";
    slowest: "Slowest operations", "가장 느린 요청";
    none: "Nobody did anything with files in this time.", "이 기간에 파일을 사용한 클라이언트가 없습니다.";
    no_files: "No file was used in this time.", "이 기간에 사용된 파일이 없습니다.";
    no_slow: "No operation was noted in this time.", "이 기간에 기록된 요청이 없습니다.";
    floor: "A file that is not listed has at most {}.", "목록에 없는 파일은 많아야 {}입니다.";
    operations: "Operations", "요청 수";
    bytes: "Data", "데이터";
    each: "Mean time", "평균 시간";
    took: "Took", "걸린 시간";
    into: "What the time goes into", "시간을 쓴 곳";
    file: "File", "파일";
    directory: "Directory", "디렉터리";
    inode: "Inode {}", "inode {}";
    kind: "Operation", "요청 종류";
    request: "Id in the logs", "로그의 요청 ID";
    when: "When", "시각";
    per_second: "{}/s", "{}/초";
    millis: "{} ms", "{}ms";
    idle: "No time", "시간 없음";
    client_network: "client network", "클라이언트 네트워크";
    queue: "queue", "대기열";
    leader_hop: "way to the leader", "리더까지의 왕복";
    log_flush: "log flush", "로그 기록";
    apply: "apply", "엔트리 적용";
    chunk_read: "chunk read", "청크 읽기";
    chunk_write: "chunk write", "청크 쓰기";
    other: "the work itself", "처리";
    kind_read: "Read", "데이터 읽기";
    kind_write: "Write", "데이터 쓰기";
    kind_commit: "Commit", "저장 확정";
    kind_lookup: "Look at a file", "파일 조회";
    kind_list: "List", "목록";
    kind_change: "Change", "변경";
    kind_lock: "Lock", "잠금";
}
