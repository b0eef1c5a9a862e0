//! A manager that is told: net-snmp's snmptrapd, with the MIB that is shipped.

use crate::canaries::COMMUNITY;
use crate::people::Told;
use crate::snmp::SMI;
use harness::cluster::wait_until;
use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// It was told to others just now.
const TOLD_WITHIN: Duration = Duration::from_secs(30);

pub struct Traps {
    pub address: String,
    dir: TempDir,
    process: Child,
}

impl Traps {
    pub fn start() -> Traps {
        let dir = tempfile::tempdir().expect("a directory");
        let free = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("loopback");
        let conf = dir.path().join("snmptrapd.conf");
        std::fs::write(&conf, format!("authCommunity log {COMMUNITY}\n")).expect("written");
        let process = Command::new("/usr/sbin/snmptrapd")
            .env("SNMP_PERSISTENT_DIR", dir.path())
            .env("SNMPCONFPATH", dir.path())
            .args(["-f", "-n", "-C", "-c"])
            .arg(conf)
            .args(["-M", &format!("{SMI}/tests/mibs:{SMI}/mibs"), "-m", "GOTGAN-MIB", "-Lf"])
            .arg(dir.path().join("log"))
            .arg("-p")
            .arg(dir.path().join("pid"))
            .arg(format!("udp:{free}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Debian's package snmptrapd is installed");
        Traps { address: free.to_string(), dir, process }
    }

    /// Waits until it was told the same, once.
    pub fn is_told(&self, told: &Told) {
        assert_eq!(self.hears(told), 1, "{told:?}");
    }

    /// Waits until it was told the same, and says how often.
    pub fn hears(&self, told: &Told) -> usize {
        let [raised, ended] = named(&told.kind);
        let name = if told.about == "ended" { ended } else { raised };
        let id = told.alert;
        let wanted = format!("GOTGAN-MIB::{name}\tGOTGAN-MIB::gotganAlertId.0 = Counter64: {id}\t");
        let times = || {
            let log = std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
            log.matches(&wanted).count()
        };
        wait_until("the manager is told, too", TOLD_WITHIN, || times() > 0);
        times()
    }
}

/// As the MIB names what is raised and what ends.
fn named(kind: &str) -> [&'static str; 2] {
    match kind {
        "no_majority" => ["gotganQuorumLost", "gotganQuorumRegained"],
        "node_down" => ["gotganNodeDown", "gotganNodeUp"],
        "clock_skew" => ["gotganClockSkew", "gotganClockRight"],
        "cert_expiring" => ["gotganCertExpiring", "gotganCertRenewed"],
        "volume_unavailable" => ["gotganVolumeUnavailable", "gotganVolumeAvailable"],
        "volume_degraded" => ["gotganVolumeDegraded", "gotganVolumeHealthy"],
        "near_full" => ["gotganNearFull", "gotganRoomAgain"],
        "quota_exceeded" => ["gotganQuotaExceeded", "gotganQuotaKept"],
        "disk_failing" => ["gotganDiskFailing", "gotganDiskSound"],
        "disk_failed" => ["gotganDiskFailed", "gotganDiskReplaced"],
        "login_burst" => ["gotganAuthBurst", "gotganAuthQuiet"],
        "leader_flapping" => ["gotganLeaderFlapping", "gotganLeaderSteady"],
        _ => panic!("{kind}"),
    }
}

impl Drop for Traps {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
