//! Owns the encoding of SNMP: what a datagram says, and what is sent. Nothing outside of this folder names async-snmp.

mod incoming;
mod keys;
mod outgoing;
mod tlv;

pub use async_snmp::{Oid, Value};
pub use incoming::{Bad, CommunityMessage, Incoming, Kind, Level, Request, Scoped, V3Message};
pub use keys::{AuthKey, AuthProtocol, BadKey, PrivKey, PrivProtocol, Salt};
pub use outgoing::{Body, Header, Signer, community_message, v3_message};

use async_snmp::VarBind;
use async_snmp::ber::EncodeBuf;

/// Appends a binding as it stands in a message. `false`, and nothing appended, for one that cannot be encoded.
pub fn push_binding(list: &mut Vec<u8>, name: &Oid, value: Value) -> bool {
    let mut buf = EncodeBuf::new();
    let encoded = VarBind::new(name.clone(), value).encode(&mut buf).is_ok();
    if encoded {
        list.extend_from_slice(&buf.finish_vec());
    }
    encoded
}
