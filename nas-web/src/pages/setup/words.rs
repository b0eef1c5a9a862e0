//! Owns what is said about the setup wizard.

crate::words::words! {
    title_setup: "Set up this node", "이 노드 설정";
    lead: "This node belongs to no cluster yet. Found one here, or join one that you have.",
        "이 노드는 아직 클러스터에 속해 있지 않습니다. 새로 만들거나 기존 클러스터에 참여하십시오.";
    create: "Found a cluster", "클러스터 만들기";
    create_text: "For your first node.", "첫 번째 노드에서 선택하십시오.";
    create_do: "Found the cluster", "클러스터 만들기";
    cluster: "Name of the cluster", "클러스터 이름";
    cluster_hint: "1 to 63 letters, digits and hyphens, for instance office.",
        "영문자, 숫자, 하이픈으로 1~63자. 예: office";
    cluster_wrong: "Use 1 to 63 letters, digits and hyphens.",
        "영문자, 숫자, 하이픈으로 1~63자를 사용하십시오.";
    join: "Join a cluster", "클러스터에 참여";
    join_text: "For every further node.", "두 번째 노드부터 선택하십시오.";
    join_do: "Join", "참여";
    token: "Join token", "참여 토큰";
    token_hint: "From a member of the cluster: Nodes, Add a node.",
        "클러스터 구성원의 \"노드 추가\" 페이지에서 만듭니다.";
    token_missing: "Paste the join token.", "참여 토큰을 붙여 넣으십시오.";
    admin: "The first administrator", "첫 번째 관리자";
    admin_lead: "The cluster is there. Now make the user who manages it.",
        "클러스터가 준비되었습니다. 이제 관리할 사용자를 만드십시오.";
    admin_name: "Administrator's user name", "관리자 사용자 이름";
    admin_hint: "You log in with it. More users can follow later.",
        "로그인할 때 사용합니다. 다른 사용자는 나중에 추가할 수 있습니다.";
    admin_do: "Make the administrator", "관리자 만들기";
    denied: "This page needs the setup link.", "이 페이지에는 설정 링크가 필요합니다.";
    denied_hint: "The link is on the node's screen and in its journal. It is good until the node has an administrator; restarting nas-web makes a new one.",
        "링크는 노드의 화면과 저널에 있습니다. 관리자가 생길 때까지 유효하며, nas-web을 다시 시작하면 새로 만들어집니다.";
    refused: "What you typed is still here, but for the passwords. Steps that succeeded are not asked for again.",
        "비밀번호를 제외하고 입력한 내용은 그대로입니다. 성공한 단계는 다시 묻지 않습니다.";
    password_short: "A password has at least {} characters.", "비밀번호는 {}자 이상이어야 합니다.";

    => CLUSTER_MADE: "The cluster {} is set up. With three nodes or more it survives the loss of one.",
        "클러스터 {}이(가) 준비되었습니다. 노드가 셋 이상이면 하나를 잃어도 견딜 수 있습니다.";
    => CLUSTER_JOINED: "This node is a member of {} now. Log in as a user of the cluster.",
        "이 노드가 {}의 구성원이 되었습니다. 클러스터 사용자로 로그인하십시오.";
}
