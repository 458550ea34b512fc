//! No secret shows in what the mirror writes down, whatever goes wrong.

use anyhow::ensure;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use simulator::{Fault, FaultRule};
use url::form_urlencoded::byte_serialize;
use uuid::Uuid;
use world::{Backend, World, bodies::streaming_policies};

use crate::support::{Scene, Tool, encoded, exclusive, tests_on_both};

tests_on_both![no_secret_shows];

/// A content key policy with a secret in every field that can hold one.
fn policy(scene: &Scene, name: &str) -> Value {
    let secret = |field: &str| scene.secrets.base64(&format!("{name}-{field}"));
    let text = |field: &str| scene.secrets.text(&format!("{name}-{field}"));
    let key = |kind: &str, mut fields: Value| {
        fields["@odata.type"] = json!(format!("#Microsoft.Media.ContentKeyPolicy{kind}TokenKey"));
        fields
    };
    json!({"options": [
        {
            "name": "clear-key",
            "configuration": {"@odata.type": "#Microsoft.Media.ContentKeyPolicyClearKeyConfiguration"},
            "restriction": {
                "@odata.type": "#Microsoft.Media.ContentKeyPolicyTokenRestriction",
                "issuer": "https://login.example.com",
                "audience": "viewers",
                "restrictionTokenType": "Jwt",
                "primaryVerificationKey": key("Symmetric", json!({"keyValue": secret("symmetric")})),
                "alternateVerificationKeys": [
                    key("Rsa", json!({"exponent": secret("exponent"), "modulus": secret("modulus")})),
                    key("X509Certificate", json!({"rawBody": secret("certificate")})),
                ],
            }
        },
        {
            "name": "fairplay",
            "configuration": {
                "@odata.type": "#Microsoft.Media.ContentKeyPolicyFairPlayConfiguration",
                "ask": secret("ask"),
                "fairPlayPfx": secret("pfx"),
                "fairPlayPfxPassword": text("password"),
                "rentalAndLeaseKeyType": "PersistentUnlimited",
                "rentalDuration": 0
            },
            "restriction": {"@odata.type": "#Microsoft.Media.ContentKeyPolicyOpenRestriction"}
        }
    ]})
}

async fn no_secret_shows(backend: Backend) -> anyhow::Result<()> {
    let scene = exclusive(backend).await?;
    encoded(&scene, "quiet").await?;
    policies(&scene).await?;
    locators(&scene).await?;
    answers(&scene).await?;
    commands(&scene).await?;
    let searched = scene.no_secret_shows().await?;
    ensure!(searched > 10_000, "only {searched} bytes were searched");
    // What is searched for can be found: a secret on purpose, where secrets must not stand.
    let shown = format!("+/\"{}\"=", Uuid::new_v4());
    scene.secrets.add("shown-on-purpose", shown.as_bytes());
    scene.enqueue("nobody-reads-this", shown.as_bytes()).await?;
    let found = scene.no_secret_shows().await;
    in_every_form(&scene, &shown)?;
    scene.secrets.forget("shown-on-purpose");
    ensure!(found.is_err(), "a secret in a queue was not found");
    Ok(())
}

/// A secret is found however it is written down.
fn in_every_form(scene: &Scene, secret: &str) -> anyhow::Result<()> {
    let base64 = STANDARD.encode(secret);
    let escaped = |text: &str| text.replace('/', "\\/").replace('+', "\\u002b");
    let in_url = |text: &str| -> String { byte_serialize(text.as_bytes()).collect() };
    for form in [
        secret.to_owned(),
        json!(secret).to_string(),
        escaped(&json!(secret).to_string()),
        json!({"a": json!({"b": secret}).to_string()}).to_string(),
        base64.clone(),
        escaped(&base64),
        in_url(secret),
        in_url(secret).to_ascii_lowercase(),
        in_url(&base64),
        STANDARD.encode(json!({"value": secret}).to_string()),
        STANDARD.encode(json!({"value": base64}).to_string()),
        format!("{:?}", format!("{secret:?}")),
    ] {
        let found = scene.secrets.found_in(&form);
        ensure!(!found.is_empty(), "not found in {form}");
    }
    let found = scene.secrets.found_in("contentKeyPolicies/good applied");
    ensure!(found.is_empty(), "{found:?}");
    Ok(())
}

