use mirror::Deletes;

use super::*;

const ACCOUNT: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Media/mediaServices/";

fn good() -> BTreeMap<String, String> {
    [
        ("FUNCTIONS_CUSTOMHANDLER_PORT", "7001".to_owned()),
        ("MIRROR_PRIMARY", format!("{ACCOUNT}east")),
        ("MIRROR_SECONDARY", format!("{ACCOUNT}west")),
        ("MIRROR_STORAGE_MAP", "eaststore=weststore".to_owned()),
        ("AzureWebJobsStorage__accountName", "appstore".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

#[test]
fn five_variables_are_enough() {
    let settings = Settings::from_variables(&good()).unwrap();
    assert_eq!(settings.settle, Duration::from_secs(120));
    assert_eq!(settings.blob_debounce, Duration::from_secs(60));
    assert_eq!(settings.source_auth, SourceAuth::Bearer);
    assert_eq!(
        settings.storage_map.replica_of("eaststore"),
        Some("weststore")
    );
    assert_eq!(
        settings.app_storage.queue_service.as_str(),
        "https://appstore.queue.core.windows.net/"
    );
    assert_eq!(
        settings
            .policy
            .deletes
            .get(&change::Kind::StreamingLocators),
        Some(&Deletes::Events)
    );
    assert_eq!(settings.event_topics, EventTopics::System);
    assert_eq!(settings.sweep[&Depth::List], Duration::from_secs(300));
    assert!(!settings.sweep.contains_key(&Depth::Updated));
}

#[test]
fn sweeps_are_set_depth_by_depth() {
    let with = |text: &str| {
        let mut variables = good();
        variables.insert("MIRROR_SWEEP".to_owned(), text.to_owned());
        Settings::from_variables(&variables)
    };
    let sweep = with("list=15m, bytes=off").unwrap().sweep;
    assert_eq!(sweep[&Depth::List], Duration::from_secs(900));
    assert_eq!(sweep[&Depth::Keys], Duration::from_secs(86_400));
    assert!(!sweep.contains_key(&Depth::Bytes));
    assert!(with("off").unwrap().sweep.is_empty());
    for bad in ["lists=5m", "list=5", "list=10s", "updated=1m"] {
        assert!(with(bad).unwrap_err().names("MIRROR_SWEEP"), "{bad}");
    }
}

#[test]
fn lists_are_parsed_and_their_mistakes_reported() {
    let mut variables = good();
    for (name, value) in [
        ("MIRROR_HOST_MAP", "Keys.One.example=keys.two.example"),
        ("MIRROR_DELETES", "assets=events, streamingLocators=off"),
        ("MIRROR_EXCLUDE", "*-raw, tmp-?"),
        (
            "MIRROR_EVENT_TOPICS",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.EventGrid/topics/t",
        ),
    ] {
        variables.insert(name.to_owned(), value.to_owned());
    }
    let settings = Settings::from_variables(&variables).unwrap();
    assert_eq!(settings.host_map[0].0, "keys.one.example");
    assert_eq!(
        settings.policy.deletes[&change::Kind::Assets],
        Deletes::Events
    );
    assert_eq!(settings.scope.exclude.len(), 2);
    for (name, value) in [
        ("MIRROR_HOST_MAP", "a b=c"),
        ("MIRROR_DELETES", "jobs=events"),
        ("MIRROR_CONFLICTS", "assets=perhaps"),
        ("MIRROR_EVENT_TOPICS", "everything"),
        ("MIRROR_STATE_CONTAINER", "Not--Good"),
        ("MIRROR_BLOB_DEBOUNCE", "2h"),
    ] {
        variables.insert(name.to_owned(), value.to_owned());
    }
    let mistakes = Settings::from_variables(&variables).unwrap_err();
    assert_eq!(mistakes.count(), 6, "{mistakes}");
}

#[test]
fn every_mistake_is_reported_at_once_and_no_value_repeated() {
    let mut variables = good();
    for (name, value) in [
        ("MIRROR_PRIMARY", "SECRET"),
        ("MIRROR_SETTLE", "SECRET"),
        ("MIRROR_PRIMARY_STORAGE_SAS", "SECRET"),
        ("MIRROR_SECONDARY_ENDPOINT", "http://SECRET"),
        ("MIRROR_SETLE", "SECRET"),
        ("MIRROR_SOURCE_AUTH", "SECRET"),
    ] {
        variables.insert(name.to_owned(), value.to_owned());
    }
    variables.remove("MIRROR_STORAGE_MAP");
    let mistakes = Settings::from_variables(&variables).unwrap_err();
    assert_eq!(mistakes.count(), 7, "{mistakes}");
    for name in [
        "MIRROR_PRIMARY",
        "MIRROR_SETTLE",
        "MIRROR_SETLE",
        "MIRROR_STORAGE_MAP",
    ] {
        assert!(mistakes.names(name), "{name}: {mistakes}");
    }
    let line = mistakes.to_string();
    assert!(!line.contains("SECRET") && !line.contains('\n'), "{line}");
}

#[test]
fn mkio_takes_projects_and_tokens() {
    let mut variables = good();
    for (name, value) in [
        ("MIRROR_BACKEND", "mkio"),
        ("MIRROR_PRIMARY", "east"),
        ("MIRROR_SECONDARY", "west"),
        ("MIRROR_PRIMARY_TOKEN", "e30.e30.x"),
        ("MIRROR_SECONDARY_TOKEN", "e30.e30.y"),
        ("MIRROR_STORAGE_MAP", "East storage=West storage"),
    ] {
        variables.insert(name.to_owned(), value.to_owned());
    }
    let settings = Settings::from_variables(&variables).unwrap();
    assert_eq!(settings.primary.endpoint.as_str(), "https://app.mk.io/");
    let deletes = &settings.policy.deletes;
    assert_eq!(deletes[&change::Kind::StreamingLocators], Deletes::Converge);
    assert_eq!(settings.sweep[&Depth::Updated], Duration::from_secs(60));
    assert!(!format!("{settings:?}").contains("e30"));
    for (name, value) in [
        ("MIRROR_SECONDARY", "east"),
        ("MIRROR_SECONDARY", "East"),
        ("MIRROR_SECONDARY", "projects/west"),
        ("MIRROR_SECONDARY", ".."),
        ("MIRROR_PRIMARY_TOKEN", "opaque"),
        ("MIRROR_PRIMARY_TOKEN", "Bearer e30.e30.x"),
        ("MIRROR_DELETES", "streamingLocators=events"),
        ("MIRROR_WEBHOOK_SECRET", "short"),
        (
            "MIRROR_WEBHOOK_SECRET",
            "@Microsoft.KeyVault(SecretUri=https://v/secrets/s)",
        ),
    ] {
        let mut variables = variables.clone();
        variables.insert(name.to_owned(), value.to_owned());
        let mistakes = Settings::from_variables(&variables).unwrap_err();
        assert!(mistakes.names(name), "{name}: {mistakes}");
    }
}

#[test]
fn one_project_cannot_be_both_by_another_host_name() {
    let mut variables = good();
    for (name, value) in [
        ("MIRROR_BACKEND", "mkio"),
        ("MIRROR_PRIMARY", "east"),
        ("MIRROR_SECONDARY", "EAST"),
        ("MIRROR_PRIMARY_TOKEN", "e30.e30.x"),
        ("MIRROR_SECONDARY_TOKEN", "e30.e30.y"),
    ] {
        variables.insert(name.to_owned(), value.to_owned());
    }
    for (endpoint, is_the_same) in [
        ("https://app.mk.io/", true),
        ("https://APP.mk.io:443", true),
        ("https://api.mk.io", true),
        ("https://api.io.mediakind.com/", true),
        ("https://mkio.example.com", false),
    ] {
        variables.insert("MIRROR_SECONDARY_ENDPOINT".to_owned(), endpoint.to_owned());
        let read = Settings::from_variables(&variables);
        let named = read.is_err_and(|mistakes| mistakes.names("MIRROR_SECONDARY"));
        assert_eq!(named, is_the_same, "{endpoint}");
    }
}

#[test]
fn one_account_cannot_be_both() {
    let mut variables = good();
    variables.insert("MIRROR_SECONDARY".to_owned(), format!("{ACCOUNT}EAST"));
    let mistakes = Settings::from_variables(&variables).unwrap_err();
    assert!(mistakes.names("MIRROR_SECONDARY"), "{mistakes}");
}

#[test]
fn a_secret_is_not_shown() {
    let mut variables = good();
    variables.insert(
        "MIRROR_PRIMARY_STORAGE_SAS".to_owned(),
        "?sv=1&sig=CANARY".to_owned(),
    );
    let settings = Settings::from_variables(&variables).unwrap();
    assert!(!format!("{settings:?}").contains("CANARY"));
}
