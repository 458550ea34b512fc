//! What each operation sends.

use super::*;

#[tokio::test]
async fn put_blob_from_url_carries_everything_and_the_sources_token() {
    let setup = Setup::identity(SourceAuth::Bearer, accepting(listed("a%20b/ü #?.mp4", 50)));
    one_round(&setup).await;
    let put = setup
        .sent()
        .into_iter()
        .find(|sent| sent.method == "PUT")
        .unwrap();
    // The percent sign of the name is a percent sign, not an escape.
    assert_eq!(
        put.url,
        "https://dst.replica.example/c/a%2520b%2F%C3%BC%20%23%3F.mp4"
    );
    for (name, value) in [
        (
            "x-ms-copy-source",
            "https://src.source.example/c/a%2520b%2F%C3%BC%20%23%3F.mp4",
        ),
        ("x-ms-copy-source-authorization", "Bearer the-token"),
        ("x-ms-source-if-match", "\"0x8DE\""),
        ("if-none-match", "*"),
        ("x-ms-meta-owner", "t"),
        ("x-ms-meta-mirrorsource", "0x8DE"),
        ("x-ms-access-tier", "Cool"),
        ("x-ms-blob-content-type", "video/mp4"),
        ("x-ms-blob-cache-control", "max-age=5"),
        ("x-ms-blob-content-md5", "AQEBAQEBAQEBAQEBAQEBAQ=="),
        ("x-ms-blob-type", "BlockBlob"),
        ("authorization", "Bearer the-token"),
    ] {
        assert_eq!(put.header(name), Some(value), "{name}");
    }
    for absent in [
        "if-match",
        "x-ms-blob-content-encoding",
        "x-ms-requires-sync",
    ] {
        assert_eq!(put.header(absent), None, "{absent}");
    }
    assert!(put.body.is_empty());
}

#[tokio::test]
async fn blocks_are_ranges_pinned_by_etag_and_committed_in_order() {
    let setup = Setup::identity(SourceAuth::Bearer, accepting(listed("v.mp4", 130)));
    one_round(&setup).await;
    let mut blocks = setup.sent();
    blocks.retain(|sent| sent.header("x-ms-source-range").is_some());
    blocks.truncate(3);
    let mut ranges: Vec<_> = blocks
        .iter()
        .map(|sent| sent.header("x-ms-source-range").unwrap())
        .collect();
    ranges.sort_unstable();
    assert_eq!(ranges, ["bytes=0-59", "bytes=120-129", "bytes=60-119"]);
    for block in &blocks {
        assert_eq!(block.header("x-ms-source-if-match"), Some("\"0x8DE\""));
        assert_eq!(block.header("content-length"), Some("0"));
        assert_eq!(
            block.header("x-ms-copy-source-authorization"),
            Some("Bearer the-token")
        );
    }
    let lists = setup.sent_with("comp=blocklist");
    let commit = lists.iter().find(|sent| sent.method == "PUT").unwrap();
    assert_eq!(commit.header("x-ms-meta-mirrorsource"), Some("0x8DE"));
    assert_eq!(commit.header("x-ms-blob-content-type"), Some("video/mp4"));
    assert_eq!(commit.header("if-none-match"), Some("*"));
    assert_eq!(commit.body.matches("<Latest>").count(), 3);
}

