//! What is read from answers, and what is not shown of them.

use super::*;

#[tokio::test]
async fn a_listing_is_read_with_all_its_oddities() {
    let blobs = [
        listed("film.mp4", 50),
        // Names that XML cannot hold are percent-encoded and say so.
        listed("x", 1).replace("<Name>x", "<Name Encoded=\"true\">y%01%2F"),
        listed("z", 1)
            .replace(
                "<AccessTier>Cool",
                "<AccessTierInferred>true</AccessTierInferred><AccessTier>Hot",
            )
            .replace("</Owner>", "</Owner><hdi_isfolder>true</hdi_isfolder>"),
    ];
    let (first, second) = blobs.split_at(1);
    let (first, second) = (first.concat(), second.concat());
    let setup = Setup::identity(SourceAuth::Bearer, move |sent| {
        if sent.url.contains("replica") {
            (
                404,
                vec![("x-ms-error-code", "ContainerNotFound".to_owned())],
                String::new(),
            )
        } else if sent.url.contains("marker=2") {
            ok(listing(&second, ""))
        } else {
            ok(listing(&first, "2"))
        }
    });
    let (source, replica) = (Place::new("src", "c"), Place::new("dst", "c"));
    let look = setup
        .copier
        .look(&source, &replica, Settle::Wait)
        .await
        .unwrap();
    assert_eq!((look.blobs, look.bytes), (2, 51));
    assert_eq!(look.sample, ["film.mp4", "y\u{1}/"]);
    assert_eq!(look.replica_container, crate::Presence::Absent);
    assert_eq!(
        look.service_now,
        Some(time::macros::datetime!(2026-11-22 08:00:00 UTC))
    );
    assert_eq!(
        look.source_newest,
        Some(time::macros::datetime!(2026-11-22 07:00:00 UTC))
    );
    let lists = setup.sent_with("source");
    assert_eq!(lists.len(), 2);
    assert!(
        lists[0].url.contains("include=metadata%2Ccopy"),
        "{}",
        lists[0].url
    );
}

#[tokio::test]
async fn a_copied_blob_is_recognised_by_the_listings() {
    let replica = listed("a", 5).replace("0x8DE", "0x9FF").replace(
        "<Owner>t</Owner>",
        "<mirrorsource>0x8DE</mirrorsource><owner>t</owner>",
    );
    let setup = Setup::identity(SourceAuth::Bearer, move |sent| {
        ok(listing(
            &if sent.url.contains("source") {
                listed("a", 5)
            } else {
                replica.clone()
            },
            "",
        ))
    });
    let copied = setup.mirror().await.unwrap();
    assert!(copied.complete);
    assert_eq!(setup.sent().len(), 2);
}

#[tokio::test]
async fn a_long_retry_after_is_left_to_the_queue_and_a_short_fault_is_not() {
    let setup = Setup::identity(SourceAuth::Bearer, |sent| {
        if sent.url.contains("source") {
            let headers = vec![
                ("retry-after", "3600".to_owned()),
                ("x-ms-error-code", "ServerBusy".to_owned()),
                ("x-ms-request-id", "r-1".to_owned()),
            ];
            (503, headers, String::new())
        } else {
            ok(listing("", ""))
        }
    });
    let error = setup.mirror().await.unwrap_err();
    let BlobError::Throttled {
        side: Side::Source,
        retry_after: Some(wait),
        told,
    } = &error
    else {
        panic!("{error:?}");
    };
    assert_eq!(wait.as_secs(), 3_600);
    assert_eq!(told.to_string(), "503 ServerBusy, request r-1");
    assert_eq!(setup.sent_with("source").len(), 1);

    let setup = Setup::identity(SourceAuth::Bearer, |sent| {
        match sent.url.contains("source") {
            true => (503, Vec::new(), String::new()),
            false => ok(listing("", "")),
        }
    });
    assert!(matches!(
        setup.mirror().await,
        Err(BlobError::Throttled {
            retry_after: None,
            ..
        })
    ));
    assert_eq!(setup.sent_with("source").len(), 4);
}

