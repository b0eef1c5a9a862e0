//! The node network inside the simulation: turmoil's streams, with the peer's number in place of a
//! certificate.

use nasd_base::NodeId;
use nasd_base::net::{BoxFuture, Listener, Net, Peer, Stream};
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use turmoil::net::{TcpListener, TcpStream};

/// The network as one node sees it.
pub struct SimNet {
    pub me: NodeId,
}

impl Net for SimNet {
    fn connect(&self, _node: NodeId, address: &str) -> BoxFuture<'_, io::Result<Box<dyn Stream>>> {
        let address = address.to_owned();
        Box::pin(async move {
            let mut stream = TcpStream::connect(address).await?;
            stream.write_u64(self.me.0).await?;
            Ok(Box::new(stream) as Box<dyn Stream>)
        })
    }

    fn listen(&self, address: &str) -> BoxFuture<'_, io::Result<Box<dyn Listener>>> {
        let address = address.to_owned();
        Box::pin(async move {
            let listener = TcpListener::bind(&address).await?;
            Ok(Box::new(SimListener { listener, address }) as Box<dyn Listener>)
        })
    }
}

struct SimListener {
    listener: TcpListener,
    address: String,
}

/// The name comes right behind the connection.
const NAME_WITHIN: std::time::Duration = std::time::Duration::from_secs(1);

impl Listener for SimListener {
    fn accept(&mut self) -> BoxFuture<'_, io::Result<(Box<dyn Stream>, Peer)>> {
        Box::pin(async move {
            loop {
                let (mut stream, _) = self.listener.accept().await?;
                // A peer that dies or is cut off between connecting and naming itself is no error of the listener,
                // nor may others wait for it for long (seed 239: for ever).
                if let Ok(Ok(node)) = tokio::time::timeout(NAME_WITHIN, stream.read_u64()).await {
                    return Ok((Box::new(stream) as Box<dyn Stream>, Peer::Node(NodeId(node))));
                }
            }
        })
    }

    fn local_address(&self) -> io::Result<String> {
        Ok(self.address.clone())
    }
}
