//! Owns which node is asked: through its local socket, or by HTTPS with a certificate and a token.

use crate::failure::Failure;
use crate::secret_input;
use clap::{Args, ValueHint};
use nasd_api::{Client, DEFAULT_SOCKET, SOCKET_FILE, Secret, Trust, Who};
use nasd_base::address::{BadAddress, read_host};
use std::ffi::OsString;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

const SOCKET: &str = "GOTGAN_SOCKET";
const SERVER: &str = "GOTGAN_SERVER";
const FINGERPRINT: &str = "GOTGAN_FINGERPRINT";
const TOKEN: &str = "GOTGAN_TOKEN";
/// Debian's bundle of authorities.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// What every command takes is apart from what is its own.
pub const GLOBAL: &str = "Options of every command";

#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = GLOBAL)]
pub struct Reach {
    /// The node's management socket [default: $GOTGAN_SOCKET or /run/gotgan/nasd.sock]
    #[arg(long, global = true, value_name = "PATH", value_hint = ValueHint::FilePath, conflicts_with = "dir")]
    pub socket: Option<PathBuf>,
    /// The directory that nasd was started with; its socket is in there
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
    /// Ask a node on the network by HTTPS instead [default: $GOTGAN_SERVER; port 7443]
    #[arg(
        long, global = true, value_name = "HOST[:PORT]", value_hint = ValueHint::Hostname,
        conflicts_with_all = ["socket", "dir"]
    )]
    pub server: Option<String>,
    /// With --server: the certificate it must show, as 64 hexadecimal digits [default: $GOTGAN_FINGERPRINT]
    #[arg(long, global = true, value_name = "SHA256", conflicts_with = "ca_file")]
    pub fingerprint: Option<String>,
    /// With --server: believe certificates of the authorities in this file of PEM certificates [default:
    /// /etc/ssl/certs/ca-certificates.crt]
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ca_file: Option<PathBuf>,
    /// With --server: the file that holds the API token [default: what is in $GOTGAN_TOKEN]
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub token_file: Option<PathBuf>,
}

/// The node that is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    Socket(PathBuf),
    Server { authority: String, trust: Trust, token: Token },
}

/// Where the API token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    File(PathBuf),
    Given(Secret),
    Missing,
}

impl Reach {
    /// The command line goes before the environment.
    ///
    /// # Errors
    /// `Usage` for what contradicts itself, so that nobody changes another cluster than they think.
    pub fn node(self, variable: impl Fn(&str) -> Option<OsString>) -> Result<Node, Failure> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let text = |name: &str| match variable(name).map(OsString::into_string) {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(value)),
            Some(Err(_)) => Err(Failure::Usage(format!("{name} is not UTF-8"))),
        };
        let told = self.socket.or_else(|| self.dir.map(|dir| dir.join(SOCKET_FILE)));
        let server = match (told.is_some(), self.server) {
            (true, _) => None,
            (false, None) => text(SERVER)?,
            (false, server) => server,
        };
        let Some(server) = server else {
            let remote_only = [
                ("--fingerprint", self.fingerprint.is_some()),
                ("--ca-file", self.ca_file.is_some()),
                ("--token-file", self.token_file.is_some()),
            ];
            if let Some((option, _)) = remote_only.iter().find(|(_, given)| *given) {
                return Err(Failure::Usage(format!(
                    "{option} needs --server: the local socket has no use for it"
                )));
            }
            let socket = told.or_else(|| variable(SOCKET).map(PathBuf::from));
            return Ok(Node::Socket(socket.unwrap_or_else(|| DEFAULT_SOCKET.into())));
        };
        let authority = authority(&server)?;
        let trust = match (self.ca_file, self.fingerprint) {
            (Some(file), _) => Trust::Authorities(file),
            (None, Some(fingerprint)) => Trust::Fingerprint(fingerprint),
            (None, None) => match text(FINGERPRINT)? {
                Some(fingerprint) => Trust::Fingerprint(fingerprint),
                None => Trust::Authorities(AUTHORITIES.into()),
            },
        };
        let token = match self.token_file {
            Some(file) => Token::File(file),
            None => text(TOKEN)?.map_or(Token::Missing, |token| Token::Given(Secret::new(token.trim()))),
        };
        Ok(Node::Server { authority, trust, token })
    }
}

/// The host and its port of what may be written as an address of a browser.
fn authority(server: &str) -> Result<String, Failure> {
    let usage = |what: String| Err(Failure::Usage(format!("--server {server}: {what}")));
    if server.starts_with("http://") {
        return usage("a node is asked by HTTPS only".into());
    }
    let plain = server.strip_prefix("https://").unwrap_or(server);
    let plain = plain.strip_suffix('/').unwrap_or(plain);
    read_host(plain).or_else(|error| match error {
        BadAddress::Port { .. } => usage(error.to_string()),
        _ => usage("write it as HOST, HOST:PORT or https://HOST:PORT, without anything behind it".into()),
    })
}

impl fmt::Display for Node {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Node::Socket(path) => write!(to, "{}", path.display()),
            Node::Server { authority, .. } => to.write_str(authority),
        }
    }
}

