//! Calls into the guest: on which gas, and what it means when one fails.

use std::time::Instant;

use ringfence_core::Time;

use super::{Fault, Sandbox};
use crate::runtime::{Call, Returned, Trap};

impl Sandbox {
    #[inline]
    pub(super) fn timed_call(&mut self, call: Call) -> Result<i32, Fault> {
        let begun = self.stats.wants_time().then(Instant::now);
        let answer = self.budgeted_call(call)?;
        if let Some(begun) = begun {
            self.stats.time(begun.elapsed());
        }
        Ok(answer)
    }

    /// A call on what a call may use, or on what the present second has left.
    #[inline]
    pub(super) fn budgeted_call(&mut self, call: Call) -> Result<i32, Fault> {
        let per_call = self.config.gas_per_call;
        let slice = self.second.offer(self.at_ns, per_call);
        let before = self.stats.gas;
        let called = self.call(call, slice);
        self.second.spend(self.stats.gas - before);
        match called {
            Ok(answer) => Ok(answer),
            Err(Fault::OutOfGas { .. }) if slice < per_call => {
                Err(self.spend(Fault::OutOfGasForSecond { limit: self.config.gas_per_second }))
            }
            Err(fault) => Err(fault),
        }
    }

    #[inline]
    pub(super) fn set_time(&mut self, at: Time) {
        self.at_ns = at.0;
        self.instance.imports_mut().set_time(at.0);
    }

    /// Calls the guest on a slice of `gas`, all of which a failed call costs.
    #[inline]
    pub(super) fn call(&mut self, call: Call, gas: u64) -> Result<i32, Fault> {
        let slice = i64::try_from(gas).unwrap_or(i64::MAX);
        let takes_commands = matches!(call, Call::OnEvents { .. } | Call::Timer { .. });
        self.instance.imports_mut().take_commands(takes_commands);
        let returned = self.instance.call(call, slice);
        self.stats.calls += 1;
        match returned {
            Ok(Returned { answer, gas: left }) if left >= 0 => {
                self.stats.gas += slice.abs_diff(left);
                Ok(answer)
            }
            // The last block of a call is charged before it runs and checked only here.
            Ok(_) => Err(self.fail(gas, None)),
            Err(trap) => Err(self.fail(gas, Some(trap))),
        }
    }

    /// The fault behind a failed call. What the fence says comes before what the engine says,
    /// because only the fence says the same on every engine.
    #[cold]
    fn fail(&mut self, gas: u64, trap: Option<Trap>) -> Fault {
        self.stats.gas += gas;
        self.stats.traps += 1;
        let (left, depth) = (self.instance.gas(), self.instance.depth());
        self.path = self.instance.path();
        let imports = self.instance.imports();
        let fault = if left < 0 {
            Fault::OutOfGas { limit: gas }
        } else if depth < 0 {
            Fault::TooDeep { limit: self.config.depth }
        } else if let Some(fault) = imports.fault() {
            Fault::HostCall(fault)
        } else if let Some(panic) = imports.panicked() {
            Fault::Panicked(panic.clone())
        } else {
            Fault::Trapped(trap.unwrap_or(Trap::Other))
        };
        self.spend(fault)
    }

    pub(super) fn spend(&mut self, fault: Fault) -> Fault {
        self.instance.imports_mut().clear_submitted();
        self.fault = Some(fault.clone());
        fault
    }

    #[inline]
    pub(super) fn check_sound(&self) -> Result<(), Fault> {
        match &self.fault {
            None => Ok(()),
            Some(fault) => Err(fault.clone()),
        }
    }
}
