//! Every bad answer of a service comes out as an error of the right kind, and with nothing of its body.
//!
//! The account here is one loopback socket that answers every request with the same bytes, so that also what no server would send
//! on purpose can be sent.

#![expect(
    clippy::unwrap_used,
    reason = "in tests; clippy sees that only inside functions marked as such"
)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use change::{Kind, Name, ResourceId};
use media::{
    Ams, Authorize, Body, ErrorKind, MediaService, NoToken, Pace, ServiceError, Side, Wire,
    WireOptions,
};
use serde_json::{Map, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinSet,
};

/// Stands for content keys and other secrets in answers.
const CANARY: &str = "canary0f5e";
/// Stands for the secret that the client itself holds.
const TOKEN: &str = "token7d31";
const ACCOUNT: &str =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Media/mediaServices/account";

struct Token;

#[async_trait]
impl Authorize for Token {
    async fn token(&self) -> Result<String, NoToken> {
        Ok(TOKEN.to_owned())
    }
}

/// What the socket does when it has read a request.
#[derive(Clone)]
enum Answer {
    /// Sends this and closes.
    Send(String),
    /// Sends this and keeps silent.
    Hang(String),
}

/// An answer as a server would send it.
fn http(status: u16, headers: &str, body: &str) -> Answer {
    let length = body.len();
    Answer::Send(format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n{headers}connection: close\r\n\r\n{body}"
    ))
}

/// An error as Azure Resource Manager words it.
fn refused(status: u16, headers: &str, code: &str, message: &str) -> Answer {
    let message = format!("{message} {CANARY}");
    let body = json!({"error": {"code": code, "message": message, "details": [CANARY]}});
    http(status, headers, &body.to_string())
}

struct Account {
    client: Ams,
    requests: Arc<AtomicUsize>,
    /// Ends the socket when it is dropped.
    _socket: JoinSet<()>,
}

impl Account {
    /// The first requests get the first answers, all others the last.
    async fn answering(answers: Vec<Answer>, options: WireOptions) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let mut socket = JoinSet::new();
        socket.spawn({
            let requests = Arc::clone(&requests);
            async move {
                let mut silent = Vec::new();
                while let Ok((mut stream, _)) = listener.accept().await {
                    if !read_request(&mut stream).await {
                        continue;
                    }
                    let count = requests.fetch_add(1, Ordering::SeqCst);
                    match &answers[count.min(answers.len() - 1)] {
                        Answer::Send(bytes) => {
                            let _ = stream.write_all(bytes.as_bytes()).await;
                            let _ = stream.shutdown().await;
                        }
                        Answer::Hang(bytes) => {
                            let _ = stream.write_all(bytes.as_bytes()).await;
                            silent.push(stream);
                        }
                    }
                }
            }
        });
        Self {
            client: ams(&endpoint, options),
            requests,
            _socket: socket,
        }
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

fn ams(endpoint: &str, options: WireOptions) -> Ams {
    // Another test may have been quicker.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .no_proxy()
        // Reading the system's trust store takes longer than all the rest.
        .tls_certs_only([])
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let wire = Wire::new(
        Side::Primary,
        client,
        Arc::new(Token),
        Pace::unlimited(),
        options,
    );
    let id = ACCOUNT.parse().unwrap();
    Ams::new(wire, &endpoint.parse().unwrap(), &id, "2023-01-01").unwrap()
}

/// Reads one request with its body; false when the connection ended before.
async fn read_request(stream: &mut TcpStream) -> bool {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return false,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
        let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .map_or(0, |length| length.trim().parse().unwrap());
        if body.len() >= length {
            return true;
        }
    }
}

const QUICK: WireOptions = WireOptions {
    timeout: Duration::from_millis(200),
    read_retries: 0,
};
const PATIENT: WireOptions = WireOptions {
    timeout: Duration::from_secs(20),
    read_retries: 0,
};

fn id() -> ResourceId {
    ResourceId::new(Kind::Assets, Name::new("film").unwrap())
}

fn body() -> Body {
    let properties = json!({"description": "d"});
    Body::new(
        id(),
        Map::from_iter([("properties".to_owned(), properties)]),
    )
}

/// What an error is, and that it shows neither what the service said nor what the client holds.
fn described(
    what: &str,
    error: &ServiceError,
) -> (ErrorKind, Option<Duration>, Option<u16>, String) {
    let shown = format!("{error} {error:?}");
    for secret in [CANARY, TOKEN] {
        assert!(!shown.contains(secret), "{what}: {shown}");
    }
    (
        error.kind,
        error.retry_after,
        error.status,
        error.code.clone().unwrap_or_default(),
    )
}

