//! Reads the signatures that builtins are declared with:
//! `x: number, y: any<null, string> => z: object<op: string>[string: any]`.
//!
//! Types are written as messages write them. An argument without a name is a type alone, `any...`
//! stands for any number of further arguments, and nothing after the arrow means that there is no
//! result. Only this crate's own declarations are read, so what cannot be read is `None`, and a
//! test sees to it that there is no such declaration.

use crate::{Function, Type};
use referee_rego_value::Value;

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn skip(&mut self, token: &str) -> bool {
        let after = self.rest.trim_start().strip_prefix(token);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    /// A name before a colon: its characters are letters, digits, `_`, and spaces between them.
    fn name(&mut self) -> Option<&'a str> {
        let text = self.rest.trim_start();
        let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ' '))?;
        let (name, after) = text.split_at_checked(end)?;
        self.rest = after.strip_prefix(':')?;
        Some(name)
    }

    fn list(&mut self, close: &str) -> Option<Vec<Type>> {
        let mut types = Vec::new();
        loop {
            types.push(self.ty()?);
            if self.skip(close) {
                return Some(types);
            }
            self.skip(",").then_some(())?;
        }
    }

    fn members(&mut self) -> Option<Vec<(Value, Type)>> {
        let mut members = Vec::new();
        loop {
            members.push((Value::from(self.name()?), self.ty()?));
            if self.skip(">") {
                return Some(members);
            }
            self.skip(",").then_some(())?;
        }
    }

    fn bracketed(&mut self) -> Option<Type> {
        let ty = self.ty()?;
        self.skip("]").then_some(ty)
    }

    fn ty(&mut self) -> Option<Type> {
        if self.skip("null") {
            Some(Type::Null)
        } else if self.skip("boolean") {
            Some(Type::Boolean)
        } else if self.skip("number") {
            Some(Type::Number)
        } else if self.skip("string") {
            Some(Type::String)
        } else if self.skip("set[") {
            self.bracketed().map(Type::set)
        } else if self.skip("array") {
            let items = if self.skip("<") { self.list(">")? } else { Vec::new() };
            let rest = if self.skip("[") { Some(self.bracketed()?) } else { None };
            Some(Type::array(items, rest))
        } else if self.skip("object") {
            let members = if self.skip("<") { self.members()? } else { Vec::new() };
            let mut rest = None;
            if self.skip("[") {
                let key = self.ty()?;
                self.skip(":").then_some(())?;
                rest = Some((key, self.bracketed()?));
            }
            Some(Type::object(members, rest))
        } else if self.skip("any") {
            Some(Type::any_of(if self.skip("<") { self.list(">")? } else { Vec::new() }))
        } else {
            None
        }
    }

    fn named(&mut self) -> Option<(Option<&'static str>, Type)>
    where
        'a: 'static,
    {
        let before = self.rest;
        let name = self.name();
        if name.is_none() {
            self.rest = before;
        }
        Some((name, self.ty()?))
    }
}

/// The function that a signature declares.
pub(crate) fn read(signature: &'static str) -> Option<Function> {
    let mut reader = Reader { rest: signature };
    let mut function = Function::default();
    while !reader.skip("=>") {
        let (name, ty) = reader.named()?;
        if reader.skip("...") {
            function.variadic = Some(ty);
        } else {
            function.args.push((name, ty));
        }
        reader.skip(",");
    }
    if !reader.rest.trim().is_empty() {
        let (name, ty) = reader.named()?;
        (function.result_name, function.result) = (name, Some(ty));
    }
    reader.rest.trim().is_empty().then_some(function)
}

#[cfg(test)]
mod tests {
    use super::read;

    fn round(signature: &'static str) -> String {
        read(signature).map_or_else(|| "unreadable".to_owned(), |function| function.to_string())
    }

    #[test]
    fn a_signature_reads_as_messages_write_it() {
        assert_eq!(
            round("x: number, y: object<op: string, path: any>[any: any] => z: any<null, string>"),
            "(number, object<op: string, path: any>[any: any]) => any<null, string>"
        );
        assert_eq!(
            round("any, array<number, string> => set[any]"),
            "(any, array<number, string>) => set[any]"
        );
        assert_eq!(round("any... =>"), "(any...) => ???");
        assert_eq!(round("=> now: number"), "() => number");
    }

    #[test]
    fn names_stay_with_their_arguments() {
        let function =
            read("x: number, set[any] => formatted timestamp: string").unwrap_or_default();
        assert_eq!(function.signature(), "(x: number, set[any], formatted timestamp: string)");
    }

    #[test]
    fn what_is_no_signature_is_refused() {
        for text in
            ["number", "x: nothing => number", "array[number => string", "x: number => y: number z"]
        {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
