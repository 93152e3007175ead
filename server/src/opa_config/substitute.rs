//! Variables of the environment in a configuration: `${NAME}`.
//!
//! They are replaced in the text before it is parsed, as OPA does, so that a number in a variable
//! is a number. OPA leaves a variable that is not set as it stands, so that a token becomes the
//! text `${TOKEN}`; here it is an error. In a line that is nothing but a comment nothing is
//! replaced.

use super::MAX_CONFIG_BYTES;
use super::error::OpaConfigError;

/// Replaces the variables of a text.
pub(super) fn variables(
    name: &str,
    text: &str,
    environment: &impl Fn(&str) -> Option<String>,
) -> Result<String, OpaConfigError> {
    let mut replaced = String::with_capacity(text.len());
    for (index, line) in text.split_inclusive('\n').enumerate() {
        if line.trim_start().starts_with('#') {
            replaced.push_str(line);
            continue;
        }
        of_line(name, index + 1, line, environment, &mut replaced)?;
        let length = u64::try_from(replaced.len()).unwrap_or(u64::MAX);
        if length > MAX_CONFIG_BYTES {
            return Err(OpaConfigError::TooLarge {
                name: name.to_owned(),
                limit: MAX_CONFIG_BYTES,
            });
        }
    }
    Ok(replaced)
}

fn of_line(
    name: &str,
    number: usize,
    mut line: &str,
    environment: &impl Fn(&str) -> Option<String>,
    replaced: &mut String,
) -> Result<(), OpaConfigError> {
    while let Some((before, rest)) = line.split_once("${") {
        let Some((variable, after)) = rest.split_once('}') else { break };
        replaced.push_str(before);
        let value = environment(variable).ok_or_else(|| OpaConfigError::UndefinedVariable {
            name: name.to_owned(),
            line: number,
            variable: variable.chars().take(100).collect(),
        })?;
        replaced.push_str(&value);
        line = after;
    }
    replaced.push_str(line);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use referee_core::Coded as _;

    fn replace(text: &str) -> Result<String, OpaConfigError> {
        variables("c.yaml", text, &|name| match name {
            "A" => Some("1".to_owned()),
            "EMPTY" => Some(String::new()),
            "NESTED" => Some("${A}".to_owned()),
            _ => None,
        })
    }

    #[test]
    fn variables_are_replaced_once_and_comments_left_alone() {
        let text = "a: ${A}${A} # ${A}\n  # ${NONE}\nb: \"${EMPTY}\" ${NESTED} $A ${open\n";
        let expected = "a: 11 # 1\n  # ${NONE}\nb: \"\" ${A} $A ${open\n";
        assert_eq!(replace(text).unwrap(), expected);
    }

    #[test]
    fn a_variable_that_is_not_set_is_an_error_with_its_line() {
        for (text, variable) in [("\na: ${NONE}", "NONE"), ("\na: '${}'", "")] {
            let error = replace(text).unwrap_err();
            assert_eq!(error.code(), "undefined_variable");
            let expected = format!("c.yaml:2: the environment variable {variable} is not set");
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn variables_cannot_make_a_text_endless() {
        let long = "x".repeat(1 << 20);
        let error = variables("c", "${A}${A}${A}${A}${A}", &|_| Some(long.clone())).unwrap_err();
        assert_eq!(error.code(), "document_too_large");
    }
}
