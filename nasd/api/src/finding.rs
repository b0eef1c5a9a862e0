//! Owns the words of diagnoses: what checks are called, what they go by, and what to do. Some of what to do
//! [`crate::alarm`] says.

use crate::CheckKind;
use crate::refusal::Language;
use crate::sentence::sentences;

sentences! {
    // Disks.
    smart_passes(path):
        "{path}: the disk says of itself that it is well (SMART).",
        "{path}: 디스크가 스스로 정상이라고 합니다(SMART).";
    smart_fails(path):
        "{path}: the disk says itself that it will fail (SMART).",
        "{path}: 디스크가 스스로 고장을 예고합니다(SMART).";
    smart_bad_sectors(path, pending, lost):
        "{path}: {pending} sectors cannot be read for now, {lost} are lost (SMART).",
        "{path}: 지금 읽을 수 없는 섹터 {pending}개, 잃은 섹터 {lost}개(SMART).";
    smart_worn(path, percent):
        "{path}: {percent} % of the writes that the disk is built for are used up (SMART).",
        "{path}: 설계 쓰기 수명의 {percent} % 사용(SMART).";
    smart_hot(path, degrees):
        "{path}: the disk is {degrees} °C hot (SMART).",
        "{path}: 디스크 온도 {degrees} °C(SMART).";
    smart_not_known(path, why):
        "{path}: nothing is known of the disk's own health. {why}",
        "{path}: 디스크 자체 상태를 알 수 없습니다. {~why}";
    disk_takes_nothing(path, why):
        "{path}: the disk takes no data any more: {why}.",
        "{path}: 디스크에 더 쓸 수 없습니다: {~why}.";
    flushed_within(path, middle, worst):
        "{path}: a small write is on the disk within {middle} ms mostly, {worst} ms at worst.",
        "{path}: 작은 쓰기가 디스크에 남기까지 보통 {middle} ms, 최대 {worst} ms 걸립니다.";
    flushed_too_soon(path, middle):
        "{path}: a rotating disk cannot have a write within {middle} ms: something holds it in memory.",
        "{path}: 회전 디스크가 {middle} ms 안에 쓸 수는 없습니다. 어딘가 메모리에 머물러 있습니다.";
    flush_is_kept_back(path, option):
        "{path}: its file system is mounted with {option}: what is said to be saved may be lost in a power cut.",
        "{path}: 파일 시스템이 {option} 옵션으로 마운트되었습니다. 저장되었다고 한 것을 정전 때 잃을 수 있습니다.";
    cache_is_flushed(path):
        "{path}: the disk has a volatile cache, and the kernel has it written out.",
        "{path}: 디스크에 휘발성 캐시가 있으며, 커널이 그 내용을 디스크에 쓰게 합니다.";
    cache_is_none(path):
        "{path}: the disk says that it has no volatile cache.",
        "{path}: 디스크에 휘발성 캐시가 없다고 합니다.";
    small_file_failed(path, why):
        "{path}: a small file could not be written there: {why}.",
        "{path}: 작은 파일을 쓸 수 없습니다: {~why}.";
    disk_is_slower(path, middle, others):
        "{path}: a small write takes {middle} ms mostly, and {others} ms on the node's other disks.",
        "{path}: 작은 쓰기에 보통 {middle} ms, 이 노드의 다른 디스크에서는 {others} ms 걸립니다.";
    disks_are_alike(count):
        "None of the {count} disks is much slower than the others.",
        "디스크 {count}개 가운데 유난히 느린 것이 없습니다.";
    slow_reads(slow, count):
        "Of {count} reads and writes of chunks, {slow} took longer than a second since nasd was started.",
        "nasd가 시작된 뒤 청크 읽기와 쓰기 {count}번 가운데 {slow}번이 1초를 넘었습니다.";

    // Between nodes.
    peer_answers(name, middle, lost, sent):
        "{name} answers within {middle} ms mostly; of {sent} calls {lost} were lost.",
        "{name} 노드는 보통 {middle} ms 안에 응답합니다. 호출 {sent}번 가운데 {lost}번을 잃었습니다.";
    peer_takes(name, rate):
        "{name} takes {rate} MB/s.",
        "{name} 노드로 {rate} MB/s 전송됩니다.";
    peer_is_silent(name):
        "{name} does not answer: nothing is known of it.",
        "{name} 노드가 응답하지 않아 아무것도 알 수 없습니다.";
    peer_gets_small_calls_only(name):
        "{name} answers small calls, and large ones are lost.",
        "{name} 노드가 작은 호출에는 응답하지만 큰 호출은 사라집니다.";
    path_mtu(name, interface, bytes):
        "{name} is reached through {interface}, whose packets hold up to {bytes} bytes.",
        "{name} 노드에는 {interface} 인터페이스로 연결됩니다. 패킷 하나에 최대 {bytes}바이트입니다.";
    no_other_node():
        "There is no other node.",
        "다른 노드가 없습니다.";
    clock_agrees(millis):
        "The clock differs from most nodes' by {millis} ms.",
        "시계가 대부분의 노드와 {millis} ms 차이 납니다.";
    clock_is_kept():
        "The kernel says that a time service keeps the clock.",
        "커널에 따르면 시각 서비스가 시계를 맞추고 있습니다.";
    clock_is_not_kept():
        "The kernel says that no time service keeps the clock.",
        "커널에 따르면 시계를 맞추는 시각 서비스가 없습니다.";
    group_counts(count, entries):
        "Raft groups here: {count}. The longest log has {entries} entries.",
        "이 노드의 Raft 그룹: {count}개. 가장 긴 로그는 {entries}개 엔트리입니다.";
    group_lags(group, entries):
        "{group}: the replica here is {entries} entries behind.",
        "{group}: 이 노드의 복제본이 {entries}개 엔트리만큼 뒤처져 있습니다.";
    group_stopped(group, why):
        "{group}: the replica here has stopped: {why}.",
        "{group}: 이 노드의 복제본이 멈췄습니다: {~why}.";
    group_without_leader(group):
        "{group}: no leader is known here.",
        "{group}: 이 노드가 아는 리더가 없습니다.";
    group_log_is_long(group, entries):
        "{group}: the log has {entries} entries that are not released.",
        "{group}: 비우지 못한 로그가 {entries}개 엔트리입니다.";
    leaders_changed(count):
        "Within the last hour, leaders changed {count} times.",
        "지난 1시간 동안 리더가 {count}번 바뀌었습니다.";

    // Data.
    no_damage(mended):
        "No damaged chunk is known. Mended since nasd was started: {mended}.",
        "손상된 청크가 없습니다. nasd가 시작된 뒤 복구: {mended}개.";
    damage(count):
        "Damaged chunks that are not mended: {count}.",
        "복구되지 않은 손상 청크: {count}개.";
    verified_at(when):
        "All data was verified last at {when} (UTC).",
        "모든 데이터를 마지막으로 검증한 시각: {when}(UTC).";
    never_verified():
        "Nobody has had all data verified yet; it is read through in the background.",
        "모든 데이터 검증을 요청한 적이 없습니다. 데이터는 백그라운드에서 계속 검사됩니다.";
    disk_is_full(path, percent):
        "{path}: {percent} % full.",
        "{path}: {percent} % 사용 중입니다.";
    fills_in(days):
        "If it goes on so, the space is used up in {days} days.",
        "이대로면 {days}일 후 공간이 가득 찹니다.";
    fills_never():
        "As far as can be said, the space does not fill up.",
        "지금까지의 추세로는 공간이 가득 차지 않습니다.";

    // Doors.
    certificate_lasts(days):
        "The certificate for browsers lasts {days} days.",
        "브라우저용 인증서의 남은 기간: {days}일.";
    address_is_called(address, name):
        "{address} is called {name}, and {name} leads back to it.",
        "{address} 주소의 이름은 {name}이며, 그 이름도 이 주소를 가리킵니다.";
    address_is_called_wrongly(address, name):
        "{address} is called {name}, but {name} does not lead back to it.",
        "{address} 주소의 이름은 {name}이지만, 그 이름은 이 주소를 가리키지 않습니다.";
    address_has_no_name(address):
        "{address} has no name.",
        "{address} 주소에 이름이 없습니다.";
    host_is_unknown(host):
        "{host}, at which other nodes reach this one, leads to no address.",
        "다른 노드가 이 노드를 찾는 이름 {host}의 주소가 없습니다.";
    nfs_answers(address, millis):
        "NFS answers at {address} within {millis} ms.",
        "{address}에서 NFS가 {millis} ms 안에 응답합니다.";
    nfs_is_silent(address, why):
        "NFS does not answer at {address}: {why}.",
        "{address}에서 NFS가 응답하지 않습니다: {~why}.";
    volume_works(volume, millis):
        "{volume}: a file was written, read and deleted over NFS within {millis} ms.",
        "{volume}: NFS로 파일을 쓰고 읽고 삭제하는 데 {millis} ms 걸렸습니다.";
    volume_fails(volume, why):
        "{volume}: a file could not be written, read and deleted over NFS: {why}.",
        "{volume}: NFS로 파일을 쓰고 읽고 삭제할 수 없습니다: {~why}.";
    no_volume():
        "There is no volume.",
        "볼륨이 없습니다.";

    // What is left of crashed processes.
    left_socket(path):
        "{path}: a socket at which nobody answers.",
        "{path}: 아무도 응답하지 않는 소켓입니다.";
    left_file(path):
        "{path}: a file that was never finished.",
        "{path}: 완성되지 않은 파일입니다.";
    left_core(path):
        "{path}: the memory of a process that crashed.",
        "{path}: 비정상 종료한 프로세스의 메모리입니다.";
    left_mount(path):
        "{path}: a mount whose process is gone.",
        "{path}: 프로세스가 사라진 마운트입니다.";
    nothing_is_left():
        "Nothing of crashed processes lies around.",
        "비정상 종료한 프로세스가 남긴 것이 없습니다.";

    took_too_long(seconds):
        "The check did not end within {seconds} seconds.",
        "검사가 {seconds}초 안에 끝나지 않았습니다.";
    not_a_member():
        "The node stopped while it was looked at.",
        "검사하는 동안 노드가 중지되었습니다.";

    // What to do.
    do_about_flush():
        "Look whether the disk is failing or overloaded; every saved change waits for it.",
        "디스크가 고장 나고 있거나 과부하인지 확인하십시오. 모든 저장이 이 디스크를 기다립니다.";
    do_about_cache():
        "If the controller's cache has a battery, all is well; else switch the write cache off, or let the disk be flushed.",
        "컨트롤러 캐시에 배터리가 있으면 괜찮습니다. 없으면 쓰기 캐시를 끄거나 플러시가 전달되게 하십시오.";
    do_about_barriers():
        "Mount the file system without this option.",
        "이 옵션 없이 파일 시스템을 마운트하십시오.";
    do_about_slow_disk():
        "Compare this disk with the others, its cable and its errors; replace it if it stays slow.",
        "이 디스크를 케이블, 오류와 함께 다른 디스크와 비교하고, 계속 느리면 교체하십시오.";
    do_about_network():
        "Look at the cable, the switch and the load between the two nodes.",
        "두 노드 사이의 케이블, 스위치, 부하를 확인하십시오.";
    do_about_mtu():
        "Set the same MTU on all nodes and switches between them: one of them drops large packets.",
        "모든 노드와 그 사이의 스위치에 같은 MTU를 설정하십시오. 그중 하나가 큰 패킷을 버립니다.";
    do_about_names():
        "Mend the name service or /etc/hosts, so that an address and its name lead to each other.",
        "주소와 이름이 서로를 가리키도록 이름 서비스나 /etc/hosts를 고치십시오.";
    do_about_nfs():
        "Look at the volume's page and at the node's log: clients meet the same.",
        "볼륨 페이지와 노드의 로그를 확인하십시오. 클라이언트도 같은 문제를 겪습니다.";
    do_about_leftovers():
        "Look in the node's log why the process ended, keep what helps to find out, and remove what is left.",
        "노드의 로그에서 프로세스가 끝난 이유를 확인하고, 원인 파악에 필요한 것은 보관한 뒤 나머지는 제거하십시오.";
    do_about_time_out():
        "Look at what the check was about: it hangs.",
        "검사 대상이 멈춰 있으니 확인하십시오.";
}

/// What the check is called, in a few words.
pub fn title(check: CheckKind, language: Language) -> &'static str {
    let (english, korean) = match check {
        CheckKind::DiskHealth => ("Disk health", "디스크 상태"),
        CheckKind::Flush => ("Flushing to disk", "디스크 플러시"),
        CheckKind::DiskLatency => ("Slow disks", "느린 디스크"),
        CheckKind::Network => ("Network between nodes", "노드 간 네트워크"),
        CheckKind::Clock => ("Clock", "시계"),
        CheckKind::Raft => ("Raft groups", "Raft 그룹"),
        CheckKind::Scrub => ("Damaged data", "데이터 손상"),
        CheckKind::Certificate => ("Certificate", "인증서"),
        CheckKind::Names => ("Names and addresses", "이름과 주소"),
        CheckKind::Space => ("Space", "공간"),
        CheckKind::Nfs => ("NFS from end to end", "NFS 전체 경로"),
        CheckKind::Leftovers => ("Leftovers of crashes", "비정상 종료의 흔적"),
        CheckKind::Unknown => ("Check of a newer version", "새 버전의 검사"),
    };
    match language {
        Language::English => english,
        Language::Korean => korean,
    }
}
