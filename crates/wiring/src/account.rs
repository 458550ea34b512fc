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
    let rates = match settings.backend {
        Service::Ams => Rates::ARM,
        Service::Mkio => Rates::MKIO,
    };
    let pace = match account.share {
        Some(share) => Pace::new(rates.scaled(share)),
        None => Pace::unlimited(),
    };
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