#[tokio::test]
async fn every_status_has_its_kind_when_read_and_when_written() {
    use ErrorKind::{
        Conflict, ContainerTaken, Denied, KeyIdTaken, Quota, Refused, Throttled, Unavailable,
    };
    let seconds = |count| Some(Duration::from_secs(count));
    let taken = "Content key id 1 already exists";
    let date = "retry-after: Wed, 21 Oct 2026 07:28:00 GMT\r\n";
    // Status, headers, the service's code and message, and what is made of it.
    let table = [
        (401, "", "AuthenticationFailed", "", Denied, None),
        (403, "", "AuthorizationFailed", "", Denied, None),
        (404, "", "ResourceNotFound", "", Unavailable, None),
        (404, "", "ResourceGroupNotFound", "", Unavailable, None),
        (404, "", "SubscriptionNotFound", "", Unavailable, None),
        (
            302,
            "location: https://login.example/\r\n",
            "Found",
            "",
            Unavailable,
            None,
        ),
        (408, "", "RequestTimeout", "", Unavailable, None),
        (409, "", "Conflict", "", Conflict, None),
        (412, "", "PreconditionFailed", "", Conflict, None),
        (
            429,
            "retry-after: 7\r\n",
            "TooManyRequests",
            "",
            Throttled,
            seconds(7),
        ),
        (429, "", "TooManyRequests", "", Throttled, None),
        (429, date, "TooManyRequests", "", Throttled, None),
        (
            429,
            "retry-after: 18446744073709551615\r\n",
            "TooManyRequests",
            "",
            Throttled,
            seconds(86_400),
        ),
        (500, "", "InternalServerError", "", Unavailable, None),
        (
            503,
            "retry-after: 3\r\n",
            "ServerBusy",
            "",
            Unavailable,
            seconds(3),
        ),
        (400, "", "BadRequest", "", Refused, None),
        (400, "", "BadRequest", taken, KeyIdTaken, None),
        (
            400,
            "",
            "BadRequest",
            "Index_BlobStorageUri",
            ContainerTaken,
            None,
        ),
        (400, "", "QuotaExceeded", "", Quota, None),
    ];
    for (status, headers, code, message, kind, retry_after) in table {
        let expected = (kind, retry_after, Some(status), code.to_owned());
        let answer = refused(status, headers, code, message);
        for writes in [false, true] {
            let account = Account::answering(vec![answer.clone()], PATIENT).await;
            let error = match writes {
                false => account.client.read(&id()).await.unwrap_err(),
                true => account.client.create(&body()).await.unwrap_err(),
            };
            let what = format!("{status} {code}, writes: {writes}");
            assert_eq!(described(&what, &error), expected, "{what}");
            assert_eq!(account.requests(), 1, "{what}");
        }
    }
}

#[tokio::test]
async fn a_refusal_that_is_not_the_services_own_is_told_by_its_status() {
    let page = format!("<html>{CANARY}</html>");
    for (status, kind) in [
        (401, ErrorKind::Denied),
        (403, ErrorKind::Denied),
        (404, ErrorKind::Unavailable),
        (502, ErrorKind::Unavailable),
    ] {
        let account = Account::answering(vec![http(status, "", &page)], PATIENT).await;
        let error = account.client.read(&id()).await.unwrap_err();
        let expected = (kind, None, Some(status), "answer-is-not-json".to_owned());
        assert_eq!(described("a page", &error), expected);
    }
}

