//! Owns the words that say what happened. How a volume does then, and that a node is silent, [`crate::verdict`] says.

use crate::sentence::sentences;

sentences! {
    quorum_regained():
        "A majority of the nodes answers again.",
        "과반수의 노드가 다시 응답합니다.";
    quorum_lost():
        "No majority of the nodes answers: nothing can be changed.",
        "과반수의 노드가 응답하지 않습니다. 아무것도 변경할 수 없습니다.";
    node_joined(name):
        "{name} joined the cluster.",
        "{name} 노드가 클러스터에 참여했습니다.";
    node_answers(name):
        "{name} answers again.",
        "{name} 노드가 다시 응답합니다.";
    node_removed(name):
        "{name} was removed from the cluster.",
        "{name} 노드가 클러스터에서 제거되었습니다.";
    volume_created(volume):
        "Volume {volume} was created.",
        "볼륨 {volume} 생성됨.";
    volume_deleted(volume):
        "Volume {volume} was deleted.",
        "볼륨 {volume} 삭제됨.";
    leader_changed(name, volume):
        "{name} leads volume {volume} now.",
        "이제 {name} 노드가 볼륨 {volume}의 리더입니다.";
    refused_by_no_rule(name, client, path, volume):
        "{name} turned {client} away from {path} (volume {volume}): no rule of the export names it.",
        "{name} 노드가 {client} 클라이언트의 {path}(볼륨 {volume}) 접근을 거부했습니다. 해당하는 내보내기 규칙이 없습니다.";
    refused_by_port(name, client, path, volume, network):
        "{name} turned {client} away from {path} (volume {volume}): the rule for {network} takes only ports of the client's root.",
        "{name} 노드가 {client} 클라이언트의 {path}(볼륨 {volume}) 접근을 거부했습니다. {network} 규칙은 클라이언트의 root 전용 포트만 허용합니다.";
    refused_by_read_only(name, client, path, volume, network):
        "{name} refused {client} a change of {path} (volume {volume}): the rule for {network} is read-only.",
        "{name} 노드가 {client} 클라이언트의 {path}(볼륨 {volume}) 변경을 거부했습니다. {network} 규칙은 읽기 전용입니다.";
    settings_changed():
        "The cluster's settings were changed.",
        "클러스터의 설정이 변경되었습니다.";
    task_went_on(task):
        "Task {task} went on.",
        "작업 {task} 진행됨.";
}
