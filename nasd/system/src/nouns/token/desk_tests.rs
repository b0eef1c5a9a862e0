use super::desk::{JoinDesk, TOKEN_LIFETIME, create_token};
use crate::testing::SharedLog;
use crate::{By, ClusterCommand, System, SystemCommand, TokenError};
use bytes::Bytes;
use nasd_base::net::{BoxFuture, Peer};
use nasd_base::{Clock, NodeId, OsEntropy, SystemClock, Timestamp};
use nasd_cluster::authority::{Authority, NodeKey};
use nasd_cluster::join::{JoinError, JoinGrant, JoinRequest, Joined, join};
use nasd_cluster::secrets::Secret;
use nasd_cluster::transport::{Handler, Refusal, Service, Transport};
use nasd_cluster::{CurrentAuthority, Identity, JoinToken, NodeKeys, TlsNet};
use nasd_files::Folder;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// The wall clock, moved by the test.
#[derive(Default)]
struct MovedClock(Mutex<Duration>);

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus(*self.0.lock())
    }
}

struct Desk(JoinDesk);

impl Handler for Desk {
    fn handle(
        &self,
        from: Peer,
        service: Service,
        header: Bytes,
        _body: Bytes,
    ) -> BoxFuture<'_, Result<(Bytes, Bytes), Refusal>> {
        Box::pin(async move {
            assert_eq!((from, service), (Peer::Stranger, Service::Join));
            self.0.serve_join(header).await
        })
    }
}

/// A cluster of one node on loopback.
struct Cluster {
    authority: Arc<Authority>,
    system: System,
    log: SharedLog,
    clock: Arc<MovedClock>,
    address: String,
    _transport: Transport,
}

async fn cluster() -> Cluster {
    let me = NodeId(1);
    let clock = Arc::new(MovedClock::default());
    let authority = Arc::new(Authority::create(clock.now(), &OsEntropy).unwrap());
    let key = NodeKey::generate().unwrap();
    let certificate = authority.issue(me, &key.public_key(), clock.now()).unwrap();
    let identity = Identity::new(authority.clone(), certificate, key).unwrap();
    let keys = Arc::new(NodeKeys::default());
    let key = identity.key_fingerprint();
    let transport = Transport::new(Arc::new(TlsNet::new(&identity, keys.clone()).unwrap()), me);
    let log = SharedLog::new(Some(me));
    let (group, views) = log.replica(me);
    let system = System::new(transport.clone(), group, views, clock.clone(), Arc::new(OsEntropy));
    let desk = JoinDesk::new(system.clone(), CurrentAuthority::new(authority.clone()), clock.clone());
    let address = transport.listen("127.0.0.1:0", Arc::new(Desk(desk))).await.unwrap();
    let founding = SystemCommand::Cluster(ClusterCommand::Create {
        cluster: authority.cluster_id().0,
        cluster_name: "home".to_owned(),
        node: me,
        name: "alpha".to_owned(),
        address: address.clone(),
        key,
    });
    system.propose(&By::NODE, founding).await.unwrap();
    let mut views = system.watch();
    let learner = keys.clone();
    tokio::spawn(async move {
        loop {
            learner.learn(views.borrow_and_update().node_keys());
            if views.changed().await.is_err() {
                return;
            }
        }
    });
    Cluster { authority, system, log, clock, address, _transport: transport }
}

impl Cluster {
    async fn token(&self) -> JoinToken {
        let address = self.address.clone();
        create_token(&self.system, &By::NODE, &self.authority, address, TOKEN_LIFETIME, &OsEntropy)
            .await
            .unwrap()
    }

    async fn join(&self, directory: &TempDir, token: &JoinToken, name: &str) -> Result<Joined, JoinError> {
        let address = format!("192.0.2.{}:7400", name.len());
        let directory = Folder::new(directory.path());
        let joined = join(&directory, token, name, &address, self.clock.clone()).await?;
        joined.identity.save(&directory)?;
        Ok(joined)
    }
}

