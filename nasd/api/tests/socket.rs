//! The whole way: client, socket, routes, trait and back.

use memory_management::Memory;
use nasd_api::{
    BODY_BYTES_MAX, Client, ClientError, ClusterCreate, ClusterJoin, CreateExport, CreateToken, CreateVolume,
    DeleteExport, DeleteVolume, ErrorCode, ExportAt, ListExports, ListMounts, ListNodes, ListVolumes,
    MountAt, MountRequest, Nothing, ReadCluster, ReadCounters, Secret, ServeError, Unmount, VolumeAt, router,
    serve_unix,
};
use std::future::pending;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

struct Node {
    client: Client,
    socket: PathBuf,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<(), ServeError>>,
    _dir: TempDir,
}

async fn node(memory: Memory) -> Node {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("nasd.sock");
    let (stop, stopped) = oneshot::channel::<()>();
    let (routes, path) = (router(Arc::new(memory)), socket.clone());
    let served = tokio::spawn(async move {
        serve_unix(&path, routes, async {
            let _ = stopped.await;
        })
        .await
    });
    let client = loop {
        match Client::connect(&socket).await {
            Ok(client) => break client,
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    };
    Node { client, socket, stop, served, _dir: dir }
}

fn refusal<T: std::fmt::Debug>(answer: Result<T, ClientError>) -> nasd_api::ApiError {
    match answer {
        Err(ClientError::Refused(error)) => error,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// Sends bytes as they are and gives back everything that comes.
async fn raw(node: &Node, request: &str) -> String {
    let mut stream = UnixStream::connect(&node.socket).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

fn post(route: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST /api/v1{route} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
}

fn create_volume(name: &str) -> CreateVolume {
    CreateVolume { name: name.into(), replicas: None, limits: Default::default(), root: Default::default() }
}

#[tokio::test]
async fn a_cluster_is_created_once() {
    let node = node(Memory::default()).await;
    assert_eq!(refusal(node.client.ask::<ReadCluster>(Nothing).await).code, ErrorCode::NoCluster);
    let request = ClusterCreate { name: "home".into(), advertise: None };
    let status = node.client.call::<ClusterCreate>(Nothing, &request).await.unwrap();
    assert_eq!((status.name.as_str(), status.leader), ("home", Some(1)));
    let again = refusal(node.client.call::<ClusterCreate>(Nothing, &request).await);
    assert_eq!((again.code, again.reason.as_str()), (ErrorCode::Conflict, "in_a_cluster"));
    assert!(again.hint.unwrap().contains("stop nasd"));
    assert_eq!(node.client.ask::<ReadCluster>(Nothing).await.unwrap(), status);
    assert_eq!(node.client.all::<ListNodes>().await.unwrap(), status.nodes);
}

#[tokio::test]
async fn a_token_lets_a_node_join_and_a_wrong_one_does_not() {
    let issuer = node(Memory::in_cluster()).await;
    let token =
        issuer.client.call::<CreateToken>(Nothing, &CreateToken { ttl_seconds: Some(60) }).await.unwrap();
    assert_eq!(token.expires, 1_800_000_060);
    let joiner = node(Memory::default()).await;
    let wrong = ClusterJoin { token: Secret::new("guess"), advertise: None };
    let error = refusal(joiner.client.call::<ClusterJoin>(Nothing, &wrong).await);
    assert_eq!(error.code, ErrorCode::Denied);
    assert_eq!(error.reason, "join_refused");
    assert!(error.values["detail"].contains("nasctl cluster token"), "{error:?}");
    let right = ClusterJoin { token: token.token, advertise: Some("192.0.2.2:7400".into()) };
    assert_eq!(joiner.client.call::<ClusterJoin>(Nothing, &right).await.unwrap().name, "joined");
}

#[tokio::test]
async fn volumes_come_and_go() {
    let node = node(Memory::in_cluster()).await;
    let made = node.client.call::<CreateVolume>(Nothing, &create_volume("demo")).await.unwrap();
    assert_eq!(node.client.all::<ListVolumes>().await.unwrap(), vec![made]);
    assert_eq!(
        refusal(node.client.call::<CreateVolume>(Nothing, &create_volume("demo")).await).code,
        ErrorCode::AlreadyExists
    );
    node.client.ask::<DeleteVolume>(VolumeAt::new("demo")).await.unwrap();
    assert_eq!(
        refusal(node.client.ask::<DeleteVolume>(VolumeAt::new("demo")).await).code,
        ErrorCode::NotFound
    );
}

#[tokio::test]
async fn impossible_volumes_are_refused_before_the_daemon_sees_them() {
    let node = node(Memory::in_cluster()).await;
    for (name, replicas) in [("../etc", None), ("Demo", None), ("demo", Some(0)), ("demo", Some(8))] {
        let request = CreateVolume {
            name: name.into(),
            replicas,
            limits: Default::default(),
            root: Default::default(),
        };
        assert_eq!(
            refusal(node.client.call::<CreateVolume>(Nothing, &request).await).code,
            ErrorCode::InvalidRequest,
            "{name}"
        );
    }
    assert!(node.client.all::<ListVolumes>().await.unwrap().is_empty());
}

#[tokio::test]
async fn exports_keep_their_rules_and_their_odd_paths() {
    let node = node(Memory::in_cluster()).await;
    node.client.call::<CreateVolume>(Nothing, &create_volume("demo")).await.unwrap();
    let path = "/a b/ü&x=1+%2e#?";
    let clients =
        vec!["192.0.2.0/24:ro".parse().unwrap(), "2001:db8::/32:all_squash:anonuid=7".parse().unwrap()];
    let request = CreateExport { path: path.into(), volume: "demo".into(), clients };
    let made = node.client.call::<CreateExport>(Nothing, &request).await.unwrap();
    assert_eq!(made.clients, request.clients);
    assert_eq!(node.client.all::<ListExports>().await.unwrap(), vec![made]);
    assert_eq!(
        refusal(node.client.ask::<DeleteVolume>(VolumeAt::new("demo")).await).code,
        ErrorCode::Conflict
    );
    node.client.ask::<DeleteExport>(ExportAt { path: path.into() }).await.unwrap();
    assert!(node.client.all::<ListExports>().await.unwrap().is_empty());
}

#[tokio::test]
async fn mounts_and_counters_are_told() {
    let node = node(Memory::in_cluster()).await;
    let at = "/mnt/a b".into();
    let request = MountRequest { volume: "demo".into(), at, read_only: true, suid: true, dev: false };
    let mounted = node.client.call::<MountRequest>(Nothing, &request).await.unwrap();
    assert_eq!((mounted.read_only, mounted.suid, mounted.dev), (true, true, false));
    assert_eq!(node.client.all::<ListMounts>().await.unwrap(), vec![mounted]);
    node.client.ask::<Unmount>(MountAt::new("/mnt/a b")).await.unwrap();
    assert_eq!(refusal(node.client.ask::<Unmount>(MountAt::new("/mnt/a b")).await).code, ErrorCode::NotFound);
    let counters = node.client.ask::<ReadCounters>(Nothing).await.unwrap();
    assert_eq!((counters.log_records, counters.more["fuse_requests"]), (50, 7));
}

#[tokio::test]
async fn only_the_owner_can_open_the_socket() {
    let node = node(Memory::default()).await;
    let mode = std::fs::metadata(&node.socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_live_socket_is_not_taken_over() {
    let node = node(Memory::default()).await;
    let second = serve_unix(&node.socket, router(Arc::new(Memory::default())), pending()).await;
    assert!(matches!(second, Err(ServeError::Live(_))), "{second:?}");
    assert!(node.client.ask::<ReadCounters>(Nothing).await.is_ok(), "the first one serves on");
}

#[tokio::test]
async fn a_stale_socket_is_replaced_and_a_file_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("nasd.sock");
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let path = socket.clone();
    let served =
        tokio::spawn(async move { serve_unix(&path, router(Arc::new(Memory::default())), pending()).await });
    while Client::connect(&socket).await.is_err() {
        assert!(!served.is_finished());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    served.abort();
    let file = dir.path().join("file");
    std::fs::write(&file, "precious").unwrap();
    let refused = serve_unix(&file, router(Arc::new(Memory::default())), pending()).await;
    assert!(matches!(refused, Err(ServeError::NotASocket(_))));
    assert_eq!(std::fs::read(&file).unwrap(), b"precious");
}

#[tokio::test]
async fn shutdown_ends_idle_connections_and_removes_the_socket() {
    let node = node(Memory::default()).await;
    let _idle = UnixStream::connect(&node.socket).await.unwrap();
    node.stop.send(()).unwrap();
    node.served.await.unwrap().unwrap();
    assert!(!node.socket.exists());
}

#[tokio::test]
async fn a_missing_daemon_is_said_in_so_many_words() {
    let dir = tempfile::tempdir().unwrap();
    let error = Client::connect(&dir.path().join("nasd.sock")).await.unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }));
    assert!(error.to_string().starts_with("nasd is not running, or not with this --dir: "), "{error}");
}

#[tokio::test]
async fn unknown_fields_are_refused_by_name() {
    let node = node(Memory::in_cluster()).await;
    let answer = raw(&node, &post("/volumes", r#"{"name":"demo","quota":5}"#)).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!(answer.contains("quota") && answer.contains("invalid_request"), "{answer}");
    let answer =
        raw(&node, "DELETE /api/v1/exports?path=/x&force=1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            .await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("force"), "{answer}");
}

#[tokio::test]
async fn every_wrong_request_gets_a_reason_in_json() {
    let node = node(Memory::in_cluster()).await;
    let get = |route: &str| format!("GET {route} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    let form = "POST /api/v1/volumes HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
                content-type: application/x-www-form-urlencoded\r\ncontent-length: 9\r\n\r\nname=demo";
    let cases = [
        (get("/api/v1/nothing"), "404", "not_found"),
        (get("/api/v2/cluster"), "404", "not_found"),
        (get("/"), "404", "not_found"),
        (get("/api/v1/tokens"), "405", "method_not_allowed"),
        (form.to_owned(), "415", "unsupported_media_type"),
        (post("/volumes", "{"), "400", "invalid_request"),
        (post("/volumes", "[]"), "400", "invalid_request"),
        (
            "DELETE /api/v1/exports HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".into(),
            "400",
            "invalid_request",
        ),
    ];
    for (request, status, code) in cases {
        let answer = raw(&node, &request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request}\n{answer}");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let error: nasd_api::ApiError =
            serde_json::from_str(body).unwrap_or_else(|_| panic!("{request}\n{answer}"));
        assert_eq!(serde_json::to_value(error.code).unwrap(), code, "{request}");
    }
}

#[tokio::test]
async fn a_body_beyond_the_bound_is_refused() {
    let node = node(Memory::in_cluster()).await;
    let body = format!(r#"{{"name":"{}"}}"#, "x".repeat(BODY_BYTES_MAX));
    let answer = raw(&node, &post("/volumes", &body)).await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("too_large"), "{answer}");
}

#[tokio::test]
async fn many_clients_at_once_are_all_served() {
    let node = node(Memory::in_cluster()).await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..300 {
        let client = node.client.clone();
        calls.spawn(async move { client.ask::<ReadCluster>(Nothing).await.map(|status| status.term) });
    }
    while let Some(answer) = calls.join_next().await {
        assert_eq!(answer.unwrap().unwrap(), 3);
    }
}
