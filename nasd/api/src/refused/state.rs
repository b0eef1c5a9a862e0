//! Owns the Korean of what the replicated state refuses whichever noun is asked for, and of what is wrong with a
//! certificate, by the names of the errors' variants. The English beside it is that of the variants, where it reaches
//! others as text.

super::words::words! {
    full("this cluster has as many {it} as it can hold"): "이 클러스터에 둘 수 있는 만큼 이미 있습니다: {~it}";
    bad_command("the command could not be read; is the node that sent it newer?"):
        "명령을 읽을 수 없습니다. 명령을 보낸 노드의 버전이 더 새로운지 확인하십시오";
    no_quorum("the cluster did not decide in time: {it}. A majority of nodes must be up and able to reach each other"):
        "클러스터가 제시간에 결정하지 못했습니다: {~it}. 과반수의 노드가 켜져 있고 서로 통신할 수 있어야 합니다";
    stopped("the system group of this node has stopped: {it}"): "이 노드의 시스템 그룹이 멈추었습니다: {~it}";
    too_many("there are too many {it}"): "너무 많습니다: {~it}";
    malformed("the command's content cannot be right; is the node that sent it newer?"): "명령의 내용이 올바르지 않습니다. 명령을 보낸 노드의 버전이 더 새로운지 확인하십시오";

    chain_too_long("the chain is longer than 32768 bytes; leave out all but the node's own certificate and those between it and its authority"): "인증서 체인이 너무 깁니다. 노드의 인증서와 인증 기관까지의 중간 인증서만 남기십시오";
    key_in_chain("there is a private key among the certificates of the chain; put nothing but certificates there, and do not hand that file to others"):
        "체인의 인증서 사이에 개인 키가 있습니다. 인증서만 넣고, 그 파일을 다른 사람에게 주지 마십시오";
    no_certificate("the chain is no certificate in PEM; give everything from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, the node's own certificate first"):
        "체인이 PEM 형식의 인증서가 아닙니다. -----BEGIN CERTIFICATE-----부터 -----END CERTIFICATE-----까지 모두, 노드의 인증서를 먼저 넣으십시오";
    bad_certificate("certificate {number} of the chain cannot be read; fetch it from its authority again, in PEM"): "체인의 {number}번째 인증서를 읽을 수 없습니다. 인증 기관에서 PEM 형식으로 다시 받으십시오";
    key_too_long("the key is longer than 16384 bytes; give one private key in PEM"): "키가 너무 깁니다. PEM 형식의 개인 키 하나를 넣으십시오";
    key_locked("the key is locked with a passphrase; unlock it first, with `openssl pkey -in LOCKED -out UNLOCKED`"): "키에 암호가 걸려 있습니다. 먼저 `openssl pkey -in LOCKED -out UNLOCKED`로 암호를 푸십시오";
    no_key("the key is no private key in PEM; give everything from -----BEGIN PRIVATE KEY----- to -----END PRIVATE KEY-----"):
        "키가 PEM 형식의 개인 키가 아닙니다. -----BEGIN PRIVATE KEY-----부터 -----END PRIVATE KEY-----까지 모두 넣으십시오";
    key_unsupported("keys of this kind are not supported; use ECDSA with P-256 or P-384, or RSA with 2048 to 4096 bits"): "지원하지 않는 종류의 키입니다. ECDSA P-256 또는 P-384, 또는 2048~4096비트 RSA를 사용하십시오";
    wrong_order("the key belongs to certificate {number} of the chain; put that one first"): "키는 체인의 {number}번째 인증서의 것입니다. 그 인증서를 먼저 넣으십시오";
    mismatch("the key does not belong to the first certificate of the chain; give the one that the certificate was requested with"): "키가 체인의 첫 인증서의 것이 아닙니다. 인증서를 신청할 때 쓴 키를 넣으십시오";
    not_yet_valid: "인증서는 {at}부터 유효합니다. 기다리거나 노드의 시계를 맞추십시오";
    expired: "인증서가 {at}에 만료되었습니다. 먼저 갱신하십시오";
}
