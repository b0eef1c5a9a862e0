//! Owns what is said about clients.

crate::words::words! {
    nav: "Clients", "클라이언트";
    text: "Who uses files, now and within the last 24 hours. A node that restarts forgets who has left.",
        "현재 또는 최근 24시간 안에 파일을 사용한 클라이언트입니다. 노드를 다시 시작하면 떠난 클라이언트는 지워집니다.";
    empty: "No client has come yet", "아직 클라이언트가 없습니다";
    empty_text: "Clients that mount an export show here with what they read and write.",
        "내보내기를 마운트한 클라이언트가 읽기·쓰기 양과 함께 여기에 표시됩니다.";
    client: "Client", "클라이언트";
    protocol: "Protocol", "프로토콜";
    bytes_in: "Written", "쓰기";
    bytes_out: "Read", "읽기";
    calls: "Calls", "호출";
    rate: "Last minute", "최근 1분";
    per_second: "{}/s", "{}/초";
    since: "Since", "처음 연결";
    last_seen: "Last seen", "마지막 연결";
    now: "Connected", "연결됨";
    left: "Left {}", "{} 떠남";
    connections: "Connections", "연결";
    no_connections: "It has no connection now.", "현재 연결이 없습니다.";
    port: "Its port", "포트";
    connected_for: "Open for", "연결 시간";
    mounts: "Mounted", "마운트";
    no_mounts: "No mount is known: clients tell only the node they mount through.",
        "알려진 마운트가 없습니다. 클라이언트는 마운트할 때 접속한 노드에만 알립니다.";
    no_volumes: "It has used no volume.", "사용한 볼륨이 없습니다.";
    may_mount: "Which exports may it mount, and as whom?", "마운트할 수 있는 내보내기와 사용자 처리 보기";
    of_volume: "Clients of this volume", "이 볼륨의 클라이언트";
    of_volume_none: "No client uses it, nor did within the last 24 hours.",
        "현재 또는 최근 24시간 안에 사용한 클라이언트가 없습니다.";
    unknown: "It is not known now who uses it.", "지금은 사용 중인 클라이언트를 알 수 없습니다.";
    all: "All clients", "모든 클라이언트";
    busiest: "Busiest clients", "가장 바쁜 클라이언트";
    busiest_text: "By what they read and wrote in the last minute.", "최근 1분 동안 읽고 쓴 양 기준.";
    busiest_none: "No client read or wrote in the last minute.", "최근 1분 동안 읽거나 쓴 클라이언트가 없습니다.";
}
