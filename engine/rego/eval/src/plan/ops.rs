//! What a plan is made of: operations over the numbered slots of a frame.
//!
//! A body is a [`Block`]: its operations are run one after the other. An operation holds, or it
//! does not; then the run goes back to the last [`Op::Scan`] that has more to give. Which
//! variables are bound is known when the plan is made, so nothing needs to be undone: a slot is
//! simply written again.

use crate::steps::Node;
use referee_rego_builtin::{Function, Relation};
use referee_rego_syntax::Location;
use referee_rego_value::{Str, Value};
use std::sync::Arc;

/// The number of a slot of a frame.
pub(crate) type SlotId = u32;

/// Where an operand comes from.
#[derive(Clone, Debug)]
pub(crate) enum Src {
    /// A slot.
    Slot(SlotId),
    /// A constant.
    Const(Value),
}

/// A path into `input` or into the base document that is known when the plan is made. What
/// stands there is looked up once, and so is each of its prefixes.
#[derive(Debug)]
pub(crate) struct Path {
    /// Where the answer is kept.
    pub(crate) id: u32,
    /// The last key; none at the root.
    pub(crate) key: Option<Value>,
    /// The path without its last key.
    pub(crate) parent: Option<Arc<Path>>,
}

impl Path {
    /// All keys, in order.
    pub(crate) fn keys(&self) -> Vec<&Value> {
        let mut keys = Vec::new();
        let mut at = Some(self);
        while let Some(path) = at {
            keys.extend(path.key.as_ref());
            at = path.parent.as_deref();
        }
        keys.reverse();
        keys
    }
}

/// Operations, and where in the source each expression begins.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// The operations.
    pub(crate) ops: Box<[Op]>,
    /// At which operation each expression begins, in order.
    pub(crate) marks: Box<[Mark]>,
    /// Whether there is at most one way in which it holds.
    pub(crate) single: bool,
    /// What it is, for who follows each step.
    pub(crate) node: Option<Arc<Node>>,
}

/// Where an expression begins.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    /// Its first operation.
    pub(crate) pc: u32,
    /// Where it stands.
    pub(crate) location: Location,
    /// Whether it began before, and goes on after an inlined function.
    pub(crate) again: bool,
    /// What it is, for who follows each step.
    pub(crate) node: Option<Arc<Node>>,
}

impl Block {
    /// As the how-manieth expression the one of an operation begins.
    pub(crate) fn position(&self, pc: usize) -> Option<usize> {
        let pc = u32::try_from(pc).unwrap_or(u32::MAX);
        self.marks.partition_point(|mark| mark.pc <= pc).checked_sub(1)
    }

    /// Where the expression of an operation stands.
    pub(crate) fn location(&self, pc: usize) -> Option<&Location> {
        let pc = u32::try_from(pc).unwrap_or(u32::MAX);
        let after = self.marks.partition_point(|mark| mark.pc <= pc);
        after.checked_sub(1).and_then(|at| self.marks.get(at)).map(|mark| &mark.location)
    }
}

