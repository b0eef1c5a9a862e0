//! ONC RPC messages (RFC 5531): calls, credentials and replies.

use crate::xdr::{Decoder, Encoder, Malformed, Xdr};
use bytes::Bytes;

/// Longest credential or verifier body, in bytes (RFC 5531 §8.2).
pub const AUTH_BYTES_MAX: usize = 400;
/// Most supplementary groups in an AUTH_SYS credential (RFC 5531, appendix A).
pub const AUTH_SYS_GROUPS_MAX: usize = 16;
/// Longest machine name in an AUTH_SYS credential, in bytes.
pub const MACHINE_NAME_BYTES_MAX: usize = 255;

const RPC_VERSION: u32 = 2;
const CALL: u32 = 0;
const REPLY: u32 = 1;
const AUTH_NONE: u32 = 0;
const AUTH_SYS: u32 = 1;
const AUTH_SHORT: u32 = 2;

/// Who a call says it comes from. AUTH_SYS is the client's word; export rules decide what it is worth.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RpcCredential {
    /// AUTH_NONE: anonymous.
    None,
    Sys(AuthSys),
}

/// AUTH_SYS (RFC 5531, appendix A).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AuthSys {
    pub stamp: u32,
    pub machine: Bytes,
    pub uid: u32,
    pub gid: u32,
    /// At most [`AUTH_SYS_GROUPS_MAX`].
    pub gids: Vec<u32>,
}

impl RpcCredential {
    /// An AUTH_SYS credential with no machine name; `gids` beyond the protocol's 16 are left out.
    pub fn sys(uid: u32, gid: u32, gids: &[u32]) -> RpcCredential {
        let gids = gids.iter().copied().take(AUTH_SYS_GROUPS_MAX).collect();
        RpcCredential::Sys(AuthSys { stamp: 0, machine: Bytes::new(), uid, gid, gids })
    }

    /// The user it names.
    pub fn uid(&self) -> Option<u32> {
        match self {
            RpcCredential::None => None,
            RpcCredential::Sys(sys) => Some(sys.uid),
        }
    }
}

impl Xdr for AuthSys {
    fn encode(&self, out: &mut Encoder) {
        out.u32(self.stamp);
        out.opaque(&self.machine);
        out.u32(self.uid);
        out.u32(self.gid);
        out.array(&self.gids);
    }
    fn decode(input: &mut Decoder) -> Result<Self, Malformed> {
        Ok(AuthSys {
            stamp: input.u32()?,
            machine: input.opaque(MACHINE_NAME_BYTES_MAX)?,
            uid: input.u32()?,
            gid: input.u32()?,
            gids: input.array(AUTH_SYS_GROUPS_MAX)?,
        })
    }
}

/// Why a credential was refused (`auth_stat`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum AuthRefusal {
    BadCredential = 1,
    RejectedCredential = 2,
    TooWeak = 5,
}

/// A received call. Arguments are not decoded yet.
#[derive(Clone, Debug)]
pub struct Call {
    pub xid: u32,
    pub program: u32,
    pub version: u32,
    pub procedure: u32,
    pub credential: Result<RpcCredential, AuthRefusal>,
    pub args: Bytes,
}

/// What a record turned out to be.
#[derive(Clone, Debug)]
pub enum Message {
    Call(Call),
    /// A call of another RPC version: answered with RPC_MISMATCH.
    OtherVersion {
        xid: u32,
    },
}

/// Reads a call message. An error means that the stream makes no sense and should be closed.
pub fn decode_call(record: Bytes) -> Result<Message, Malformed> {
    let mut input = Decoder::new(record);
    let xid = input.u32()?;
    if input.u32()? != CALL {
        return Err(Malformed("not a call"));
    }
    if input.u32()? != RPC_VERSION {
        return Ok(Message::OtherVersion { xid });
    }
    let (program, version, procedure) = (input.u32()?, input.u32()?, input.u32()?);
    let flavor = input.u32()?;
    let body = input.opaque(AUTH_BYTES_MAX)?;
    let _verifier_flavor = input.u32()?;
    let _verifier = input.opaque(AUTH_BYTES_MAX)?;
    let credential = read_credential(flavor, body);
    Ok(Message::Call(Call { xid, program, version, procedure, credential, args: input.rest().clone() }))
}

/// Longest head of a call, up to its arguments.
const HEAD_BYTES_MAX: usize = 10 * 4 + 2 * AUTH_BYTES_MAX;

