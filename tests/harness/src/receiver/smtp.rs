//! A mail server that keeps the letters: as much of RFC 5321, 3207 and 4954 as a client needs.

use super::{ARRIVES_WITHIN, Authority, Stream, accepted};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

#[derive(Debug, Default)]
pub struct Letter {
    /// What AUTH PLAIN brought, decoded.
    pub login: Option<String>,
    pub to: Vec<String>,
    pub text: String,
    pub was_secure: bool,
}

pub struct Server {
    port: u16,
    letters: Mutex<mpsc::UnboundedReceiver<Letter>>,
    logins: Arc<AtomicUsize>,
}

/// How the server speaks.
#[derive(Clone)]
struct Manners {
    tls: Option<TlsAcceptor>,
    /// It listens from the first byte: with TLS, if it knows that.
    at_once: bool,
    logins: Arc<AtomicUsize>,
}

impl Server {
    pub async fn start(authority: &Authority, at_once: bool) -> Server {
        Server::with(Some(authority.acceptor()), at_once).await
    }

    /// It knows no TLS, and takes no letters without it.
    pub async fn start_plain() -> Server {
        Server::with(None, false).await
    }

    /// It takes letters in the clear.
    pub async fn start_trusting() -> Server {
        Server::with(None, true).await
    }

    async fn with(tls: Option<TlsAcceptor>, at_once: bool) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let port = listener.local_addr().expect("bound").port();
        let (sender, letters) = mpsc::unbounded_channel();
        let logins = Arc::new(AtomicUsize::new(0));
        let manners = Manners { tls, at_once, logins: logins.clone() };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (manners, sender) = (manners.clone(), sender.clone());
                tokio::spawn(async move {
                    if let Some(letter) = manners.serve(stream).await {
                        let _ = sender.send(letter);
                    }
                });
            }
        });
        Server { port, letters: Mutex::new(letters), logins }
    }

    pub fn address(&self) -> String {
        format!("localhost:{}", self.port)
    }

    pub fn logins(&self) -> usize {
        self.logins.load(Ordering::Relaxed)
    }

    pub async fn next(&self) -> Letter {
        let mut letters = self.letters.lock().await;
        timeout(ARRIVES_WITHIN, letters.recv()).await.expect("a letter").expect("it listens")
    }
}

impl Manners {
    async fn serve(&self, stream: TcpStream) -> Option<Letter> {
        if self.at_once {
            let secure = accepted(stream, self.tls.as_ref()).await?;
            return self.talk(BufStream::new(secure), self.tls.is_some(), true).await;
        }
        let mut plain = BufStream::new(stream);
        if !self.until_starttls(&mut plain).await? {
            return None;
        }
        let secure = accepted(plain.into_inner(), self.tls.as_ref()).await?;
        self.talk(BufStream::new(secure), true, false).await
    }

    /// Whether TLS is to begin.
    async fn until_starttls(&self, stream: &mut BufStream<TcpStream>) -> Option<bool> {
        say(stream, "220 localhost").await?;
        loop {
            match line(stream).await?.to_uppercase().as_str() {
                hello if hello.starts_with("EHLO") => {
                    let offer =
                        if self.tls.is_some() { "250-localhost\r\n250 STARTTLS" } else { "250 localhost" };
                    say(stream, offer).await?;
                }
                "STARTTLS" if self.tls.is_some() => {
                    say(stream, "220 go on").await?;
                    return Some(true);
                }
                login if login.starts_with("AUTH") => {
                    self.logins.fetch_add(1, Ordering::Relaxed);
                    say(stream, "530 not so").await?;
                }
                "QUIT" => return Some(false),
                _ => say(stream, "500 no").await?,
            }
        }
    }

    async fn talk(
        &self,
        mut stream: BufStream<Box<dyn Stream>>,
        was_secure: bool,
        greets: bool,
    ) -> Option<Letter> {
        let mut letter = Letter { was_secure, ..Letter::default() };
        if greets {
            say(&mut stream, "220 localhost").await?;
        }
        loop {
            let said = line(&mut stream).await?;
            match said.split([' ', ':']).next().unwrap_or_default().to_uppercase().as_str() {
                "EHLO" => say(&mut stream, "250-localhost\r\n250 AUTH PLAIN").await?,
                "AUTH" => {
                    self.logins.fetch_add(1, Ordering::Relaxed);
                    letter.login = decoded(said.rsplit(' ').next()?);
                    say(&mut stream, "235 welcome").await?;
                }
                "RCPT" => {
                    letter.to.push(said.split(['<', '>']).nth(1)?.to_owned());
                    say(&mut stream, "250 yes").await?;
                }
                "DATA" => {
                    say(&mut stream, "354 go on").await?;
                    loop {
                        match line(&mut stream).await?.as_str() {
                            "." => break,
                            text => letter.text += &format!("{text}\n"),
                        }
                    }
                    say(&mut stream, "250 kept").await?;
                    return Some(letter);
                }
                _ => say(&mut stream, "250 yes").await?,
            }
        }
    }
}

async fn line(
    stream: &mut BufStream<impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin>,
) -> Option<String> {
    let mut line = String::new();
    match stream.read_line(&mut line).await {
        Ok(1..) => Some(line.trim_end().to_owned()),
        _ => None,
    }
}

async fn say(
    stream: &mut BufStream<impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin>,
    text: &str,
) -> Option<()> {
    stream.write_all(format!("{text}\r\n").as_bytes()).await.ok()?;
    stream.flush().await.ok()
}

/// Base64 (RFC 4648).
fn decoded(text: &str) -> Option<String> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0u32, 0);
    for letter in text.bytes().filter(|letter| *letter != b'=') {
        bits = bits << 6 | LETTERS.iter().position(|known| *known == letter)? as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    String::from_utf8(bytes).ok()
}
