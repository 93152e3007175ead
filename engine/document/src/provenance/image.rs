//! Container images among the materials: package URLs of type `docker` and `oci`
//! (purl-spec `docker-definition`, `oci-definition`, BuildKit's `util/purl/image.go`), references
//! behind a scheme (`docker-image://`, `oci://` of Tekton) and bare ones (Google Cloud Build, Tekton).
//!
//! What cannot be read as a reference is told and stands under what is written, so that no image is
//! missing from a list that a policy goes through.

use crate::problems::Problems;
use crate::purl::after_scheme;
use crate::text::percent_decoded as decode;
use crate::text::shorten;
use referee_core::Reference;
use referee_core::facts::{ImageFact, MaterialFact};
use smol_str::{SmolStr, format_smolstr};

/// Schemes before a reference.
const SCHEMES: &[&str] =
    &["docker-image://", "docker-pullable://", "docker://", "oci://", "docker-image+blob://"];

/// The image that a material is.
pub(super) fn of(
    material: &MaterialFact,
    position: Option<u32>,
    problems: &mut Problems,
) -> Option<ImageFact> {
    let uri = material.uri.as_deref()?;
    let read = if let Some(rest) = after_scheme(uri) {
        package(rest)?
    } else if let Some(reference) = SCHEMES.iter().find_map(|scheme| uri.strip_prefix(scheme)) {
        parse(reference)
    } else if is_bare(uri, material) {
        parse(uri)
    } else {
        return None;
    };
    let mut image = read.unwrap_or_else(|| {
        problems.add("document_image", || {
            format!("{:?} names an image that is no reference", shorten(uri, 80))
        });
        ImageFact { repository: shorten(uri, 300), tag: None, digest: None, material: None }
    });
    image.material = position;
    let resolved = material.digest.get("sha256").map(|hex| format_smolstr!("sha256:{hex}"));
    image.digest = match (image.digest, resolved) {
        (Some(written), Some(resolved)) if written != resolved => {
            problems.add("document_image", || {
                format!("{:?} names another digest than it has", shorten(uri, 80))
            });
            None
        }
        (written, resolved) => written.or(resolved),
    };
    Some(image)
}

/// Whether a text without a scheme is a reference: it has to name a digest, or a registry and to have
/// been resolved to one.
fn is_bare(uri: &str, material: &MaterialFact) -> bool {
    if uri.contains("://") {
        return false;
    }
    let names_registry = |host: &str| host.contains(['.', ':']) || host == "localhost";
    let (registry, _) = uri.split_once('/').unwrap_or_default();
    let resolved = ["sha256", "sha512"].iter().any(|name| material.digest.contains_key(*name));
    ["@sha256:", "@sha512:"].iter().any(|digest| uri.contains(digest))
        || (resolved && names_registry(registry) && !registry.contains('@'))
}

/// A reference. `None` in place of an image is one that cannot be read.
fn parse(text: &str) -> Option<ImageFact> {
    let reference: Reference = text.parse().ok()?;
    Some(ImageFact {
        repository: reference.repository().to_string(),
        tag: reference.tag().map(SmolStr::from),
        digest: reference.digest().map(|digest| digest.as_str().into()),
        material: None,
    })
}

/// What stands in a package URL behind its scheme. `None` where it is of another type, `Some(None)` where
/// it cannot be read.
#[expect(clippy::option_option, reason = "no image, and an image that cannot be read")]
fn package(text: &str) -> Option<Option<ImageFact>> {
    let (kind, rest) = text.split_once('/')?;
    let local = match kind.to_ascii_lowercase().as_str() {
        "docker" => false,
        "oci" => true,
        _ => return None,
    };
    let (rest, _) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
    // BuildKit's names may hold a port, so that only the last `@` parts the version.
    let (name, version) = rest.rsplit_once('@').unwrap_or((rest, ""));
    Some(decode(name).zip(decode(version)).and_then(|(name, version)| {
        let qualifier = |wanted: &str| {
            let mut pairs = qualifiers.split('&').filter_map(|pair| pair.split_once('='));
            let value = pairs.find(|(name, _)| name.eq_ignore_ascii_case(wanted))?.1;
            decode(value).filter(|value| !value.is_empty())
        };
        let at_registry = qualifier("repository_url");
        let place = match (&at_registry, local) {
            // The whole repository, with its name (purl-spec's examples of `oci`).
            (Some(url), true) => without_scheme(url).to_owned(),
            (Some(url), false) => format!("{}/{name}", without_scheme(url)),
            (None, _) => name.trim_matches('/').to_owned(),
        };
        let digest = version.contains(':').then(|| version.clone()).or_else(|| qualifier("digest"));
        let tag = (!version.contains(':') && !version.is_empty())
            .then(|| version.clone())
            .or_else(|| qualifier("tag"));
        let tag_part = tag.as_deref().map(|tag| format!(":{tag}")).unwrap_or_default();
        let digest_part = digest.as_deref().map(|digest| format!("@{digest}")).unwrap_or_default();
        let mut image = parse(&format!("{place}{tag_part}{digest_part}"))?;
        if tag.is_none() {
            // A package URL without a version says nothing of `latest`.
            image.tag = None;
        }
        if local && at_registry.is_none() {
            // BuildKit's images of OCI layouts are in no registry, whatever they are called.
            image.repository = format!("pkg:oci/{}", shorten(&place, 300));
        }
        Some(image)
    }))
}

