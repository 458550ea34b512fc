//! A custom handler for this crate's tests: it answers as `TEST_REPLIES` says and records what it is asked.
//!
//! - `TEST_RECORD`: the file that takes one JSON line for each start, request and SIGTERM.
//! - `TEST_REPLIES`: `{"<path>": [reply, ...]}`; the last reply of a list repeats, counted over restarts. A reply may have
//!   `status`, `headers`, `body`, `chunked`, `delay_ms`, `hang`, `exit`, `stdout`, `stderr`, `echo`.
//! - `TEST_STARTS`: `[{"exit": code, "stderr": text}, ...]`, one for each start; starts beyond the list succeed.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

struct Handler {
    record: Mutex<PathBuf>,
    replies: HashMap<String, Vec<Value>>,
}

impl Handler {
    /// Appends a line and tells how many of its kind there were before.
    fn record(&self, kind: &str, mut line: Value) -> usize {
        let path = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        line["kind"] = json!(kind);
        line["pid"] = json!(std::process::id());
        let text = std::fs::read_to_string(&*path).unwrap_or_default();
        let before = text
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|line| line["kind"] == kind)
            .count();
        if let Ok(mut file) = OpenOptions::new().create(true).append(true).open(&*path) {
            let _ = writeln!(file, "{line}");
        }
        before
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let setting = |name: &str| std::env::var(name).ok();
    let replies =
        setting("TEST_REPLIES").map_or(Ok(HashMap::new()), |text| serde_json::from_str(&text))?;
    let starts: Vec<Value> =
        setting("TEST_STARTS").map_or(Ok(Vec::new()), |text| serde_json::from_str(&text))?;
    let record = PathBuf::from(setting("TEST_RECORD").context("TEST_RECORD")?);
    let handler = Arc::new(Handler {
        record: Mutex::new(record),
        replies,
    });
    let env: HashMap<String, String> = std::env::vars().collect();
    let start = json!({"env": env, "cwd": std::env::current_dir()?, "args": std::env::args().collect::<Vec<_>>()});
    let number = handler.record("start", start);
    if let Some(start) = starts.get(number) {
        say(start);
    }
    let port: u16 = setting("FUNCTIONS_CUSTOMHANDLER_PORT")
        .context("FUNCTIONS_CUSTOMHANDLER_PORT")?
        .parse()?;
    let mut terminations = signal(SignalKind::terminate())?;
    let witness = Arc::clone(&handler);
    tokio::spawn(async move {
        while terminations.recv().await.is_some() {
            witness.record("sigterm", json!({}));
        }
    });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    axum::serve(listener, Router::new().fallback(answer).with_state(handler)).await?;
    Ok(())
}

/// Writes what the plan says to the console and exits if it says so.
fn say(plan: &Value) {
    if let Some(text) = plan["stdout"].as_str() {
        println!("{text}");
    }
    if let Some(text) = plan["stderr"].as_str() {
        eprintln!("{text}");
    }
    if let Some(code) = plan["exit"].as_i64() {
        std::process::exit(i32::try_from(code).unwrap_or(1));
    }
}

async fn answer(State(handler): State<Arc<Handler>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let path = parts.uri.path().to_owned();
    let headers: HashMap<&str, String> = parts
        .headers
        .iter()
        .map(|(name, value)| {
            (
                name.as_str(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect();
    let text = String::from_utf8_lossy(&body).into_owned();
    let line = json!({"method": parts.method.as_str(), "uri": parts.uri.to_string(), "headers": headers, "body": text});
    let before = handler.record(&path, line);
    let replies = handler
        .replies
        .get(&path)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let plan = replies
        .get(before)
        .or_else(|| replies.last())
        .cloned()
        .unwrap_or_default();
    if let Some(delay) = plan["delay_ms"].as_u64() {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    say(&plan);
    if plan["hang"] == true {
        std::future::pending::<()>().await;
    }
    let text = match &plan["body"] {
        Value::Null if plan["echo"] == true => text,
        Value::Null => "{}".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let body = if plan["chunked"] == true {
        let chunks = text
            .into_bytes()
            .chunks(4)
            .map(<[u8]>::to_vec)
            .collect::<Vec<_>>();
        Body::from_stream(futures::stream::iter(
            chunks.into_iter().map(Ok::<_, std::convert::Infallible>),
        ))
    } else {
        Body::from(text)
    };
    let mut response = Response::new(body);
    let status = plan["status"]
        .as_u64()
        .and_then(|status| u16::try_from(status).ok())
        .unwrap_or(200);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    let json_type = json!({"content-type": "application/json"});
    let headers = plan["headers"].as_object().or(json_type.as_object());
    for (name, value) in headers.into_iter().flatten() {
        if let (Ok(name), Ok(value)) = (
            HeaderName::try_from(name),
            HeaderValue::try_from(value.as_str().unwrap_or_default()),
        ) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
