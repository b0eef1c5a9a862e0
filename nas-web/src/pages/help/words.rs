//! Owns what is said about the help.

crate::words::words! {
    nav: "Help", "도움말";
    well: "Is all well?", "모두 정상입니까?";
    well_text: "The dashboard says it in one sentence. Green: nothing to do. Amber: nothing is lost, but the next failure could hurt; look soon. Red: something does not work now.",
        "대시보드가 한 문장으로 알려 줍니다. 녹색은 할 일이 없음, 주황색은 잃은 것은 없지만 다음 장애가 위험할 수 있으니 곧 확인, 빨간색은 지금 동작하지 않는 것이 있음을 뜻합니다.";
    share: "Make space for somebody", "볼륨을 만들어 나누어 쓰기";
    share_text: "Make a volume, and say on the same page which machines may mount it. That is all.",
        "볼륨을 만들면서 같은 화면에서 마운트할 수 있는 컴퓨터를 지정하십시오. 그것으로 끝입니다.";
    access: "Somebody cannot mount a share", "공유를 마운트할 수 없을 때";
    access_text: "Look at the export's rows: is the address of the machine in one of them, and does the first one that holds it allow what is tried?",
        "내보내기의 행을 확인하십시오. 컴퓨터의 주소가 있습니까? 그 주소를 포함하는 첫 번째 행이 시도한 접근을 허용합니까?";
    node: "Add a node", "노드 추가하기";
    node_text: "Install, open the setup link on its screen, and paste a token that you make on the page Nodes.",
        "설치하고, 화면의 설정 링크를 연 다음, 노드 페이지에서 만든 토큰을 붙여 넣으십시오.";
    wrong: "Something is wrong", "문제가 생겼을 때";
    wrong_text: "Each alert says what is wrong and what to do. Channels tell people of it by email, a webhook, syslog or SNMP.",
        "알림마다 무엇이 문제이고 어떻게 해결하는지 알려 줍니다. 채널은 이를 이메일, 웹훅, syslog 또는 SNMP로 전송합니다.";
    dark: "Nothing answers", "아무것도 응답하지 않을 때";
    dark_text: "The recovery page works without a majority. Read it once before you need it.",
        "복구 페이지는 과반수 없이도 열립니다. 필요해지기 전에 한 번 읽어 두십시오.";
    programs: "Have a program do it", "프로그램에 맡기기";
}
