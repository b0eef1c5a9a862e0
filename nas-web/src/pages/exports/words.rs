//! Owns what is said about exports.

crate::words::words! {
    nav: "Exports", "내보내기 목록";
    change: "Change", "변경";
    clients: "Clients", "클라이언트";
    nobody: "Nobody", "없음 (아무도 마운트할 수 없음)";
    access: "Access", "접근 권한";
    read_only: "Read only", "읽기 전용";
    read_write: "Read and write", "읽기 및 쓰기";
    network: "Address or network", "주소 또는 네트워크";
    network_wrong: "Enter an address or a network, for instance 192.0.2.0/24.",
        "주소 또는 네트워크를 입력하십시오. 예: 192.0.2.0/24";
    empty: "Nothing is exported yet", "아직 내보낸 것이 없습니다";
    empty_text: "An export makes a volume mountable over NFS, for the machines that you name.",
        "내보내기를 만들면 지정한 컴퓨터가 볼륨을 NFS로 마운트할 수 있습니다.";
    new: "New export", "새 내보내기";
    make: "Export it", "내보내기 만들기";
    edit: "Who may mount {}", "{}을(를) 마운트할 수 있는 대상";
    how: "How to mount it", "마운트하는 방법";
    how_text: "On a Linux client, as root. Any node serves any volume.",
        "Linux 클라이언트에서 root로 실행합니다. 모든 노드가 모든 볼륨을 제공합니다.";
    volume_hint: "The name of the volume whose files are exported.", "파일을 내보낼 볼륨의 이름.";
    delete: "End the export", "내보내기 중단";
    delete_title: "End the export {}?", "내보내기 {}을(를) 중단하시겠습니까?";
    delete_text: "Clients that have it mounted get errors from then on. The volume and its files stay.",
        "마운트한 클라이언트는 그 즉시 오류를 받습니다. 볼륨과 파일은 그대로 남습니다.";
    path_hint: "What clients mount, for instance /media.", "클라이언트가 마운트하는 경로. 예: /media";
    path_wrong: "A path begins with a slash, for instance /media.", "경로는 /로 시작합니다. 예: /media";
    volume_missing: "Enter the name of a volume.", "볼륨 이름을 입력하십시오.";
    clients_who: "Who may mount it", "마운트할 수 있는 대상";
    clients_hint: "The first row that holds a client decides, so put single machines above the networks they are in. Machines in no row are refused; rows without an address are left out.",
        "클라이언트를 포함하는 첫 번째 행이 적용되므로, 개별 컴퓨터는 그것이 속한 네트워크보다 위에 두십시오. 어느 행에도 없는 컴퓨터는 거부되며, 주소가 없는 행은 무시됩니다.";
    clients_add: "Add a row", "행 추가";
    row_up: "Up", "위로";
    row_down: "Down", "아래로";
    client: "Which may this client mount, and as whom?", "이 클라이언트가 마운트할 수 있는 내보내기와 사용자 처리";
    client_hint: "Its address, for instance 10.0.0.7.", "클라이언트의 주소. 예: 10.0.0.7";
    client_ask: "Show", "보기";
    client_wrong: "Enter one address, for instance 10.0.0.7 or 2001:db8::7.",
        "주소 하나를 입력하십시오. 예: 10.0.0.7 또는 2001:db8::7";
    more: "and {} more", "외 {}개";
    client_let_in: "Let it in", "허용하기";
    client_all: "All rules", "모든 규칙";
    client_may: "May mount it", "마운트 가능";
    client_may_not: "May not mount it", "마운트 불가";
    client_closed: "nobody may", "아무도 마운트할 수 없음";
    client_in_no_rule: "no row holds {}", "{}을(를) 포함하는 행 없음";
    client_rule_of: "as {} says, the first of the volume's exports that names it", "볼륨의 내보내기 중 이 클라이언트를 포함하는 첫 번째인 {}의 규칙";
    squash: "Users of the client", "클라이언트의 사용자";
    squash_root: "root becomes {}", "root → {}";
    squash_all: "everybody becomes {}", "모든 사용자 → {}";
    squash_none: "everybody stays, root too", "root를 포함해 모든 사용자 그대로";
    said_root_ports: "only from ports of the client's root", "클라이언트의 root 전용 포트에서만";
    said_any_port: "from any port", "모든 포트에서";
    ports: "Ports of the client", "클라이언트 포트";
    ports_secure: "Its root's only (safest)", "root 전용 포트만 (가장 안전)";
    ports_insecure: "Any port", "모든 포트";
    ports_help: "What about ports?", "포트 제한이란?";
    ports_help_text: "NFS believes the client when it says which user asks. From a port below 1024 its system says so, from any other port every program there can, and name any user. Choose any port only where all users of the client are trusted, or where the client cannot use low ports (virtual machines behind NAT, macOS without resvport).",
        "NFS는 어느 사용자의 요청인지에 대해 클라이언트의 말을 믿습니다. 1024 미만의 포트에서는 클라이언트의 시스템이 알려 주지만, 그 밖의 포트에서는 어떤 프로그램이든 임의의 사용자를 사칭할 수 있습니다. 클라이언트의 모든 사용자를 신뢰하거나, 클라이언트가 낮은 포트를 쓸 수 없을 때(NAT 뒤의 가상 머신, resvport 없는 macOS)에만 모든 포트를 선택하십시오.";
    squash_help: "What about root?", "root 처리란?";
    squash_help_text: "Where root stays root, whoever is root on that client can read and change every file here. Choose it for backup servers and machines that only you administer. It is safest where root becomes nobody. Whom users become instead (anonuid, anongid) is set with nasctl.",
        "root를 그대로 두면 해당 클라이언트의 root가 여기의 모든 파일을 읽고 바꿀 수 있습니다. 백업 서버나 직접 관리하는 컴퓨터에만 선택하십시오. root를 nobody로 바꾸는 것이 가장 안전합니다. 대신 사용할 사용자(anonuid, anongid)는 nasctl로 지정합니다.";

    => MADE: "{} can be mounted now.", "이제 {}을(를) 마운트할 수 있습니다.";
    => CHANGED: "The export {} was changed.", "내보내기 {}을(를) 변경했습니다.";
    => ENDED: "{} is not exported any more. Its volume is unchanged.",
        "{} 내보내기를 중단했습니다. 볼륨은 그대로입니다.";
}
