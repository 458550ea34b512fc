//! `prepare.sh`: what is missing or cannot be is named before anything is made.

use super::{
    borrowed,
    desk::{Desk, succeeded},
    media, storage,
};

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

#[test]
fn what_is_missing_is_named_before_anything_is_made() {
    let desk = Desk::new(&[]);
    let output = desk.run("prepare.sh", &[("MIRROR_PRIMARY", "west")]);
    assert!(!output.status.success());
    assert!(desk.shown(&output).contains("MIRROR_SECONDARY"));
    let all = media_accounts();
    let all = borrowed(&all);
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
        let output = desk.run("prepare.sh", &borrowed(&all));
        assert!(!output.status.success(), "{wrong}");
        assert!(desk.shown(&output).contains(name), "{wrong}");
    }
}

/// What azd takes away is the app's whole group, even after a deployment that was never finished.
#[test]
fn an_account_in_the_app_s_group_is_noticed_before_anything_is_made() {
    let all = media_accounts();
    let mut all = borrowed(&all);
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
    let mut all = borrowed(&all);
    all.push(("INFRA_PRIVATE_NETWORK", "true"));
    for (state, fine) in [("Registered", true), ("NotRegistered", false)] {
        let desk = Desk::new(&[("az provider show --namespace Microsoft.App", state)]);
        let output = desk.run("prepare.sh", &all);
        assert_eq!(output.status.success(), fine, "{state}");
        let told = desk.shown(&output).contains("az provider register");
        assert_eq!(told, !fine, "{state}");
    }
}
