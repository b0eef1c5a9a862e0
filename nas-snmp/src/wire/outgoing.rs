//! Owns messages that are sent.

use super::tlv::{SEQUENCE, framed, integer, octets};
use super::{AuthKey, Level, PrivKey, Request, Salt};
use async_snmp::v3::UsmSecurityParams;
use async_snmp::v3::auth::authenticate_message;
use bytes::Bytes;

const GET: u8 = 0xa0;
const RESPONSE: u8 = 0xa2;
const INFORM: u8 = 0xa6;
const TRAP: u8 = 0xa7;
const REPORT: u8 = 0xa8;
const VERSION_2C: i32 = 1;
const VERSION_3: i32 = 3;
const USM: i32 = 3;
const SIGNED: u8 = 1;
const ENCRYPTED: u8 = 2;
const REPORTABLE: u8 = 4;
/// What we can take of a message, whoever sends it: what fits into a datagram.
pub const RECEIVED_BYTES_MAX: i32 = 65_507;

/// What a message says; the list of bindings is encoded already.
#[derive(Debug, PartialEq, Eq)]
pub struct Body {
    tag: u8,
    id: i32,
    status: i32,
    index: i32,
    bindings: Vec<u8>,
}

impl Body {
    pub fn response(id: i32, bindings: Vec<u8>) -> Body {
        Body { tag: RESPONSE, id, status: 0, index: 0, bindings }
    }

    /// More was asked for than fits into an answer.
    pub fn too_big(id: i32) -> Body {
        Body { status: 1, ..Body::response(id, Vec::new()) }
    }

    /// Nothing can be set.
    pub fn not_writable(request: &Request) -> Body {
        let mut bindings = Vec::new();
        for binding in &request.bindings {
            super::push_binding(&mut bindings, &binding.oid, binding.value.clone());
        }
        Body { status: 17, index: 1, ..Body::response(request.id, bindings) }
    }

    pub fn report(id: i32, bindings: Vec<u8>) -> Body {
        Body { tag: REPORT, ..Body::response(id, bindings) }
    }

    pub fn get(id: i32, bindings: Vec<u8>) -> Body {
        Body { tag: GET, ..Body::response(id, bindings) }
    }

    /// Tells somebody who does not say that it arrived.
    pub fn trap(id: i32, bindings: Vec<u8>) -> Body {
        Body { tag: TRAP, ..Body::response(id, bindings) }
    }

    /// Tells somebody who says that it arrived.
    pub fn inform(id: i32, bindings: Vec<u8>) -> Body {
        Body { tag: INFORM, ..Body::response(id, bindings) }
    }

    /// Whether whoever gets it says something to it.
    pub fn is_answered(&self) -> bool {
        matches!(self.tag, GET | INFORM)
    }

    fn encoded(&self) -> Vec<u8> {
        let list = framed(SEQUENCE, &[&self.bindings]);
        framed(self.tag, &[&integer(self.id), &integer(self.status), &integer(self.index), &list])
    }
}

/// A message of version 2c.
pub fn community_message(community: &[u8], body: &Body) -> Vec<u8> {
    framed(SEQUENCE, &[&integer(VERSION_2C), &octets(community), &body.encoded()])
}

/// What stands in front of a message of version 3.
#[derive(Clone, Copy, Debug)]
pub struct Header<'a> {
    pub id: i32,
    pub level: Level,
    pub reportable: bool,
    pub engine_id: &'a [u8],
    pub boots: u32,
    pub time: u32,
    pub user: &'a [u8],
    pub context: &'a [u8],
}

/// The keys of the user in the header, as far as the level needs them.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    pub auth: Option<&'a AuthKey>,
    pub privacy: Option<&'a PrivKey>,
    pub salt: &'a Salt,
}

/// A message of version 3. `None` when a key is missing or does not work.
pub fn v3_message(header: &Header<'_>, signer: Signer<'_>, body: &Body) -> Option<Vec<u8>> {
    let scoped = framed(SEQUENCE, &[&octets(header.engine_id), &octets(header.context), &body.encoded()]);
    let security = security(header)?;
    if header.level == Level::Nothing {
        return Some(joined(header, 0, &security.encode().ok()?, &scoped));
    }
    let key = signer.auth?;
    let security = security.with_auth_placeholder(key.0.mac_len()).ok()?;
    let mut message = match header.level {
        Level::Private => {
            let key = &signer.privacy?.0;
            let (data, salt) = key.encrypt_aes(&scoped, header.boots, header.time, &signer.salt.0).ok()?;
            let security = security.with_priv_params(salt).ok()?;
            joined(header, SIGNED | ENCRYPTED, &security.encode().ok()?, &octets(&data))
        }
        _ => joined(header, SIGNED, &security.encode().ok()?, &scoped),
    };
    let (at, length) = UsmSecurityParams::find_auth_params_offset(&message)?;
    authenticate_message(&key.0, &mut message, at, length).ok()?;
    Some(message)
}

/// Without an engine's id it is asked for.
fn security(header: &Header<'_>) -> Option<UsmSecurityParams> {
    if header.engine_id.is_empty() {
        return Some(UsmSecurityParams::discovery());
    }
    let (id, user) = (header.engine_id.to_vec(), header.user.to_vec());
    UsmSecurityParams::new(id, header.boots, header.time, user).ok()
}

fn joined(header: &Header<'_>, protected: u8, security: &Bytes, data: &[u8]) -> Vec<u8> {
    let flags = protected | if header.reportable { REPORTABLE } else { 0 };
    let head = framed(
        SEQUENCE,
        &[&integer(header.id), &integer(RECEIVED_BYTES_MAX), &octets(&[flags]), &integer(USM)],
    );
    framed(SEQUENCE, &[&integer(VERSION_3), &head, &octets(security), data])
}
