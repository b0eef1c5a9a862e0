//! Owns the words of alerts: what each kind is called, what is wrong, and what to do about it. Some of what is wrong
//! [`crate::verdict`] says.

use crate::Sentence;
use crate::refusal::Language;
use crate::sentence::sentences;
use nasd_base::alert::{AlertKind, Severity};

sentences! {
    // What is wrong.
    majority_was_missing(from, until):
        "No majority of the nodes answered from {from} to {until}: nothing could be changed.",
        "{from}부터 {until}까지 과반수의 노드가 응답하지 않아 아무것도 변경할 수 없었습니다.";
    replica_lags(name, volume, entries):
        "On {name} the replica of volume {volume} is {entries} entries behind.",
        "{name} 노드의 볼륨 {volume} 복제본이 {entries}개 엔트리만큼 뒤처져 있습니다.";
    clock_differs(name, millis):
        "The clock of {name} differs from the other nodes' by {millis} ms.",
        "{name} 노드의 시계가 다른 노드와 {millis} ms 차이 납니다.";
    certificate_expires(name, days):
        "The certificate that {name} shows to browsers expires in {days} days.",
        "{name} 노드가 브라우저에 보이는 인증서가 {days}일 후 만료됩니다.";
    certificate_expired(name):
        "The certificate that {name} shows to browsers has expired.",
        "{name} 노드가 브라우저에 보이는 인증서가 만료되었습니다.";
    volume_nears_limit(volume, percent):
        "Volume {volume} holds {percent} % of what its limit allows.",
        "볼륨 {volume} 사용량이 한도의 {percent} %입니다.";
    volume_at_limit(volume):
        "Volume {volume} holds as much as its limit allows: nothing more can be written.",
        "볼륨 {volume} 사용량이 한도에 도달했습니다. 더 쓸 수 없습니다.";
    disk_nears_end(name, path, percent):
        "On {name} the disk {path} is {percent} % full.",
        "{name} 노드의 디스크 {path} 사용률이 {percent} %입니다.";
    disk_will_fail(name, path):
        "On {name} the disk {path} says itself that it will fail (SMART).",
        "{name} 노드의 디스크 {path} 스스로 고장을 예고했습니다(SMART).";
    disk_has_bad_sectors(name, path, count):
        "On {name} the disk {path} cannot read {count} of its sectors (SMART).",
        "{name} 노드의 디스크 {path} 읽을 수 없는 섹터: {count}개(SMART).";
    data_was_mended(name, count):
        "On {name} {count} damaged chunks were found and mended from other replicas.",
        "{name} 노드에서 손상된 청크 {count}개를 발견해 다른 복제본에서 복구했습니다.";
    data_is_damaged(name, count):
        "On {name} {count} damaged chunks are not mended.",
        "{name} 노드의 손상된 청크 {count}개가 복구되지 않았습니다.";
    logins_fail(count, places):
        "Within ten minutes {count} wrong passwords or codes came from {places} places.",
        "10분 안에 {places}곳에서 틀린 비밀번호나 코드가 {count}번 입력되었습니다.";
    cluster_leaders_change(count):
        "The cluster has chosen {count} leaders within ten minutes.",
        "클러스터가 10분 안에 리더를 {count}번 선출했습니다.";
    volume_leaders_change(volume, count):
        "Volume {volume} has chosen {count} leaders within ten minutes.",
        "볼륨 {volume} 리더가 10분 안에 {count}번 선출되었습니다.";
    cluster_changed_hands(to, from, millis):
        "{to} took the lead of the cluster over from {from}: nobody had it for {millis} ms.",
        "클러스터의 리더가 {from} 노드에서 {to} 노드로 바뀌었습니다. 리더가 없던 시간: {millis} ms.";
    volume_changed_hands(volume, to, from, millis):
        "{to} took the lead of volume {volume} over from {from}: nobody had it for {millis} ms.",
        "볼륨 {volume} 리더가 {from} 노드에서 {to} 노드로 바뀌었습니다. 리더가 없던 시간: {millis} ms.";
    diagnosis_failed(name, count, checks):
        "On {name} checks of the diagnosis failed ({count}): {checks}.",
        "{name} 노드의 진단에서 실패한 검사 {count}건: {checks}.";

    // What to do.
    do_about_majority():
        "Look at why the nodes were off or could not reach each other: power, switches, addresses.",
        "노드가 꺼졌거나 서로 통신하지 못한 이유를 확인하십시오: 전원, 스위치, 주소.";
    do_about_node_down():
        "See whether the node has power and network, and start it. If it will not come back, remove it and let another join.",
        "노드의 전원과 네트워크를 확인하고 시작하십시오. 돌아오지 않을 노드는 제거하고 다른 노드를 추가하십시오.";
    do_about_node_faulty():
        "Look at the node's log and at the disk of its directory; then start the node again. If it fails again, replace the node.",
        "노드의 로그와 디렉터리가 있는 디스크를 확인하고 노드를 다시 시작하십시오. 다시 고장 나면 노드를 교체하십시오.";
    do_about_lag():
        "Look at the node's load, its disks and its network: a replica that is far behind cannot take over.",
        "노드의 부하, 디스크, 네트워크를 확인하십시오. 많이 뒤처진 복제본은 역할을 넘겨받을 수 없습니다.";
    do_about_clock():
        "Let all nodes keep time by the same servers (chrony or systemd-timesyncd), and look whether that runs on this one.",
        "모든 노드가 같은 서버로 시각을 맞추게 하고(chrony 또는 systemd-timesyncd), 이 노드에서 동작하는지 확인하십시오.";
    do_about_certificate():
        "Upload a new certificate in the settings of that node, or go back to a self-signed one.",
        "그 노드의 설정에서 새 인증서를 올리거나 자체 서명 인증서로 바꾸십시오.";
    do_about_unavailable():
        "Bring back the nodes of the volume that are missing: a majority of them has to answer.",
        "볼륨의 노드 가운데 없는 것을 복구하십시오. 과반수가 응답해야 합니다.";
    do_about_degraded():
        "The volume works. Bring back the node or the disk that is missing before another one fails.",
        "볼륨은 동작합니다. 다른 장애가 생기기 전에 없는 노드나 디스크를 복구하십시오.";
    do_about_full():
        "Delete what nobody needs, raise the limit if it is one, or add disks or nodes.",
        "필요 없는 것을 삭제하거나, 한도라면 늘리거나, 디스크나 노드를 추가하십시오.";
    do_about_failing_disk():
        "Have a disk ready and replace this one soon; its data is on other nodes, too.",
        "새 디스크를 준비해 곧 교체하십시오. 데이터는 다른 노드에도 있습니다.";
    do_about_failed_disk():
        "Replace the disk and start the node again; what was on it is fetched from other nodes.",
        "디스크를 교체하고 노드를 다시 시작하십시오. 있던 데이터는 다른 노드에서 가져옵니다.";
    do_about_mended():
        "Nothing is lost. If it happens again on the same disk, replace that disk.",
        "손실된 것은 없습니다. 같은 디스크에서 다시 발생하면 그 디스크를 교체하십시오.";
    do_about_damage():
        "Bring all nodes back and start a verification of all data; what stays damaged has no good copy and must be restored.",
        "모든 노드를 복구하고 모든 데이터 검증을 시작하십시오. 그래도 손상된 것은 온전한 사본이 없으므로 복원해야 합니다.";
    do_about_logins():
        "Look in the audit log where they came from. Keep strangers away from the management address, and use second factors.",
        "감사 로그에서 출처를 확인하십시오. 관리 주소에 낯선 연결을 막고 2단계 인증을 사용하십시오.";
    do_about_flapping():
        "Look at the network between the nodes and at the load of their disks: leaders are replaced when they do not answer in time.",
        "노드 사이의 네트워크와 디스크 부하를 확인하십시오. 리더는 제때 응답하지 않으면 교체됩니다.";
    do_about_failover():
        "Clients go on by themselves. If nobody stopped the node that led before, look at why it was silent.",
        "클라이언트는 그대로 계속합니다. 아무도 멈추지 않았다면 이전 리더 노드가 응답하지 않은 이유를 확인하십시오.";
    do_about_diagnosis():
        "Look at the node's diagnosis, which says what to do about each check that failed, and run it again afterwards.",
        "노드의 진단을 확인하십시오. 실패한 검사마다 조치 방법이 있습니다. 조치한 뒤 진단을 다시 실행하십시오.";
}