fn machine() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn refusal(outcome: Result<Joined, JoinError>) -> String {
    match outcome {
        Err(JoinError::Refused(words)) => words,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_machine_with_a_token_becomes_a_node() {
    let cluster = cluster().await;
    let directory = machine();
    // The operator carries text.
    let token = JoinToken::parse(&cluster.token().await.reveal()).unwrap();
    let joined = cluster.join(&directory, &token, "beta").await.unwrap();
    let node = joined.identity.node;
    assert_eq!(node, NodeId(cluster.log.index()), "its id is the index of its entry");
    assert_eq!(joined.members, [(NodeId(1), cluster.address.clone())]);
    assert_eq!(joined.identity.authority.handle_key(), cluster.authority.handle_key());
    assert_eq!(cluster.system.view().node(node).unwrap().name, "beta");

    let loaded = Identity::load(directory.path()).unwrap().unwrap();
    assert_eq!(loaded.node, node);
    let keys = Arc::new(NodeKeys::told(joined.member_keys.iter().copied()));
    let net = TlsNet::new(&loaded, keys).unwrap();
    nasd_base::net::Net::connect(&net, NodeId(1), &cluster.address).await.unwrap();
    let again = cluster.join(&directory, &token, "beta").await;
    assert!(matches!(again, Err(JoinError::AlreadyMember(id)) if id == node));
}

/// It used to be a member at once: whoever holds the authority's key needs no token to let a friend in.
#[tokio::test]
async fn a_node_cannot_let_another_one_in_without_the_state() {
    let cluster = cluster().await;
    let directory = machine();
    let joined = cluster.join(&directory, &cluster.token().await, "beta").await.unwrap();
    let key = NodeKey::generate().unwrap();
    let certificate =
        joined.identity.authority.issue(NodeId(99), &key.public_key(), cluster.clock.now()).unwrap();
    let third = Identity::new(cluster.authority.clone(), certificate, key).unwrap();
    let keys = Arc::new(NodeKeys::told(joined.member_keys.iter().copied()));
    let net = TlsNet::new(&third, keys).unwrap();
    let dialed = nasd_base::net::Net::connect(&net, NodeId(1), &cluster.address).await;
    // The dialer of TLS 1.3 has finished before the listener has decided.
    if let Ok(mut stream) = dialed {
        assert_eq!(stream.read(&mut [0; 1]).await.unwrap_or(0), 0, "the connection ends");
    }
}

#[tokio::test]
async fn a_token_lets_one_machine_in() {
    let cluster = cluster().await;
    let token = cluster.token().await;
    let joined = cluster.join(&machine(), &token, "beta").await.unwrap();
    let words = refusal(cluster.join(&machine(), &token, "gamma").await);
    assert_eq!(words, TokenError::TokenUsed(joined.identity.node).to_string());
}

#[tokio::test]
async fn an_unknown_token_is_refused_without_an_entry_in_the_log() {
    let cluster = cluster().await;
    let entries = cluster.log.index();
    let guessed = JoinToken::create(cluster.authority.fingerprint(), cluster.address.clone(), &OsEntropy);
    let words = refusal(cluster.join(&machine(), &guessed, "beta").await);
    assert_eq!(words, TokenError::TokenUnknown.to_string());
    assert_eq!(cluster.log.index(), entries);
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let cluster = cluster().await;
    let token = cluster.token().await;
    *cluster.clock.0.lock() = TOKEN_LIFETIME + Duration::from_secs(1);
    let words = refusal(cluster.join(&machine(), &token, "beta").await);
    assert_eq!(words, TokenError::TokenExpired.to_string());
}

#[tokio::test]
async fn a_machine_with_a_bad_name_learns_why_and_may_try_again() {
    let cluster = cluster().await;
    let (token, directory) = (cluster.token().await, machine());
    let words = refusal(cluster.join(&directory, &token, "alpha").await);
    assert!(words.contains("the name alpha is taken"), "{words}");
    cluster.join(&directory, &token, "beta").await.unwrap();
}

#[tokio::test]
async fn a_token_of_another_cluster_gets_no_answer() {
    let (cluster, other) = (cluster().await, cluster().await);
    let mut token = other.token().await;
    token.address = cluster.address.clone();
    let error = cluster.join(&machine(), &token, "beta").await.unwrap_err();
    assert!(error.to_string().contains("another cluster"), "{error}");
    assert!(!format!("{error:?}").contains(&format!("{:?}", token.secret.expose())));
}

/// Passes connections on to the cluster; the first few lose the answer.
async fn lossy_proxy(to: String, losses: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        for number in 0.. {
            let (near, _) = listener.accept().await.unwrap();
            let far = tokio::net::TcpStream::connect(&to).await.unwrap();
            let (mut near_read, mut near_write) = near.into_split();
            let (mut far_read, mut far_write) = far.into_split();
            tokio::spawn(async move { tokio::io::copy(&mut near_read, &mut far_write).await });
            tokio::spawn(async move {
                // The handshake goes through, the answer (a record of more than 1 KiB) does not.
                let mut handshake_done = false;
                let mut buffer = vec![0; 64 << 10];
                while let Ok(count @ 1..) = far_read.read(&mut buffer).await {
                    if number < losses && handshake_done {
                        return;
                    }
                    handshake_done = true;
                    if near_write.write_all(&buffer[..count]).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn a_lost_answer_does_not_burn_the_token() {
    let cluster = cluster().await;
    let directory = machine();
    let mut token = cluster.token().await;
    token.address = lossy_proxy(cluster.address.clone(), 2).await;
    let before = cluster.log.index();
    let joined = cluster.join(&directory, &token, "beta").await.unwrap();
    assert!(cluster.log.index() >= before + 2, "the member was asked more than once");
    let members: Vec<NodeId> = cluster.system.view().nodes.keys().copied().collect();
    assert_eq!(members, [NodeId(1), joined.identity.node], "and registered one node");
}

#[tokio::test]
async fn a_machine_that_crashed_before_it_saved_joins_again_as_the_same_node() {
    let cluster = cluster().await;
    let (token, directory) = (cluster.token().await, machine());
    let first = cluster.join(&directory, &token, "beta").await.unwrap();
    std::fs::remove_file(directory.path().join("node.pem")).unwrap();
    let second = cluster.join(&directory, &token, "beta").await.unwrap();
    assert_eq!(first.identity.node, second.identity.node);
}

/// Strangers with made-up tokens each had a place for two seconds, in which the cluster might hear of the token.
#[tokio::test]
async fn guessed_tokens_keep_no_joiner_waiting() {
    let cluster = cluster().await;
    let guesses: Vec<_> = (0..60)
        .map(|_| {
            let guessed =
                JoinToken::create(cluster.authority.fingerprint(), cluster.address.clone(), &OsEntropy);
            let clock = cluster.clock.clone();
            tokio::spawn(async move {
                let machine = machine();
                let directory = Folder::new(machine.path());
                join(&directory, &guessed, "beta", "192.0.2.9:1", clock).await.map(drop)
            })
        })
        .collect();
    let token = cluster.token().await;
    cluster.join(&machine(), &token, "gamma").await.unwrap();
    for guess in guesses {
        assert!(guess.await.unwrap().is_err());
    }
}

#[tokio::test]
async fn junk_requests_to_join_are_refused() {
    let cluster = cluster().await;
    let current = CurrentAuthority::new(cluster.authority.clone());
    let desk = JoinDesk::new(cluster.system.clone(), current, cluster.clock.clone());
    let entries = cluster.log.index();
    let token = cluster.token().await;
    for junk in [&b""[..], b"junk", &[255; 100]] {
        assert!(desk.serve_join(Bytes::copy_from_slice(junk)).await.is_err());
    }
    let request = JoinRequest {
        secret: token.secret.clone(),
        public_key: b"no key".to_vec(),
        name: "beta".to_owned(),
        address: "192.0.2.2:7400".to_owned(),
    };
    let refused = desk.serve_join(postcard::to_stdvec(&request).unwrap().into()).await.unwrap_err();
    assert!(refused.to_string().contains("public key"), "{refused}");
    assert_eq!(cluster.log.index(), entries + 1, "only the token was proposed");
}

#[test]
fn requests_and_grants_do_not_show_their_secrets() {
    let canary = Secret::new(b"CANARY".to_vec());
    let (name, address) = (String::new(), String::new());
    let request = JoinRequest { secret: canary.clone(), public_key: vec![], name, address };
    let (certificate_pem, authority_pem) = (String::new(), String::new());
    let grant = JoinGrant {
        node: NodeId(1),
        certificate_pem,
        authority_pem,
        secrets: canary,
        members: vec![],
        member_keys: vec![],
    };
    let shown = format!("{request:?} {grant:?}");
    assert!(!shown.contains("CANARY") && !shown.contains("67, 65"), "{shown}");
}
