//! The hooks of `infra/hooks`, run against stand-ins of the tools that they call.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    process::{Command, Output},
};

use tempfile::TempDir;

const GROUP: &str = "/subscriptions/s-1/resourceGroups/media/providers";

/// What the tools answer: for each command line that holds the first text, the second on standard output; a line that begins with `!`
/// is a failure. What no line fits is answered with nothing.
type Answers<'a> = &'a [(&'a str, &'a str)];

struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new(answers: Answers<'_>) -> Self {
        let desk = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let mut cases = String::new();
        for (wanted, answer) in answers {
            let reply = desk.folder.path().join(format!("answer-{}", cases.len()));
            fs::write(&reply, answer.trim_start_matches('!')).unwrap();
            let status = u8::from(answer.starts_with('!'));
            cases += &format!(
                "*'{wanted}'*) cat '{}'; exit {status} ;;\n",
                reply.display()
            );
        }
        let log = desk.log().display().to_string();
        // `sleep` too, so that nobody waits.
        for tool in ["az", "azd", "cargo", "python3", "sleep"] {
            let path = desk.folder.path().join(tool);
            // `cargo` is also asked which variables it was given.
            let script = format!(
                "#!/bin/sh\nprintf '%s\\n' \"{tool} $*\" >>'{log}'\n\
                 if [ {tool} = cargo ]; then env | grep -E '^(MIRROR|MKIO)_' >>'{log}.env'; fi\n\
                 case \"{tool} $*\" in\n{cases}esac\n"
            );
            fs::write(&path, script).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        desk
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("calls")
    }

    fn run(&self, hook: &str, variables: &[(&str, &str)]) -> Output {
        let hook = world::workspace_root().join("infra/hooks").join(hook);
        let path = format!("{}:/usr/bin:/bin", self.folder.path().display());
        Command::new(hook)
            .env_clear()
            .env("PATH", path)
            .env("TMPDIR", self.folder.path())
            .envs([
                ("AZURE_ENV_NAME", "prod"),
                ("AZURE_RESOURCE_GROUP", "rg-prod"),
                ("AZURE_SUBSCRIPTION_ID", "s-1"),
                ("INFRA_APP_ID", "/sites/func-1"),
                ("INFRA_APP_NAME", "func-1"),
                ("INFRA_APP_URL", "https://func-1.example.net"),
                ("INFRA_VAULT", "kv-1"),
            ])
            .envs(variables.iter().copied())
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }

    fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(self.log()).unwrap_or_default();
        text.lines().map(ToOwned::to_owned).collect()
    }

    fn called(&self, what: &str) -> bool {
        self.calls().iter().any(|call| call.contains(what))
    }

    /// Everything that is left: what was called with which arguments, said, and kept in files.
    fn shown(&self, output: &Output) -> String {
        let texts = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
        format!("{}{}{}", self.calls().join("\n"), texts[0], texts[1])
    }
}