/// What to do about it.
pub fn advice(kind: AlertKind) -> Sentence {
    match kind {
        AlertKind::NoMajority => do_about_majority(),
        AlertKind::NodeDown => do_about_node_down(),
        AlertKind::NodeFaulty => do_about_node_faulty(),
        AlertKind::NodeLagging => do_about_lag(),
        AlertKind::ClockSkew => do_about_clock(),
        AlertKind::CertExpiring => do_about_certificate(),
        AlertKind::VolumeUnavailable => do_about_unavailable(),
        AlertKind::VolumeDegraded => do_about_degraded(),
        AlertKind::NearFull | AlertKind::QuotaExceeded => do_about_full(),
        AlertKind::DiskFailing => do_about_failing_disk(),
        AlertKind::DiskFailed => do_about_failed_disk(),
        AlertKind::ChecksumRepaired => do_about_mended(),
        AlertKind::ScrubErrors => do_about_damage(),
        AlertKind::LoginBurst => do_about_logins(),
        AlertKind::LeaderFlapping => do_about_flapping(),
        AlertKind::Failover => do_about_failover(),
        AlertKind::DiagnosisFailed => do_about_diagnosis(),
    }
}

/// What the kind is called, in a few words.
pub fn title(kind: AlertKind, language: Language) -> &'static str {
    let (english, korean) = match kind {
        AlertKind::NoMajority => ("No majority", "과반수 없음"),
        AlertKind::NodeDown => ("Node down", "노드 응답 없음"),
        AlertKind::NodeFaulty => ("Node faulty", "노드 고장"),
        AlertKind::NodeLagging => ("Replica far behind", "복제본 지연"),
        AlertKind::ClockSkew => ("Clocks differ", "시계 차이"),
        AlertKind::CertExpiring => ("Certificate expires", "인증서 만료 임박"),
        AlertKind::VolumeUnavailable => ("Volume unavailable", "볼륨 사용 불가"),
        AlertKind::VolumeDegraded => ("Volume degraded", "볼륨 이중화 저하"),
        AlertKind::NearFull => ("Nearly full", "용량 부족 임박"),
        AlertKind::QuotaExceeded => ("Limit reached", "한도 도달"),
        AlertKind::DiskFailing => ("Disk will fail", "디스크 고장 예고"),
        AlertKind::DiskFailed => ("Disk failed", "디스크 고장"),
        AlertKind::ChecksumRepaired => ("Damaged data mended", "손상 데이터 복구됨"),
        AlertKind::ScrubErrors => ("Damaged data", "데이터 손상"),
        AlertKind::LoginBurst => ("Many wrong passwords", "비밀번호 오류 급증"),
        AlertKind::LeaderFlapping => ("Leaders change often", "잦은 리더 교체"),
        AlertKind::Failover => ("Failover", "리더 인계"),
        AlertKind::DiagnosisFailed => ("Diagnosis failed", "진단 실패"),
    };
    match language {
        Language::English => english,
        Language::Korean => korean,
    }
}

/// How bad it is, in a word.
pub fn severity(severity: Severity, language: Language) -> &'static str {
    let (english, korean) = match severity {
        Severity::Info => ("Notice", "알림"),
        Severity::Warning => ("Warning", "경고"),
        Severity::Critical => ("Critical", "심각"),
    };
    match language {
        Language::English => english,
        Language::Korean => korean,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::testing::check_korean;
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_has_a_title_and_advice() {
        for language in [Language::English, Language::Korean] {
            let titles: BTreeSet<&str> = AlertKind::ALL.iter().map(|kind| title(*kind, language)).collect();
            assert_eq!(titles.len(), AlertKind::ALL.len());
        }
        for kind in AlertKind::ALL {
            check_korean(title(*kind, Language::Korean));
            assert!(advice(*kind).reason.starts_with("do_about_"));
        }
    }
}
