//! What MK.IO costs differently.

use super::*;

#[test]
fn a_clear_locator() {
    on_virtual_time(async {
        let scene = Scene::on(Backend::Mkio).await;
        let locator =
            json!({"assetName": ASSET, "streamingPolicyName": "Predefined_ClearStreamingOnly"});
        let id = scene.put(Kind::StreamingLocators, "new", locator);
        let get = "GET streamingLocators/new";
        let cost = scene.cost(&id).await;
        // A locator can be updated, so its source may have changed meanwhile.
        assert_calls(&cost.primary, &[get, "GET assets/asset", get]);
        // It says itself that it can be used.
        assert_calls(
            &cost.secondary,
            &["GET assets/asset", get, "PUT streamingLocators/new"],
        );
        assert_one_listing_each(&cost);

        let again = scene.cost(&id).await;
        assert_calls(&again.primary, &[get, "GET assets/asset"]);
        assert_calls(&again.secondary, &["GET assets/asset", get]);
    });
}

#[test]
fn an_encrypted_locator() {
    on_virtual_time(async {
        let scene = Scene::on(Backend::Mkio).await;
        let locator = json!({
            "assetName": ASSET, "streamingPolicyName": "Predefined_ClearKey", "defaultContentKeyPolicyName": KEYS,
        });
        let id = scene.put(Kind::StreamingLocators, "new", locator);
        let get = "GET streamingLocators/new";
        let put = "PUT streamingLocators/new";
        let keys = "POST streamingLocators/new/listContentKeys";
        let cost = scene.cost(&id).await;
        assert_calls(&cost.primary, &[get, keys, "GET assets/asset", get, keys]);
        // Created for nobody to see, and released when its keys are the source's.
        assert_calls(
            &cost.secondary,
            &[
                "GET assets/asset",
                get,
                "GET contentKeyPolicies/keys",
                put,
                keys,
                put,
                keys,
            ],
        );
        assert_one_listing_each(&cost);

        let again = scene.cost(&id).await;
        assert_calls(&again.primary, &[get, keys, "GET assets/asset"]);
        assert_calls(&again.secondary, &["GET assets/asset", get, keys]);
    });
}

#[test]
fn a_locator_that_is_suppressed_for_a_while() {
    on_virtual_time(async {
        let scene = Scene::on(Backend::Mkio).await;
        let locator = json!({
            "assetName": ASSET, "streamingPolicyName": "Predefined_ClearStreamingOnly", "suppressed": true,
        });
        let id = scene.put(Kind::StreamingLocators, "first", locator);
        let get = "GET streamingLocators/first";
        let cost = scene.cost(&id).await;
        assert_calls(&cost.primary, &[get, "GET assets/asset", get]);
        assert_calls(
            &cost.secondary,
            &["GET assets/asset", get, "PUT streamingLocators/first"],
        );
    });
}

#[test]
fn a_content_key_policy() {
    on_virtual_time(async {
        let scene = Scene::on(Backend::Mkio).await;
        let policy = bodies::content_key_policy(&scene.platform.chance, Backend::Mkio);
        let id = scene.put(Kind::ContentKeyPolicies, KEYS, policy.clone());
        let secrets = "POST contentKeyPolicies/keys/getPolicyPropertiesWithSecrets";
        let cost = scene.cost(&id).await;
        assert_calls(&cost.primary, &[secrets, secrets]);
        assert_calls(
            &cost.secondary,
            &[secrets, "PATCH contentKeyPolicies/keys", secrets],
        );
        let again = scene.cost(&id).await;
        assert_calls(&again.primary, &[secrets]);
        assert_calls(&again.secondary, &[secrets]);

        // What is not there costs a look at the project; what is new says itself that it can be used.
        let id = scene.put(Kind::ContentKeyPolicies, "new", policy);
        let secrets = "POST contentKeyPolicies/new/getPolicyPropertiesWithSecrets";
        let cost = scene.cost(&id).await;
        assert_calls(&cost.primary, &[secrets, secrets]);
        assert_calls(
            &cost.secondary,
            &[
                secrets,
                "GET project",
                "PUT contentKeyPolicies/new",
                secrets,
            ],
        );
    });
}

#[test]
fn a_streaming_policy() {
    on_virtual_time(async {
        let scene = Scene::on(Backend::Mkio).await;
        let id = scene.put(Kind::StreamingPolicies, "new", clear_policy());
        let get = "GET streamingPolicies/new";
        let cost = scene.cost(&id).await;
        assert_calls(&cost.primary, &[get, get]);
        assert_calls(
            &cost.secondary,
            &[get, "GET project", "PUT streamingPolicies/new"],
        );
    });
}

#[test]
fn a_filter() {
    on_virtual_time(async {
        let scene = Scene::on(Backend::Mkio).await;
        let filter = json!({"firstQuality": {"bitrate": 1}});
        let id = scene.put(Kind::AccountFilters, FILTER, filter);
        let get = "GET accountFilters/filter";
        let cost = scene.cost(&id).await;
        assert_calls(&cost.primary, &[get, get]);
        assert_calls(&cost.secondary, &[get, "PUT accountFilters/filter"]);
        let again = scene.cost(&id).await;
        assert_calls(&again.primary, &[get]);
        assert_calls(&again.secondary, &[get]);
    });
}

#[test]
fn an_asset_that_did_not_change() {
    on_virtual_time(async {
        let scene = Scene::on(Backend::Mkio).await;
        let cost = scene.cost(&named(Kind::Assets, ASSET)).await;
        assert_one_listing_each(&cost);
        // A filtered list stands for the question which locators publish it.
        assert_calls(
            &cost.primary,
            &["GET assets/asset", "LIST assetFilters of asset"],
        );
        assert_calls(&cost.secondary, &["GET assets/asset", "GET assets/asset"]);
    });
}

#[test]
fn a_new_asset_is_looked_at_until_it_can_be_used() {
    on_virtual_time(async {
        let scene = Scene::on(Backend::Mkio).await;
        let id = scene.put(Kind::Assets, "new", json!({"description": "a"}));
        scene
            .platform
            .upload(&id, "video.mp4", Blob::new(b"video".to_vec()));
        scene.platform.finish_job(&[&id]);
        scene.platform.put(
            &named(Kind::StreamingLocators, "new"),
            json!({
                "assetName": "new", "streamingPolicyName": "Predefined_ClearStreamingOnly",
            }),
        );
        sleep(Duration::from_secs(300)).await;
        let cost = scene.cost(&id).await;
        let of_asset: Vec<&str> = cost
            .secondary
            .iter()
            .map(String::as_str)
            .take_while(|call| !call.contains("Locators"))
            .collect();
        // The storage of the secondary is known already; the first read finds nothing, and so asks for the project.
        let get = "GET assets/new";
        assert_eq!(
            of_asset[..5],
            [
                get,
                "GET project",
                get,
                "PUT assets/new",
                "GET assets/new/state"
            ]
        );
    });
}
