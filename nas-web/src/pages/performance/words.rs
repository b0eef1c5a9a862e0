//! Owns what is said about the page of performance.

crate::words::words! {
    nav: "Performance", "성능";
    range: "Range", "기간";
    range_hour: "Hour", "1시간";
    range_day: "Day", "1일";
    range_month: "Month", "1개월";
    range_year: "Year", "1년";
    operations: "Operations", "파일 요청";
    read: "Read", "읽기";
    written: "Written", "쓰기";
    latency: "Mean latency", "평균 지연 시간";
    moved: "Bytes read and written", "읽고 쓴 데이터";
    last_hour: "The last hour", "최근 1시간";
    more: "More charts of this volume", "이 볼륨의 차트 더 보기";
    of_volume: "Volume", "볼륨";
    of_node: "Node", "노드";
    of_all: "The whole cluster", "클러스터 전체";
    show: "Show", "보기";
    since: "Recorded since {}.", "{}부터의 기록입니다.";
    missing: "There is no such volume or node. Write the name as it is in the list.",
        "그런 볼륨이나 노드가 없습니다. 목록에 있는 이름을 그대로 입력하십시오.";
    used_up_in: "At this pace it is full in about {} days.", "이 속도라면 약 {}일 뒤에 가득 찹니다.";
    full: "If it goes on like this, the space is used up on {}.",
        "이대로라면 {}에 공간이 가득 찹니다.";
}
