//! How many files and sockets this process may have open at once.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::{Config, Within};
use crate::error::RunError;
use crate::{feed, http};

/// What a venue has open besides connections, and some to spare: its journal, snapshots, images, and
/// modules with what compiles them.
const OTHERS: u64 = 48;

/// Has the gateway let in no more connections than the system has descriptors for, so that the journal
/// finds one when it begins a segment. Where those are fewer than the file says, returns what to do
/// about it.
///
/// # Errors
///
/// [`RunError::Usage`] where there is none left for a connection.
pub(crate) fn keep_within(config: &mut Config) -> Result<Option<String>, RunError> {
    let mut others = OTHERS;
    if config.feed.is_some() {
        others += feed::Settings::default().subscribers_max as u64;
    }
    if config.http.is_some() {
        others += http::Settings::default().connections_max as u64;
    }
    let wanted = config.gateway.connections_max.get();
    let limit = raise_to(wanted + others);
    let room = wanted.min(limit.saturating_sub(others));
    let advice = format!(
        "this process may have {limit} files and sockets open, of which the gateway's connections \
         have {room}, and gateway.connections_max is {wanted}; raise the limit to {} (ulimit -n, or \
         LimitNOFILE of a service), or lower connections_max",
        wanted + others
    );
    match room {
        0 => Err(RunError::Usage(advice)),
        room if room == wanted => Ok(None),
        room => {
            config.gateway.connections_max = Within::new(room);
            Ok(Some(advice))
        }
    }
}

/// Raises the limit of this process to `needed`, as far as it may; returns what it is then.
fn raise_to(needed: u64) -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let limit = current.unwrap_or(u64::MAX);
    if limit >= needed {
        return limit;
    }
    let raised = maximum.map_or(needed, |maximum| maximum.min(needed));
    match setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum }) {
        Ok(()) => raised,
        Err(_) => limit,
    }
}
