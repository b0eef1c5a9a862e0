//! Owns what is said about channels and deliveries.

crate::words::words! {
    nav: "Channels", "채널";
    new: "New channel", "새 채널";
    make: "Make the channel", "채널 만들기";
    choose: "How shall people be told?", "알리는 방법을 선택하십시오";
    email: "Email", "이메일";
    email_text: "Through a mail server, to one or more people.", "메일 서버를 통해 한 명 이상에게 보냅니다.";
    webhook: "Webhook", "웹훅";
    webhook_text: "A request to a web server: Slack, Teams, Telegram, or a program of yours.",
        "웹 서버에 요청을 보냅니다: Slack, Teams, Telegram 또는 자체 프로그램.";
    syslog: "Syslog", "Syslog";
    syslog_text: "To a log server (RFC 5424, over TCP or TLS).", "로그 서버로 보냅니다(RFC 5424, TCP 또는 TLS).";
    snmp: "SNMP", "SNMP";
    snmp_text: "A notification to a monitoring server.", "모니터링 서버에 통지를 보냅니다.";
    name_hint: "Lower-case letters, digits, - and _; it cannot be changed later.",
        "영문 소문자, 숫자, - _ 를 사용합니다. 나중에 바꿀 수 없습니다.";
    name_missing: "Give the channel a name.", "채널 이름을 입력하십시오.";
    to: "To", "받는 곳";
    server: "Server", "서버";
    server_hint: "Host and port, for instance mail.example.com:465.", "호스트와 포트. 예: mail.example.com:465";
    server_missing: "Write the server's host and port.", "서버의 호스트와 포트를 입력하십시오.";
    protection: "Protection", "보호 방식";
    protection_tls: "TLS", "TLS";
    protection_starttls: "STARTTLS", "STARTTLS";
    protection_none: "None: others can read along", "없음: 다른 사람이 읽을 수 있음";
    user: "User at the server", "서버의 사용자";
    user_hint: "Empty: does not log in.", "비워 두면 로그인하지 않습니다.";
    user_snmp_hint: "A user of SNMPv3; empty: v2c, with the secret as the community.",
        "SNMPv3 사용자. 비워 두면 v2c이고 비밀 값이 커뮤니티입니다.";
    from: "Sender", "보내는 사람";
    from_missing: "Write the sender's address.", "보내는 사람의 주소를 입력하십시오.";
    recipients: "Recipients", "받는 사람";
    recipients_hint: "Addresses, separated by commas.", "쉼표로 구분한 이메일 주소.";
    recipients_missing: "Write at least one recipient.", "받는 사람을 한 명 이상 입력하십시오.";
    url: "Web address", "웹 주소";
    url_hint: "Write {secret} where the secret belongs, if it is a part of the address.",
        "비밀 값이 주소의 일부라면 그 자리에 {secret}을 쓰십시오.";
    url_missing: "Write the web address.", "웹 주소를 입력하십시오.";
    format: "Format", "형식";
    format_gotgan: "JSON, signed with the secret", "비밀 값으로 서명한 JSON";
    format_slack: "Slack", "Slack";
    format_teams: "Teams", "Teams";
    format_telegram: "Telegram", "Telegram";
    chat: "Chat", "대화방";
    chat_hint: "Of Telegram: whom the bot writes to.", "Telegram에서 봇이 메시지를 보낼 대화방.";
    inform: "Repeat until it is answered (inform)", "응답할 때까지 반복(inform)";
    secret: "Secret", "비밀 값";
    secret_hint: "Password, signing key, bot token or community. Nobody is shown it again; empty keeps what is saved.",
        "비밀번호, 서명 키, 봇 토큰 또는 커뮤니티. 다시 보여 주지 않으며, 비워 두면 저장된 값을 유지합니다.";
    secret_set: "A secret is saved.", "비밀 값이 저장되어 있습니다.";
    on: "Deliver", "전송함";
    off: "Off", "꺼짐";
    working: "On", "켜짐";
    least: "From which severity on", "전송할 최소 심각도";
    after: "Minutes to wait for somebody to acknowledge", "확인을 기다릴 시간(분)";
    after_hint: "0: delivered at once. Above, only what nobody looks after is delivered.",
        "0이면 바로 전송합니다. 그 이상이면 아무도 확인하지 않은 것만 전송합니다.";
    after_wrong: "Write a whole number of minutes, at most 10080.", "최대 10080까지 분을 정수로 입력하십시오.";
    quiet: "Quiet hours", "방해 금지 시간";
    quiet_hint: "Like 22:00-07:00, in the cluster's time zone: only what is critical is delivered then. Empty: none.",
        "예: 22:00-07:00, 클러스터의 시간대 기준. 이때는 심각한 것만 전송합니다. 비워 두면 없음.";
    quiet_wrong: "Write hours like 22:00-07:00.", "22:00-07:00처럼 시간을 입력하십시오.";
    speech: "Language of the messages", "메시지의 언어";
    last: "Latest delivery", "최근 전송";
    last_arrived: "Arrived {}", "{} 도착";
    last_failed: "Failed {}", "{} 실패";
    last_none: "None yet", "아직 없음";
    test: "Send a test", "시험 전송";
    none: "Nobody is told of alerts yet", "아직 아무에게도 알림을 보내지 않습니다";
    none_text: "A channel tells people by email, a webhook, syslog or SNMP when something is wrong.",
        "채널은 문제가 생겼을 때 이메일, 웹훅, syslog 또는 SNMP로 알립니다.";
    delete: "Delete the channel", "채널 삭제";
    delete_title: "Delete channel {}?", "채널 {}을(를) 삭제하시겠습니까?";
    delete_text: "Nothing is delivered over it any more, also what waits for it now.",
        "대기 중인 것을 포함해 더 이상 이 채널로 전송하지 않습니다.";
    deliveries: "Deliveries", "전송 기록";
    deliveries_text: "The latest thousand messages over all channels. A failure is tried again for a day.",
        "모든 채널의 최근 메시지 1,000개입니다. 실패하면 하루 동안 다시 시도합니다.";
    deliveries_none: "Nothing was delivered yet", "아직 전송한 것이 없습니다";
    channel: "Channel", "채널";
    message: "Message", "메시지";
    made: "Made", "작성";
    tries: "Attempts", "시도";
    failure: "Why it failed", "실패 이유";
    about_raised: "New alert", "새 알림";
    about_ended: "Alert over", "알림 해소";
    about_flapping: "Alert that comes and goes", "반복되는 알림";
    about_digest: "{} alerts", "알림 {}개";
    about_test: "Test", "시험";
    waiting: "Waiting", "대기";
    under_way: "Under way", "전송 중";
    delivered: "Arrived", "도착";
    given_up: "Given up", "포기함";
    retracted: "Not needed any more", "필요 없어짐";

    => MADE: "Channel {} was made. Send a test to see whether it works.", "채널 {}을(를) 만들었습니다. 시험 전송으로 동작을 확인하십시오.";
    => CHANGED: "Channel {} was changed.", "채널 {}을(를) 변경했습니다.";
    => DELETED: "Channel {} was deleted.", "채널 {}을(를) 삭제했습니다.";
    => TESTED: "A test is on its way over {}.", "{} 채널로 시험 메시지를 보내고 있습니다.";
}
