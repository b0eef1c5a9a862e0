//! Owns the start of the agent, its socket, and the end on a signal.

use crate::agent::Agent;
use crate::boots::Boots;
use crate::deliveries::Deliveries;
use crate::picture::Painter;
use crate::settings::Settings;
use crate::socket::Datagrams;
use bytes::Bytes;
use nasd_api::Client;
use nasd_base::clock::SystemClock;
use nasd_files::{Folder, make_dir};
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Pause after the kernel gave no datagram.
const RETRY_EVERY: Duration = Duration::from_millis(100);

/// What the agent is started with.
pub struct Options {
    /// The agents' socket of nasd.
    pub socket: PathBuf,
    /// A directory of the agent's own, for what it keeps over restarts.
    pub state: PathBuf,
    pub listen: SocketAddr,
}

/// Answers until `shutdown` completes. `say` gets the lines for the operator.
///
/// # Errors
/// A sentence for the operator, when it cannot begin.
pub async fn serve(
    options: Options,
    say: impl Fn(&str),
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), String> {
    let agent = Arc::new(Agent::new()?);
    let socket = Datagrams::bind(options.listen).await;
    let socket = socket.map_err(|error| format!("cannot listen on {}: {error}", options.listen))?;
    let address = socket.address().map_err(|error| error.to_string())?;
    make_dir(&options.state).map_err(|error| format!("cannot make {}: {error}", options.state.display()))?;
    say(&format!("SNMP at udp:{address}"));
    let (painter, client) = (Arc::new(Painter::default()), Client::local(&options.socket));
    let boots = Boots::new(Folder::new(&options.state));
    let deliveries = Deliveries::new(agent.clone(), client.clone())?;
    let work = [
        tokio::spawn(Settings::new(&client, boots, SystemClock).follow(agent.clone())),
        tokio::spawn(answer_all(agent.clone(), socket)),
        tokio::spawn(deliveries.follow()),
        tokio::spawn(painter.clone().follow(agent.clone(), client.clone())),
        tokio::spawn(painter.clone().follow_devices(agent.clone(), client)),
        tokio::spawn(painter.paint(agent)),
    ];
    shutdown.await;
    work.iter().for_each(|task| task.abort());
    Ok(())
}

/// Answers every datagram, one after the other.
pub async fn answer_all(agent: Arc<Agent>, socket: Datagrams) {
    // As long as a datagram can be.
    let mut buffer = vec![0; 1 << 16];
    loop {
        let Ok((length, way)) = socket.receive(&mut buffer).await else {
            sleep(RETRY_EVERY).await;
            continue;
        };
        let datagram = Bytes::copy_from_slice(&buffer[..length]);
        if let Some(answer) = agent.answer(Instant::now(), way.from, datagram) {
            // Who cannot be reached asks again.
            let _ = socket.send(&answer, way).await;
        }
    }
}
