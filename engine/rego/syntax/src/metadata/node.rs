//! A YAML document as nodes with their lines, from libyaml's events.
//!
//! The messages are those of Go's YAML library (`go.yaml.in/yaml/v3`), which is libyaml too: the
//! line it names is at times the one before. Refused beyond what Go refuses: documents of more
//! than [`MAX_BYTES`] and nesting beyond [`MAX_DEPTH`].

use libyaml_safer::{Error, ErrorKind, Event, EventData, Parser, ScalarStyle, Scanner, TokenData};
use std::collections::HashMap;

/// The largest document that is read.
const MAX_BYTES: usize = 1 << 20;

/// How deep a document may be nested: far deeper than any metadata.
const MAX_DEPTH: usize = 100;

/// A node.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) line: u64,
    /// The tag, in its short form: `!!str`.
    pub(super) tag: String,
    pub(super) kind: NodeKind,
}

/// What a node is.
#[derive(Debug)]
pub(super) enum NodeKind {
    Scalar {
        value: String,
        /// Whether quotes or a block style make it a string.
        quoted: bool,
    },
    Sequence(Vec<usize>),
    /// Keys and values in turn.
    Mapping(Vec<usize>),
    /// The name of the anchor and its node.
    Alias(String, usize),
}

/// The nodes of a document; the first is the root.
#[derive(Debug)]
pub(super) struct Document {
    nodes: Vec<Node>,
    pub(super) root: Option<usize>,
}

impl Document {
    pub(super) fn node(&self, index: usize) -> Option<&Node> {
        self.nodes.get(index)
    }

    /// Reads the first document of a text.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        if text.len() > MAX_BYTES {
            return Err(format!("yaml: metadata block of more than {MAX_BYTES} bytes"));
        }
        // The library panics on some texts (0.3.0: a tag before a comma, `[!!str, a]`); whatever it
        // had under way is thrown away.
        std::panic::catch_unwind(|| Self::parse(text))
            .unwrap_or_else(|_| Err("yaml: did not find expected whitespace or line break".into()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut bytes = text.as_bytes();
        let mut parser = Parser::new();
        parser.set_input_string(&mut bytes);
        let document = Self { nodes: Vec::new(), root: None };
        let mut reader = Reader { document, anchors: HashMap::new(), text };
        loop {
            let event = reader.next(&mut parser)?;
            match event.data {
                EventData::StreamStart { .. } | EventData::DocumentStart { .. } => {}
                EventData::StreamEnd => break,
                _ => {
                    reader.document.root = Some(reader.node(&mut parser, event, 0)?);
                    // What follows the document is looked at as far as its end.
                    let end = reader.next(&mut parser)?;
                    reader.ahead(end.start_mark.index)?;
                    break;
                }
            }
        }
        Ok(reader.document)
    }
}

struct Reader<'a> {
    document: Document,
    anchors: HashMap<String, usize>,
    text: &'a str,
}

/// An error with the line that Go's library names.
fn message(error: &Error) -> String {
    let line = |mark: Option<libyaml_safer::Mark>| mark.map_or(0, |mark| mark.line);
    let mut line = match line(error.context_mark()) {
        0 => line(error.problem_mark()),
        line => line,
    };
    if line > 0 && error.kind() == ErrorKind::Scanner {
        line += 1;
    }
    match line {
        0 => format!("yaml: {}", error.problem()),
        line => format!("yaml: line {line}: {}", error.problem()),
    }
}

impl Reader<'_> {
    fn next(&self, parser: &mut Parser<&mut &[u8]>) -> Result<Event, String> {
        parser.parse().map_err(|error| {
            let mark = error.problem_mark().filter(|_| error.kind() == ErrorKind::Parser);
            let ahead = mark.map(|mark| self.ahead(mark.index));
            ahead.and_then(Result::err).unwrap_or_else(|| message(&error))
        })
    }

    /// Go's library scans two tokens further than libyaml before it looks at one: what is wrong
    /// with them comes before what is wrong with that one, which stands at `index`.
    fn ahead(&self, index: u64) -> Result<(), String> {
        let mut bytes = self.text.as_bytes();
        let mut scanner = Scanner::new();
        scanner.set_input_string(&mut bytes);
        let mut further = 0;
        while further < 3 {
            let token = Scanner::scan(&mut scanner).map_err(|error| message(&error))?;
            // These stand at the same place as the token in question, but before it.
            let before = matches!(token.data, TokenData::StreamStart { .. } | TokenData::BlockEnd);
            if further > 0 || (token.start_mark.index >= index && !before) {
                further += 1;
            }
            if matches!(token.data, TokenData::StreamEnd) {
                break;
            }
        }
        Ok(())
    }

    fn node(
        &mut self,
        parser: &mut Parser<&mut &[u8]>,
        event: Event,
        depth: usize,
    ) -> Result<usize, String> {
        if depth > MAX_DEPTH {
            return Err(format!("yaml: exceeded max depth of {MAX_DEPTH}"));
        }
        let line = event.start_mark.line + 1;
        let (anchor, tag, kind) = match event.data {
            EventData::Alias { anchor } => {
                let Some(&target) = self.anchors.get(&anchor) else {
                    self.ahead(event.start_mark.index)?;
                    return Err(format!("yaml: unknown anchor '{anchor}' referenced"));
                };
                (None, String::new(), NodeKind::Alias(anchor, target))
            }
            EventData::Scalar { anchor, tag, value, style, .. } => {
                let quoted = style != ScalarStyle::Plain;
                let default = match (quoted, value.as_str()) {
                    (true, _) => "!!str",
                    (false, "<<") => "!!merge",
                    _ => "",
                };
                (anchor, short_tag(tag, default), NodeKind::Scalar { value, quoted })
            }
            EventData::SequenceStart { anchor, tag, .. } => {
                (anchor, short_tag(tag, "!!seq"), NodeKind::Sequence(Vec::new()))
            }
            EventData::MappingStart { anchor, tag, .. } => {
                (anchor, short_tag(tag, "!!map"), NodeKind::Mapping(Vec::new()))
            }
            _ => return Err("yaml: unknown problem parsing YAML content".to_owned()),
        };
        let collection = matches!(kind, NodeKind::Sequence(_) | NodeKind::Mapping(_));
        let tag = match &kind {
            NodeKind::Scalar { value, .. } if tag.is_empty() => {
                super::resolve::resolve("", value).map_or("!!str", |(tag, _)| tag).to_owned()
            }
            _ => tag,
        };
        let index = self.document.nodes.len();
        self.document.nodes.push(Node { line, tag, kind });
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, index);
        }
        if collection {
            let mut children = Vec::new();
            loop {
                let event = self.next(parser)?;
                if matches!(event.data, EventData::SequenceEnd | EventData::MappingEnd) {
                    break;
                }
                children.push(self.node(parser, event, depth + 1)?);
            }
            if let Some(Node { kind: NodeKind::Sequence(own) | NodeKind::Mapping(own), .. }) =
                self.document.nodes.get_mut(index)
            {
                *own = children;
            }
        }
        Ok(index)
    }
}

fn short_tag(tag: Option<String>, default: &str) -> String {
    match tag {
        Some(tag) if !tag.is_empty() && tag != "!" => {
            match tag.strip_prefix("tag:yaml.org,2002:") {
                Some(rest) => format!("!!{rest}"),
                None => tag,
            }
        }
        _ => default.to_owned(),
    }
}
