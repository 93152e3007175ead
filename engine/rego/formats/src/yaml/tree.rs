//! The nodes of the first document of a YAML stream, with the aliases bound to their nodes.

use super::parser::{Event, Parser, Properties};
use super::scanner::Problem;
use super::{Failure, MAX_DEPTH};
use referee_rego_builtin::Context;
use std::collections::HashMap;

/// The size of a node, roughly.
const NODE: usize = 128;

#[derive(Debug)]
pub(super) enum Node {
    Scalar {
        tag: String,
        value: String,
        /// Whether its kind is to be found by its text.
        implicit: bool,
    },
    /// A name and the node that it stands for.
    Alias(String, usize),
    Sequence(Vec<usize>),
    /// Keys and values by turns.
    Mapping(Vec<usize>),
}

/// A node is known by its place among all.
#[derive(Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    anchors: HashMap<String, usize>,
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let message = problem.message;
        Self::Yaml(match problem.line {
            Some(line) => format!("line {line}: {message}"),
            None => message,
        })
    }
}

impl Tree {
    /// Reads a stream; the root is node 0, and there is none in an empty stream.
    pub(super) fn read(context: &mut Context<'_>, stream: &[u8]) -> Result<Self, Failure> {
        let mut tree = Self::default();
        let mut parser = Parser::new(stream);
        if let Event::StreamEnd = parser.next()? {
            return Ok(tree);
        }
        let mut open = Vec::new();
        loop {
            context.work(1)?;
            let event = parser.next()?;
            let node = match event {
                Event::SequenceEnd | Event::MappingEnd => {
                    open.pop();
                    None
                }
                Event::StreamEnd | Event::DocumentStart | Event::DocumentEnd => break,
                Event::Alias(name) => {
                    let Some(target) = tree.anchors.get(&name).copied() else {
                        let message = format!("unknown anchor '{name}' referenced");
                        return Err(Failure::Yaml(message));
                    };
                    Some((Node::Alias(name, target), false))
                }
                Event::Scalar(properties, value, implicit) => {
                    context.reserve(value.len())?;
                    let tag = tree.anchor(properties);
                    Some((Node::Scalar { tag, value, implicit }, false))
                }
                Event::SequenceStart(properties) => {
                    tree.anchor(properties);
                    Some((Node::Sequence(Vec::new()), true))
                }
                Event::MappingStart(properties) => {
                    tree.anchor(properties);
                    Some((Node::Mapping(Vec::new()), true))
                }
            };
            if let Some((node, collection)) = node {
                context.reserve(NODE)?;
                let place = tree.nodes.len();
                tree.nodes.push(node);
                if let Some(Node::Sequence(children) | Node::Mapping(children)) =
                    open.last().and_then(|parent: &usize| tree.nodes.get_mut(*parent))
                {
                    children.push(place);
                }
                if collection {
                    open.push(place);
                }
                if open.len() > MAX_DEPTH {
                    return Err(Failure::TooDeep);
                }
            }
            if open.is_empty() {
                // Only the first document counts, but what follows it must not be a mistake.
                parser.next()?;
                break;
            }
        }
        Ok(tree)
    }

    /// Names the next node; gives its tag.
    fn anchor(&mut self, properties: Properties) -> String {
        if let Some(name) = properties.anchor {
            self.anchors.insert(name, self.nodes.len());
        }
        properties.tag
    }

    pub(super) fn node(&self, place: usize) -> Option<&Node> {
        self.nodes.get(place)
    }
}
