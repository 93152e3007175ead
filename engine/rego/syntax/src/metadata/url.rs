//! The addresses of related resources, read and written as Go's `net/url` does.

use std::borrow::Cow;

/// A part of an address; each has characters of its own that stand as they are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    Host,
    User,
    Fragment,
}

/// An address as Go writes it after reading it, or Go's words for what is wrong with it.
pub(super) fn normalized(text: &str) -> Result<String, String> {
    let (address, fragment) = text.split_once('#').unwrap_or((text, ""));
    let fail = |text: &str, error: String| format!("parse {}: {error}", crate::print::quote(text));
    let mut result = without_fragment(address).map_err(|error| fail(address, error))?;
    if !fragment.is_empty() {
        result.push('#');
        result.push_str(&escaped(fragment, Part::Fragment).map_err(|error| fail(text, error))?);
    }
    Ok(result)
}

fn without_fragment(address: &str) -> Result<String, String> {
    if address.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    if address == "*" {
        return Ok(address.to_owned());
    }
    let (scheme, rest) = scheme(address)?;
    let mut result = String::new();
    if !scheme.is_empty() {
        result.push_str(&scheme.to_ascii_lowercase());
        result.push(':');
    }
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, Some(query)),
        None => (rest, None),
    };
    if !rest.starts_with('/') && !scheme.is_empty() {
        result.push_str(rest);
    } else {
        hierarchical(&mut result, scheme, rest)?;
    }
    if let Some(query) = query {
        result.push('?');
        result.push_str(query);
    }
    Ok(result)
}

fn hierarchical(result: &mut String, scheme: &str, rest: &str) -> Result<(), String> {
    let first = rest.split('/').next().unwrap_or_default();
    if !rest.starts_with('/') && first.contains(':') {
        return Err("first path segment in URL cannot contain colon".to_owned());
    }
    let mut path = rest;
    if let Some(authority) = rest.strip_prefix("//")
        && (!scheme.is_empty() || !rest.starts_with("///"))
    {
        let end = authority.find('/').unwrap_or(authority.len());
        let (authority, after) = authority.split_at_checked(end).unwrap_or((authority, ""));
        path = after;
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let host = self::host(scheme, host)?;
        let user = user.map(self::user).transpose()?;
        if user.is_some() || !host.is_empty() || !path.is_empty() {
            result.push_str("//");
        }
        if let Some(user) = user {
            result.push_str(&user);
            result.push('@');
        }
        result.push_str(&host);
    }
    let path = escaped(path, Part::Path)?;
    if result.is_empty() && path.split('/').next().is_some_and(|first| first.contains(':')) {
        result.push_str("./");
    }
    result.push_str(&path);
    Ok(())
}

fn scheme(address: &str) -> Result<(&str, &str), String> {
    for (index, byte) in address.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if index > 0 => {}
            b':' if index == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => return Ok(address.split_once(':').unwrap_or(("", address))),
            _ => break,
        }
    }
    Ok(("", address))
}

fn user(text: &str) -> Result<String, String> {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte);
    if !text.bytes().all(valid) {
        return Err("net/url: invalid userinfo".to_owned());
    }
    let (name, password) = match text.split_once(':') {
        Some((name, password)) => (name, Some(password)),
        None => (text, None),
    };
    let mut result = escape(&unescape(name, Part::User)?, Part::User);
    if let Some(password) = password {
        result.push(':');
        result.push_str(&escape(&unescape(password, Part::User)?, Part::User));
    }
    Ok(result)
}

fn host(scheme: &str, text: &str) -> Result<String, String> {
    if text.rfind('[').is_some_and(|at| at > 0) {
        return Err("invalid IP-literal".to_owned());
    }
    // Elsewhere than in addresses of the web, a list of hosts may stand here.
    let web = ["http", "https"].iter().any(|web| scheme.eq_ignore_ascii_case(web));
    let colon = if web { text.find(':') } else { text.rfind(':') };
    let port = if text.starts_with('[') {
        let Some((_, port)) = text.rsplit_once(']') else {
            return Err("missing ']' in host".to_owned());
        };
        Some(port)
    } else {
        colon.and_then(|at| text.get(at..))
    };
    if let Some(port) = port {
        let digits = port.strip_prefix(':');
        let valid = port.is_empty()
            || digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        if !valid {
            return Err(format!("invalid port {} after host", crate::print::quote(port)));
        }
    }
    Ok(escape(&unescape(text, Part::Host)?, Part::Host))
}

