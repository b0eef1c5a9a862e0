//! Owns what is said about disks.

crate::words::words! {
    nav: "Disks", "디스크";
    occupied: "Occupied", "점유량";
    room: "Room left", "남은 공간";
    full_percent: "{} percent full", "{}% 참";
    means: "What is on disks is compressed, with the copies of every node, and with what deleted files have not given back yet: it is not what volumes use.",
        "디스크에 있는 데이터는 압축되어 있고, 노드마다 사본이 있으며, 삭제된 파일의 아직 반환되지 않은 공간도 포함합니다. 볼륨의 사용량과는 다릅니다.";
    working: "Works", "동작 중";
    waiting: "Waits", "대기 중";
    failed: "Failed", "고장";
    volumes: "Volumes on its node", "이 노드에 있는 볼륨";
    device: "Device", "장치";
    model: "Model", "모델";
    serial: "Serial number", "일련번호";
    kind: "Kind", "종류";
    rotating: "Rotating", "회전식 (HDD)";
    solid: "Solid state", "반도체 (SSD)";
    size: "Size", "크기";
    file_system: "File system", "파일 시스템";
    failed_commands: "Failed commands", "실패한 명령";
    smart: "Its own health (SMART)", "자체 상태 진단 (SMART)";
    smart_missing: "Not available: {}", "확인할 수 없음: {}";
    smart_passed: "The disk says that it is well", "디스크 자체 진단 정상";
    smart_failing: "The disk says that it is failing: replace it soon", "디스크 자체 진단 이상. 곧 교체하십시오";
    temperature: "Temperature", "온도";
    powered_on: "Powered on for", "전원이 켜져 있던 시간";
    reallocated: "Sectors replaced by spare ones", "예비 섹터로 대체된 섹터";
    pending: "Sectors that could not be read", "읽지 못한 섹터";
    uncorrectable: "Errors that nothing mended", "복구하지 못한 오류";
    worn: "Worn", "마모도";
}
