//! Owns the start of the console: certificate, listener, the setup link, and the end on a signal.

use crate::console::Console;
use crate::news;
use crate::routes::router;
use nasd_api::{ClientError, ErrorCode, HealthWord, NodeCertificate, serve_https};
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;

/// What the console is started with.
pub struct Options {
    /// nasd's directory: its certificate is shown, too.
    pub dir: PathBuf,
    pub socket: PathBuf,
    pub listen: SocketAddr,
    /// Names and addresses for a certificate that is made now; the first is in the links that are printed.
    pub hosts: Vec<String>,
}

/// Serves the console until `shutdown` completes. `say` gets the lines for the operator.
///
/// # Errors
/// A sentence for the operator, when it cannot begin.
pub async fn serve(
    options: Options,
    say: impl Fn(&str),
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), String> {
    let certificate = NodeCertificate::open(&options.dir, &options.hosts)?;
    let tls = certificate.server_config()?;
    let listener = TcpListener::bind(options.listen).await;
    let listener = listener.map_err(|error| format!("cannot listen on {}: {error}", options.listen))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let host = options.hosts.first().cloned().unwrap_or_else(|| address.ip().to_string());
    let url = format!("https://{}:{}", bracketed(&host), address.port());
    let console = Arc::new(Console::new(&options.socket));
    say(&format!("console at {url}/ with the certificate {} (SHA-256)", certificate.info().fingerprint));
    if !belongs_to_cluster(&console).await {
        say(&format!("set this node up at {url}/setup?token={}", console.begin_setup()));
    }
    let news = tokio::spawn(news::follow(console.clone()));
    let stop = {
        let console = console.clone();
        async move {
            shutdown.await;
            console.news.end();
        }
    };
    serve_https(listener, tls, router(console), stop).await;
    news.abort();
    Ok(())
}

fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

/// A nasd that does not answer yet counts as new: the link is good only until the node has an administrator.
async fn belongs_to_cluster(console: &Console) -> bool {
    match console.root.get::<HealthWord>("/health").await {
        Ok(_) => true,
        Err(ClientError::Refused(error)) => error.code != ErrorCode::NoCluster,
        Err(_) => false,
    }
}
