//! Which service both accounts speak.

/// The two services that the mirror knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Backend {
    /// The Azure Media Services v3 API of Azure Resource Manager.
    #[default]
    Ams,
    /// MK.IO by MediaKind.
    Mkio,
}
