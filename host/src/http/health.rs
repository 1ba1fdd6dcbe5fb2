//! Whether a venue is there for its clients, as its own thread says.

use std::sync::Mutex;

/// What a venue is at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// It recovers.
    #[default]
    Recovering,
    /// It takes commands.
    Ready,
    /// It takes no more, and ends.
    ShuttingDown,
    /// Its journal has failed: it takes nothing until it is started again.
    Failed(String),
}

/// The state of a venue, for all threads.
#[derive(Debug, Default)]
pub struct Health {
    state: Mutex<State>,
}

impl Health {
    /// Says what the venue is at.
    pub fn set(&self, state: State) {
        *self.lock() = state;
    }

    /// What it is at.
    #[must_use]
    pub fn state(&self) -> State {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // A state is set whole or not at all.
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
