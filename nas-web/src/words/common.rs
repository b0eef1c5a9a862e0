//! Owns the messages that belong to no noun, or to several.

super::table::words! {
    product: "Gotgan", "곳간";
    skip: "Skip to the content", "본문으로 건너뛰기";
    menu: "Menu", "메뉴";
    sections: "Sections", "섹션";
    search: "Search", "검색";
    found: "{} of {} match.", "{}개 일치 (전체 {}개).";
    pages: "Pages", "페이지";
    page_before: "Previous", "이전";
    page_after: "Next", "다음";
    page_of: "{} of {}", "{} / {}";
    cancel: "Cancel", "취소";
    save: "Save", "저장";
    state: "State", "상태";
    name: "Name", "이름";
    times: "All times are {}.", "모든 시각은 {} 기준입니다.";
    none: "None", "없음";
    used_means: "Used is what files hold, before compression, one copy, without holes; free is what more they can hold.",
        "사용량은 압축 전 파일 크기(복제본 하나 기준, 빈 구간 제외)이고, 여유는 파일을 더 담을 수 있는 크기입니다.";
    chart_most: "at most {}", "최대 {}";
    chart_keys: "arrow keys read one value after the other", "화살표 키로 값을 하나씩 읽습니다";
    chart_table: "As a table", "표로 보기";
    chart_from: "From", "시작 시각";
    chart_empty: "Nothing is recorded yet.", "아직 기록이 없습니다.";
    copy: "Copy", "복사";
    copied: "Copied", "복사됨";
    seconds: "{} s", "{}초";
    minutes: "{} min", "{}분";
    hours: "{} h", "{}시간";
    days: "{} days", "{}일";
    free: "free", "여유";
    to_dashboard: "To the dashboard", "대시보드로";
    nav_storage: "Storage", "스토리지";
    nav_people: "Access", "접근";
    nav_system: "System", "시스템";
    role_administrator: "Administrator", "관리자";
    role_operator: "Operator", "운영자";
    role_auditor: "Auditor", "감사자";
    role_share_owner: "Share owner", "공유 소유자";
    health_healthy: "Healthy", "정상";
    health_degraded: "Degraded", "성능 저하";
    health_unavailable: "Not available", "사용 불가";
    health_unknown: "Unknown", "알 수 없음";
    stale: "This may be out of date.", "최신 정보가 아닐 수 있습니다.";
    stale_text: "You see what this node knew last; nothing can be changed from here until the nodes agree again.",
        "이 노드가 마지막으로 알던 상태이며, 노드들이 다시 합의할 때까지 변경할 수 없습니다.";
    stale_link: "What to do now", "지금 할 일";
    unreached: "The node does not answer now.", "노드가 지금 응답하지 않습니다.";
    unreached_text: "What you typed stays here: send it when the node answers again.",
        "입력한 내용은 그대로 남아 있습니다. 노드가 다시 응답하면 보내십시오.";
    as_of: "As of {}", "{} 기준";
    not_live: "Not live since {}: this page hears nothing from its node.",
        "{}부터 실시간이 아닙니다. 노드에서 소식이 오지 않습니다.";
    not_live_text: "What is shown below was so then; it may have changed since.",
        "아래 내용은 그때의 상태이며, 그 뒤로 바뀌었을 수 있습니다.";
    elsewhere: "Look at the console of another node:", "다른 노드의 콘솔에서 확인하십시오:";
    session_ended: "Your session has ended.", "세션이 만료되었습니다.";
    node_removed: "{} (removed)", "{} (제거됨)";
    form_problems: "Please check the marked fields.", "표시된 항목을 확인하십시오.";
    taken: "This name is taken. Choose another one.", "이미 사용 중인 이름입니다. 다른 이름을 선택하십시오.";
    refused_unchanged: "Nothing was changed. What you typed is still here.",
        "변경된 것은 없습니다. 입력한 내용은 그대로 남아 있습니다.";
    refused_unavailable: "Nothing was changed as far as is known. What you typed is still here: send it again when a majority of the nodes answers.",
        "확인된 변경은 없습니다. 입력한 내용은 그대로 있으니, 과반수 노드가 응답하면 다시 보내십시오.";
    refused_timed_out: "No answer came in time, so it may still happen. Look at the list before you send it again; sending this same form twice does it once.",
        "제시간에 응답이 없어 나중에 적용될 수도 있습니다. 다시 보내기 전에 목록을 확인하십시오. 같은 양식을 두 번 보내도 한 번만 적용됩니다.";
    refused_denied: "You may not do this. Nothing was changed. An administrator can give you the role that it needs.",
        "이 요청을 실행할 권한이 없습니다. 변경된 것은 없습니다. 필요한 역할은 관리자가 부여할 수 있습니다.";
    refused_too_many: "There were too many attempts. Wait a minute, then try again.",
        "시도가 너무 많았습니다. 1분쯤 기다린 뒤 다시 시도하십시오.";
    refused_not_found: "What you asked for is not here. It may have been deleted or renamed meanwhile, or the address has a typing mistake.",
        "요청한 항목이 없습니다. 그사이 삭제되었거나 이름이 바뀌었을 수 있고, 주소를 잘못 입력했을 수도 있습니다.";
    refused_method: "This address cannot be used in this way. Go back and use the page's own buttons.",
        "이 주소는 이런 방식으로 사용할 수 없습니다. 뒤로 돌아가 페이지의 버튼을 사용하십시오.";
    refused_too_large: "What was sent is larger than 64 KiB, more than any form of this console holds.",
        "보낸 내용이 64KiB를 넘습니다. 이 콘솔의 어떤 양식도 그만큼 크지 않습니다.";
    refused_type: "What was sent is not a form of this console.", "보낸 내용이 이 콘솔의 양식이 아닙니다.";
    refused_request: "The request could not be carried out.", "요청을 처리할 수 없습니다.";
    refused_fault: "Something went wrong inside the console or in nasd. The log of the node has the details.",
        "콘솔 또는 nasd 내부에서 문제가 발생했습니다. 자세한 내용은 노드의 로그에 있습니다.";
    refused_nothing_changed: "Nothing was changed.", "변경된 것은 없습니다.";
    title_not_found: "Not found", "찾을 수 없음";
    title_denied: "Not allowed", "허용되지 않음";
    title_too_large: "Too large", "너무 큼";
    title_refused: "That did not work", "처리하지 못했습니다";
    title_recovery: "Recovery", "복구";
    title_carried: "Please look at your form again", "양식을 다시 확인해 주십시오";
    carried_text: "This page was opened before you last logged in, so what it sent was not carried out. What you typed is kept.",
        "이 페이지는 마지막 로그인 전에 열린 것이므로 보낸 내용이 적용되지 않았습니다. 입력한 내용은 보관되어 있습니다.";
    title_unanswered: "The cluster does not answer", "클러스터가 응답하지 않습니다";
    unanswered_text: "What you sent was not carried out, and what you typed is kept on this page: leave it open. When the cluster answers again, your form is there as you left it. Passwords have to be typed again.",
        "보낸 내용은 적용되지 않았고, 입력한 내용은 이 페이지에 보관되어 있으니 닫지 마십시오. 클러스터가 다시 응답하면 양식이 그대로 나타납니다. 비밀번호는 다시 입력해야 합니다.";
    carried_show: "Show my form", "양식 보기";
    recovery_now: "The cluster does not answer.", "클러스터가 응답하지 않습니다.";
    silence_down: "nasd is not running on this node.", "이 노드에서 nasd가 실행되고 있지 않습니다.";
    silence_frozen: "The node does not answer.", "노드가 응답하지 않습니다.";
    recovery_again: "Try again", "다시 시도";
    recovery_fine: "The cluster answers. There is nothing to recover; this page is here to be read in good time.",
        "클러스터가 정상적으로 응답합니다. 복구할 것이 없습니다. 이 페이지는 미리 읽어 두기 위한 것입니다.";
    recovery_unsaid: "It does not say why.", "이유를 알리지 않습니다.";
    recovery_cut_off: "This node hears from none of the others.", "이 노드가 다른 노드와 전혀 통신하지 못합니다.";
    recovery_cut_off_text: "Either it is cut off, or the others are down. Look at the console of another node: if that one answers, only this node's network is broken.",
        "이 노드가 고립되었거나 다른 노드가 꺼져 있습니다. 다른 노드의 콘솔을 확인하십시오. 그 콘솔이 응답하면 이 노드의 네트워크만 고장 난 것입니다.";
    recovery_no_majority: "The cluster has no majority.", "클러스터에 과반수가 없습니다.";
    recovery_no_majority_text: "Too few nodes reach each other. Nothing can be changed until more of them are back.",
        "서로 통신하는 노드가 너무 적습니다. 더 돌아올 때까지 아무것도 변경할 수 없습니다.";
    recovery_no_leader: "The cluster cannot choose its leader.", "클러스터가 리더를 선출하지 못하고 있습니다.";
    recovery_no_leader_text: "A majority of the nodes answers, but they have not agreed on a leader for a while: look for a slow disk or a network that loses packets.",
        "과반수의 노드가 응답하지만 한동안 리더를 정하지 못했습니다. 느린 디스크나 패킷을 잃는 네트워크가 있는지 확인하십시오.";
    recovery_started: "This node has just started.", "이 노드가 방금 시작되었습니다.";
    recovery_started_text: "It looks for the others; that takes some seconds.", "다른 노드를 찾고 있습니다. 몇 초 걸립니다.";
    recovery_part_out: "The cluster answers, but part of the data cannot be used now.",
        "클러스터는 응답하지만 데이터 일부를 지금 사용할 수 없습니다.";
    recovery_part_out_text: "The dashboard says which volumes, and which of their nodes are missing.",
        "어느 볼륨이며 어느 노드가 없는지는 대시보드에 있습니다.";
    recovery_known: "What this means", "의미";
    recovery_known_text: "Every change needs a majority of the nodes that hold it. Without one, Gotgan stops rather than let two halves go different ways. Data that clients were told is saved is on the disks of a majority and comes back with it.",
        "모든 변경에는 해당 데이터를 보관하는 노드의 과반수가 필요합니다. 과반수가 없으면 곳간은 둘로 갈라지는 대신 멈춥니다. 클라이언트에 저장되었다고 알린 데이터는 과반수의 디스크에 있으며, 과반수가 돌아오면 함께 돌아옵니다.";
    recovery_steps: "What to do, in this order", "할 일 (순서대로)";
    recovery_step1: "Look at the nodes that do not answer", "응답하지 않는 노드를 확인합니다";
    recovery_step1_text: "Is the power on, the network cable in, the switch up? Most outages end here.",
        "전원이 켜져 있는지, 네트워크 케이블이 꽂혀 있는지, 스위치가 동작하는지 확인하십시오. 대부분의 장애는 여기서 해결됩니다.";
    recovery_step2: "See whether nasd runs there", "해당 노드에서 nasd가 실행 중인지 확인합니다";
    recovery_step2_text: "On the screen of the node, or through SSH:",
        "노드 화면에서 또는 SSH로 실행하십시오.";
    recovery_step3: "Ask each node that runs what it sees", "실행 중인 각 노드가 보는 상태를 확인합니다";
    recovery_step3_text: "It says which nodes it reaches. If two of three agree that they see each other, the cluster is already back.",
        "어떤 노드와 통신되는지 보여 줍니다. 세 노드 중 둘이 서로를 본다면 클러스터는 이미 돌아온 것입니다.";
    recovery_step4: "Do not erase or reinstall anything", "아무것도 지우거나 다시 설치하지 마십시오";
    recovery_step4_text: "As long as the disks are there, the data is. A node whose disks are lost for good is replaced while the others run.",
        "디스크가 있는 한 데이터도 있습니다. 디스크를 완전히 잃은 노드는 나머지 노드가 동작하는 동안 교체합니다.";
    title_login: "Log in", "로그인";
    log_in: "Log in", "로그인";
    log_out: "Log out", "로그아웃";
    user_name: "User name", "사용자 이름";
    password: "Password", "비밀번호";
    login_again: "Your session had ended. Nothing was changed.",
        "세션이 만료되었습니다. 변경된 것은 없습니다.";
    login_kept: "What you typed is kept. Log in, and the form is there again as you left it. Passwords have to be typed again.",
        "입력한 내용은 보관되어 있습니다. 로그인하면 양식이 그대로 다시 나타납니다. 비밀번호는 다시 입력해야 합니다.";
    login_code: "Code", "코드";
    login_code_text: "The password of {} is right. One more step:",
        "{}의 비밀번호가 확인되었습니다. 한 단계 더 필요합니다.";
    login_code_hint: "Six digits from your authenticator, or one of your recovery codes.",
        "인증 앱의 여섯 자리 숫자 또는 복구 코드 하나.";
    login_other: "Log in as somebody else", "다른 사용자로 로그인";
    login_trouble: "Trouble logging in?", "로그인할 수 없습니까?";
    login_trouble_text: "Another administrator can set a new password, unlock you or remove a lost second factor on the page Users. If nobody can log in, root on a node can do the same with nasctl user.",
        "다른 관리자가 사용자 페이지에서 새 비밀번호를 설정하거나, 잠금을 풀거나, 잃어버린 2단계 인증을 제거할 수 있습니다. 아무도 로그인할 수 없다면 노드의 root가 nasctl user로 같은 일을 할 수 있습니다.";
    cluster: "Cluster", "클러스터";
    dash_space: "Space", "공간";
    used_percent: "{} percent used", "{}% 사용";
    volume: "Volume", "볼륨";
    node_silent: "Does not answer", "응답 없음";
    delete: "Delete", "삭제";
    actions: "Actions", "할 수 있는 일";
    used: "Used", "사용량";
    full: "How full", "사용률";
    node: "Node", "노드";
    path: "Path", "경로";
    version: "Version", "버전";
    nothing_found: "Nothing matches.", "일치하는 항목이 없습니다.";
    conflict: "Somebody else changed this while you were at it.", "편집하는 동안 다른 사람이 변경했습니다.";
    conflict_text: "Your change was not saved. Compare both, then decide.",
        "변경 내용은 저장되지 않았습니다. 두 내용을 비교한 뒤 결정하십시오.";
    conflict_theirs: "Saved now", "현재 저장된 내용";
    conflict_yours: "Yours", "내가 입력한 내용";
    conflict_keep_theirs: "Keep what is saved", "저장된 내용 유지";
    conflict_use_mine: "Save mine instead", "내 내용으로 저장";
    node_address: "Address", "주소";
    user_name_missing: "Enter a user name.", "사용자 이름을 입력하십시오.";
    password_hint: "At least {} characters. A sentence is easier to keep than a riddle.",
        "{}자 이상. 복잡한 기호보다 문장이 기억하기 쉽습니다.";
    password_again: "Password, once more", "비밀번호 확인";
    password_again_wrong: "The two passwords are not the same.", "두 비밀번호가 일치하지 않습니다.";
    role: "Role", "역할";
    role_missing: "Choose a role.", "역할을 선택하십시오.";
    role_administrator_text: "Everything.", "모든 권한.";
    role_operator_text: "Makes volumes and exports, sets limits; destroys nothing and manages nobody.",
        "볼륨과 내보내기를 만들고 한도를 설정합니다. 삭제나 사용자 관리는 할 수 없습니다.";
    role_auditor_text: "Sees everything, the audit log too, and changes nothing.",
        "감사 로그를 포함해 모든 것을 볼 수 있지만 변경할 수 없습니다.";
    role_share_owner_text: "Decides who may mount the volumes named below.",
        "아래에 적은 볼륨을 누가 마운트할 수 있는지 정합니다.";
    right_read_status: "See the cluster, its nodes, volumes and exports",
        "클러스터, 노드, 볼륨, 내보내기 보기";
    right_change_storage: "Make volumes, set limits, mount", "볼륨 생성, 한도 설정, 마운트";
    right_destroy_storage: "Destroy volumes with their files", "볼륨과 그 안의 파일 삭제";
    right_change_exports: "Make, change and end exports", "내보내기 생성, 변경, 종료";
    right_change_cluster: "Let nodes in and replace their certificates", "노드 추가와 인증서 교체";
    right_read_identity: "See users, sessions and API tokens", "사용자, 세션, API 토큰 보기";
    right_change_identity: "Make, change and delete users", "사용자 생성, 변경, 삭제";
    right_read_audit: "Read and verify the audit log", "감사 로그 열람 및 검증";
    right_own_account: "One's own password, sessions and tokens", "자신의 비밀번호, 세션, 토큰";
    right_serve: "The node's own agents", "노드의 에이전트";
    owned: "Volumes of a share owner", "공유 소유자의 볼륨";
    owned_hint: "Names, separated by commas; only a share owner needs them.",
        "쉼표로 구분한 이름. 공유 소유자에게만 필요합니다.";
    api_title: "Management interface", "관리 인터페이스";
}
