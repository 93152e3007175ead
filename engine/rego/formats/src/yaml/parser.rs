//! The events of a YAML stream: where its nodes begin and end (go-yaml v2: `parserc.go`).
//!
//! It keeps its states on a stack of its own, so that a nested text takes no stack of the thread.

use super::scanner::{Kind, Problem, Scanned, Scanner, Token};
use super::text::{Mark, Text};

/// What stands before a node.
#[derive(Debug, Default)]
pub(super) struct Properties {
    pub(super) anchor: Option<String>,
    /// Empty where there is none.
    pub(super) tag: String,
}

#[derive(Debug)]
pub(super) enum Event {
    StreamEnd,
    DocumentStart,
    DocumentEnd,
    Alias(String),
    /// Whether its kind is to be found by its text.
    Scalar(Properties, String, bool),
    SequenceStart(Properties),
    SequenceEnd,
    MappingStart(Properties),
    MappingEnd,
}

#[derive(Clone, Copy, Debug)]
enum State {
    ImplicitDocumentStart,
    DocumentStart,
    DocumentContent,
    DocumentEnd,
    BlockNode,
    BlockSequenceFirst,
    BlockSequenceEntry,
    IndentlessEntry,
    BlockMappingFirst,
    BlockMappingKey,
    BlockMappingValue,
    FlowSequenceFirst,
    FlowSequenceEntry,
    FlowPairKey,
    FlowPairValue,
    FlowPairEnd,
    FlowMappingFirst,
    FlowMappingKey,
    FlowMappingValue,
    FlowMappingEmptyValue,
    End,
}

/// Where a node stands, which decides on what it may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Block,
    /// In a mapping: a sequence needs no indentation.
    BlockOrIndentless,
    Flow,
}

pub(super) struct Parser {
    scanner: Scanner,
    state: State,
    states: Vec<State>,
    /// Where the open collections began.
    marks: Vec<Mark>,
    tags: Vec<(String, String)>,
}

impl Parser {
    pub(super) fn new(stream: &[u8]) -> Self {
        Self {
            scanner: Scanner::new(Text::new(stream)),
            state: State::ImplicitDocumentStart,
            states: Vec::new(),
            marks: Vec::new(),
            tags: Vec::new(),
        }
    }

    fn peek(&mut self) -> Scanned<&Kind> {
        Ok(&self.scanner.peek()?.kind)
    }

    fn is(&mut self, kind: &Kind) -> Scanned<bool> {
        Ok(self.peek()? == kind)
    }

    fn is_one_of(&mut self, kinds: &[Kind]) -> Scanned<bool> {
        Ok(kinds.contains(self.peek()?))
    }

    /// Passes a token of a kind, if it is the next.
    fn accept(&mut self, kind: &Kind) -> Scanned<bool> {
        let found = self.is(kind)?;
        if found {
            self.scanner.take();
        }
        Ok(found)
    }

    fn start(&mut self) -> Scanned<Mark> {
        Ok(self.scanner.peek()?.start)
    }

    fn pop(&mut self) {
        self.state = self.states.pop().unwrap_or(State::End);
    }

    /// A mistake at the next token, in something that began elsewhere.
    fn problem<T>(&mut self, message: &str, context: Option<Mark>) -> Scanned<T> {
        let start = self.start()?;
        Err(Problem::of_parser(message, start, context.unwrap_or_default()))
    }

