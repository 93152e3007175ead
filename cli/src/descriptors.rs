//! How many files and sockets the process may have open, and how many connections that leaves.
//!
//! A shell or a service manager gives a process few of them (1,024 at first) and lets it ask for
//! more. A server that runs out of them could take no connection, and could not write its own files
//! either.

/// What a server needs besides connections: files of bundles and of the decision log, connections
/// to registries, services and collectors.
const OTHERS: u64 = 256;

/// The fewest connections that are worth serving.
const LEAST: u32 = 16;

/// Asks for as many open files as so many connections need. How many connections there may be; less
/// than were asked for where the system does not allow as many files.
pub(crate) fn connections(wanted: u32) -> u32 {
    let needed = u64::from(wanted).saturating_add(OTHERS);
    match allowed(needed) {
        Some(allowed) if allowed < needed => {
            let room = allowed.saturating_sub(OTHERS).max(allowed / 2);
            let room = u32::try_from(room).unwrap_or(wanted).clamp(LEAST, wanted.max(LEAST));
            tracing::warn!(
                open_files = allowed,
                needed,
                max_connections = room,
                "the system allows fewer open files than server.max_connections needs: there will \
                 be fewer connections"
            );
            room
        }
        _ => wanted,
    }
}

/// How many files may be open, once as many as are needed were asked for; `None` for any number.
#[cfg(unix)]
fn allowed(needed: u64) -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let current = limit.current?;
    if current >= needed {
        return Some(current);
    }
    let asked = limit.maximum.map_or(needed, |most| most.min(needed));
    let raised = Rlimit { current: Some(asked), maximum: limit.maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => Some(asked),
        Err(error) => {
            tracing::debug!(%error, "no more open files are allowed");
            Some(current)
        }
    }
}

#[cfg(not(unix))]
fn allowed(_: u64) -> Option<u64> {
    None
}
