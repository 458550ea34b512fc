//! A client of MK.IO for the tests, which holds every reply to the OpenAPI documents.

use std::ops::Deref;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use simulator::{MkioSettings, SimulatorOptions};

use super::openapi::documents;
use crate::harness::{Answer, Sim, options};

/// A simulator, and a client that speaks MK.IO to it.
pub(crate) struct Mkio {
    sim: Sim,
    token: String,
    /// Whether replies must be as the documents say. They are not where a setting wants otherwise.
    checked: bool,
}

/// A JWT that nobody signed.
pub(crate) fn token(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(&json!({ "alg": "none" })), part(claims))
}

/// 16 bytes, base64.
pub(crate) fn key_value(last: u8) -> String {
    let mut bytes = [0_u8; 16];
    bytes[15] = last;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

impl Mkio {
    /// Accounts in two regions.
    pub(crate) async fn start() -> Self {
        Self::with(options(["westeurope", "northeurope"])).await
    }

    /// With other settings than the defaults.
    pub(crate) async fn set(change: impl FnOnce(&mut MkioSettings)) -> Self {
        let mkio = Self::start().await;
        mkio.change(change);
        mkio
    }

    pub(crate) async fn with(options: SimulatorOptions) -> Self {
        Self {
            sim: Sim::with(options).await,
            token: token(&json!({ "exp": 4_102_444_800_i64, "email": "ann@example.com" })),
            checked: true,
        }
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut MkioSettings)) {
        self.sim
            .change_settings(|settings| change(&mut settings.mkio));
    }

    /// From now on replies may differ from the documents.
    pub(crate) fn unchecked(&mut self) {
        self.checked = false;
    }

    /// From now on with another token.
    pub(crate) fn use_token(&mut self, token: impl Into<String>) {
        self.token = token.into();
    }

    pub(crate) async fn stop(self) {
        self.sim.stop().await;
    }

    /// A request for a path from `/api/v1/projects/` on, or for a whole path.
    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/api/v1/projects/{path}")
        };
        let mut request = self
            .sim
            .http()
            .request(
                method.parse().unwrap(),
                format!("{}{path}", self.sim.base()),
            )
            .bearer_auth(&self.token);
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let reply = request.send().await.unwrap();
        let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
        let bytes = reply.bytes().await.unwrap();
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).unwrap()
        };
        if let Some(documents) = documents().filter(|_| self.checked) {
            let bare = path.split('?').next().unwrap();
            let complaints = documents.complaints(method, bare, status, &body);
            assert!(
                complaints.is_empty(),
                "{method} {path} answered {status} {body}\nand that is not what is documented: {complaints:#?}"
            );
        }
        Answer {
            status,
            body,
            headers,
        }
    }

    pub(crate) async fn get(&self, tail: &str) -> Answer {
        self.send("GET", &format!("primary/media/{tail}"), None)
            .await
    }

    pub(crate) async fn post(&self, tail: &str) -> Answer {
        self.send("POST", &format!("primary/media/{tail}"), None)
            .await
    }

    pub(crate) async fn delete(&self, tail: &str) -> Answer {
        self.send("DELETE", &format!("primary/media/{tail}"), None)
            .await
    }

    /// PUT of these properties.
    pub(crate) async fn put(&self, tail: &str, properties: Value) -> Answer {
        self.put_in("primary", tail, properties).await
    }

    pub(crate) async fn put_in(&self, project: &str, tail: &str, properties: Value) -> Answer {
        let body = json!({ "properties": properties });
        self.send("PUT", &format!("{project}/media/{tail}"), Some(body))
            .await
    }

    pub(crate) async fn patch(&self, tail: &str, properties: Value) -> Answer {
        let body = json!({ "properties": properties });
        self.send("PATCH", &format!("primary/media/{tail}"), Some(body))
            .await
    }

    /// Makes an asset in the first storage record of a project.
    pub(crate) async fn asset(&self, project: &str, name: &str) {
        let storage = json!({ "storageAccountName": format!("{project}store1") });
        let made = self
            .put_in(project, &format!("assets/{name}"), storage)
            .await;
        assert_eq!(made.status, 201, "{}", made.body);
    }

    /// Makes a content key policy with a clear key and a token.
    pub(crate) async fn key_policy(&self, project: &str, name: &str) {
        let made = self
            .put_in(
                project,
                &format!("contentKeyPolicies/{name}"),
                json!({ "options": [clear_key_option("one")] }),
            )
            .await;
        assert_eq!(made.status, 201, "{}", made.body);
    }

    /// Makes what a locator with keys of its own needs: the asset `a`, the key policy `kp`, the streaming policy `own`
    /// with the labels `cenc` and `aes`.
    pub(crate) async fn scene(&self, project: &str) {
        self.asset(project, "a").await;
        self.key_policy(project, "kp").await;
        let made = self
            .put_in(project, "streamingPolicies/own", own_policy())
            .await;
        assert_eq!(made.status, 201, "{}", made.body);
    }
}

/// A streaming policy with two labels.
pub(crate) fn own_policy() -> Value {
    let protocols =
        json!({ "download": false, "dash": true, "hls": true, "smoothStreaming": false });
    json!({
        "defaultContentKeyPolicyName": "kp",
        "commonEncryptionCenc": {
            "enabledProtocols": protocols,
            "contentKeys": { "defaultKey": { "label": "cenc" } },
            "drm": { "widevine": {} },
        },
        "envelopeEncryption": {
            "enabledProtocols": protocols,
            "contentKeys": { "defaultKey": { "label": "aes" } },
        },
        "catalog": { "preAvailabilityStatusCode": 404 },
    })
}

/// A locator with a key of its own on [`own_policy`].
pub(crate) fn own_locator(key_id: &str) -> Value {
    json!({
        "assetName": "a",
        "streamingPolicyName": "own",
        "contentKeys": [{
            "id": key_id,
            "type": "CommonEncryptionCenc",
            "labelReferenceInStreamingPolicy": "cenc",
            "value": key_value(7),
            "policyName": "kp",
        }],
    })
}

/// An option with a secret.
pub(crate) fn clear_key_option(name: &str) -> Value {
    json!({
        "name": name,
        "configuration": { "@odata.type": "#Microsoft.Media.ContentKeyPolicyClearKeyConfiguration" },
        "restriction": {
            "@odata.type": "#Microsoft.Media.ContentKeyPolicyTokenRestriction",
            "issuer": "i",
            "audience": "a",
            "restrictionTokenType": "Jwt",
            "primaryVerificationKey": {
                "@odata.type": "#Microsoft.Media.ContentKeyPolicySymmetricTokenKey",
                "keyValue": key_value(1),
            },
        },
    })
}

impl Deref for Mkio {
    type Target = Sim;

    fn deref(&self) -> &Sim {
        &self.sim
    }
}

impl Answer {
    /// `code: detail` of an error of MK.IO.
    pub(crate) fn detail(&self) -> String {
        let text = |name: &str| self.body["error"][name].as_str().unwrap_or("?").to_owned();
        format!("{}: {}", text("code"), text("detail"))
    }
}
