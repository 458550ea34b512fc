//! The identity endpoint, asked by the real managed identity client's protocol.

use azure_core::credentials::TokenCredential;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use world::{IdentityAnswer, IdentityEndpoint, LocalCredential, Tls, TokenRequest};

fn claims(jwt: &str) -> Value {
    let body = jwt.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap()
}

struct Asker {
    endpoint: IdentityEndpoint,
    client: reqwest::Client,
}

impl Asker {
    async fn new() -> Self {
        Self {
            endpoint: IdentityEndpoint::start().await.unwrap(),
            client: Tls::generate().unwrap().client(),
        }
    }

    async fn ask(&self, query: &str, header: Option<&str>) -> (u16, Value) {
        let mut request = self
            .client
            .get(format!("{}?{query}", self.endpoint.endpoint()));
        if let Some(header) = header {
            request = request.header("X-IDENTITY-HEADER", header);
        }
        let answer = request.send().await.unwrap();
        (
            answer.status().as_u16(),
            serde_json::from_str(&answer.text().await.unwrap()).unwrap(),
        )
    }
}

const STORAGE: &str = "api-version=2019-08-01&resource=https%3A%2F%2Fstorage.azure.com";

#[tokio::test]
async fn a_token_names_the_resource_that_was_asked_for() {
    let asker = Asker::new().await;
    let header = asker.endpoint.header().to_owned();

    let (status, answer) = asker
        .ask(&format!("{STORAGE}&client_id=mine"), Some(&header))
        .await;

    assert_eq!(status, 200);
    let claims = claims(answer["access_token"].as_str().unwrap());
    assert_eq!(claims["aud"], "https://storage.azure.com");
    let expires: i64 = answer["expires_on"]
        .as_str()
        .expect("a number in a string")
        .parse()
        .unwrap();
    assert_eq!(claims["exp"], expires);
    assert_eq!(answer["client_id"], "mine");
    let expected = TokenRequest {
        resource: "https://storage.azure.com".into(),
        client_id: Some("mine".into()),
        status: 200,
    };
    assert_eq!(asker.endpoint.requests(), [expected]);
}

#[tokio::test]
async fn the_identity_header_is_checked() {
    let asker = Asker::new().await;
    assert_eq!(asker.ask(STORAGE, None).await.0, 401);
    assert_eq!(asker.ask(STORAGE, Some("wrong")).await.0, 401);
}

#[tokio::test]
async fn incomplete_requests_are_refused() {
    let asker = Asker::new().await;
    let header = asker.endpoint.header().to_owned();
    assert_eq!(
        asker.ask("api-version=2019-08-01", Some(&header)).await.0,
        400
    );
    assert_eq!(
        asker
            .ask("api-version=2017-09-01&resource=r", Some(&header))
            .await
            .0,
        400
    );
}

#[tokio::test]
async fn an_identity_can_be_taken_away_and_given_back() {
    let asker = Asker::new().await;
    let header = asker.endpoint.header().to_owned();
    asker.endpoint.answer_with(IdentityAnswer::Status(400));
    assert_eq!(asker.ask(STORAGE, Some(&header)).await.0, 400);
    asker.endpoint.answer_with(IdentityAnswer::Tokens);
    assert_eq!(asker.ask(STORAGE, Some(&header)).await.0, 200);
}

#[tokio::test]
async fn the_credential_inside_a_process_mints_the_same_tokens() {
    let credential = LocalCredential::new();
    let token = credential
        .get_token(&["https://management.azure.com/.default"], None)
        .await
        .unwrap();
    let claims = claims(token.token.secret());
    assert_eq!(claims["aud"], "https://management.azure.com");
    assert_eq!(claims["exp"], token.expires_on.unix_timestamp());
    assert!(credential.get_token(&["a", "b"], None).await.is_err());
    assert_eq!(
        credential.scopes(),
        ["https://management.azure.com/.default"]
    );
}
