//! Another version takes the strategy's place, as a host does it while the market runs.

use std::vec;

use super::Market;
use crate::abi::COMMANDS_CAP;
use crate::params::ParamError;
use crate::session::Session;
use crate::state::StateError;
use crate::strategy::Strategy;
use ringfence_core::wire::COMMAND_LEN;

impl<S: Strategy> Market<S> {
    /// Puts a new version, with these parameters, in the strategy's place; its books and what
    /// [`Strategy::on_export`] writes are handed over. Its orders stay.
    ///
    /// # Errors
    ///
    /// [`SwapError`] where a host would leave the old version where it is.
    pub fn swap<T: Strategy>(self, params: &str) -> Result<Market<T>, SwapError> {
        let mut old = self;
        let mut buffer = vec![0; COMMANDS_CAP * COMMAND_LEN];
        let len = old.session.export(&mut buffer)?;
        let mut session = Session::<T>::open(params)?;
        session.import(&buffer[..len], S::STATE_VERSION)?;
        old.session.stop();
        let Self { engine, instrument, now, timer_due, next_id, .. } = old;
        let Self { commands, sides, holdings, .. } = old;
        let Self { fills, rejections, cancellations, commands_seen, .. } = old;
        Ok(Market {
            engine,
            session,
            instrument,
            now,
            timer_due,
            next_id,
            commands,
            sides,
            holdings,
            fills,
            rejections,
            cancellations,
            commands_seen,
        })
    }
}

/// Why a new version does not take the strategy's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SwapError {
    /// Its parameters are wrong.
    Params(ParamError),
    /// The state is not handed over.
    State(StateError),
}

impl From<ParamError> for SwapError {
    fn from(wrong: ParamError) -> Self {
        Self::Params(wrong)
    }
}

impl From<StateError> for SwapError {
    fn from(wrong: StateError) -> Self {
        Self::State(wrong)
    }
}
