use media::{Pace, Side, StaticToken, WebhookRules, Wire, WireOptions};
use settings::{AccountIdentity, Settings};

use crate::WiringError;

/// The webhook rules of the project that is mirrored; `None` on `ams`, which has none. `token` is used in place of the app's own, which
/// need not be able to change rules.
///
/// # Errors
/// [`WiringError`], when the client cannot be built; the error says why.
pub fn webhook_rules(
    settings: &Settings,
    token: Option<&str>,
) -> Result<Option<WebhookRules>, WiringError> {
    let AccountIdentity::Mkio {
        project,
        token: own,
    } = &settings.primary.identity
    else {
        return Ok(None);
    };
    // A provider that is installed already is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let token = StaticToken::new(token.unwrap_or_else(|| own.secret()))?;
    let options = WireOptions {
        timeout: settings.call_timeout,
        ..WireOptions::default()
    };
    let client = cloud::http_client()?;
    // A few calls in all: they need not keep to a part of the rate limit.
    let wire = Wire::new(
        Side::Primary,
        client,
        std::sync::Arc::new(token),
        Pace::unlimited(),
        options,
    );
    Ok(Some(WebhookRules::new(
        wire,
        &settings.primary.endpoint,
        project,
    )?))
}
