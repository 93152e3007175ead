//! The command as its users meet it: the built binary, its streams and its exit codes.

#[cfg(test)]
mod artifacts;
#[cfg(test)]
mod blobs;
#[cfg(test)]
mod bundles;
#[cfg(test)]
#[path = "../ratify/cases.rs"]
mod cases;
#[cfg(test)]
mod checking;
#[cfg(test)]
mod configuration;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod copy;
#[cfg(test)]
mod documentation;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod evaluation;
#[cfg(test)]
mod evidence;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod keyless;
#[cfg(test)]
mod network;
#[cfg(test)]
mod outputs;
#[cfg(test)]
mod packs;
#[cfg(test)]
mod processes;
#[cfg(test)]
mod ratify;
#[cfg(test)]
mod ratify_reports;
#[cfg(test)]
mod roots;
#[cfg(test)]
#[cfg(unix)]
#[path = "../peers/serving.rs"]
mod serving;
#[cfg(test)]
mod shipping;
#[cfg(test)]
mod support;
#[cfg(test)]
mod testing;
#[cfg(test)]
#[path = "../peers/web.rs"]
mod web;
