//! Which artifact and which packages a statement is about.
//!
//! A product is the artifact where one of its digests is the artifact's, or where it has a purl
//! `pkg:oci/name@sha256:…` of that digest, whose name is the last part of the repository's and whose
//! `repository_url`, where it has one, is the repository's. A tag, a name or a purl without a digest
//! is too weak: it is what others can make say anything. A product is a package where it has a purl
//! of one and no parts are named.
//!
//! A purl in a statement is a finding's where type, namespace and name are the same, the version is
//! where the statement gives one, and every qualifier that the statement gives is the finding's too,
//! as go-vex and Trivy compare them: `?distro=debian-12` does not speak of Debian 11. The same holds
//! of a subpath, at which those do not look: what is said of a part is not said of all of it.

use crate::purl::Purl;
use referee_core::facts::{VexProductFact, VexStatementFact, VexStatus};
use smol_str::{SmolStr, format_smolstr};

/// Whether a statement may be applied at all: that something is not affected takes a reason (CISA,
/// "Minimum Requirements for VEX", 3.2.2).
pub(super) fn holds(statement: &VexStatementFact) -> bool {
    statement.status != VexStatus::NotAffected
        || statement.justification.is_some()
        || statement.impact.as_deref().is_some_and(|impact| !impact.trim().is_empty())
}

/// A package that a statement speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Package {
    /// Type, namespace and name, by which packages are looked up.
    pub(super) key: SmolStr,
    version: Option<SmolStr>,
    qualifiers: Vec<(SmolStr, SmolStr)>,
    subpath: Option<SmolStr>,
}

impl Package {
    pub(super) fn parse(purl: &str) -> Option<Self> {
        let subpath = purl.split_once('#').map(|(_, subpath)| subpath.trim().trim_matches('/'));
        let subpath = subpath.filter(|subpath| !subpath.is_empty()).map(SmolStr::new);
        let purl = Purl::parse(purl)?;
        let mut qualifiers = Vec::new();
        for (name, value) in purl.qualifiers() {
            qualifiers.push((name.to_ascii_lowercase().into(), value?.into()));
        }
        Some(Self {
            key: format_smolstr!("{}/{}/{}", purl.kind, purl.namespace, purl.name),
            version: purl.version.map(SmolStr::from),
            qualifiers,
            subpath,
        })
    }

    /// The package and its version, by which statements are looked up.
    pub(super) fn at(&self) -> (&str, Option<&str>) {
        (&self.key, self.version.as_deref())
    }

    /// Whether this, of a statement, speaks of that, of a finding.
    pub(super) fn speaks_of(&self, found: &Self) -> bool {
        self.key == found.key
            && (self.version.is_none() || self.version == found.version)
            && (self.subpath.is_none() || self.subpath == found.subpath)
            && self.qualifiers.iter().all(|qualifier| found.qualifiers.contains(qualifier))
    }
}

/// What one product comes to.
#[derive(Clone, Debug)]
pub(super) enum Product {
    /// Something with a digest, or those packages in it.
    Artifact {
        /// Its digests, by which it is the artifact whatever it is called.
        digests: Vec<SmolStr>,
        /// Those that only hold for an image of that name.
        images: Vec<Image>,
        /// The packages in it; `None` where it is all of it.
        packages: Option<Vec<Package>>,
    },
    /// A package, wherever it is.
    Package(Package),
}

/// An image as an `oci` purl names it.
#[derive(Clone, Debug)]
pub(super) struct Image {
    digest: SmolStr,
    name: SmolStr,
    repository: Option<SmolStr>,
}

impl Image {
    fn parse(purl: &str) -> Option<Self> {
        let purl = Purl::parse(purl)?;
        if purl.kind != "oci" && purl.kind != "docker" {
            return None;
        }
        let version = purl.version.as_deref()?;
        version.parse::<referee_core::Digest>().ok()?;
        let repository = match purl.qualifiers().find(|(name, _)| *name == "repository_url") {
            Some((_, value)) => Some(value?.into()),
            None => None,
        };
        Some(Self { digest: version.into(), name: SmolStr::from(purl.name), repository })
    }

