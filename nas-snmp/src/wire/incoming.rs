//! Owns what a datagram from outside says, and why nothing can be made of one.

use async_snmp::ber::Decoder;
use async_snmp::message::{self, RawMsgData, RawV3Message, ScopedPdu};
use async_snmp::pdu::{PduBody, StandardPduType};
use async_snmp::v3::UsmSecurityParams;
use async_snmp::{DecodeConfig, DecodeError, DecodeErrorKind, Error, Oid, Pdu, SecurityLevel, VarBind};
use bytes::Bytes;

/// Why nothing can be made of a datagram: one for each counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bad {
    /// It is no message.
    Syntax,
    /// It is one of another version than 2c and 3.
    Version,
    /// Another security model than that of users with keys.
    SecurityModel,
    /// Its head contradicts itself.
    Head,
}

/// A datagram that is a message.
#[derive(Debug)]
pub enum Incoming {
    Community(CommunityMessage),
    V3(V3Message),
}

#[derive(Debug)]
pub struct CommunityMessage {
    pub community: Bytes,
    pub request: Request,
}

/// How a message is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Nothing,
    Authentic,
    Private,
}

/// A message of version 3, of which nothing is believed yet.
#[derive(Debug)]
pub struct V3Message {
    pub id: i32,
    pub size_max: usize,
    pub level: Level,
    /// The sender wants to be told what is wrong.
    pub reportable: bool,
    pub engine_id: Bytes,
    pub boots: u32,
    pub time: u32,
    pub user: Bytes,
    pub(super) digest: Bytes,
    pub(super) salt: Bytes,
    pub(super) whole: Bytes,
    pub(super) scoped: Bytes,
}

/// What a message of version 3 carries, in clear.
#[derive(Debug)]
pub struct Scoped {
    pub engine_id: Bytes,
    pub context: Bytes,
    pub request: Request,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Get,
    GetNext,
    GetBulk {
        once: usize,
        repetitions: usize,
    },
    Set,
    /// What was asked, or told, and whether it went well.
    Response {
        is_good: bool,
    },
    /// Something was wrong with a message.
    Report,
    /// A notification: nothing that an agent is asked.
    Other,
}

#[derive(Debug)]
pub struct Request {
    pub id: i32,
    pub kind: Kind,
    pub(super) bindings: Vec<VarBind>,
}

impl Incoming {
    pub fn read(datagram: Bytes) -> Result<Incoming, Bad> {
        match version(&datagram).ok_or(Bad::Syntax)? {
            1 => CommunityMessage::read(datagram).map(Incoming::Community),
            3 => V3Message::read(datagram).map(Incoming::V3),
            _ => Err(Bad::Version),
        }
    }
}

fn version(datagram: &Bytes) -> Option<i32> {
    let mut outer = Decoder::new(datagram.clone()).with_decode_config(DecodeConfig::STRICT);
    outer.read_sequence().ok()?.read_integer().ok()
}

impl CommunityMessage {
    fn read(datagram: Bytes) -> Result<CommunityMessage, Bad> {
        let message = message::CommunityMessage::decode(datagram, DecodeConfig::STRICT);
        let (_, community, pdu) = message.map_err(|_| Bad::Syntax)?.value.into_parts();
        let pdu = pdu.standard().cloned().ok_or(Bad::Syntax)?;
        Ok(CommunityMessage { community: community.into_bytes(), request: Request::of(pdu) })
    }
}

impl V3Message {
    fn read(datagram: Bytes) -> Result<V3Message, Bad> {
        let raw = RawV3Message::decode(datagram.clone(), DecodeConfig::STRICT);
        let raw = raw.map_err(|error| bad_head(&error))?.value;
        let head = raw.global_data();
        let security = UsmSecurityParams::decode(raw.security_params().clone(), DecodeConfig::STRICT);
        let security = security.map_err(|_| Bad::Syntax)?.value;
        let (RawMsgData::Plaintext { data: scoped, .. } | RawMsgData::Encrypted(scoped)) = raw.msg_data();
        Ok(V3Message {
            id: head.msg_id(),
            size_max: head.msg_max_size().as_usize(),
            level: level(head.msg_flags().security_level),
            reportable: head.msg_flags().reportable,
            engine_id: security.engine_id().clone(),
            boots: security.engine_boots(),
            time: security.engine_time(),
            user: security.username().clone(),
            digest: security.auth_params().clone(),
            salt: security.priv_params().clone(),
            whole: datagram,
            scoped: scoped.clone(),
        })
    }

    /// What tells this message from every other that was signed with the same key.
    pub fn seal(&self) -> &[u8] {
        &self.digest
    }

    /// What it carries, once it is in clear.
    pub fn opened(&self, plain: Bytes) -> Result<Scoped, Bad> {
        let mut decoder = Decoder::new(plain).with_decode_config(DecodeConfig::STRICT);
        let scoped = ScopedPdu::decode(&mut decoder).map_err(|_| Bad::Syntax)?;
        Ok(Scoped {
            engine_id: scoped.context_engine_id,
            context: scoped.context_name,
            request: Request::of(scoped.pdu),
        })
    }

    /// What it carries, of one that is not encrypted.
    pub fn plain(&self) -> Bytes {
        self.scoped.clone()
    }
}

/// RFC 3412 7.2: what is counted of a head that cannot be taken.
fn bad_head(error: &Error) -> Bad {
    match error {
        Error::Decode(DecodeError { kind: DecodeErrorKind::UnknownSecurityModel(_), .. }) => {
            Bad::SecurityModel
        }
        Error::Decode(DecodeError { kind: DecodeErrorKind::InvalidMsgFlags, .. }) => Bad::Head,
        _ => Bad::Syntax,
    }
}

fn level(level: SecurityLevel) -> Level {
    match level {
        SecurityLevel::NoAuthNoPriv => Level::Nothing,
        SecurityLevel::AuthNoPriv => Level::Authentic,
        SecurityLevel::AuthPriv => Level::Private,
    }
}

impl Request {
    fn of(pdu: Pdu) -> Request {
        let (id, body, bindings) = pdu.into_raw_parts();
        Request { id, kind: kind(&body), bindings }
    }

    #[cfg(test)]
    pub fn new(kind: Kind, names: &[Oid]) -> Request {
        Request { id: 1, kind, bindings: names.iter().map(|name| VarBind::null(name.clone())).collect() }
    }

    pub fn names(&self) -> impl ExactSizeIterator<Item = &Oid> {
        self.bindings.iter().map(|binding| &binding.oid)
    }
}

fn kind(body: &PduBody) -> Kind {
    match body {
        PduBody::GetBulk { non_repeaters, max_repetitions } => {
            Kind::GetBulk { once: *non_repeaters as usize, repetitions: *max_repetitions as usize }
        }
        PduBody::Standard { pdu_type: StandardPduType::GetRequest, .. } => Kind::Get,
        PduBody::Standard { pdu_type: StandardPduType::GetNextRequest, .. } => Kind::GetNext,
        PduBody::Standard { pdu_type: StandardPduType::SetRequest, .. } => Kind::Set,
        PduBody::Standard { pdu_type: StandardPduType::Response, error_status, .. } => {
            Kind::Response { is_good: *error_status == 0 }
        }
        PduBody::Standard { pdu_type: StandardPduType::Report, .. } => Kind::Report,
        PduBody::Standard { .. } => Kind::Other,
    }
}
