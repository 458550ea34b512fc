//! `connect.sh`: functions are subscribed once they are there, and the webhook is registered.

use std::fs;

use super::{
    SETTINGS, VAULT,
    desk::{Desk, succeeded},
};

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
