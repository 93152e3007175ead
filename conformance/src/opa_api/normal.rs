//! What differs from one run of the same server to the next, taken out of an answer.
//!
//! - values of `decision_id` and `batch_decision_id`: new each time;
//! - numbers below the top member `metrics`: times that were measured. Names are compared;
//! - strings below the top member `provenance` called `version`, `build_commit`, `build_timestamp`,
//!   `build_hostname` and `build_host`: they tell of the program, not of the answer;
//! - the labels `id` and `version` of `/v1/config`: new for each server, and of the program.
//!
//! All else stays as it is, blanks too. What is not JSON stays whole.

/// The text of a body, with what differs each time replaced.
#[must_use]
pub fn normal(text: &str) -> String {
    let mut walk = Walk { rest: text, whole: String::with_capacity(text.len()), path: Vec::new() };
    if walk.value(0).is_some() && walk.rest.trim().is_empty() {
        walk.whole.push_str(walk.rest);
        walk.whole
    } else {
        text.to_owned()
    }
}

/// How deep a document is followed; what is deeper stays as it is.
const DEPTH: usize = 400;

/// A copy of a JSON text on its way. Strings are copied with their escapes.
struct Walk<'t> {
    rest: &'t str,
    whole: String,
    /// Names of members, as they are written.
    path: Vec<&'t str>,
}

impl<'t> Walk<'t> {
    fn blanks(&mut self) {
        let rest = self.rest.trim_start();
        let (blanks, _) = self.rest.split_at(self.rest.len() - rest.len());
        self.whole.push_str(blanks);
        self.rest = rest;
    }

    fn take(&mut self, token: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(token)?;
        self.whole.push(token);
        Some(())
    }

    /// A string with its quotes, taken and not yet copied.
    fn string(&mut self) -> Option<&'t str> {
        let mut escaped = false;
        let inner = self.rest.strip_prefix('"')?;
        let end = inner.find(|letter| {
            let ends = letter == '"' && !escaped;
            escaped = letter == '\\' && !escaped;
            ends
        })?;
        let (string, rest) = self.rest.split_at_checked(end.checked_add(2)?)?;
        self.rest = rest;
        Some(string)
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        if depth > DEPTH {
            return None;
        }
        self.blanks();
        match self.rest.chars().next()? {
            '{' => self.members(depth),
            '[' => self.elements(depth),
            '"' => {
                let string = self.string()?;
                let put = if self.is_told_of_the_program() { "\"…\"" } else { string };
                self.whole.push_str(put);
                Some(())
            }
            _ => {
                let end = self.rest.find([',', '}', ']', ' ', '\n', '\r', '\t']);
                let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
                self.rest = rest;
                let measured = self.path.first().is_some_and(|name| *name == "\"metrics\"");
                let number = word.starts_with(|first: char| first.is_ascii_digit() || first == '-');
                self.whole.push_str(if measured && number { "0" } else { word });
                (!word.is_empty()).then_some(())
            }
        }
    }

    fn members(&mut self, depth: usize) -> Option<()> {
        self.take('{')?;
        self.blanks();
        if self.rest.starts_with('}') {
            return self.take('}');
        }
        loop {
            self.blanks();
            let name = self.string()?;
            self.whole.push_str(name);
            self.blanks();
            self.take(':')?;
            self.path.push(name);
            self.value(depth + 1)?;
            self.path.pop();
            self.blanks();
            if self.rest.starts_with('}') {
                return self.take('}');
            }
            self.take(',')?;
        }
    }

    fn elements(&mut self, depth: usize) -> Option<()> {
        self.take('[')?;
        self.blanks();
        if self.rest.starts_with(']') {
            return self.take(']');
        }
        loop {
            self.value(depth + 1)?;
            self.blanks();
            if self.rest.starts_with(']') {
                return self.take(']');
            }
            self.take(',')?;
        }
    }

    fn is_told_of_the_program(&self) -> bool {
        match self.path.as_slice() {
            ["\"decision_id\"" | "\"batch_decision_id\""]
            | ["\"responses\"", _, "\"decision_id\""] => true,
            ["\"result\"", "\"labels\"", name] => ["\"id\"", "\"version\""].contains(name),
            ["\"provenance\"", name] => [
                "\"version\"",
                "\"build_commit\"",
                "\"build_timestamp\"",
                "\"build_hostname\"",
                "\"build_host\"",
            ]
            .contains(name),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_each_time_is_taken_out() {
        let text = "{\n  \"decision_id\": \"a-b\", \"metrics\":{\"timer_x_ns\": 12,\"h\":{\"p\":-1.5e3}},\
                    \"provenance\":{\"version\":\"1.2\",\"bundles\":{\"version\":\"x\"}},\
                    \"result\":{\"decision_id\":\"a\",\"metrics\":3,\"s\":\"q\\\"{\"}}\n";
        assert_eq!(
            normal(text),
            "{\n  \"decision_id\": \"…\", \"metrics\":{\"timer_x_ns\": 0,\"h\":{\"p\":0}},\
             \"provenance\":{\"version\":\"…\",\"bundles\":{\"version\":\"x\"}},\
             \"result\":{\"decision_id\":\"a\",\"metrics\":3,\"s\":\"q\\\"{\"}}\n"
        );
    }

    #[test]
    fn what_is_no_json_stays_whole() {
        for text in ["", "404 page not found\n", "{\"metrics\":{\"a\":1", "{} x", "{\"metrics\":}"]
        {
            assert_eq!(normal(text), text);
        }
    }
}
