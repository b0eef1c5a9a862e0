//! `nasctl diagnose`: what is shown, the exit status, and a bundle that is shown before it is written.

use crate::process::cluster;
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_failed_check_is_shown_with_what_to_do_and_is_the_exit_status() {
    let node = cluster();
    assert_eq!(node.gives(&["diagnose", "nfs", "flush"]).matches("passed").count(), 2);
    let said = node.says(&["diagnose"]);
    assert_eq!((said.status, said.err.as_str()), (1, ""), "{}", said.out);
    for line in [
        "stor-a  disk_health   FAILED",
        "stor-a: Disk health (FAILED)\n",
        "  /var/lib/gotgan/chunks: the disk says itself that it will fail (SMART).\n",
        "  -> Have a disk ready and replace this one soon",
    ] {
        assert!(said.out.contains(line), "{line}: {}", said.out);
    }
    let last = node.says(&["diagnose", "--last", "--node", "stor-a"]);
    assert_eq!((last.status, &last.out), (1, &said.out), "what was found is shown again");
    let unknown = node.says(&["diagnose", "--node", "stor-z"]);
    assert!(unknown.status == 1 && unknown.err.contains("there is no node stor-z"), "{}", unknown.err);
    let wrong = node.says(&["diagnose", "everything"]);
    assert!(wrong.status == 2 && wrong.err.contains("disk_health"), "{}", wrong.err);
}

#[test]
fn a_bundle_is_shown_before_it_is_written_and_nothing_is_written_over() {
    let (node, dir) = (cluster(), tempfile::tempdir().unwrap());
    let path = dir.path().join("support.tar.zst");
    let file = path.to_str().unwrap();
    let asked = node.says(&["diagnose", "--bundle", file]);
    assert!(asked.status == 2 && asked.err.contains("--yes"), "{}", asked.err);
    assert!(asked.out.contains("cluster/cluster.json  2.0 KiB"), "{}", asked.out);
    assert!(!path.exists(), "nobody agreed");
    let said = node.gives(&["diagnose", "--bundle", file, "--yes"]);
    assert!(said.ends_with(&format!("Wrote {file}.\n")), "{said}");
    assert_eq!(std::fs::read(&path).unwrap(), b"an archive");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let again = node.says(&["diagnose", "--bundle", file, "--yes"]);
    assert!(again.status == 1 && again.err.contains("File exists"), "{}", again.err);
}
