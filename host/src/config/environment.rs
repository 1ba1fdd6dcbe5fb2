//! Options from the environment, which go before those of the file.

use super::{Config, Switch};
use crate::error::RunError;

impl Config {
    /// Takes what `value_of` knows of the four variables.
    ///
    /// # Errors
    ///
    /// [`RunError::Usage`] where one has a value that means nothing.
    pub fn take_environment(
        &mut self,
        value_of: impl Fn(&str) -> Option<String>,
    ) -> Result<(), RunError> {
        // A variable that is empty says nothing.
        let value_of = |name: &str| value_of(name).filter(|value| !value.trim().is_empty());
        let switch = |name: &str| value_of(name).map(|value| read_switch(name, &value)).transpose();
        if let Some(is_on) = switch("LOW_LATENCY_MODE")? {
            self.low_latency_mode = is_on;
        }
        if let Some(is_on) = switch("NETWORK_OPTIMIZATION")? {
            self.network_optimization = Switch(is_on);
        }
        if let Some(is_on) = switch("CACHE_ENABLED")? {
            self.cache_enabled = Switch(is_on);
        }
        if let Some(list) = value_of("CPU_AFFINITY") {
            self.cpu_affinity = read_processors(&list)?;
        }
        Ok(())
    }
}

fn read_switch(name: &str, value: &str) -> Result<bool, RunError> {
    match value.trim().to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(RunError::Usage(format!(
            "the variable {name} is `{value}`; set it to true or false, or leave it out"
        ))),
    }
}

/// Numbers with commas between them.
fn read_processors(list: &str) -> Result<Vec<u16>, RunError> {
    let numbers = list.split(',').map(str::trim).filter(|number| !number.is_empty());
    let numbers: Result<_, _> = numbers.map(str::parse).collect();
    numbers.map_err(|_| {
        RunError::Usage(format!(
            "the variable CPU_AFFINITY is `{list}`; give processors as in `0,1`, or leave it out"
        ))
    })
}
