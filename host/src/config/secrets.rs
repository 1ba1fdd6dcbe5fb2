//! Secrets in a file of their own: a line for each account, its number and its secret.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::gateway::{GatewayConfig, Secret};
use crate::error::RunError;
use crate::ordinary;

impl GatewayConfig {
    /// Gives accounts the secrets of the secrets file.
    ///
    /// # Errors
    ///
    /// [`RunError`] where the file cannot be read, others may read it, or a line is wrong.
    pub fn take_secrets(&mut self) -> Result<(), RunError> {
        let Some(path) = self.secrets_file.clone() else { return Ok(()) };
        let file = path.display().to_string();
        let text = read(&path, &file)?;
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            self.take_secret(line).map_err(|problem| {
                let line = at as u64 + 1;
                RunError::Line { file: file.clone(), line, column: 1, problem }
            })?;
        }
        Ok(())
    }

    fn take_secret(&mut self, line: &str) -> Result<(), String> {
        let (account, secret) = line
            .split_once(char::is_whitespace)
            .ok_or("a line is an account's number, a space and its secret")?;
        let number: u64 =
            account.parse().map_err(|_| format!("`{account}` is not the number of an account"))?;
        let secret = Secret::new(secret.trim())?;
        let known = self.accounts.iter_mut().find(|known| known.account.get() == number);
        let known = known.ok_or_else(|| {
            format!("account {number} is not in gateway.accounts; add it there, or leave it out")
        })?;
        if known.secret.is_some() {
            return Err(format!("account {number} has two secrets; leave one out"));
        }
        known.secret = Some(secret);
        Ok(())
    }
}

fn read(path: &Path, file: &str) -> Result<String, RunError> {
    let open = |source| RunError::Open { file: file.to_owned(), source };
    let mode = fs::metadata(path).map_err(open)?.permissions().mode();
    if mode & 0o077 != 0 {
        let problem = "holds secrets and may be read by others; `chmod 600` it".to_owned();
        return Err(RunError::File { file: file.to_owned(), problem });
    }
    let bytes = ordinary::handwritten(path, "a file of secrets")?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let problem = format!(
            "is not text in UTF-8 from byte {at} on; a line is an account's number, a space and its \
             secret"
        );
        RunError::File { file: file.to_owned(), problem }
    })
}
