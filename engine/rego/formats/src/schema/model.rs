//! A compiled schema: nodes in one list, which name one another by place, as schemas refer to
//! themselves.

use super::format::Format;
use super::pattern::Pattern;
use referee_rego_value::{Number, Str};

/// The place of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(usize);

/// A compiled schema.
#[derive(Debug, Default)]
pub(super) struct Schema {
    nodes: Vec<Node>,
}

impl Schema {
    /// Its root, where there is one.
    pub(super) const ROOT: Place = Place(0);

    /// One more node.
    pub(super) fn add(&mut self) -> Place {
        self.nodes.push(Node::default());
        Place(self.nodes.len() - 1)
    }

    /// How many nodes there are.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// How large its patterns are together, in thousands of states.
    pub(super) fn patterns(&self) -> u64 {
        let patterns = self.nodes.iter().flat_map(|node| {
            let named = node.pattern_properties.iter().map(|(pattern, _)| pattern);
            named.chain(&node.pattern)
        });
        patterns.map(Pattern::size).fold(0, u64::saturating_add)
    }

    pub(super) fn get(&self, place: Place) -> Option<&Node> {
        self.nodes.get(place.0)
    }

    pub(super) fn get_mut(&mut self, place: Place) -> Option<&mut Node> {
        self.nodes.get_mut(place.0)
    }
}

/// A type of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Array,
    Boolean,
    Integer,
    Null,
    Number,
    Object,
    String,
}

impl Kind {
    const ALL: [Self; 7] = [
        Self::Array,
        Self::Boolean,
        Self::Integer,
        Self::Number,
        Self::Null,
        Self::Object,
        Self::String,
    ];

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Array => "array",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Null => "null",
            Self::Number => "number",
            Self::Object => "object",
            Self::String => "string",
        }
    }

    pub(super) fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What may stand for elements or members that are not named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Additional {
    /// Anything.
    #[default]
    Any,
    /// Nothing.
    None,
    /// What a schema takes.
    Schema(Place),
}

/// What schemas the elements of an array have.
#[derive(Clone, Debug, Default)]
pub(super) enum Items {
    /// None.
    #[default]
    Any,
    /// One for all of them.
    All(Place),
    /// One for each of the first.
    Each(Vec<Place>),
}

/// What a member asks for.
#[derive(Clone, Debug)]
pub(super) enum Dependency {
    /// Other members.
    Members(Vec<Str>),
    /// That the whole object is of a schema.
    Schema(Place),
}

/// The least and the most of something.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bounds {
    pub(super) least: Option<i64>,
    pub(super) most: Option<i64>,
}

/// A number that others are measured by.
#[derive(Clone, Debug)]
pub(super) struct Measure {
    pub(super) number: Number,
    /// As errors show it.
    pub(super) shown: String,
}

/// What is asked of a number.
#[derive(Clone, Debug, Default)]
pub(super) struct Numeric {
    pub(super) multiple_of: Option<Measure>,
    pub(super) maximum: Option<Measure>,
    pub(super) exclusive_maximum: Option<Measure>,
    pub(super) minimum: Option<Measure>,
    pub(super) exclusive_minimum: Option<Measure>,
}

/// The values of an `enum`: as canonical JSON, and all of them as errors show them.
#[derive(Clone, Debug, Default)]
pub(super) struct Choices {
    pub(super) sorted: Vec<String>,
    pub(super) shown: String,
}

/// A schema or a part of one.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    /// Whether it is `true` or `false`.
    pub(super) truth: Option<bool>,
    /// The schema it refers to; then nothing else of it counts.
    pub(super) target: Option<Place>,
    pub(super) kinds: Vec<Kind>,
    /// By name, sorted.
    pub(super) properties: Vec<(Str, Place)>,
    pub(super) additional_properties: Additional,
    pub(super) pattern_properties: Vec<(Pattern, Place)>,
    pub(super) property_names: Option<Place>,
    /// By name, sorted.
    pub(super) dependencies: Vec<(Str, Dependency)>,
    pub(super) required: Vec<Str>,
    pub(super) members: Bounds,
    pub(super) items: Items,
    pub(super) additional_items: Additional,
    pub(super) elements: Bounds,
    pub(super) unique: bool,
    pub(super) contains: Option<Place>,
    pub(super) numeric: Option<Box<Numeric>>,
    pub(super) characters: Bounds,
    pub(super) pattern: Option<Pattern>,
    pub(super) format: Option<Format>,
    /// As canonical JSON.
    pub(super) constant: Option<String>,
    pub(super) choices: Option<Choices>,
    pub(super) one_of: Vec<Place>,
    pub(super) any_of: Vec<Place>,
    pub(super) all_of: Vec<Place>,
    pub(super) not: Option<Place>,
    pub(super) condition: Option<Place>,
    pub(super) consequence: Option<Place>,
    pub(super) alternative: Option<Place>,
}

impl Node {
    /// Its types as errors show them.
    pub(super) fn kinds_shown(&self) -> String {
        let names: Vec<&str> = self.kinds.iter().map(|kind| kind.name()).collect();
        match names.as_slice() {
            [one] => (*one).to_owned(),
            all => format!("[{}]", all.join(",")),
        }
    }

    pub(super) fn allows(&self, kind: Kind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }
}