#[track_caller]
fn succeeded(output: &Output) {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn media(account: &str) -> String {
    format!("{GROUP}/Microsoft.Media/mediaServices/{account}")
}

fn storage(account: &str) -> String {
    format!("{GROUP}/Microsoft.Storage/storageAccounts/{account}")
}

/// What a user says of two accounts.
fn media_accounts() -> [(&'static str, String); 3] {
    [
        ("MIRROR_PRIMARY", media("east")),
        ("MIRROR_SECONDARY", media("west")),
        (
            "INFRA_STORAGE_ACCOUNTS",
            format!("{}={}, ", storage("a"), storage("b")),
        ),
    ]
}

const SETTINGS: &str = "MIRROR_BACKEND\tmkio\nMIRROR_PRIMARY\twest\nMIRROR_HOST_MAP\ta=b c\n\
    MIRROR_PRIMARY_TOKEN\t@Microsoft.KeyVault(SecretUri=https://kv-1/secrets/mirror-primary-token)\n\
    AzureWebJobsStorage__accountName\tstmirror\nAzureWebJobsStorage__credential\tmanagedidentity\n\
    APPLICATIONINSIGHTS_CONNECTION_STRING\tInstrumentationKey=1\n";

const VAULT: [(&str, &str); 3] = [
    ("--name mirror-primary-token --query", "PRIMARY-SECRET"),
    ("--name mirror-secondary-token --query", "SECONDARY-SECRET"),
    ("--name mirror-webhook-secret --query", "HOOK-SECRET"),
];

#[test]
fn what_is_missing_is_named_before_anything_is_made() {
    let desk = Desk::new(&[]);
    let output = desk.run("prepare.sh", &[("MIRROR_PRIMARY", "west")]);
    assert!(!output.status.success());
    assert!(desk.shown(&output).contains("MIRROR_SECONDARY"));
    let all = media_accounts();
    let all = all.each_ref().map(|(name, value)| (*name, value.as_str()));
    succeeded(&desk.run("prepare.sh", &all));
    let signed_out = Desk::new(&[("az account show", "!")]);
    let output = signed_out.run("prepare.sh", &all);
    assert!(!output.status.success());
    assert!(signed_out.shown(&output).contains("az login"));
}

#[test]
fn what_is_no_resource_id_is_named_before_anything_is_made() {
    let desk = Desk::new(&[]);
    for (name, wrong) in [
        ("MIRROR_SECONDARY", "west"),
        ("INFRA_STORAGE_ACCOUNTS", "a=b"),
        ("INFRA_STORAGE_ACCOUNTS", &storage("a")),
        (
            "INFRA_STORAGE_ACCOUNTS",
            &format!("{}={}", storage("a"), media("a")),
        ),
    ] {
        let mut all = media_accounts().to_vec();
        all.push((name, wrong.to_owned()));
        let all: Vec<_> = all
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let output = desk.run("prepare.sh", &all);
        assert!(!output.status.success(), "{wrong}");
        assert!(desk.shown(&output).contains(name), "{wrong}");
    }
}

/// What azd takes away is the app's whole group, even after a deployment that was never finished.
#[test]
fn an_account_in_the_app_s_group_is_noticed_before_anything_is_made() {
    let all = media_accounts();
    let mut all = all
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()))
        .to_vec();
    let in_group = media("west").replace("/media/", "/RG-Prod/");
    all.extend([
        ("MIRROR_SECONDARY", in_group.as_str()),
        ("AZURE_RESOURCE_GROUP", ""),
    ]);
    for hook in ["prepare.sh", "disconnect.sh"] {
        let desk = Desk::new(&[]);
        let output = desk.run(hook, &all);
        assert!(!output.status.success(), "{hook}");
        assert!(desk.shown(&output).contains("is in rg-prod"), "{hook}");
    }
}

#[test]
fn a_private_network_asks_for_the_provider_that_nothing_registers() {
    let all = media_accounts();
    let mut all = all
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()))
        .to_vec();
    all.push(("INFRA_PRIVATE_NETWORK", "true"));
    for (state, fine) in [("Registered", true), ("NotRegistered", false)] {
        let desk = Desk::new(&[("az provider show --namespace Microsoft.App", state)]);
        let output = desk.run("prepare.sh", &all);
        assert_eq!(output.status.success(), fine, "{state}");
        let told = desk.shown(&output).contains("az provider register");
        assert_eq!(told, !fine, "{state}");
    }
}

#[test]
fn the_settings_of_the_app_are_what_is_checked() {
    let desk = Desk::new(&[
        ("appsettings list", SETTINGS),
        ("config check", "The settings are complete."),
    ]);
    // The file is gone when the hook is: the stand-in keeps what it was given.
    let keep = desk.folder.path().join("kept");
    let cargo = desk.folder.path().join("cargo");
    let script = fs::read_to_string(&cargo).unwrap();
    let copy = format!(
        "#!/bin/sh\nfor last; do :; done\ncat \"$last\" >'{}'\n",
        keep.display()
    );
    fs::write(&cargo, script.replacen("#!/bin/sh\n", &copy, 1)).unwrap();
    succeeded(&desk.run("check.sh", &[]));
    let kept = fs::read_to_string(keep).unwrap();
    let lines: Vec<&str> = kept.lines().collect();
    assert_eq!(
        lines,
        [
            "MIRROR_BACKEND=mkio",
            "MIRROR_PRIMARY=west",
            "MIRROR_HOST_MAP=a=b c",
            "AzureWebJobsStorage__accountName=stmirror",
        ]
    );
}

