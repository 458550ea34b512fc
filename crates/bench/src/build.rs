//! The handler as it is deployed.

use std::path::PathBuf;

/// Builds the release handler and says where it is. Built by itself: together with development crates it would get their features too.
pub(crate) async fn handler() -> anyhow::Result<PathBuf> {
    eprintln!("bench: building the handler (release)");
    let mut build = world::cargo();
    build.args(["build", "--release"]);
    world::executable(build, "handlers", "handler").await
}
