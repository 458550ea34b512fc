//! What the handler would say of a configuration, and whether its rights are there: each that is missing is named, and nothing is
//! written.

use anyhow::{Context, ensure};
use serde_json::Value;
use simulator::{Fault, FaultRule};
use time::Duration;
use world::{Account, AccountSas, Backend, Storage, World, differences};

use crate::support::{Said, Tool, encoded, exclusive, members, tests_on_both};

tests_on_both![
    with_every_right_it_is_as_it_must_be_and_nothing_is_written,
    each_missing_right_is_named,
    an_account_that_does_not_answer_is_named,
    storage_without_rights_is_named,
];

/// The checks with a result.
fn checks(said: &Said, result: &str) -> anyhow::Result<Vec<Value>> {
    let values = said.values()?;
    let checks = values.first().and_then(|value| value["checks"].as_array());
    let checks = checks.with_context(|| format!("{said:?}"))?;
    Ok(checks
        .iter()
        .filter(|check| check["result"] == result)
        .cloned()
        .collect())
}

/// One check failed, about this part, and says this.
async fn fails(tool: &Tool, part: &str, texts: &[&str]) -> anyhow::Result<()> {
    let said = tool.expect(1, &["config", "check", "--json"]).await?;
    let failed = checks(&said, "failed")?;
    ensure!(failed.len() == 1, "{failed:#?}");
    ensure!(failed[0]["part"] == part, "{failed:#?}");
    for text in texts {
        ensure!(
            failed[0].to_string().contains(text),
            "{text:?} is missing: {failed:#?}"
        );
    }
    let people = tool.expect(1, &["config", "check"]).await?;
    people.must_have(&["failed", "1 check failed"])?;
    Ok(())
}

async fn with_every_right_it_is_as_it_must_be_and_nothing_is_written(
    backend: Backend,
) -> anyhow::Result<()> {
    let scene = exclusive(backend).await?;
    encoded(&scene, "checked").await?;
    members(&scene, "checked").await?;
    scene.calm().await?;
    scene.control().reset_requests();
    let tool = Tool::of(&scene)
        .without("MIRROR_PRIMARY_STORAGE_SAS")
        .with("MIRROR_SOURCE_AUTH", "delegation-sas");
    let said = tool.expect(0, &["config", "check", "--json"]).await?;
    ensure!(checks(&said, "failed")?.is_empty());
    ensure!(checks(&said, "not-tried")?.is_empty(), "{said:#?}");
    let good = checks(&said, "ok")?;
    for (part, what) in [
        ("primary account", "list assets"),
        (
            "primary account",
            "read a content key policy with its secrets",
        ),
        ("primary account", "read a locator with its content keys"),
        ("secondary account", "read a locator with its content keys"),
        ("secondary account", "list the locators of an asset"),
        ("primary's storage", "list a container of primarystore"),
        (
            "primary's storage",
            "get a user delegation key of primarystore",
        ),
        ("secondary's storage", "list a container of secondarystore"),
        ("app's queues", "list the queues"),
        ("state documents", "list the documents"),
    ] {
        let there = |check: &Value| check["part"] == part && check["what"] == what;
        ensure!(good.iter().any(there), "{part}: {what}: {good:#?}");
    }
    let writes: Vec<_> = scene
        .control()
        .requests(None)
        .into_iter()
        .filter(|request| request.write)
        .collect();
    ensure!(writes.is_empty(), "{writes:#?}");
    let people = tool.expect(0, &["config", "check"]).await?;
    people.must_have(&[
        "Everything that can be checked",
        "Not proven",
        "managed identity",
    ])?;
    let world: &World = &scene;
    for secret in &world.secrets {
        ensure!(!said.has(secret) && !people.has(secret), "a secret shows");
    }
    ensure!(!people.out.contains('\u{1b}'), "colours without a terminal");
    Ok(())
}

