//! Webhook rules and tokens of MK.IO: with the tokens that the tool asks for, and no right more, everything is mirrored; and what the
//! tool registers is what the app takes.

use anyhow::{Context, ensure};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use world::{Backend, World};

use crate::support::{Said, Scene, Tool, encoded, exclusive, members, tests};

tests![
    the_tokens_that_it_asks_for_and_the_rule_that_it_makes_are_enough,
    without_webhook_rules_it_says_so,
    a_secret_is_not_sent_in_clear_text,
];

/// The token that MK.IO would give for what the tool prints.
async fn token(purpose: &str, project: &str) -> anyhow::Result<String> {
    let said = Tool::default()
        .expect(
            0,
            &[
                "webhook",
                "token",
                purpose,
                "--organization",
                "an-organization",
                "--project",
                project,
            ],
        )
        .await?;
    let request: Value = serde_json::from_str(&said.out).context(said.out.clone())?;
    ensure!(request["type"] == "restricted", "{request}");
    ensure!(request["organizationId"] == "an-organization", "{request}");
    let permissions = &request["permissions"];
    ensure!(
        permissions["core.project"][project].is_object(),
        "{request}"
    );
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({"jti": purpose, "exp": 4_102_444_800_u32, "permissions": permissions});
    Ok(format!(
        "{}.{}.unsigned",
        part(&json!({"alg": "none", "typ": "JWT"})),
        part(&claims)
    ))
}

async fn the_tokens_that_it_asks_for_and_the_rule_that_it_makes_are_enough() -> anyhow::Result<()> {
    let primary = token("primary", World::PRIMARY).await?;
    let secondary = token("secondary", World::SECONDARY).await?;
    let webhooks = token("webhooks", World::PRIMARY).await?;
    let scene = Scene::start(
        Backend::Mkio,
        false,
        &[
            ("MIRROR_PRIMARY_TOKEN", &primary),
            ("MIRROR_SECONDARY_TOKEN", &secondary),
        ],
    )
    .await?;
    for secret in [&primary, &secondary, &webhooks] {
        scene.secrets.add("a restricted token", secret.as_bytes());
    }
    let tool = Tool::of(&scene);
    let denied = tool.expect(1, &["webhook", "list"]).await?;
    denied.must_have(&["webhooks.config", "MKIO_TOKEN"])?;

    let tool = tool.with("MKIO_TOKEN", &webhooks);
    ensure!(names(&tool).await? == ["mirror"]);
    tool.expect(1, &["webhook", "remove", "--name", "mirror"])
        .await?;
    tool.expect(0, &["webhook", "remove", "--name", "mirror", "--yes"])
        .await?;
    ensure!(names(&tool).await?.is_empty());
    let url = scene.webhook_url();
    for _ in 0..2 {
        let said = tool
            .expect(0, &["webhook", "register", "--url", &url])
            .await?;
        said.must_have(&["MediaKind.StreamingLocatorCreated", &url])?;
        no_secret(&scene, &said)?;
    }
    ensure!(names(&tool).await? == ["media-mirror"]);

    // The job and the locator are told by that rule alone; policies are hinted.
    encoded(&scene, "restricted").await?;
    members(&scene, "restricted").await?;
    scene
        .expect("streamingLocators/restricted", "applied")
        .await?;
    scene.calm().await?;
    scene.proof()?.locator("restricted").await?;

    let removed = tool.expect(0, &["webhook", "remove", "--yes"]).await?;
    removed.must_have(&["Removed the rule media-mirror"])?;
    let again = tool.expect(0, &["webhook", "remove", "--yes"]).await?;
    again.must_have(&["has no rule media-mirror"])?;
    scene.no_secret_shows().await?;
    scene.end().await;
    Ok(())
}

async fn names(tool: &Tool) -> anyhow::Result<Vec<String>> {
    let said = tool.expect(0, &["webhook", "list", "--json"]).await?;
    let rules = said.values()?.into_iter();
    Ok(rules
        .filter_map(|rule| Some(rule["name"].as_str()?.to_owned()))
        .collect())
}

fn no_secret(scene: &Scene, said: &Said) -> anyhow::Result<()> {
    ensure!(!said.has(&scene.webhook_secret), "the secret shows");
    Ok(())
}

async fn without_webhook_rules_it_says_so() -> anyhow::Result<()> {
    let scene = exclusive(Backend::Ams).await?;
    let said = Tool::of(&scene).expect(1, &["webhook", "list"]).await?;
    said.must_have(&["ams", "Event Grid"])
}

async fn a_secret_is_not_sent_in_clear_text() -> anyhow::Result<()> {
    let scene = exclusive(Backend::Mkio).await?;
    let tool = Tool::of(&scene);
    let url = "http://func-1.example.com/api/webhook";
    let said = tool
        .expect(1, &["webhook", "register", "--url", url])
        .await?;
    said.must_have(&["clear text", "https://"])?;
    let said = tool
        .without("MIRROR_WEBHOOK_SECRET")
        .expect(1, &["webhook", "register", "--url", url])
        .await?;
    said.must_have(&["MIRROR_WEBHOOK_SECRET"])?;
    ensure!(scene.control().requests(None).is_empty());
    Ok(())
}
