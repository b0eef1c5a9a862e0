//! Owns the test that a node makes of its own file service: over NFS, from the first byte of a record to the disks and
//! back.
//!
//! Whether the port answers is asked at the port. Files are written by a client in this process, through a server of
//! its own that has one export, nobody else's, and no port: the same handles, procedures, router and volumes, but no
//! rule that somebody made has to let it in, and none can let anybody else. What hangs is dropped with its future.

use bytes::Bytes;
use nasd_base::export::{ClientRule, Export, Squash};
use nasd_base::file::SetAttr;
use nasd_base::{Clock, Entropy, NodeId, VolumeId};
use nasd_fs::{Router, Stability};
use nasd_nfs::mount::types::{MountPath, decode_mounted};
use nasd_nfs::record::{RecordReader, mark, read_record};
use nasd_nfs::rpc::{RpcCredential, decode_reply, encode_call};
use nasd_nfs::v3::attributes::{GetAttr, SetAttrArgs, SetAttributes};
use nasd_nfs::v3::create::{Create, CreateArgs, How};
use nasd_nfs::v3::read::{Read, ReadArgs};
use nasd_nfs::v3::remove::Remove;
use nasd_nfs::v3::types::DirOp;
use nasd_nfs::v3::write::{Write, WriteArgs};
use nasd_nfs::v3::{self, Procedure, decode_answer};
use nasd_nfs::xdr::{Encoder, Xdr};
use nasd_nfs::{Exports, FileHandle, NfsOptions, NfsServer, mount};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

/// How long the port may take to answer, and a volume to take, give and forget a file.
const PORT_PATIENCE: Duration = Duration::from_secs(3);
const VOLUME_PATIENCE: Duration = Duration::from_secs(10);
/// More than is kept in an inode's row, so that it goes to the log as data.
const FILE_BYTES: usize = 16 << 10;
const REPLY_BYTES_MAX: usize = 64 << 10;
const STREAM_BYTES: usize = 64 << 10;
const PATH: &str = "/self-test";

/// What it takes to be an NFS server of this cluster.
pub struct SelfTest {
    pub me: NodeId,
    pub router: Router,
    pub handle_key: [u8; 32],
    pub cluster: u64,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
}

impl SelfTest {
    /// How long the NFS server at this address takes to answer.
    ///
    /// # Errors
    /// A sentence's part: why it does not.
    pub async fn port(&self, address: &str) -> Result<Duration, String> {
        let begun = Instant::now();
        let asked = async {
            let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
            self.client(stream).call((v3::PROGRAM, v3::VERSION, 0), Encoder::new()).await
        };
        timeout(PORT_PATIENCE, asked).await.map_err(|_| "no reply in time".to_owned())??;
        Ok(begun.elapsed())
    }

    /// Writes a file into the volume's root directory, reads it and deletes it; how long that took. The directory's
    /// time of change is put back.
    ///
    /// # Errors
    /// A sentence's part: which step failed, and how. The file is deleted if that can be done.
    pub async fn volume(&self, volume: VolumeId) -> Result<Duration, String> {
        let begun = Instant::now();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let (ours, theirs) = tokio::io::duplex(STREAM_BYTES);
        let server = self.server(volume);
        let (mut client, name) = (self.client(ours), self.name());
        let tested = async {
            tokio::select! {
                tested = client.test(&name, self.entropy.as_ref()) => tested,
                () = server.serve_stream(theirs, address) => Err("the connection was lost before the reply came".to_owned()),
            }
        };
        timeout(VOLUME_PATIENCE, tested).await.map_err(|_| "no reply in time".to_owned())??;
        Ok(begun.elapsed())
    }

    /// The same each time: what a crash left is replaced.
    fn name(&self) -> Bytes {
        format!(".gotgan-self-test-{}", self.me).into_bytes().into()
    }

    fn server(&self, volume: VolumeId) -> NfsServer {
        let rule = ClientRule {
            network: nasd_base::export::Network { address: Ipv4Addr::LOCALHOST.into(), prefix_bits: 32 },
            read_only: false,
            squash: Squash::None,
            anonymous_uid: nasd_base::export::ANONYMOUS,
            anonymous_gid: nasd_base::export::ANONYMOUS,
            insecure: false,
        };
        let export = Export { path: PATH.to_owned(), volume, clients: vec![rule] };
        let options = NfsOptions {
            connections_max: 1,
            strangers_max: 1,
            calls_per_connection_max: 1,
            memory_bytes_max: 8 << 20,
            memory_per_client_bytes_max: 8 << 20,
            remembered_replies_max: 16,
            remembered_bytes_max: 1 << 20,
            generations_max: 16,
            register_with_rpcbind: false,
            ..NfsOptions::default()
        };
        let files = Arc::new(self.router.clone());
        let exports = Arc::new(OneExport(Arc::new(vec![export])));
        let (clock, ledger) = (self.clock.clone(), self.router.ledger().clone());
        NfsServer::new(files, exports, self.handle_key, self.cluster, options, clock, ledger)
    }