#[test]
fn a_mistake_in_the_settings_stops_the_deployment_and_a_missing_right_does_not() {
    let mistake = Desk::new(&[("appsettings list", SETTINGS), ("config check", "!")]);
    assert!(!mistake.run("check.sh", &[]).status.success());
    let denied = "!The settings are complete.\nprimary account: denied\n";
    let right = Desk::new(&[("appsettings list", SETTINGS), ("config check", denied)]);
    let output = right.run("check.sh", &[]);
    succeeded(&output);
    assert!(right.shown(&output).contains("primary account: denied"));
}

#[test]
fn functions_are_subscribed_once_they_are_there() {
    let desk = Desk::new(&[]);
    succeeded(&desk.run("connect.sh", &[]));
    assert!(desk.called("azd env set INFRA_FUNCTIONS_DEPLOYED true --environment prod"));
    let again = Desk::new(&[]);
    succeeded(&again.run("connect.sh", &[("INFRA_FUNCTIONS_DEPLOYED", "true")]));
    assert!(again.calls().is_empty(), "{:?}", again.calls());
}

/// Event Grid refuses a function that Azure does not list yet.
#[test]
fn functions_that_are_not_listed_are_not_subscribed() {
    let desk = Desk::new(&[("functionapp function show", "!")]);
    let output = desk.run("connect.sh", &[]);
    assert!(!output.status.success());
    assert!(desk.shown(&output).contains("log stream"));
    assert!(!desk.called("azd env set"));
    let waited = desk
        .calls()
        .iter()
        .filter(|call| *call == "sleep 10")
        .count();
    assert!(waited >= 20, "waited {waited} times");
}

