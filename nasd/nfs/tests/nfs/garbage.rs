//! Input that makes no sense: answered with the right refusal or cut off, and felt by nobody else.

use crate::rig::{PEER, Raw, Rig, call, mode, record};
use bytes::Bytes;
use nasd_base::file::SetAttr;
use nasd_fs::Stability;
use nasd_nfs::handle::FileHandle;
use nasd_nfs::rpc::{AuthRefusal, RpcCredential, RpcError};
use nasd_nfs::v3::attributes::{GetAttr, SetAttrArgs, SetAttributes};
use nasd_nfs::v3::create::{Create, CreateArgs, How};
use nasd_nfs::v3::lookup::Lookup;
use nasd_nfs::v3::mkdir::{Mkdir, MkdirArgs};
use nasd_nfs::v3::mknod::{Mknod, MknodArgs, Special};
use nasd_nfs::v3::read::{Read, ReadArgs};
use nasd_nfs::v3::readdir::{ReadDir, ReadDirArgs};
use nasd_nfs::v3::readdirplus::{ReadDirPlus, ReadDirPlusArgs};
use nasd_nfs::v3::rename::{Rename, RenameArgs};
use nasd_nfs::v3::symlink::{Symlink, SymlinkArgs};
use nasd_nfs::v3::types::DirOp;
use nasd_nfs::v3::write::{Write, WriteArgs};
use nfs_client::Client;
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const NFS: u32 = 100_003;
const MOUNT: u32 = 100_005;

/// A call with AUTH_NONE and without arguments.
const EMPTY_CALL_BYTES: usize = 40;

async fn answer(rig: &Rig, record: &[u8]) -> Option<Result<Bytes, RpcError>> {
    let mut raw = Raw(rig.stream(PEER));
    raw.send(record).await;
    raw.receive().await.map(|(_, results)| results)
}

#[tokio::test]
async fn unknown_programs_versions_and_procedures_are_named() {
    let rig = Rig::new();
    let ask = async |target| answer(&rig, &record(1, target, &RpcCredential::None, &[])).await.unwrap();
    let mismatch = Err(RpcError::ProgramMismatch { low: 3, high: 3 });
    assert_eq!(ask((100_227, 3, 0)).await, Err(RpcError::ProgramUnavailable));
    assert_eq!(ask((NFS, 4, 0)).await, mismatch);
    assert_eq!(ask((NFS, 2, 0)).await, mismatch);
    assert_eq!(ask((MOUNT, 1, 0)).await, mismatch);
    assert_eq!(ask((NFS, 3, 22)).await, Err(RpcError::ProcedureUnavailable));
    assert_eq!(ask((NFS, 3, u32::MAX)).await, Err(RpcError::ProcedureUnavailable));
    assert_eq!(ask((MOUNT, 3, 6)).await, Err(RpcError::ProcedureUnavailable));
    assert_eq!(ask((NFS, 3, 0)).await, Ok(Bytes::new()));
    assert_eq!(ask((MOUNT, 3, 0)).await, Ok(Bytes::new()));
    let mut other_rpc = record(1, (NFS, 3, 0), &RpcCredential::None, &[]);
    other_rpc[11] = 3;
    let refused = answer(&rig, &other_rpc).await.unwrap();
    assert_eq!(refused, Err(RpcError::VersionMismatch { low: 2, high: 2 }));
}

#[tokio::test]
async fn other_credentials_are_refused_even_for_null() {
    let rig = Rig::new();
    for (flavor, refusal) in [
        (2u32, AuthRefusal::RejectedCredential),
        (3, AuthRefusal::TooWeak),
        (6, AuthRefusal::TooWeak),
        (u32::MAX, AuthRefusal::TooWeak),
    ] {
        let mut null = record(1, (NFS, 3, 0), &RpcCredential::None, &[]);
        null[24..28].copy_from_slice(&flavor.to_be_bytes());
        assert_eq!(answer(&rig, &null).await.unwrap(), Err(RpcError::Auth(refusal)));
    }
    let mut sys = record(1, (NFS, 3, 0), &RpcCredential::sys(0, 0, &[1; 16]), &[]);
    let count = sys.len() - 8 - 16 * 4 - 4;
    sys[count..count + 4].copy_from_slice(&17u32.to_be_bytes());
    assert_eq!(answer(&rig, &sys).await.unwrap(), Err(RpcError::Auth(AuthRefusal::BadCredential)));
}

#[tokio::test]
async fn trailing_and_missing_bytes_are_garbage_arguments() {
    let rig = Rig::new();
    let (_, root) = rig.root().await;
    for whole in valid_calls(&root) {
        let mut longer = whole.clone();
        longer.extend([0; 4]);
        assert_eq!(answer(&rig, &longer).await.unwrap(), Err(RpcError::GarbageArgs));
    }
    for whole in valid_calls(&root).iter().filter(|call| call.len() > EMPTY_CALL_BYTES) {
        let shorter = &whole[..whole.len() - 4];
        assert_eq!(answer(&rig, shorter).await.unwrap(), Err(RpcError::GarbageArgs));
    }
    for procedure in [0, 2, 4, 5] {
        let trailing = record(1, (MOUNT, 3, procedure), &RpcCredential::None, &[0; 4]);
        assert_eq!(answer(&rig, &trailing).await.unwrap(), Err(RpcError::GarbageArgs), "{procedure}");
    }
    let trailing = record(1, (NFS, 3, 0), &RpcCredential::None, &[0; 4]);
    assert_eq!(answer(&rig, &trailing).await.unwrap(), Err(RpcError::GarbageArgs));
    let huge_handle = record(1, (NFS, 3, 1), &RpcCredential::None, &[&[0, 0, 0, 68][..], &[0; 68]].concat());
    assert_eq!(answer(&rig, &huge_handle).await.unwrap(), Err(RpcError::GarbageArgs));
    let long_path = [&1025u32.to_be_bytes()[..], &[b'/'; 1028]].concat();
    let long_path = record(1, (MOUNT, 3, 1), &RpcCredential::None, &long_path);
    assert_eq!(answer(&rig, &long_path).await.unwrap(), Err(RpcError::GarbageArgs));
}

