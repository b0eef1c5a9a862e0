//! A volume's limits as programs and NFS clients meet them: each refusal is EDQUOT, comes as early as it can, and
//! leaves nothing in the way of removing things.

use harness::cluster::{Cluster, pause};
use harness::nfs_client::NfsClient;
use rustix::fs::{FallocateFlags, fallocate, statvfs};
use rustix::io::Errno;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

const MIB: u64 = 1 << 20;

fn quota<T: std::fmt::Debug>(result: io::Result<T>) -> bool {
    matches!(&result, Err(error) if error.raw_os_error() == Some(Errno::DQUOT.raw_os_error()))
}

/// Bytes that differ from place to place.
fn data(len: u64) -> Vec<u8> {
    (0..len).map(|at| (at * 7 + at / 251) as u8).collect()
}

#[test]
fn what_is_too_much_is_refused_with_edquot_and_removing_makes_room() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    let leader = cluster.fuse(cluster.ready.leader).to_path_buf();
    let (other, third) = (cluster.followers()[0].id, cluster.followers()[1].id);
    let mount = cluster.fuse(other).to_path_buf();
    let set = |arguments: &[&str]| {
        cluster.nasctl(third, &[&["volume", "set", "demo"], arguments].concat());
    };
    set(&["--limit-bytes", "8M", "--limit-files", "30"]);
    let stat = statvfs(&mount).expect("statvfs");
    assert_eq!((stat.f_blocks * stat.f_frsize, stat.f_bfree * stat.f_frsize), (8 * MIB, 8 * MIB));

    files_are_counted(&mount, &leader);
    bytes_are_counted(&mount);
    over_nfs(&mut NfsClient::mount(&cluster.node(third).nfs, &cluster.ready.export).expect("mount"));

    set(&["--limit-bytes", "none"]);
    File::create(leader.join("large")).and_then(|mut file| file.write_all(&data(9 * MIB))).expect("no limit");
    assert!(statvfs(&leader).expect("statvfs").f_blocks * stat.f_frsize > 100 * MIB);
    set(&["--limit-bytes", "1M"]);
    let large = OpenOptions::new().write(true).open(leader.join("large")).expect("open");
    large.write_all_at(&data(MIB), 0).expect("overwriting is no growth");
    large.set_len(3 * MIB).expect("nor is cutting");
    large.sync_all().expect("fsync");
    assert!(quota(large.write_all_at(b"x", 3 * MIB).and_then(|()| large.sync_all())), "growing is");
    fs::remove_file(leader.join("large")).expect("unlink");
    cluster.stop();
}

fn files_are_counted(here: &Path, there: &Path) {
    let before = statvfs(here).expect("statvfs").f_ffree;
    let mut made = 0;
    let refused = loop {
        let at = if made % 2 == 0 { here } else { there };
        match File::create(at.join(format!("f{made}"))) {
            Ok(_) => made += 1,
            Err(error) => break Err::<(), _>(error),
        }
    };
    assert!(quota(refused) && made == before, "{made} of {before}");
    assert!(quota(fs::create_dir(here.join("d"))) && quota(std::os::unix::fs::symlink("x", there.join("l"))));
    fs::hard_link(here.join("f0"), here.join("another name")).expect("a link is no new file");
    fs::rename(here.join("f1"), here.join("renamed")).expect("rename");
    fs::remove_file(here.join("another name")).expect("unlink");
    for number in (0..made).filter(|number| *number != 1) {
        fs::remove_file(there.join(format!("f{number}"))).expect("unlink");
    }
    fs::remove_file(here.join("renamed")).expect("unlink");
    File::create(here.join("again")).expect("removing files makes room at once");
    fs::remove_file(here.join("again")).expect("unlink");
}

fn bytes_are_counted(mount: &Path) {
    let open = |name: &str| {
        OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(mount.join(name))
            .expect("open")
    };
    let file = open("data");
    let allocate = fallocate(&file, FallocateFlags::empty(), 0, 9 * MIB);
    assert_eq!(allocate, Err(Errno::DQUOT), "before anything is written");
    fallocate(&file, FallocateFlags::empty(), 0, 7 * MIB).expect("it would fit");
    file.write_all_at(&data(7 * MIB), 0).expect("write");
    file.sync_all().expect("fsync");
    // A program that copies too much hears of it, at the latest when it makes sure.
    let more = open("more");
    let copied = (0..64).try_for_each(|number| more.write_all_at(&data(MIB / 16), number * MIB / 16));
    assert!(quota(copied.and_then(|()| more.sync_all())));
    // And from then on at once.
    let mut appended = OpenOptions::new().append(true).open(mount.join("more")).expect("open");
    assert!(quota((0..64).try_for_each(|_| appended.write_all(&data(MIB / 16)))), "from write itself");
    let direct = open("direct");
    assert!(quota((0..64).try_for_each(|number| direct.write_all_at(&data(MIB / 16), number * MIB / 16))));
    drop((more, appended, direct));
    assert!(fs::read(mount.join("data")).expect("read") == data(7 * MIB), "what was accepted is there");
    assert!(statvfs(mount).expect("statvfs").f_bavail * 4096 < MIB);
    fallocate(&file, FallocateFlags::empty(), 0, 7 * MIB).expect("it is there already");
    fs::remove_file(mount.join("more")).expect("unlink");
    fs::remove_file(mount.join("direct")).expect("unlink");
    file.set_len(0).expect("cutting");
    fs::remove_file(mount.join("data")).expect("unlink");
    let mut tries = 0;
    while statvfs(mount).expect("statvfs").f_bavail * 4096 < 8 * MIB {
        tries += 1;
        assert!(tries < 300, "removing data makes no room");
        pause(Duration::from_millis(100));
    }
}

fn over_nfs(client: &mut NfsClient) {
    let refused = client.write_file(Path::new("/nfs"), &data(9 * MIB), 256 << 10).expect_err("too much");
    // libnfs does not say which number it got; nasd-nfs's own tests do.
    assert!(refused.to_string().starts_with("write"), "{refused}");
    client.unlink(Path::new("/nfs")).expect("unlink");
    for _ in 0..2 {
        let begun = tokio::time::Instant::now();
        client.write_file(Path::new("/nfs"), &data(7 * MIB), 256 << 10).expect("there is room again at once");
        println!("7 of 8 MiB were removed and written again in {:?}", begun.elapsed());
        client.unlink(Path::new("/nfs")).expect("unlink");
    }
    client.write_file(Path::new("/nfs"), b"x", 1).expect("and again");
    client.unlink(Path::new("/nfs")).expect("unlink");
    let made = (0..40).try_for_each(|number| client.write_file(Path::new(&format!("/n{number}")), b"x", 1));
    made.expect_err("too many");
    for number in 0..40 {
        let _ = client.unlink(Path::new(&format!("/n{number}")));
    }
}
