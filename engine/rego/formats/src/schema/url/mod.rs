//! URLs as Go's `net/url` reads, resolves and writes them: JSON references are such URLs, and
//! their errors are seen by policies.

mod escape;
mod host;

use escape::{Part, escape, quoted, unescape, written};
use host::host_of;

/// A URL in its parts, unescaped where not said otherwise; what is not there is empty.
#[derive(Clone, Debug, Default)]
pub(super) struct Url {
    pub(super) scheme: String,
    /// What follows the scheme where it does not begin with a slash.
    opaque: String,
    /// The user and the password before the host.
    user: Option<(Vec<u8>, Option<Vec<u8>>)>,
    pub(super) host: Vec<u8>,
    /// Whether there is a scheme, but no place for a host.
    hostless: bool,
    pub(super) path: Vec<u8>,
    /// The path as it was written, where escaping the path does not give it.
    raw_path: String,
    /// Whether a `?` ends it.
    bare_query: bool,
    raw_query: String,
    pub(super) fragment: Vec<u8>,
    /// The fragment as it was written, where escaping the fragment does not give it.
    raw_fragment: String,
}

impl Url {
    /// Reads a URL.
    ///
    /// # Errors
    /// In Go's words.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (before, fragment) = text.split_once('#').unwrap_or((text, ""));
        let failed = |text: &str, error: String| format!("parse {}: {error}", quoted(text));
        let mut url = Self::parse_main(before).map_err(|error| failed(before, error))?;
        url.fragment =
            unescape(fragment.as_bytes(), Part::Fragment).map_err(|error| failed(text, error))?;
        if escape(&url.fragment, Part::Fragment) != fragment {
            fragment.clone_into(&mut url.raw_fragment);
        }
        Ok(url)
    }

    fn parse_main(text: &str) -> Result<Self, String> {
        if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        let mut url = Self::default();
        if text == "*" {
            url.path.push(b'*');
            return Ok(url);
        }
        let (scheme, mut rest) = split_scheme(text)?;
        url.scheme = scheme.to_ascii_lowercase();
        match rest.split_once('?') {
            Some((before, "")) => (rest, url.bare_query) = (before, true),
            Some((before, query)) => {
                rest = before;
                query.clone_into(&mut url.raw_query);
            }
            None => {}
        }
        if !rest.starts_with('/') {
            if !url.scheme.is_empty() {
                rest.clone_into(&mut url.opaque);
                return Ok(url);
            }
            if rest.split('/').next().is_some_and(|segment| segment.contains(':')) {
                return Err("first path segment in URL cannot contain colon".to_owned());
            }
        }
        let local = url.scheme.is_empty() && rest.starts_with("///");
        if let Some(authority) = rest.strip_prefix("//").filter(|_| !local) {
            let end = authority.find('/').unwrap_or(authority.len());
            let (authority, after) = authority.split_at_checked(end).unwrap_or((authority, ""));
            rest = after;
            url.set_authority(authority)?;
        } else {
            url.hostless = !url.scheme.is_empty() && rest.starts_with('/');
        }
        url.set_path(rest)?;
        Ok(url)
    }

    fn set_path(&mut self, path: &str) -> Result<(), String> {
        self.path = unescape(path.as_bytes(), Part::Path)?;
        self.raw_path.clear();
        if escape(&self.path, Part::Path) != path {
            self.raw_path.push_str(path);
        }
        Ok(())
    }

    fn set_authority(&mut self, authority: &str) -> Result<(), String> {
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        self.host = host_of(&self.scheme, host)?;
        let Some(user) = user else {
            return Ok(());
        };
        let valid = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
        if !user.chars().all(valid) {
            return Err("net/url: invalid userinfo".to_owned());
        }
        let (name, password) = match user.split_once(':') {
            Some((name, password)) => (name, Some(password)),
            None => (user, None),
        };
        let name = unescape(name.as_bytes(), Part::User)?;
        let password = password.map(|text| unescape(text.as_bytes(), Part::User)).transpose()?;
        self.user = Some((name, password));
        Ok(())
    }

    /// The path as it is written.
    fn escaped_path(&self) -> String {
        if self.path == b"*" && self.raw_path.is_empty() {
            return "*".to_owned();
        }
        written(&self.raw_path, &self.path, Part::Path)
    }

    /// Without its fragment.
    pub(super) fn without_fragment(mut self) -> Self {
        self.fragment.clear();
        self
    }

    /// A reference in a document of this URL, as a URL.
    pub(super) fn resolve(&self, reference: &Self) -> Self {
        let mut url = reference.clone();
        if reference.scheme.is_empty() {
            url.scheme.clone_from(&self.scheme);
        }
        let own_host = !reference.host.is_empty() || reference.user.is_some();
        if !reference.scheme.is_empty() || own_host {
            // A path that was escaped validly stays so.
            let _ = url.set_path(&resolve_path(&reference.escaped_path(), ""));
            return url;
        }
        if reference.path.is_empty() && !reference.bare_query && reference.raw_query.is_empty() {
            url.raw_query.clone_from(&self.raw_query);
            if reference.fragment.is_empty() {
                url.fragment.clone_from(&self.fragment);
                url.raw_fragment.clone_from(&self.raw_fragment);
            }
        }
        if reference.path.is_empty() && !self.opaque.is_empty() {
            url.opaque.clone_from(&self.opaque);
            return url;
        }
        url.host.clone_from(&self.host);
        url.user.clone_from(&self.user);
        let _ = url.set_path(&resolve_path(&self.escaped_path(), &reference.escaped_path()));
        url
    }
}

