//! What the demo says: text for people on a terminal, one JSON line for scripts.

use super::setup::{EXPORT, ReadyCluster, ReadyNode};
use nasd_api::ClusterStatus;
use serde_json::json;
use std::io::{IsTerminal, Write};
use std::path::Path;

/// Prints; keeps one status line fresh when standard output is a terminal.
pub struct Reporter {
    json: bool,
    live: bool,
    status: String,
}

impl Reporter {
    pub fn new(json: bool) -> Reporter {
        Reporter { json, live: !json && std::io::stdout().is_terminal(), status: String::new() }
    }

    /// A line for people: above the status line on a terminal, on standard error beside JSON.
    pub fn line(&mut self, text: &str) {
        if self.json {
            eprintln!("{text}");
            return;
        }
        if self.live && !self.status.is_empty() {
            print!("\r\x1b[K");
        }
        println!("{text}");
        self.redraw();
    }

    /// The cluster serves: what to try now.
    pub fn ready(&mut self, dir: &Path, cluster: &ReadyCluster) {
        if self.json {
            println!("{}", ready_line(cluster));
            // A closed pipe is the reader's choice.
            let _ = std::io::stdout().flush();
        } else {
            self.line(&invitation(dir, cluster));
        }
    }

    /// Shows the cluster's verdict when it is new.
    pub fn status(&mut self, status: Option<ClusterStatus>) {
        let text = match status {
            None => "No node answers.".to_owned(),
            Some(status) => {
                let leader = status.volumes.first().and_then(|volume| volume.leader_name());
                let leader = leader.unwrap_or("nobody");
                format!("{} Volume demo is led by {leader}.", status.verdict)
            }
        };
        if text == self.status {
            return;
        }
        self.status = text;
        if self.live {
            self.redraw();
        } else {
            let text = self.status.clone();
            if self.json { eprintln!("{text}") } else { println!("{text}") }
        }
    }

    fn redraw(&self) {
        if self.live {
            print!("\r\x1b[K{}", self.status);
            let _ = std::io::stdout().flush();
        }
    }
}

/// The line that scripts read.
fn ready_line(cluster: &ReadyCluster) -> serde_json::Value {
    let node = |node: &ReadyNode| {
        json!({
            "id": node.id,
            "pid": node.pid,
            "nfs": node.nfs,
            "api": node.socket,
            "https": node.https,
            "console": node.console,
            "snmp": node.snmp,
            "fuse": node.fuse.as_ref().ok(),
        })
    };
    let nodes: Vec<_> = cluster.nodes.iter().map(node).collect();
    json!({ "ready": true, "export": EXPORT, "leader": cluster.leader, "nodes": nodes,
            "setup_token": cluster.setup.as_ref().map(nasd_api::Secret::reveal),
            "setup_link": cluster.setup_link() })
}

fn invitation(dir: &Path, cluster: &ReadyCluster) -> String {
    let first = &cluster.nodes[0];
    let mut text = format!("\nThree nodes serve {EXPORT}; {} leads the volume.\n", leader(cluster).name);
    for node in &cluster.nodes {
        let fuse = match &node.fuse {
            Ok(path) => path.display().to_string(),
            Err(why) => format!("not mounted ({why})"),
        };
        text += &format!("  {}  pid {:<7}  NFS {}  FUSE {fuse}\n", node.name, node.pid, node.nfs);
    }
    text += &consoles(cluster);
    let port = first.nfs.rsplit(':').next().unwrap_or_default();
    text += &format!("Management API: {0}/api/v1 (described at {0}/api/v1/openapi.json)\n", first.https);
    if let (Some(token), None) = (&cluster.setup, cluster.setup_link()) {
        text += "The first administrator is made once, within 24 hours, with this token:\n";
        let body = format!("{{\"token\":\"{}\",\"name\":\"admin\",\"password\":\"…\"}}", token.reveal());
        text +=
            &format!("  curl -k -H content-type:application/json -d '{body}' {}/api/v1/setup\n", first.https);
    }
    text += "\nTry, in another terminal:\n";
    text += &format!("  nfs-ls 'nfs://127.0.0.1{EXPORT}?nfsport={port}&mountport={port}'\n");
    text += "    (needs no root: the demo's export is insecure, so every user of this machine can act as any other in it)\n";
    text += &format!(
        "  sudo mount -t nfs -o vers=3,nolock,port={port},mountport={port},tcp 127.0.0.1:{EXPORT} /mnt\n"
    );
    if let Some(path) = cluster.nodes.iter().rev().find_map(|node| node.fuse.as_ref().ok()) {
        text += &format!("  cp -r /usr/share/doc {}/\n", path.display());
    }
    let nasctl = std::env::current_exe().map(|path| path.with_file_name("nasctl"));
    let nasctl = nasctl.map_or("nasctl".to_owned(), |path| path.display().to_string());
    text += &format!("  {nasctl} --dir {}/node1 cluster status\n", dir.display());
    if let Some(address) = &first.snmp {
        text += &format!(
            "  {nasctl} --dir {}/node1 snmp user create watch --from 127.0.0.1 --auth-file F --priv-file F\n",
            dir.display()
        );
        text += &format!(
            "  snmpwalk -v3 -l authPriv -u watch -a SHA-256 -x AES {address} 1.3.6.1.2.1.1    # with F's passphrase\n"
        );
    }
    text += &format!("  kill -9 {}    # the leader: watch a copy go on\n", leader(cluster).pid);
    text + "\nCtrl-C stops the cluster. The same command brings it up again with the same data.\n"
}

/// Where the pages are, and the link that makes the first administrator.
fn consoles(cluster: &ReadyCluster) -> String {
    let of_node = |node: &ReadyNode| node.console.as_ref().map(|url| format!("  {}  {url}\n", node.name));
    let consoles: String = cluster.nodes.iter().filter_map(of_node).collect();
    if consoles.is_empty() {
        return consoles;
    }
    let mut text = format!(
        "Web console (any node's shows the whole cluster; its certificate is self-signed):\n{consoles}"
    );
    if let Some(link) = cluster.setup_link() {
        text += &format!(
            "Nobody can log in yet. Make the first administrator here, within 24 hours:\n  {link}\n"
        );
    }
    text
}

fn leader(cluster: &ReadyCluster) -> &ReadyNode {
    let leads = |node: &&ReadyNode| node.id == cluster.leader;
    cluster.nodes.iter().find(leads).unwrap_or(&cluster.nodes[0])
}