#[tokio::test]
async fn records_that_are_no_calls_end_the_connection() {
    let rig = Rig::new();
    let reply = [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0];
    for record in [&b""[..], b"abc", &[0; 11], &reply] {
        assert_eq!(answer(&rig, record).await, None);
    }
    let mut oversized = record(1, (NFS, 3, 0), &RpcCredential::None, &[]);
    oversized[28..32].copy_from_slice(&401u32.to_be_bytes());
    oversized.extend([0; 500]);
    assert_eq!(answer(&rig, &oversized).await, None);
}

/// One valid call of each shape.
fn valid_calls(root: &FileHandle) -> Vec<Vec<u8>> {
    let at = DirOp { dir: root.clone(), name: Bytes::from_static(b"name") };
    let set = SetAttr { mode: Some(0o644), size: Some(3), ..SetAttr::default() };
    let data = Bytes::from_static(b"data");
    vec![
        call::<GetAttr>(1, root),
        call::<SetAttributes>(2, &SetAttrArgs { file: root.clone(), set: mode(0o777), guard: None }),
        call::<Lookup>(3, &at),
        call::<Read>(4, &ReadArgs { file: root.clone(), offset: 0, count: 1 << 20 }),
        call::<Write>(
            5,
            &WriteArgs { file: root.clone(), offset: 0, count: 4, stability: Stability::FileSync, data },
        ),
        call::<Create>(6, &CreateArgs { at: at.clone(), how: How::Unchecked(set) }),
        call::<Mkdir>(7, &MkdirArgs { at: at.clone(), set: mode(0o755) }),
        call::<Symlink>(8, &SymlinkArgs { at: at.clone(), set, target: Bytes::from_static(b"to") }),
        call::<Mknod>(9, &MknodArgs { at: at.clone(), what: Special::Char { set, major: 1, minor: 2 } }),
        call::<Rename>(10, &RenameArgs { from: at.clone(), to: at.clone() }),
        call::<ReadDir>(11, &ReadDirArgs { dir: root.clone(), cookie: 0, verifier: 0, count: 4096 }),
        call::<ReadDirPlus>(
            12,
            &ReadDirPlusArgs { dir: root.clone(), cookie: 0, verifier: 0, dircount: 4096, maxcount: 4096 },
        ),
        record(13, (MOUNT, 3, 1), &RpcCredential::None, b"\0\0\0\x05/demo\0\0\0"),
        record(14, (MOUNT, 3, 5), &RpcCredential::None, &[]),
    ]
}

/// Sends bytes, and reads whatever comes until the server is done with them.
async fn throw(rig: &Rig, bytes: &[u8]) {
    let (mut read, mut write) = tokio::io::split(rig.stream("203.0.113.1:1"));
    let sending = async {
        let _ = write.write_all(bytes).await;
        let _ = write.shutdown().await;
    };
    let mut sink = Vec::new();
    let (_, _) = tokio::join!(sending, read.read_to_end(&mut sink));
}

/// Throws bytes at a server while another client works with it.
fn survives(bytes: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let rig = Rig::new();
        let (client, root) = rig.root().await;
        tokio::join!(throw(&rig, bytes), work(&client, &root));
        let counters = rig.server.counters();
        assert_eq!((counters.panics, counters.memory_bytes), (0, 0));
    });
}

async fn work(client: &Client, root: &FileHandle) {
    for _ in 0..3 {
        client.getattr(root).await.unwrap();
        client.readdirplus(root, 0, 4096, 4096).await.unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_bytes_disturb_nobody(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
        survives(&bytes);
    }

    #[test]
    fn random_records_disturb_nobody(
        records in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 1..5)
    ) {
        let mut bytes = Vec::new();
        for record in records {
            bytes.extend((0x8000_0000 | record.len() as u32).to_be_bytes());
            bytes.extend(record);
        }
        survives(&bytes);
    }

    #[test]
    fn damaged_calls_disturb_nobody(
        which in 0usize..14,
        edits in proptest::collection::vec((0usize..400, any::<u8>()), 0..6),
        cut in 0usize..400,
        grow in 0usize..40
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let rig = Rig::new();
            let (client, root) = rig.root().await;
            let mut record = valid_calls(&root)[which].clone();
            record.truncate(cut.max(40));
            record.extend(vec![0; grow]);
            let len = record.len();
            for (at, byte) in edits {
                record[at % len] = byte;
            }
            let mut bytes = (0x8000_0000 | len as u32).to_be_bytes().to_vec();
            bytes.extend(record);
            tokio::join!(throw(&rig, &bytes), work(&client, &root));
            let counters = rig.server.counters();
            assert_eq!((counters.panics, counters.memory_bytes), (0, 0));
        });
    }
}