impl std::fmt::Display for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = String::new();
        if !self.scheme.is_empty() {
            out.push_str(&self.scheme);
            out.push(':');
        }
        if !self.opaque.is_empty() {
            out.push_str(&self.opaque);
        } else {
            let authority = !self.host.is_empty() || self.user.is_some();
            if authority || (!self.scheme.is_empty() && !self.hostless && !self.path.is_empty()) {
                out.push_str("//");
            }
            if let Some((name, password)) = &self.user {
                out.push_str(&escape(name, Part::User));
                if let Some(password) = password {
                    out.push(':');
                    out.push_str(&escape(password, Part::User));
                }
                out.push('@');
            }
            out.push_str(&escape(&self.host, Part::Host));
            let path = self.escaped_path();
            if !path.is_empty() && !path.starts_with('/') && !self.host.is_empty() {
                out.push('/');
            }
            if out.is_empty() && path.split('/').next().is_some_and(|first| first.contains(':')) {
                out.push_str("./");
            }
            out.push_str(&path);
        }
        if self.bare_query || !self.raw_query.is_empty() {
            out.push('?');
            out.push_str(&self.raw_query);
        }
        if !self.fragment.is_empty() {
            out.push('#');
            out.push_str(&written(&self.raw_fragment, &self.fragment, Part::Fragment));
        }
        f.write_str(&out)
    }
}

fn split_scheme(text: &str) -> Result<(&str, &str), String> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => return Ok(text.split_once(':').unwrap_or(("", text))),
            _ => break,
        }
    }
    Ok(("", text))
}

/// A path relative to another, without `.` and `..` (RFC 3986, section 5.2.4).
fn resolve_path(base: &str, reference: &str) -> String {
    let full = if reference.is_empty() {
        base.to_owned()
    } else if reference.starts_with('/') {
        reference.to_owned()
    } else {
        let directory = base.rfind('/').and_then(|at| base.get(..=at)).unwrap_or_default();
        format!("{directory}{reference}")
    };
    if full.is_empty() {
        return full;
    }
    let mut path = String::from("/");
    let (mut first, mut last) = (true, "");
    for element in full.split('/') {
        last = element;
        match element {
            "." => first = false,
            ".." => {
                let end = path.rfind('/').filter(|at| *at > 0).unwrap_or(1);
                path.truncate(end);
                first = path.len() == 1;
            }
            other => {
                if !first {
                    path.push('/');
                }
                path.push_str(other);
                first = false;
            }
        }
    }
    if matches!(last, "." | "..") {
        path.push('/');
    }
    match path.strip_prefix("//") {
        Some(rest) => format!("/{rest}"),
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(base: &str, reference: &str) -> String {
        Url::parse(base).unwrap().resolve(&Url::parse(reference).unwrap()).to_string()
    }

    #[test]
    fn references_are_resolved_as_go_does() {
        assert_eq!(resolved("http://x.y/a/b?q#f", "../c#g"), "http://x.y/c#g");
        assert_eq!(resolved("http://x.y/a", "//h/./p"), "http://h/p");
        assert_eq!(resolved("", "a/b"), "/a/b");
        assert_eq!(resolved("urn:a", "#f"), "urn:a#f");
        assert_eq!(resolved("", "#/a b"), "#/a%20b");
    }

    #[test]
    fn what_is_no_url_is_refused_in_gos_words() {
        let refused = |text: &str| Url::parse(text).unwrap_err();
        assert_eq!(refused(":x"), "parse \":x\": missing protocol scheme");
        assert_eq!(refused("http://h:x"), "parse \"http://h:x\": invalid port \":x\" after host");
        assert_eq!(
            refused("//[::g]"),
            "parse \"//[::g]\": invalid host: ParseAddr(\"::g\"): each colon-separated field must \
             have at least one digit (at \"g\")"
        );
    }
}
