//! References relative to a URL (RFC 3986, section 5.2), as Go's `ResolveReference` has them.

use super::Url;

impl Url {
    /// A reference in a document of this URL, as a URL.
    #[must_use]
    pub fn resolve(&self, reference: &Self) -> Self {
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
        if reference.path.is_empty() && !reference.force_query && reference.raw_query.is_empty() {
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
}
