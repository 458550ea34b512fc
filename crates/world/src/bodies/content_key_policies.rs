//! Content key policies: who gets a licence or a key.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// Where the primary's region signs viewers in; `openIdConnectDiscoveryDocument` of [`rotated`] is there.
pub const SIGN_IN_HOST: &str = "login.west.example.com";

/// What nobody but the service may see of a [`multi_drm`] policy. Everything is base64, as the service wants it, except the
/// password.
#[derive(Clone)]
pub struct Secrets {
    /// The key that signs the tokens of browsers: a symmetric one.
    pub symmetric_key: String,
    /// The RSA modulus of the key that signs the tokens of televisions; its exponent is always 65537.
    pub rsa_modulus: String,
    /// The certificate (X.509, PEM) of the key that signs the tokens of phones.
    pub certificate: String,
    /// FairPlay's application secret key.
    pub fair_play_ask: String,
    /// FairPlay's certificate and private key, as PKCS #12.
    pub fair_play_pfx: String,
    /// The password of the former.
    pub fair_play_password: String,
}

impl Secrets {
    /// New ones, at random and as long as real ones; the certificate is given as PEM.
    #[must_use]
    pub fn generate(certificate: &str) -> Self {
        Self {
            symmetric_key: new_key(),
            rsa_modulus: STANDARD.encode(rand::random::<[u8; 256]>()),
            certificate: STANDARD.encode(certificate),
            fair_play_ask: STANDARD.encode(rand::random::<[u8; 16]>()),
            fair_play_pfx: STANDARD.encode(rand::random::<[[u8; 256]; 8]>().concat()),
            fair_play_password: format!("pässwörd-{}", uuid::Uuid::new_v4()),
        }
    }
}

/// A new symmetric key for signing tokens, in base64.
#[must_use]
pub fn new_key() -> String {
    STANDARD.encode(rand::random::<[u8; 32]>())
}

/// Keys in the clear for viewers with a token that was signed with `symmetric_key` (base64).
#[must_use]
pub fn clear_key(symmetric_key: &str) -> Value {
    json!({
        "description": "Viewers who signed in",
        "options": [option("signed-in", clear(), token("viewers", &symmetric(symmetric_key), &[]))]
    })
}

/// Licences of Widevine, PlayReady and FairPlay, each for tokens that were signed with another type of key.
#[must_use]
pub fn multi_drm(secrets: &Secrets) -> Value {
    let rsa = json!({
        "@odata.type": "#Microsoft.Media.ContentKeyPolicyRsaTokenKey",
        "exponent": "AQAB",
        "modulus": secrets.rsa_modulus
    });
    let certificate = json!({
        "@odata.type": "#Microsoft.Media.ContentKeyPolicyX509CertificateTokenKey",
        "rawBody": secrets.certificate
    });
    json!({
        "description": "Licences for subscribers",
        "options": [
            option("browsers", widevine(), token("browsers", &symmetric(&secrets.symmetric_key), &[])),
            option("televisions", play_ready(), token("televisions", &rsa, &[])),
            option("phones", fair_play(secrets), token("phones", &certificate, &[])),
        ]
    })
}

/// A [`multi_drm`] policy after its symmetric key was changed: tokens signed with the old one stay valid, and there is a new
/// option, whose viewers sign in elsewhere.
#[must_use]
pub fn rotated(secrets: &Secrets, new_key: &str) -> Value {
    let mut policy = multi_drm(secrets);
    let old = symmetric(&secrets.symmetric_key);
    policy["options"][0]["restriction"] = token("browsers", &symmetric(new_key), &[old]);
    let mut restriction = token("partners", &symmetric(new_key), &[]);
    restriction["openIdConnectDiscoveryDocument"] = json!(format!(
        "https://{SIGN_IN_HOST}/.well-known/openid-configuration"
    ));
    if let Some(options) = policy["options"].as_array_mut() {
        options.push(option("partners", clear(), restriction));
    }
    policy
}

fn option(name: &str, configuration: Value, restriction: Value) -> Value {
    json!({"name": name, "configuration": configuration, "restriction": restriction})
}

fn token(audience: &str, primary: &Value, alternate: &[Value]) -> Value {
    json!({
        "@odata.type": "#Microsoft.Media.ContentKeyPolicyTokenRestriction",
        "issuer": "https://login.example.com",
        "audience": audience,
        "restrictionTokenType": "Jwt",
        "primaryVerificationKey": primary,
        "alternateVerificationKeys": alternate,
        "requiredClaims": [{"claimType": "urn:microsoft:azure:mediaservices:contentkeyidentifier"}]
    })
}

fn symmetric(key: &str) -> Value {
    json!({"@odata.type": "#Microsoft.Media.ContentKeyPolicySymmetricTokenKey", "keyValue": key})
}

fn clear() -> Value {
    json!({"@odata.type": "#Microsoft.Media.ContentKeyPolicyClearKeyConfiguration"})
}

fn widevine() -> Value {
    // The service keeps the template as it comes, line ends included.
    let template = "{\r\n  \"allowed_track_types\": \"SD_HD\",\r\n  \"content_key_specs\": [{\"track_type\": \"SD\", \
        \"security_level\": 1, \"required_output_protection\": {\"hdcp\": \"HDCP_V2\"}}],\r\n  \"policy_overrides\": \
        {\"can_play\": true, \"can_persist\": true, \"can_renew\": false}\r\n}";
    json!({
        "@odata.type": "#Microsoft.Media.ContentKeyPolicyWidevineConfiguration",
        "widevineTemplate": template
    })
}

fn play_ready() -> Value {
    json!({
        "@odata.type": "#Microsoft.Media.ContentKeyPolicyPlayReadyConfiguration",
        "licenses": [{
            "allowTestDevices": false,
            "securityLevel": "SL2000",
            "beginDate": "2026-01-31T22:00:00.50Z",
            "expirationDate": "2099-12-31T23:59:59Z",
            "playRight": {
                "scmsRestriction": 2,
                "digitalVideoOnlyContentRestriction": false,
                "imageConstraintForAnalogComponentVideoRestriction": true,
                "imageConstraintForAnalogComputerMonitorRestriction": false,
                "allowPassingVideoContentToUnknownOutput": "NotAllowed"
            },
            "licenseType": "Persistent",
            "contentKeyLocation": {
                "@odata.type": "#Microsoft.Media.ContentKeyPolicyPlayReadyContentEncryptionKeyFromHeader"
            },
            "contentType": "Unspecified"
        }]
    })
}

fn fair_play(secrets: &Secrets) -> Value {
    json!({
        "@odata.type": "#Microsoft.Media.ContentKeyPolicyFairPlayConfiguration",
        "ask": secrets.fair_play_ask,
        "fairPlayPfx": secrets.fair_play_pfx,
        "fairPlayPfxPassword": secrets.fair_play_password,
        "rentalAndLeaseKeyType": "DualExpiry",
        // With DualExpiry the service shows 0 here, whatever it was given.
        "rentalDuration": 60,
        "offlineRentalConfiguration": {"playbackDurationSeconds": 172_800, "storageDurationSeconds": 2_592_000}
    })
}
