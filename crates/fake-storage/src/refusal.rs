//! How the service says no.

use std::borrow::Cow;

/// An error answer of the storage service: status, code, message and what goes with them.
///
/// The codes and statuses are those of "Status and error codes" of the storage services:
/// <https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The value of `x-ms-error-code` and of `Code` in the body.
    pub code: Cow<'static, str>,
    /// The first line of `Message` in the body.
    pub message: Cow<'static, str>,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
    /// What the source of a copy answered, when that is the reason.
    pub copy_source: Option<Box<Refusal>>,
}

impl Refusal {
    /// An answer with this status and code.
    pub fn new(
        status: u16,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            retry_after: None,
            copy_source: None,
        }
    }

    /// 503 `ServerBusy`: the account is being throttled. `retry_after` is in seconds.
    #[must_use]
    pub fn server_busy(retry_after: Option<u64>) -> Self {
        Self {
            retry_after,
            ..Self::new(503, "ServerBusy", "The server is busy.")
        }
    }

    /// 500 `InternalError`.
    #[must_use]
    pub fn internal_error() -> Self {
        Self::new(
            500,
            "InternalError",
            "The server encountered an internal error. Please retry the request.",
        )
    }

    /// 501 `APINotImplemented`: what an endpoint answers that lacks the operation, in Azurite's words.
    #[must_use]
    pub fn not_implemented() -> Self {
        Self::new(
            501,
            "APINotImplemented",
            "Current API is not implemented yet.",
        )
    }

    /// 403 `AuthorizationPermissionMismatch`: the identity lacks a role.
    #[must_use]
    pub fn permission_mismatch() -> Self {
        Self::new(
            403,
            "AuthorizationPermissionMismatch",
            "This request is not authorized to perform this operation using this permission.",
        )
    }

    /// 403 `AuthorizationFailure`: a firewall, a closed public endpoint or a tenant stands in the way.
    #[must_use]
    pub fn authorization_failure() -> Self {
        Self::new(
            403,
            "AuthorizationFailure",
            "This request is not authorized to perform this operation.",
        )
    }

    /// 403 `KeyBasedAuthenticationNotPermitted`: the account accepts no key and no SAS signed with one.
    #[must_use]
    pub fn key_not_permitted() -> Self {
        Self::new(
            403,
            "KeyBasedAuthenticationNotPermitted",
            "Key based authentication is not permitted on this storage account.",
        )
    }

    /// 403 `AuthenticationFailed`: a SAS or token that is malformed, expired or not valid yet.
    #[must_use]
    pub fn authentication_failed() -> Self {
        Self::new(
            403,
            "AuthenticationFailed",
            "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.",
        )
    }

    /// `CannotVerifyCopySource` with the status of what the source answered, which goes along in the
    /// `x-ms-copy-source-*` headers and the body.
    #[must_use]
    pub fn copy_source(source: Self) -> Self {
        let message = match source.status {
            // The service's own words for both.
            409 | 412 => Cow::Borrowed("Copy source blob has been modified."),
            _ => source.message.clone(),
        };
        Self {
            copy_source: Some(Box::new(source.clone())),
            ..Self::new(source.status, "CannotVerifyCopySource", message)
        }
    }
}

macro_rules! refusals {
    ($($name:ident = $status:literal, $code:literal, $message:literal;)*) => {
        impl Refusal {
            $(pub(crate) fn $name() -> Self { Self::new($status, $code, $message) })*
        }
    };
}

refusals! {
    no_authentication = 401, "NoAuthenticationInformation", "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.";
    protocol_mismatch = 403, "AuthorizationProtocolMismatch", "This request is not authorized to perform this operation using this protocol.";
    service_mismatch = 403, "AuthorizationServiceMismatch", "This request is not authorized to perform this operation using this service.";
    public_access_not_permitted = 409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account.";
    resource_not_found = 404, "ResourceNotFound", "The specified resource does not exist.";
    account_not_found = 404, "ResourceNotFound", "The specified account does not exist.";
    container_not_found = 404, "ContainerNotFound", "The specified container does not exist.";
    container_exists = 409, "ContainerAlreadyExists", "The specified container already exists.";
    blob_not_found = 404, "BlobNotFound", "The specified blob does not exist.";
    blob_exists = 409, "BlobAlreadyExists", "The specified blob already exists.";
    blob_archived = 409, "BlobArchived", "This operation is not permitted on an archived blob.";
    condition_not_met = 412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.";
    source_condition_not_met = 412, "SourceConditionNotMet", "The source condition specified using HTTP conditional header(s) is not met.";
    not_modified = 304, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.";
    invalid_range = 416, "InvalidRange", "The range specified is invalid for the current size of the resource.";
    md5_mismatch = 400, "Md5Mismatch", "The MD5 value specified in the request did not match with the MD5 value calculated by the server.";
    invalid_md5 = 400, "InvalidMd5", "The MD5 value specified in the request is invalid. The MD5 value must be 128 bits and Base64-encoded.";
    invalid_header = 400, "InvalidHeaderValue", "The value for one of the HTTP headers is not in the correct format.";
    invalid_query = 400, "InvalidQueryParameterValue", "Value for one of the query parameters specified in the request URI is invalid.";
    missing_header = 400, "MissingRequiredHeader", "A required HTTP header was not specified.";
    invalid_xml = 400, "InvalidXmlDocument", "XML specified is not syntactically valid.";
    invalid_metadata = 400, "InvalidMetadata", "The metadata specified is invalid. It has characters that are not permitted.";
    metadata_too_large = 400, "MetadataTooLarge", "The metadata specified exceeds the maximum permissible limit.";
    invalid_name = 400, "InvalidResourceName", "The specified resource name contains invalid characters.";
    name_out_of_range = 400, "OutOfRangeInput", "The specified resource name length is not within the permissible limits.";
    out_of_range = 400, "OutOfRangeQueryParameterValue", "A query parameter specified in the request URI is outside the permissible range.";
    invalid_block = 400, "InvalidBlobOrBlock", "The specified blob or block content is invalid.";
    invalid_block_list = 400, "InvalidBlockList", "The specified block list is invalid.";
    block_list_too_long = 400, "BlockListTooLong", "The block list may not contain more than 50,000 blocks.";
    body_too_large = 413, "RequestBodyTooLarge", "The request body is too large and exceeds the maximum permissible limit.";
    pending_copy = 409, "PendingCopyOperation", "There is currently a pending copy operation.";
    no_pending_copy = 409, "NoPendingCopyOperation", "There is currently no pending copy operation.";
    copy_id_mismatch = 409, "CopyIdMismatch", "The specified copy ID did not match the copy ID for the pending copy operation.";
    copy_source_too_large = 409, "CannotVerifyCopySource", "The source request body for copy source is too large and exceeds the maximum permissible limit.";
    copy_source_unreachable = 404, "CannotVerifyCopySource", "The specified resource does not exist.";
    queue_not_found = 404, "QueueNotFound", "The specified queue does not exist.";
    queue_exists = 409, "QueueAlreadyExists", "The specified queue already exists.";
    message_not_found = 404, "MessageNotFound", "The specified message does not exist.";
    pop_receipt_mismatch = 400, "PopReceiptMismatch", "The specified pop receipt did not match the pop receipt for a dequeued message.";
}