    /// The next event.
    pub(super) fn next(&mut self) -> Scanned<Event> {
        match self.state {
            State::ImplicitDocumentStart => self.document_start(true),
            State::DocumentStart => self.document_start(false),
            State::DocumentContent => self.document_content(),
            State::DocumentEnd => {
                self.accept(&Kind::DocumentEnd)?;
                self.tags.clear();
                self.state = State::DocumentStart;
                Ok(Event::DocumentEnd)
            }
            State::BlockNode => self.node(Place::Block),
            State::BlockSequenceFirst => {
                self.open()?;
                self.block_sequence_entry()
            }
            State::BlockSequenceEntry => self.block_sequence_entry(),
            State::IndentlessEntry => self.indentless_entry(),
            State::BlockMappingFirst => {
                self.open()?;
                self.block_mapping_key()
            }
            State::BlockMappingKey => self.block_mapping_key(),
            State::BlockMappingValue => self.block_mapping_value(),
            State::FlowSequenceFirst => {
                self.open()?;
                self.flow_sequence_entry(true)
            }
            State::FlowSequenceEntry => self.flow_sequence_entry(false),
            State::FlowPairKey => self.flow_pair_key(),
            State::FlowPairValue => self.flow_pair_value(),
            State::FlowPairEnd => {
                self.peek()?;
                self.state = State::FlowSequenceEntry;
                Ok(Event::MappingEnd)
            }
            State::FlowMappingFirst => {
                self.open()?;
                self.flow_mapping_key(true)
            }
            State::FlowMappingKey => self.flow_mapping_key(false),
            State::FlowMappingValue => self.flow_mapping_value(),
            State::FlowMappingEmptyValue => {
                self.peek()?;
                Ok(self.empty(State::FlowMappingKey))
            }
            State::End => Ok(Event::StreamEnd),
        }
    }

    /// Passes what begins a collection.
    fn open(&mut self) -> Scanned<()> {
        let start = self.start()?;
        self.marks.push(start);
        self.scanner.take();
        Ok(())
    }

    /// An empty scalar where a node is left out.
    fn empty(&mut self, state: State) -> Event {
        self.state = state;
        Event::Scalar(Properties::default(), String::new(), true)
    }

    fn node_then(&mut self, then: State, place: Place) -> Scanned<Event> {
        self.states.push(then);
        self.node(place)
    }

    fn document_start(&mut self, implicit: bool) -> Scanned<Event> {
        if !implicit {
            while self.accept(&Kind::DocumentEnd)? {}
        }
        let directed = matches!(
            self.peek()?,
            Kind::Version(_) | Kind::TagDirective { .. } | Kind::DocumentStart
        );
        if self.is(&Kind::StreamEnd)? {
            self.state = State::End;
            return Ok(Event::StreamEnd);
        }
        self.directives()?;
        if implicit && !directed {
            self.states.push(State::DocumentEnd);
            self.state = State::BlockNode;
            return Ok(Event::DocumentStart);
        }
        if !self.accept(&Kind::DocumentStart)? {
            return self.problem("did not find expected <document start>", None);
        }
        self.states.push(State::DocumentEnd);
        self.state = State::DocumentContent;
        Ok(Event::DocumentStart)
    }

    fn directives(&mut self) -> Scanned<()> {
        let mut versioned = false;
        loop {
            match self.peek()? {
                Kind::Version(_) if versioned => {
                    return self.problem("found duplicate %YAML directive", None);
                }
                Kind::Version(false) => {
                    return self.problem("found incompatible YAML document", None);
                }
                Kind::Version(true) => versioned = true,
                Kind::TagDirective { handle, prefix } => {
                    let tag = (handle.clone(), prefix.clone());
                    if self.tags.iter().any(|(handle, _)| *handle == tag.0) {
                        return self.problem("found duplicate %TAG directive", None);
                    }
                    self.tags.push(tag);
                }
                _ => break,
            }
            self.scanner.take();
        }
        for (handle, prefix) in [("!", "!"), ("!!", "tag:yaml.org,2002:")] {
            if self.tags.iter().all(|(known, _)| known != handle) {
                self.tags.push((handle.to_owned(), prefix.to_owned()));
            }
        }
        Ok(())
    }

    fn document_content(&mut self) -> Scanned<Event> {
        match self.peek()? {
            Kind::Version(_)
            | Kind::TagDirective { .. }
            | Kind::DocumentStart
            | Kind::DocumentEnd
            | Kind::StreamEnd => {
                self.pop();
                Ok(self.empty(self.state))
            }
            _ => self.node(Place::Block),
        }
    }

