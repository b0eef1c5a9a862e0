//! Owns what is said about volumes.

crate::words::words! {
    nav: "Volumes", "볼륨";
    empty: "No volumes yet", "아직 볼륨이 없습니다";
    empty_text: "A volume is a file tree of its own, with copies on several nodes. Make one, then share it over NFS.",
        "볼륨은 여러 노드에 복제본이 있는 독립된 파일 트리입니다. 볼륨을 만든 다음 NFS로 공유하십시오.";
    new: "New volume", "새 볼륨";
    limit: "Limit", "한도";
    replicas: "Replicas", "복제본";
    only_troubled: "Only volumes that need attention are shown.", "확인이 필요한 볼륨만 표시됩니다.";
    all: "Show all", "모두 보기";
    make: "Make the volume", "볼륨 만들기";
    name_hint: "1 to 63 lower-case letters, digits, - or _. Clients see it in paths; it cannot be changed later.",
        "소문자, 숫자, - 또는 _ 로 1~63자. 클라이언트의 경로에 나타나며 나중에 바꿀 수 없습니다.";
    name_wrong: "Use 1 to 63 lower-case letters, digits, - or _; begin with a letter or a digit.",
        "소문자, 숫자, - 또는 _ 로 1~63자를 사용하고, 소문자나 숫자로 시작하십시오.";
    replicas_hint: "On how many nodes every file is kept. There are {} nodes now.",
        "각 파일을 몇 개의 노드에 보관할지 정합니다. 현재 노드는 {}개입니다.";
    replicas_default: "Three, as far as nodes suffice", "3개 (노드가 모자라면 노드 수만큼)";
    replicas_wrong: "A volume has 1 to 7 replicas.", "볼륨의 복제본은 1~7개입니다.";
    share: "Share it over NFS", "NFS로 공유";
    share_with: "Clients that may mount it", "마운트할 수 있는 클라이언트";
    share_hint: "An address or a network, for instance 192.0.2.0/24. Empty: nobody yet. You can change it later under Exports.",
        "주소나 네트워크. 예: 192.0.2.0/24. 비워 두면 아직 아무도 마운트할 수 없습니다. 나중에 내보내기에서 바꿀 수 있습니다.";
    not_exported: "Nobody can mount it over NFS yet.", "아직 아무도 NFS로 마운트할 수 없습니다.";
    delete: "Delete the volume", "볼륨 삭제";
    delete_title: "Delete volume {}?", "볼륨 {}을(를) 삭제하시겠습니까?";
    delete_text: "All its files are destroyed on all nodes. This cannot be undone.",
        "모든 노드에서 모든 파일이 삭제됩니다. 되돌릴 수 없습니다.";
    delete_exports: "It is still exported. End its exports first.",
        "아직 내보내고 있습니다. 먼저 내보내기를 중단하십시오.";
    typed_label: "Type {} to confirm", "확인을 위해 {} 입력";
    typed_wrong: "The name does not match. Nothing was deleted.",
        "이름이 일치하지 않습니다. 삭제된 것은 없습니다.";
    may_mount: "May mount it:", "마운트할 수 있는 클라이언트:";
    mount_hint: "On a client, as root; any node will do:", "클라이언트에서 root로 실행합니다. 어느 노드든 됩니다:";
    writers: "Who may write", "쓰기 권한";
    writers_of: "Who may write into {}", "{}의 쓰기 권한";
    writers_change: "Change who may write", "쓰기 권한 변경";
    writers_hint: "It decides about the top folder; folders in it can say otherwise. Who may mount at all is the share's to say.",
        "최상위 폴더의 권한입니다. 하위 폴더는 다르게 정할 수 있습니다. 마운트할 수 있는 클라이언트는 내보내기에서 정합니다.";
    writers_everybody: "Everybody who may mount", "마운트할 수 있는 모든 사용자";
    writers_everybody_text: "Each may make files and folders, and delete only their own. Mode 1777, like /tmp.",
        "누구나 파일과 폴더를 만들고 자신의 것만 삭제할 수 있습니다. 모드 1777, /tmp와 같습니다.";
    writers_owner: "One owner and one group", "소유자 한 명과 그룹 하나";
    writers_owner_text: "By their numbers on the clients.", "클라이언트에서 쓰는 번호로 지정합니다.";
    writers_root: "Root only", "root만";
    writers_root_text: "Only a client whose root is not squashed can make the first folder. Mode 755.",
        "root를 그대로 두는(squash 안 함) 클라이언트만 첫 폴더를 만들 수 있습니다. 모드 755.";
    writers_only_top: "Files and folders that are there already keep their owners and modes.",
        "이미 있는 파일과 폴더의 소유자와 모드는 그대로입니다.";
    uid: "Owner (uid)", "소유자(uid)";
    uid_hint: "What the command id shows on a client, for instance 1000.", "클라이언트에서 id 명령으로 볼 수 있는 번호. 예: 1000";
    gid: "Group (gid)", "그룹(gid)";
    mode: "Mode", "모드";
    mode_hint: "As for chmod: 2770 lets owner and group write, 755 only the owner.",
        "chmod와 같습니다. 2770은 소유자와 그룹이, 755는 소유자만 쓸 수 있습니다.";
    mode_wrong: "Enter a mode of three or four octal digits, for instance 2770.", "8진수 세 자리나 네 자리의 모드를 입력하십시오. 예: 2770";
    id_wrong: "Enter a number, for instance 1000.", "번호를 입력하십시오. 예: 1000";
    description: "Description", "설명";
    description_change: "Change the description", "설명 변경";
    description_of: "Description of {}", "{}의 설명";
    description_hint: "What it is for, in a line or two; empty for none.", "용도를 한두 줄로 적습니다. 비워 두어도 됩니다.";
    description_wrong: "Use at most {} characters in {} lines.", "최대 {}자, {}줄까지 입력할 수 있습니다.";
    no_events: "Nothing has happened to it since this node started.", "이 노드가 시작된 뒤 이 볼륨에 대한 이벤트가 없습니다.";
    all_events: "All events of this volume", "이 볼륨의 모든 이벤트";
    no_tasks: "No task has worked on its data.", "이 볼륨의 데이터를 처리한 작업이 없습니다.";
    all_tasks: "All tasks", "모든 작업";
    limits: "Limits", "한도";
    limits_change: "Change limits", "한도 변경";
    limits_of: "Limits of {}", "{}의 한도";
    limits_help: "What happens at a limit?", "한도에 도달하면 어떻게 됩니까?";
    limits_help_text: "What is there stays; growing beyond the limit is refused with \"disk quota exceeded\". Clients see the limit as the size of the file system.",
        "이미 있는 데이터는 유지되며, 한도를 넘는 증가는 \"디스크 할당량 초과\"로 거부됩니다. 클라이언트에는 한도가 파일 시스템의 크기로 보입니다.";
    limit_bytes: "Largest size", "최대 크기";
    limit_bytes_hint: "For instance 500 GiB (of 1024) or 500 GB (of 1000); empty for no limit.",
        "예: 500 GiB(1024 단위) 또는 500 GB(1000 단위). 비워 두면 한도가 없습니다.";
    limit_bytes_wrong: "Enter a size, for instance 500 GiB.", "크기를 입력하십시오. 예: 500 GiB";
    limit_files: "Most files", "최대 파일 수";
    limit_files_hint: "Files, directories and links together; empty for no limit.",
        "파일, 디렉터리, 링크를 합한 수. 비워 두면 한도가 없습니다.";
    limit_files_wrong: "Enter a whole number above zero.", "0보다 큰 정수를 입력하십시오.";
    replica_leader: "Up to date, leads", "최신 상태, 리더";
    replica_following: "Up to date", "최신 상태";
    replica_learning: "Being filled", "채우는 중";

    => MADE: "Volume {} was made.", "볼륨 {}을(를) 만들었습니다.";
    => MADE_AND_EXPORTED: "Volume {} was made and is shared over NFS.",
        "볼륨 {}을(를) 만들고 NFS로 공유했습니다.";
    => LIMITS_SET: "The limits of volume {} are in force.", "볼륨 {}의 한도가 적용되었습니다.";
    => DESCRIBED: "The description of volume {} was changed.", "볼륨 {}의 설명을 변경했습니다.";
    => ROOT_SET: "Who may write into volume {} was changed.", "볼륨 {}의 쓰기 권한을 변경했습니다.";
    => DELETED: "Volume {} and its files are gone.", "볼륨 {}과(와) 파일을 삭제했습니다.";
}
