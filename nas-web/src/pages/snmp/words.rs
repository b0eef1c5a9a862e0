//! Owns what is said about SNMP.

crate::words::words! {
    nav: "SNMP", "SNMP";
    text: "Monitoring systems ask every node by itself, through UDP port 161. Each node answers those that are named here, from the places that are named, and nobody else.",
        "모니터링 시스템은 노드마다 UDP 161번 포트로 조회합니다. 노드는 여기에 등록된 사용자와 커뮤니티가 지정된 주소에서 조회할 때만 응답합니다.";
    silent: "Nothing is answered yet", "아직 SNMP 조회에 응답하지 않습니다";
    silent_text: "Nobody may ask. Make an SNMPv3 user for your monitoring system; the next page then shows a command to try it with. A community is for tools that know no SNMPv3.",
        "조회할 수 있는 사용자가 없습니다. 모니터링 시스템이 쓸 SNMPv3 사용자를 만드십시오. 만든 다음 화면에 시험해 볼 명령이 나옵니다. 커뮤니티는 SNMPv3를 지원하지 않는 도구를 위한 것입니다.";
    users: "Users of SNMPv3", "SNMPv3 사용자";
    users_none: "No users: nothing is answered to SNMPv3.", "사용자가 없어 SNMPv3에 응답하지 않습니다.";
    user_new: "New SNMP user", "새 SNMP 사용자";
    user_make: "Make the SNMP user", "SNMP 사용자 만들기";
    communities: "Communities of SNMPv2c", "SNMPv2c의 커뮤니티";
    communities_none: "No communities: nothing is answered to SNMPv2c.", "커뮤니티가 없어 SNMPv2c에 응답하지 않습니다.";
    community: "Community", "커뮤니티";
    community_new: "New SNMP community", "새 SNMP 커뮤니티";
    community_make: "Make the community", "커뮤니티 만들기";
    community_text: "A community is sent in clear: everybody on the way can read it, and what is answered. Prefer an SNMPv3 user.",
        "커뮤니티는 암호화되지 않은 채 전송되므로 경로에 있는 누구나 커뮤니티와 응답을 읽을 수 있습니다. SNMPv3 사용자를 쓰는 것이 좋습니다.";
    community_hint: "What is sent: 8 to 64 letters, digits and signs, without spaces. It is not shown again.",
        "전송되는 값. 글자, 숫자, 기호 8~64자, 공백 없이. 다시 표시되지 않습니다.";
    community_stays: "Leave it empty to keep the one that there is.", "지금 값을 그대로 두려면 비워 두십시오.";
    community_missing: "Type what is to be sent.", "전송될 값을 입력하십시오.";
    views: "Views", "뷰";
    views_text: "A view is the part of the tree of objects that somebody may read.", "뷰는 읽을 수 있는 객체 트리의 일부입니다.";
    view: "View", "뷰 이름";
    view_new: "New SNMP view", "새 SNMP 뷰";
    view_make: "Make the view", "뷰 만들기";
    view_fixed: "This view is always there and cannot be changed.", "이 뷰는 언제나 있으며 변경할 수 없습니다.";
    included: "Shows", "표시";
    included_hint: "Object identifiers, separated by commas, for instance 1.3.6.1.2.1. All below them is shown, too.",
        "쉼표로 구분한 객체 식별자. 예: 1.3.6.1.2.1. 그 아래도 모두 표시됩니다.";
    included_missing: "Say what the view shows.", "뷰가 표시할 것을 입력하십시오.";
    excluded: "But not", "제외";
    excluded_hint: "Of two that hold an object the longer one decides.", "한 객체가 두 식별자에 모두 속하면 더 긴 쪽을 따릅니다.";
    oid_bad: "`{}` is no object identifier: write numbers with dots that begin with 1.3.",
        "`{}`은(는) 객체 식별자가 아닙니다. 1.3으로 시작하는 숫자를 점으로 이어 쓰십시오.";
    sources: "May ask from", "조회를 허용할 주소";
    sources_hint: "Addresses and networks, separated by commas, for instance 192.0.2.7 or 192.0.2.0/24. Everywhere is 0.0.0.0/0 and ::/0.",
        "쉼표로 구분한 주소나 네트워크. 예: 192.0.2.7, 192.0.2.0/24. 모든 주소는 0.0.0.0/0과 ::/0입니다.";
    sources_missing: "Say from where may be asked.", "조회를 허용할 주소를 입력하십시오.";
    source_bad: "`{}` is no address or network.", "`{}`은(는) 주소나 네트워크가 아닙니다.";
    name_hint: "1 to 32 letters, digits, -, _ and dots.", "글자, 숫자, -, _, 점으로 1~32자.";
    name_missing: "Type a name.", "이름을 입력하십시오.";
    auth: "Authentication", "인증";
    privacy: "Encryption", "암호화";
    privacy_none: "None: others can read along", "없음: 다른 사람이 읽을 수 있음";
    protocol_missing: "Choose one of the protocols.", "프로토콜을 선택하십시오.";
    auth_passphrase: "Passphrase for authentication", "인증용 암호";
    privacy_passphrase: "Passphrase for encryption", "암호화용 암호";
    passphrase_hint: "8 characters or more. Keys for each node are made of it, and it is not kept.",
        "8자 이상. 노드마다 키를 만드는 데만 쓰고 보관하지 않습니다.";
    passphrase_missing: "Type a passphrase.", "암호를 입력하십시오.";
    passphrases_stay: "Leave both passphrases empty to keep the keys that there are.", "지금 키를 그대로 두려면 두 암호를 모두 비워 두십시오.";
    passphrases_anew: "To change how the user is proved, type its passphrases anew.", "인증 방식을 바꾸려면 암호를 다시 입력하십시오.";
    privacy_passphrase_fits: "Type a passphrase for encryption, or choose to have none and leave this empty.",
        "암호화용 암호를 입력하거나, 암호화를 없음으로 선택하고 비워 두십시오.";
    unknown_at: "These nodes joined after too many others and do not know the user: type its passphrases anew. {}",
        "다음 노드는 다른 노드가 너무 많이 참여한 뒤에 참여해 이 사용자를 모릅니다. 암호를 다시 입력하십시오: {}";
    try_it: "Try it", "시험하기";
    try_user: "With net-snmp, on a machine that may ask. It takes the passphrases from defAuthPassphrase and defPrivPassphrase in ~/.snmp/snmp.conf, where other users of that machine do not see them.",
        "조회가 허용된 컴퓨터에서 net-snmp로 실행하십시오. 암호는 ~/.snmp/snmp.conf의 defAuthPassphrase와 defPrivPassphrase에서 읽으므로 그 컴퓨터의 다른 사용자에게 보이지 않습니다.";
    try_community: "With net-snmp, on a machine that may ask. It takes the community from defCommunity in ~/.snmp/snmp.conf.",
        "조회가 허용된 컴퓨터에서 net-snmp로 실행하십시오. 커뮤니티는 ~/.snmp/snmp.conf의 defCommunity에서 읽습니다.";
    contact: "Contact", "연락처";
    contact_hint: "Who looks after the cluster (sysContact).", "클러스터를 관리하는 사람(sysContact).";
    location: "Location", "위치";
    location_hint: "Where the cluster is (sysLocation).", "클러스터가 있는 곳(sysLocation).";
    contact_change: "Contact and location", "연락처와 위치";
    told: "What SNMP tells", "SNMP로 알리는 것";
    engine_id: "Engine id", "엔진 ID";
    user_delete_title: "Delete SNMP user {}?", "SNMP 사용자 {}을(를) 삭제하시겠습니까?";
    user_delete_text: "Nothing that it asks is answered any more, at once. To have it back its passphrases are needed.",
        "이 사용자의 조회에 즉시 응답하지 않게 됩니다. 되돌리려면 암호가 필요합니다.";
    community_delete_title: "Delete SNMP community {}?", "SNMP 커뮤니티 {}을(를) 삭제하시겠습니까?";
    community_delete_text: "Nothing that is asked with it is answered any more, at once.", "이 커뮤니티를 쓰는 조회에 즉시 응답하지 않게 됩니다.";
    view_delete_title: "Delete SNMP view {}?", "SNMP 뷰 {}을(를) 삭제하시겠습니까?";
    view_delete_text: "A view that somebody may read is not deleted.", "읽을 수 있는 사용자나 커뮤니티가 있는 뷰는 삭제되지 않습니다.";

    => USER_MADE: "SNMP user {} was made.", "SNMP 사용자 {}을(를) 만들었습니다.";
    => USER_CHANGED: "SNMP user {} was changed.", "SNMP 사용자 {}을(를) 변경했습니다.";
    => USER_DELETED: "SNMP user {} was deleted.", "SNMP 사용자 {}을(를) 삭제했습니다.";
    => COMMUNITY_MADE: "SNMP community {} was made.", "SNMP 커뮤니티 {}을(를) 만들었습니다.";
    => COMMUNITY_CHANGED: "SNMP community {} was changed.", "SNMP 커뮤니티 {}을(를) 변경했습니다.";
    => COMMUNITY_DELETED: "SNMP community {} was deleted.", "SNMP 커뮤니티 {}을(를) 삭제했습니다.";
    => VIEW_MADE: "SNMP view {} was made.", "SNMP 뷰 {}을(를) 만들었습니다.";
    => VIEW_CHANGED: "SNMP view {} was changed.", "SNMP 뷰 {}을(를) 변경했습니다.";
    => VIEW_DELETED: "SNMP view {} was deleted.", "SNMP 뷰 {}을(를) 삭제했습니다.";
    => CONTACT_CHANGED: "Contact and location were changed.", "연락처와 위치를 변경했습니다.";
}
