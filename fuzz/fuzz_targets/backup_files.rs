//! What a repository holds, as whoever has its key may have written it: a tree, a restore point, a pack's header; and a key's
//! file, which anybody may write.
#![no_main]

use backup_repository::{Directory, Repository, Snapshot, Tree, header_entries};
use libfuzzer_sys::fuzz_target;
use std::sync::Arc;

fuzz_target!(|input: &[u8]| {
    if let Ok(tree) = serde_json::from_slice::<Tree>(input) {
        for node in &tree.nodes {
            let _ = (node.has_plain_name(), node.mode(), node.target());
        }
        let again = serde_json::to_vec(&tree).expect("it can be written");
        assert_eq!(serde_json::from_slice::<Tree>(&again).expect("it can be read"), tree);
    }
    if let Ok(snapshot) = serde_json::from_slice::<Snapshot>(input) {
        let again = serde_json::to_vec(&snapshot).expect("it can be written");
        assert_eq!(serde_json::from_slice::<Snapshot>(&again).expect("it can be read"), snapshot);
    }
    let _ = header_entries(input);
    // The costs of a key are bounded, and still too much for each input.
    let asks_little = !input.windows(3).any(|part| part == b"\"N\"");
    if asks_little {
        let dir = std::env::temp_dir().join(format!("backup-files-{}", std::process::id()));
        let keys = dir.join("keys");
        std::fs::create_dir_all(&keys).expect("a directory");
        std::fs::write(dir.join("config"), input).expect("a file");
        std::fs::write(keys.join("0".repeat(64)), input).expect("a file");
        assert!(Repository::open(Arc::new(Directory::new(&dir)), b"a passphrase").is_err());
    }
});
