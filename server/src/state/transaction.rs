//! Making the next revision: policies and data are written one after another, and what they make
//! together is compiled once at the end.

use super::bundles::{self, ActiveBundle, BundleContent};
use super::error::WriteError;
use super::policies::{Owner, Policies, PolicyFile};
use super::revision::{Parts, Revision};
use referee_rego::{Edit, Program, RegoErrors, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A revision in the making.
#[derive(Debug)]
pub struct Transaction {
    base: Arc<Revision>,
    policies: Arc<Policies>,
    data: Value,
    bundles: Arc<BTreeMap<String, ActiveBundle>>,
    modules_changed: bool,
    data_changed: bool,
    /// Whether a policy was taken away: what does not compile then is told otherwise.
    removed: bool,
    /// Whether something was added that rules could stand in the way of.
    added: bool,
}

impl Transaction {
    pub(super) fn over(base: Arc<Revision>) -> Self {
        Self {
            policies: Arc::clone(base.all_policies()),
            data: base.data().clone(),
            bundles: Arc::clone(base.shared_bundles()),
            base,
            modules_changed: false,
            data_changed: false,
            removed: false,
            added: false,
        }
    }

    /// The revision that it began from.
    #[must_use]
    pub fn base(&self) -> &Revision {
        &self.base
    }

    /// The data as they are by now.
    #[must_use]
    pub fn data(&self) -> &Value {
        &self.data
    }

    /// A policy as it is by now.
    #[must_use]
    pub fn policy(&self, id: &str) -> Option<&PolicyFile> {
        self.policies.get(id).map(|policy| &**policy)
    }

    /// Whether a path may be written by others than bundles.
    ///
    /// # Errors
    /// [`WriteError::Scope`] with the bundle that owns it.
    pub fn check_scope(&self, path: &[String]) -> Result<(), WriteError> {
        Ok(bundles::check_scope(&self.bundles, path)?)
    }

    /// Writes a policy, as OPA's API does. Whether that changes anything: the same text again does
    /// not.
    ///
    /// # Errors
    /// Where the text does not parse, or a bundle owns the package or that of the policy it would
    /// take the place of.
    pub fn put_policy(&mut self, id: &str, text: &str) -> Result<bool, WriteError> {
        if let Some(known) = self.policies.get(id) {
            if known.is_of_library() {
                return Err(WriteError::Library { id: id.to_owned() });
            }
            self.check_scope(known.package())?;
            if known.text() == text {
                return Ok(false);
            }
        }
        let options = self.base.program().options();
        let policy = PolicyFile::parse(id, text, None, Owner::Nobody, options)?;
        self.check_scope(policy.package())?;
        self.insert(policy);
        self.added = true;
        Ok(true)
    }

    /// Begins with a policy, whoever owns its package.
    pub(super) fn begin_with(&mut self, policy: PolicyFile) {
        self.insert(policy);
        self.added = true;
    }

    /// Takes a policy away.
    ///
    /// # Errors
    /// Where there is none of that id, or a bundle owns its package.
    pub fn delete_policy(&mut self, id: &str) -> Result<(), WriteError> {
        let known = self.policies.get(id).filter(|known| !known.is_of_library());
        let Some(known) = known else { return Err(WriteError::NoPolicy { id: id.to_owned() }) };
        self.check_scope(known.package())?;
        Arc::make_mut(&mut self.policies).remove(id);
        (self.modules_changed, self.removed) = (true, true);
        Ok(())
    }

    fn insert(&mut self, policy: PolicyFile) {
        Arc::make_mut(&mut self.policies).insert(policy.id().into(), Arc::new(policy));
        self.modules_changed = true;
    }

    /// Writes a document at a path, as OPA's `PUT /v1/data` does: objects above it are made.
    ///
    /// # Errors
    /// [`WriteError::Edit`]; [`WriteError::Scope`].
    pub fn put_data(&mut self, path: &[String], value: Value) -> Result<(), WriteError> {
        self.check_scope(path)?;
        let mut data = self.data.clone();
        if let (Err(_), Some((_, above))) = (data.at_path(path), path.split_last()) {
            data = data.with_objects_at(above)?;
        }
        self.data = data.edited(path, &Edit::Add(value))?;
        (self.data_changed, self.added) = (true, true);
        Ok(())
    }

    /// Changes the document at a path, as an operation of OPA's `PATCH /v1/data` does.
    ///
    /// # Errors
    /// [`WriteError::Edit`]; [`WriteError::Scope`].
    pub fn edit_data(&mut self, path: &[String], edit: &Edit) -> Result<(), WriteError> {
        self.check_scope(path)?;
        self.data = self.data.edited(path, edit)?;
        (self.data_changed, self.added) = (true, true);
        Ok(())
    }

    /// Takes the document at a path away, as OPA's `DELETE /v1/data` does.
    ///
    /// # Errors
    /// [`WriteError::Edit`]; [`WriteError::Scope`].
    pub fn delete_data(&mut self, path: &[String]) -> Result<(), WriteError> {
        self.check_scope(path)?;
        self.data.at_path(path)?;
        self.data = self.data.edited(path, &Edit::Remove)?;
        self.data_changed = true;
        Ok(())
    }

    /// Activates bundles, all or none: what stands under the roots that each had and has is taken
    /// away, and what it brings is put there. Policies of a bundle are named `BUNDLE/PATH`, as in
    /// OPA; what its manifest says is in the data under `system.bundles.BUNDLE`.
    ///
    /// # Errors
    /// Where roots overlap, a policy stands outside of its bundle's roots or does not parse.
    pub fn activate(&mut self, contents: &[BundleContent]) -> Result<(), WriteError> {
        let mut active = BTreeMap::clone(&self.bundles);
        for content in contents {
            active.remove(&content.name);
        }
        for content in contents {
            let roots = &content.roots;
            bundles::check_overlap(&active, &content.name, roots)?;
            active.insert(content.name.clone(), ActiveBundle::of(content));
        }
        for content in contents {
            self.erase(&content.name, &content.roots);
        }
        for content in contents {
            for module in &content.modules {
                let owner = Owner::Bundle(content.name.as_str().into());
                let id = content.policy_id(&module.path);
                let options = self.base.program().options();
                let policy = match &module.tree {
                    Some(tree) => PolicyFile::parsed(
                        referee_rego::Module::new(id, Arc::clone(&module.text))
                            .with_rego_v0(module.rego_v0),
                        tree.clone(),
                        owner,
                    ),
                    None => PolicyFile::parse(&id, &module.text, module.rego_v0, owner, options)?,
                };
                bundles::check_under_roots(content, &policy)?;
                self.insert(policy);
            }
            self.data = bundles::laid(&self.data, content)?;
        }
        self.bundles = Arc::new(active);
        (self.data_changed, self.modules_changed, self.added) = (true, true, true);
        Ok(())
    }

    /// Changes the data of an active bundle, as a delta does: `data` are all data after it, and
    /// `manifest`, `revision` and `etag` what holds for the bundle from then on. Whether there is
    /// such a bundle.
    ///
    /// # Errors
    /// Where what the manifest says has no place in the data.
    pub fn change_bundle(&mut self, content: &BundleContent) -> Result<bool, WriteError> {
        if !self.bundles.contains_key(&content.name) {
            return Ok(false);
        }
        self.data = bundles::told(&content.data, content)?;
        let active = ActiveBundle::of(content);
        Arc::make_mut(&mut self.bundles).insert(content.name.clone(), active);
        (self.data_changed, self.added) = (true, true);
        Ok(true)
    }

    /// Takes a bundle away with all that it brought.
    pub fn deactivate(&mut self, name: &str) {
        if !self.bundles.contains_key(name) {
            return;
        }
        self.erase(name, &[]);
        self.data = self.data.without(&bundles::manifest_path(name));
        Arc::make_mut(&mut self.bundles).remove(name);
        (self.data_changed, self.modules_changed) = (true, true);
    }

    /// Erases what stands under the roots that a bundle has or is to have.
    fn erase(&mut self, name: &str, next: &[String]) {
        let had = self.bundles.get(name).map_or(&[][..], |active| active.roots());
        let roots: Vec<Vec<String>> = had.iter().chain(next).map(|r| bundles::parts(r)).collect();
        let policies = Arc::make_mut(&mut self.policies);
        policies.retain(|_, policy| {
            let owned = roots.iter().any(|root| policy.package().starts_with(root));
            policy.is_of_library() || !(owned || policy.bundle() == Some(name))
        });
        for root in &roots {
            self.data = bundles::erased(&self.data, root);
        }
    }

    /// Compiles what has to be.
    pub(super) fn into_revision(self) -> Result<Revision, WriteError> {
        let base = Arc::clone(&self.base);
        Ok(base.next(self.into_parts()?))
    }

    /// What the revision is made of, compiled.
    pub(super) fn into_parts(self) -> Result<Parts, WriteError> {
        let program = self.base.program();
        let program = if self.modules_changed {
            self.compile(program)?
        } else if self.data_changed {
            program.with_data(self.data, self.added).map_err(WriteError::Rules)?
        } else {
            program.clone()
        };
        Ok(Parts { policies: self.policies, program, bundles: self.bundles })
    }

    fn compile(&self, program: &Program) -> Result<Program, WriteError> {
        let sources: Vec<_> = self.policies.values().map(|policy| policy.source()).collect();
        let told = |errors: RegoErrors| match self.removed && !self.added {
            true => WriteError::Needed(errors),
            false => WriteError::Modules(errors),
        };
        program.with_parsed_modules(&sources, self.data.clone(), self.added).map_err(told)
    }
}
