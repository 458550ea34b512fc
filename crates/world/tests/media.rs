//! The encoded asset that is kept in the repository is whole: its manifests name exactly the fragments that its media files have.
#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot go on fails its test"
)]

use std::{fs, path::PathBuf};

fn folder() -> PathBuf {
    world::workspace_root().join("crates/world/media")
}

fn text(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap()
}

/// The value of an attribute, in a text that begins with its element.
fn attribute<'a>(element: &'a str, name: &str) -> &'a str {
    let inside = element.split('>').next().unwrap();
    let (_, rest) = inside.split_once(&format!(" {name}=\"")).unwrap();
    rest.split('"').next().unwrap()
}

/// The texts that begin with an element, up to the next one of the same name.
fn elements<'a>(xml: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!("<{name} ");
    let mut texts = Vec::new();
    let mut rest = xml;
    while let Some(at) = rest.find(&start) {
        // With the space, so that an attribute always follows one.
        let element = &rest[at + start.len() - 1..];
        let end = element.find(&start).unwrap_or(element.len());
        texts.push(&element[..end]);
        rest = &element[end..];
    }
    texts
}

/// The types of a file's boxes, in order (ISO/IEC 14496-12: 32-bit length, type; length 1 means a 64-bit length follows).
fn boxes(bytes: &[u8]) -> Vec<String> {
    let mut types = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let short = u32::from_be_bytes(rest[..4].try_into().unwrap());
        types.push(String::from_utf8(rest[4..8].to_vec()).unwrap());
        let length = match short {
            1 => u64::from_be_bytes(rest[8..16].try_into().unwrap()),
            short => u64::from(short),
        };
        rest = &rest[usize::try_from(length).unwrap()..];
    }
    types
}

#[test]
fn every_stream_has_as_many_chunks_as_each_of_its_files_has_fragments() {
    let (server, client) = (text("title.ism"), text("title.ismc"));
    let streams = elements(&client, "StreamIndex");
    assert_eq!(streams.len(), 2);
    let mut files = 0;
    for stream in streams {
        let chunks: usize = attribute(stream, "Chunks").parse().unwrap();
        assert!(chunks > 1, "one fragment proves nothing");
        assert_eq!(elements(stream, "c").len(), chunks);
        let qualities = elements(stream, "QualityLevel");
        let of_stream = elements(&server, attribute(stream, "Type"));
        assert_eq!(of_stream.len(), qualities.len());
        assert_eq!(
            attribute(stream, "QualityLevels"),
            qualities.len().to_string()
        );
        for (file, quality) in of_stream.iter().zip(qualities) {
            let name = attribute(file, "src");
            assert_eq!(
                attribute(file, "systemBitrate"),
                attribute(quality, "Bitrate")
            );
            let boxes = boxes(&fs::read(folder().join(name)).unwrap());
            let count = |of: &str| boxes.iter().filter(|kind| *kind == of).count();
            assert_eq!(count("moof"), chunks, "{name}");
            assert_eq!(count("mdat"), chunks, "{name}");
            assert_eq!(count("moov"), 1, "{name}");
            files += 1;
        }
    }
    assert_eq!(files, 4);
}

#[test]
fn the_asset_is_small_enough_to_be_kept_in_the_repository() {
    let sizes = fs::read_dir(folder()).unwrap().map(|entry| {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let media = name.starts_with("title");
        if media {
            entry.metadata().unwrap().len()
        } else {
            0
        }
    });
    let total: u64 = sizes.sum();
    assert!((100_000..=500_000).contains(&total), "{total} bytes");
}