/// The user that a call says it comes from, if it names one, from the beginning of its record.
pub(crate) fn peek_uid(record: &[u8]) -> Result<Option<u32>, Malformed> {
    let head = Bytes::copy_from_slice(&record[..record.len().min(HEAD_BYTES_MAX)]);
    Ok(match decode_call(head)? {
        Message::Call(Call { credential: Ok(credential), .. }) => credential.uid(),
        _ => None,
    })
}

fn read_credential(flavor: u32, body: Bytes) -> Result<RpcCredential, AuthRefusal> {
    match flavor {
        AUTH_NONE if body.is_empty() => Ok(RpcCredential::None),
        AUTH_SYS => {
            let mut input = Decoder::new(body);
            let sys = AuthSys::decode(&mut input).map_err(|_| AuthRefusal::BadCredential)?;
            input.finish().map_err(|_| AuthRefusal::BadCredential)?;
            Ok(RpcCredential::Sys(sys))
        }
        AUTH_NONE => Err(AuthRefusal::BadCredential),
        AUTH_SHORT => Err(AuthRefusal::RejectedCredential),
        _ => Err(AuthRefusal::TooWeak),
    }
}

/// Writes a call message up to its arguments.
pub fn encode_call(out: &mut Encoder, xid: u32, target: (u32, u32, u32), credential: &RpcCredential) {
    let (program, version, procedure) = target;
    for word in [xid, CALL, RPC_VERSION, program, version, procedure] {
        out.u32(word);
    }
    match credential {
        RpcCredential::None => {
            out.u32(AUTH_NONE);
            out.u32(0);
        }
        RpcCredential::Sys(sys) => {
            let mut body = Encoder::new();
            sys.encode(&mut body);
            out.u32(AUTH_SYS);
            out.opaque(&body.into_bytes());
        }
    }
    out.u32(AUTH_NONE);
    out.u32(0);
}

/// Why a call was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RpcError {
    #[error("the server speaks RPC versions {low} to {high} only")]
    VersionMismatch { low: u32, high: u32 },
    #[error("credential refused ({0:?})")]
    Auth(AuthRefusal),
    #[error("credential refused (auth_stat {0})")]
    OtherAuth(u32),
    #[error("no such program here")]
    ProgramUnavailable,
    #[error("the program speaks versions {low} to {high} only")]
    ProgramMismatch { low: u32, high: u32 },
    #[error("no such procedure")]
    ProcedureUnavailable,
    #[error("the arguments could not be decoded")]
    GarbageArgs,
    #[error("the server failed")]
    SystemError,
}

const SUCCESS: u32 = 0;

/// Writes the head of a successful reply; the results follow it.
pub fn encode_success(out: &mut Encoder, xid: u32) {
    accepted(out, xid, SUCCESS);
}

fn accepted(out: &mut Encoder, xid: u32, status: u32) {
    for word in [xid, REPLY, 0, AUTH_NONE, 0, status] {
        out.u32(word);
    }
}

/// Writes a complete reply that says what went wrong.
pub fn encode_error(out: &mut Encoder, xid: u32, error: RpcError) {
    let denied = |out: &mut Encoder, words: &[u32]| {
        for word in [xid, REPLY, 1].iter().chain(words) {
            out.u32(*word);
        }
    };
    match error {
        RpcError::VersionMismatch { low, high } => denied(out, &[0, low, high]),
        RpcError::Auth(refusal) => denied(out, &[1, refusal as u32]),
        RpcError::OtherAuth(status) => denied(out, &[1, status]),
        RpcError::ProgramUnavailable => accepted(out, xid, 1),
        RpcError::ProgramMismatch { low, high } => {
            accepted(out, xid, 2);
            out.u32(low);
            out.u32(high);
        }
        RpcError::ProcedureUnavailable => accepted(out, xid, 3),
        RpcError::GarbageArgs => accepted(out, xid, 4),
        RpcError::SystemError => accepted(out, xid, 5),
    }
}

/// Reads a reply: its xid, and the results or the reason there are none.
pub fn decode_reply(record: Bytes) -> Result<(u32, Result<Bytes, RpcError>), Malformed> {
    let mut input = Decoder::new(record);
    let xid = input.u32()?;
    if input.u32()? != REPLY {
        return Err(Malformed("not a reply"));
    }
    let outcome = match input.u32()? {
        0 => decode_accepted(&mut input)?,
        1 => Err(decode_denied(&mut input)?),
        _ => return Err(Malformed("unknown reply status")),
    };
    Ok((xid, outcome))
}

