//! Kinds of values: types as a policy author thinks of them, with flavours of strings and numbers,
//! so that a regular expression is asked for where one is wanted.

use std::rc::Rc;

/// What kind of value a term has, or is wanted to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Anything; of a term: nothing is known before it runs.
    Any,
    Null,
    Bool,
    Num(Num),
    Str(Str),
    Arr(Rc<Kind>),
    Set(Rc<Kind>),
    /// An object whose members are all of a kind, named by strings.
    Obj(Rc<Kind>),
    /// An object with these members.
    Rec(Rc<Vec<(&'static str, Kind)>>),
    /// One of some terms that only one builtin has a use for.
    Ground(Ground),
    /// One of several; only wanted, never had.
    One(Rc<Vec<Kind>>),
}

/// Flavours of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Num {
    /// Any number.
    Any,
    /// A whole number.
    Int,
    /// A whole number from 0 to 12: what may be counted up to.
    Small,
    /// A base of digits.
    Base,
    /// Nanoseconds since 1970.
    Time,
}

/// Terms that are written down, not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ground {
    /// Changes for `json.patch`.
    Patch,
    /// A time with its zone and a layout.
    Moment,
    /// A time with its zone.
    Zoned,
    /// What `io.jwt.decode_verify` is to look at.
    Constraints,
    /// The header of a token.
    Header,
    /// A key to sign with.
    Key,
    /// How JSON is laid out.
    Layout,
    /// A request for AWS.
    Request,
    /// Credentials for AWS.
    Credentials,
    /// How certificates are verified.
    Verification,
}

/// Flavours of strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Str {
    Any,
    Word,
    Delimiter,
    Regex,
    Replacement,
    Glob,
    Cidr,
    Layout,
    Date,
    Duration,
    Zone,
    Json,
    Yaml,
    Base64,
    Hex,
    Url,
    Query,
    Semver,
    Units,
    Uuid,
    Format,
    Jwt,
    Secret,
    GraphqlSchema,
    GraphqlQuery,
    Schema,
    Template,
    Pointer,
    Module,
    Certificate,
    Numeric,
}

impl Kind {
    pub(super) const NUM: Self = Self::Num(Num::Any);
    pub(super) const SMALL: Self = Self::Num(Num::Small);
    pub(super) const STR: Self = Self::Str(Str::Any);

    pub(super) fn arr(of: Self) -> Self {
        Self::Arr(Rc::new(of))
    }

    pub(super) fn set(of: Self) -> Self {
        Self::Set(Rc::new(of))
    }

    pub(super) fn obj(of: Self) -> Self {
        Self::Obj(Rc::new(of))
    }

    /// Whether a term of this kind does where `wanted` is wanted, as the type checker sees it.
    pub(super) fn fits(&self, wanted: &Self) -> bool {
        match (self, wanted) {
            (_, Self::Any) | (Self::Null, Self::Null) | (Self::Bool, Self::Bool) => true,
            (_, Self::One(kinds)) => kinds.iter().any(|kind| self.fits(kind)),
            (Self::Ground(have), Self::Ground(want)) => have == want,
            (Self::Num(have), Self::Num(want)) => have == want || *want == Num::Any,
            (Self::Str(have), Self::Str(want)) => have == want || *want == Str::Any,
            (Self::Arr(have), Self::Arr(want)) | (Self::Set(have), Self::Set(want)) => {
                have.fits(want)
            }
            (Self::Obj(have), Self::Obj(want)) => have.fits(want),
            (Self::Rec(members), Self::Obj(want)) => {
                members.iter().all(|(_, member)| member.fits(want))
            }
            (Self::Rec(have), Self::Rec(want)) => have == want,
            _ => false,
        }
    }

    /// What its elements are, where it has any.
    pub(super) fn element(&self) -> Option<Self> {
        match self {
            Self::Arr(of) | Self::Set(of) | Self::Obj(of) => Some((**of).clone()),
            Self::Rec(_) | Self::Any => Some(Self::Any),
            _ => None,
        }
    }

    /// What its keys are, where it has any.
    pub(super) fn key(&self) -> Option<Self> {
        match self {
            Self::Arr(_) => Some(Self::SMALL),
            Self::Set(of) => Some((**of).clone()),
            Self::Obj(_) | Self::Rec(_) => Some(Self::Str(Str::Word)),
            Self::Any => Some(Self::Any),
            _ => None,
        }
    }

