//! What existed before the mirror is brought over, seen to be the same, and repaired when it is not. Each test has a world of its own, where
//! nothing is mirrored by itself.

mod failures;
mod hashes;
mod runs;
mod story;

pub(crate) fn tests() -> Vec<libtest_mimic::Trial> {
    [
        failures::tests(),
        hashes::tests(),
        runs::tests(),
        story::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