    fn client<S: AsyncRead + AsyncWrite>(&self, stream: S) -> Client<S> {
        let (read, write) = tokio::io::split(stream);
        // The volume would take the same number for a repetition of the last test.
        let xid = self.entropy.next_u64() as u32;
        Client { reader: RecordReader::new(read), write, xid }
    }
}

struct OneExport(Arc<Vec<Export>>);

impl Exports for OneExport {
    fn current(&self) -> Arc<Vec<Export>> {
        self.0.clone()
    }
}

/// One call at a time, as root.
struct Client<S> {
    reader: RecordReader<ReadHalf<S>>,
    write: WriteHalf<S>,
    xid: u32,
}

impl<S: AsyncRead + AsyncWrite> Client<S> {
    async fn test(&mut self, name: &Bytes, entropy: &dyn Entropy) -> Result<(), String> {
        let root = self.mount().await?;
        let before = self.done::<GetAttr>("GETATTR", root.clone()).await?;
        let at = DirOp { dir: root.clone(), name: name.clone() };
        let tested = self.write_and_read(&at, entropy).await;
        let removed = self.done::<Remove>("REMOVE", at).await;
        tested?;
        removed?;
        let set = SetAttr { mtime: Some(nasd_base::file::SetTime::To(before.mtime)), ..SetAttr::default() };
        self.done::<SetAttributes>("SETATTR", SetAttrArgs { file: root, set, guard: None }).await.map(drop)
    }

    async fn mount(&mut self) -> Result<FileHandle, String> {
        let mut args = Encoder::new();
        MountPath(Bytes::from_static(PATH.as_bytes())).encode(&mut args);
        let target = (mount::PROGRAM, mount::VERSION, mount::procedure::MNT);
        let mut results = nasd_nfs::xdr::Decoder::new(self.call(target, args).await?);
        let mounted = decode_mounted(&mut results).map_err(|error| format!("MNT: {error}"))?;
        mounted.map(|mounted| mounted.root).map_err(|status| format!("MNT: {status}"))
    }

    async fn write_and_read(&mut self, at: &DirOp, entropy: &dyn Entropy) -> Result<(), String> {
        let how = How::Unchecked(SetAttr { mode: Some(0o600), size: Some(0), ..SetAttr::default() });
        let made = self.done::<Create>("CREATE", CreateArgs { at: at.clone(), how }).await?;
        let file = made.handle.ok_or("CREATE gave no handle")?;
        let words = (0..FILE_BYTES / 8).flat_map(|_| entropy.next_u64().to_le_bytes());
        let data: Bytes = words.collect::<Vec<u8>>().into();
        let count = FILE_BYTES as u32;
        let stability = Stability::FileSync;
        let write = WriteArgs { file: file.clone(), offset: 0, count, stability, data: data.clone() };
        let written = self.done::<Write>("WRITE", write).await?;
        if written.count != count {
            return Err(format!("WRITE took {} of {count} bytes", written.count));
        }
        let read = self.done::<Read>("READ", ReadArgs { file, offset: 0, count }).await?;
        if read.data == data { Ok(()) } else { Err("READ gave other bytes than were written".to_owned()) }
    }

    async fn done<P: Procedure>(&mut self, step: &str, args: P::Args) -> Result<P::Done, String> {
        let mut encoded = Encoder::new();
        args.encode(&mut encoded);
        let results = self.call((v3::PROGRAM, v3::VERSION, P::NUMBER), encoded).await;
        let results = results.map_err(|why| format!("{step}: {why}"))?;
        let answer = decode_answer::<P>(results).map_err(|error| format!("{step}: {error}"))?;
        answer.map_err(|failure| format!("{step}: {}", failure.status))
    }

    async fn call(&mut self, target: (u32, u32, u32), args: Encoder) -> Result<Bytes, String> {
        let said = |error: std::io::Error| error.to_string();
        self.xid = self.xid.wrapping_add(1);
        let mut record = Encoder::new();
        encode_call(&mut record, self.xid, target, &RpcCredential::sys(0, 0, &[]));
        record.append(args);
        let record = record.into_bytes();
        self.write.write_all(&mark(record.len())).await.map_err(said)?;
        self.write.write_all(&record).await.map_err(said)?;
        self.write.flush().await.map_err(said)?;
        let reply = read_record(&mut self.reader, REPLY_BYTES_MAX).await.map_err(said)?;
        let reply = reply.ok_or("the connection was lost before the reply came")?;
        let (xid, results) = decode_reply(reply.freeze()).map_err(|error| error.to_string())?;
        match xid == self.xid {
            true => results.map_err(|error| error.to_string()),
            false => Err("the reply is another call's".to_owned()),
        }
    }
}
