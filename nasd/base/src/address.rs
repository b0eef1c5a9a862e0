//! Owns how people write addresses of machines: what is wrong with one is said with an example of a right one.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// What is no address, as it was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    #[error("`{0}` is not an IP address; write it as 192.0.2.7 or 2001:db8::7")]
    Ip(String),
    #[error(
        "`{0}` is not an address to listen at; write it as IP:PORT, for instance 0.0.0.0:7443 or [::]:7443"
    )]
    Listen(String),
    #[error(
        "`{0}` is not a host and a port; write it as HOST:PORT, for instance stor-a:7420 or [2001:db8::7]:7420"
    )]
    Host(String),
    #[error("`{port}` in `{text}` is not a port: ports are 1 to 65535, for instance {example}")]
    Port { text: String, port: String, example: String },
}

/// One machine, by its number.
pub fn read_ip(text: &str) -> Result<IpAddr, BadAddress> {
    text.parse().map_err(|_| BadAddress::Ip(text.to_owned()))
}

/// Where to listen; port 0 lets the system choose one.
pub fn read_listen(text: &str) -> Result<SocketAddr, BadAddress> {
    text.parse().map_err(|_| match split(text) {
        Some((host, Some(port))) if port.parse::<u16>().is_err() && is_ip(host) => bad_port(text, host, port),
        _ => BadAddress::Listen(text.to_owned()),
    })
}

/// `HOST:PORT`, as others reach it.
pub fn read_host_port(text: &str) -> Result<String, BadAddress> {
    match split(text) {
        Some((host, Some(port))) => checked(text, host, port),
        _ => Err(BadAddress::Host(text.to_owned())),
    }
}

/// `HOST` or `HOST:PORT`.
pub fn read_host(text: &str) -> Result<String, BadAddress> {
    match split(text) {
        Some((_, None)) => Ok(text.to_owned()),
        _ => read_host_port(text),
    }
}

fn checked(text: &str, host: &str, port: &str) -> Result<String, BadAddress> {
    match port.parse::<u16>() {
        Ok(1..) => Ok(text.to_owned()),
        _ => Err(bad_port(text, host, port)),
    }
}

fn bad_port(text: &str, host: &str, port: &str) -> BadAddress {
    BadAddress::Port { text: text.to_owned(), port: port.to_owned(), example: format!("{host}:7420") }
}

fn is_ip(host: &str) -> bool {
    host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
}

/// Host and port, where the host can be one. An IPv6 address is in brackets, which stay.
fn split(text: &str) -> Option<(&str, Option<&str>)> {
    if text.starts_with('[') {
        let (host, rest) = text.split_at(text.find(']')? + 1);
        host[1..host.len() - 1].parse::<Ipv6Addr>().ok()?;
        let port = if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) };
        return Some((host, port));
    }
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let possible =
        !host.is_empty() && host.chars().all(named) && !port.is_some_and(|port| port.contains(':'));
    possible.then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_an_address_is_taken_as_it_is() {
        assert!(read_ip("192.0.2.7").is_ok() && read_ip("2001:db8::7").is_ok());
        assert_eq!(read_listen("127.0.0.1:0").unwrap().port(), 0);
        for text in ["stor-a:7420", "192.0.2.7:65535", "[2001:db8::7]:7420", "stor_a.example:1"] {
            assert_eq!(read_host_port(text).as_deref(), Ok(text));
            assert_eq!(read_host(text).as_deref(), Ok(text));
        }
        assert!(
            read_host("stor-a").is_ok() && read_host("[::1]").is_ok() && read_host_port("stor-a").is_err()
        );
    }

    #[test]
    fn what_is_none_is_named_with_an_example() {
        let said = |error: BadAddress| error.to_string();
        assert_eq!(
            said(read_ip("10.0.0.0/8").unwrap_err()),
            "`10.0.0.0/8` is not an IP address; write it as 192.0.2.7 or 2001:db8::7"
        );
        for text in ["stor-a:99999", "stor-a:0", "stor-a:nfs", "stor-a:"] {
            let told = said(read_host_port(text).unwrap_err());
            assert!(told.ends_with("ports are 1 to 65535, for instance stor-a:7420"), "{told}");
        }
        for text in ["", ":7420", "2001:db8::7:7420", "a b:1", "https://a:1", "[::1", "[x]:1", "[::1]7420"] {
            let told = said(read_host_port(text).unwrap_err());
            assert!(told.contains(&format!("`{text}` is not a host and a port")), "{told}");
        }
        assert!(said(read_listen("7443").unwrap_err()).contains("for instance 0.0.0.0:7443"));
        assert!(
            said(read_listen("0.0.0.0:70000").unwrap_err())
                .contains("`70000` in `0.0.0.0:70000` is not a port")
        );
    }
}
