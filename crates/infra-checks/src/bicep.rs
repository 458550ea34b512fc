//! One Bicep file as the rules see it.

use std::collections::BTreeSet;

use tree_sitter::{Node, Parser, Tree as SyntaxTree};

use crate::node::{all, line, named, of_kind, properties, property, string, text};

/// A file that was parsed; what is wrong with its grammar stands in [`Bicep::mistakes`].
pub(crate) struct Bicep {
    pub(crate) path: String,
    pub(crate) source: String,
    tree: SyntaxTree,
}

/// A parameter or an output.
pub(crate) struct Declared<'a> {
    pub(crate) name: &'a str,
    pub(crate) description: Option<&'a str>,
    /// The other decorators.
    pub(crate) decorators: Vec<&'a str>,
    /// The texts that `@allowed` has.
    pub(crate) allowed: Vec<&'a str>,
    pub(crate) kind: &'a str,
    /// The default of a parameter, the value of an output.
    pub(crate) value: Option<Node<'a>>,
    pub(crate) line: usize,
}

/// A resource or a module.
pub(crate) struct Deployed<'a> {
    pub(crate) symbol: &'a str,
    /// Type with version, or path.
    pub(crate) what: &'a str,
    /// What stands behind `if`.
    pub(crate) condition: Option<&'a str>,
    /// That, and what a loop goes through.
    pub(crate) before: Vec<Node<'a>>,
    /// Whether it stands elsewhere and is only referred to.
    pub(crate) existing: bool,
    pub(crate) body: Option<Node<'a>>,
    pub(crate) line: usize,
}

impl Bicep {
    pub(crate) fn parse(path: &str, source: &str) -> Option<Self> {
        let mut parser = Parser::new();
        parser
            .set_language(&tree_sitter_bicep::LANGUAGE.into())
            .ok()?;
        Some(Self {
            path: path.to_owned(),
            source: source.to_owned(),
            tree: parser.parse(source, None)?,
        })
    }

    pub(crate) fn root(&self) -> Node<'_> {
        self.tree.root_node()
    }

    /// The lines that the grammar does not understand.
    pub(crate) fn mistakes(&self) -> BTreeSet<usize> {
        let bad = all(self.root())
            .into_iter()
            .filter(|node| node.is_error() || node.is_missing());
        bad.map(line).collect()
    }

    fn text(&self, node: Node<'_>) -> &str {
        text(node, &self.source)
    }

    fn declared(&self, kind: &str) -> Vec<Declared<'_>> {
        let mut found = Vec::new();
        let mut decorators: Vec<Node<'_>> = Vec::new();
        for node in named(self.root()) {
            if node.kind() == "decorators" {
                decorators = named(node);
                continue;
            }
            let mine = std::mem::take(&mut decorators);
            if node.kind() != kind {
                continue;
            }
            let parts = named(node);
            let name = parts.first().map_or("", |node| self.text(*node));
            let mut declared = Declared {
                name,
                description: None,
                decorators: Vec::new(),
                allowed: Vec::new(),
                kind: parts.get(1).map_or("", |node| self.text(*node)),
                value: parts.get(2).copied(),
                line: line(node),
            };
            for decorator in mine {
                let written = self.text(decorator).trim_start_matches('@');
                let called = written.split('(').next().unwrap_or_default();
                match called {
                    "description" => {
                        let strings = of_kind(decorator, "string");
                        declared.description =
                            strings.first().and_then(|node| string(*node, &self.source));
                    }
                    "allowed" => {
                        let strings = of_kind(decorator, "string").into_iter();
                        declared.allowed = strings
                            .filter_map(|node| string(node, &self.source))
                            .collect();
                    }
                    _ => declared.decorators.push(called),
                }
            }
            found.push(declared);
        }
        found
    }

    pub(crate) fn params(&self) -> Vec<Declared<'_>> {
        self.declared("parameter_declaration")
    }

    pub(crate) fn outputs(&self) -> Vec<Declared<'_>> {
        self.declared("output_declaration")
    }

    /// The variables and their values.
    pub(crate) fn vars(&self) -> Vec<(&str, Node<'_>)> {
        let vars = named(self.root())
            .into_iter()
            .filter(|node| node.kind() == "variable_declaration");
        vars.filter_map(|node| {
            let parts = named(node);
            Some((self.text(*parts.first()?), *parts.get(1)?))
        })
        .collect()
    }

    /// The value of a variable.
    pub(crate) fn var(&self, name: &str) -> Option<Node<'_>> {
        let found = self.vars().into_iter().find(|(var, _)| *var == name);
        found.map(|(_, value)| value)
    }

    /// The strings of a variable that is a list of strings.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        let Some(value) = self.var(name).filter(|value| value.kind() == "array") else {
            return Vec::new();
        };
        let items = named(value).into_iter();
        items
            .filter_map(|item| string(item, &self.source))
            .collect()
    }

    /// The names of the properties of a variable that is an object.
    pub(crate) fn keys(&self, name: &str) -> Vec<&str> {
        let object = self.var(name).filter(|value| value.kind() == "object");
        let properties = object.map(|object| properties(object, &self.source));
        properties
            .into_iter()
            .flatten()
            .map(|(key, _)| key)
            .collect()
    }

    fn deployed(&self, kind: &str) -> Vec<Deployed<'_>> {
        let found = of_kind(self.root(), kind).into_iter();
        found
            .filter_map(|node| {
                let parts = named(node);
                let what = string(*parts.get(1)?, &self.source)?;
                let condition = of_kind(node, "if_statement");
                let condition = condition
                    .first()
                    .and_then(|node| named(*node).first().copied());
                let loops = of_kind(node, "for_statement").into_iter();
                let through = loops.filter_map(|node| {
                    let body = node.child_by_field_name("body")?;
                    body.prev_named_sibling()
                });
                let before = through.chain(condition).collect();
                let head = self.text(node).split(['{', '[']).next();
                let existing = head.is_some_and(|head| head.contains(" existing "));
                let body = of_kind(node, "object").into_iter().next();
                Some(Deployed {
                    symbol: self.text(*parts.first()?),
                    what,
                    condition: condition.map(|node| self.text(node)),
                    before,
                    existing,
                    body,
                    line: line(node),
                })
            })
            .collect()
    }

    pub(crate) fn resources(&self) -> Vec<Deployed<'_>> {
        self.deployed("resource_declaration")
    }

    pub(crate) fn modules(&self) -> Vec<Deployed<'_>> {
        self.deployed("module_declaration")
    }

    /// A property of what is deployed.
    pub(crate) fn property<'a>(&'a self, of: &Deployed<'a>, name: &str) -> Option<Node<'a>> {
        property(of.body?, name, &self.source)
    }

    /// Every string, with its line.
    pub(crate) fn strings(&self) -> Vec<(usize, &str)> {
        let strings = of_kind(self.root(), "string").into_iter();
        strings
            .filter_map(|node| Some((line(node), string(node, &self.source)?)))
            .collect()
    }

    /// The functions that are called, with their lines.
    pub(crate) fn calls(&self) -> Vec<(usize, &str)> {
        let calls = of_kind(self.root(), "call_expression").into_iter();
        calls
            .filter_map(|node| {
                let called = node.child_by_field_name("function")?;
                Some((line(node), self.text(called)))
            })
            .collect()
    }
}
