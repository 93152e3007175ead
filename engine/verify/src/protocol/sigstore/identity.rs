//! Which identities of the trust document a certificate names, and whether they may sign here.

use super::{Signer, Sigstore};
use crate::problem::{Code, Raised};
use referee_core::Repository;
use referee_core::trust::{Scope, TrustedIdentity};
use serde_json::Value;

/// What the trust document says of who a certificate names.
#[derive(Clone, Debug)]
pub(crate) struct Recognised {
    /// The identities that trust it here. Empty where `problems` is not.
    pub(crate) trusted_by: Vec<String>,
    /// Whether the scope of any identity that it is admits the repository; `None` where it is none.
    pub(crate) in_scope: Option<bool>,
    /// The first scope that admits it.
    pub(crate) scope: Option<String>,
    /// Why no identity trusts it.
    pub(crate) problems: Vec<Raised>,
}

impl Sigstore {
    /// Holds who a certificate names against the identities of the trust document. Says nothing
    /// about whether the certificate is worth anything. `instances` are those that vouch for it.
    pub(super) fn recognise(
        &self,
        signer: &Signer,
        instances: &[&str],
        repository: Option<&Repository>,
    ) -> Recognised {
        let mut recognised = Recognised {
            trusted_by: Vec::new(),
            in_scope: None,
            scope: None,
            problems: Vec::new(),
        };
        // A certificate that names nobody has that problem already.
        let Ok(identity) = &signer.identity else { return recognised };
        let claim = |name: &str| signer.claims.get(name).and_then(Value::as_str);
        let is = |trusted: &&TrustedIdentity| {
            instances.iter().any(|instance| trusted.counts_in(instance))
                && trusted.is(identity.issuer.as_deref(), &identity.subject, claim)
        };
        let own: Vec<&TrustedIdentity> = self.identities.iter().filter(is).collect();
        for trusted in &own {
            if let Some(scope) = trusted.scopes.iter().find(|scope| scope.admits(repository)) {
                recognised.trusted_by.push(trusted.name.clone());
                recognised.scope.get_or_insert_with(|| scope.to_string());
            }
        }
        if !own.is_empty() {
            recognised.in_scope = Some(!recognised.trusted_by.is_empty());
        }
        if own.is_empty() {
            recognised.problems.push(self.unknown(&identity.subject, identity.issuer.as_deref()));
        } else if recognised.trusted_by.is_empty() {
            recognised.problems.push(out_of_scope(&own, repository));
        }
        recognised
    }

    fn unknown(&self, subject: &str, issuer: Option<&str>) -> Raised {
        let tried = match self.identities.len() {
            0 => "the trust document has no identities".to_owned(),
            1 => "the one identity of the trust document is another".to_owned(),
            count => format!("none of the {count} identities of the trust document is that"),
        };
        let by = issuer.map_or_else(|| "nobody".to_owned(), |issuer| format!("{issuer:?}"));
        Raised::new(
            Code::IdentityUnknown,
            format!("the certificate names {subject:?}, vouched for by {by}: {tried}"),
        )
        .hint("if the signer is to be trusted, add this identity to the trust document")
    }
}

fn out_of_scope(own: &[&TrustedIdentity], repository: Option<&Repository>) -> Raised {
    let names: Vec<_> = own.iter().map(|identity| format!("{:?}", identity.name)).collect();
    let scopes: Vec<_> =
        own.iter().flat_map(|identity| &identity.scopes).map(Scope::to_string).collect();
    let subject =
        repository.map_or_else(|| "an artifact that nothing names".to_owned(), ToString::to_string);
    Raised::new(
        Code::IdentityOutOfScope,
        format!(
            "identity {} may sign for {}, which does not admit {subject}",
            names.join(", "),
            scopes.join(", "),
        ),
    )
    .hint(
        "add the repository to the identity's `scopes` in the trust document, if it may sign here",
    )
}
