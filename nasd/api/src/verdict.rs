//! Owns the words that say how the cluster and its volumes do.
//!
//! A verdict is a headline and its causes. Dashboard, recovery, `nasctl` and monitoring show the same.

use crate::sentence::sentences;

sentences! {
    // Headlines.
    all_is_there():
        "Your data is safe: every node and every replica is there.",
        "데이터는 안전합니다. 모든 노드와 모든 복제본이 정상입니다.";
    on_one_node():
        "Your data is on one node only: losing it stops everything.",
        "데이터가 한 노드에만 있습니다. 이 노드를 잃으면 모든 것이 멈춥니다.";
    on_two_nodes():
        "Your data is on two nodes: losing either stops everything.",
        "데이터가 두 노드에 있습니다. 둘 중 하나를 잃으면 모든 것이 멈춥니다.";
    one_more_failure():
        "Your data is there, but one more failure may stop part of it.",
        "데이터는 있지만, 장애가 한 번 더 생기면 일부가 멈출 수 있습니다.";
    part_is_choosing(count):
        "Volumes that are choosing a leader: {count}. They go on by themselves within seconds.",
        "리더를 선출 중인 볼륨: {count}개. 몇 초 안에 저절로 다시 동작합니다.";
    part_is_out(count, total):
        "Part of your data cannot be used now: {count} of {total} volumes.",
        "데이터 일부를 지금 사용할 수 없습니다. 볼륨 {total}개 중 {count}개입니다.";
    cluster_is_choosing():
        "The cluster is choosing its leader: settings can be changed again within seconds.",
        "클러스터가 리더를 선출하고 있습니다. 몇 초 안에 설정을 다시 변경할 수 있습니다.";
    cluster_has_no_leader(seconds):
        "A majority of the nodes answers, but the cluster has had no leader for {seconds} seconds: settings cannot be changed.",
        "과반수의 노드가 응답하지만 {seconds}초 동안 클러스터에 리더가 없습니다. 설정을 변경할 수 없습니다.";
    just_started(name):
        "{name} has just started and looks for the other nodes.",
        "{name} 노드가 방금 시작되어 다른 노드를 찾고 있습니다.";
    cut_off(name, total):
        "{name} hears from none of the other nodes: either it is cut off, or they are down. A majority of {total} is needed.",
        "{name} 노드가 다른 노드와 전혀 통신하지 못합니다. 이 노드가 고립되었거나 다른 노드가 꺼져 있습니다. 노드 {total}개의 과반수가 필요합니다.";
    no_majority(present, total):
        "The cluster has no majority: {present} of {total} nodes answer. Nothing can be changed until more are back.",
        "클러스터에 과반수가 없습니다. 노드 {total}개 중 {present}개가 응답합니다. 더 돌아올 때까지 아무것도 변경할 수 없습니다.";

    // Causes.
    node_absent(name):
        "{name} does not answer.",
        "{name} 노드가 응답하지 않습니다.";
    nodes_absent(count, names):
        "{count} nodes do not answer: {names}.",
        "노드 {count}개가 응답하지 않습니다: {names}.";
    few_nodes(count):
        "The cluster has {count} of the 3 nodes that survive a failure. Join more nodes.",
        "장애를 견디려면 노드가 3개 필요하지만 {count}개뿐입니다. 노드를 추가하십시오.";
    disk_failed(name, path, why):
        "On {name} the disk {path} has failed: {why}. Replace the disk and start the node again; until then its chunks are read from other nodes.",
        "{name} 노드의 디스크 {path} 고장: {~why}. 디스크를 교체하고 노드를 다시 시작하십시오. 그때까지 그 데이터는 다른 노드에서 읽습니다.";
    disk_waits(name, path, why):
        "On {name} the disk {path} waits: {why}. It goes on by itself when the node has enough again.",
        "{name} 노드의 디스크 {path} 대기 중: {~why}. 노드에 여유가 생기면 저절로 계속합니다.";
    log_failed(name, why):
        "On {name} the log has failed: {why}. Check the disk and start the node again.",
        "{name} 노드의 로그 고장: {~why}. 디스크를 점검하고 노드를 다시 시작하십시오.";
    log_waits(name, why):
        "On {name} the log waits: {why}. It goes on by itself when the node has enough again.",
        "{name} 노드의 로그 대기 중: {~why}. 노드에 여유가 생기면 저절로 계속합니다.";
    state_failed(name, why):
        "On {name} the replica of the cluster's state has failed: {why}. Start the node again; if it fails again, replace the node.",
        "{name} 노드의 클러스터 상태 복제본 고장: {~why}. 노드를 다시 시작하십시오. 다시 고장 나면 노드를 교체하십시오.";
    state_waits(name, why):
        "On {name} the replica of the cluster's state waits: {why}. It goes on by itself when the node has enough again.",
        "{name} 노드의 클러스터 상태 복제본 대기 중: {~why}. 노드에 여유가 생기면 저절로 계속합니다.";
    replica_failed(name, volume, why):
        "On {name} the replica of volume {volume} has failed: {why}. Start the node again; if it fails again, replace the node.",
        "{name} 노드의 볼륨 {volume} 복제본 고장: {~why}. 노드를 다시 시작하십시오. 다시 고장 나면 노드를 교체하십시오.";
    replica_waits(name, volume, why):
        "On {name} the replica of volume {volume} waits: {why}. It goes on by itself when the node has enough again.",
        "{name} 노드의 볼륨 {volume} 복제본 대기 중: {~why}. 노드에 여유가 생기면 저절로 계속합니다.";
    of_volume(volume, state):
        "Volume {volume}: {state}",
        "볼륨 {volume}: {~state}";
    of_volumes(count, state, names):
        "{count} volumes ({names}): {state}",
        "볼륨 {count}개({names}): {~state}";
    and_more(count):
        "And {count} more.",
        "그 밖에 {count}건이 더 있습니다.";

    // How a volume does.
    replicas_answer(wanted):
        "All {wanted} replicas answer.",
        "복제본 {wanted}개가 모두 응답합니다.";
    few_replicas(wanted):
        "{wanted} of the 3 replicas that survive a failure exist.",
        "장애를 견디려면 복제본이 3개 필요하지만 {wanted}개뿐입니다.";
    replicas_missing(have, wanted):
        "{have} of {wanted} replicas answer.",
        "복제본 {wanted}개 중 {have}개가 응답합니다.";
    replicas_lost(have, wanted):
        "{have} of {wanted} replicas answer, and a majority is needed.",
        "복제본 {wanted}개 중 {have}개가 응답하지만 과반수가 필요합니다.";
    choosing_leader(have, wanted):
        "{have} of {wanted} replicas answer and are choosing a leader.",
        "복제본 {wanted}개 중 {have}개가 응답하며 리더를 선출하고 있습니다.";
    without_leader(have, wanted):
        "{have} of {wanted} replicas answer, but could not choose a leader.",
        "복제본 {wanted}개 중 {have}개가 응답하지만 리더를 선출하지 못했습니다.";
    replica_stopped(have, wanted, name, why):
        "{have} of {wanted} replicas answer; the one on {name} has failed: {why}.",
        "복제본 {wanted}개 중 {have}개가 응답합니다. {name} 노드의 복제본 고장: {~why}.";
    disks_missing(have, wanted):
        "{have} of {wanted} replicas have a disk that takes data.",
        "복제본 {wanted}개 중 {have}개에 데이터를 쓸 디스크가 있습니다.";
    disks_lost(have, wanted):
        "{have} of {wanted} replicas have a disk that takes data, and a majority is needed to write.",
        "복제본 {wanted}개 중 {have}개에 데이터를 쓸 디스크가 있지만, 쓰려면 과반수가 필요합니다.";
}
