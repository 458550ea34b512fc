//! Every rule notices what it is there for: the repository with one thing broken, and the rule that has to say so.

#![expect(
    clippy::unwrap_used,
    reason = "in tests; clippy sees that only inside functions marked as such"
)]

use std::collections::BTreeSet;

use infra_checks::{RULES, Tree, check};

/// One thing that is broken.
struct Broken {
    rule: &'static str,
    file: &'static str,
    /// What stands there, and what in its place.
    from: &'static str,
    to: &'static str,
    /// What the finding says of it.
    says: &'static str,
}

const fn broken(
    rule: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
    says: &'static str,
) -> Broken {
    Broken {
        rule,
        file,
        from,
        to,
        says,
    }
}

const MAIN: &str = "infra/main.bicep";
const PARAMETERS: &str = "infra/main.parameters.json";
const SETTINGS: &str = "infra/app/settings.bicep";
const STORAGE: &str = "infra/app/storage.bicep";
const APP: &str = "infra/app/function-app.bicep";
const READER: &str = "infra/ams/source-reader.bicep";
const JOBS: &str = "infra/ams/jobs-subscription.bicep";
const LAG: &str = "infra/watch/queries/lag.kql";
const WORKBOOK: &str = "infra/watch/workbook.json";
const BLOB_ROLE: &str = "infra/roles/blob-role.bicep";

