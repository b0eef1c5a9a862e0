//! Owns what is said about connected clients.

crate::words::words! {
    nav: "Connected clients", "연결된 클라이언트";
    empty: "Nobody is connected", "연결된 클라이언트가 없습니다";
    empty_text: "Clients that mount an export show here with what they read and write.",
        "내보내기를 마운트한 클라이언트가 읽기·쓰기 양과 함께 여기에 표시됩니다.";
    protocol: "Protocol", "프로토콜";
    bytes_in: "Written", "쓰기";
    bytes_out: "Read", "읽기";
}
