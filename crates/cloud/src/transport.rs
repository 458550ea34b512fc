use std::{sync::Arc, time::Duration};

use azure_core::{
    http::{ClientOptions, ExponentialRetryOptions, RetryOptions, Transport},
    time::Duration as SignedDuration,
};

/// The longest silence on a connection. The storage service answers a synchronous copy of 256 MiB only when it is done.
const READ_TIMEOUT: Duration = Duration::from_secs(120);

/// The one HTTP client of the process: rustls with the operating system's trust store (and `SSL_CERT_FILE`), no redirects.
///
/// # Errors
/// When the trust store cannot be read. Remedy: install the system's CA certificates, or correct `SSL_CERT_FILE`.
pub fn http_client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(READ_TIMEOUT)
        .pool_idle_timeout(Duration::from_secs(60))
        .user_agent(concat!("media-mirror/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// The shared HTTP client as the SDK takes it.
#[must_use]
pub fn transport(client: &reqwest::Client) -> Transport {
    Transport::new(Arc::new(client.clone()))
}

/// Options for the SDK's clients: the shared transport, and retries that stay short because long waits belong in the queue.
#[must_use]
pub fn client_options(client: &reqwest::Client) -> ClientOptions {
    ClientOptions {
        transport: Some(transport(client)),
        retry: RetryOptions::exponential(ExponentialRetryOptions {
            initial_delay: SignedDuration::milliseconds(200),
            max_retries: 2,
            max_delay: SignedDuration::seconds(2),
            max_total_elapsed: SignedDuration::seconds(10),
        }),
        ..ClientOptions::default()
    }
}
