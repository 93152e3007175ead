//! Evidence about a file: its digests, the bundles, the trust documents, the time.
//!
//! The file itself may be large, so its bytes are kept only where the facts need them: where a
//! signature is over something else than its SHA-256, other facts come out without them.

use super::{Opened, context, engine, engine_over, root_of};
use crate::args::QuestionArgs;
use crate::config::Config;
use crate::console::Console;
use crate::error::CliError;
use crate::roots;
use crate::setup::{self, Reach};
use referee_core::Digest;
use referee_engine::{Engine, FileRequest, Gathered};
use referee_store::{EvidenceError, EvidenceFile, Recorder, read_trust, trust_of};
use referee_verify::protocol::tlog::Digests;
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl Opened<'_> {
    /// The engine over the evidence, and the question about a file that it answers.
    ///
    /// # Errors
    /// Where it is about no file, or the trust documents cannot be used.
    pub(crate) async fn file_engine(
        &self,
        question: &QuestionArgs,
        trust: &[PathBuf],
        config: &Config,
        console: &mut Console,
    ) -> Result<(Engine, FileRequest), CliError> {
        let context = self.replay.context();
        let none = || self.about_other("an artifact", "referee verify");
        let file = context.file.as_ref().ok_or_else(none)?;
        let request = filled(question.replayed_file(context, config)?, file);
        let trust = self.trust(trust, config, console).await?;
        let engine = engine(self.replay.clone(), &context.limits, config, trust)?;
        Ok((engine, request))
    }

    /// Whether a file is the one that was asked about then.
    ///
    /// # Errors
    /// [`CliError::EvidenceOfOtherFile`] where it is another.
    pub(crate) fn is_of(&self, given: &FileRequest) -> Result<(), CliError> {
        let file = self.replay.context().file.as_ref();
        match file.map(|file| Digest::from_sha256(&file.sha256)) {
            Some(expected) if expected != given.digest => Err(CliError::EvidenceOfOtherFile {
                path: self.path.to_owned(),
                file: given.name.clone(),
                expected,
                found: given.digest.clone(),
            }),
            _ => Ok(()),
        }
    }
}

/// Evidence about a file that is to be saved.
pub(crate) struct SavingFile<'a> {
    /// Where to.
    pub(crate) path: &'a Path,
    /// Which places may be asked for trusted roots.
    pub(crate) reach: Reach,
    /// The configuration.
    pub(crate) config: &'a Config,
}

impl SavingFile<'_> {
    /// Establishes the facts and saves the evidence; the engine, the question with its time, and
    /// the digest of the evidence. It is written only if the same facts come out of it.
    ///
    /// # Errors
    /// Where there are no facts, or the evidence cannot be saved.
    pub(crate) async fn save(
        &self,
        mut request: FileRequest,
        console: &mut Console,
    ) -> Result<(Engine, FileRequest, Digest), CliError> {
        let config = self.config;
        let texts = read_trust(&config.trust, &config.limits)?;
        let trust = roots::renewed(trust_of(&texts)?, config, self.reach, console).await?.trust;
        let roots = trust.sigstore().iter().filter_map(root_of).collect();
        let recorder = Recorder::new(setup::store(config, Reach::Offline)?);
        let engine = setup::engine_over(Arc::new(recorder.clone()), config, trust)?;
        let gathered = engine.gather_file(&request).await?;
        let mut context = context(&gathered, request.judged_as.as_ref(), &config.limits);
        (context.trust, context.roots) = (texts, roots);
        request.now = Some(context.time);
        let fault = |error| CliError::EvidenceNotSaved(Box::new(error));
        let mut replayed = None;
        // Without the bytes first: most signatures are over digests.
        for bytes in [None, request.bytes.clone()] {
            context.file = Some(EvidenceFile { bytes, ..kept(&request) });
            let evidence = recorder.evidence(&context).map_err(fault)?;
            let replay = evidence.replay().map_err(fault)?;
            let file = replay.context().file.as_ref();
            let asked = file.map_or_else(|| request.clone(), |file| filled(request.clone(), file));
            let again: Gathered = engine_over(&replay, config)?.gather_file(&asked).await?;
            if again.digest() == gathered.digest() {
                evidence.write(self.path).map_err(fault)?;
                return Ok((engine, request, evidence.digest().clone()));
            }
            replayed = Some(again.digest().clone());
        }
        let recorded = gathered.digest().clone();
        let replayed = replayed.unwrap_or_else(|| recorded.clone());
        Err(fault(EvidenceError::NotReproduced { recorded, replayed }))
    }
}

/// What is kept of a file in any case.
fn kept(request: &FileRequest) -> EvidenceFile {
    EvidenceFile {
        sha256: request.digests.sha256.unwrap_or_default(),
        size: request.size,
        bytes: None,
        bundles: request.bundles.clone(),
    }
}

/// The question with the file of the evidence.
fn filled(mut request: FileRequest, file: &EvidenceFile) -> FileRequest {
    let EvidenceFile { sha256, size, bytes, bundles } = file.clone();
    request.digest = Digest::from_sha256(&sha256);
    request.digests = match &bytes {
        Some(bytes) => Digests::of(bytes),
        None => Digests { sha256: Some(sha256), ..Digests::default() },
    };
    (request.size, request.bytes, request.bundles) = (size, bytes, bundles);
    request
}
