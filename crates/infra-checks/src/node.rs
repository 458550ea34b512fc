//! Small steps through a syntax tree.

use tree_sitter::Node;

/// Every node below one, itself included.
pub(crate) fn all(node: Node<'_>) -> Vec<Node<'_>> {
    let mut found = vec![node];
    let mut at = 0;
    while at < found.len() {
        let mut cursor = found[at].walk();
        let children: Vec<_> = found[at].children(&mut cursor).collect();
        found.extend(children);
        at += 1;
    }
    found
}

/// The nodes of a kind below one.
pub(crate) fn of_kind<'a>(node: Node<'a>, kind: &str) -> Vec<Node<'a>> {
    let mut nodes = all(node);
    nodes.retain(|node| node.kind() == kind);
    nodes.sort_by_key(Node::start_byte);
    nodes
}

/// The children that have a name in the grammar.
pub(crate) fn named(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor)
        .filter(|node| node.kind() != "comment")
        .collect()
}

/// What stands there.
pub(crate) fn text<'a>(node: Node<'_>, source: &'a str) -> &'a str {
    source.get(node.byte_range()).unwrap_or_default()
}

/// The line, from 1.
pub(crate) fn line(node: Node<'_>) -> usize {
    node.start_position().row + 1
}

/// What stands between the quotes; interpolations as they are written. `None` for what is no string.
pub(crate) fn string<'a>(node: Node<'_>, source: &'a str) -> Option<&'a str> {
    let quoted = (node.kind() == "string").then(|| text(node, source))?;
    let inner = quoted
        .strip_prefix("'''")
        .and_then(|rest| rest.strip_suffix("'''"));
    inner.or_else(|| quoted.strip_prefix('\'')?.strip_suffix('\''))
}

/// The properties of an object: key and value.
pub(crate) fn properties<'a, 'b>(
    object: Node<'a>,
    source: &'b str,
) -> Vec<(&'b str, Option<Node<'a>>)> {
    let properties = named(object)
        .into_iter()
        .filter(|node| node.kind() == "object_property");
    properties
        .filter_map(|property| {
            let parts = named(property);
            let key = *parts.first()?;
            let name = string(key, source).unwrap_or_else(|| text(key, source));
            Some((name, parts.get(1).copied()))
        })
        .collect()
}

/// The value of a property of an object.
pub(crate) fn property<'a>(object: Node<'a>, name: &str, source: &str) -> Option<Node<'a>> {
    let found = properties(object, source)
        .into_iter()
        .find(|(key, _)| *key == name);
    found.and_then(|(_, value)| value)
}

/// Whether a name that stands here is read as a value, and not declared, called or used as a key.
pub(crate) fn is_read(node: Node<'_>) -> bool {
    let Some(parent) = node.parent() else {
        return false;
    };
    let first = parent.named_child(0) == Some(node);
    match parent.kind() {
        "object_property" => !first || parent.named_child_count() == 1,
        "parameter_declaration"
        | "variable_declaration"
        | "resource_declaration"
        | "module_declaration"
        | "output_declaration"
        | "metadata_declaration"
        | "lambda_expression"
        | "for_statement" => !first,
        "call_expression" => parent.child_by_field_name("function") != Some(node),
        "loop_variable" | "loop_enumerator" | "type" | "parenthesized_parameters" => false,
        _ => true,
    }
}
