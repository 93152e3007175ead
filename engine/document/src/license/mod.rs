//! Licence texts: expressions (SPDX specification 2.3 annex D, 3.0 annex B), `NONE`, `NOASSERTION`,
//! and anything else.
//!
//! An expression names only licences on SPDX's list and references (`LicenseRef-…`). A text that
//! names anything else is `unknown` as a whole: whoever takes a part of it for its meaning would
//! guess.

mod alternatives;
mod error;
mod expression;
mod join;
mod lexer;
mod list;

pub use error::{ExpressionError, Place};
pub use expression::{Expression, MAX_EXPRESSION_BYTES};
pub(crate) use join::{Operator, join};

use referee_core::facts::{LicenseFact, LicenseStatus};
use smol_str::format_smolstr;
use std::collections::BTreeMap;

/// What a text that stands where a licence is expected means. Nothing declares it yet.
#[must_use]
pub fn read(text: &str) -> LicenseFact {
    let text = text.trim_ascii();
    match text {
        "NONE" => return without_expression(LicenseStatus::None, None),
        "NOASSERTION" => return without_expression(LicenseStatus::NoAssertion, None),
        _ => {}
    }
    let expression = match Expression::parse(text) {
        Ok(expression) => expression,
        Err(error) => {
            return without_expression(LicenseStatus::Unknown, Some(error.to_string()));
        }
    };
    let alternatives = alternatives::of(&expression);
    LicenseFact {
        status: LicenseStatus::Expression,
        expression: Some(format_smolstr!("{expression}")),
        alternatives_omitted: alternatives.is_none(),
        alternatives: alternatives.unwrap_or_default(),
        licenses: expression.licenses(),
        unlisted: expression.unlisted(),
        replaced: expression.replaced().clone(),
        error: None,
        declared: 0,
        concluded: 0,
    }
}

/// Whether a text is an expression that permits use under the licences that `allowed` says yes to
/// ([`Expression::permits`]). What is no expression permits nothing, `NONE` and `NOASSERTION` as well.
///
/// # Errors
/// Where the text is no expression.
pub fn permits(text: &str, allowed: impl FnMut(&str) -> bool) -> Result<bool, ExpressionError> {
    Ok(Expression::parse(text)?.permits(allowed))
}

fn without_expression(status: LicenseStatus, error: Option<String>) -> LicenseFact {
    LicenseFact {
        status,
        expression: None,
        alternatives: Vec::new(),
        alternatives_omitted: false,
        licenses: Vec::new(),
        unlisted: Vec::new(),
        replaced: BTreeMap::new(),
        error,
        declared: 0,
        concluded: 0,
    }
}
