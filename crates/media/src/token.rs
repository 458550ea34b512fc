use async_trait::async_trait;
use azure_core::{credentials::Secret, time::OffsetDateTime};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::{Authorize, authorize::NoToken};

/// A token that is given, as MK.IO's personal API tokens are. Its expiry is read from it.
pub struct StaticToken {
    token: Secret,
    expires: Option<OffsetDateTime>,
}

/// A text that is not a token. Remedy: copy the whole token, three parts with dots between, as MK.IO showed it when it was made.
#[derive(Debug, thiserror::Error)]
#[error("is not a token (JWT): three parts of base64url with dots between")]
pub struct BadToken;

impl StaticToken {
    /// Takes a token and reads its expiry.
    ///
    /// # Errors
    /// [`BadToken`] when it is none.
    pub fn new(token: &str) -> Result<Self, BadToken> {
        let token = token.trim();
        let is_base64 = |c: char| c.is_ascii_alphanumeric() || "-_=.".contains(c);
        if !token.chars().all(is_base64) {
            return Err(BadToken);
        }
        let parts: Vec<&str> = token.split('.').collect();
        let [_, payload, _] = parts[..] else {
            return Err(BadToken);
        };
        let payload = payload.trim_end_matches('=');
        let claims = URL_SAFE_NO_PAD.decode(payload).map_err(|_| BadToken)?;
        let claims: Value = serde_json::from_slice(&claims).map_err(|_| BadToken)?;
        let expires = match &claims["exp"] {
            Value::Null => None,
            // RFC 7519 allows a fraction.
            Value::Number(exp) => exp.as_i64().or_else(|| exp.as_f64().map(whole)),
            _ => return Err(BadToken),
        };
        let expires = expires.and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
        Ok(Self {
            token: Secret::from(token.to_owned()),
            expires,
        })
    }

    /// When it expires; `None` when it does not say.
    #[must_use]
    pub const fn expires(&self) -> Option<OffsetDateTime> {
        self.expires
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the cast saturates, and what is out of range is no time"
)]
const fn whole(seconds: f64) -> i64 {
    seconds as i64
}

#[async_trait]
impl Authorize for StaticToken {
    async fn token(&self) -> Result<String, NoToken> {
        match self.expires {
            Some(expires) if expires <= OffsetDateTime::now_utc() => Err(NoToken::Unusable(
                "the token has expired; make a new one and put it into the app's settings"
                    .to_owned(),
            )),
            _ => Ok(self.token.secret().to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims))
    }

    #[tokio::test]
    async fn the_expiry_is_read_and_an_expired_token_is_not_sent() {
        let old = StaticToken::new(&token(r#"{"exp":1}"#)).unwrap();
        assert_eq!(old.expires().unwrap().unix_timestamp(), 1);
        assert!(matches!(old.token().await, Err(NoToken::Unusable(_))));
        let endless = StaticToken::new(&token("{}")).unwrap();
        assert!(endless.expires().is_none() && endless.token().await.is_ok());
        for bad in [
            "",
            "a.b",
            "a.b.c",
            "a.e30",
            "opaque-token",
            // With what belongs to the header, or cut out of a text.
            "Bearer e30.e30.sig",
            "e30.e30.s ig",
            "e30.e30.s\nig",
            "\"e30.e30.sig\"",
        ] {
            assert!(StaticToken::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_way_to_write_the_expiry_is_read() {
        let expires = |claims: &str| StaticToken::new(&token(claims)).map(|token| token.expires());
        let at = |seconds| OffsetDateTime::from_unix_timestamp(seconds).ok();
        for exp in ["1798761600", "1798761600.0", "1798761600.75", "1.7987616e9"] {
            let claims = format!("{{\"exp\":{exp}}}");
            assert_eq!(expires(&claims).unwrap(), at(1_798_761_600), "{exp}");
        }
        assert_eq!(expires(r#"{"exp":null}"#).unwrap(), None);
        assert_eq!(expires(r#"{"exp":99999999999999999}"#).unwrap(), None);
        // Taken for a token without expiry nobody would be warned.
        assert!(expires(r#"{"exp":"tomorrow"}"#).is_err());
        // Padding, which some libraries leave in.
        assert!(StaticToken::new(" e30=.e30=.sig\n").is_ok());
    }
}