impl Node {
    pub fn is_remote(&self) -> bool {
        matches!(self, Node::Server { .. })
    }

    /// As root of the node, or as whom the API token belongs to.
    pub async fn client(&self) -> Result<Client, Failure> {
        match self {
            Node::Socket(path) => Ok(Client::connect(path).await?),
            Node::Server { authority, trust, token } => {
                let token = match token {
                    Token::File(path) => secret_input::token(Some(path))?,
                    Token::Given(token) => token.clone(),
                    Token::Missing => {
                        let need = "--server needs an API token: give --token-file or set GOTGAN_TOKEN; \
                                    `nasctl --server … token create NAME --user USER` makes one";
                        return Err(Failure::Usage(need.to_owned()));
                    }
                };
                Ok(Client::remote(authority, trust, token)?)
            }
        }
    }

    /// As somebody who is about to log in.
    pub async fn visitor(&self) -> Result<Client, Failure> {
        let client = match self {
            Node::Socket(path) => Client::connect(path).await?,
            Node::Server { authority, trust, .. } => Client::remote(authority, trust, Secret::new(""))?,
        };
        Ok(client.acting(Who::Visitor(here())))
    }
}

/// Where somebody at this machine logs in from, for the node's own socket. HTTPS sees for itself.
pub fn here() -> IpAddr {
    Ipv4Addr::LOCALHOST.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(reach: Reach, variables: &[(&str, &str)]) -> Result<Node, Failure> {
        reach.node(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn the_nearest_word_names_the_socket() {
        let socket = |reach, variable| match node(reach, &[("GOTGAN_SOCKET", variable)]) {
            Ok(Node::Socket(path)) => path,
            other => panic!("{other:?}"),
        };
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(socket(Reach { socket: path("/s"), ..Reach::default() }, "/e"), PathBuf::from("/s"));
        assert_eq!(
            socket(Reach { dir: path("/d"), ..Reach::default() }, "/e"),
            PathBuf::from("/d/nasd.sock")
        );
        assert_eq!(socket(Reach::default(), "/e"), PathBuf::from("/e"));
        assert_eq!(socket(Reach::default(), ""), PathBuf::from(DEFAULT_SOCKET));
    }

    #[test]
    fn a_server_is_named_by_the_command_line_or_the_environment() {
        let environment = [
            ("GOTGAN_SERVER", "one"),
            ("GOTGAN_FINGERPRINT", "ab"),
            ("GOTGAN_TOKEN", "t\n"),
            ("GOTGAN_SOCKET", "/e"),
        ];
        let expected = Node::Server {
            authority: "one".into(),
            trust: Trust::Fingerprint("ab".into()),
            token: Token::Given(Secret::new("t")),
        };
        assert_eq!(node(Reach::default(), &environment).unwrap(), expected);
        let told = Reach {
            server: Some("two".into()),
            ca_file: Some("/ca".into()),
            token_file: Some("/t".into()),
            ..Reach::default()
        };
        let expected = Node::Server {
            authority: "two".into(),
            trust: Trust::Authorities("/ca".into()),
            token: Token::File("/t".into()),
        };
        assert_eq!(node(told, &environment).unwrap(), expected);
        let local = Reach { dir: Some("/d".into()), ..Reach::default() };
        assert_eq!(node(local, &environment).unwrap(), Node::Socket("/d/nasd.sock".into()));
    }

    #[test]
    fn a_server_may_be_written_as_browsers_have_it() {
        for (text, authority) in [
            ("one", "one"),
            ("https://one", "one"),
            ("https://192.0.2.1:7443/", "192.0.2.1:7443"),
            ("https://[2001:db8::1]:7443", "[2001:db8::1]:7443"),
        ] {
            let reach = Reach { server: Some(text.into()), ..Reach::default() };
            assert!(
                matches!(node(reach, &[]), Ok(Node::Server { authority: a, .. }) if a == authority),
                "{text}"
            );
        }
        for bad in [
            "http://one",
            "https://",
            "https://one/api/v1",
            "admin@one",
            "https://one?x",
            "one:0",
            "one:https",
        ] {
            let reach = Reach { server: Some(bad.into()), ..Reach::default() };
            let told = node(reach, &[]);
            assert!(matches!(told, Err(Failure::Usage(_))), "{bad}");
        }
    }

    #[test]
    fn without_a_pin_the_systems_authorities_decide() {
        let reach = Reach { server: Some("one".into()), ..Reach::default() };
        let expected = Node::Server {
            authority: "one".into(),
            trust: Trust::Authorities(AUTHORITIES.into()),
            token: Token::Missing,
        };
        assert_eq!(node(reach, &[]).unwrap(), expected);
    }

    #[test]
    fn what_only_a_server_needs_is_refused_without_one() {
        let pinned = Reach { fingerprint: Some("ab".into()), ..Reach::default() };
        assert!(matches!(node(pinned, &[]), Err(Failure::Usage(words)) if words.contains("--server")));
    }
}
