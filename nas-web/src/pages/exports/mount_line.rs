//! Owns the lines that mount an export on a client, whatever its name holds.

use nasd_api::NodeInfo;

/// For one node: its name, and what to type.
pub struct MountLine {
    pub node: String,
    pub command: String,
}

/// A line for each node that serves NFS, those that answer first.
pub fn mount_lines(nodes: &[NodeInfo], path: &str) -> Vec<MountLine> {
    let mut serving: Vec<(&NodeInfo, &String)> =
        nodes.iter().filter_map(|node| Some((node, node.nfs_address.as_ref()?))).collect();
    serving.sort_by_key(|(node, _)| (!node.reachable, node.id));
    let line = |(node, address): (&NodeInfo, &String)| {
        Some(MountLine { node: node.name.clone(), command: command(address, path)? })
    };
    serving.into_iter().filter_map(line).collect()
}

/// MOUNT answers at the same port, so that no portmapper is asked.
fn command(address: &str, path: &str) -> Option<String> {
    let (host, port) = address.rsplit_once(':')?;
    let from = quoted(&format!("{host}:{path}"));
    Some(format!("mount -t nfs -o vers=3,tcp,hard,nolock,port={port},mountport={port} {from} /mnt"))
}

/// For a shell: as it is where no character means anything there, else between single quotes.
fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-:[]@%+=,".contains(&byte);
    match text.bytes().all(plain) && !text.starts_with('-') && !text.contains('[') {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_api::NodeState;
    use proptest::prelude::*;
    use std::process::Command;

    fn node(id: u64, reachable: bool, nfs: Option<&str>) -> NodeInfo {
        NodeInfo {
            id,
            name: format!("node{id}"),
            address: "192.0.2.1:7400".into(),
            state: NodeState::Member,
            reachable,
            nfs_address: nfs.map(str::to_owned),
            version: None,
        }
    }

    #[test]
    fn every_node_that_serves_has_a_line_with_its_port() {
        let nodes = [
            node(1, false, Some("192.0.2.1:2049")),
            node(2, true, Some("[2001:db8::2]:20492")),
            node(3, true, None),
        ];
        let lines = mount_lines(&nodes, "/media");
        let told: Vec<(&str, &str)> = lines.iter().map(|line| (&*line.node, &*line.command)).collect();
        let options = "mount -t nfs -o vers=3,tcp,hard,nolock,port";
        assert_eq!(
            told,
            [
                ("node2", &*format!("{options}=20492,mountport=20492 '[2001:db8::2]:/media' /mnt")),
                ("node1", &*format!("{options}=2049,mountport=2049 192.0.2.1:/media /mnt")),
            ]
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn a_shell_reads_what_was_meant(path in "/([ -~]|곳간|\\$\\(id\\)|'|\"){0,20}") {
            let told = Command::new("sh").args(["-c", &format!("printf %s {}", quoted(&path))]).output().unwrap();
            prop_assert_eq!(String::from_utf8(told.stdout).unwrap(), path);
        }
    }
}
