//! Who was busy or slow.

use crate::Memory;
use nasd_api::*;
use nasd_base::role::Right;

impl Serve<ReadTop> for Memory {
    async fn serve(&self, call: Call<ReadTop>) -> Result<Top, ApiError> {
        let TopAt { by, span, volume, client } = call.at;
        self.act(|state| match &volume {
            Some(name) if !state.volumes.contains_key(name) => Err(refusal::unknown_volume(name)),
            _ => {
                let known = state.volumes.keys().next().map(ToString::to_string);
                let used = volume.clone().or(known).unwrap_or_else(|| "demo".to_owned());
                let sees_paths = call.caller.may(Right::ChangeStorage);
                let mut top = told(&used, sees_paths);
                (top.by, top.seconds) = (by, span.seconds());
                if let Some(client) = &client {
                    top.clients.retain(|one| one.client == *client);
                    top.slowest.retain(|one| one.client == *client);
                    (top.files, top.directories) = Default::default();
                }
                Ok(top)
            }
        })
    }
}

fn work(operations: u64) -> Work {
    let stages = StageTimes { log_flush: 700 * operations, queue: 200 * operations, ..StageTimes::default() };
    let (bytes, micros) = (4096 * operations, 1000 * operations);
    Work { operations, bytes, micros, stages: StageTimes { other: 100 * operations, ..stages } }
}

fn works(operations: u64) -> Works {
    Works { all: work(operations), write: work(operations), ..Works::default() }
}

fn told(volume: &str, sees_paths: bool) -> Top {
    let client = |name: &str, protocol, operations| TopClient {
        client: name.to_owned(),
        protocol,
        volumes: vec![volume.to_owned()],
        work: works(operations),
    };
    let file = |inode, path: &str| TopFile {
        volume: volume.to_owned(),
        inode,
        path: sees_paths.then(|| path.to_owned()),
        operations: 900,
        bytes: 900 * 4096,
        micros: 900_000,
        missing: 4,
    };
    let slow = SlowOperation {
        request: "1-2f4a".to_owned(),
        at: 1_800_000_000,
        node: "node1".to_owned(),
        client: "192.0.2.7".to_owned(),
        volume: volume.to_owned(),
        kind: "commit".to_owned(),
        inode: Some(42),
        path: sees_paths.then(|| "/home/ko/<b>.txt".to_owned()),
        bytes: 0,
        micros: 2_300_000,
        stages: StageTimes { log_flush: 2_200_000, other: 100_000, ..StageTimes::default() },
    };
    Top {
        all: work(1300),
        volumes: vec![TopVolume { volume: volume.to_owned(), work: works(1300) }],
        clients: vec![client("192.0.2.7", Protocol::Nfs, 1200), client("node1", Protocol::Fuse, 100)],
        files: vec![file(42, "/home/ko/<b>.txt"), file(43, "/home/ko/other")],
        directories: vec![file(40, "/home/ko")],
        files_floor: 3,
        slowest: vec![slow],
        paths_hidden: !sees_paths,
        ..Top::default()
    }
}
