//! Owns what the kernel says of the machine itself.

use super::report::MachineReport;
use super::text::{clean, text};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;

/// Addresses that are told; a machine with more has containers.
const ADDRESSES_MAX: usize = 32;

pub fn read(root: &Path) -> MachineReport {
    let file = |path: &str| std::fs::read_to_string(root.join(path)).unwrap_or_default();
    let (cpu, cores) = cpu(&file("proc/cpuinfo"));
    let meminfo = file("proc/meminfo");
    let mut addresses = ipv4(&file("proc/net/fib_trie"));
    addresses.extend(ipv6(&file("proc/net/if_inet6")));
    addresses.truncate(ADDRESSES_MAX);
    MachineReport {
        cpu,
        cores,
        model: model(root),
        kernel: text(&root.join("proc/sys/kernel/osrelease")),
        memory_bytes: kib(&meminfo, "MemTotal:"),
        memory_free_bytes: kib(&meminfo, "MemAvailable:"),
        load: load(&file("proc/loadavg")),
        uptime_seconds: file("proc/uptime").split('.').next().and_then(|seconds| seconds.parse().ok()),
        addresses,
        ..MachineReport::default()
    }
}

/// x86 says `model name` of each core; a board says `Model` once.
fn cpu(cpuinfo: &str) -> (Option<String>, u32) {
    let value = |name: &str| {
        let mut lines = cpuinfo.lines().filter_map(|line| line.split_once(':'));
        lines
            .find(|(key, _)| key.trim() == name)
            .map(|(_, value)| clean(value))
            .filter(|value| !value.is_empty())
    };
    let cores =
        cpuinfo.lines().filter(|line| line.split(':').next().is_some_and(|key| key.trim() == "processor"));
    (value("model name").or_else(|| value("Model")), cores.count() as u32)
}

fn model(root: &Path) -> Option<String> {
    let dmi = |name: &str| text(&root.join("sys/class/dmi/id").join(name));
    let named: Vec<String> = [dmi("sys_vendor"), dmi("product_name")].into_iter().flatten().collect();
    match named.is_empty() {
        true => text(&root.join("sys/firmware/devicetree/base/model")),
        false => Some(named.join(" ")),
    }
}

fn kib(meminfo: &str, name: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1024)
}

fn load(loadavg: &str) -> Option<[u32; 3]> {
    let mut averages = loadavg.split_whitespace().map(|text| text.parse::<f64>().ok());
    let mut next = || Some((averages.next()?? * 100.0).round() as u32);
    Some([next()?, next()?, next()?])
}

/// The trie of routes names an address in the line before `/32 host LOCAL`; each stands there twice.
fn ipv4(fib_trie: &str) -> Vec<String> {
    let mut found: Vec<Ipv4Addr> = Vec::new();
    let mut before = None;
    for line in fib_trie.lines() {
        if line.trim() == "/32 host LOCAL" {
            found.extend(
                before.filter(|address: &Ipv4Addr| !address.is_loopback() && !found.contains(address)),
            );
        }
        before = line.trim().strip_prefix("|-- ").and_then(|address| address.parse().ok());
    }
    found.iter().map(ToString::to_string).collect()
}

/// `20010db8000000000000000000000007 02 40 00 80 eth0`: the fourth word is the scope, 0 of what is reached from outside.
fn ipv6(if_inet6: &str) -> Vec<String> {
    let address = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = u128::from_str_radix(words.first()?, 16).ok()?;
        (words.get(3) == Some(&"00")).then(|| Ipv6Addr::from(number).to_string())
    };
    if_inet6.lines().filter_map(address).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        dir
    }

    #[test]
    fn a_server_is_read() {
        let dir = fixture(&[
            (
                "proc/cpuinfo",
                "processor\t: 0\nmodel name\t: AMD EPYC 3151\n\nprocessor\t: 1\nmodel name\t: AMD EPYC 3151\n",
            ),
            ("proc/meminfo", "MemTotal:       32768000 kB\nMemFree: 1 kB\nMemAvailable:   16384000 kB\n"),
            ("proc/loadavg", "0.42 1.05 12.00 2/345 6789\n"),
            ("proc/uptime", "86461.07 170000.00\n"),
            ("proc/sys/kernel/osrelease", "6.12.0-amd64\n"),
            ("sys/class/dmi/id/sys_vendor", "Supermicro\n"),
            ("sys/class/dmi/id/product_name", "SYS-E301\n"),
            (
                "proc/net/fib_trie",
                "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 127.0.0.1\n        /32 host LOCAL\n     |-- 192.0.2.0\n        /24 link UNICAST\n     \
                 |-- 192.0.2.7\n        /32 host LOCAL\nLocal:\n     |-- 192.0.2.7\n        /32 host LOCAL\n",
            ),
            (
                "proc/net/if_inet6",
                "00000000000000000000000000000001 01 80 10 80       lo\n20010db8000000000000000000000007 02 40 00 80     eth0\n\
                 fe80000000000000000000000000abcd 02 40 20 80     eth0\n",
            ),
        ]);
        let read = read(dir.path());
        assert_eq!((read.cpu.as_deref(), read.cores), (Some("AMD EPYC 3151"), 2));
        assert_eq!(read.model.as_deref(), Some("Supermicro SYS-E301"));
        assert_eq!(read.kernel.as_deref(), Some("6.12.0-amd64"));
        assert_eq!(read.memory_bytes, Some(32_768_000 * 1024));
        assert_eq!(read.memory_free_bytes, Some(16_384_000 * 1024));
        assert_eq!(read.load, Some([42, 105, 1200]));
        assert_eq!(read.uptime_seconds, Some(86_461));
        assert_eq!(read.addresses, ["192.0.2.7", "2001:db8::7"]);
    }

    #[test]
    fn a_board_names_itself_and_what_is_not_there_is_not_made_up() {
        let dir = fixture(&[
            ("proc/cpuinfo", "processor\t: 0\nBogoMIPS\t: 108.00\n\nModel\t\t: Raspberry Pi 4 Model B\n"),
            ("sys/firmware/devicetree/base/model", "Raspberry Pi 4 Model B\0"),
            ("proc/loadavg", "what\n"),
        ]);
        let said = read(dir.path());
        assert_eq!((said.cpu.as_deref(), said.cores), (Some("Raspberry Pi 4 Model B"), 1));
        assert_eq!(said.model.as_deref(), Some("Raspberry Pi 4 Model B"));
        assert_eq!((said.load, said.uptime_seconds, said.memory_bytes), (None, None, None));
        assert_eq!(read(Path::new("/nowhere")), MachineReport::default());
    }
}