#[tokio::test]
async fn the_copies_get_the_headers_that_the_sdk_lacks() {
    let lacking = accepting(listed("a.mp4", 50));
    let setup = Setup::identity(SourceAuth::Bearer, move |sent| {
        if sent.header("x-ms-blob-type").is_some() || sent.header("x-ms-requires-sync").is_some() {
            (
                501,
                vec![("x-ms-error-code", "APINotImplemented".to_owned())],
                String::new(),
            )
        } else if sent.method == "PUT" {
            let headers = vec![
                ("x-ms-copy-status", "success".to_owned()),
                ("x-ms-copy-id", "1".to_owned()),
            ];
            (202, headers, String::new())
        } else {
            lacking(sent)
        }
    });
    one_round(&setup).await;
    let puts: Vec<_> = setup
        .sent()
        .into_iter()
        .filter(|sent| sent.method == "PUT")
        .collect();
    assert_eq!(puts[0].header("x-ms-blob-type"), Some("BlockBlob"));
    assert_eq!(puts[1].header("x-ms-requires-sync"), Some("true"));
    assert_eq!(puts[2].header("x-ms-requires-sync"), None);
    for copy in &puts[1..3] {
        assert_eq!(
            copy.header("x-ms-copy-source-authorization"),
            Some("Bearer the-token")
        );
        assert_eq!(copy.header("x-ms-source-if-match"), Some("\"0x8DE\""));
        assert_eq!(copy.header("x-ms-meta-mirrorsource"), Some("0x8DE"));
    }
    // What was learned once is not asked again in the later rounds.
    assert!(
        puts[3..]
            .iter()
            .all(|put| put.header("x-ms-requires-sync").is_none())
    );
}

#[tokio::test]
async fn a_delegation_key_is_asked_for_once_and_signs_the_container() {
    let blobs = format!("{}{}", listed("a", 5), listed("b", 5));
    let setup = Setup::identity(SourceAuth::DelegationSas, accepting(blobs));
    one_round(&setup).await;
    let keys = setup.sent_with("userdelegationkey");
    assert_eq!(keys.len(), 1);
    assert!(keys[0].url.starts_with("https://src.source.example/"));
    let puts: Vec<_> = setup
        .sent()
        .into_iter()
        .filter(|sent| sent.method == "PUT")
        .collect();
    assert!(puts.len() >= 2);
    for put in puts {
        let source = put.header("x-ms-copy-source").unwrap();
        for part in ["sr=c", "sp=r&", "sig=", "skoid=o"] {
            assert!(source.contains(part), "{part}");
        }
        assert_eq!(put.header("x-ms-copy-source-authorization"), None);
    }
}

#[tokio::test]
async fn a_delegation_key_near_its_end_is_replaced() {
    let rest = accepting(format!("{}{}", listed("a", 5), listed("b", 5)));
    let setup = Setup::identity(SourceAuth::DelegationSas, move |sent| {
        if sent.url.contains("userdelegationkey") {
            ok(delegation_key(
                OffsetDateTime::now_utc() + Duration::minutes(90),
            ))
        } else {
            rest(sent)
        }
    });
    one_round(&setup).await;
    assert!(setup.sent_with("userdelegationkey").len() >= 2);
}

#[tokio::test]
async fn a_sas_reaches_the_service_and_the_copy_source_each_its_own() {
    let setup = Setup::new(
        || Access::Sas(SasTokens::one("sig=side")),
        SourceAuth::Sas(SasTokens::one("sig=reader")),
        accepting(listed("a", 5)),
    );
    one_round(&setup).await;
    let put = setup
        .sent()
        .into_iter()
        .find(|sent| sent.method == "PUT")
        .unwrap();
    assert_eq!(put.url, "https://dst.replica.example/c/a?sig=side");
    assert_eq!(
        put.header("x-ms-copy-source"),
        Some("https://src.source.example/c/a?sig=reader")
    );
    assert_eq!(put.header("authorization"), None);
}

#[tokio::test]
async fn an_identity_is_asked_for_where_the_source_authorisation_needs_one() {
    for auth in [SourceAuth::Bearer, SourceAuth::DelegationSas] {
        let side = || StorageSide {
            endpoint: EndpointTemplate::azure(),
            access: Access::Sas(SasTokens::one("sig=verysecret")),
            transport: Transport::new(Arc::new(Wire {
                sent: Mutex::default(),
                script: Box::new(|_| ok("")),
            })),
            retry: RetryOptions::none(),
        };
        assert!(!format!("{:?}", side()).contains("verysecret"));
        let copier = Copier::new(side(), side(), auth, Settings::default());
        assert!(matches!(copier, Err(BlobError::Configuration { .. })));
    }
}

