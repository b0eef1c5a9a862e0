//! Owns what is said about disks.

crate::words::words! {
    nav: "Disks", "디스크";
    working: "Works", "동작 중";
    waiting: "Waits", "대기 중";
    failed: "Failed", "고장";
}
