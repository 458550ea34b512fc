//! `disconnect.sh`: what the app made elsewhere goes with it, and no more than that.

use super::{
    GROUP, SETTINGS, borrowed,
    desk::{Desk, succeeded},
    media, storage,
};

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
    succeeded(&desk.run("disconnect.sh", &borrowed(&variables)));
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
