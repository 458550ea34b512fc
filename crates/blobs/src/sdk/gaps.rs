//! What `azure_storage_blob` 1.1 does not do by itself.
//!
//! It has no method for the synchronous Copy Blob From URL, which is Copy Blob with one more
//! header, and no source authorisation on either; and it waits for a `Retry-After` however long.

use async_trait::async_trait;
use azure_core::{
    error::ErrorKind,
    http::{
        ClientMethodOptions, Context, Request, StatusCode,
        headers::HeaderName,
        policies::{Policy, PolicyResult},
    },
};
use std::sync::Arc;

const REQUIRES_SYNC: &str = "x-ms-requires-sync";
const SOURCE_AUTHORIZATION: &str = "x-ms-copy-source-authorization";

/// Headers for one call, handed through the call's context. It has no Debug: one may be a token.
#[derive(Clone)]
struct ExtraHeaders(Vec<(&'static str, String)>);

/// Method options that make Copy Blob synchronous, let it read the source with a token, or both.
pub(crate) fn copy_options(
    synchronous: bool,
    authorization: Option<String>,
) -> ClientMethodOptions<'static> {
    let mut headers = Vec::new();
    if synchronous {
        headers.push((REQUIRES_SYNC, "true".to_owned()));
    }
    if let Some(authorization) = authorization {
        headers.push((SOURCE_AUTHORIZATION, authorization));
    }
    ClientMethodOptions {
        context: Context::new().with_value(ExtraHeaders(headers)),
    }
}

/// Puts the call's extra headers on its request.
#[derive(Debug)]
pub(crate) struct ExtraHeadersPolicy;

#[async_trait]
impl Policy for ExtraHeadersPolicy {
    async fn send(
        &self,
        ctx: &Context,
        request: &mut Request,
        next: &[Arc<dyn Policy>],
    ) -> PolicyResult {
        if let Some(ExtraHeaders(headers)) = ctx.value::<ExtraHeaders>() {
            for (name, value) in headers {
                request.insert_header(*name, value.clone());
            }
        }
        forward(ctx, request, next).await
    }
}

/// Ends the retries inside a call when the service says how long to wait: the SDK would sleep for
/// any length of time, and the work is better put back into its queue.
#[derive(Debug)]
pub(crate) struct ObeyRetryAfter;

#[async_trait]
impl Policy for ObeyRetryAfter {
    async fn send(
        &self,
        ctx: &Context,
        request: &mut Request,
        next: &[Arc<dyn Policy>],
    ) -> PolicyResult {
        let response = forward(ctx, request, next).await?;
        let busy = matches!(
            response.status(),
            StatusCode::TooManyRequests | StatusCode::ServiceUnavailable
        );
        if !busy || super::fault::retry_after(response.headers()).is_none() {
            return Ok(response);
        }
        let status = response.status();
        let raw_response = response.try_into_raw_response().await?;
        let error_code = raw_response
            .headers()
            .get_optional_string(&HeaderName::from_static("x-ms-error-code"));
        // Any error but a broken connection is passed on by the retry policy.
        Err(ErrorKind::HttpResponse {
            status,
            error_code,
            raw_response: Some(Box::new(raw_response)),
        }
        .into_error())
    }
}

async fn forward(
    ctx: &Context<'_>,
    request: &mut Request,
    next: &[Arc<dyn Policy>],
) -> PolicyResult {
    match next {
        [first, rest @ ..] => first.send(ctx, request, rest).await,
        [] => Err(azure_core::Error::with_message(
            ErrorKind::Other,
            "the pipeline has no transport",
        )),
    }
}
