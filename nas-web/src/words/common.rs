//! Owns the messages of the console, in every language beside each other.

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
    page_of: "Page {} of {}", "{} / {} 페이지";
    cancel: "Cancel", "취소";
    save: "Save", "저장";
    state: "State", "상태";
    why: "Why", "이유";
    name: "Name", "이름";
    expires: "Expires", "만료";
    utc: "All times are UTC.", "모든 시각은 UTC 기준입니다.";
    none: "None", "없음";
    yes: "Yes", "예";
    no: "No", "아니요";
    free: "free", "여유";
    to_dashboard: "To the dashboard", "대시보드로";
    nav_storage: "Storage", "스토리지";
    nav_people: "Access", "접근";
    nav_system: "System", "시스템";
    nav_dashboard: "Dashboard", "대시보드";
    nav_volumes: "Volumes", "볼륨";
    nav_exports: "Exports", "내보내기";
    nav_nodes: "Nodes", "노드";
    nav_users: "Users", "사용자";
    nav_groups: "Groups", "그룹";
    nav_sessions: "Sessions", "세션";
    nav_audit: "Audit log", "감사 로그";
    nav_account: "Your account", "내 계정";
    nav_settings: "Settings", "설정";
    nav_help: "Help", "도움말";
    role_administrator: "Administrator", "관리자";
    role_operator: "Operator", "운영자";
    role_auditor: "Auditor", "감사자";
    role_share_owner: "Share owner", "공유 소유자";
    health_healthy: "Healthy", "정상";
    health_degraded: "Degraded", "성능 저하";
    health_unavailable: "Not available", "사용 불가";
    health_unknown: "Unknown", "알 수 없음";
    stale: "This may be out of date.", "최신 정보가 아닐 수 있습니다.";
    stale_text: "This node cannot reach a majority of the cluster. You see what it knew last; nothing can be changed from here.",
        "이 노드가 클러스터의 과반수와 통신하지 못하고 있습니다. 마지막으로 알려진 상태이며, 지금은 변경할 수 없습니다.";
    stale_link: "What to do now", "지금 할 일";
    form_problems: "Please check the marked fields.", "표시된 항목을 확인하십시오.";
    taken: "This name is taken. Choose another one.", "이미 사용 중인 이름입니다. 다른 이름을 선택하십시오.";
    refused_unchanged: "Nothing was changed. What you typed is still here.",
        "변경된 것은 없습니다. 입력한 내용은 그대로 남아 있습니다.";
    refused_unavailable: "Nothing was changed as far as is known. What you typed is still here: send it again when a majority of the nodes answers.",
        "확인된 변경은 없습니다. 입력한 내용은 그대로 있으니, 과반수 노드가 응답하면 다시 보내십시오.";
    refused_timed_out: "No answer came in time, so it may still happen. Look at the list before you send it again; sending this same form twice does it once.",
        "제시간에 응답이 없어 나중에 적용될 수도 있습니다. 다시 보내기 전에 목록을 확인하십시오. 같은 양식을 두 번 보내도 한 번만 적용됩니다.";
    refused_denied: "You may not do this. Nothing was changed. An administrator can give you the role that it needs.",
        "이 작업을 할 권한이 없습니다. 변경된 것은 없습니다. 필요한 역할은 관리자가 부여할 수 있습니다.";
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
    recovery_again: "Try again", "다시 시도";
    recovery_fine: "The cluster answers. There is nothing to recover; this page is here to be read in good time.",
        "클러스터가 정상적으로 응답합니다. 복구할 것이 없습니다. 이 페이지는 미리 읽어 두기 위한 것입니다.";
    recovery_no_majority: "This node cannot reach a majority of the cluster's nodes.",
        "이 노드가 클러스터 노드의 과반수와 통신하지 못하고 있습니다.";
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
    login_wrong: "The name or the password is wrong. After five wrong attempts one waits for a minute.",
        "이름 또는 비밀번호가 올바르지 않습니다. 다섯 번 틀리면 1분 동안 기다려야 합니다.";
    login_wrong_code: "The code is not right. Take the newest one from your authenticator, or a recovery code.",
        "코드가 올바르지 않습니다. 인증 앱의 최신 코드나 복구 코드를 입력하십시오.";
    login_too_many: "Too many attempts. Wait a minute, then try again.",
        "시도가 너무 많습니다. 1분쯤 기다린 뒤 다시 시도하십시오.";
    login_no_majority: "Nobody can log in while a majority of the nodes is missing.",
        "과반수 노드가 응답하지 않는 동안에는 로그인할 수 없습니다.";
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
    verdict_healthy: "Your data is safe: every node and every replica is there.",
        "데이터는 안전합니다. 모든 노드와 모든 복제본이 정상입니다.";
    verdict_single: "Your data is on one node only: losing it stops everything.",
        "데이터가 한 노드에만 있습니다. 이 노드를 잃으면 모든 것이 멈춥니다.";
    verdict_degraded: "Your data is there, but one more failure may stop part of it.",
        "데이터는 있지만, 장애가 한 번 더 생기면 일부가 멈출 수 있습니다.";
    verdict_unavailable: "The cluster cannot serve: a majority is missing.",
        "클러스터가 서비스할 수 없습니다. 과반수가 없습니다.";
    verdict_unknown: "Nobody knows how the cluster does right now.", "현재 클러스터 상태를 알 수 없습니다.";
    dash_space: "Space", "공간";
    dash_space_none: "It shows here once there is a volume.", "볼륨을 만들면 여기에 표시됩니다.";
    used_percent: "{} percent used", "{}% 사용";
    used_of: "{} used ({} %)", "{} 사용 중 ({}%)";
    of_total: "of {} answer", "/ {} 응답";
    led_by: "Led by node {}", "노드 {}가 이끌고 있음";
    no_leader: "No leader is known", "알려진 리더 없음";
    dash_volumes_fine: "All are healthy", "모두 정상";
    dash_volumes_troubled: "{} need attention", "{}개 확인 필요";
    dash_attention: "Needs attention", "확인이 필요한 항목";
    dash_nodes: "Where your data lives", "데이터가 있는 곳";
    dash_few_nodes: "With three nodes, one can fail and everything goes on.",
        "노드가 셋이면 하나가 고장 나도 모든 것이 계속됩니다.";
    and_more: "and {} more", "외 {}개";
    volume: "Volume", "볼륨";
    node_answers: "Answers", "응답함";
    node_silent: "Does not answer", "응답 없음";
    replicas_here: "{} replicas here", "복제본 {}개";
    node_add: "Add a node", "노드 추가";
    volumes_empty: "No volumes yet", "아직 볼륨이 없습니다";
    volumes_empty_text: "A volume is a file tree of its own, with copies on several nodes. Make one, then share it over NFS.",
        "볼륨은 여러 노드에 복제본이 있는 독립된 파일 트리입니다. 볼륨을 만든 다음 NFS로 공유하십시오.";
    volume_new: "New volume", "새 볼륨";
    done_volume_made: "Volume {} was made.", "볼륨 {}을(를) 만들었습니다.";
    done_volume_shared: "Volume {} was made and is shared over NFS.",
        "볼륨 {}을(를) 만들고 NFS로 공유했습니다.";
    done_limits_set: "The limits of volume {} are in force.", "볼륨 {}의 한도가 적용되었습니다.";
    done_volume_deleted: "Volume {} and its files are gone.", "볼륨 {}과(와) 파일을 삭제했습니다.";
    done_export_made: "{} can be mounted now.", "이제 {}을(를) 마운트할 수 있습니다.";
    done_export_changed: "The export {} was changed.", "내보내기 {}을(를) 변경했습니다.";
    done_export_deleted: "{} is not exported any more. Its volume is unchanged.",
        "{} 내보내기를 중단했습니다. 볼륨은 그대로입니다.";
    done_user_made: "User {} was made.", "사용자 {}을(를) 만들었습니다.";
    done_user_changed: "User {} was changed.", "사용자 {}을(를) 변경했습니다.";
    done_user_deleted: "User {} was deleted.", "사용자 {}을(를) 삭제했습니다.";
    done_user_unlocked: "{} can try again now.", "{}은(는) 이제 다시 시도할 수 있습니다.";
    done_group_made: "Group {} was made.", "그룹 {}을(를) 만들었습니다.";
    done_group_changed: "Group {} was changed.", "그룹 {}을(를) 변경했습니다.";
    done_group_deleted: "Group {} was deleted.", "그룹 {}을(를) 삭제했습니다.";
    done_settings_changed: "The settings of {} were changed.", "{}의 설정을 변경했습니다.";
    done_password_set: "The password of {} was set; other sessions have ended.",
        "{}의 비밀번호를 설정했습니다. 다른 세션은 종료되었습니다.";
    done_factor_removed: "The second factor of {} was removed.", "{}의 2단계 인증을 제거했습니다.";
    done_session_ended: "The session of {} has ended.", "{}의 세션을 종료했습니다.";
    done_token_revoked: "The API token {} was revoked.", "API 토큰 {}을(를) 폐기했습니다.";
    done_logged_out: "You are logged out.{}", "로그아웃했습니다.{}";
    done_cluster_made: "The cluster {} is set up. With three nodes or more it survives the loss of one.",
        "클러스터 {}이(가) 준비되었습니다. 노드가 셋 이상이면 하나를 잃어도 견딜 수 있습니다.";
    done_cluster_joined: "This node is a member of {} now. Log in as a user of the cluster.",
        "이 노드가 {}의 구성원이 되었습니다. 클러스터 사용자로 로그인하십시오.";
    done_task_cancelled: "The task {} was cancelled.", "작업 {}을(를) 취소했습니다.";
    done_certificate_replaced: "The certificate for {} is in use. Your browser sees it with its next connection.",
        "{}의 인증서를 사용합니다. 브라우저에는 다음 연결부터 표시됩니다.";
    done_certificate_reset: "The node shows a new self-signed certificate.{}",
        "노드가 새 자체 서명 인증서를 사용합니다.{}";
    delete: "Delete", "삭제";
    change: "Change", "변경";
    actions: "Actions", "작업";
    used: "Used", "사용량";
    limit: "Limit", "한도";
    full: "How full", "사용률";
    replicas: "Replicas", "복제본";
    node: "Node", "노드";
    path: "Path", "경로";
    version: "Version", "버전";
    clients: "Clients", "클라이언트";
    nobody: "Nobody", "없음 (아무도 마운트할 수 없음)";
    nothing_found: "Nothing matches.", "일치하는 항목이 없습니다.";
    access: "Access", "접근 권한";
    read_only: "Read only", "읽기 전용";
    read_write: "Read and write", "읽기 및 쓰기";
    network: "Address or network", "주소 또는 네트워크";
    network_hint: "For instance 192.0.2.7 or 192.0.2.0/24: only these machines can mount it.",
        "예: 192.0.2.7 또는 192.0.2.0/24. 이 컴퓨터들만 마운트할 수 있습니다.";
    network_wrong: "Enter an address or a network, for instance 192.0.2.0/24.",
        "주소 또는 네트워크를 입력하십시오. 예: 192.0.2.0/24";
    volumes_only_troubled: "Only volumes that need attention are shown.", "확인이 필요한 볼륨만 표시됩니다.";
    volumes_all: "Show all", "모두 보기";
    volume_make: "Make the volume", "볼륨 만들기";
    volume_name_hint: "1 to 63 lower-case letters, digits, - or _. Clients see it in paths; it cannot be changed later.",
        "소문자, 숫자, - 또는 _ 로 1~63자. 클라이언트의 경로에 나타나며 나중에 바꿀 수 없습니다.";
    volume_name_wrong: "Use 1 to 63 lower-case letters, digits, - or _; begin with a letter or a digit.",
        "소문자, 숫자, - 또는 _ 로 1~63자를 사용하고, 소문자나 숫자로 시작하십시오.";
    volume_replicas_hint: "On how many nodes every file is kept. There are {} nodes now.",
        "각 파일을 몇 개의 노드에 보관할지 정합니다. 현재 노드는 {}개입니다.";
    volume_replicas_default: "As many as is sensible (three, or all nodes of a smaller cluster)",
        "적절한 개수 (셋, 더 작은 클러스터에서는 모든 노드)";
    volume_replicas_wrong: "A volume has 1 to 7 replicas.", "볼륨의 복제본은 1~7개입니다.";
    volume_share: "Share it over NFS", "NFS로 공유";
    volume_share_now: "Share it right away", "바로 공유";
    volume_share_hint: "You can do this or change it later under Exports.",
        "나중에 내보내기에서 하거나 변경할 수 있습니다.";
    volume_not_exported: "Nobody can mount it over NFS yet.", "아직 아무도 NFS로 마운트할 수 없습니다.";
    volume_delete: "Delete the volume", "볼륨 삭제";
    volume_delete_title: "Delete volume {}?", "볼륨 {}을(를) 삭제하시겠습니까?";
    volume_delete_text: "All its files are destroyed on all nodes. This cannot be undone.",
        "모든 노드에서 모든 파일이 삭제됩니다. 되돌릴 수 없습니다.";
    volume_delete_exports: "It is still exported. End its exports first.",
        "아직 내보내고 있습니다. 먼저 내보내기를 중단하십시오.";
    typed_label: "Type {} to confirm", "확인을 위해 {} 입력";
    typed_wrong: "The name does not match. Nothing was deleted.",
        "이름이 일치하지 않습니다. 삭제된 것은 없습니다.";
    limits: "Limits", "한도";
    limits_change: "Change limits", "한도 변경";
    limits_of: "Limits of {}", "{}의 한도";
    limits_help: "What happens at a limit?", "한도에 도달하면 어떻게 됩니까?";
    limits_help_text: "What is there stays; growing beyond the limit is refused with \"disk quota exceeded\". Clients see the limit as the size of the file system.",
        "이미 있는 데이터는 유지되며, 한도를 넘는 증가는 \"디스크 할당량 초과\"로 거부됩니다. 클라이언트에는 한도가 파일 시스템의 크기로 보입니다.";
    limit_bytes: "Largest size", "최대 크기";
    limit_bytes_hint: "For instance 500 GiB or 2 TiB; empty for no limit.",
        "예: 500 GiB 또는 2 TiB. 비워 두면 한도가 없습니다.";
    limit_bytes_wrong: "Enter a size, for instance 500 GiB.", "크기를 입력하십시오. 예: 500 GiB";
    limit_files: "Most files", "최대 파일 수";
    limit_files_hint: "Files, directories and links together; empty for no limit.",
        "파일, 디렉터리, 링크를 합한 수. 비워 두면 한도가 없습니다.";
    limit_files_wrong: "Enter a whole number above zero.", "0보다 큰 정수를 입력하십시오.";
    conflict: "Somebody else changed this while you were at it.", "작업하는 동안 다른 사람이 변경했습니다.";
    conflict_text: "Your change was not saved. Compare both, then decide.",
        "변경 내용은 저장되지 않았습니다. 두 내용을 비교한 뒤 결정하십시오.";
    conflict_theirs: "Saved now", "현재 저장된 내용";
    conflict_yours: "Yours", "내가 입력한 내용";
    conflict_keep_theirs: "Keep what is saved", "저장된 내용 유지";
    conflict_use_mine: "Save mine instead", "내 내용으로 저장";
    replica_leader: "Up to date, leads", "최신 상태, 리더";
    replica_following: "Up to date", "최신 상태";
    replica_learning: "Being filled", "채우는 중";
    exports_empty: "Nothing is exported yet", "아직 내보낸 것이 없습니다";
    exports_empty_text: "An export makes a volume mountable over NFS, for the machines that you name.",
        "내보내기를 만들면 지정한 컴퓨터가 볼륨을 NFS로 마운트할 수 있습니다.";
    export_new: "New export", "새 내보내기";
    export_make: "Export it", "내보내기";
    export_edit: "Who may mount {}", "{}을(를) 마운트할 수 있는 대상";
    export_how: "How to mount it", "마운트하는 방법";
    export_how_text: "On a Linux client, as root. Any node serves any volume.",
        "Linux 클라이언트에서 root로 실행합니다. 모든 노드가 모든 볼륨을 제공합니다.";
    export_volume_hint: "The name of the volume whose files are exported.", "파일을 내보낼 볼륨의 이름.";
    export_delete: "End the export", "내보내기 중단";
    export_delete_title: "End the export {}?", "내보내기 {}을(를) 중단하시겠습니까?";
    export_delete_text: "Clients that have it mounted get errors from then on. The volume and its files stay.",
        "마운트한 클라이언트는 그 즉시 오류를 받습니다. 볼륨과 파일은 그대로 남습니다.";
    path_hint: "What clients mount, for instance /media.", "클라이언트가 마운트하는 경로. 예: /media";
    path_wrong: "A path begins with a slash, for instance /media.", "경로는 /로 시작합니다. 예: /media";
    volume_missing: "Enter the name of a volume.", "볼륨 이름을 입력하십시오.";
    clients_who: "Who may mount it", "마운트할 수 있는 대상";
    clients_hint: "The first row that holds a client decides. Machines in no row are refused; rows without an address are left out.",
        "클라이언트를 포함하는 첫 번째 행이 적용됩니다. 어느 행에도 없는 컴퓨터는 거부되며, 주소가 없는 행은 무시됩니다.";
    clients_add: "Add a row", "행 추가";
    squash: "Root on the client", "클라이언트의 root";
    squash_root: "Is nobody (safest)", "nobody로 취급 (가장 안전)";
    squash_all: "Everybody is nobody", "모두 nobody로 취급";
    squash_none: "Stays root", "root 유지";
    ports: "Ports of the client", "클라이언트 포트";
    ports_secure: "Those of its root only (safest)", "root 전용 포트만 (가장 안전)";
    ports_insecure: "Any port", "모든 포트";
    ports_help: "What about ports?", "포트 제한이란?";
    ports_help_text: "NFS believes the client when it says which user asks. From a port below 1024 its system says so, from any other port every program there can, and name any user. Choose any port only where all users of the client are trusted, or where the client cannot use low ports (virtual machines behind NAT, macOS without resvport).",
        "NFS는 어느 사용자의 요청인지에 대해 클라이언트의 말을 믿습니다. 1024 미만의 포트에서는 클라이언트의 시스템이 알려 주지만, 그 밖의 포트에서는 어떤 프로그램이든 임의의 사용자를 사칭할 수 있습니다. 클라이언트의 모든 사용자를 신뢰하거나, 클라이언트가 낮은 포트를 쓸 수 없을 때(NAT 뒤의 가상 머신, resvport 없는 macOS)에만 모든 포트를 선택하십시오.";
    squash_help: "What about root?", "root 처리란?";
    squash_help_text: "With \"stays root\", whoever is root on that client can read and change every file here. Choose it for backup servers and machines that only you administer.",
        "\"root 유지\"를 선택하면 해당 클라이언트의 root가 여기의 모든 파일을 읽고 바꿀 수 있습니다. 백업 서버나 직접 관리하는 컴퓨터에만 선택하십시오.";
    node_address: "Address", "주소";
    node_joining: "Joining", "참여 중";
    node_member: "Member", "구성원";
    node_leaving: "Leaving", "나가는 중";
    node_leads: "leads", "리더";
    node_this: "this node", "이 노드";
    nodes_help: "How many nodes are enough?", "노드는 몇 개가 적당합니까?";
    nodes_help_text: "Three survive the loss of any one, five of any two. Two are no safer than one: each needs the other for a majority.",
        "셋이면 하나를, 다섯이면 둘을 잃어도 견딥니다. 둘은 하나보다 안전하지 않습니다. 과반수를 이루려면 서로가 필요하기 때문입니다.";
    node_add_text: "A new node joins with a token that is good once, for one hour.",
        "새 노드는 한 시간 동안 한 번만 쓸 수 있는 토큰으로 참여합니다.";
    node_token_make: "Make a token", "토큰 만들기";
    node_token_text: "The token is good once, until {} UTC. It is shown only now.",
        "토큰은 {} UTC까지 한 번만 쓸 수 있으며, 지금만 표시됩니다.";
    node_step1: "Install Gotgan on the new machine and start it.", "새 컴퓨터에 곳간을 설치하고 시작합니다.";
    node_step2: "Open the setup link that its screen shows.", "화면에 표시되는 설정 링크를 엽니다.";
    node_step3: "Choose \"Join a cluster\" and paste this token:",
        "\"클러스터에 참여\"를 선택하고 이 토큰을 붙여 넣습니다.";
    node_or_shell: "Or as root in its shell, with the token on standard input:",
        "또는 셸에서 root로 실행하고 표준 입력에 토큰을 넣습니다.";
    node_back: "Done: to the nodes", "완료: 노드 목록으로";
    title_setup: "Set up this node", "이 노드 설정";
    setup_lead: "This node belongs to no cluster yet. Found one here, or join one that you have.",
        "이 노드는 아직 클러스터에 속해 있지 않습니다. 새로 만들거나 기존 클러스터에 참여하십시오.";
    setup_create: "Found a cluster", "클러스터 만들기";
    setup_create_text: "For your first node.", "첫 번째 노드에서 선택하십시오.";
    setup_create_do: "Found the cluster", "클러스터 만들기";
    setup_cluster: "Name of the cluster", "클러스터 이름";
    setup_cluster_hint: "1 to 63 letters, digits and hyphens, for instance office.",
        "영문자, 숫자, 하이픈으로 1~63자. 예: office";
    setup_cluster_wrong: "Use 1 to 63 letters, digits and hyphens.",
        "영문자, 숫자, 하이픈으로 1~63자를 사용하십시오.";
    setup_join: "Join a cluster", "클러스터에 참여";
    setup_join_text: "For every further node.", "두 번째 노드부터 선택하십시오.";
    setup_join_do: "Join", "참여";
    setup_token: "Join token", "참여 토큰";
    setup_token_hint: "From a member of the cluster: Nodes, Add a node.",
        "클러스터 구성원의 \"노드 추가\" 페이지에서 만듭니다.";
    setup_token_missing: "Paste the join token.", "참여 토큰을 붙여 넣으십시오.";
    setup_admin: "The first administrator", "첫 번째 관리자";
    setup_admin_lead: "The cluster is there. Now make the user who manages it.",
        "클러스터가 준비되었습니다. 이제 관리할 사용자를 만드십시오.";
    setup_admin_name: "Administrator's user name", "관리자 사용자 이름";
    setup_admin_hint: "You log in with it. More users can follow later.",
        "로그인할 때 사용합니다. 다른 사용자는 나중에 추가할 수 있습니다.";
    setup_admin_do: "Make the administrator", "관리자 만들기";
    setup_denied: "This page needs the setup link.", "이 페이지에는 설정 링크가 필요합니다.";
    setup_denied_hint: "The link is on the node's screen and in its journal. It is good until the node has an administrator; restarting nas-web makes a new one.",
        "링크는 노드의 화면과 저널에 있습니다. 관리자가 생길 때까지 유효하며, nas-web을 다시 시작하면 새로 만들어집니다.";
    setup_refused: "What you typed is still here, but for the passwords. Steps that succeeded are not asked for again.",
        "비밀번호를 제외하고 입력한 내용은 그대로입니다. 성공한 단계는 다시 묻지 않습니다.";
    user_name_missing: "Enter a user name.", "사용자 이름을 입력하십시오.";
    password_hint: "At least {} characters. A sentence is easier to keep than a riddle.",
        "{}자 이상. 복잡한 기호보다 문장이 기억하기 쉽습니다.";
    password_short: "A password has at least {} characters.", "비밀번호는 {}자 이상이어야 합니다.";
    password_again: "Password, once more", "비밀번호 확인";
    password_again_wrong: "The two passwords are not the same.", "두 비밀번호가 일치하지 않습니다.";
    user_new: "New user", "새 사용자";
    user_make: "Make the user", "사용자 만들기";
    user_name_hint: "Lower-case letters, digits, - _ and ., first a letter; it cannot be changed later.",
        "영문 소문자로 시작해 소문자, 숫자, - _ . 을 사용합니다. 나중에 바꿀 수 없습니다.";
    user_active: "Active", "활성";
    user_disabled: "Disabled", "비활성";
    user_disabled_hint: "Cannot log in; sessions end and API tokens stop working.",
        "로그인할 수 없고, 세션이 종료되며 API 토큰이 동작하지 않습니다.";
    user_locked: "Locked", "잠김";
    user_locked_for: "Locked for {} more seconds after wrong passwords.",
        "비밀번호 오류로 {}초 동안 더 잠겨 있습니다.";
    user_unlock: "Unlock", "잠금 해제";
    user_lost: "Cannot get in?", "로그인하지 못합니까?";
    user_delete: "Delete the user", "사용자 삭제";
    user_delete_title: "Delete user {}?", "사용자 {}을(를) 삭제하시겠습니까?";
    user_delete_text: "The user's sessions end and API tokens stop working. What the user did stays in the audit log. To bar somebody for a while, disable the user instead.",
        "사용자의 세션이 종료되고 API 토큰이 동작하지 않습니다. 수행한 작업은 감사 로그에 남습니다. 잠시 막으려면 비활성으로 설정하십시오.";
    role: "Role", "역할";
    role_missing: "Choose a role.", "역할을 선택하십시오.";
    role_administrator_text: "Everything.", "모든 권한.";
    role_operator_text: "Makes volumes and exports, sets limits; destroys nothing and manages nobody.",
        "볼륨과 내보내기를 만들고 한도를 설정합니다. 삭제나 사용자 관리는 할 수 없습니다.";
    role_auditor_text: "Sees everything, the audit log too, and changes nothing.",
        "감사 로그를 포함해 모든 것을 볼 수 있지만 변경할 수 없습니다.";
    role_share_owner_text: "Decides who may mount the volumes named below.",
        "아래에 적은 볼륨을 누가 마운트할 수 있는지 정합니다.";
    group_new: "New group", "새 그룹";
    group_make: "Make the group", "그룹 만들기";
    group_text: "Each member may do what the group's role may, besides what its own role and other groups let it do.",
        "구성원은 자신의 역할과 다른 그룹의 권한에 더해 이 그룹의 역할이 할 수 있는 일을 할 수 있습니다.";
    group_name_missing: "Give the group a name.", "그룹 이름을 입력하십시오.";
    group_delete: "Delete the group", "그룹 삭제";
    group_delete_title: "Delete group {}?", "그룹 {}을(를) 삭제하시겠습니까?";
    group_delete_text: "Its members stay, and lose what only this group let them do, at once.",
        "구성원은 그대로 남고, 이 그룹으로만 할 수 있던 일은 즉시 할 수 없게 됩니다.";
    groups_none: "No groups yet", "아직 그룹이 없습니다";
    groups_none_text: "A group gives several users a role at once: people who are on call, or all who look after one volume. Without groups each user has its own role only.",
        "그룹은 당직자나 한 볼륨을 함께 관리하는 사람들처럼 여러 사용자에게 한 번에 역할을 줍니다. 그룹이 없으면 사용자는 자신의 역할만 가집니다.";
    members: "Members", "구성원";
    members_hint: "Names of users, separated by commas.", "쉼표로 구분한 사용자 이름.";
    user_groups: "Also has the roles of its groups:", "그룹의 역할도 가집니다:";
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
    owned: "Volumes of a share owner", "공유 소유자의 볼륨";
    owned_hint: "Names, separated by commas; only a share owner needs them.",
        "쉼표로 구분한 이름. 공유 소유자에게만 필요합니다.";
    factor: "Second factor", "2단계 인증";
    factor_title: "Second factor", "2단계 인증";
    factor_text: "With it, a password alone is not enough to log in as you: a code from your phone is asked for as well.",
        "사용하면 비밀번호만으로는 로그인할 수 없고, 휴대전화의 코드도 필요합니다.";
    factor_begin: "Set up a second factor", "2단계 인증 설정";
    factor_remove: "Remove the second factor", "2단계 인증 제거";
    factor_lost: "Remove it when the phone and the recovery codes are lost.",
        "휴대전화와 복구 코드를 모두 잃었을 때 제거합니다.";
    factor_scan: "Scan this with your authenticator.", "인증 앱으로 스캔하십시오.";
    factor_qr: "QR code with the key", "키가 담긴 QR 코드";
    factor_type: "Or type the key:", "또는 키를 직접 입력하십시오.";
    factor_code_hint: "The six digits that the authenticator shows now. The factor is in force after that.",
        "인증 앱에 지금 표시된 여섯 자리 숫자. 입력하면 적용됩니다.";
    factor_confirm: "Put it in force", "적용";
    codes_title: "Recovery codes", "복구 코드";
    codes_done: "The second factor is in force.", "2단계 인증이 적용되었습니다.";
    codes_text: "Each code logs you in once when the phone is not at hand. They are shown only now: print them or keep them in a password safe.",
        "휴대전화가 없을 때 코드 하나로 한 번 로그인할 수 있습니다. 지금만 표시되므로 인쇄하거나 비밀번호 관리자에 보관하십시오.";
    codes_kept: "I have kept them", "보관했습니다";
    password_new: "New password", "새 비밀번호";
    password_current: "Current password", "현재 비밀번호";
    password_set: "Set the password", "비밀번호 설정";
    password_keep_tokens: "Leave API tokens in force", "API 토큰을 그대로 두기";
    password_keep_tokens_hint: "Otherwise they end with the old password. Other sessions always do.",
        "그러지 않으면 이전 비밀번호와 함께 끝납니다. 다른 세션은 언제나 끝납니다.";
    password_own: "Your own password", "본인 비밀번호";
    password_own_hint: "A session alone could be somebody else's by now.",
        "세션만으로는 부족합니다. 지금쯤 다른 사람이 쓰고 있을 수 있습니다.";
    sessions_text: "A session ends after {} minutes without use and after {} minutes at the latest.",
        "세션은 {}분 동안 사용하지 않거나 최대 {}분이 지나면 종료됩니다.";
    session_begun: "Begun", "시작";
    session_seen: "Last used", "마지막 사용";
    session_end: "End", "종료";
    tokens: "API tokens", "API 토큰";
    tokens_text: "For scripts and monitoring, in place of a password.",
        "스크립트와 모니터링에서 비밀번호 대신 사용합니다.";
    token_new: "New API token", "새 API 토큰";
    token_make: "Make the token", "토큰 만들기";
    token_name_hint: "For instance backup-script.", "예: backup-script";
    token_name_missing: "Give the token a name.", "토큰 이름을 입력하십시오.";
    token_days: "Good for how many days", "유효 기간(일)";
    token_days_hint: "1 to 365.", "1~365";
    token_days_wrong: "Enter 1 to 365 days.", "1~365일을 입력하십시오.";
    token_scopes: "May do", "허용되는 작업";
    token_scopes_missing: "Choose at least one.", "하나 이상 선택하십시오.";
    token_title: "Your new API token", "새 API 토큰";
    token_once: "The token {} is good until {} UTC. It is shown only now.",
        "토큰 {}은(는) {} UTC까지 유효합니다. 지금만 표시됩니다.";
    token_kept: "I have kept it", "보관했습니다";
    token_revoke: "Revoke", "폐기";
    audit_verify: "Verify", "검증";
    audit_download: "Download as CSV", "CSV 다운로드";
    audit_intact: "The log is whole.", "로그가 온전합니다.";
    audit_broken: "The log was altered at record {}.", "레코드 {}에서 로그가 변경되었습니다.";
    audit_head: "Newest hash, to keep elsewhere:", "다른 곳에 보관할 최신 해시:";
    audit_text: "Every change and every refused one, newest first. Each record holds the hash of the one before.",
        "모든 변경과 거부된 시도를 최신순으로 표시합니다. 각 레코드는 앞 레코드의 해시를 포함합니다.";
    audit_at: "When", "시각";
    audit_who: "Who", "사용자";
    audit_what: "What", "내용";
    audit_times: "({} times within a minute)", "(1분 안에 {}번)";
    audit_outcome: "Outcome", "결과";
    audit_newest: "Newest", "최신";
    audit_older: "Older", "이전 기록";
    settings_id: "Identifier", "식별자";
    settings_change: "Change the settings", "설정 변경";
    settings_name_missing: "The cluster needs a name.", "클러스터 이름을 입력하십시오.";
    settings_name_hint: "1 to 63 of a-z, 0-9, - and the dot. It is shown here and in authenticators; clients and mounts do not depend on it.",
        "a-z, 0-9, -, 점으로 1~63자. 이 콘솔과 인증 앱에 표시되며, 클라이언트와 마운트는 이 이름에 의존하지 않습니다.";
    settings_idle: "Minutes without use until a session ends", "세션이 종료될 때까지 사용하지 않은 시간(분)";
    settings_idle_hint: "Short where others can reach the screen.",
        "다른 사람이 화면에 접근할 수 있는 곳에서는 짧게 하십시오.";
    settings_lifetime: "Minutes until a session ends at the latest", "세션의 최대 시간(분)";
    settings_lifetime_hint: "Whoever still works then logs in again; what they typed is kept.",
        "그때 작업 중이면 다시 로그인합니다. 입력한 내용은 유지됩니다.";
    settings_minutes_wrong: "Write a whole number of minutes, {} to {}.",
        "{}~{} 사이의 분을 정수로 입력하십시오.";
    settings_lifetime_short: "This is shorter than a session may go unused.",
        "사용하지 않아도 되는 시간보다 짧습니다.";
    settings_impact: "Sessions that are older than the new limits end at once. API tokens are not touched.",
        "새 한도보다 오래된 세션은 즉시 종료됩니다. API 토큰에는 영향이 없습니다.";
    settings_certificate: "Certificate of this console", "이 콘솔의 인증서";
    settings_certificate_text: "Your browser shows the same fingerprint for this site if nobody is in between.",
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
    certificate_from_to: "{} to {} UTC", "{} ~ {} UTC";
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
    settings_language: "Language", "언어";
    settings_look: "Light or dark follows the setting of your device.",
        "밝은 화면과 어두운 화면은 기기 설정을 따릅니다.";
    settings_versions: "Versions", "버전";
    help_well: "Is all well?", "모두 정상입니까?";
    help_well_text: "The dashboard says it in one sentence. Green: nothing to do. Amber: nothing is lost, but the next failure could hurt; look soon. Red: something does not work now.",
        "대시보드가 한 문장으로 알려 줍니다. 녹색은 할 일이 없음, 주황색은 잃은 것은 없지만 다음 장애가 위험할 수 있으니 곧 확인, 빨간색은 지금 동작하지 않는 것이 있음을 뜻합니다.";
    help_share: "Make space for somebody", "공간 만들기";
    help_share_text: "Make a volume and tick \"Share it right away\". Name the machines that may mount it. That is all.",
        "볼륨을 만들고 \"바로 공유\"를 선택하십시오. 마운트할 수 있는 컴퓨터를 지정하면 끝입니다.";
    help_access: "Somebody cannot mount a share", "공유를 마운트할 수 없을 때";
    help_access_text: "Look at the export's rows: is the address of the machine in one of them, and does the first one that holds it allow what is tried?",
        "내보내기의 행을 확인하십시오. 컴퓨터의 주소가 있습니까? 그 주소를 포함하는 첫 번째 행이 시도한 작업을 허용합니까?";
    help_node: "Add a node", "노드 추가하기";
    help_node_text: "Install, open the setup link on its screen, and paste a token that you make on the page Nodes.",
        "설치하고, 화면의 설정 링크를 연 다음, 노드 페이지에서 만든 토큰을 붙여 넣으십시오.";
    help_dark: "Nothing answers", "아무것도 응답하지 않을 때";
    help_dark_text: "The recovery page works without a majority. Read it once before you need it.",
        "복구 페이지는 과반수 없이도 열립니다. 필요해지기 전에 한 번 읽어 두십시오.";
    nav_disks: "Disks", "디스크";
    nav_clients: "Connected clients", "연결된 클라이언트";
    nav_tasks: "Tasks", "작업";
    help_programs: "Have a program do it", "프로그램에 맡기기";
    api_title: "Management interface", "관리 인터페이스";
    api_lead: "Everything that these pages do, programs can do over HTTPS, with a token that may do no more than you give it.",
        "이 페이지에서 할 수 있는 모든 일을, 부여한 권한만 갖는 토큰으로 프로그램이 HTTPS를 통해 할 수 있습니다.";
    api_token: "Make a token for a program on your account's page:",
        "프로그램용 토큰은 계정 페이지에서 만듭니다:";
    api_right: "Needs the right to", "필요한 권한";
    api_everybody: "nothing: everybody may", "없음: 누구나 가능";
    api_request: "Takes", "요청";
    api_types: "Types", "자료형";
    nav_performance: "Performance", "성능";
    disk_working: "Works", "정상";
    disk_waiting: "Waits", "대기 중";
    disk_failed: "Failed", "고장";
    clients_empty: "Nobody is connected", "연결된 클라이언트가 없습니다";
    clients_empty_text: "Clients that mount an export show here with what they read and write.",
        "내보내기를 마운트한 클라이언트가 읽기·쓰기 양과 함께 여기에 표시됩니다.";
    protocol: "Protocol", "프로토콜";
    bytes_in: "Written", "쓰기";
    bytes_out: "Read", "읽기";
    task: "Task", "작업 항목";
    task_verify: "Verify all data", "모든 데이터 검증";
    task_rotate: "Change the authority", "인증 기관 교체";
    task_start: "Verify all data now", "지금 모든 데이터 검증";
    task_running: "Running", "진행 중";
    task_done: "Done", "완료";
    task_failed: "Ended with a problem", "문제가 있음";
    task_cancelled: "Cancelled", "취소됨";
    task_cancel: "Cancel the task", "작업 취소";
    task_progress: "Progress", "진행률";
    task_log: "Log", "로그";
    tasks_text: "Verifying reads every stored copy, compares checksums, and mends what is bad from another replica.",
        "검증은 저장된 모든 사본을 읽어 체크섬을 비교하고, 손상된 것은 다른 복제본에서 복구합니다.";
    tasks_empty: "No task has run yet", "아직 실행된 작업이 없습니다";
    range: "Range", "기간";
    range_hour: "Hour", "1시간";
    range_day: "Day", "1일";
    range_month: "Month", "1개월";
    range_year: "Year", "1년";
    perf_operations: "Operations", "작업 수";
    perf_read: "Reading", "읽기 속도";
    perf_written: "Writing", "쓰기 속도";
    perf_latency: "Mean latency", "평균 지연 시간";
    perf_most: "at most {}", "최대 {}";
    perf_full: "If it goes on like this, the disks are full on {} UTC.",
        "이대로라면 {} UTC에 디스크가 가득 찹니다.";
}