    /// Whether it is the image with such a digest in that repository; of an unknown repository only
    /// the digest is compared.
    pub(super) fn is(&self, digests: &[&str], repository: Option<&str>) -> bool {
        if !digests.contains(&self.digest.as_str()) {
            return false;
        }
        let Some(repository) = repository.map(plain) else { return true };
        let last = repository.rsplit('/').next().unwrap_or_default();
        let named = last.eq_ignore_ascii_case(&self.name);
        let of = |url: &str| {
            let url = plain(url);
            let rest = repository.strip_prefix(&*url);
            rest.is_some_and(|rest| rest.is_empty() || rest == format!("/{last}"))
        };
        named && self.repository.as_deref().is_none_or(of)
    }
}

/// A repository's name without what it may be written with: a scheme, Docker Hub's other names.
fn plain(repository: &str) -> String {
    let name = repository.split_once("://").map_or(repository, |(_, name)| name);
    let name = name.trim_end_matches('/').to_ascii_lowercase();
    match name.strip_prefix("index.docker.io").or(name.strip_prefix("registry-1.docker.io")) {
        Some(rest) => format!("docker.io{rest}"),
        None => name,
    }
}

/// What a product of a statement comes to; empty where it names nothing that can be found.
pub(super) fn products(product: &VexProductFact) -> Vec<Product> {
    let mut found = Vec::new();
    let images: Vec<Image> = product.purls.iter().filter_map(|purl| Image::parse(purl)).collect();
    if !product.digests.is_empty() || !images.is_empty() {
        let whole = product.components.is_empty();
        let packages = || product.components.iter().filter_map(|part| Package::parse(part));
        found.push(Product::Artifact {
            digests: product.digests.clone(),
            images,
            packages: (!whole).then(|| packages().collect()),
        });
    }
    if product.components.is_empty() {
        let packages = product.purls.iter().filter_map(|purl| Package::parse(purl));
        let packages = packages.filter(|package| !package.key.starts_with("oci/"));
        found.extend(packages.map(Product::Package));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    #[test]
    fn an_image_s_purl_needs_the_digest_the_name_and_the_repository_that_it_names() {
        let image = |rest: &str| Image::parse(&format!("pkg:oci/{rest}"));
        let at = |rest: &str, repository| image(rest).unwrap().is(&[DIGEST], repository);
        let app = format!("app@{}", DIGEST.replace(':', "%3A"));
        assert!(at(&app, Some("ghcr.io/org/app")));
        assert!(at(&app, None));
        assert!(!at(&app, Some("ghcr.io/org/other")));
        let url = |url: &str| format!("{app}?repository_url={url}");
        assert!(at(&url("ghcr.io/org/app"), Some("ghcr.io/org/app")));
        assert!(at(&url("ghcr.io%2Forg"), Some("ghcr.io/org/app")));
        assert!(at(&url("https://index.docker.io/library/app/"), Some("docker.io/library/app")));
        assert!(!at(&url("ghcr.io/evil/app"), Some("ghcr.io/org/app")));
        assert!(!at(&url("ghcr.io/or"), Some("ghcr.io/org/app")));
        assert!(image("app").is_none());
        assert!(image("app@1.0").is_none());
        let other = DIGEST.replace("aa", "bb");
        assert!(!image(&format!("app@{other}")).unwrap().is(&[DIGEST], None));
    }

    #[test]
    fn a_statement_s_purl_speaks_of_what_it_does_not_exclude() {
        let speaks = |statement: &str, found: &str| {
            Package::parse(statement).unwrap().speaks_of(&Package::parse(found).unwrap())
        };
        assert!(speaks("pkg:deb/debian/bash", "pkg:deb/debian/bash@5.1?arch=amd64"));
        assert!(speaks("pkg:deb/debian/bash@5.1", "pkg:deb/debian/bash@5.1?arch=amd64"));
        assert!(!speaks("pkg:deb/debian/bash@5.1", "pkg:deb/debian/bash"));
        assert!(!speaks("pkg:deb/debian/bash@5.1", "pkg:deb/debian/bash@5.2"));
        assert!(!speaks(
            "pkg:deb/debian/bash?distro=debian-12",
            "pkg:deb/debian/bash?distro=debian-11"
        ));
        assert!(!speaks("pkg:deb/debian/bash", "pkg:deb/ubuntu/bash"));
        assert!(!speaks("pkg:golang/x/y@v1#api", "pkg:golang/x/y@v1"));
        assert!(!speaks("pkg:golang/x/y@v1#api", "pkg:golang/x/y@v1#cmd"));
        assert!(speaks("pkg:golang/x/y@v1#api/", "pkg:golang/x/y@v1#api"));
        assert!(speaks("pkg:golang/x/y@v1", "pkg:golang/x/y@v1#api"));
    }
}
