//! Registration with the local rpcbind (RFC 1833, version 2), for clients that ask it for ports.
//!
//! Best effort: without rpcbind, clients name the port when they mount.

use crate::record::{RecordReader, mark, read_record};
use crate::rpc::{self, RpcCredential};
use crate::xdr::{Decoder, Encoder};
use crate::{mount, v3};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Where rpcbind listens.
pub const ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 111);

const PROGRAM: u32 = 100_000;
const VERSION: u32 = 2;
const SET: u32 = 1;
const UNSET: u32 = 2;
const PROTOCOL_TCP: u32 = 6;
const PATIENCE: Duration = Duration::from_secs(2);
const REPLY_BYTES_MAX: usize = 1024;
const PROGRAMS: [(u32, u32); 2] = [(v3::PROGRAM, v3::VERSION), (mount::PROGRAM, mount::VERSION)];

/// Says that NFS and MOUNT are served on `port`. Logs and carries on when that fails.
pub async fn register(port: u16) {
    let registering = async {
        let stream = TcpStream::connect(ADDRESS).await?;
        register_over(stream, port).await
    };
    match timeout(PATIENCE, registering).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
        Ok(()) => tracing::info!("rpcbind knows that NFS and MOUNT are on port {port}"),
        Err(error) => tracing::info!("not registered with rpcbind ({error}): clients must name port {port}"),
    }
}

/// Takes the registration back.
pub async fn unregister() {
    let unregistering = async {
        let mut stream = TcpStream::connect(ADDRESS).await?;
        for (number, program) in PROGRAMS.into_iter().enumerate() {
            ask(&mut stream, number as u32, UNSET, program, 0).await?;
        }
        io::Result::Ok(())
    };
    let _ = timeout(PATIENCE, unregistering).await;
}

/// Registers over a stream to an rpcbind.
///
/// # Errors
/// When the stream fails, or rpcbind refuses (another server holds the program).
pub async fn register_over<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, port: u16) -> io::Result<()> {
    for (number, program) in PROGRAMS.into_iter().enumerate() {
        let xid = 2 * number as u32;
        ask(&mut stream, xid, UNSET, program, 0).await?;
        if !ask(&mut stream, xid + 1, SET, program, port).await? {
            return Err(io::Error::other("rpcbind refused: is another NFS server running?"));
        }
    }
    Ok(())
}

async fn ask<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    xid: u32,
    procedure: u32,
    (program, version): (u32, u32),
    port: u16,
) -> io::Result<bool> {
    let mut call = Encoder::new();
    rpc::encode_call(&mut call, xid, (PROGRAM, VERSION, procedure), &RpcCredential::None);
    for word in [program, version, PROTOCOL_TCP, u32::from(port)] {
        call.u32(word);
    }
    let call = call.into_bytes();
    stream.write_all(&mark(call.len())).await?;
    stream.write_all(&call).await?;
    stream.flush().await?;
    let record = read_record(&mut RecordReader::new(stream), REPLY_BYTES_MAX).await?;
    let record = record.ok_or(io::ErrorKind::UnexpectedEof)?;
    let invalid = |error| io::Error::new(io::ErrorKind::InvalidData, error);
    match rpc::decode_reply(record.freeze()).map_err(invalid)? {
        (answered, Ok(results)) if answered == xid => Decoder::new(results).bool().map_err(invalid),
        (_, Ok(_)) => Err(io::Error::other("rpcbind answered another call")),
        (_, Err(error)) => Err(io::Error::other(error)),
    }
}
