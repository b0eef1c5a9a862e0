//! Owns what is said about nodes.

crate::words::words! {
    nav: "Nodes", "노드";
    answers: "Answers", "응답함";
    add: "Add a node", "노드 추가";
    joining: "Joining", "참여 중";
    member: "Member", "구성원";
    leaving: "Leaving", "나가는 중";
    leads: "leads", "리더";
    this: "this node", "이 노드";
    role: "Role", "역할";
    role_leader: "Leads the cluster", "클러스터의 리더";
    role_voter: "Votes", "투표 참여";
    role_learner: "Does not vote", "투표하지 않음";
    leads_volumes: "Leads the volumes", "리더인 볼륨";
    holds_volumes: "Holds copies of", "복제본이 있는 볼륨";
    clock: "Clock", "시계";
    clock_ahead: "{} ms against the leader of the cluster", "클러스터 리더와의 차이 {}ms";
    machine: "Machine", "하드웨어";
    machine_silent: "The node does not say how its machine is.", "노드가 하드웨어 상태를 알려 주지 않습니다.";
    model: "Model", "모델";
    cpu: "Processor", "프로세서";
    cores: "Cores", "코어";
    memory: "Memory", "메모리";
    load: "Load of 1, 5 and 15 minutes", "1분, 5분, 15분 부하";
    uptime: "Running for", "가동 시간";
    nasd_uptime: "nasd running for", "nasd 가동 시간";
    kernel: "Linux", "리눅스";
    addresses: "Addresses", "네트워크 주소";
    certificate: "HTTPS certificate", "HTTPS 인증서";
    good_until: "Good until {}", "{}까지 유효";
    help: "How many nodes are enough?", "노드는 몇 개가 적당합니까?";
    help_text: "Three survive the loss of any one, five of any two. Two are no safer than one: each needs the other for a majority.",
        "셋이면 하나를, 다섯이면 둘을 잃어도 견딥니다. 둘은 하나보다 안전하지 않습니다. 과반수를 이루려면 서로가 필요하기 때문입니다.";
    add_text: "A new node joins with a token that is good once, for one hour.",
        "새 노드는 한 시간 동안 한 번만 쓸 수 있는 토큰으로 참여합니다.";
    token_make: "Make a token", "토큰 만들기";
    token_text: "The token is good once, until {}. It is shown only now.",
        "토큰은 {}까지 한 번만 쓸 수 있으며, 지금만 표시됩니다.";
    step1: "Install Gotgan on the new machine and start it.", "새 컴퓨터에 곳간을 설치하고 시작합니다.";
    step2: "Open the setup link that its screen shows.", "화면에 표시되는 설정 링크를 엽니다.";
    step3: "Choose \"Join a cluster\" and paste this token:",
        "\"클러스터에 참여\"를 선택하고 이 토큰을 붙여 넣습니다.";
    or_shell: "Or as root in its shell, with the token on standard input:",
        "또는 셸에서 root로 실행하고 표준 입력에 토큰을 넣습니다.";
    back: "Done: to the nodes", "완료: 노드 목록으로";
}
