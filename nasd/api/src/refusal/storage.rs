//! Owns what is said about volumes, exports and mounts.

super::words::refusals! {
    unknown_volume(it): NotFound,
        "there is no volume {it}",
        "볼륨 {it}이(가) 없습니다";
    volume_gone(volume): NotFound,
        "there is no volume {volume} any more",
        "볼륨 {volume}이(가) 이제 없습니다";
    volume_made_and_gone(volume): Conflict,
        "volume {volume} was made, and is gone",
        "볼륨 {volume}이(가) 만들어졌지만 이제 없습니다";
    volume_name_taken(it): AlreadyExists,
        "there is a volume {it} already",
        "볼륨 {it}이(가) 이미 있습니다";
    volume_name_unfit(name): InvalidRequest,
        "`{name}` cannot name a volume: use 1 to 63 lower-case letters, digits, `-` or `_`, first a letter or digit",
        "`{name}`은(는) 볼륨 이름이 될 수 없습니다. 소문자, 숫자, `-`, `_` 로 1~63자를 사용하고, 소문자나 숫자로 시작하십시오";
    volume_exported(volume, paths): Conflict,
        "volume {volume} is still exported as {paths}; delete the export first",
        "볼륨 {volume}을(를) {paths}(으)로 아직 내보내고 있습니다. 먼저 내보내기를 중단하십시오";
    volume_mounted_here(volume, places): Conflict,
        "volume {volume} is mounted here at {places}",
        "볼륨 {volume}이(가) 이 노드의 {places}에 마운트되어 있습니다",
        hint "unmount it first", "먼저 마운트를 해제하십시오";
    volume_replicas_range(max): InvalidRequest,
        "a volume has 1 to {max} replicas",
        "볼륨의 복제본은 1~{max}개입니다";
    limit_too_small(): InvalidRequest,
        "a limit is at least 1; leave it out to have none",
        "한도는 1 이상입니다. 한도를 두지 않으려면 생략하십시오";
    id_too_large(max): InvalidRequest,
        "the ids of an owner and a group are at most {max}",
        "소유자와 그룹의 번호는 최대 {max}입니다";
    root_out_of_reach(volume): Unavailable,
        "volume {volume} does not answer, so its root directory could not be changed",
        "볼륨 {volume}이(가) 응답하지 않아 최상위 디렉터리를 바꾸지 못했습니다",
        hint "look at the volume, and try again", "볼륨의 상태를 확인하고 다시 시도하십시오";
    limits_not_taken_up(): TimedOut,
        "the limits are set, but the volume's leader has not taken them up yet",
        "한도를 설정했지만 볼륨의 리더가 아직 적용하지 않았습니다";

    unknown_export(it): NotFound,
        "there is no export {it}",
        "내보내기 {it}이(가) 없습니다";
    export_gone(path): NotFound,
        "there is no export {path} any more",
        "내보내기 {path}이(가) 이제 없습니다";
    export_exists(it): AlreadyExists,
        "{it} is exported already",
        "{it}은(는) 이미 내보내고 있습니다",
        hint "delete that export first, or choose another path", "먼저 그 내보내기를 중단하거나 다른 경로를 선택하십시오";
    export_made_behind(): Unavailable,
        "the export was made, but this node is behind",
        "내보내기를 만들었지만 이 노드가 아직 최신 상태가 아닙니다";
    too_many_clients(it): InvalidRequest,
        "an export has at most {it} client rules",
        "내보내기 하나의 클라이언트 규칙은 최대 {it}개입니다";

    mounts_need_root(): Denied,
        "setuid programs and devices are mounted by root of the node only",
        "setuid 프로그램과 장치를 허용하는 마운트는 노드의 root만 할 수 있습니다",
        hint "run `nasctl mount` on the node itself", "해당 노드에서 `nasctl mount`를 실행하십시오";
    path_not_absolute(path): InvalidRequest,
        "{path} is not an absolute path",
        "{path}은(는) 절대 경로가 아닙니다";
    not_mounted(at): NotFound,
        "nothing is mounted at {at}",
        "{at}에 마운트된 것이 없습니다";
    unmounted_by_another(at): NotFound,
        "nothing is mounted at {at}",
        "{at}에 마운트된 것이 없습니다",
        hint "somebody else has unmounted it; everything written is durable",
        "다른 사람이 이미 마운트를 해제했습니다. 쓴 데이터는 모두 디스크에 있습니다";
    unmount_lost(bytes): Internal,
        "{bytes} bytes that were not yet durable are lost: the volume could not be reached",
        "볼륨에 연결할 수 없어, 아직 디스크에 남지 않은 {bytes}바이트를 잃었습니다";
    mount_failed(detail): Conflict,
        "{detail}",
        "마운트할 수 없습니다: {~detail}";
    mount_point_not_empty(path): Conflict,
        "{path} is not empty: a mount would hide what is in it",
        "{path}이(가) 비어 있지 않습니다. 마운트하면 그 안의 내용이 가려집니다",
        hint "see whether programs wrote there while the volume was not mounted, and move it away",
        "볼륨이 마운트되지 않은 동안 프로그램이 그곳에 썼는지 확인하고 다른 곳으로 옮기십시오";
    mount_out_of_reach(path, mounts): Denied,
        "{path} cannot be mounted through the network: it is not below {mounts}",
        "{path}에는 네트워크를 통해 마운트할 수 없습니다. {mounts} 아래에 있지 않습니다",
        hint "choose a directory below {mounts}, or ask root of the node to use nasctl there",
        "{mounts} 아래의 디렉터리를 선택하거나, 노드의 root에게 그 노드에서 nasctl을 사용해 달라고 요청하십시오";
    unmount_out_of_reach(path, mounts): Denied,
        "{path} cannot be unmounted through the network: it is not below {mounts}",
        "{path}은(는) 네트워크를 통해 마운트를 해제할 수 없습니다. {mounts} 아래에 있지 않습니다",
        hint "choose a directory below {mounts}, or ask root of the node to use nasctl there",
        "{mounts} 아래의 디렉터리를 선택하거나, 노드의 root에게 그 노드에서 nasctl을 사용해 달라고 요청하십시오";
}