/// What the handler answers, whoever asks: the page and the figures of its status, and webhooks that hold keys.
async fn answers(scene: &Scene) -> anyhow::Result<()> {
    let client = scene.tls.client();
    let status = format!("{}/api/status", scene.host.url());
    for accept in ["application/json", "text/html"] {
        let answer = client.get(&status).header("accept", accept).send().await?;
        scene.secrets.show(&answer.text().await?);
    }
    if scene.backend == Backend::Ams {
        return Ok(());
    }
    let key = scene.secrets.key("key-in-a-webhook");
    let locator = json!({"name": "of a webhook", "properties": {"contentKeys": [{"value": key}]}});
    let event = |kind: &str, project: &str| {
        let source = format!("/api/v1/projects/{project}/media/streamingLocators/of%20a%20webhook");
        json!({
            "specversion": "1.0", "id": "1", "type": kind, "source": source,
            "time": "2026-01-31T12:00:00.000000Z",
            "data": {"projectName": project, "state": "Created", "resource": locator},
        })
        .to_string()
    };
    let created = event("MediaKind.StreamingLocatorCreated", World::PRIMARY);
    for (secret, body) in [
        (scene.webhook_secret.clone(), created.clone()),
        (
            scene.webhook_secret.clone(),
            created[..created.len() - 3].to_owned(),
        ),
        (scene.webhook_secret.clone(), event(&key, World::PRIMARY)),
        (
            scene.webhook_secret.clone(),
            event("MediaKind.StreamingLocatorCreated", "another"),
        ),
        (scene.secrets.text("guessed").replace('"', ""), created),
    ] {
        let request = client.post(scene.webhook_url());
        let request = request.header("x-webhook-secret", secret);
        let request = request.header("content-type", "application/json");
        let answer = request.body(body).send().await?;
        scene.secrets.show(&format!("{:?}", answer.headers()));
        scene.secrets.show(&answer.text().await?);
    }
    scene.calm().await
}

/// What the tool says, for people and for programs, where all is well and where it is not.
async fn commands(scene: &Scene) -> anyhow::Result<()> {
    let tool = Tool::of(scene);
    let mut said = Vec::new();
    for arguments in [
        &["plan", "--depth", "keys"][..],
        &["plan", "--depth", "keys", "--json"],
        &["verify"],
        &["verify", "--json"],
        &["status", "--json"],
    ] {
        said.push(tool.run(arguments).await?);
    }
    if scene.backend == Backend::Mkio {
        let token = scene.secrets.text("a token that is none");
        let tool = tool.with("MIRROR_PRIMARY_TOKEN", &token);
        said.push(tool.run(&["plan", "--json"]).await?);
        said.push(tool.run(&["config", "check"]).await?);
    }
    for said in said {
        ensure!(
            !said.out.is_empty() || !said.err.is_empty(),
            "nothing was said"
        );
        scene.secrets.show(&said.out);
        scene.secrets.show(&said.err);
    }
    Ok(())
}

