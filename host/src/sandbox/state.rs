//! What one version of a strategy hands over to the next, through the buffer of commands.

use ringfence_core::wire::COMMAND_LEN;

use super::{Card, Fault, Sandbox};
use crate::runtime::Call;

impl Sandbox {
    /// The state that the guest hands over to a later version of itself; `None` where it hands
    /// over none.
    ///
    /// # Errors
    ///
    /// [`Fault`]: the sandbox is spent.
    pub fn export_state(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        self.check_sound()?;
        let (ptr, cap) = self.state_buffer();
        let call = Call::Export { ptr, cap };
        if !self.instance.exports(call) {
            return Ok(None);
        }
        let answer = self.state_call(call)?;
        let Ok(returned) = u32::try_from(answer) else {
            return Err(self.spend(Fault::GuestError { code: answer }));
        };
        if returned > cap {
            return Err(self.spend(Fault::BadState { returned, cap }));
        }
        let from = ptr as usize;
        Ok(Some(self.instance.memory()[from..from + returned as usize].to_vec()))
    }

    /// Lets the guest take over the state of another version; false where it takes over none. As with
    /// `rf_init`, whatever it answers but 0 is a no.
    ///
    /// # Errors
    ///
    /// [`Fault`]: it does not want this state, and the sandbox is spent.
    pub fn import_state(&mut self, state: &[u8], from_version: u32) -> Result<bool, Fault> {
        self.check_sound()?;
        let (ptr, cap) = self.state_buffer();
        let len = u32::try_from(state.len()).unwrap_or(u32::MAX);
        let call = Call::Import { ptr, len, from_version };
        if !self.instance.exports(call) {
            return Ok(false);
        }
        if len > cap {
            return Err(self.spend(Fault::BadState { returned: len, cap }));
        }
        let from = ptr as usize;
        self.instance.memory_mut()[from..from + state.len()].copy_from_slice(state);
        match self.state_call(call)? {
            0 => Ok(true),
            code => Err(self.spend(Fault::GuestError { code })),
        }
    }

    /// The version of the state that it hands over, as its manifest says.
    #[must_use]
    pub fn state_version(&self) -> u32 {
        let card = self.manifest().and_then(|it| Card::read(it.as_bytes()).ok());
        card.and_then(|card| card.state_version).unwrap_or(0)
    }

    /// The buffer of commands, which nobody uses between two calls: 8 KiB in guests of the SDK.
    fn state_buffer(&self) -> (u32, u32) {
        let cap = u64::from(self.io.commands_cap) * COMMAND_LEN as u64;
        (self.io.commands_off, u32::try_from(cap).unwrap_or(u32::MAX))
    }

    /// On the budget of a call with events: the market waits meanwhile. What it asks for is forgotten.
    fn state_call(&mut self, call: Call) -> Result<i32, Fault> {
        let answer = self.call(call, self.config.gas_per_call);
        self.instance.imports_mut().clear_submitted();
        answer
    }
}
