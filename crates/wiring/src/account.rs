use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use media::{
    Ams, Authorize, Entra, MediaService, Mkio, Pace, Rates, Side, StaticToken, Wire, WireOptions,
};
use settings::{AccountIdentity, Service, Settings};
use time::OffsetDateTime;

use crate::WiringError;

/// When an API token ends. Microsoft Entra ID's tokens are not here: they are renewed by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenExpiry {
    /// Whose account the token opens.
    pub side: Side,
    /// From then on every call is refused. Remedy: make a new token and put it into the app's settings.
    pub at: OffsetDateTime,
}

/// What the settings let one instance of the app take of an account's published rate limits; `None` without a limit of its own.
#[must_use]
pub fn rates(settings: &Settings, side: Side) -> Option<Rates> {
    let account = match side {
        Side::Primary => &settings.primary,
        Side::Secondary => &settings.secondary,
    };
    let rates = match settings.backend {
        Service::Ams => Rates::ARM,
        Service::Mkio => Rates::MKIO,
    };
    account.share.map(|share| rates.scaled(share))
}

/// The client of one account, and when its token ends if it says so.
pub(crate) fn account(
    settings: &Settings,
    side: Side,
    credential: &Arc<dyn TokenCredential>,
    client: &reqwest::Client,
) -> Result<(Arc<dyn MediaService>, Option<TokenExpiry>), WiringError> {
    let account = match side {
        Side::Primary => &settings.primary,
        Side::Secondary => &settings.secondary,
    };
    let pace = rates(settings, side).map_or_else(Pace::unlimited, Pace::new);
    let options = WireOptions {
        timeout: settings.call_timeout,
        ..WireOptions::default()
    };
    let wire = |token: Arc<dyn Authorize>| Wire::new(side, client.clone(), token, pace, options);
    Ok(match &account.identity {
        AccountIdentity::Ams { id, audience } => {
            let wire = wire(Arc::new(Entra::new(Arc::clone(credential), audience)));
            let ams = Ams::new(wire, &account.endpoint, id, &settings.api_version)?;
            (Arc::new(ams), None)
        }
        AccountIdentity::Mkio { project, token } => {
            let token = StaticToken::new(token.secret())?;
            let expiry = token.expires().map(|at| TokenExpiry { side, at });
            let mkio = Mkio::new(wire(Arc::new(token)), &account.endpoint, project)?;
            (Arc::new(mkio), expiry)
        }
    })
}