/// An operation.
#[derive(Debug)]
pub(crate) enum Op {
    /// Never holds.
    Fail,
    /// Bodies within bodies are nested deeper than can be planned: an error.
    TooDeep,
    /// What stands at a path of `input`.
    Input { path: Arc<Path>, dst: SlotId },
    /// What stands at a path of the base document where there are no rules.
    Base { path: Arc<Path>, dst: SlotId },
    /// What stands under a key.
    Get { from: Src, key: Src, dst: SlotId },
    /// What stands under a key of a base document: OPA's store knows keys by their text only.
    GetBase { from: Src, key: Src, dst: SlotId },
    /// Each member: key and value.
    Scan { from: Src, key: Option<SlotId>, value: Option<SlotId> },
    /// Each member of a collection as it is written, in the order of its terms: what turns out to
    /// be the same comes twice. OPA iterates over the terms, not over their values.
    Pick { members: Arc<[(Src, Src)]>, key: Option<SlotId>, value: Option<SlotId> },
    /// Whether it is an array of this length.
    ArrayLen { from: Src, len: usize },
    /// Whether it is an object of this size.
    ObjectLen { from: Src, len: usize },
    /// Whether it can equal a comprehension of this kind, as OPA finds before it evaluates one: a
    /// set is compared with any.
    Suits { from: Src, collect: Collect },
    /// Whether two values are equal.
    Equal { a: Src, b: Src },
    /// Whether what stands under a key equals a value.
    GetEqual { from: Src, key: Src, with: Src },
    /// Whether what stands at a path of `input` equals a value.
    InputEqual { path: Arc<Path>, with: Src },
    /// Whether it is anything but `false`.
    Truthy { from: Src },
    /// An array.
    MakeArray { items: Box<[Src]>, dst: SlotId },
    /// A set.
    MakeSet { items: Box<[Src]>, dst: SlotId },
    /// An object.
    MakeObject { items: Box<[(Src, Src)]>, dst: SlotId },
    /// A comprehension.
    Comprehension { plan: Box<Comprehension>, dst: SlotId },
    /// Whether a block does not hold.
    Not { block: Block },
    /// Whether a block holds for each member.
    Every { domain: Domain, key: Option<SlotId>, value: Option<SlotId>, block: Block },
    /// Whether both blocks hold.
    And { lhs: Block, rhs: Block },
    /// Whether one of two blocks holds.
    Or { lhs: Block, rhs: Block },
    /// The value of a complete rule.
    Complete { group: u32, dst: SlotId },
    /// The document of a partial rule; with keys: what stands under them.
    Partial { group: u32, keys: Box<[Src]>, dst: SlotId },
    /// The value of a function.
    Call { group: u32, args: Box<[Src]>, dst: SlotId },
    /// The operations of a function begin, so many; where something stands in for it, they are
    /// skipped.
    Inlined { group: u32, args: Box<[Src]>, dst: SlotId, skip: usize },
    /// A copy.
    Copy { from: Src, dst: SlotId },
    /// The value of a builtin of another crate.
    Builtin { builtin: Arc<Builtin>, args: Box<[Src]>, dst: SlotId },
    /// Each value of a builtin that gives several.
    Relation { builtin: Arc<Builtin>, args: Box<[Src]>, dst: SlotId },
    /// The value of a builtin of this crate.
    Native { native: Native, args: Box<[Src]>, dst: SlotId },
    /// Whether a builtin of this crate that tests its operands holds.
    Test { native: Native, args: Box<[Src]>, dst: SlotId },
    /// Whether a comparison holds.
    Compare { native: Native, args: Box<[Src; 2]>, dst: SlotId },
    /// A calculation with two numbers.
    Calculate { native: Native, args: Box<[Src; 2]>, dst: SlotId },
    /// Each path and value below a value. The path is made once so many operations after this one
    /// hold.
    Walk { from: Src, path: Option<SlotId>, value: Option<SlotId>, tests: usize },
    /// `print`.
    Print { from: Src },
    /// `trace`.
    Note { from: Src },
    /// A template string from its parts.
    Template { from: Src, dst: SlotId },
    /// The document at a path of `data` that rules and base documents share.
    Document { path: Box<[Src]>, dst: SlotId },
    /// Each key of the document at such a path.
    Keys { path: Box<[Src]>, dst: SlotId },
    /// From here on replacements hold.
    Enter { with: Box<[Replacement]> },
    /// They hold no longer.
    Leave,
}

/// What `every` goes through.
#[derive(Debug)]
pub(crate) enum Domain {
    /// The members of a value.
    Value(Src),
    /// The members of a collection as it is written, as [`Op::Pick`] has them.
    Written(Arc<[(Src, Src)]>),
}

/// A replacement of `with`.
#[derive(Debug)]
pub(crate) struct Replacement {
    /// What is replaced.
    pub(crate) target: Target,
    /// By what.
    pub(crate) by: Substitute,
}

/// What `with` replaces.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// `input` or something below it.
    Input(Arc<[Value]>),
    /// A document below `data`, or `data` itself.
    Data(Arc<[Value]>),
    /// A function or builtin, by its name.
    Function(Str),
}

