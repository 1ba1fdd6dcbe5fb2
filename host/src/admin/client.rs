//! The other side of the admin door.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::{ANSWER_LEN_MAX, Request};

/// Why nothing was answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// Nobody is there.
    #[error(
        "no venue answers at {path}: {source}; is it running, and does its configuration say [admin] \
         socket = …?"
    )]
    Nobody {
        /// Where.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The connection broke off.
    #[error(
        "the venue at {path} broke off: {source}; `ringfence strategy list` shows whether it was done"
    )]
    Broken {
        /// Where.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The answer is none.
    #[error("what answers at {path} is no venue: {problem}")]
    Nonsense {
        /// Where.
        path: String,
        /// What is wrong.
        problem: String,
    },
    /// The venue says no.
    #[error("{problem}")]
    Refused {
        /// Why.
        problem: String,
        /// Whether what was handed in was looked at and turned down, and not the request.
        is_verdict: bool,
    },
}

/// A module may be large, and the venue busy.
const PATIENCE: Duration = Duration::from_secs(120);

/// Asks the venue whose admin socket is `path`.
///
/// # Errors
///
/// [`ClientError`] where it does not do it, or says nothing.
pub fn ask(path: &Path, request: &Request) -> Result<Value, ClientError> {
    let name = || path.display().to_string();
    let broken = |source| ClientError::Broken { path: name(), source };
    let mut socket =
        UnixStream::connect(path).map_err(|source| ClientError::Nobody { path: name(), source })?;
    socket.set_read_timeout(Some(PATIENCE)).map_err(broken)?;
    socket.write_all(format!("{}\n", request.to_line()).as_bytes()).map_err(broken)?;
    let mut answer = Vec::new();
    socket.take(ANSWER_LEN_MAX as u64).read_to_end(&mut answer).map_err(broken)?;
    if answer.is_empty() {
        return Err(broken(io::ErrorKind::UnexpectedEof.into()));
    }
    let answer: Value = serde_json::from_slice(&answer)
        .map_err(|error| ClientError::Nonsense { path: name(), problem: error.to_string() })?;
    if answer["ok"] == true {
        return Ok(answer);
    }
    match answer["error"].as_str() {
        Some(problem) => {
            let is_verdict = answer["verdict"] == true;
            Err(ClientError::Refused { problem: problem.to_owned(), is_verdict })
        }
        None => {
            let problem = "it says neither ok nor error".to_owned();
            Err(ClientError::Nonsense { path: name(), problem })
        }
    }
}