#[tokio::test]
async fn only_the_services_own_404_means_that_a_resource_is_gone() {
    let answer = refused(404, "", "NotFound", "");
    let account = Account::answering(vec![answer], PATIENT).await;
    assert!(account.client.read(&id()).await.unwrap().is_none());
    assert!(!account.client.exists(&id()).await.unwrap());
    account.client.delete(&id()).await.unwrap();
    let error = account.client.create(&body()).await.unwrap_err();
    assert_eq!(described("create", &error).0, ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_broken_answer_means_unavailable_when_read_and_when_written() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n";
    let begun = format!("{head}{{\"properties\": {{\"key\": \"{CANARY}\"");
    let table = [
        (
            "not JSON",
            http(200, "", &format!("<html>{CANARY}</html>")),
            "answer-is-not-json-",
        ),
        (
            "half a JSON",
            http(200, "", &format!("{{\"properties\": \"{CANARY}")),
            "answer-is-not-json-",
        ),
        ("cut short", Answer::Send(begun.clone()), "answer-cut-short"),
        ("hangs in the body", Answer::Hang(begun), "timeout"),
        ("hangs", Answer::Hang(String::new()), "timeout"),
        ("closes", Answer::Send(String::new()), "connection-lost"),
    ];
    for (what, answer, code) in table {
        let options = match answer {
            Answer::Hang(_) => QUICK,
            Answer::Send(_) => PATIENT,
        };
        let account = Account::answering(vec![answer], options).await;
        let read = account.client.read(&id()).await.unwrap_err();
        let written = account.client.create(&body()).await.unwrap_err();
        for error in [read, written] {
            let (kind, retry_after, _, got) = described(what, &error);
            assert_eq!(
                (kind, retry_after),
                (ErrorKind::Unavailable, None),
                "{what}"
            );
            assert!(got.starts_with(code), "{what}: {got}");
        }
    }
}

#[tokio::test]
async fn json_that_is_no_resource_means_unavailable() {
    for (body, code) in [
        (format!("[\"{CANARY}\"]"), "answer-is-not-a-json-object"),
        (String::new(), "answer-is-not-a-json-object"),
        (
            format!("{{\"x\": \"{CANARY}\"}}"),
            "answer-is-not-a-resource",
        ),
    ] {
        let account = Account::answering(vec![http(200, "", &body)], PATIENT).await;
        let error = account.client.read(&id()).await.unwrap_err();
        let (kind, _, _, got) = described(&body, &error);
        assert_eq!((kind, got.as_str()), (ErrorKind::Unavailable, code));
    }
}

#[tokio::test]
async fn nobody_there_means_unavailable() {
    // Bound, so that nobody else gets the port, and not listening.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let endpoint = format!("http://{}", socket.local_addr().unwrap());
    let error = ams(&endpoint, PATIENT).read(&id()).await.unwrap_err();
    let (kind, _, status, code) = described("nobody", &error);
    assert_eq!((kind, status), (ErrorKind::Unavailable, None));
    assert_eq!(code, "cannot-connect");
}

#[tokio::test]
async fn a_read_is_tried_again_after_a_server_error_and_a_write_is_not() {
    let busy = || refused(503, "", "ServerBusy", "");
    let fine = || http(200, "", "{\"properties\": {}}");
    let options = WireOptions {
        read_retries: 1,
        ..PATIENT
    };
    let account = Account::answering(vec![busy(), fine()], options).await;
    assert!(account.client.read(&id()).await.unwrap().is_some());
    assert_eq!(account.requests(), 2);
    let account = Account::answering(vec![busy(), fine()], options).await;
    let error = account.client.create(&body()).await.unwrap_err();
    assert_eq!(described("create", &error).0, ErrorKind::Unavailable);
    assert_eq!(account.requests(), 1);
}

#[tokio::test]
async fn no_call_is_made_while_the_service_asks_for_silence() {
    let answer = refused(429, "retry-after: 60\r\n", "TooManyRequests", "");
    let account = Account::answering(vec![answer], PATIENT).await;
    for _ in 0..3 {
        let error = account.client.read(&id()).await.unwrap_err();
        let (kind, retry_after, _, _) = described("silence", &error);
        assert_eq!(kind, ErrorKind::Throttled);
        let asked = retry_after.unwrap();
        assert!((30..=60).contains(&asked.as_secs()), "{asked:?}");
    }
    assert_eq!(account.requests(), 1);
}

#[tokio::test]
async fn a_service_that_does_not_say_for_how_long_is_left_alone_for_a_second() {
    let answers = vec![
        refused(429, "", "TooManyRequests", ""),
        http(200, "", "{\"properties\": {}}"),
    ];
    let account = Account::answering(answers, PATIENT).await;
    let error = account.client.read(&id()).await.unwrap_err();
    assert_eq!(
        (error.kind, error.retry_after),
        (ErrorKind::Throttled, None)
    );
    let error = account.client.read(&id()).await.unwrap_err();
    let left = error.retry_after.unwrap();
    assert!(left <= Duration::from_secs(1), "{left:?}");
    assert_eq!(account.requests(), 1);
    tokio::time::sleep(left).await;
    assert!(account.client.read(&id()).await.unwrap().is_some());
}

#[tokio::test]
async fn another_family_of_paths_is_told_by_a_405_for_a_read() {
    let answer = refused(405, "", "MethodNotAllowed", "");
    let account = Account::answering(vec![answer], PATIENT).await;
    let error = account.client.read(&id()).await.unwrap_err();
    assert_eq!(described("read", &error).0, ErrorKind::WrongPath);
    // A write may be one that the service does not offer.
    let error = account.client.create(&body()).await.unwrap_err();
    assert_eq!(described("create", &error).0, ErrorKind::Refused);
}
