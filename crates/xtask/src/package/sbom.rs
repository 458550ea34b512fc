//! What is in the handler, as CycloneDX 1.5: for whoever must know whether a flaw of a crate concerns them.

use anyhow::{Context, ensure};
use cyclonedx_bom::{
    external_models::{
        normalized_string::NormalizedString,
        spdx::SpdxExpression,
        uri::{Purl, Uri},
    },
    models::{
        bom::{Bom, SpecVersion, UrnUuid},
        component::{Classification, Component as Entry, Components},
        dependency::{Dependencies, Dependency},
        external_reference::{
            ExternalReference, ExternalReferenceType, ExternalReferences, Uri as ReferenceUri,
        },
        hash::{Hash, HashAlgorithm, HashValue, Hashes},
        license::{LicenseChoice, Licenses},
        metadata::Metadata,
    },
    validation::Validate,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::components::Component;

/// The document, in JSON. The same handler makes the same document: there is no time in it, and its serial number follows from the
/// handler's bytes.
///
/// # Errors
/// When the format's own rules are broken.
pub(super) fn write(components: &[Component], handler: &[u8]) -> anyhow::Result<Vec<u8>> {
    let (own, rest) = components.split_first().context("there is no handler")?;
    let mut subject = entry(own, Classification::Application)?;
    subject.hashes = Some(sha256(&format!("{:x}", Sha256::digest(handler))));
    let entries = rest
        .iter()
        .map(|component| entry(component, Classification::Library))
        .collect::<anyhow::Result<_>>()?;
    let dependencies = components.iter().map(|component| Dependency {
        dependency_ref: component.id(),
        dependencies: component.uses.clone(),
    });
    let serial = Uuid::new_v5(&Uuid::NAMESPACE_OID, &Sha256::digest(handler));
    let bom = Bom {
        spec_version: SpecVersion::V1_5,
        serial_number: UrnUuid::new(serial.urn().to_string()).ok(),
        metadata: Some(Metadata {
            component: Some(subject),
            ..Metadata::default()
        }),
        components: Some(Components(entries)),
        dependencies: Some(Dependencies(dependencies.collect())),
        ..Bom::default()
    };
    ensure!(bom.serial_number.is_some(), "the serial number is no UUID");
    let verdict = bom.validate_version(SpecVersion::V1_5);
    ensure!(verdict.passed(), "the document is not valid: {verdict:?}");
    let mut json = Vec::new();
    bom.output_as_json(&mut json, SpecVersion::V1_5)?;
    json.push(b'\n');
    Ok(json)
}

fn entry(component: &Component, kind: Classification) -> anyhow::Result<Entry> {
    let mut entry = Entry::new(
        kind,
        &component.name,
        &component.version,
        Some(component.id()),
    );
    entry.description = component.description.as_deref().map(NormalizedString::new);
    if let Some(license) = &component.license {
        let expression = SpdxExpression::parse_lax(license.clone())
            .with_context(|| format!("the licence of {}", component.id()))?;
        entry.licenses = Some(Licenses(vec![LicenseChoice::Expression(expression)]));
    }
    entry.hashes = component.checksum.as_deref().map(sha256);
    entry.external_references = component.repository.as_deref().map(|repository| {
        ExternalReferences(vec![ExternalReference::new(
            ExternalReferenceType::Vcs,
            ReferenceUri::Url(Uri::new(repository)),
        )])
    });
    if component.foreign {
        // Not for the workspace's own crates: the registry has others of the same names, and flaws of those are not theirs.
        let purl = Purl::new("cargo", &component.name, &component.version);
        entry.purl = Some(purl.with_context(|| component.id())?);
    }
    Ok(entry)
}

fn sha256(hex: &str) -> Hashes {
    Hashes(vec![Hash {
        alg: HashAlgorithm::SHA_256,
        content: HashValue(hex.to_owned()),
    }])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::package::{TARGET, components};

    /// The real list, from cargo: it costs no build.
    async fn document() -> (Vec<Component>, Value) {
        let components = components::linked(TARGET).await.unwrap();
        let json = write(&components, b"a handler").unwrap();
        assert_eq!(json, write(&components, b"a handler").unwrap());
        assert_ne!(json, write(&components, b"another").unwrap());
        (components, serde_json::from_slice(&json).unwrap())
    }

    fn texts<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
        let list = list.as_array().unwrap();
        list.iter()
            .map(|one| one[field].as_str().unwrap())
            .collect()
    }

    #[tokio::test]
    async fn the_document_is_what_the_schema_asks_for() {
        let (components, bom) = document().await;
        assert_eq!(bom["bomFormat"], "CycloneDX");
        assert_eq!(bom["specVersion"], "1.5");
        assert_eq!(bom["version"], 1);
        let serial = bom["serialNumber"].as_str().unwrap();
        Uuid::parse_str(serial.strip_prefix("urn:uuid:").unwrap()).unwrap();
        let subject = &bom["metadata"]["component"];
        assert_eq!(subject["type"], "application");
        assert_eq!(subject["name"], "handlers");
        assert_eq!(subject["hashes"][0]["alg"], "SHA-256");
        assert_eq!(
            subject["hashes"][0]["content"],
            format!("{:x}", Sha256::digest(b"a handler"))
        );
        let entries = bom["components"].as_array().unwrap();
        assert_eq!(entries.len() + 1, components.len());
        assert!(entries.iter().all(|entry| entry["type"] == "library"));
        let mut known: BTreeSet<&str> = texts(&bom["components"], "bom-ref").into_iter().collect();
        assert_eq!(known.len(), entries.len(), "a bom-ref stands there twice");
        known.insert(subject["bom-ref"].as_str().unwrap());
        let described: BTreeSet<&str> = texts(&bom["dependencies"], "ref").into_iter().collect();
        assert_eq!(described, known);
        for dependency in bom["dependencies"].as_array().unwrap() {
            for used in dependency["dependsOn"].as_array().into_iter().flatten() {
                assert!(known.contains(used.as_str().unwrap()), "{used}");
            }
        }
    }

    #[tokio::test]
    async fn what_is_linked_is_listed_and_nothing_else() {
        let (_, bom) = document().await;
        let names: BTreeSet<&str> = texts(&bom["components"], "name").into_iter().collect();
        for linked in ["tokio", "rustls", "ring", "mirror", "settings"] {
            assert!(names.contains(linked), "{linked} is missing");
        }
        // Development, procedural macros, build scripts, and the TLS that is not used.
        for absent in ["simulator", "world", "serde_derive", "cc", "openssl"] {
            assert!(!names.contains(absent), "{absent} is not linked");
        }
    }

    #[tokio::test]
    async fn crates_of_the_registry_can_be_looked_up_and_own_ones_cannot_be_mistaken() {
        let (components, bom) = document().await;
        for entry in bom["components"].as_array().unwrap() {
            let id = entry["bom-ref"].as_str().unwrap();
            let component = components.iter().find(|one| one.id() == id).unwrap();
            assert!(entry["licenses"].is_array(), "{id} has no licence");
            if component.foreign {
                assert_eq!(entry["purl"], format!("pkg:cargo/{id}"));
                let hash = &entry["hashes"][0];
                assert_eq!(hash["alg"], "SHA-256", "{id}");
                assert_eq!(hash["content"].as_str().unwrap().len(), 64, "{id}");
            } else {
                assert!(entry["purl"].is_null(), "{id}");
            }
        }
    }
}
