//! The `ringfence` command.

fn main() -> std::process::ExitCode {
    ringfence_host::cli::main()
}
