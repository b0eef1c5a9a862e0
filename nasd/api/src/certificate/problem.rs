//! Owns the words that say why the certificate's files in a node's directory are not in use.

use crate::sentence::sentences;

sentences! {
    certificate_unreadable(path, why):
        "{path} cannot be read: {why}.",
        "{path} 파일을 읽을 수 없습니다: {~why}.";
    certificate_unusable(path, why):
        "{path} and api.key cannot be used: {why}.",
        "{path}, api.key 파일을 사용할 수 없습니다. {~why}.";
    certificate_unwritable(path, why):
        "Nothing can be written into {path}: {why}.",
        "{path}에 쓸 수 없습니다: {~why}.";
    certificate_not_made(why):
        "No certificate could be made with the key in api.key: {why}.",
        "api.key의 키로 인증서를 만들 수 없습니다: {~why}.";
}