#[tokio::test]
async fn the_copy_sources_refusal_is_read_from_headers_or_body() {
    let by_headers = || -> Answer {
        let headers = vec![
            ("x-ms-error-code", "CannotVerifyCopySource".to_owned()),
            ("x-ms-copy-source-status-code", "403".to_owned()),
            (
                "x-ms-copy-source-error-code",
                "AuthorizationPermissionMismatch".to_owned(),
            ),
        ];
        (403, headers, String::new())
    };
    let by_body = || -> Answer {
        let body = "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>CannotVerifyCopySource</Code>\
            <Message>text</Message><CopySourceStatusCode>403</CopySourceStatusCode>\
            <CopySourceErrorCode>AuthorizationPermissionMismatch</CopySourceErrorCode>\
            <CopySourceErrorMessage>text</CopySourceErrorMessage></Error>";
        (
            403,
            vec![("x-ms-error-code", "CannotVerifyCopySource".to_owned())],
            body.to_owned(),
        )
    };
    for refused in [by_headers, by_body] {
        let rest = accepting(listed("a", 5));
        let setup = Setup::identity(SourceAuth::Bearer, move |sent| match sent.method.as_str() {
            "PUT" => refused(),
            _ => rest(sent),
        });
        let error = setup.mirror().await.unwrap_err();
        assert!(
            matches!(
                error,
                BlobError::Denied {
                    side: Side::Source,
                    cause: Denial::Role,
                    ..
                }
            ),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn no_error_shows_a_sas_or_a_token() {
    let secrets = ["verysecret", "the-token", "c2VjcmV0"];
    let body = "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>AuthenticationFailed</Code>\
        <Message>Signature did not match: sig=verysecret</Message>\
        <AuthenticationErrorDetail>verysecret the-token</AuthenticationErrorDetail></Error>";
    let headers = || {
        vec![
            ("x-ms-error-code", "AuthenticationFailed".to_owned()),
            ("x-ms-request-id", "sig=verysecret".to_owned()),
        ]
    };
    let answers: [fn() -> Answer; 3] = [
        || (0, Vec::new(), String::new()),
        || (200, Vec::new(), "not xml, verysecret the-token".to_owned()),
        || {
            (
                500,
                vec![("x-ms-error-code", "a verysecret code".to_owned())],
                "verysecret".to_owned(),
            )
        },
    ];
    let sas = || Access::Sas(SasTokens::one("sv=1&sig=verysecret"));
    let mut errors = Vec::new();
    for answer in answers {
        let setup = Setup::new(
            sas,
            SourceAuth::Sas(SasTokens::one("sig=verysecret")),
            move |_| answer(),
        );
        errors.push(setup.mirror().await.unwrap_err());
    }
    let setup = Setup::new(
        sas,
        SourceAuth::Sas(SasTokens::one("sig=verysecret")),
        move |_| (403, headers(), body.to_owned()),
    );
    errors.push(setup.mirror().await.unwrap_err());
    let rest = accepting(listed("a", 5));
    let setup = Setup::identity(SourceAuth::DelegationSas, move |sent| {
        match sent.method.as_str() {
            "PUT" => (0, Vec::new(), String::new()),
            _ => rest(sent),
        }
    });
    errors.push(setup.mirror().await.unwrap_err());
    assert!(matches!(errors[0], BlobError::Unavailable { .. }));
    assert!(matches!(errors[1], BlobError::Unreadable { .. }));
    assert!(matches!(
        errors[3],
        BlobError::Denied {
            cause: Denial::Credential,
            ..
        }
    ));
    for error in errors {
        let shown = format!("{error} {error:?}");
        for secret in secrets {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

#[tokio::test]
async fn a_refused_delegation_key_is_the_sources_trouble() {
    for (status, code) in [
        (403, "AuthorizationPermissionMismatch"),
        (501, "APINotImplemented"),
    ] {
        let rest = accepting(listed("a", 5));
        let setup = Setup::identity(SourceAuth::DelegationSas, move |sent| {
            if sent.url.contains("userdelegationkey") {
                (
                    status,
                    vec![("x-ms-error-code", code.to_owned())],
                    String::new(),
                )
            } else {
                rest(sent)
            }
        });
        let error = setup.mirror().await.unwrap_err();
        assert_eq!(error.side(), Some(Side::Source), "{error:?}");
        assert!(setup.sent().iter().all(|sent| sent.method != "PUT"));
    }
}
