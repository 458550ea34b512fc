//! Resources that consist of their properties only.

use std::sync::atomic::{AtomicU32, Ordering};

use change::{Cause, Kind, Name, ResourceId};
use media::ErrorKind;
use mirror::{Again, Reason};
use serde_json::json;

use crate::{
    bodies::{body, filter, filter_id, id, policy, policy_id},
    row::Row,
};

pub(crate) fn rows() -> Vec<Row> {
    vec![
        Row::new(
            "a predefined streaming policy",
            id(Kind::StreamingPolicies, "Predefined_ClearKey"),
            Cause::Written,
        )
        .skips(Reason::Predefined),
        Row::new(
            "a streaming policy that differs in what cannot be changed",
            policy_id(),
            Cause::Written,
        )
        .given(|scene| {
            scene.primary.put(policy(true));
            scene.secondary.put(policy(false));
        })
        .fails(Reason::ReplicaConflict)
        .and_then(|scene| scene.secondary.get(&policy_id()) == Some(policy(false))),
        Row::new(
            "the secondary says that it is there, and does not show it",
            policy_id(),
            Cause::Written,
        )
        .given(|scene| {
            scene.primary.put(policy(true));
            scene.secondary.refuse("create", ErrorKind::Conflict);
        })
        .fails(Reason::ReplicaConflict),
        Row::new(
            "the secondary writes something else than it was sent",
            filter_id(),
            Cause::Written,
        )
        .given(|scene| {
            scene.primary.put(filter(2));
            scene
                .secondary
                .alter(|body| body.set_property("firstQuality", json!({"bitrate": 1})));
        })
        .fails(Reason::ReplicaIgnored),
        Row::new(
            "the source changes with every write",
            filter_id(),
            Cause::Written,
        )
        .given(|scene| {
            scene.primary.put(filter(1));
            let count = std::sync::Arc::new(AtomicU32::new(2));
            for method in ["create", "update"] {
                let (primary, count) = (scene.primary.clone(), count.clone());
                scene.secondary.before(method, move || {
                    primary.put(filter(count.fetch_add(1, Ordering::Relaxed)));
                });
            }
        })
        .waits(Reason::SourceChanging, Again::BackOff),
        Row::new(
            "a streaming policy that names a content key policy of neither account",
            policy_id(),
            Cause::Written,
        )
        .given(|scene| {
            let properties = json!({"defaultContentKeyPolicyName": "nowhere"});
            scene.primary.put(body(policy_id(), properties));
        })
        .fails(Reason::DependencyFailed)
        .and_then(|scene| scene.secondary.get(&policy_id()).is_none()),
        Row::new(
            "a content key policy whose secret reads masked",
            id(Kind::ContentKeyPolicies, "drm"),
            Cause::Written,
        )
        .given(|scene| scene.primary.put(masked_policy()))
        .fails(Reason::SecretMasked)
        .and_then(|scene| scene.secondary.get(masked_policy().id()).is_none()),
        needing_policy("a streaming policy whose content key policy is refused")
            .given(|scene| {
                let properties = json!({"options": []});
                let policy = body(id(Kind::ContentKeyPolicies, "drm"), properties);
                scene.primary.put(policy);
                scene.secondary.refuse("create", ErrorKind::Refused);
            })
            .fails(Reason::DependencyFailed)
            .naming("contentKeyPolicies/drm: replica-refused"),
        // That the right is missing is true of both.
        needing_policy("a streaming policy whose content key policy reads masked")
            .given(|scene| scene.primary.put(masked_policy()))
            .fails(Reason::SecretMasked)
            .naming("contentKeyPolicies/drm: "),
        Row::new(
            "a filter of an asset that is not mirrored",
            asset_filter_id(),
            Cause::Written,
        )
        .given(|scene| {
            let properties = json!({"firstQuality": {"bitrate": 1}});
            scene.primary.put(body(asset_filter_id(), properties));
            scene.secondary.refuse("create", ErrorKind::Unavailable);
        })
        .skips(Reason::OutOfScope),
    ]
}

fn asset_filter_id() -> ResourceId {
    let name = |text| Name::new(text).unwrap();
    ResourceId::asset_filter(name("film"), name("mobile"))
}

fn needing_policy(what: &str) -> Row {
    Row::new(what, policy_id(), Cause::Written).given(|scene| {
        let properties = json!({"defaultContentKeyPolicyName": "drm"});
        scene.primary.put(body(policy_id(), properties));
    })
}

fn masked_policy() -> media::Body {
    let key = json!({"@odata.type": "#Microsoft.Media.ContentKeyPolicySymmetricTokenKey", "keyValue": null});
    let restriction = json!({
        "@odata.type": "#Microsoft.Media.ContentKeyPolicyTokenRestriction",
        "issuer": "issuer", "audience": "audience", "restrictionTokenType": "Jwt",
        "primaryVerificationKey": key,
    });
    let configuration =
        json!({"@odata.type": "#Microsoft.Media.ContentKeyPolicyClearKeyConfiguration"});
    let option =
        json!({"name": "option", "configuration": configuration, "restriction": restriction});
    let properties = json!({"options": [option]});
    body(id(Kind::ContentKeyPolicies, "drm"), properties)
}