async fn each_missing_right_is_named(backend: Backend) -> anyhow::Result<()> {
    let scene = exclusive(backend).await?;
    encoded(&scene, "rightless").await?;
    members(&scene, "rightless").await?;
    scene.calm().await?;
    let tool = Tool::of(&scene);
    let denied = || Fault::Status {
        status: 403,
        code: None,
        message: None,
    };
    let (list, secrets, keys, locators) = match backend {
        Backend::Ams => (
            "Microsoft.Media/mediaservices/streamingPolicies/read",
            "getPolicyPropertiesWithSecrets/action",
            "listContentKeys/action",
            "assets/listStreamingLocators/action",
        ),
        Backend::Mkio => (
            "MIRROR_SECONDARY_TOKEN",
            "ams.contentkeypolicy create",
            "ams.streaminglocator create",
            "MIRROR_PRIMARY_TOKEN",
        ),
    };
    let mut cases = vec![
        (
            World::SECONDARY,
            "secondary account",
            "/streamingPolicies",
            denied(),
            list,
        ),
        (
            World::PRIMARY,
            "primary account",
            "/getPolicyPropertiesWithSecrets",
            denied(),
            secrets,
        ),
        (
            World::PRIMARY,
            "primary account",
            "/contentKeyPolicies/",
            Fault::MaskSecrets,
            differences::SECRET_RIGHT.on(backend),
        ),
        (
            World::PRIMARY,
            "primary account",
            "/listContentKeys",
            denied(),
            keys,
        ),
    ];
    if backend == Backend::Ams {
        let path = "/listStreamingLocators";
        cases.push((World::PRIMARY, "primary account", path, denied(), locators));
    }
    for (account, part, path, fault, right) in cases {
        let rule = FaultRule::for_account(account, fault).path(path);
        scene.control().add_fault(rule);
        fails(&tool, part, &[right]).await?;
        scene.control().clear_faults(None);
    }
    tool.expect(0, &["config", "check"]).await?;
    Ok(())
}

async fn an_account_that_does_not_answer_is_named(backend: Backend) -> anyhow::Result<()> {
    let scene = exclusive(backend).await?;
    let tool = Tool::of(&scene);
    // Nothing listens there.
    let nobody = tool
        .clone()
        .with("MIRROR_SECONDARY_ENDPOINT", "https://127.0.0.1:1");
    let said = nobody.expect(1, &["config", "check"]).await?;
    said.must_have(&[
        "secondary account",
        "Check MIRROR_SECONDARY and MIRROR_SECONDARY_ENDPOINT",
    ])?;
    ensure!(!said.has("Check MIRROR_PRIMARY"), "{said:#?}");
    // An account that is lost is not an empty one.
    scene
        .control()
        .add_fault(FaultRule::for_account(World::PRIMARY, Fault::LoseAccount));
    let said = tool.expect(1, &["config", "check"]).await?;
    said.must_have(&["primary account", "Check MIRROR_PRIMARY"])?;
    Ok(())
}

async fn storage_without_rights_is_named(backend: Backend) -> anyhow::Result<()> {
    let scene = exclusive(backend).await?;
    let sas = |account: Option<&Account>, permissions: &str| -> anyhow::Result<String> {
        let sas = AccountSas {
            permissions,
            valid_for: Duration::hours(1),
            ..AccountSas::default()
        };
        Ok(account.context("the storage account exists")?.sas(&sas))
    };
    let tool = Tool::of(&scene);
    let regions = &scene.storage.regions;
    // May read and not list.
    let blind = sas(regions.account(Storage::PRIMARY), "r")?;
    let primary = tool
        .clone()
        .with("MIRROR_PRIMARY_STORAGE_SAS", &blind)
        .with("MIRROR_SOURCE_AUTH", "sas");
    fails(&primary, "primary's storage", &["Storage Blob Data Reader"]).await?;
    let blind = sas(regions.account(Storage::SECONDARY), "w")?;
    let secondary = tool.clone().with("MIRROR_SECONDARY_STORAGE_SAS", &blind);
    fails(
        &secondary,
        "secondary's storage",
        &["Storage Blob Data Contributor"],
    )
    .await?;
    let app = &scene.storage.app;
    let blind = sas(app.account(Storage::APP), "a")?;
    let queues = app
        .queue_endpoint(Storage::APP)
        .context("the app has queues")?;
    let queues = tool.clone().with(
        "AzureWebJobsStorage__queueServiceUri",
        &format!("{queues}?{blind}"),
    );
    fails(&queues, "app's queues", &["Storage Queue Data Contributor"]).await?;
    let documents = app.blob_endpoint(Storage::APP);
    let documents = tool.with(
        "AzureWebJobsStorage__blobServiceUri",
        &format!("{documents}?{blind}"),
    );
    fails(
        &documents,
        "state documents",
        &["Storage Blob Data Contributor"],
    )
    .await?;
    Ok(())
}
