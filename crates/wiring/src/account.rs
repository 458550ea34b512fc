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

/// The most resources that one instance looks at at once in a backfill: four of each of the twelve batches that `host.json` allows.
const MOST_AT_ONCE: f64 = 48.0;

/// How many resources a backfill looks at at once in one instance: about as many as the slower account allows reads in four seconds. A look
/// is a handful of calls one after the other; with more looks than that each would wait so long for its turns that it could not end
/// within its invocation's time.
#[must_use]
pub fn names_at_once(settings: &Settings) -> usize {
    at_once([Side::Primary, Side::Secondary].map(|side| rates(settings, side)))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number between 1 and 48"
)]
fn at_once(rates: [Option<Rates>; 2]) -> usize {
    let reads = rates
        .into_iter()
        .flatten()
        .map(|rates| rates.reads.per_second);
    let slower = reads.fold(f64::INFINITY, f64::min);
    (slower * 4.0).ceil().clamp(1.0, MOST_AT_ONCE) as usize
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_looked_at_as_the_rates_allow() {
        let of = |primary, secondary| {
            at_once([primary, secondary].map(|part| Some(Rates::ARM.scaled(part))))
        };
        assert_eq!(at_once([None, None]), 48);
        assert_eq!(of(100.0, 100.0), 48);
        // Half of the primary's for four instances, and for forty.
        assert_eq!(of(0.125, 0.25), 13);
        assert_eq!(of(0.0125, 0.025), 2);
        assert_eq!(of(0.001, 1.0), 1);
        assert_eq!(at_once([Some(Rates::MKIO.scaled(0.125)), None]), 15);
    }
}
