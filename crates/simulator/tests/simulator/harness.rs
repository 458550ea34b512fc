//! A simulator with two accounts and no storage, and a client for it.

use std::ops::Deref;

use reqwest::Method;
use serde_json::Value;
use simulator::{AccountOptions, Control, Simulator, SimulatorOptions, StorageOptions};

/// The newest api-version.
pub(crate) const NEWEST: &str = "2023-01-01";

/// A running simulator.
pub(crate) struct Sim {
    simulator: Option<Simulator>,
    http: reqwest::Client,
    base: String,
    control: Control,
}

/// A reply.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub status: u16,
    pub body: Value,
    pub headers: reqwest::header::HeaderMap,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// `code: message` of an error.
    pub(crate) fn error(&self) -> String {
        let text = |name: &str| self.body["error"][name].as_str().unwrap_or("?").to_owned();
        format!("{}: {}", text("code"), text("message"))
    }
}

/// `primary` and `secondary`, each with two storage accounts of its own.
pub(crate) fn options(regions: [&str; 2]) -> SimulatorOptions {
    let account = |name: &str, region: &str| AccountOptions {
        name: name.to_owned(),
        region: region.to_owned(),
        storage: [1, 2]
            .map(|at| StorageOptions {
                account: format!("{name}store{at}"),
                key: "a2V5".to_owned(),
                blob_endpoint: None,
            })
            .into(),
    };
    SimulatorOptions {
        accounts: vec![
            account("primary", regions[0]),
            account("secondary", regions[1]),
        ],
        http: Some(([127, 0, 0, 1], 0).into()),
        ..SimulatorOptions::default()
    }
}

impl Sim {
    /// Accounts in two regions.
    pub(crate) async fn start() -> Self {
        Self::with(options(["westeurope", "northeurope"])).await
    }

    pub(crate) async fn with(options: SimulatorOptions) -> Self {
        let simulator = Simulator::start(options).await.unwrap();
        let base = simulator
            .http_url()
            .unwrap()
            .as_str()
            .trim_end_matches('/')
            .to_owned();
        let control = simulator.control();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            simulator: Some(simulator),
            http,
            base,
            control,
        }
    }

    pub(crate) async fn stop(mut self) {
        self.simulator.take().unwrap().stop().await;
    }

    /// The address of something in `primary`, for example `assets/a`.
    pub(crate) fn url(&self, tail: &str) -> String {
        self.url_in("primary", tail, NEWEST)
    }

    pub(crate) fn url_in(&self, account: &str, tail: &str, version: &str) -> String {
        let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
        format!(
            "{}/subscriptions/s-1/resourceGroups/g/providers/Microsoft.Media/mediaServices/{account}/{path}\
             ?api-version={version}&{query}",
            self.base
        )
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        url: &str,
        body: Option<Value>,
    ) -> reqwest::Result<Answer> {
        let method: Method = method.parse().unwrap();
        let mut request = self.http.request(method, url).bearer_auth("static-token");
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let reply = request.send().await?;
        let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
        let bytes = reply.bytes().await?;
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Answer {
            status,
            body,
            headers,
        })
    }

    pub(crate) async fn get(&self, tail: &str) -> Answer {
        self.send("GET", &self.url(tail), None).await.unwrap()
    }

    pub(crate) async fn put(&self, tail: &str, properties: Value) -> Answer {
        self.put_in("primary", tail, properties).await
    }

    pub(crate) async fn put_in(&self, account: &str, tail: &str, properties: Value) -> Answer {
        let body = serde_json::json!({ "properties": properties });
        self.send("PUT", &self.url_in(account, tail, NEWEST), Some(body))
            .await
            .unwrap()
    }

    pub(crate) async fn patch(&self, tail: &str, properties: Value) -> Answer {
        let body = serde_json::json!({ "properties": properties });
        self.send("PATCH", &self.url(tail), Some(body))
            .await
            .unwrap()
    }

    pub(crate) async fn post(&self, tail: &str) -> Answer {
        self.send("POST", &self.url(tail), None).await.unwrap()
    }

    pub(crate) async fn delete(&self, tail: &str) -> Answer {
        self.send("DELETE", &self.url(tail), None).await.unwrap()
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }
}

impl Deref for Sim {
    type Target = Control;

    fn deref(&self) -> &Control {
        &self.control
    }
}
