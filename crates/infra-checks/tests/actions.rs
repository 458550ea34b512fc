//! The custom roles have exactly the actions that the client of the service needs. The list is derived from its calls: the real client
//! makes every call that it has to a server that writes them down.

#![expect(
    clippy::unwrap_used,
    reason = "in tests; clippy sees that only inside functions marked as such"
)]

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use axum::{
    Json, Router,
    extract::State,
    http::{Method, Uri},
};
use change::{Kind, Name, ResourceId};
use infra_checks::{Tree, role_actions};
use media::{
    AccountId, Ams, Authorize, Body, ListRequest, MediaService, NoToken, Pace, Side, Wire,
    WireOptions,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const ACCOUNT: &str =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Media/mediaServices/account";
const KEY: &str = "11111111-1111-1111-1111-111111111111";

type Actions = BTreeSet<String>;
type Seen = Arc<Mutex<Actions>>;

struct Token;

#[async_trait]
impl Authorize for Token {
    async fn token(&self) -> Result<String, NoToken> {
        Ok("token".to_owned())
    }
}

/// The action that Azure asks a right for, by the rule of its resource providers: the types of the resource, then the verb.
fn action(method: &Method, path: &str) -> String {
    let inside = path.strip_prefix(ACCOUNT).unwrap().trim_start_matches('/');
    let segments: Vec<&str> = inside.split('/').collect();
    // Types and names alternate; a POST ends in its action, which stands where a type would.
    let types: Vec<&str> = segments.iter().step_by(2).copied().collect();
    let types = types.join("/");
    let verb = match *method {
        Method::GET => "read",
        Method::PUT | Method::PATCH => "write",
        Method::DELETE => "delete",
        _ => "action",
    };
    format!("Microsoft.Media/mediaservices/{types}/{verb}")
}

async fn answer(State(seen): State<Seen>, method: Method, uri: Uri) -> Json<Value> {
    seen.lock().unwrap().insert(action(&method, uri.path()));
    let last = uri.path().rsplit('/').next().unwrap();
    Json(match last {
        "listContentKeys" => json!({"contentKeys": [{"id": KEY, "value": "v"}]}),
        "listStreamingLocators" => json!({"streamingLocators": []}),
        "getPolicyPropertiesWithSecrets" => json!({"options": []}),
        _ if last.parse::<Kind>().is_ok() => json!({"value": []}),
        name => json!({"name": name, "properties": {"contentKeys": [{"id": KEY}]}}),
    })
}

/// Every call of the service's client, on every kind: those that read, those that write, those that delete.
async fn calls() -> [Actions; 3] {
    let seen = Seen::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(answer).with_state(Arc::clone(&seen));
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let client = client(&endpoint);
    let take = || std::mem::take(&mut *seen.lock().unwrap());

    for kind in Kind::ALL {
        let id = id(kind);
        assert!(client.read(&id).await.unwrap().is_some());
        assert!(client.exists(&id).await.unwrap());
        let list = match kind {
            Kind::AssetFilters => ListRequest::filters_of(name("asset")),
            kind => ListRequest::all(kind),
        };
        assert!(client.list(&list).await.unwrap().items.is_empty());
    }
    client.locators_of(&name("asset")).await.unwrap();
    client.storage("storage").await.unwrap();
    let container = format!("asset-{KEY}");
    client.assets_in("storage", &container).await.unwrap();
    let reading = take();

    for kind in Kind::ALL {
        let body = Body::new(id(kind), serde_json::Map::new());
        client.create(&body).await.unwrap();
        client.update(&body).await.unwrap();
    }
    let writing = take();

    for kind in Kind::ALL {
        client.delete(&id(kind)).await.unwrap();
    }
    server.abort();
    [reading, writing, take()]
}

fn client(endpoint: &str) -> Ams {
    // Another test may have been quicker.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let wire = Wire::new(
        Side::Primary,
        client,
        Arc::new(Token),
        Pace::unlimited(),
        WireOptions::default(),
    );
    let account: AccountId = ACCOUNT.parse().unwrap();
    Ams::new(wire, &endpoint.parse().unwrap(), &account, "2023-01-01").unwrap()
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn id(kind: Kind) -> ResourceId {
    let parent = (kind == Kind::AssetFilters).then(|| "asset".to_owned());
    ResourceId::from_parts(kind, parent, "one").unwrap()
}

#[tokio::test]
async fn the_custom_roles_have_the_actions_of_the_calls() {
    let tree = Tree::read(ROOT.as_ref()).unwrap();
    let roles = role_actions(&tree);
    let [reading, writing, deleting] = calls().await;
    assert_eq!(roles["Mirror Source Reader"], reading);
    let both: Actions = reading.union(&writing).cloned().collect();
    assert_eq!(roles["Mirror Replica Writer"], both);
    assert_eq!(roles["Mirror Replica Deleter"], deleting);
    // What starts an endpoint is the operator's, whose tool does not stand in that client.
    assert_eq!(roles.len(), 4);
    assert!(roles["Mirror Endpoint Operator"].is_disjoint(&both));
}

/// A call that the test above forgot would be missing in the roles too.
#[tokio::test]
async fn no_action_of_the_client_is_left_out() {
    let source = std::fs::read_to_string(format!("{ROOT}/crates/media/src/ams.rs")).unwrap();
    let [reading, writing, _] = calls().await;
    let mut found = 0;
    for call in source.split("self.post(").skip(1) {
        let Some(action) = call.split('"').nth(1) else {
            continue;
        };
        found += 1;
        let is_it = |known: &String| known.ends_with(&format!("/{action}/action"));
        assert!(reading.iter().chain(&writing).any(is_it), "{action}");
    }
    assert!(found >= 3, "{found} actions found in the source");
}

#[tokio::test]
async fn a_role_with_an_action_too_many_or_too_few_is_noticed() {
    let tree = Tree::read(ROOT.as_ref()).unwrap();
    let path = "infra/ams/source-reader.bicep";
    let text = tree.text(path).unwrap();
    let [reading, ..] = calls().await;
    let line = "          'Microsoft.Media/mediaservices/streamingPolicies/read'\n";
    assert!(text.contains(line));
    for broken in [
        text.replace(line, ""),
        text.replace(line, &line.replace("/read", "/write")),
    ] {
        let roles = role_actions(&tree.with(path, &broken));
        assert_ne!(roles["Mirror Source Reader"], reading);
    }
}
