//! A test double of the app backend: a real HTTP server on this machine that answers as the test
//! says.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// The response to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptedResponse {
    Status(u16),
    /// A redirect to the address itself: a client that follows it shows as a second request.
    Redirect,
    /// Takes the request and never answers.
    Silence,
    /// Takes the request and hangs up.
    HangUp,
    /// A body without an end.
    Flood,
}

#[derive(Debug, Clone)]
pub struct ReceivedRequest {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl ReceivedRequest {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

#[derive(Clone)]
pub struct TestReceiver {
    pub url: String,
    answer: Arc<Mutex<ScriptedResponse>>,
    received: Arc<Mutex<Vec<ReceivedRequest>>>,
}

impl TestReceiver {
    pub async fn listening() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://127.0.0.1:{}/hook", listener.local_addr().unwrap().port());
        let this = Self {
            url,
            answer: Arc::new(Mutex::new(ScriptedResponse::Status(204))),
            received: Arc::default(),
        };
        let receiver = this.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let receiver = receiver.clone();
                tokio::spawn(async move { receiver.serve(stream).await });
            }
        });
        this
    }

    pub fn respond_with(&self, answer: ScriptedResponse) {
        *self.answer.lock().unwrap() = answer;
    }

    /// Returns the requests received since the last call.
    pub fn received(&self) -> Vec<ReceivedRequest> {
        std::mem::take(&mut *self.received.lock().unwrap())
    }

    /// Serves one request and closes the connection. Returns `None` if the caller hung up.
    async fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let received = read(&mut stream).await?;
        self.received.lock().unwrap().push(received);
        let answer = *self.answer.lock().unwrap();
        let text = match answer {
            ScriptedResponse::Status(status) => {
                format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            }
            ScriptedResponse::Redirect => {
                format!(
                    "HTTP/1.1 302 X\r\nlocation: {}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
                    self.url
                )
            }
            ScriptedResponse::Silence => {
                // The read ends when the caller gives up.
                let _ = stream.read(&mut [0; 1]).await;
                return None;
            }
            ScriptedResponse::HangUp => return None,
            ScriptedResponse::Flood => "HTTP/1.1 200 X\r\nconnection: close\r\n\r\n".to_owned(),
        };
        stream.write_all(text.as_bytes()).await.ok()?;
        if answer == ScriptedResponse::Flood {
            loop {
                stream.write_all(&[b'x'; 65_536]).await.ok()?;
            }
        }
        stream.shutdown().await.ok()
    }
}

async fn read(stream: &mut TcpStream) -> Option<ReceivedRequest> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        more(stream, &mut bytes).await?;
    };
    let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
    let mut lines = text.split("\r\n");
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let header = |line: &str| {
        line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()))
    };
    let headers: Vec<(String, String)> = lines.filter_map(header).collect();
    let length: usize =
        headers.iter().find(|(name, _)| name == "content-length")?.1.parse().unwrap();
    while bytes.len() < head + 4 + length {
        more(stream, &mut bytes).await?;
    }
    Some(ReceivedRequest { path, headers, body: bytes[head + 4..].to_vec() })
}

async fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    let mut buffer = [0; 4_096];
    let count = stream.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
    bytes.extend_from_slice(&buffer[..count]);
    Some(())
}
