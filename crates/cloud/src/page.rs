use std::collections::HashMap;

use azure_core::{
    base64,
    http::{Etag, response::ResponseBody},
    time::{OffsetDateTime, rfc7231},
};
use azure_storage_blob::models::{BlobMetadata, BlobName, BlobType, CopyStatus};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Deserializer, de::Error};

/// A page of List Blobs, as far as anything here reads it.
///
/// The SDK's own model of it has some 50 properties for each blob, and reading them is 0.2 MB of machine code.
#[derive(Debug, Deserialize)]
pub struct BlobPage {
    /// The blobs, in the order of their names.
    #[serde(default, rename = "Blobs", deserialize_with = "blobs")]
    pub blobs: Vec<ListedBlob>,
    /// Where the next page begins. The last page has none, or an empty one.
    #[serde(default, rename = "NextMarker")]
    pub next_marker: Option<String>,
}

impl BlobPage {
    /// Reads the body of an answer to List Blobs.
    ///
    /// # Errors
    /// The SDK's, when it is not the XML of such an answer; as with any unreadable answer, asking again is all that can be done.
    pub fn read(body: &ResponseBody) -> azure_core::Result<Self> {
        body.xml()
    }
}

/// A blob in a [`BlobPage`].
#[derive(Debug, Default, Deserialize)]
pub struct ListedBlob {
    /// Its name.
    #[serde(default, rename = "Name", deserialize_with = "name")]
    pub name: Option<String>,
    /// What the service knows of it.
    #[serde(default, rename = "Properties")]
    pub properties: ListedProperties,
    #[serde(default, rename = "Metadata")]
    metadata: BlobMetadata,
}

impl ListedBlob {
    /// Its metadata; empty unless the listing was to include them.
    #[must_use]
    pub fn take_metadata(&mut self) -> HashMap<String, String> {
        self.metadata.values.take().unwrap_or_default()
    }
}

/// The properties of a [`ListedBlob`]. Texts that are absent are empty: the service means the same by both.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the service's own names say what they are")]
pub struct ListedProperties {
    #[serde(rename = "Etag")]
    pub etag: Option<Etag>,
    #[serde(rename = "Content-Length")]
    pub content_length: Option<u64>,
    #[serde(rename = "Last-Modified", with = "rfc7231::option")]
    pub last_modified: Option<OffsetDateTime>,
    #[serde(rename = "Content-MD5", with = "base64::option")]
    pub content_md5: Option<Vec<u8>>,
    #[serde(rename = "Content-Type")]
    pub content_type: String,
    #[serde(rename = "Content-Encoding")]
    pub content_encoding: String,
    #[serde(rename = "Content-Language")]
    pub content_language: String,
    #[serde(rename = "Content-Disposition")]
    pub content_disposition: String,
    #[serde(rename = "Cache-Control")]
    pub cache_control: String,
    #[serde(rename = "BlobType")]
    pub blob_type: Option<BlobType>,
    #[serde(rename = "AccessTier")]
    pub access_tier: String,
    #[serde(rename = "AccessTierInferred")]
    pub access_tier_inferred: bool,
    #[serde(rename = "CopyId")]
    pub copy_id: String,
    #[serde(rename = "CopyStatus")]
    pub copy_status: Option<CopyStatus>,
    #[serde(rename = "CopyStatusDescription")]
    pub copy_status_description: String,
}

/// The element around the blobs.
fn blobs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ListedBlob>, D::Error> {
    #[derive(Deserialize)]
    struct Blobs {
        #[serde(default, rename = "Blob")]
        blobs: Vec<ListedBlob>,
    }
    Ok(Blobs::deserialize(deserializer)?.blobs)
}

/// A name that XML cannot hold is percent-encoded and says so.
fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let name = BlobName::deserialize(deserializer)?;
    match name.content {
        Some(encoded) if name.encoded == Some(true) => {
            let decoded = percent_decode_str(&encoded).decode_utf8();
            decoded
                .map(|name| Some(name.into_owned()))
                .map_err(Error::custom)
        }
        content => Ok(content),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(xml: &str) -> azure_core::Result<BlobPage> {
        BlobPage::read(&ResponseBody::from_bytes(xml.to_owned().into_bytes()))
    }

    #[test]
    fn a_page_is_read_with_what_it_leaves_out() {
        let mut page = page(
            "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ServiceEndpoint=\"https://a.blob.core.windows.net/\" \
             ContainerName=\"c\"><Prefix>x</Prefix><Blobs><Blob><Name>a &amp; b</Name><Properties><Last-Modified>Sun, 22 Nov 2026 07:00:00 \
             GMT</Last-Modified><Etag>0x1</Etag><Content-Length>7</Content-Length><Content-Type>video/mp4</Content-Type><Content-Encoding />\
             <Content-MD5>AQID</Content-MD5><BlobType>BlockBlob</BlobType><AccessTier>Hot</AccessTier><AccessTierInferred>true\
             </AccessTierInferred><CopyStatus>pending</CopyStatus><New><Thing>1</Thing></New></Properties><Metadata><Owner>t</Owner><Empty />\
             </Metadata><OrMetadata /></Blob><Blob><Name Encoded=\"true\">y%01</Name><Properties><Content-MD5 /></Properties></Blob></Blobs>\
             <NextMarker>2</NextMarker></EnumerationResults>",
        )
        .unwrap();
        assert_eq!(page.next_marker.as_deref(), Some("2"));
        let blob = &mut page.blobs[0];
        assert_eq!(blob.name.as_deref(), Some("a & b"));
        let metadata = [("Owner", "t"), ("Empty", "")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(blob.take_metadata(), metadata.into());
        let properties = &blob.properties;
        assert_eq!(properties.etag.as_ref().map(AsRef::as_ref), Some("0x1"));
        assert_eq!(properties.content_length, Some(7));
        assert_eq!(
            properties.last_modified,
            Some(time::macros::datetime!(2026-11-22 07:00 UTC))
        );
        assert_eq!(properties.content_md5.as_deref(), Some(&[1, 2, 3][..]));
        assert_eq!(properties.blob_type, Some(BlobType::BlockBlob));
        assert_eq!(properties.copy_status, Some(CopyStatus::Pending));
        assert!(properties.access_tier == "Hot" && properties.access_tier_inferred);
        assert!(properties.content_encoding.is_empty() && properties.cache_control.is_empty());
        assert_eq!(page.blobs[1].name.as_deref(), Some("y\u{1}"));
        assert_eq!(page.blobs[1].properties.content_length, None);
    }

    #[test]
    fn a_page_may_be_empty_and_must_be_a_page() {
        for empty in ["<Blobs />", "<Blobs></Blobs>", ""] {
            let page = page(&format!(
                "<EnumerationResults>{empty}<NextMarker /></EnumerationResults>"
            ))
            .unwrap();
            assert!(page.blobs.is_empty(), "{empty}");
            assert_eq!(page.next_marker.unwrap_or_default(), "");
        }
        for broken in [
            "{}",
            "<EnumerationResults><Blobs><Blob>",
            "<EnumerationResults><Blobs><Blob><Name Encoded=\"true\">%ff</Name></Blob></Blobs></EnumerationResults>",
        ] {
            assert!(page(broken).is_err(), "{broken}");
        }
    }
}