/// What stands in for something else.
#[derive(Clone, Debug)]
pub(crate) enum Substitute {
    /// A value.
    Value(Src),
    /// A function.
    Function(Callee),
    /// What stands at a path of `data`, when it is asked for.
    Document(Arc<[Value]>),
}

/// What can be called.
#[derive(Clone, Debug)]
pub(crate) enum Callee {
    /// A function of the policies.
    Rule(u32),
    /// A builtin of another crate.
    Builtin(Arc<Builtin>),
    /// A builtin of this crate.
    Native(Native),
}

/// A builtin of another crate.
#[derive(Debug)]
pub(crate) struct Builtin {
    /// Its name.
    pub(crate) name: Arc<str>,
    /// How it is done, where it is.
    pub(crate) run: Option<Run>,
    /// Whether it may give something else in another evaluation.
    pub(crate) nondeterministic: bool,
}

/// How a builtin is done.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Run {
    /// One value or none.
    Function(Function),
    /// Any number of values.
    Relation(Relation),
}

/// What is collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Collect {
    /// An array.
    Array,
    /// A set.
    Set,
    /// An object.
    Object,
}

/// The plan of a comprehension.
#[derive(Debug)]
pub(crate) struct Comprehension {
    /// Where its value is kept, where it may be kept.
    pub(crate) id: u32,
    /// What is collected.
    pub(crate) collect: Collect,
    /// For each way in which this holds.
    pub(crate) block: Block,
    /// The key of a member of an object.
    pub(crate) key: Src,
    /// The element, or the value of a member.
    pub(crate) value: Src,
    /// How long its value holds.
    pub(crate) keep: Keep,
    /// Where the key of an object stands, for conflicts.
    pub(crate) location: Location,
}

/// How long the value of a comprehension holds.
#[derive(Debug)]
pub(crate) enum Keep {
    /// It is computed each time.
    Never,
    /// It depends on nothing outside.
    Always,
    /// As long as these slots hold the same.
    While(Box<[SlotId]>),
    /// It is computed once for all values of the variables that it shares with the body around
    /// it, grouped by them: first where they stand inside, then what is asked for from outside.
    ByKey(Box<[Src]>, Box<[Src]>),
}

macro_rules! natives {
    ($($variant:ident $name:literal,)*) => {
        /// A builtin of this crate: what is called in each policy, done without copies.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Native {
            $(#[doc = $name] $variant,)*
        }

        impl Native {
            /// The builtin of a name.
            pub(crate) fn find(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// Its name.
            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

natives! {
    Equal "equal",
    NotEqual "neq",
    Less "lt",
    LessEqual "lte",
    Greater "gt",
    GreaterEqual "gte",
    Plus "plus",
    Minus "minus",
    Multiply "mul",
    Divide "div",
    Remainder "rem",
    And "and",
    Or "or",
    Count "count",
    Member "internal.member_2",
    MemberWithKey "internal.member_3",
    StartsWith "startswith",
    EndsWith "endswith",
    Contains "contains",
    TypeName "type_name",
    IsString "is_string",
    IsNumber "is_number",
    IsBoolean "is_boolean",
    IsArray "is_array",
    IsObject "is_object",
    IsSet "is_set",
    IsNull "is_null",
    ObjectGet "object.get",
    TestCase "internal.test_case",
}

impl Native {
    /// Whether it calculates with two numbers.
    pub(crate) fn calculates(self) -> bool {
        matches!(self, Self::Plus | Self::Minus | Self::Multiply | Self::Divide | Self::Remainder)
    }

    /// Whether it says of its operands something that is true or false.
    pub(crate) fn tests(self) -> bool {
        matches!(
            self,
            Self::StartsWith
                | Self::EndsWith
                | Self::Contains
                | Self::IsString
                | Self::IsNumber
                | Self::IsBoolean
                | Self::IsArray
                | Self::IsObject
                | Self::IsSet
                | Self::IsNull
        )
    }

    /// Whether it compares two values and can do no wrong.
    pub(crate) fn compares(self) -> bool {
        matches!(
            self,
            Self::Equal
                | Self::NotEqual
                | Self::Less
                | Self::LessEqual
                | Self::Greater
                | Self::GreaterEqual
                | Self::Member
        )
    }
}
