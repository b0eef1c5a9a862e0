//! Owns the words that say why a disk does not do its job, and what to do.

use crate::sentence::sentences;

sentences! {
    disk_broken(why):
        "It has failed: {why}. Replace the disk and start its node again.",
        "고장: {~why}. 디스크를 교체하고 노드를 다시 시작하십시오.";
    disk_is_short(why):
        "It waits: {why}. It goes on by itself when the node has enough again.",
        "대기 중: {~why}. 노드에 여유가 생기면 저절로 계속합니다.";
}