    /// Reads a kind as the table of builtins spells it: `num`, `[str]`, `<any>`, `{num}`, `a|b`.
    pub(super) fn parse(text: &str) -> Self {
        if let Some((_, _)) = split_alternatives(text) {
            let mut kinds = Vec::new();
            let mut rest = Some(text);
            while let Some(text) = rest {
                let (first, after) = match split_alternatives(text) {
                    Some((first, after)) => (first, Some(after)),
                    None => (text, None),
                };
                kinds.push(Self::parse(first));
                rest = after;
            }
            return Self::One(Rc::new(kinds));
        }
        let inside = |open, close| text.strip_prefix(open).and_then(|t| t.strip_suffix(close));
        if let Some(of) = inside('[', ']') {
            return Self::arr(Self::parse(of));
        }
        if let Some(of) = inside('<', '>') {
            return Self::set(Self::parse(of));
        }
        if let Some(of) = inside('{', '}') {
            return Self::obj(Self::parse(of));
        }
        match text {
            "null" => Self::Null,
            "bool" => Self::Bool,
            "num" => Self::NUM,
            "int" => Self::Num(Num::Int),
            "small" => Self::SMALL,
            "base" => Self::Num(Num::Base),
            "time" => Self::Num(Num::Time),
            "str" => Self::STR,
            "word" => Self::Str(Str::Word),
            "delim" => Self::Str(Str::Delimiter),
            "re" => Self::Str(Str::Regex),
            "repl" => Self::Str(Str::Replacement),
            "glob" => Self::Str(Str::Glob),
            "cidr" => Self::Str(Str::Cidr),
            "layout" => Self::Str(Str::Layout),
            "date" => Self::Str(Str::Date),
            "dur" => Self::Str(Str::Duration),
            "zone" => Self::Str(Str::Zone),
            "json" => Self::Str(Str::Json),
            "yaml" => Self::Str(Str::Yaml),
            "b64" => Self::Str(Str::Base64),
            "hex" => Self::Str(Str::Hex),
            "url" => Self::Str(Str::Url),
            "query" => Self::Str(Str::Query),
            "semver" => Self::Str(Str::Semver),
            "units" => Self::Str(Str::Units),
            "uuid" => Self::Str(Str::Uuid),
            "fmt" => Self::Str(Str::Format),
            "jwt" => Self::Str(Str::Jwt),
            "secret" => Self::Str(Str::Secret),
            "gqls" => Self::Str(Str::GraphqlSchema),
            "gqlq" => Self::Str(Str::GraphqlQuery),
            "schema" => Self::Str(Str::Schema),
            "tmpl" => Self::Str(Str::Template),
            "ptr" => Self::Str(Str::Pointer),
            "rego" => Self::Str(Str::Module),
            "pem" => Self::Str(Str::Certificate),
            "numeric" => Self::Str(Str::Numeric),
            "patch" => Self::Ground(Ground::Patch),
            "zoned" => Self::Ground(Ground::Zoned),
            "moment" => Self::Ground(Ground::Moment),
            "constraints" => Self::Ground(Ground::Constraints),
            "header" => Self::Ground(Ground::Header),
            "key" => Self::Ground(Ground::Key),
            "style" => Self::Ground(Ground::Layout),
            "request" => Self::Ground(Ground::Request),
            "credentials" => Self::Ground(Ground::Credentials),
            "verification" => Self::Ground(Ground::Verification),
            _ => Self::Any,
        }
    }
}

/// The first alternative of several and the rest, brackets heeded.
fn split_alternatives(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    for (place, letter) in text.char_indices() {
        match letter {
            '[' | '<' | '{' => depth += 1,
            ']' | '>' | '}' => depth = depth.saturating_sub(1),
            '|' if depth == 0 => return Some((text.get(..place)?, text.get(place + 1..)?)),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_as_the_table_spells_them() {
        assert_eq!(Kind::parse("[str]"), Kind::arr(Kind::STR));
        assert_eq!(
            Kind::parse("[str|num]|<any>"),
            Kind::One(Rc::new(vec![
                Kind::arr(Kind::One(Rc::new(vec![Kind::STR, Kind::NUM]))),
                Kind::set(Kind::Any)
            ]))
        );
        assert!(Kind::parse("re").fits(&Kind::STR));
        assert!(!Kind::STR.fits(&Kind::parse("re")));
    }
}
