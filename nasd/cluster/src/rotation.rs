//! How a new authority gets from the node that made it to the others: each fetches it from a member that has it.

use crate::authority::{Authority, CurrentAuthority};
use crate::secrets::{ClusterSecrets, Secret};
use crate::transport::{Service, Transport};
use crate::wire::decode_all;
use bytes::Bytes;
use nasd_base::NodeId;
use std::time::Duration;

const ANSWER_MAX: Duration = Duration::from_secs(5);

/// The receiving end of [`Service::Authority`]: what a member hands to a member.
pub fn serve_authority(current: &CurrentAuthority) -> Bytes {
    let authority = current.get();
    let parts = (authority.certificate_pem(), authority.secrets().encode());
    postcard::to_stdvec(&parts).expect("an authority always encodes").into()
}

/// The authority that the member works with, if it is the one whose certificate has this BLAKE3.
pub async fn fetch_authority(
    transport: &Transport,
    from: NodeId,
    fingerprint: [u8; 32],
) -> Option<Authority> {
    let call = transport.call(from, Service::Authority, Bytes::new(), Bytes::new(), ANSWER_MAX);
    let (header, _) = call.await.ok()?;
    let (pem, secrets) = decode_all::<(String, Secret)>(&header)?;
    let authority = Authority::from_parts(pem, ClusterSecrets::decode(secrets.expose())?).ok()?;
    (authority.fingerprint() == fingerprint).then_some(authority)
}
