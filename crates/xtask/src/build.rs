//! The release handler: built for this machine, or for the machines of Azure.

use std::path::PathBuf;

use crate::package::Zig;

/// Builds the handler for this machine and says where it is.
pub(crate) async fn for_this_machine() -> anyhow::Result<PathBuf> {
    println!("building the handler (release)");
    let mut build = world::cargo();
    build.args(["build", "--release"]);
    world::executable(build, "handlers", "handler").await
}

/// Builds the handler for a target of [`Zig`] and says where it is.
pub(crate) async fn with_zig(zig: &Zig, target: &str) -> anyhow::Result<PathBuf> {
    println!("building the handler (release, {target})");
    let mut build = zig.cargo()?;
    // What is deployed is what the lock file names.
    build.args(["zigbuild", "--locked", "--release", "--target", target]);
    world::executable(build, "handlers", "handler").await
}
