//! An account that is one loopback socket: it gives one answer after the other and keeps what it was asked.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use media::{Ams, Authorize, MediaService, Mkio, NoToken, Pace, Side, Wire, WireOptions};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

const ACCOUNT: &str =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Media/mediaServices/account";

struct Token;

#[async_trait]
impl Authorize for Token {
    async fn token(&self) -> Result<String, NoToken> {
        Ok("token".to_owned())
    }
}

/// Which service is spoken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Speaks {
    Ams,
    Mkio,
}

pub(crate) struct Account {
    pub(crate) client: Arc<dyn MediaService>,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// Ends the socket when it is dropped.
    _socket: JoinSet<()>,
}

struct Asked {
    line: String,
    body: Value,
}

impl Account {
    /// Gives these answers in turn, then 500. A text is sent as it stands, anything else as JSON.
    pub(crate) async fn answering(speaks: Speaks, answers: Vec<(u16, Value)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let mut socket = JoinSet::new();
        socket.spawn({
            let asked = Arc::clone(&asked);
            let mut answers = VecDeque::from(answers);
            async move {
                while let Ok((mut stream, _)) = listener.accept().await {
                    let request = request(&mut stream).await;
                    asked.lock().unwrap().push(request);
                    let (status, body) = answers.pop_front().unwrap_or((500, Value::Null));
                    let (kind, body) = match body {
                        Value::String(text) => ("text/html", text),
                        json => ("application/json", json.to_string()),
                    };
                    let answer = format!(
                        "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                        body.len()
                    );
                    let _ = stream.write_all(answer.as_bytes()).await;
                    let _ = stream.shutdown().await;
                }
            }
        });
        Self {
            client: client(speaks, &endpoint),
            asked,
            _socket: socket,
        }
    }

    /// Method and last part of the path of each request.
    pub(crate) fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        let short = |asked: &Asked| {
            let mut words = asked.line.split(' ');
            let (method, path) = (words.next().unwrap(), words.next().unwrap());
            let path = path.split('?').next().unwrap();
            format!("{method} {}", path.rsplit('/').next().unwrap())
        };
        asked.iter().map(short).collect()
    }

    /// The filters that were asked for, decoded; of a request without one an empty text.
    pub(crate) fn filters(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        let filter = |asked: &Asked| {
            let path = asked.line.split(' ').nth(1).unwrap();
            let url = url::Url::parse("http://host").unwrap().join(path).unwrap();
            let mut pairs = url.query_pairs();
            let filter = pairs.find(|(name, _)| name == "$filter");
            filter
                .map(|(_, text)| text.into_owned())
                .unwrap_or_default()
        };
        asked.iter().map(filter).collect()
    }

    /// The bodies that were sent; of a request without one null.
    pub(crate) fn bodies(&self) -> Vec<Value> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|asked| asked.body.clone()).collect()
    }
}

/// Reads one request.
async fn request(stream: &mut TcpStream) -> Asked {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse().unwrap())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    let _ = stream.read_exact(&mut body).await;
    Asked {
        line: head.lines().next().unwrap_or_default().to_owned(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    }
}

fn client(speaks: Speaks, endpoint: &str) -> Arc<dyn MediaService> {
    // Another test may have been quicker.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .no_proxy()
        // Reading the system's trust store takes longer than all the rest.
        .tls_certs_only([])
        .build()
        .unwrap();
    let options = WireOptions {
        timeout: Duration::from_secs(20),
        read_retries: 0,
    };
    let pace = Pace::unlimited();
    let wire = Wire::new(Side::Primary, client, Arc::new(Token), pace, options);
    let endpoint = endpoint.parse().unwrap();
    match speaks {
        Speaks::Ams => {
            Arc::new(Ams::new(wire, &endpoint, &ACCOUNT.parse().unwrap(), "2023-01-01").unwrap())
        }
        Speaks::Mkio => Arc::new(Mkio::new(wire, &endpoint, "project").unwrap()),
    }
}
