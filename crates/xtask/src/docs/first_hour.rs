//! The commands of `docs/first-hour-mkio.md`, as they stand there, run against the simulator: with its defaults, which forgive a client least,
//! and with the other answer to every question.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

use change::Kind;
use media::{TokenUse, token_request};
use simulator::{
    AccountOptions, AssetPlaces, AssetPut, AssetUpdates, ExplicitKeys, KeyServers, LocatorChanges,
    MkioSettings, NextLink, PatchOptions, Permission, PutStatus, Secrets, Simulator,
    SimulatorOptions, StorageOptions,
};
use time::OffsetDateTime;

/// How long one run may take.
const LONGEST: Duration = Duration::from_secs(120);

/// Run before the page's commands: the published limits hold only while they are probed.
const THROTTLE: &str = r#"throttle() {
  curl --silent --output /dev/null --request PATCH --json "{\"throttlingScale\": $1}" "$MKIO/_sim/settings"
}
"#;

/// What a run said, and which requests were refused, but for those that were too many.
struct Hour {
    said: String,
    refused: Vec<String>,
}

impl Hour {
    fn count(&self, text: &str) -> usize {
        self.said.matches(text).count()
    }
}

/// What stands for whoever does it, and what would take long, in the commands of the page.
fn script(simulator: &str) -> String {
    let page = world::workspace_root().join("docs/first-hour-mkio.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, commands) = page.split_once("\n## The commands\n").unwrap();
    let mut script = THROTTLE.to_owned();
    for block in commands.split("```sh\n").skip(1) {
        script += block.split("```").next().unwrap();
    }
    for (text, instead) in [
        (
            "MKIO=https://app.mk.io\n",
            format!("MKIO={simulator}\n").as_str(),
        ),
        (
            "cd first-hour\n",
            "cd first-hour\necho 'Authorization: Bearer e30.e30.' > me.headers\n",
        ),
        ("'<storage record of probe-a>'", "probe-a-store"),
        ("'<storage record of probe-b>'", "probe-b-store"),
        ("'<ID of your organization>'", "an-organization"),
        ("receiver.py 8090 60", "receiver.py 0 0.2"),
        (
            "RECEIVER_URL='<https address that leads to port 8090>'",
            "until grep -qs ^port received.txt; do sleep 0.1; done\n\
             RECEIVER_URL=http://127.0.0.1:$(sed -n 's/^port //p' received.txt)",
        ),
        (
            "cat received.txt",
            "until [ \"$(wc -l < received.txt)\" -ge 4 ]; do sleep 0.1; done; cat received.txt",
        ),
        ("many GET", "throttle 1\nmany GET"),
        ("sleep 70\nmany", "many"),
        ("sleep 70\n", "throttle null\n"),
    ] {
        assert!(script.contains(text), "the page lacks {text}");
        script = script.replacen(text, instead, 1);
    }
    script
}

/// `media-mirror webhook token <purpose> --days <> --organization <> --project <ID> ...`, with the tool's own capabilities.
fn stand_in(folder: &Path) {
    let until = OffsetDateTime::now_utc() + time::Duration::DAY;
    let deletes = Kind::ALL.to_vec();
    for (purpose, of) in [
        ("secondary", TokenUse::Secondary { deletes }),
        ("webhooks", TokenUse::Webhooks),
    ] {
        let request = token_request(&of, "an-organization", "PROJECT", until);
        fs::write(folder.join(purpose), request.to_string()).unwrap();
    }
    let tool = folder.join("media-mirror");
    fs::write(
        &tool,
        "#!/bin/sh\nsed \"s/PROJECT/$9/\" \"$(dirname \"$0\")/$3\"\n",
    )
    .unwrap();
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
}

async fn hour(change: impl FnOnce(&mut MkioSettings)) -> Hour {
    let project = |name: &str, region: &str| AccountOptions {
        name: name.to_owned(),
        region: region.to_owned(),
        storage: vec![StorageOptions {
            account: format!("{name}-store"),
            key: "a2V5".to_owned(),
            blob_endpoint: None,
        }],
    };
    let options = SimulatorOptions {
        accounts: vec![
            project("probe-a", "westeurope"),
            project("probe-b", "northeurope"),
        ],
        http: Some(([127, 0, 0, 1], 0).into()),
        ..SimulatorOptions::default()
    };
    let simulator = Simulator::start(options).await.unwrap();
    let control = simulator.control();
    control.change_settings(|settings| change(&mut settings.mkio));
    let before = control.accounts();
    let url = simulator.http_url().unwrap().to_string();

    let desk = tempfile::tempdir().unwrap();
    stand_in(desk.path());
    let path = format!(
        "{}:{}",
        desk.path().display(),
        std::env::var("PATH").unwrap()
    );
    let run = tokio::process::Command::new("bash")
        .args(["-uc", &script(url.trim_end_matches('/'))])
        .current_dir(desk.path())
        .env("PATH", path)
        .env("no_proxy", "127.0.0.1")
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(LONGEST, run).await.unwrap().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    // The shell may say that the receiver was ended.
    let complains = complaints.lines().any(|line| !line.contains("Terminated"));
    assert!(
        output.status.success() && !complains,
        "{complaints}\n{said}"
    );

    // Nothing is left: no resource, no token that holds, no file.
    assert_eq!(control.accounts(), before);
    assert_eq!(control.settings().mkio.revoked_tokens.len(), 3);
    assert!(!desk.path().join("first-hour").exists());
    let refused = control.requests(None).into_iter().filter_map(|request| {
        let status = request
            .status
            .filter(|status| *status >= 400 && *status != 429)?;
        let path = request.path.replacen("/api/v1/projects/", "", 1);
        Some(format!("{} {path} {status}", request.method))
    });
    let refused = refused.collect();
    simulator.stop().await;
    Hour { said, refused }
}

/// Whoever only changes the code needs neither curl nor bash. The gate has both.
fn has_tools() -> bool {
    let wanted = "command -v python3 && curl --json '' --version";
    let has = std::process::Command::new("bash")
        .args(["-c", wanted])
        .output();
    let has = has.is_ok_and(|output| output.status.success());
    assert!(
        has || std::env::var_os("CI").is_none(),
        "bash, curl 7.84 and Python 3 are needed"
    );
    if !has {
        eprintln!(
            "skipped: bash, curl 7.84 or Python 3 is not here; docs/first-hour-mkio.md is not tried"
        );
    }
    has
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_hour_with_a_service_that_forgives_nothing() {
    if !has_tools() {
        return;
    }
    let hour = hour(|_| ()).await;
    assert_eq!(
        hour.refused,
        [
            "GET /api/ams/probe-a/assets 405",
            "PUT probe-b/media/streamingLocators/probe-8 409",
            "PUT probe-b/media/streamingLocators/probe-1-clear-key 400",
            "POST probe-b/media/streamingLocators/probe-1-clear-key/listContentKeys 404",
            "PUT probe-b/media/streamingLocators/probe-1-cenc 400",
            "POST probe-b/media/streamingLocators/probe-1-cenc/listContentKeys 404",
            "PUT probe-a/media/streamingLocators/probe-5 409",
            "PUT probe-a/media/streamingLocators/probe-11 400",
            "PUT probe-a/media/streamingLocators/probe-12 400",
            "PUT probe-b/media/streamingPolicies/probe 409",
            "PUT probe-a/media/assets/probe-21 409",
            "PUT probe-a/media/assets/probe-22-two 409",
            "DELETE probe-b/media/contentKeyPolicies/probe 409",
            "DELETE probe-b/media/streamingPolicies/probe 409",
        ],
        "{}",
        hour.said
    );
    // 6; 1 twice; 9, of which one in a list; 15; 17.
    assert_eq!(hour.count("\nthe same keys\n"), 1);
    assert_eq!(hour.count("\nNOT the same keys\n"), 2);
    assert_eq!(hour.count(" \"value\"\n"), 1);
    assert_eq!(
        hour.count("{'ask': True, 'fairPlayPfx': True, 'fairPlayPfxPassword': True}"),
        1
    );
    assert_eq!(hour.count("\n\"viewers\"\n"), 0);
    // 20; lists without anything: of filters, 26 twice, and when all is taken away.
    assert!(hour.count("\"alternateId\":\"probe\"") > 0);
    assert_eq!(hour.count("\"records\":0"), 2 + 2 + 6);
    assert_eq!(hour.count("\"@odata.nextLink\":\"http://"), 1);
    // 29, 30; 32, 33.
    assert_eq!(hour.count(" 429 \n"), 2);
    assert_eq!(
        hour.count("'source': '/api/v1/projects/probe-a/media/streamingLocators/probe-32'"),
        3
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_hour_with_the_other_answer_to_every_question() {
    if !has_tools() {
        return;
    }
    let hour = hour(|mkio| {
        *mkio = MkioSettings {
            explicit_keys_on_predefined: ExplicitKeys::Accept,
            key_servers: KeyServers::PerProject,
            key_ids_unique: false,
            secrets: Secrets::Asterisks,
            fair_play_secrets: false,
            key_values_in_get: true,
            updated_moves: false,
            next_link: NextLink::Relative,
            patch_options: PatchOptions::Merge,
            streaming_policy_update: Permission::Allow,
            locator_changes: LocatorChanges::Ignore,
            put_status: PutStatus::Ok,
            fractional_digits: 7,
            asset_put: AssetPut::Replace,
            asset_updates: AssetUpdates::Documented,
            asset_places: AssetPlaces::SubPath,
            unknown_filters: Permission::Allow,
            delete_used_policies: Permission::Allow,
            retry_after: true,
            event_source: simulator::EventSource::WithoutMedia,
            ..MkioSettings::default()
        }
    })
    .await;
    assert_eq!(
        hour.refused,
        [
            "GET /api/ams/probe-a/assets 405",
            "PUT probe-a/media/assets/probe-21 409",
        ],
        "{}",
        hour.said
    );
    assert_eq!(hour.count("\nthe same keys\n"), 3);
    assert_eq!(hour.count(" \"value\"\n"), 2);
    assert_eq!(
        hour.count("{'ask': False, 'fairPlayPfx': False, 'fairPlayPfxPassword': False}"),
        1
    );
    assert_eq!(hour.count("\n\"viewers\"\n"), 1);
    assert_eq!(hour.count("\"alternateId\":\"probe\""), 0);
    // 27: what was changed is not found.
    assert_eq!(hour.count("\"records\":0"), 2 + 2 + 6 + 3);
    assert_eq!(hour.count("\"@odata.nextLink\":\"/"), 1);
    // Each says how long to wait, of which the seconds may differ.
    assert!(hour.count(" 429 ") >= 2 && hour.count(" 429 \n") == 0);
    assert_eq!(
        hour.count("'source': '/api/v1/projects/probe-a/streamingLocators/probe-32'"),
        3
    );
}
