//! Lists: where their pages are, and what is looked for in them.

use std::borrow::Cow;

use change::{Kind, Name};
use percent_encoding::percent_decode_str;
use url::{Url, form_urlencoded::Serializer};

use super::Mkio;
use crate::{
    ListRequest, MediaService, ServiceError,
    container::{MAX_PAGES, is_filter_refused},
    resource::{next_page, unlike},
};

impl Mkio {
    /// The names of the locators that publish an asset. Where the service refuses the filter every page is read.
    pub(super) async fn locators_with(&self, asset: &Name) -> Result<Vec<Name>, ServiceError> {
        let filter = format!("properties/assetName eq '{asset}'");
        let first = filtered(self.url([Kind::StreamingLocators.as_str()]), &filter);
        match self.locators_among(asset, Some(first.into())).await {
            Err(error) if is_filter_refused(&error) => self.locators_among(asset, None).await,
            result => result,
        }
    }

    /// Those on the page `first` and the pages after it (`None`: the whole list). Each is checked: a service that does not know the filter
    /// may answer with every locator.
    async fn locators_among(
        &self,
        asset: &Name,
        first: Option<String>,
    ) -> Result<Vec<Name>, ServiceError> {
        let mut names: Vec<Name> = Vec::new();
        let mut next = first;
        for _ in 0..MAX_PAGES {
            let request = ListRequest {
                next,
                ..ListRequest::all(Kind::StreamingLocators)
            };
            let page = self.list(&request).await?;
            for locator in &page.items {
                let name = locator.id().name();
                // Pages can shift while they are read, and then repeat a locator.
                if locator.text("assetName") == Some(asset.as_str()) && !names.contains(name) {
                    names.push(name.clone());
                }
            }
            next = page.next;
            if next.is_none() {
                return Ok(names);
            }
        }
        Err(unlike("GET streamingLocators", "list-without-end"))
    }
}

/// A list with a filter. Spaces are sent as `%20`, which every server understands.
pub(super) fn filtered(mut list: Url, filter: &str) -> Url {
    let mut query = Serializer::new(String::new());
    let query = query.append_pair("$filter", filter).finish();
    list.set_query(Some(&query.replace('+', "%20")));
    list
}

/// Where the next link of a list leads. The documentation has it complete; MediaKind's SDK takes it for a path that is percent-encoded. A
/// service behind a proxy may call itself by a name, or a scheme, by which it cannot be reached: the page is then asked for where the list
/// is, and the token goes nowhere else.
pub(super) fn follow(list: &Url, next: &str, operation: &str) -> Result<Url, ServiceError> {
    let next = decoded(next);
    match list.join(&next) {
        Ok(url) if url.origin() != list.origin() && url.path() == list.path() => {
            let mut page = list.clone();
            page.set_query(url.query());
            Ok(page)
        }
        _ => next_page(list, &next, operation),
    }
}

/// Once decoded, if it is encoded as a whole: no name has a question mark.
fn decoded(next: &str) -> String {
    let encoded = !next.contains('?') && next.to_ascii_lowercase().contains("%3f");
    let text = encoded.then(|| percent_decode_str(next).decode_utf8().ok());
    text.flatten()
        .map_or_else(|| next.to_owned(), Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "https://app.mk.io/api/v1/projects/p/media/assets";

    fn followed(next: &str) -> Result<String, ServiceError> {
        let list = Url::parse(LIST).unwrap();
        follow(&list, next, "GET assets").map(String::from)
    }

    #[test]
    fn every_form_of_a_next_link_leads_to_the_next_page() {
        let page = format!("{LIST}?$skiptoken=10");
        for next in [
            page.as_str(),
            "/api/v1/projects/p/media/assets?$skiptoken=10",
            "?$skiptoken=10",
            "%2Fapi%2Fv1%2Fprojects%2Fp%2Fmedia%2Fassets%3F$skiptoken=10",
            "%2fapi%2fv1%2fprojects%2fp%2fmedia%2fassets%3f%24skiptoken%3d10",
            "/api/v1/projects/p/media/assets%3F%24skiptoken%3D10",
            "https%3A%2F%2Fapp.mk.io%2Fapi%2Fv1%2Fprojects%2Fp%2Fmedia%2Fassets%3F%24skiptoken%3D10",
            // By its names inside and outside.
            "http://app.mk.io/api/v1/projects/p/media/assets?$skiptoken=10",
            "https://api.mk.io/api/v1/projects/p/media/assets?$skiptoken=10",
            "http://media-api:8000/api/v1/projects/p/media/assets?$skiptoken=10",
        ] {
            assert_eq!(followed(next).unwrap(), page, "{next}");
        }
        // Only what is encoded as a whole is decoded.
        let filter = format!("{LIST}?$filter=name%20eq%20%27a%3Fb%27&$skiptoken=1");
        assert_eq!(followed(&filter).unwrap(), filter);
    }

    #[test]
    fn no_other_list_of_another_host_is_taken_for_the_next_page() {
        for next in [
            "https://elsewhere.example/api/v1/projects/q/media/assets?$skiptoken=10",
            "https://elsewhere.example/",
            "//elsewhere.example/x",
            "data:text/plain,x",
        ] {
            let error = followed(next).unwrap_err();
            assert_eq!(error.code.as_deref(), Some("next-link-leads-elsewhere"));
        }
    }

    #[test]
    fn a_filter_is_sent_encoded() {
        let url = filtered(Url::parse(LIST).unwrap(), "name eq 'Ü + #1'");
        assert_eq!(
            url.query(),
            Some("%24filter=name%20eq%20%27%C3%9C%20%2B%20%231%27")
        );
    }
}