const ALL: &[Broken] = &[
    broken(
        "parses",
        APP,
        "resource plan '",
        "resource plan = '",
        "not understood",
    ),
    broken("parses", APP, "sku: {", "sku: (", "not understood"),
    broken(
        "described",
        APP,
        "@description('URL of the container that the package is deployed from.')\n",
        "",
        "packageContainerUrl has no description",
    ),
    broken(
        "described",
        APP,
        "metadata description",
        "metadata other",
        "no metadata description",
    ),
    broken(
        "names",
        APP,
        "serverFarmId: plan.id",
        "serverFarmId: plans.id",
        "plans is not declared",
    ),
    broken(
        "names",
        APP,
        "packageContainerUrl\n",
        "''\n",
        "packageContainerUrl is declared and not used",
    ),
    broken(
        "names",
        APP,
        "union(tags",
        "merge(tags",
        "unknown function merge",
    ),
    broken(
        "modules",
        MAIN,
        "'app/identity.bicep'",
        "'br/public:avm/identity:1.0.0'",
        "no file of infra/",
    ),
    broken(
        "modules",
        MAIN,
        "    sku: storageSku\n",
        "",
        "lacks the parameter sku",
    ),
    broken(
        "modules",
        MAIN,
        "sku: storageSku",
        "size: storageSku",
        "has no parameter size",
    ),
    broken(
        "modules",
        MAIN,
        "app.outputs.hostName",
        "app.outputs.host",
        "has no output host",
    ),
    broken(
        "modules",
        MAIN,
        "'front/traffic-manager.bicep'",
        "'front/front-door.bicep'",
        "is nobody's module",
    ),
    broken(
        "pinned",
        APP,
        "serverfarms@2024-04-01",
        "serverfarms@2024-04-01-preview",
        "no stable API version",
    ),
    broken(
        "pinned",
        APP,
        "serverfarms@2024-04-01",
        "serverfarms",
        "no stable API version",
    ),
    broken(
        "parameters",
        PARAMETERS,
        "\"backend\"",
        "\"backEnd\"",
        "backEnd is no parameter",
    ),
    broken(
        "parameters",
        PARAMETERS,
        "\"backend\"",
        "\"backEnd\"",
        "backend is missing",
    ),
    broken(
        "parameters",
        PARAMETERS,
        "${MIRROR_BACKEND=ams}",
        "${MIRROR_BACK_END=ams}",
        "MIRROR_BACK_END is no setting",
    ),
    broken(
        "parameters",
        PARAMETERS,
        "${MIRROR_BACKEND=ams}",
        "ams",
        "comes from no variable",
    ),
    broken(
        "parameters",
        PARAMETERS,
        "${MIRROR_SECONDARY}",
        "${MIRROR_PRIMARY}",
        "MIRROR_PRIMARY is used twice",
    ),
    broken(
        "parameters",
        PARAMETERS,
        "\"value\": {}",
        "\"value\": { \"MIRROR_SETLE\": \"1m\" }",
        "does not know MIRROR_SETLE",
    ),
    broken(
        "settings",
        SETTINGS,
        "  MIRROR_PRIMARY: primary\n",
        "",
        "the handler refuses them",
    ),
    broken(
        "settings",
        SETTINGS,
        "MIRROR_SOURCE_AUTH",
        "MIRROR_SOURCE_AUTHORITY",
        "knows MIRROR_SOURCE_AUTHORITY",
    ),
    broken(
        "settings",
        SETTINGS,
        "streamingLocators=report",
        "streamingLocators=ignore",
        "the handler refuses them",
    ),
    broken(
        "settings",
        SETTINGS,
        "  MIRROR_SECONDARY_TOKEN: ",
        "  MIRROR_TOKEN: ",
        "mkio: the handler refuses them",
    ),
    broken(
        "storage",
        STORAGE,
        "  'copy-blobs'\n",
        "",
        "uses the queue copy-blobs, which is not made",
    ),
    broken(
        "storage",
        STORAGE,
        "  'copy-blobs'\n",
        "  'copy-blobs'\n  'copies'\n",
        "no function reads the queue copies",
    ),
    broken(
        "storage",
        STORAGE,
        "${name}-poison",
        "${name}-bad",
        "poison queues",
    ),
    broken(
        "storage",
        STORAGE,
        "'mirror-state'",
        "'state'",
        "container of the state documents",
    ),
    broken(
        "storage",
        "functions/deletions/function.json",
        "\"AzureWebJobsStorage\"",
        "\"Other\"",
        "another storage account",
    ),
    broken(
        "storage",
        "functions/renamed/function.json",
        "",
        "{ \"bindings\": [] }",
        "no function of the handler",
    ),
    broken(
        "host",
        "host.json",
        "\"maxDequeueCount\": 30",
        "\"maxDequeueCount\": 5",
        "maxDequeueCount",
    ),
    broken(
        "host",
        "host.json",
        "\"isEnabled\": false",
        "\"isEnabled\": true",
        "sampling",
    ),
    broken(
        "host",
        "host.json",
        "\"batchSize\": 8",
        "\"batchSize\": 32",
        "batches",
    ),
    broken("host", APP, "name: 'custom'", "name: 'node'", "runtime"),
    broken(
        "host",
        APP,
        "'azd-service-name': 'app'",
        "'azd-service-name': 'web'",
        "the service app",
    ),
    broken(
        "events",
        JOBS,
        "'Microsoft.Media.JobFinished'",
        "'Microsoft.Media.JobErrored'",
        "JobErrored is sent or understood",
    ),
    broken(
        "events",
        JOBS,
        "/functions/job-finished",
        "/functions/job-done",
        "job-done is no function",
    ),
    broken(
        "events",
        JOBS,
        "maxDeliveryAttempts: 30",
        "maxDeliveryAttempts: 3",
        "retry policy",
    ),
    broken(
        "events",
        JOBS,
        "deadLetterWithResourceIdentity:",
        "deadLetter:",
        "not kept",
    ),
    broken(
        "events",
        JOBS,
        "endpointType: 'AzureFunction'",
        "endpointType: 'WebHook'",
        "no function",
    ),
    broken(
        "roles",
        BLOB_ROLE,
        "2a2b9908",
        "2a2b9909",
        "no role that may be assigned",
    ),
    broken(
        "roles",
        BLOB_ROLE,
        "storageBlobDataReader",
        "storageBlobDataWriter",
        "and not called so",
    ),
    broken(
        "roles",
        BLOB_ROLE,
        "    principalType: 'ServicePrincipal'\n",
        "",
        "principalType",
    ),
    broken(
        "roles",
        READER,
        "streamingPolicies/read",
        "streamingPolicies/*",
        "more than one action",
    ),
    broken(
        "ams-only",
        MAIN,
        "if (backend == 'ams')",
        "if (accountRoles)",
        "is not behind",
    ),
    broken(
        "ams-only",
        BLOB_ROLE,
        "'Microsoft.Storage/storageAccounts@2023-05-01'",
        "'Microsoft.Media/mediaServices@2023-01-01'",
        "names a media-services resource",
    ),
    broken(
        "storage",
        STORAGE,
        "'dead-letters'",
        "'letters'",
        "container of dead letters",
    ),
    broken(
        "watch",
        LAG,
        "record.lag)",
        "record.lags)",
        "a line heartbeat has no field lags",
    ),
    broken(
        "watch",
        LAG,
        "'heartbeat'",
        "'heart-beat'",
        "no line heart-beat",
    ),
    broken(
        "watch",
        LAG,
        "| where record.message == 'heartbeat'\n",
        "",
        "says nothing of record.message",
    ),
    broken(
        "watch",
        "infra/watch/queries/unannounced.kql",
        "'applied'",
        "'done'",
        "outcome is never done",
    ),
    broken(
        "watch",
        "infra/watch/queries/drift.kql",
        "'bytes'",
        "'blobs-of-it'",
        "depth is never blobs-of-it",
    ),
    broken(
        "watch",
        "infra/watch/queries/unused.kql",
        "",
        "traces",
        "no alert uses this query",
    ),
    broken(
        "watch",
        "infra/watch/alerts.bicep",
        "queries/dark.kql",
        "queries/black.kql",
        "queries/black.kql is not there",
    ),
    broken("watch", WORKBOOK, "{", "[", "is not valid JSON"),
    broken(
        "watch",
        WORKBOOK,
        "record.calls_primary",
        "record.calls",
        "a line batch has no field calls",
    ),
    broken(
        "watch",
        WORKBOOK,
        "record.exceptions['over-15']",
        "record.exceptions['over-20']",
        "exceptions is never over-20",
    ),
    broken(
        "watch",
        WORKBOOK,
        "\"type\": 3",
        "\"type\": 4",
        "is no text, query or parameters",
    ),
    broken(
        "names",
        APP,
        "resource site '",
        "resource plan '",
        "plan is declared twice",
    ),
    broken(
        "parameters",
        PARAMETERS,
        "${MIRROR_BACKEND=ams}",
        "${MIRROR_BACKEND=amd}",
        "backend cannot be amd",
    ),
    broken(
        "parameters",
        PARAMETERS,
        "${MIRROR_INSTANCES=40}",
        "${MIRROR_INSTANCES=many}",
        "maximumInstanceCount cannot be many",
    ),
    broken(
        "parameters",
        PARAMETERS,
        "${INFRA_BLOB_EVENTS=false}",
        "${INFRA_BLOB_EVENTS=no}",
        "blobEvents cannot be no",
    ),
    broken(
        "watch",
        WORKBOOK,
        "].messages",
        "].length",
        "no figure has a field length",
    ),
    broken(
        "watch",
        "infra/watch/queries/dark.kql",
        "primary.readable",
        "primary.bright",
        "no figure has a field bright",
    ),
    broken(
        "watch",
        "docs/operate.md",
        "### drift",
        "### Drift",
        "the alert \"drift\"",
    ),
];

