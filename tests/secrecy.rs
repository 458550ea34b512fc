//! No secret shows in what the mirror writes down, whatever goes wrong.

use anyhow::ensure;
use serde_json::{Value, json};
use simulator::{Fault, FaultRule};
use uuid::Uuid;
use world::{Backend, World, bodies::streaming_policies};

use crate::support::{Scene, encoded, exclusive, tests_on_both};

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
    let searched = scene.no_secret_shows().await?;
    ensure!(searched > 10_000, "only {searched} bytes were searched");
    // What is searched for can be found: a secret on purpose, where secrets must not stand.
    let shown = scene.secrets.base64("shown-on-purpose");
    scene.enqueue("nobody-reads-this", shown.as_bytes()).await?;
    let found = scene.no_secret_shows().await;
    scene.secrets.forget("shown-on-purpose");
    ensure!(found.is_err(), "a secret in a queue was not found");
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
