//! Every reason can be reached, and comes out with its outcome.
//!
//! One row for each way to a reason: what is in the two accounts and how they answer, the change, and what the report must say. Whoever
//! adds a reason has to say here how it is reached.

#![expect(
    clippy::unwrap_used,
    reason = "in tests; clippy sees that only inside functions marked as such"
)]

mod account;
mod bodies;
mod bytes;
mod deletions;
mod depths;
mod media_rows;
mod plain_rows;
mod row;
mod scene;
mod services;
mod shares;
mod storage;

use std::collections::HashSet;

use mirror::Reason;
use row::Row;

/// What only the handler can say, because only it sees messages and events. Its own tests have a row for each.
const OF_THE_HANDLER: [Reason; 4] = [
    Reason::BadMessage,
    Reason::Bug,
    Reason::NotMirroredKind,
    Reason::NotPrimary,
];

fn rows() -> Vec<Row> {
    let mut rows = services::rows();
    rows.extend(storage::rows());
    rows.extend(plain_rows::rows());
    rows.extend(media_rows::rows());
    rows.extend(deletions::rows());
    rows.extend(shares::rows());
    rows
}

#[tokio::test]
async fn every_reason_is_reached_with_its_outcome() {
    let mut reached = HashSet::new();
    let mut wrong = Vec::new();
    for row in rows() {
        match row.run().await {
            Ok(reason) => {
                reached.insert(reason);
            }
            Err(what) => wrong.push(what),
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let listed: HashSet<Reason> = Reason::ALL.iter().copied().collect();
    let elsewhere: HashSet<Reason> = OF_THE_HANDLER.into();
    let expected: HashSet<Reason> = listed.difference(&elsewhere).copied().collect();
    let missing: Vec<_> = expected.difference(&reached).collect();
    let too_many: Vec<_> = reached.difference(&expected).collect();
    assert!(
        missing.is_empty() && too_many.is_empty(),
        "no row reaches {missing:?}; listed as the handler's alone, yet reached: {too_many:?}"
    );
}