/// Lines that give a secret away, put at the end of a file.
const SECRETS: &[(&str, &str)] = &[
    (
        "@description('A token of the service.')\nparam accessKey string\n",
        "takes no secrets",
    ),
    (
        "@description('A token of the service.')\n@secure()\nparam token2 string\n",
        "takes no secrets",
    ),
    (
        "var key = account.listKeys().keys[0].value\n",
        "listKeys reads a secret",
    ),
    (
        "var text = 'DefaultEndpointsProtocol=https;AccountKey=x'\n",
        "looks like a secret",
    ),
    (
        "var text = 'Zm9vYmFyMTIzNDU2Nzg5MEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaYWJjZGVmZ2g='\n",
        "looks like a secret",
    ),
    (
        "@description('Where the log goes to.')\noutput x string = insights.properties.ConnectionString\n",
        "gives out a secret",
    ),
];

fn repository() -> Tree {
    Tree::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../..").as_ref()).unwrap()
}

fn says(tree: &Tree, rule: &str, file: Option<&str>, what: &str) -> Result<(), Vec<String>> {
    let findings = check(tree, Some(rule));
    let found = findings.iter().any(|finding| {
        finding.rule == rule
            && file.is_none_or(|file| finding.file == file)
            && finding.what.contains(what)
    });
    let all = findings.iter().map(ToString::to_string);
    found.then_some(()).ok_or_else(|| all.collect())
}

#[test]
fn every_rule_notices_what_is_broken() {
    let repository = repository();
    for broken in ALL {
        let text = repository.text(broken.file).unwrap_or_default();
        assert!(
            text.contains(broken.from),
            "{}: {}",
            broken.file,
            broken.from
        );
        let text = if broken.from.is_empty() {
            broken.to.to_owned()
        } else {
            text.replace(broken.from, broken.to)
        };
        let tree = repository.with(broken.file, &text);
        let said = says(&tree, broken.rule, None, broken.says);
        assert!(
            said.is_ok(),
            "{} instead of {}: {said:#?}",
            broken.to,
            broken.from
        );
    }
}

#[test]
fn a_secret_is_noticed_wherever_it_stands() {
    let repository = repository();
    for (line, what) in SECRETS {
        let text = format!("{}\n{line}", repository.text(STORAGE).unwrap());
        let tree = repository.with(STORAGE, &text);
        let said = says(&tree, "secrets", Some(STORAGE), what);
        assert!(said.is_ok(), "{line}: {said:#?}");
    }
    let json = r#"{"parameters": {"x": {"value": "https://a/?sig=abc"}}}"#;
    let tree = repository.with("infra/other.json", json);
    assert!(says(&tree, "secrets", Some("infra/other.json"), "secret").is_ok());
}

/// A rule without something broken above could be a rule that never speaks.
#[test]
fn every_rule_is_tried() {
    let mut tried: BTreeSet<&str> = ALL.iter().map(|broken| broken.rule).collect();
    tried.insert("secrets");
    assert_eq!(tried, RULES.iter().copied().collect());
}