    /// The anchor and the tag before a node, in any order.
    fn properties(&mut self) -> Scanned<(Properties, Mark)> {
        let start = self.start()?;
        let mut properties = Properties::default();
        let mut tag = None;
        for _ in 0..2 {
            match self.peek()? {
                Kind::Anchor(_) if properties.anchor.is_none() => {
                    if let Some(Token { kind: Kind::Anchor(name), .. }) = self.scanner.take() {
                        properties.anchor = Some(name);
                    }
                }
                Kind::Tag { .. } if tag.is_none() => tag = self.scanner.take(),
                _ => break,
            }
        }
        let Some(Token { kind: Kind::Tag { handle, suffix }, start: mark }) = tag else {
            return Ok((properties, start));
        };
        // What follows is looked at before the handle.
        self.peek()?;
        properties.tag = if handle.is_empty() {
            suffix
        } else {
            let prefix = self.tags.iter().find(|(known, _)| *known == handle);
            match prefix.map(|(_, prefix)| format!("{prefix}{suffix}")) {
                Some(tag) if !tag.is_empty() => tag,
                _ => return Err(Problem::of_parser("found undefined tag handle", mark, start)),
            }
        };
        Ok((properties, start))
    }

    fn node(&mut self, place: Place) -> Scanned<Event> {
        if let Kind::Alias(_) = self.peek()? {
            self.pop();
            return match self.scanner.take() {
                Some(Token { kind: Kind::Alias(name), .. }) => Ok(Event::Alias(name)),
                _ => self.problem("unknown problem parsing YAML content", None),
            };
        }
        let (properties, start) = self.properties()?;
        let bare = properties.anchor.is_none() && properties.tag.is_empty();
        let block = place != Place::Flow;
        match self.peek()? {
            Kind::BlockEntry if place == Place::BlockOrIndentless => {
                self.state = State::IndentlessEntry;
                Ok(Event::SequenceStart(properties))
            }
            Kind::Scalar { .. } => {
                self.pop();
                let Some(Token { kind: Kind::Scalar { value, plain }, .. }) = self.scanner.take()
                else {
                    return self.problem("unknown problem parsing YAML content", None);
                };
                let implicit = plain && properties.tag.is_empty() || properties.tag == "!";
                Ok(Event::Scalar(properties, value, implicit))
            }
            Kind::FlowSequenceStart => {
                self.state = State::FlowSequenceFirst;
                Ok(Event::SequenceStart(properties))
            }
            Kind::FlowMappingStart => {
                self.state = State::FlowMappingFirst;
                Ok(Event::MappingStart(properties))
            }
            Kind::BlockSequenceStart if block => {
                self.state = State::BlockSequenceFirst;
                Ok(Event::SequenceStart(properties))
            }
            Kind::BlockMappingStart if block => {
                self.state = State::BlockMappingFirst;
                Ok(Event::MappingStart(properties))
            }
            _ if !bare => {
                self.pop();
                let implicit = properties.tag.is_empty();
                Ok(Event::Scalar(properties, String::new(), implicit))
            }
            _ => self.problem("did not find expected node content", Some(start)),
        }
    }

    fn block_sequence_entry(&mut self) -> Scanned<Event> {
        if self.accept(&Kind::BlockEntry)? {
            return if self.is_one_of(&[Kind::BlockEntry, Kind::BlockEnd])? {
                Ok(self.empty(State::BlockSequenceEntry))
            } else {
                self.node_then(State::BlockSequenceEntry, Place::Block)
            };
        }
        let context = self.marks.pop();
        if self.accept(&Kind::BlockEnd)? {
            self.pop();
            return Ok(Event::SequenceEnd);
        }
        self.problem("did not find expected '-' indicator", context)
    }

    fn indentless_entry(&mut self) -> Scanned<Event> {
        if !self.accept(&Kind::BlockEntry)? {
            self.pop();
            return Ok(Event::SequenceEnd);
        }
        let ends = [Kind::BlockEntry, Kind::Key, Kind::Value, Kind::BlockEnd];
        if self.is_one_of(&ends)? {
            Ok(self.empty(State::IndentlessEntry))
        } else {
            self.node_then(State::IndentlessEntry, Place::Block)
        }
    }

