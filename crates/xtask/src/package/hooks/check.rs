//! `check.sh`: the settings of the app are checked before its functions are deployed.

use std::fs;

use super::{
    SETTINGS, VAULT,
    desk::{Desk, succeeded},
};

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