/// A part as it is where nothing in it needs an escape, else with all escapes made anew.
fn escaped(text: &str, part: Part) -> Result<Cow<'_, str>, String> {
    let bytes = unescape(text, part)?;
    let stands = |byte: u8| b"!$&'()*+,;=:@[]%".contains(&byte) || !needs_escape(byte, part);
    if text.bytes().all(stands) {
        Ok(Cow::Borrowed(text))
    } else {
        Ok(Cow::Owned(escape(&bytes, part)))
    }
}

fn unescape(text: &str, part: Part) -> Result<Vec<u8>, String> {
    let bytes = text.as_bytes();
    let mut result = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte != b'%' {
            if part == Part::Host && byte.is_ascii() && needs_escape(byte, part) {
                let char = crate::print::quote(&char::from(byte).to_string());
                return Err(format!("invalid character {char} in host name"));
            }
            result.push(byte);
            at += 1;
            continue;
        }
        let escape = bytes.get(at..(at + 3).min(bytes.len())).unwrap_or_default();
        let value = match escape {
            [_, high, low] => hex(*high).zip(hex(*low)).map(|(high, low)| (high << 4) | low),
            _ => None,
        };
        // In a host only what is no ASCII is escaped.
        let fits = |value: u8| part != Part::Host || !value.is_ascii() || value == b'%';
        let Some(value) = value.filter(|&value| fits(value)) else {
            let escape = String::from_utf8_lossy(escape);
            return Err(format!("invalid URL escape {}", crate::print::quote(&escape)));
        };
        result.push(value);
        at += 3;
    }
    Ok(result)
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn escape(bytes: &[u8], part: Part) -> String {
    let mut result = String::with_capacity(bytes.len());
    for &byte in bytes {
        if needs_escape(byte, part) {
            result.push_str(&format!("%{byte:02X}"));
        } else {
            result.push(char::from(byte));
        }
    }
    result
}

fn needs_escape(byte: u8, part: Part) -> bool {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        return false;
    }
    match part {
        Part::Host => !b"!$&'()*+,;=:[]<>\"".contains(&byte),
        Part::Path => !b"$&+,/:;=@".contains(&byte),
        Part::User => !b"$&+,;=".contains(&byte),
        Part::Fragment => !b"$&+,/:;=?@!()*".contains(&byte),
    }
}

#[cfg(test)]
mod tests {
    use super::normalized;

    #[test]
    fn what_needs_no_escape_stays_as_it_is() {
        for address in
            ["https://example.com/a?b=c#d", "mailto:eve@example.com", "/a/b", "//host/a", "*"]
        {
            assert_eq!(normalized(address).as_deref(), Ok(address));
        }
    }

    #[test]
    fn characters_that_need_an_escape_get_one() {
        assert_eq!(normalized("HTTPS://h/a b").as_deref(), Ok("https://h/a%20b"));
        assert_eq!(normalized("https://h/a#b c").as_deref(), Ok("https://h/a#b%20c"));
    }

    #[test]
    fn errors_are_told_in_the_words_of_go() {
        let error = |text: &str| normalized(text).unwrap_err();
        assert_eq!(error(":a"), "parse \":a\": missing protocol scheme");
        assert_eq!(error("https://h/%zz"), "parse \"https://h/%zz\": invalid URL escape \"%zz\"");
        assert_eq!(
            error("https://a b/"),
            "parse \"https://a b/\": invalid character \" \" in host name"
        );
        assert_eq!(error("https://h:x/"), "parse \"https://h:x/\": invalid port \":x\" after host");
        assert_eq!(error("1:2"), "parse \"1:2\": first path segment in URL cannot contain colon");
    }
}
