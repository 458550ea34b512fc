//! The little XML the service speaks.

use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::Event;

use crate::refusal::Refusal;

/// XML under construction.
#[derive(Debug)]
pub(crate) struct Xml(String);

impl Xml {
    pub(crate) fn new() -> Self {
        Self("<?xml version=\"1.0\" encoding=\"utf-8\"?>".to_owned())
    }

    /// An element around what `inside` writes. `tag` may carry attributes that need no escaping.
    pub(crate) fn element(&mut self, tag: &str, inside: impl FnOnce(&mut Self)) -> &mut Self {
        self.0.push_str(&format!("<{tag}>"));
        inside(self);
        let name = tag.split(' ').next().unwrap_or(tag);
        self.0.push_str(&format!("</{name}>"));
        self
    }

    /// An element with a text.
    pub(crate) fn text(&mut self, tag: &str, text: &str) -> &mut Self {
        self.element(tag, |xml| xml.0.push_str(&escape(text)))
    }

    /// An element with a text, or an empty one: the service leaves few elements out.
    pub(crate) fn optional(&mut self, tag: &str, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) if !text.is_empty() => self.text(tag, text),
            _ => {
                self.0.push_str(&format!("<{tag} />"));
                self
            }
        }
    }

    pub(crate) fn finish(&mut self) -> String {
        std::mem::take(&mut self.0)
    }
}

/// An attribute's value, escaped.
pub(crate) fn attribute(value: &str) -> String {
    escape(value).into_owned()
}

/// Whether a text can stand in XML 1.0 and come back unchanged.
pub(crate) fn is_plain(text: &str) -> bool {
    text.chars()
        .all(|c| !matches!(c, '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}'))
}

/// Every element below the root that holds a text and no element, in order: its name and the text.
pub(crate) fn leaves(body: &[u8]) -> Result<Vec<(String, String)>, Refusal> {
    let text = std::str::from_utf8(body).map_err(|_| Refusal::invalid_xml())?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut found = Vec::new();
    let mut open: Vec<(String, String)> = Vec::new();
    loop {
        match reader.read_event().map_err(|_| Refusal::invalid_xml())? {
            Event::Start(start) => open.push((name(start.name().as_ref()), String::new())),
            Event::Empty(empty) => found.push((name(empty.name().as_ref()), String::new())),
            Event::Text(text) => {
                if let Some((_, value)) = open.last_mut() {
                    value.push_str(&text.decode().map_err(|_| Refusal::invalid_xml())?);
                }
            }
            Event::CData(data) => {
                if let Some((_, value)) = open.last_mut() {
                    value.push_str(&String::from_utf8_lossy(&data));
                }
            }
            Event::GeneralRef(reference) => {
                if let Some((_, value)) = open.last_mut() {
                    value.push_str(&resolve(&reference)?);
                }
            }
            Event::End(_) => {
                let Some((name, value)) = open.pop() else {
                    return Err(Refusal::invalid_xml());
                };
                if !open.is_empty() {
                    found.push((name, value));
                }
            }
            Event::Eof if open.is_empty() => return Ok(found),
            Event::Eof => return Err(Refusal::invalid_xml()),
            _ => {}
        }
    }
}

fn name(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The character `&amp;`, `&#13;` and the like stand for.
fn resolve(reference: &quick_xml::events::BytesRef<'_>) -> Result<String, Refusal> {
    if let Some(c) = reference
        .resolve_char_ref()
        .map_err(|_| Refusal::invalid_xml())?
    {
        return Ok(c.to_string());
    }
    let name = reference.decode().map_err(|_| Refusal::invalid_xml())?;
    quick_xml::escape::resolve_predefined_entity(&name)
        .map(str::to_owned)
        .ok_or_else(Refusal::invalid_xml)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_as_they_were() {
        let text = "a <b> & \"c\" 'd' é";
        let xml = Xml::new()
            .element("Root", |xml| {
                xml.text("Leaf", text).optional("Empty", None);
            })
            .finish();
        let expected = [
            ("Leaf".to_owned(), text.to_owned()),
            ("Empty".to_owned(), String::new()),
        ];
        assert_eq!(leaves(xml.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn the_order_of_a_block_list_is_kept() {
        let xml = b"<BlockList><Latest>AA==</Latest><Committed>BB==</Committed><Latest>CC==</Latest></BlockList>";
        let names: Vec<_> = leaves(xml)
            .unwrap()
            .into_iter()
            .map(|(name, id)| format!("{name} {id}"))
            .collect();
        assert_eq!(names, ["Latest AA==", "Committed BB==", "Latest CC=="]);
        assert!(leaves(b"<BlockList><Latest>").is_err());
    }
}
