//! Owns the agent's socket. An answer leaves from the address that was asked: a node has several, and managers and
//! firewalls take an answer from another one for a stranger's.

use nix::libc::{in_addr, in_pktinfo, in6_pktinfo};
use nix::sys::socket::sockopt::{Ipv4PacketInfo, Ipv6RecvPacketInfo};
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, sendmsg, setsockopt,
};
use std::io::{self, IoSlice, IoSliceMut};
use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::AsRawFd;
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// Receives datagrams and answers them.
pub struct Datagrams {
    socket: UdpSocket,
}

/// Where a datagram came from, and which address it was sent to.
#[derive(Clone, Copy)]
pub struct Way {
    pub from: SocketAddr,
    to: Option<To>,
}

#[derive(Clone, Copy)]
enum To {
    V4(in_pktinfo),
    V6(in6_pktinfo),
}

impl Datagrams {
    pub async fn bind(address: SocketAddr) -> io::Result<Datagrams> {
        let socket = UdpSocket::bind(address).await?;
        match address {
            SocketAddr::V4(_) => setsockopt(&socket, Ipv4PacketInfo, &true)?,
            SocketAddr::V6(_) => setsockopt(&socket, Ipv6RecvPacketInfo, &true)?,
        }
        Ok(Datagrams { socket })
    }

    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// The next datagram's length, and its way.
    pub async fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, Way)> {
        self.socket.async_io(Interest::READABLE, || receive(&self.socket, buffer)).await
    }

    /// Sends an answer back.
    pub async fn send(&self, answer: &[u8], way: Way) -> io::Result<()> {
        self.socket.async_io(Interest::WRITABLE, || send(&self.socket, answer, way)).await
    }
}

fn receive(socket: &UdpSocket, buffer: &mut [u8]) -> io::Result<(usize, Way)> {
    let mut space = nix::cmsg_space!(in_pktinfo, in6_pktinfo);
    let mut parts = [IoSliceMut::new(buffer)];
    let message =
        recvmsg::<SockaddrStorage>(socket.as_raw_fd(), &mut parts, Some(&mut space), MsgFlags::empty())?;
    let from = message.address.as_ref().and_then(socket_address).ok_or(io::ErrorKind::InvalidData)?;
    let to = message.cmsgs()?.find_map(|control| match control {
        ControlMessageOwned::Ipv4PacketInfo(info) => Some(To::V4(info)),
        ControlMessageOwned::Ipv6PacketInfo(info) => Some(To::V6(info)),
        _ => None,
    });
    Ok((message.bytes, Way { from, to }))
}

fn send(socket: &UdpSocket, answer: &[u8], way: Way) -> io::Result<()> {
    let back = SockaddrStorage::from(way.from);
    let leaves = |control: &[ControlMessage<'_>]| {
        let parts = [IoSlice::new(answer)];
        sendmsg(socket.as_raw_fd(), &parts, control, MsgFlags::empty(), Some(&back))
    };
    match way.to {
        Some(To::V4(info)) => {
            // Any interface will do: the route back need not be the way here.
            let info = in_pktinfo { ipi_ifindex: 0, ipi_addr: in_addr { s_addr: 0 }, ..info };
            leaves(&[ControlMessage::Ipv4PacketInfo(&info)])
        }
        Some(To::V6(info)) => leaves(&[ControlMessage::Ipv6PacketInfo(&info)]),
        None => leaves(&[]),
    }?;
    Ok(())
}

fn socket_address(address: &SockaddrStorage) -> Option<SocketAddr> {
    let v4 = address.as_sockaddr_in().map(|address| SocketAddrV4::from(*address).into());
    v4.or_else(|| address.as_sockaddr_in6().map(|address| SocketAddrV6::from(*address).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A node was asked at one of several addresses and answered from another: a connected socket, and a firewall,
    /// never saw the answer.
    #[tokio::test]
    async fn an_answer_comes_from_the_address_that_was_asked() {
        for (everywhere, asked) in [("0.0.0.0:0", "127.0.0.2"), ("[::]:0", "::1"), ("[::]:0", "127.0.0.3")] {
            let node = Datagrams::bind(everywhere.parse().unwrap()).await.unwrap();
            let port = node.address().unwrap().port();
            let manager = UdpSocket::bind(if asked.contains(':') { "[::1]:0" } else { "127.0.0.1:0" });
            let manager = manager.await.unwrap();
            manager.connect((asked, port)).await.unwrap();
            manager.send(b"question").await.unwrap();
            let mut buffer = [0; 64];
            let (length, way) = node.receive(&mut buffer).await.unwrap();
            assert_eq!(&buffer[..length], b"question");
            node.send(b"answer", way).await.unwrap();
            let heard = tokio::time::timeout(std::time::Duration::from_secs(2), manager.recv(&mut buffer));
            assert_eq!(heard.await.expect("it is heard").unwrap(), 6, "{everywhere} {asked}");
        }
    }
}