fn without_scheme(url: &str) -> &str {
    let url = url.split_once("://").map_or(url, |(_, rest)| rest);
    url.trim_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "8914eb54f968791faf6a8638949e480fef81e697984fba772b3976835194c6d4";

    fn material(uri: &str) -> MaterialFact {
        let digest = [("sha256".into(), HEX.into())].into_iter().collect();
        MaterialFact { uri: Some(uri.to_owned()), name: None, digest }
    }

    fn image(uri: &str) -> Option<(String, Option<SmolStr>, Option<SmolStr>)> {
        let mut problems = Problems::new(0);
        let image = of(&material(uri), Some(0), &mut problems)?;
        assert!(problems.finish().is_empty(), "{uri}");
        Some((image.repository, image.tag, image.digest))
    }

    fn expect(uri: &str, repository: &str, tag: Option<&str>) {
        let digest = Some(SmolStr::from(format!("sha256:{HEX}")));
        let wanted = (repository.to_owned(), tag.map(SmolStr::from), digest);
        assert_eq!(image(uri), Some(wanted), "{uri}");
    }

    #[test]
    fn images_are_named_in_full_however_they_are_written() {
        let alpine = "docker.io/library/alpine";
        expect("pkg:docker/alpine@3.17?platform=linux%2Famd64", alpine, Some("3.17"));
        expect(
            &format!("pkg:docker/alpine?digest=sha256:{HEX}&platform=linux%2Farm"),
            alpine,
            None,
        );
        expect(&format!("pkg:docker/alpine@3.17?digest=sha256%3A{HEX}"), alpine, Some("3.17"));
        expect("pkg:docker/docker/dockerfile@1", "docker.io/docker/dockerfile", Some("1"));
        expect("pkg:docker/ghcr.io/org/app@v1", "ghcr.io/org/app", Some("v1"));
        expect("pkg:docker/localhost%3A5000/app@v1", "localhost:5000/app", Some("v1"));
        expect("pkg:docker/org/app@v1?repository_url=gcr.io", "gcr.io/org/app", Some("v1"));
        let oci =
            format!("pkg:oci/debian@sha256%3A{HEX}?repository_url=docker.io/library/debian&tag=12");
        expect(&oci, "docker.io/library/debian", Some("12"));
        expect(
            &format!("docker-image://docker.io/library/alpine:3@sha256:{HEX}"),
            alpine,
            Some("3"),
        );
        expect("oci://gcr.io/org/task", "gcr.io/org/task", Some("latest"));
        expect(
            &format!("gcr.io/cloud-builders/docker@sha256:{HEX}"),
            "gcr.io/cloud-builders/docker",
            None,
        );
        expect(&format!("bash@sha256:{HEX}"), "docker.io/library/bash", None);
    }

    #[test]
    fn an_image_of_a_layout_is_in_no_registry_whatever_it_is_called() {
        expect("pkg:oci/alpine@3?platform=linux%2Famd64", "pkg:oci/alpine", Some("3"));
        expect("pkg:oci/docker.io/library/alpine@3", "pkg:oci/docker.io/library/alpine", Some("3"));
    }

    #[test]
    fn an_image_whose_digest_stands_in_its_address_alone_is_one() {
        let uri = format!("evil.example/base@sha256:{HEX}");
        let unresolved = MaterialFact { digest: Default::default(), ..material(&uri) };
        let mut problems = Problems::new(9);
        let image = of(&unresolved, Some(0), &mut problems).unwrap();
        assert_eq!(image.repository, "evil.example/base");
        assert_eq!(image.digest, Some(SmolStr::from(format!("sha256:{HEX}"))));
        let long = [("sha512".into(), HEX.repeat(2).into())].into_iter().collect();
        let image = of(
            &MaterialFact { digest: long, ..material("evil.example/base:1") },
            Some(0),
            &mut problems,
        );
        assert_eq!(image.unwrap().digest, None);
        assert!(problems.finish().is_empty());
    }

    #[test]
    fn what_is_no_image_is_none() {
        assert_eq!(image("pkg:npm/left-pad@1"), None);
        assert_eq!(image("https://github.com/org/repo.git"), None);
        assert_eq!(image("git@github.com:org/repo"), None);
        assert_eq!(image("git+https://gcr.io/x@sha256:00"), None);
    }

    #[test]
    fn an_image_that_cannot_be_read_is_told_and_stands_under_what_is_written() {
        for uri in ["pkg:docker/UPPER@1", "pkg:docker/a%zz@1", "oci://", "pkg:docker/%FF"] {
            let mut problems = Problems::new(9);
            let image = of(&material(uri), Some(7), &mut problems).unwrap();
            assert_eq!((image.repository.as_str(), image.material), (uri, Some(7)));
            assert_eq!(problems.finish()[0].code, "document_image", "{uri}");
        }
    }

    #[test]
    fn two_digests_of_one_image_are_none() {
        let uri = format!("pkg:docker/alpine?digest=sha256:{}", HEX.replace('8', "7"));
        let mut problems = Problems::new(9);
        let image = of(&material(&uri), Some(0), &mut problems).unwrap();
        assert_eq!((image.digest, problems.finish()[0].code.as_str()), (None, "document_image"));
    }
}
