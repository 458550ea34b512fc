//! What differs between two regions, as the maps say it.

use serde_json::Value;

use crate::{Backend, Storage, mkio};

/// The fields that hold URLs whose hosts belong to a region.
const URLS: [&str; 4] = [
    "openIdConnectDiscoveryDocument",
    "customKeyAcquisitionUrlTemplate",
    "customLicenseAcquisitionUrlTemplate",
    "customKeysAcquisitionUrlTemplate",
];

/// What of the secondary's region stands for what of the primary's: hosts, and the names that the accounts give their storage.
pub(super) struct Regions {
    hosts: Vec<(String, String)>,
    storage: (&'static str, &'static str),
}

impl Regions {
    pub(super) fn new(backend: Backend, hosts: &[(&str, &str)]) -> Self {
        let hosts = hosts
            .iter()
            .map(|&(primary, secondary)| (primary.to_owned(), secondary.to_owned()));
        Self {
            hosts: hosts.collect(),
            storage: match backend {
                Backend::Ams => (Storage::PRIMARY, Storage::SECONDARY),
                Backend::Mkio => (mkio::PRIMARY_STORAGE, mkio::SECONDARY_STORAGE),
            },
        }
    }

    /// What the secondary should have where the primary has this.
    pub(super) fn counterpart(&self, mut value: Value) -> Value {
        self.turn(&mut value);
        value
    }

    fn turn(&self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.turn(item)),
            Value::Object(fields) => {
                for (name, field) in fields {
                    match field {
                        Value::String(url) if URLS.contains(&name.as_str()) => {
                            *url = self.url(url);
                        }
                        Value::String(account) if name == "storageAccountName" => {
                            let (primary, secondary) = self.storage;
                            if account == primary {
                                *account = secondary.to_owned();
                            }
                        }
                        field => self.turn(field),
                    }
                }
            }
            _ => {}
        }
    }

    fn url(&self, url: &str) -> String {
        let mapped = self.hosts.iter().find_map(|(primary, secondary)| {
            let rest = url.strip_prefix(&format!("https://{primary}/"))?;
            Some(format!("https://{secondary}/{rest}"))
        });
        mapped.unwrap_or_else(|| url.to_owned())
    }

    /// How many URLs of a value, as the secondary has it, are on one of its region's hosts.
    pub(super) fn mapped(&self, value: &Value) -> usize {
        match value {
            Value::Array(items) => items.iter().map(|item| self.mapped(item)).sum(),
            Value::Object(fields) => fields
                .iter()
                .map(|(name, field)| match field {
                    Value::String(url) if URLS.contains(&name.as_str()) => {
                        usize::from(self.is_of_secondary(url))
                    }
                    field => self.mapped(field),
                })
                .sum(),
            _ => 0,
        }
    }

    fn is_of_secondary(&self, url: &str) -> bool {
        let mut secondary = self.hosts.iter().map(|(_, secondary)| secondary);
        secondary.any(|host| url.starts_with(&format!("https://{host}/")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_the_map_names_has_a_counterpart() {
        let regions = Regions::new(Backend::Ams, &[("keys.west.example", "keys.north.example")]);
        let policy = json!({"drm": [{
            "customLicenseAcquisitionUrlTemplate": "https://keys.west.example/{ContentKeyId}?of=keys.west.example",
            "description": "https://keys.west.example/",
            "openIdConnectDiscoveryDocument": "https://elsewhere.example/"
        }]});
        let there = regions.counterpart(policy.clone());
        assert_eq!(
            there["drm"][0]["customLicenseAcquisitionUrlTemplate"],
            "https://keys.north.example/{ContentKeyId}?of=keys.west.example"
        );
        for field in ["description", "openIdConnectDiscoveryDocument"] {
            assert_eq!(there["drm"][0][field], policy["drm"][0][field]);
        }
        assert_eq!((regions.mapped(&policy), regions.mapped(&there)), (0, 1));
    }
}
