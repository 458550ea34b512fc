//! The bytes of blobs, where nothing else tells whether they are the same.

use anyhow::{Context, ensure};
use world::Backend;

use crate::{
    cli::published,
    support::{Scene, Tool, alone, tests},
};

tests![bytes_without_an_md5_are_compared_when_asked_for];

async fn bytes_without_an_md5_are_compared_when_asked_for() -> anyhow::Result<()> {
    alone(Backend::Ams, &[], hashed).await
}

/// Blobs that were written in blocks have no MD5, and the mark says what the copy says of itself: only the bytes tell.
async fn hashed(scene: &Scene) -> anyhow::Result<()> {
    scene.lose_events();
    let tool = Tool::of(scene);
    published(scene, "blocks").await?;
    let source = scene.primary()?.container("blocks", "ReadWrite").await?;
    in_blocks(scene, &source, "late.mp4", "the right bytes", None).await?;
    tool.expect(0, &["backfill", "--depth", "bytes"]).await?;
    let said = tool
        .expect(0, &["verify", "--deep", "--hash", "--json"])
        .await?;
    let values = said.values()?;
    let summary = values.last().context("a summary")?;
    ensure!(
        summary["hashed"]["blobs"] == 1 && summary["hashed"]["bytes"] == 15,
        "{summary}"
    );

    let replica = scene
        .secondary()?
        .container("blocks", "ReadWriteDelete")
        .await?;
    let mut url = replica.clone();
    url.path_segments_mut()
        .ok()
        .context("a URL")?
        .push("late.mp4");
    let head = scene
        .tls
        .client()
        .head(url)
        .header("x-ms-version", "2021-12-02")
        .send()
        .await?;
    let mark = head
        .headers()
        .get("x-ms-meta-mirrorsource")
        .context("a mark")?;
    let mark = mark.to_str()?.to_owned();
    in_blocks(scene, &replica, "late.mp4", "the wrong bytes", Some(&mark)).await?;
    tool.expect(0, &["verify", "--deep", "--kinds", "assets"])
        .await?;
    let said = tool
        .expect(2, &["verify", "--deep", "--hash", "--kinds", "assets"])
        .await?;
    said.must_have(&[
        "! conflict assets/blocks (copy-mismatch: late.mp4)",
        "Delete the blob",
    ])?;
    Ok(())
}

/// Uploads a blob as one block, which leaves it without an MD5.
async fn in_blocks(
    scene: &Scene,
    container: &url::Url,
    name: &str,
    text: &'static str,
    mark: Option<&str>,
) -> anyhow::Result<()> {
    let list =
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList><Latest>QQ==</Latest></BlockList>";
    for (query, body) in [
        ("comp=block&blockid=QQ%3D%3D", text),
        ("comp=blocklist", list),
    ] {
        let mut url = container.clone();
        url.path_segments_mut().ok().context("a URL")?.push(name);
        let sas = container.query().unwrap_or_default();
        url.set_query(Some(&format!("{query}&{sas}")));
        let mut request = scene
            .tls
            .client()
            .put(url)
            .header("x-ms-version", "2021-12-02");
        if let Some(mark) = mark.filter(|_| body == list) {
            request = request.header("x-ms-meta-mirrorsource", mark);
        }
        request.body(body).send().await?.error_for_status()?;
    }
    Ok(())
}
