//! What a request asks for, under the names the REST reference gives the operations.

use std::fmt;

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident, $permissions:literal, $writes:literal;)*) => {
        /// An operation of the blob or the queue service, named as in its REST reference.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Operation {
            $($(#[$doc])* $name,)*
        }

        impl Operation {
            /// The name, as in the variant.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// Whether a successful call changes anything in the account.
            #[must_use]
            pub fn writes(self) -> bool {
                match self { $(Self::$name => $writes,)* }
            }

            /// The SAS permissions of which one is needed.
            pub(crate) fn permissions(self) -> &'static str {
                match self { $(Self::$name => $permissions,)* }
            }
        }
    };
}

operations! {
    /// `GET /?comp=list` of the blob service.
    ListContainers, "l", false;
    /// `POST /?restype=service&comp=userdelegationkey`.
    GetUserDelegationKey, "", false;
    /// `PUT /container?restype=container`.
    CreateContainer, "cw", true;
    /// `GET` or `HEAD /container?restype=container`.
    GetContainerProperties, "r", false;
    /// `PUT /container?restype=container&comp=metadata`.
    SetContainerMetadata, "w", true;
    /// `DELETE /container?restype=container`.
    DeleteContainer, "d", true;
    /// `GET /container?restype=container&comp=list`.
    ListBlobs, "l", false;
    /// `PUT` with a body.
    PutBlob, "cw", true;
    /// `PUT` with `x-ms-blob-type` and `x-ms-copy-source`.
    PutBlobFromUrl, "cw", true;
    /// `PUT ?comp=block` with a body.
    PutBlock, "cw", true;
    /// `PUT ?comp=block` with `x-ms-copy-source`.
    PutBlockFromUrl, "cw", true;
    /// `PUT ?comp=blocklist`.
    PutBlockList, "cw", true;
    /// `GET ?comp=blocklist`.
    GetBlockList, "r", false;
    /// `PUT` with `x-ms-copy-source`: the asynchronous copy.
    CopyBlob, "cw", true;
    /// The same with `x-ms-requires-sync: true`.
    CopyBlobFromUrl, "cw", true;
    /// `PUT ?comp=copy&copyid=`.
    AbortCopyBlob, "w", true;
    /// `GET`.
    GetBlob, "r", false;
    /// `HEAD`.
    GetBlobProperties, "r", false;
    /// `PUT ?comp=metadata`.
    SetBlobMetadata, "w", true;
    /// `PUT ?comp=properties`.
    SetBlobProperties, "w", true;
    /// `PUT ?comp=tier`.
    SetBlobTier, "w", true;
    /// `DELETE`.
    DeleteBlob, "d", true;
    /// Not a request: the service itself reading the source of a copy. Counted and refused like one, in the
    /// source's account.
    ReadCopySource, "r", false;
    /// `GET /?comp=list` of the queue service.
    ListQueues, "l", false;
    /// `PUT /queue`.
    CreateQueue, "cw", true;
    /// `GET` or `HEAD /queue?comp=metadata`, which also counts the messages.
    GetQueueMetadata, "r", false;
    /// `PUT /queue?comp=metadata`.
    SetQueueMetadata, "w", true;
    /// `DELETE /queue`.
    DeleteQueue, "d", true;
    /// `POST /queue/messages`.
    PutMessage, "a", true;
    /// `GET /queue/messages`.
    GetMessages, "p", true;
    /// `GET /queue/messages?peekonly=true`.
    PeekMessages, "r", false;
    /// `PUT /queue/messages/id`.
    UpdateMessage, "u", true;
    /// `DELETE /queue/messages/id`.
    DeleteMessage, "p", true;
    /// `DELETE /queue/messages`.
    ClearMessages, "d", true;
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
