//! The hooks of `infra/hooks`, run against stand-ins of the tools that they call.

mod check;
mod connect;
mod desk;
mod disconnect;
mod prepare;

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

const GROUP: &str = "/subscriptions/s-1/resourceGroups/media/providers";

fn media(account: &str) -> String {
    format!("{GROUP}/Microsoft.Media/mediaServices/{account}")
}

fn storage(account: &str) -> String {
    format!("{GROUP}/Microsoft.Storage/storageAccounts/{account}")
}

/// What Azure says of the settings of the app.
const SETTINGS: &str = "MIRROR_BACKEND\tmkio\nMIRROR_PRIMARY\twest\nMIRROR_HOST_MAP\ta=b c\n\
    MIRROR_PRIMARY_TOKEN\t@Microsoft.KeyVault(SecretUri=https://kv-1/secrets/mirror-primary-token)\n\
    AzureWebJobsStorage__accountName\tstmirror\nAzureWebJobsStorage__credential\tmanagedidentity\n\
    APPLICATIONINSIGHTS_CONNECTION_STRING\tInstrumentationKey=1\n";

/// What the key vault holds.
const VAULT: [(&str, &str); 3] = [
    ("--name mirror-primary-token --query", "PRIMARY-SECRET"),
    ("--name mirror-secondary-token --query", "SECONDARY-SECRET"),
    ("--name mirror-webhook-secret --query", "HOOK-SECRET"),
];

/// Variables as [`desk::Desk::run`] takes them.
fn borrowed<'a>(variables: &'a [(&'a str, String)]) -> Vec<(&'a str, &'a str)> {
    let variables = variables.iter();
    variables
        .map(|(name, value)| (*name, value.as_str()))
        .collect()
}

#[test]
fn azure_yaml_names_what_is_there() {
    let root = world::workspace_root();
    let text = fs::read_to_string(root.join("azure.yaml")).unwrap();
    let values = |key: &str| -> Vec<String> {
        let lines = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix(key));
        lines.map(|value| value.trim().to_owned()).collect()
    };
    let hooks = values("run:");
    assert!(hooks.len() >= 5, "{hooks:?}");
    for hook in &hooks {
        let mode = fs::metadata(root.join(hook)).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "azd cannot run {hook}");
    }
    let dist: Vec<PathBuf> = values("dist:").iter().map(|path| root.join(path)).collect();
    assert_eq!(dist, [super::zip()]);
}
