//! Poisoned messages go back where they came from, and none is lost on the way.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context, ensure};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::process::Command;
use world::Backend;

use crate::support::{PATIENCE, Record, Scene, Tool, exclusive, tests};

tests![
    what_was_poisoned_is_shown_by_reason_and_put_back,
    what_is_dropped_is_gone,
    an_unknown_queue_is_answered_with_the_right_one,
    an_interrupted_run_loses_nothing,
];

const LOCATORS: &str = "mirror-locator-poison";

/// A change as the handler poisons it.
fn poisoned(name: &str, reason: &str) -> Vec<u8> {
    let message = json!({
        "v": 1, "kind": "streamingLocators", "name": name,
        "reason": reason, "detail": "made for this test",
    });
    message.to_string().into_bytes()
}

async fn what_was_poisoned_is_shown_by_reason_and_put_back() -> anyhow::Result<()> {
    let scene = exclusive(Backend::Ams).await?;
    let tool = Tool::of(&scene);
    let from = scene.log.end();
    let wrapped = json!({"original": STANDARD.encode(b"[1]"), "reason": "bad-message", "detail": "no change"});
    let no_text = json!({"original": STANDARD.encode(b"\xff\x00"), "reason": "bad-message", "detail": "no text"});
    for message in [
        poisoned("replayed-1", "bug"),
        poisoned("replayed-2", "bug"),
        wrapped.to_string().into_bytes(),
        no_text.to_string().into_bytes(),
        br#"{"v":1,"kind":"streamingLocators","name":"replayed-3"}"#.to_vec(),
    ] {
        scene.enqueue(LOCATORS, &message).await?;
    }

    // Nobody can answer, so nothing is done, and everything is where it was.
    let said = tool
        .expect(1, &["replay", "--queue", "mirror-locator"])
        .await?;
    said.must_have(&["bug", "bad-message", "none given", "replayed-1", "--yes"])?;
    let said = tool.expect(1, &["replay", "--json"]).await?;
    let first = said.values()?.swap_remove(0);
    let groups = first["groups"].as_array().context("there are groups")?;
    let counts: Vec<(&str, u64)> = groups
        .iter()
        .filter(|group| group["queue"] == LOCATORS)
        .map(|group| {
            (
                group["reason"].as_str().unwrap_or_default(),
                group["count"].as_u64().unwrap_or_default(),
            )
        })
        .collect();
    ensure!(
        counts == [("bad-message", 2), ("bug", 2), ("none given", 1)],
        "{counts:?}"
    );

    // One was no text, and no function could read it: it stays, and that is said.
    let said = tool
        .expect(1, &["replay", "--queue", LOCATORS, "--yes", "--json"])
        .await?;
    let done = &said.values()?[1];
    ensure!(
        *done == json!({"moved": 4, "dropped": 0, "left": 1}),
        "{said:#?}"
    );
    for name in ["replayed-1", "replayed-2", "replayed-3"] {
        let about = |record: &Record| record.text("name") == name;
        let seen = scene.log.wait(from, PATIENCE, about).await;
        ensure!(seen.is_some_and(|record| record.is_change()), "{name}");
    }
    // The handler cannot understand the wrapped one any better than before.
    let again = scene.poisoned("mirror-locator", |kept| {
        kept["original"] == STANDARD.encode(b"[1]").as_str() && kept["detail"] != "no change"
    });
    again.await?;
    Ok(())
}

async fn what_is_dropped_is_gone() -> anyhow::Result<()> {
    let scene = exclusive(Backend::Ams).await?;
    let tool = Tool::of(&scene);
    let queue = "mirror-filter-poison";
    tool.run(&["replay", "--queue", queue, "--drop", "--yes"])
        .await?;
    scene.enqueue(queue, &poisoned("dropped", "bug")).await?;
    let said = tool
        .expect(1, &["replay", "--queue", queue, "--drop"])
        .await?;
    said.must_have(&["for good", "--yes", "Nothing was changed"])?;
    let said = tool
        .expect(0, &["replay", "--queue", queue, "--drop", "--yes"])
        .await?;
    said.must_have(&["Removed 1 message."])?;
    let said = tool.expect(0, &["replay", "--queue", queue]).await?;
    said.must_have(&["No poison queue holds a message."])?;
    Ok(())
}

async fn an_unknown_queue_is_answered_with_the_right_one() -> anyhow::Result<()> {
    let scene = exclusive(Backend::Ams).await?;
    let tool = Tool::of(&scene);
    let said = tool
        .expect(1, &["replay", "--queue", "mirror-aset"])
        .await?;
    said.must_have(&["there is no queue", "did you mean mirror-asset?"])?;
    let said = tool.expect(1, &["replay", "--queue", "zzz"]).await?;
    said.must_have(&["The queues are", "mirror-locator"])?;
    Ok(())
}

async fn an_interrupted_run_loses_nothing() -> anyhow::Result<()> {
    const MESSAGES: usize = 120;
    let scene = exclusive(Backend::Ams).await?;
    let tool = Tool::of(&scene);
    let from = scene.log.end();
    let names: BTreeSet<String> = (0..MESSAGES).map(|n| format!("interrupted-{n}")).collect();
    for name in &names {
        scene.enqueue(LOCATORS, &poisoned(name, "bug")).await?;
    }
    let mut interrupted = 0;
    for wait in [50, 200, 300, 400] {
        let child = tool
            .start(&["replay", "--queue", "mirror-locator", "--yes"])
            .await?;
        let process = child.id().context("it runs")?.to_string();
        tokio::time::sleep(Duration::from_millis(wait)).await;
        Command::new("kill")
            .args(["-INT", &process])
            .status()
            .await?;
        let output = child.wait_with_output().await?;
        let code = output.status.code();
        // Before it listens, Ctrl-C ends it as it ends any program.
        ensure!(matches!(code, None | Some(0 | 130)), "{output:?}");
        interrupted += usize::from(code != Some(0));
    }
    ensure!(interrupted > 0, "none of the runs was interrupted");
    // What was killed before it could release its messages holds them for a while; nothing else does.
    let rest = tool
        .run(&["replay", "--queue", "mirror-locator", "--yes"])
        .await?;
    ensure!(matches!(rest.code, Some(0)), "{rest:#?}");
    for name in &names {
        let wanted = |record: &Record| record.text("name") == name;
        let seen = scene.log.wait(from, PATIENCE, wanted).await;
        ensure!(seen.is_some(), "{name} is lost: {:#?}", left(&scene).await?);
    }
    Ok(())
}

/// What is in the poison queue.
async fn left(scene: &Scene) -> anyhow::Result<Vec<Value>> {
    let said = Tool::of(scene)
        .run(&["replay", "--queue", "mirror-locator", "--json"])
        .await?;
    said.values()
}
