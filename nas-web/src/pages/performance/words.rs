//! Owns what is said about the page of performance.

crate::words::words! {
    nav: "Performance", "성능";
    range: "Range", "기간";
    range_hour: "Hour", "1시간";
    range_day: "Day", "1일";
    range_month: "Month", "1개월";
    range_year: "Year", "1년";
    operations: "Operations", "작업 수";
    read: "Reading", "읽기 속도";
    written: "Writing", "쓰기 속도";
    latency: "Mean latency", "평균 지연 시간";
    most: "at most {}", "최대 {}";
    full: "If it goes on like this, the disks are full on {}.",
        "이대로라면 {}에 디스크가 가득 찹니다.";
}