#[tokio::test]
async fn an_identity_is_not_sent_over_http() {
    let wire = Arc::new(Wire {
        sent: Mutex::default(),
        script: Box::new(|_| ok("")),
    });
    let side = || StorageSide {
        endpoint: EndpointTemplate::new("http://127.0.0.1:1/{account}").unwrap(),
        access: Access::Identity(Arc::new(Identity)),
        transport: Transport::new(wire.clone()),
        retry: RetryOptions::none(),
    };
    let copier = Copier::new(side(), side(), SourceAuth::Bearer, Settings::default()).unwrap();
    let look = copier
        .look(
            &Place::new("src", "c"),
            &Place::new("dst", "c"),
            Settle::Wait,
        )
        .await;
    assert!(
        matches!(look, Err(BlobError::Configuration { .. })),
        "{look:?}"
    );
    assert!(wire.sent.lock().unwrap().is_empty());
}

#[tokio::test]
async fn no_block_is_copied_onto_a_blob_that_is_another_than_was_seen() {
    let listed = listed("v.mp4", 130);
    let seen = listed.replace("0x8DE", "0x777").replace("AQEB", "AgEB");
    // What the list of blocks says of the blob itself, and whether blocks are copied.
    for (etag, length, copied) in [
        (Some("\"0x777\""), 130, true),
        (Some("\"0x666\""), 130, false),
        // An emulator has an ETag for blocks of which none is committed too.
        (Some("\"0x666\""), 0, true),
        (None, 130, true),
    ] {
        let (seen, rest) = (seen.clone(), accepting(listed.clone()));
        let setup = Setup::identity(SourceAuth::Bearer, move |sent| {
            if is_listing(sent) && sent.url.contains("replica") {
                return ok(listing(&seen, ""));
            }
            if sent.method != "GET" || !sent.url.contains("comp=blocklist") {
                return rest(sent);
            }
            let mut headers = vec![("x-ms-blob-content-length", length.to_string())];
            headers.extend(etag.map(|etag| ("etag", etag.to_owned())));
            let empty = "<?xml version=\"1.0\"?><BlockList><CommittedBlocks/><UncommittedBlocks/></BlockList>";
            (200, headers, empty.to_owned())
        });
        one_round(&setup).await;
        let mut blocks = setup.sent();
        blocks.retain(|sent| sent.header("x-ms-source-range").is_some());
        assert_eq!(!blocks.is_empty(), copied, "{etag:?} {length}");
    }
}

#[tokio::test]
async fn a_replica_is_overwritten_only_in_the_state_that_was_seen() {
    let small = format!("{}{}", listed("a", 5), listed("large", 130));
    let stale = small.replace("0x8DE", "0x777");
    let rest = accepting(small);
    let setup = Setup::identity(SourceAuth::Bearer, move |sent| {
        if is_listing(sent) && sent.url.contains("replica") {
            ok(listing(&stale.replace("AQEB", "AgEB"), ""))
        } else {
            rest(sent)
        }
    });
    one_round(&setup).await;
    let mut writes = setup.sent();
    writes.retain(|sent| sent.method == "PUT" && sent.header("x-ms-source-range").is_none());
    assert!(
        writes
            .iter()
            .any(|sent| sent.url.contains("comp=blocklist"))
    );
    for write in writes {
        assert_eq!(write.header("if-match"), Some("\"0x777\""));
        assert_eq!(write.header("if-none-match"), None);
        // The replica's tier is its own by now.
        assert_eq!(write.header("x-ms-access-tier"), None);
    }
}

#[tokio::test]
async fn a_tier_that_nobody_chose_is_not_sent() {
    let inferred = "<AccessTierInferred>true</AccessTierInferred><AccessTier>Cool";
    for tier in [inferred, "<AccessTier>P30", "<AccessTier>Smart"] {
        let blob = listed("a", 5).replace("<AccessTier>Cool", tier);
        let setup = Setup::identity(SourceAuth::Bearer, accepting(blob));
        one_round(&setup).await;
        let put = setup
            .sent()
            .into_iter()
            .find(|sent| sent.method == "PUT")
            .unwrap();
        assert_eq!(put.header("x-ms-access-tier"), None, "{tier}");
    }
}
