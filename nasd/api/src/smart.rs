//! Owns the words that say why nothing is known of a disk's own health.

use crate::sentence::sentences;

sentences! {
    no_single_disk():
        "No single disk is under this directory.",
        "이 디렉터리가 놓인 디스크를 하나로 정할 수 없습니다.";
    smartctl_missing():
        "smartctl is not installed on this node.",
        "이 노드에 smartctl이 설치되어 있지 않습니다.";
    smartctl_denied():
        "nasd may not ask this disk: that takes root.",
        "nasd에 이 디스크를 조회할 권한이 없습니다. root 권한이 필요합니다.";
    smart_too_slow():
        "The disk did not answer in time.",
        "디스크가 제시간에 응답하지 않았습니다.";
    smartctl_said(text):
        "smartctl said: {text}",
        "smartctl의 응답: {~text}";
    node_did_not_say():
        "Its node did not answer.",
        "노드가 응답하지 않았습니다.";
}