/// Content key policies, each with another thing that goes wrong.
async fn policies(scene: &Scene) -> anyhow::Result<()> {
    let mut outcomes = Vec::new();
    // Where a 404 that is cut short still says that there is no replica, it is the read-back that is cut, each time it is tried.
    let read_backs = match scene.backend {
        Backend::Ams => 1,
        Backend::Mkio => 4,
    };
    let refusal = Fault::Status {
        status: 400,
        code: Some("BadRequest".to_owned()),
        message: Some(format!(
            "The value '{}' is not allowed.",
            scene.secrets.base64("in-a-message")
        )),
    };
    for (name, account, methods, fault, times, outcome) in [
        (
            "masked",
            World::PRIMARY,
            "POST",
            Fault::MaskSecrets,
            9,
            "failed(secret-masked)",
        ),
        (
            "no-json",
            World::PRIMARY,
            "POST",
            Fault::NonJson,
            1,
            "waiting(source-unavailable)",
        ),
        (
            "cut",
            World::PRIMARY,
            "POST",
            Fault::Truncate,
            3,
            "waiting(source-unavailable)",
        ),
        (
            "refused",
            World::SECONDARY,
            "PUT",
            refusal,
            9,
            "failed(replica-refused)",
        ),
        (
            "unheard",
            World::SECONDARY,
            "PUT",
            Fault::DropReply,
            1,
            "waiting(replica-unavailable)",
        ),
        (
            "read-cut",
            World::SECONDARY,
            "POST",
            Fault::Truncate,
            read_backs,
            "waiting(replica-unavailable)",
        ),
    ] {
        let path = format!("contentKeyPolicies/{name}");
        let rule = FaultRule::for_account(account, fault)
            .methods(&[methods])
            .path(format!("/{path}"))
            .times(times);
        scene.control().add_fault(rule);
        scene.put(&path, policy(scene, name)).await?;
        outcomes.push((path, outcome));
    }
    scene
        .put("contentKeyPolicies/good", policy(scene, "good"))
        .await?;
    scene.expect("contentKeyPolicies/good", "applied").await?;
    scene.calm().await?;
    let ignored = FaultRule::for_account(World::SECONDARY, Fault::IgnoreWrite)
        .path("/contentKeyPolicies/good");
    let ignored = scene.control().add_fault(ignored);
    scene
        .change("contentKeyPolicies/good", policy(scene, "better"))
        .await?;
    outcomes.push((
        "contentKeyPolicies/good".to_owned(),
        "failed(replica-ignored)",
    ));
    for (resource, outcome) in outcomes {
        scene.expect(&resource, outcome).await?;
    }
    scene.control().clear_fault(ignored);
    scene.calm().await
}

/// Locators with explicit content keys.
async fn locators(scene: &Scene) -> anyhow::Result<()> {
    let locator = |key: String| {
        json!({
            "assetName": "quiet",
            "streamingPolicyName": "quiet",
            "defaultContentKeyPolicyName": "good",
            "contentKeys": [{
                "id": Uuid::new_v4(),
                "labelReferenceInStreamingPolicy": "clearKeyDefault",
                "value": key,
            }],
        })
    };
    let (primary, secondary) = (scene.primary()?, scene.secondary()?);
    scene
        .put(
            "streamingPolicies/quiet",
            streaming_policies::clear_key("good"),
        )
        .await?;
    scene.expect("streamingPolicies/quiet", "applied").await?;
    let good = locator(scene.secrets.key("good-key"));
    primary.put("streamingLocators/good", good).await?;
    scene.expect("streamingLocators/good", "applied").await?;
    let key = scene.secrets.key("refused-key");
    let refusal = Fault::Status {
        status: 400,
        code: None,
        message: Some(format!("The key '{key}' is not allowed.")),
    };
    let refusal = FaultRule::for_account(World::SECONDARY, refusal)
        .methods(&["PUT"])
        .path("/streamingLocators/refused");
    scene.control().add_fault(refusal);
    primary
        .put("streamingLocators/refused", locator(key))
        .await?;
    let other = locator(scene.secrets.key("other-key"));
    secondary.put("streamingLocators/differs", other).await?;
    let differs = locator(scene.secrets.key("differing-key"));
    primary.put("streamingLocators/differs", differs).await?;
    scene
        .expect("streamingLocators/refused", "failed(replica-refused)")
        .await?;
    scene
        .expect("streamingLocators/differs", "failed(replica-conflict)")
        .await?;
    scene.calm().await
}
