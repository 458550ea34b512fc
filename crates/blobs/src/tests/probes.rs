//! What is said of accounts that are asked without being copied from.

use super::{
    double::{Op, refusal},
    scene::Scene,
    wire::{Setup, accepting, listed, ok},
};
use crate::{BlobError, Denial, Place, Presence, Side, SourceAuth};

#[tokio::test]
async fn an_account_is_reached_with_one_listing_whether_the_container_is_there_or_not() {
    let scene = Scene::new();
    let nowhere = Place::new("src", "nowhere");
    for (side, place, presence) in [
        (Side::Source, &scene.source, Presence::Exists),
        (Side::Source, &nowhere, Presence::Absent),
        (Side::Replica, &scene.replica, Presence::Absent),
    ] {
        scene.service.forget_calls();
        assert_eq!(scene.copier.reach(side, place).await.unwrap(), presence);
        assert_eq!(scene.count(Op::List), 1);
        assert_eq!(scene.service.state().calls.len(), 1);
    }
}

#[tokio::test]
async fn a_refused_listing_names_the_account_and_the_cause() {
    let scene = Scene::new();
    let refused = refusal(403, "AuthorizationPermissionMismatch");
    scene
        .service
        .before(move |call, _| (call.side == Side::Replica).then(|| refused.clone()));
    let error = scene.copier.reach(Side::Replica, &scene.replica).await;
    assert!(
        matches!(
            error,
            Err(BlobError::Denied {
                side: Side::Replica,
                cause: Denial::Role,
                ..
            })
        ),
        "{error:?}"
    );
    assert!(
        scene
            .copier
            .reach(Side::Source, &scene.source)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn the_source_is_opened_by_a_delegation_key_and_its_refusal_is_the_sources() {
    let place = Place::new("src", "c");
    let setup = Setup::identity(SourceAuth::DelegationSas, accepting(listed("a", 1)));
    setup.copier.open_source(&place).await.unwrap();
    assert_eq!(setup.sent_with("userdelegationkey").len(), 1);
    assert_eq!(setup.sent().len(), 1);

    let setup = Setup::identity(SourceAuth::DelegationSas, |sent| {
        if sent.url.contains("userdelegationkey") {
            let code = "AuthorizationPermissionMismatch".to_owned();
            (403, vec![("x-ms-error-code", code)], String::new())
        } else {
            ok("")
        }
    });
    let error = setup.copier.open_source(&place).await.unwrap_err();
    assert_eq!(error.side(), Some(Side::Source));
    assert!(matches!(error, BlobError::Denied { .. }), "{error:?}");

    let setup = Setup::identity(SourceAuth::Bearer, |_| ok(""));
    setup.copier.open_source(&place).await.unwrap();
    assert_eq!(setup.sent().len(), 0);
}
