//! Owns what is said about sessions.

crate::words::words! {
    nav: "Sessions", "세션";
    text: "A session ends after {} minutes without use and after {} minutes at the latest.",
        "세션은 {}분 동안 사용하지 않거나 최대 {}분이 지나면 종료됩니다.";
    begun: "Begun", "시작";
    seen: "Last used", "마지막 사용";
    end: "End", "종료";

    => ENDED: "The session of {} has ended.", "{}의 세션을 종료했습니다.";
}
