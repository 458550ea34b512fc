//! The program: its help, its certificate, signing in over TLS.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// The program, ended when the test ends.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_media-simulator"));
    command.current_dir(folder).stdout(Stdio::piped());
    command
}

/// Starts it on a free port; its address.
fn start(folder: &Path) -> (Program, String) {
    let mut child = command(folder)
        .args(["--https-port", "0", "--data", "data"])
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let url = first
        .strip_prefix("listening on ")
        .unwrap()
        .trim_end_matches('/')
        .to_owned();
    (Program(child), url)
}

#[test]
fn the_help_has_an_example() {
    let folder = tempfile::tempdir().unwrap();
    let output = command(folder.path()).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && help.contains("--account primary@westeurope"),
        "{help}"
    );
    assert!(help.contains("/api/v1/projects/primary/media/assets"));
}

#[tokio::test]
async fn a_client_signs_in_over_tls_with_the_certificate_that_was_made() {
    let folder = tempfile::tempdir().unwrap();
    let (program, url) = start(folder.path());
    let pem = std::fs::read(folder.path().join("media-simulator.cert.pem")).unwrap();
    let certificate = reqwest::Certificate::from_pem(&pem).unwrap();
    let http = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([certificate])
        .build()
        .unwrap();
    let json = async |request: reqwest::RequestBuilder| -> (u16, Value) {
        let reply = request.send().await.unwrap();
        (
            reply.status().as_u16(),
            serde_json::from_slice(&reply.bytes().await.unwrap()).unwrap(),
        )
    };

    let identity =
        format!("{url}/msi?resource=https://management.core.windows.net/&api-version=2019-08-01");
    assert_eq!(json(http.get(&identity)).await.0, 401);
    let (status, token) = json(http.get(&identity).header("X-IDENTITY-HEADER", "x")).await;
    assert_eq!(
        (status, token["token_type"].as_str()),
        (200, Some("Bearer"))
    );
    assert!(token["expires_on"].is_string());
    let token = token["access_token"].as_str().unwrap();
    let (_, subscriptions) = json(
        http.get(format!("{url}/subscriptions?api-version=2022-12-01"))
            .bearer_auth(token),
    )
    .await;
    let subscription = subscriptions["value"][0]["id"].as_str().unwrap();
    let asset = format!(
        "{url}{subscription}/resourceGroups/g/providers/Microsoft.Media/mediaServices/primary/assets/a\
         ?api-version=2023-01-01"
    );
    let (status, made) = json(http.put(&asset).bearer_auth(token).body("{}")).await;
    assert_eq!(
        (status, made["systemData"]["createdByType"].as_str()),
        (201, Some("Application"))
    );

    let project = format!("{url}/api/v1/projects/primary/media/assets/a");
    let (status, seen) = json(http.get(&project).bearer_auth("e30.e30.")).await;
    assert_eq!((status, seen["name"].as_str()), (200, Some("a")));

    drop(program);
    let (_program, url) = start(folder.path());
    let asset = asset.replacen(asset.split("/subscriptions").next().unwrap(), &url, 1);
    assert_eq!(
        json(http.get(&asset).bearer_auth(token)).await.0,
        200,
        "kept through a kill"
    );
}
