//! Owns what is said about disks.

crate::words::words! {
    nav_disks: "Disks", "디스크";
    disk_working: "Works", "정상";
    disk_waiting: "Waits", "대기 중";
    disk_failed: "Failed", "고장";
}