fn decode_accepted(input: &mut Decoder) -> Result<Result<Bytes, RpcError>, Malformed> {
    let _flavor = input.u32()?;
    let _verifier = input.opaque(AUTH_BYTES_MAX)?;
    Ok(match input.u32()? {
        SUCCESS => Ok(input.rest().clone()),
        1 => Err(RpcError::ProgramUnavailable),
        2 => Err(RpcError::ProgramMismatch { low: input.u32()?, high: input.u32()? }),
        3 => Err(RpcError::ProcedureUnavailable),
        4 => Err(RpcError::GarbageArgs),
        5 => Err(RpcError::SystemError),
        _ => return Err(Malformed("unknown accept status")),
    })
}

fn decode_denied(input: &mut Decoder) -> Result<RpcError, Malformed> {
    match input.u32()? {
        0 => Ok(RpcError::VersionMismatch { low: input.u32()?, high: input.u32()? }),
        1 => Ok(match input.u32()? {
            1 => RpcError::Auth(AuthRefusal::BadCredential),
            2 => RpcError::Auth(AuthRefusal::RejectedCredential),
            5 => RpcError::Auth(AuthRefusal::TooWeak),
            other => RpcError::OtherAuth(other),
        }),
        _ => Err(Malformed("unknown reject status")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn call_with(credential: &RpcCredential) -> Call {
        let mut out = Encoder::new();
        encode_call(&mut out, 7, (100_003, 3, 1), credential);
        out.u32(42);
        match decode_call(out.into_bytes()).unwrap() {
            Message::Call(call) => call,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn calls_round_trip() {
        for credential in [RpcCredential::None, RpcCredential::sys(1, 2, &[3, 4, 5])] {
            let call = call_with(&credential);
            assert_eq!((call.xid, call.program, call.version, call.procedure), (7, 100_003, 3, 1));
            assert_eq!(call.credential, Ok(credential));
            assert_eq!(&call.args[..], [0, 0, 0, 42]);
        }
    }

    #[test]
    fn credentials_with_too_many_groups_or_trailing_bytes_are_refused() {
        let mut sys = AuthSys { stamp: 0, machine: Bytes::new(), uid: 0, gid: 0, gids: vec![1; 17] };
        assert_eq!(call_with(&RpcCredential::Sys(sys.clone())).credential, Err(AuthRefusal::BadCredential));
        sys.gids.pop();
        assert!(call_with(&RpcCredential::Sys(sys.clone())).credential.is_ok());
        let mut body = Encoder::new();
        sys.encode(&mut body);
        body.u32(0);
        assert_eq!(read_credential(AUTH_SYS, body.into_bytes()), Err(AuthRefusal::BadCredential));
    }

    #[test]
    fn other_flavors_are_too_weak_or_rejected() {
        assert_eq!(read_credential(6, Bytes::new()), Err(AuthRefusal::TooWeak));
        assert_eq!(read_credential(2, Bytes::new()), Err(AuthRefusal::RejectedCredential));
        assert_eq!(read_credential(0, Bytes::from_static(b"1234")), Err(AuthRefusal::BadCredential));
    }

    #[test]
    fn errors_round_trip() {
        let errors = [
            RpcError::VersionMismatch { low: 2, high: 2 },
            RpcError::Auth(AuthRefusal::TooWeak),
            RpcError::ProgramUnavailable,
            RpcError::ProgramMismatch { low: 3, high: 3 },
            RpcError::ProcedureUnavailable,
            RpcError::GarbageArgs,
            RpcError::SystemError,
        ];
        for error in errors {
            let mut out = Encoder::new();
            encode_error(&mut out, 9, error);
            assert_eq!(decode_reply(out.into_bytes()), Ok((9, Err(error))));
        }
    }

    proptest! {
        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let bytes = Bytes::from(bytes);
            let _ = decode_call(bytes.clone());
            let _ = decode_reply(bytes);
        }

        #[test]
        fn truncated_calls_never_panic(cut in 0usize..100) {
            let mut out = Encoder::new();
            encode_call(&mut out, 7, (100_003, 3, 1), &RpcCredential::sys(1, 2, &[3, 4, 5]));
            let whole = out.into_bytes();
            let _ = decode_call(whole.slice(..cut.min(whole.len())));
        }
    }
}
