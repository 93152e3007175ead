//! Any bytes as a provenance or a summary: nothing panics, what is read is within its limits, and is
//! the same when it is read again.

use referee_document::provenance::{
    PROVENANCE_V0_1, PROVENANCE_V0_2, PROVENANCE_V1, SUMMARY_V0_2, SUMMARY_V1,
};
use referee_document::{Limits, provenance};

/// Limits that small inputs reach.
const SMALL: Limits = Limits { max_materials: 3, max_problems: 2, ..Limits::DEFAULT };

pub(crate) fn any(bytes: &[u8]) {
    for kind in [PROVENANCE_V0_1, PROVENANCE_V0_2, PROVENANCE_V1] {
        let Ok(read) = provenance::read(kind, bytes, &SMALL) else { continue };
        assert!(read.materials.len() <= SMALL.max_materials);
        assert!(u64::try_from(read.materials.len()).unwrap_or(u64::MAX) <= read.material_count);
        // One more for how many are not told, and one for the materials that are left out.
        assert!(read.problems.len() <= SMALL.max_problems + 2);
        assert!(read.problems.iter().all(|problem| problem.code.starts_with("document_")));
        assert!(read.source.as_ref().is_none_or(|source| source.digest.is_some()));
        for image in &read.images {
            let material = image.material.and_then(|at| usize::try_from(at).ok());
            assert!(material.is_none_or(|at| at < read.materials.len()));
        }
        let written = serde_json::to_string(&read).expect("facts are JSON");
        let again = serde_json::from_str(&written).expect("facts are read as they are written");
        assert_eq!(read, again);
    }
    for kind in [SUMMARY_V0_2, SUMMARY_V1] {
        let Ok(read) = provenance::summary(kind, bytes, &SMALL) else { continue };
        let failed = read.levels.iter().any(|level| level == "FAILED");
        assert!(read.passed != Some(true) || !failed);
        assert!(read.input_attestations.len() <= SMALL.max_materials);
    }
}
