//! Owns the start of the console: certificate, listener, the setup link, and the end on a signal.
//!
//! All that it has of the node is one socket, through which it is nobody. The certificate comes through it, too.

use crate::console::Console;
use crate::routes::router;
use nasd_api::{
    CertificatePair, ClientError, CopiedCertificate, ErrorCode, HTTPS_DOOR, Nothing, ReadHealth, serve_https,
};
use nasd_base::door::Door;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// Pause before nasd is asked again.
const RETRY_EVERY: Duration = Duration::from_millis(500);

/// Pause before nasd is asked again for its events.
const NEWS_RETRY_EVERY: Duration = Duration::from_secs(2);

/// What the console is started with.
pub struct Options {
    /// The console's socket of nasd.
    pub socket: PathBuf,
    pub listen: SocketAddr,
    /// What browsers call this node, for the links that are printed.
    pub host: Option<String>,
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
    let console = Arc::new(Console::new(&options.socket));
    let mut shutdown = pin!(shutdown);
    let certificate = tokio::select! {
        pair = first_certificate(&console, &say) => CopiedCertificate::of(&pair)?,
        () = &mut shutdown => return Ok(()),
    };
    let tls = certificate.server_config()?;
    let listener = TcpListener::bind(options.listen).await;
    let listener = listener.map_err(|error| format!("cannot listen on {}: {error}", options.listen))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let host = options.host.clone().unwrap_or_else(|| address.ip().to_string());
    let url = format!("https://{}:{}", bracketed(&host), address.port());
    say(&format!("console at {url}/ with the certificate {} (SHA-256)", certificate.info().fingerprint));
    if !belongs_to_cluster(&console).await {
        let secret = console.begin_setup();
        console.offer_setup().await;
        say(&format!("set this node up at {url}/setup?token={secret}"));
    }
    let followed = [
        tokio::spawn(follow_news(console.clone())),
        tokio::spawn(follow_certificate(console.clone(), certificate)),
    ];
    let stop = {
        let console = console.clone();
        async move {
            shutdown.await;
            console.news.end();
        }
    };
    serve_https(listener, tls, router(console), Door::new("console", HTTPS_DOOR), stop).await;
    followed.iter().for_each(JoinHandle::abort);
    Ok(())
}

/// Waits for nasd, which starts at the same time.
async fn first_certificate(console: &Console, say: &impl Fn(&str)) -> CertificatePair {
    let mut told = false;
    loop {
        match console.patient.certificate_unless(None).await {
            Ok(Some(pair)) => return pair,
            Ok(None) => {}
            Err(error) if !told => {
                say(&format!("waiting for nasd: {error}"));
                told = true;
            }
            Err(_) => {}
        }
        sleep(RETRY_EVERY).await;
    }
}

/// Passes on that nasd has told of something, for ever: one stream from nasd serves all browsers.
async fn follow_news(console: Arc<Console>) {
    loop {
        // A nasd that was started again has forgotten the link.
        console.offer_setup().await;
        if let Ok(mut news) = console.patient.news().await {
            // Whatever happened before is not known.
            console.news.tell();
            while news.is_told().await {
                console.news.tell();
            }
        }
        console.news.tell();
        sleep(NEWS_RETRY_EVERY).await;
    }
}

/// Shows what nasd shows: it says so within a second after another certificate is there.
async fn follow_certificate(console: Arc<Console>, certificate: Arc<CopiedCertificate>) {
    loop {
        let seen = certificate.info().fingerprint;
        match console.patient.certificate_unless(Some(&seen)).await {
            Ok(None) => continue,
            Ok(Some(pair)) => match certificate.replace(&pair) {
                Ok(()) => {
                    tracing::info!(fingerprint = pair.fingerprint, "browsers see another certificate now")
                }
                Err(error) => tracing::error!(error, "nasd's certificate cannot be shown"),
            },
            Err(_) => {}
        }
        sleep(RETRY_EVERY).await;
    }
}

fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

/// A nasd that does not answer yet counts as new: the link is good only until the node has an administrator.
async fn belongs_to_cluster(console: &Console) -> bool {
    match console.patient.ask::<ReadHealth>(Nothing).await {
        Ok(_) => true,
        Err(ClientError::Refused(error)) => error.code != ErrorCode::NoCluster,
        Err(_) => false,
    }
}
