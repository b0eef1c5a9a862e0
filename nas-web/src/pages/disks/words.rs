//! Owns what is said about disks.

crate::words::words! {
    nav: "Disks", "디스크";
    occupied: "Occupied", "점유율";
    room: "Room left", "남은 공간";
    occupied_percent: "{} percent occupied", "{}% 점유";
    means: "What is on disks is compressed, with the copies of every node, and with what deleted files have not given back yet: it is not what volumes use.",
        "디스크에 있는 데이터는 압축되어 있고, 노드마다 사본이 있으며, 삭제된 파일의 아직 반환되지 않은 공간도 포함합니다. 볼륨의 사용량과는 다릅니다.";
    working: "Works", "정상";
    waiting: "Waits", "대기 중";
    failed: "Failed", "고장";
}
