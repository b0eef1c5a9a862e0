//! Owns the words that say whether the audit log is whole, and why not.

use crate::sentence::sentences;

sentences! {
    whole(first, last):
        "Records {first} to {last} fit each other on this node.",
        "{first}~{last}번 레코드가 이 노드에서 서로 맞습니다.";
    empty():
        "The log has no records yet.",
        "아직 레코드가 없습니다.";
    whole_but_oldest(earlier, first, last):
        "Records 1 to {earlier} were removed by retention; those from {first} to {last} that are kept fit each other on this node.",
        "1~{earlier}번 레코드는 보존 규칙에 따라 제거되었고, 보관된 {first}~{last}번 레코드는 이 노드에서 서로 맞습니다.";
    whole_but_most(later, first, last):
        "{later} records of those who have most were removed by retention; those from {first} to {last} that are kept fit each other on this node.",
        "레코드가 가장 많은 사용자의 레코드 {later}개는 보존 규칙에 따라 제거되었고, 보관된 {first}~{last}번 레코드는 이 노드에서 서로 맞습니다.";
    whole_but_both(earlier, later, first, last):
        "Records 1 to {earlier}, and {later} later ones of those who have most, were removed by retention; those from {first} to {last} that are kept fit each other on this node.",
        "1~{earlier}번 레코드와 그 뒤 레코드가 가장 많은 사용자의 레코드 {later}개는 보존 규칙에 따라 제거되었고, 보관된 {first}~{last}번 레코드는 이 노드에서 서로 맞습니다.";
    broken(seq, why):
        "Record {seq}: {why}",
        "{seq}번 레코드: {~why}";

    // What does not fit.
    unreadable():
        "the record cannot be read.",
        "레코드를 읽을 수 없습니다.";
    newest_missing():
        "the newest records are missing or were replaced.",
        "최신 레코드가 없거나 바뀌었습니다.";
    not_sealed():
        "the newest record is not sealed by this cluster: the log was written anew.",
        "최신 레코드에 이 클러스터의 봉인이 없습니다. 로그가 새로 쓰였습니다.";
    missing_by_no_rule():
        "records before this one are missing, and not by retention.",
        "앞의 레코드가 보존 규칙과 상관없이 없어졌습니다.";
    replaced_before_gap():
        "the record before the removed ones was replaced.",
        "제거된 레코드 앞의 레코드가 바뀌었습니다.";
    altered():
        "the record was altered.",
        "레코드가 변조되었습니다.";
    missing_before():
        "records before this one are missing.",
        "앞의 레코드가 없습니다.";
    first_replaced():
        "the first record was replaced.",
        "첫 레코드가 바뀌었습니다.";
    replaced_before():
        "the record before this one was replaced.",
        "바로 앞의 레코드가 바뀌었습니다.";
}
