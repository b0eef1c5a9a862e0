//! Owns what is said about alerts.

crate::words::words! {
    nav: "Alerts", "알림";
    severity: "Severity", "심각도";
    since: "Since", "발생";
    about: "About", "관련 항목";
    wrong: "What is wrong", "문제";
    advice: "What to do", "해결 방법";
    ended: "Over since", "해소";
    none: "Nothing is wrong", "문제가 없습니다";
    none_text: "When something needs somebody, it is listed here and delivered over the channels.",
        "확인이 필요한 일이 생기면 여기에 표시되고 채널로 전송됩니다.";
    none_past: "Nothing was wrong, as far as is remembered", "기록된 지난 알림이 없습니다";
    text: "What is open now, with what follows from it.", "지금 열려 있는 알림과 그에 따른 영향입니다.";
    past: "Past alerts", "지난 알림";
    past_text: "The latest thousand that are over.", "해소된 알림 가운데 최근 1,000개입니다.";
    now: "Open alerts", "열린 알림";
    raised: "Raised", "발생함";
    acknowledged: "Acknowledged", "확인함";
    over: "Over", "해소됨";
    silenced: "Silenced", "중지됨";
    flapping: "Comes and goes", "반복 발생";
    consequence: "Follows from alert {}", "알림 {}에 따른 것";
    consequences: "What follows from it", "이로 인한 알림";
    consequences_of: "{} in all", "모두 {}개";
    by: "{}, {}", "{}, {}";
    acknowledge: "Acknowledge", "확인";
    acknowledge_title: "Look after it", "담당하기";
    acknowledge_text: "Others see that you look after it; what waits for that is not delivered.",
        "담당자가 있음을 다른 사람도 볼 수 있고, 확인을 기다리던 전송은 하지 않습니다.";
    note: "Note", "메모";
    note_hint: "What you do about it; may stay empty.", "어떻게 처리하는지 적습니다. 비워 두어도 됩니다.";
    silence: "Silence", "알림 중지";
    silence_title: "Keep quiet about it", "이 알림 중지";
    silence_text: "It stays listed. If it is still open when the silence ends, it is delivered then.",
        "목록에는 계속 표시됩니다. 중지가 끝날 때도 열려 있으면 그때 전송됩니다.";
    silence_what: "Which alerts", "중지할 알림";
    silence_this: "This kind, about this", "이 항목의 이 종류";
    silence_object: "Everything about this", "이 항목의 모든 알림";
    silence_kind: "This kind, about anything", "모든 항목의 이 종류";
    silence_hours: "For how many hours", "중지할 시간";
    silence_hours_wrong: "Write a whole number of hours, 1 to 720.", "1~720 사이의 시간을 정수로 입력하십시오.";
    silence_why: "Reason", "이유(메모)";
    silences: "Silences", "알림 중지 목록";
    silence_until: "Until", "종료 시각";
    silence_by: "By", "설정한 사람";
    silence_any_kind: "Any kind", "모든 종류의 알림";
    silence_anything: "Anything", "모든 항목";
    silence_end: "End the silence", "중지 끝내기";
    open_page: "Open its page", "관련 페이지 열기";
    number: "Alert {}", "알림 {}";
    dashboard_one: "One alert is open", "열린 알림 1개";
    dashboard_many: "{} alerts are open", "열린 알림 {}개";

    => ACKNOWLEDGED: "You look after alert {}.", "알림 {}을(를) 확인했습니다.";
    => SILENCED: "Alerts were silenced for {} hours.", "{}시간 동안 알림을 중지했습니다.";
    => SILENCE_ENDED: "Silence {} has ended.", "알림 중지 {}을(를) 끝냈습니다.";
}