    fn block_mapping_key(&mut self) -> Scanned<Event> {
        if self.accept(&Kind::Key)? {
            return self.block_mapping_part(State::BlockMappingValue);
        }
        let context = self.marks.pop();
        if self.accept(&Kind::BlockEnd)? {
            self.pop();
            return Ok(Event::MappingEnd);
        }
        self.problem("did not find expected key", context)
    }

    fn block_mapping_value(&mut self) -> Scanned<Event> {
        if self.accept(&Kind::Value)? {
            return self.block_mapping_part(State::BlockMappingKey);
        }
        Ok(self.empty(State::BlockMappingKey))
    }

    fn block_mapping_part(&mut self, then: State) -> Scanned<Event> {
        if self.is_one_of(&[Kind::Key, Kind::Value, Kind::BlockEnd])? {
            Ok(self.empty(then))
        } else {
            self.node_then(then, Place::BlockOrIndentless)
        }
    }

    /// Passes the comma between the members of a collection in the flow style.
    fn comma(&mut self, first: bool, message: &str) -> Scanned<()> {
        if first || self.accept(&Kind::FlowEntry)? {
            return Ok(());
        }
        let context = self.marks.pop();
        self.problem(message, context)
    }

    fn close(&mut self, event: Event) -> Event {
        self.scanner.take();
        self.marks.pop();
        self.pop();
        event
    }

    fn flow_sequence_entry(&mut self, first: bool) -> Scanned<Event> {
        if !self.is(&Kind::FlowSequenceEnd)? {
            self.comma(first, "did not find expected ',' or ']'")?;
            if self.accept(&Kind::Key)? {
                self.state = State::FlowPairKey;
                return Ok(Event::MappingStart(Properties::default()));
            }
            if !self.is(&Kind::FlowSequenceEnd)? {
                return self.node_then(State::FlowSequenceEntry, Place::Flow);
            }
        }
        Ok(self.close(Event::SequenceEnd))
    }

    /// A mapping of one member in a sequence: `[key: value]`.
    fn flow_pair_key(&mut self) -> Scanned<Event> {
        if self.is_one_of(&[Kind::Value, Kind::FlowEntry, Kind::FlowSequenceEnd])? {
            // As libyaml: the token is passed, whatever it is.
            self.scanner.take();
            return Ok(self.empty(State::FlowPairValue));
        }
        self.node_then(State::FlowPairValue, Place::Flow)
    }

    fn flow_pair_value(&mut self) -> Scanned<Event> {
        if self.accept(&Kind::Value)?
            && !self.is_one_of(&[Kind::FlowEntry, Kind::FlowSequenceEnd])?
        {
            return self.node_then(State::FlowPairEnd, Place::Flow);
        }
        self.peek()?;
        Ok(self.empty(State::FlowPairEnd))
    }

    fn flow_mapping_key(&mut self, first: bool) -> Scanned<Event> {
        if !self.is(&Kind::FlowMappingEnd)? {
            self.comma(first, "did not find expected ',' or '}'")?;
            if self.accept(&Kind::Key)? {
                let ends = [Kind::Value, Kind::FlowEntry, Kind::FlowMappingEnd];
                return if self.is_one_of(&ends)? {
                    Ok(self.empty(State::FlowMappingValue))
                } else {
                    self.node_then(State::FlowMappingValue, Place::Flow)
                };
            }
            if !self.is(&Kind::FlowMappingEnd)? {
                return self.node_then(State::FlowMappingEmptyValue, Place::Flow);
            }
        }
        Ok(self.close(Event::MappingEnd))
    }

    fn flow_mapping_value(&mut self) -> Scanned<Event> {
        if self.accept(&Kind::Value)?
            && !self.is_one_of(&[Kind::FlowEntry, Kind::FlowMappingEnd])?
        {
            return self.node_then(State::FlowMappingKey, Place::Flow);
        }
        self.peek()?;
        Ok(self.empty(State::FlowMappingKey))
    }
}
