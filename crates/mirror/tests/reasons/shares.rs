//! Shares of large assets: a message that somebody else wrote may name any places.

use blobs::Share;
use change::Cause;
use mirror::{Outcome, Reason};
use serde_json::json;

use crate::{
    bodies::{PRIMARY_STORAGE, SECONDARY_STORAGE, asset, asset_id},
    row::Row,
    scene::Scene,
};

/// A storage account that the map does not name.
const ANOTHER: &str = "anotherstore";

pub(crate) fn rows() -> Vec<Row> {
    vec![
        // Its shares would be refused one by one.
        Row::new(
            "a large asset whose replica is in a storage account that the map does not name",
            asset_id(),
            Cause::Written,
        )
        .given(|scene| {
            scene.primary.put(asset(PRIMARY_STORAGE));
            scene.secondary.put(asset(ANOTHER));
            scene.bytes.are_large();
        })
        .fails(Reason::Configuration)
        .and_then(|scene| !scene.bytes.are_shared_out()),
    ]
}

fn share(from: &str, to: &str) -> Share {
    let place = |account: &str| json!({"account": account, "container": "c"});
    let share = json!({
        "v": 1, "source": place(from), "replica": place(to), "work": {"names": {"blobs": []}},
    });
    serde_json::from_value(share).unwrap()
}

#[tokio::test]
async fn a_share_is_copied_only_between_accounts_that_the_map_names() {
    const THIRD: (&str, &str) = ("thirdstore", "fourthstore");
    let mut scene = Scene::default();
    let maps = &mut scene.options.maps.storage;
    maps.insert(THIRD.0.to_owned(), THIRD.1.to_owned());
    let mirror = scene.mirror();
    for (from, to) in [
        (SECONDARY_STORAGE, PRIMARY_STORAGE),
        (PRIMARY_STORAGE, PRIMARY_STORAGE),
        (PRIMARY_STORAGE, ANOTHER),
        (ANOTHER, SECONDARY_STORAGE),
    ] {
        let report = mirror.copy_share(&share(from, to)).await;
        let refused = Outcome::Failed(Reason::Configuration);
        assert_eq!(report.outcome, refused, "{from} {to}");
        let detail = report.detail.unwrap();
        assert!(detail.contains("MIRROR_STORAGE_MAP"), "{detail}");
    }
    assert_eq!(scene.bytes.shares_copied(), 0);
    // An asset that was made anew in another account keeps its replica's place.
    for (from, to) in [
        (PRIMARY_STORAGE, SECONDARY_STORAGE),
        THIRD,
        (PRIMARY_STORAGE, THIRD.1),
    ] {
        let report = mirror.copy_share(&share(from, to)).await;
        assert_eq!(report.outcome, Outcome::Applied, "{from} {to}");
    }
    assert_eq!(scene.bytes.shares_copied(), 3);
}
