//! Owns what is said about the settings.

crate::words::words! {
    nav: "Settings", "설정";
    id: "Identifier", "식별자";
    change: "Change the settings", "설정 변경";
    name_missing: "The cluster needs a name.", "클러스터 이름을 입력하십시오.";
    name_hint: "1 to 63 of a-z, 0-9, - and the dot. It is shown here and in authenticators; clients and mounts do not depend on it.",
        "a-z, 0-9, -, 점으로 1~63자. 이 콘솔과 인증 앱에 표시되며, 클라이언트와 마운트는 이 이름에 의존하지 않습니다.";
    idle: "Minutes without use until a session ends", "세션이 종료될 때까지 사용하지 않은 시간(분)";
    idle_hint: "Short where others can reach the screen.",
        "다른 사람이 화면에 접근할 수 있는 곳에서는 짧게 하십시오.";
    zone: "Time zone", "시간대";
    zone_hint: "Times are shown in it on all pages, for instance Asia/Seoul.",
        "모든 화면의 시각을 이 시간대로 표시합니다. 예: Asia/Seoul";
    zone_wrong: "Enter a name of the IANA database, for instance Asia/Seoul or UTC.",
        "IANA 데이터베이스의 이름을 입력하십시오. 예: Asia/Seoul, UTC";
    console: "Address of the console", "콘솔 주소";
    console_hint: "Messages about alerts link to it, for instance https://nas.example.com. Leave it empty for messages without links.",
        "알림 메시지에 이 주소로 가는 링크가 들어갑니다. 예: https://nas.example.com. 비워 두면 링크가 없습니다.";
    lifetime: "Minutes until a session ends at the latest", "세션의 최대 시간(분)";
    lifetime_hint: "Whoever still works then logs in again; what they typed is kept.",
        "그때 콘솔을 쓰고 있으면 다시 로그인합니다. 입력한 내용은 유지됩니다.";
    minutes_wrong: "Write a whole number of minutes, {} to {}.", "{}~{} 사이의 분을 정수로 입력하십시오.";
    lifetime_short: "This is shorter than a session may go unused.",
        "사용하지 않아도 되는 시간보다 짧습니다.";
    impact: "Sessions that are older than the new limits end at once. API tokens are not touched.",
        "새 한도보다 오래된 세션은 즉시 종료됩니다. API 토큰에는 영향이 없습니다.";
    certificate: "Certificate of this console", "이 콘솔의 인증서";
    certificate_text: "Your browser shows the same fingerprint for this site if nobody is in between.",
        "중간에 아무도 없다면 브라우저에 표시되는 이 사이트의 지문과 같습니다.";
    certificate_self_signed: "It is self-signed: no authority vouches for it, so browsers warn of it. Compare the fingerprint, or use a certificate of an authority.",
        "자체 서명된 인증서입니다. 보증하는 인증 기관이 없어 브라우저가 경고합니다. 지문을 비교하거나 인증 기관의 인증서를 사용하십시오.";
    certificate_ends: "It expires in {} days. Replace it before that.",
        "{}일 뒤에 만료됩니다. 그 전에 교체하십시오.";
    certificate_ended: "It has expired: browsers and programs refuse it. Replace it.",
        "만료되었습니다. 브라우저와 프로그램이 거부합니다. 교체하십시오.";
    certificate_problem: "The files in the node's directory are not in use: {}",
        "노드 디렉터리의 파일이 사용되지 않고 있습니다: {}";
    certificate_names: "For", "대상";
    certificate_issuer: "Issued by", "발급자";
    certificate_issuer_self: "Itself (self-signed)", "자체 서명";
    certificate_valid: "Valid", "유효 기간";
    certificate_from_to: "{} to {}", "{} ~ {}";
    certificate_replace: "Replace the certificate", "인증서 교체";
    certificate_replace_text: "Use a certificate of an authority that your browsers know. It is checked before anything changes. An ACME client can do the same by itself with nasctl certificate set.",
        "브라우저가 신뢰하는 인증 기관의 인증서를 사용합니다. 바꾸기 전에 먼저 검사합니다. ACME 클라이언트는 nasctl certificate set으로 같은 일을 자동으로 할 수 있습니다.";
    certificate_replace_do: "Check and use it", "검사하고 사용";
    certificate_chain: "Certificates", "인증서";
    certificate_chain_hint: "In PEM, from -----BEGIN CERTIFICATE----- on: the node's own first, then those between it and its authority. Often called fullchain.pem.",
        "-----BEGIN CERTIFICATE-----로 시작하는 PEM 형식. 노드의 인증서를 먼저, 이어서 인증 기관까지의 중간 인증서를 붙여 넣으십시오. 흔히 fullchain.pem이라고 합니다.";
    certificate_chain_missing: "Paste the certificates.", "인증서를 붙여 넣으십시오.";
    certificate_key: "Private key", "개인 키";
    certificate_key_hint: "In PEM, without a passphrase. It goes to this node only and is never shown again: after a mistake it has to be pasted once more.",
        "암호가 걸리지 않은 PEM 형식. 이 노드에만 저장되며 다시 표시되지 않습니다. 오류가 나면 다시 붙여 넣어야 합니다.";
    certificate_key_missing: "Paste the private key.", "개인 키를 붙여 넣으십시오.";
    certificate_impact: "What this changes", "달라지는 점";
    certificate_impact_node: "Only this node: certificates name hosts, so each node has its own.",
        "이 노드만 바뀝니다. 인증서에는 호스트 이름이 들어 있으므로 노드마다 따로 있습니다.";
    certificate_impact_connections: "Connections that are open go on; new ones see the new certificate at once. Nothing restarts.",
        "열려 있는 연결은 유지되고, 새 연결에는 새 인증서가 바로 표시됩니다. 다시 시작하지 않습니다.";
    certificate_impact_pins: "Programs that pinned the old fingerprint refuse the node until they are told the new one.",
        "이전 지문을 고정한 프로그램은 새 지문을 알려 줄 때까지 이 노드를 거부합니다.";
    certificate_reset: "Go back to self-signed", "자체 서명으로 되돌리기";
    certificate_reset_title: "Go back to a self-signed certificate?", "자체 서명 인증서로 되돌리시겠습니까?";
    certificate_reset_text: "The certificate below and its key are deleted from this node. A new self-signed one takes their place, which browsers warn of.",
        "아래 인증서와 키가 이 노드에서 삭제됩니다. 브라우저가 경고하는 새 자체 서명 인증서로 대체됩니다.";
    language: "Language", "언어";
    look: "Light or dark follows the setting of your device.",
        "밝은 화면과 어두운 화면은 기기 설정을 따릅니다.";
    versions: "Versions", "버전";

    => CHANGED: "The settings of {} were changed.", "{}의 설정을 변경했습니다.";
    => CERTIFICATE_REPLACED: "The certificate for {} is in use. Your browser sees it with its next connection.",
        "{}의 인증서를 사용합니다. 브라우저에는 다음 연결부터 표시됩니다.";
    => CERTIFICATE_RESET: "The node shows a new self-signed certificate.{}",
        "노드가 새 자체 서명 인증서를 사용합니다.{}";
}
