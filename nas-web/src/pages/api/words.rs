//! Owns what is said about the management interface's page.

crate::words::words! {
    lead: "Everything that these pages do, programs can do over HTTPS, with a token that may do no more than you give it.",
        "이 페이지에서 할 수 있는 모든 일을, 부여한 권한만 갖는 토큰으로 프로그램이 HTTPS를 통해 할 수 있습니다.";
    token: "Make a token for a program on your account's page:",
        "프로그램용 토큰은 계정 페이지에서 만듭니다:";
    right: "Needs the right to", "필요한 권한";
    everybody: "nothing: everybody may", "없음: 누구나 가능";
    request: "Takes", "요청";
    types: "Types", "자료형";
}