#[test]
fn the_webhook_is_registered_and_no_secret_shows() {
    let mut answers = vec![
        ("appsettings list", SETTINGS),
        ("--name mirror-webhook-token --query", "!"),
    ];
    answers.extend(VAULT);
    let desk = Desk::new(&answers);
    let output = desk.run("connect.sh", &[("MIRROR_BACKEND", "mkio")]);
    succeeded(&output);
    let read_anew = "/sites/func-1/config/configreferences/appsettings/refresh?";
    assert!(desk.called(&format!("az rest --method post --url {read_anew}")));
    assert!(desk.called("webhook register"));
    assert!(desk.called("--url https://func-1.example.net/api/webhook"));
    let given = fs::read_to_string(desk.folder.path().join("calls.env")).unwrap();
    for given_to_the_tool in [
        "MIRROR_PRIMARY_TOKEN=PRIMARY-SECRET",
        "MIRROR_SECONDARY_TOKEN=SECONDARY-SECRET",
        "MIRROR_WEBHOOK_SECRET=HOOK-SECRET",
    ] {
        assert!(
            given.lines().any(|line| line == given_to_the_tool),
            "{given_to_the_tool}"
        );
    }
    assert!(!given.contains("MKIO_TOKEN"));
    let shown = desk.shown(&output);
    assert!(!shown.contains("SECRET"), "{shown}");
    let left: Vec<_> = fs::read_dir(desk.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("tmp."))
        .collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

#[test]
fn the_webhooks_secret_is_made_where_there_is_none() {
    let mut answers = vec![("--name mirror-webhook-secret --query", "!")];
    answers.extend(VAULT);
    answers.extend([
        ("appsettings list", SETTINGS),
        ("config check", "The settings are complete."),
    ]);
    let desk = Desk::new(&answers);
    let output = desk.run("check.sh", &[("MIRROR_BACKEND", "mkio")]);
    succeeded(&output);
    let given = fs::read_to_string(desk.folder.path().join("calls.env")).unwrap();
    let made = given
        .lines()
        .find_map(|line| line.strip_prefix("MIRROR_WEBHOOK_SECRET="))
        .unwrap();
    assert_eq!(made.len(), 64, "32 random bytes in hex");
    assert!(
        desk.called("keyvault secret set --vault-name kv-1 --name mirror-webhook-secret --file")
    );
    assert!(!desk.shown(&output).contains(made));
    let no_token = Desk::new(&[
        ("--name mirror-primary-token", "!"),
        ("appsettings list", SETTINGS),
    ]);
    let output = no_token.run("check.sh", &[("MIRROR_BACKEND", "mkio")]);
    assert!(!output.status.success());
    assert!(no_token.shown(&output).contains("webhook token primary"));
}

#[test]
fn azd_never_deletes_the_group_of_an_account() {
    let desk = Desk::new(&[]);
    let (primary, secondary) = (media("east"), media("west").replace("media", "RG-Prod"));
    let output = desk.run(
        "disconnect.sh",
        &[
            ("MIRROR_PRIMARY", &primary),
            ("MIRROR_SECONDARY", &secondary),
        ],
    );
    assert!(!output.status.success(), "the secondary is in rg-prod");
    assert!(desk.calls().is_empty(), "{:?}", desk.calls());
}

#[test]
fn what_stands_outside_of_the_group_is_taken_away() {
    let topic = format!("{GROUP}/Microsoft.EventGrid/systemTopics/evgt-mirror-jobs");
    let assignment = format!(
        "{}/providers/Microsoft.Authorization/roleAssignments/ra-1",
        media("east")
    );
    let desk = Desk::new(&[
        ("az identity list", "p-1\np-2\n"),
        (
            "az resource list --subscription s-1 --tag azd-env-name=prod",
            &topic,
        ),
        ("--assignee p-1", &assignment),
        (
            "az role definition list --scope /subscriptions/s-1/resourceGroups/media",
            "role-1",
        ),
    ]);
    let storage = format!("{}={}", storage("a"), storage("b"));
    let theirs = format!("{GROUP}/Microsoft.EventGrid/systemTopics/theirs");
    let variables = [
        ("MIRROR_PRIMARY", media("east")),
        ("MIRROR_SECONDARY", media("west")),
        ("INFRA_STORAGE_ACCOUNTS", storage),
        ("INFRA_GROUP_TOPIC_ID", theirs.clone()),
    ];
    let variables = variables
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    succeeded(&desk.run("disconnect.sh", &variables));
    let deleted: Vec<String> = desk
        .calls()
        .iter()
        .filter_map(|call| call.strip_prefix("az rest --method delete --url "))
        .filter_map(|call| Some(call.split_once('?')?.0.to_owned()))
        .collect();
    let role = "/subscriptions/s-1/resourceGroups/media/providers/Microsoft.Authorization/roleDefinitions/role-1";
    assert_eq!(
        deleted,
        [
            format!("{theirs}/eventSubscriptions/media-mirror-resources"),
            topic,
            assignment,
            role.to_owned(),
        ]
    );
    assert!(desk.called("azd env set INFRA_FUNCTIONS_DEPLOYED false --environment prod"));
}

/// Somebody who gives up before there are tokens gets rid of the rest all the same.
#[test]
fn what_was_never_connected_needs_no_tokens_to_go() {
    let variables = [("MIRROR_BACKEND", "mkio"), ("MIRROR_PRIMARY", "west")];
    let desk = Desk::new(&[("keyvault", "!")]);
    succeeded(&desk.run("disconnect.sh", &variables));
    assert!(!desk.called("keyvault") && !desk.called("webhook"));
    let connected = Desk::new(&[("keyvault", "!"), ("appsettings list", SETTINGS)]);
    let mut variables = variables.to_vec();
    variables.push(("INFRA_FUNCTIONS_DEPLOYED", "true"));
    assert!(!connected.run("disconnect.sh", &variables).status.success());
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
