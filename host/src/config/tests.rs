use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use ringfence_core::{InstrumentId, Interest};

use super::{ClassName, Config, GatewayConfig, PolicyName, Secret, StrategyConfig, Within};
use crate::journal::{Policy, Settings};
use crate::sandbox::SandboxConfig;
use crate::seat::{FaultPolicy, Limits, OpenOrders, Subscription};

const EXAMPLE: &str = include_str!("../../../examples/venue.toml");

/// The tables that there are, and what must stand above a key that is asked of them.
const TABLES: [&str; 15] = [
    "",
    "[venue]",
    "[venue.capacity]",
    "[journal]",
    "[journal.snapshots]",
    "[gateway]",
    "[[gateway.accounts]]",
    "[feed]",
    "[http]",
    "[admin]",
    "[images]",
    "[workers]",
    "[[strategies]]",
    "[strategies.limits]",
    "[strategies.on_fault]",
];

fn problem(text: &str) -> String {
    Config::parse("a.toml", text).expect_err("it is wrong").to_string()
}

/// The keys of a table: an unknown one is answered with their list.
fn keys(table: &str) -> Vec<String> {
    let of = if table.starts_with("[strategies.") { "[[strategies]]\nfile = \"a\"" } else { "" };
    let answer = problem(&format!("{of}\n{table}\nno_such_key = 1\n"));
    let (_, list) = answer.split_once("expected ").unwrap_or_else(|| panic!("{answer}"));
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_example_has_every_option_and_shows_the_defaults() {
    let config = Config::parse("venue.toml", EXAMPLE).unwrap();
    let mut keys_found = 0;
    for table in TABLES {
        for key in keys(table) {
            let is_table =
                TABLES.iter().any(|table| table.trim_matches(['[', ']']).ends_with(&key));
            let shows = |line: &str| {
                let line = line.trim_start_matches("# ");
                line.starts_with(&format!("{key} = ")) || (is_table && line.contains(&key))
            };
            let part = EXAMPLE
                .lines()
                .skip_while(|line| !line.trim_start_matches("# ").starts_with(table));
            assert!(part.clone().any(shows), "the example does not show `{key}` of {table}");
            keys_found += 1;
        }
    }
    assert!(keys_found > 70, "{keys_found}");
    let defaults = Config::default();
    let mut shown = config.clone();
    shown.venue.instruments = None;
    shown.gateway.accounts.clear();
    (shown.feed, shown.http) = (None, None);
    assert_eq!(shown, defaults);
    assert!(config.gateway.accounts[0].operator && !config.gateway.accounts[1].operator);
    config.gateway.check().unwrap();
}

/// What stands behind a `#` in a table is what there is without it, but for what is left out.
#[test]
fn the_example_shows_what_strategies_have_that_say_nothing() {
    let (_, part) = EXAMPLE.split_once("# [[strategies]]\n").unwrap();
    let is_option = |line: &&str| {
        let line = line.trim_start_matches("# ");
        line.starts_with('[') || line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '))
    };
    let lines = part.lines().filter(is_option).map(|line| line.trim_start_matches("# "));
    let text: String =
        ["[[strategies]]"].into_iter().chain(lines).flat_map(|it| [it, "\n"]).collect();
    let shown = Config::parse("a", &format!("[workers]\ncount = 1\n{text}")).unwrap();
    let mut shown = shown.strategies.into_iter().next().unwrap();
    assert_eq!(shown.limits.open_orders.take(), Some(Within::new(1_000)));
    assert_eq!((shown.worker(), shown.lines()), (Some(0), "size=100\n".to_owned()));
    assert_eq!(
        (shown.seed.take(), shown.name.take()),
        (Some(Within::new(0)), Some("momentum".into()))
    );
    assert_eq!(shown.runtime.take(), Some(super::RuntimeName::Wasmtime));
    assert_eq!(shown.subscriptions.take(), Some(vec![ClassName::L1]));
    assert_eq!(shown.timer_ns.take(), Some(Within::new(0)));
    (shown.worker, shown.parameters) = (None, BTreeMap::default());
    let silent = StrategyConfig::new("momentum.wasm".into());
    assert_eq!(shown, silent);
    // And that is what the library has.
    let usual = SandboxConfig { seed: 3, ..SandboxConfig::default() };
    assert_eq!(silent.sandbox(3, true), usual);
    assert_eq!(silent.limits.seat(), Limits::default());
    assert_eq!(FaultPolicy::from(&silent.on_fault), FaultPolicy::default());
    assert_eq!(silent.name(), "momentum");
}

#[test]
fn a_strategy_has_the_limits_the_policy_and_the_worker_that_it_is_given() {
    let text = "[workers]\ncount = 3\nspins = true\n[[strategies]]\nfile = \"a.wasm\"\nname = \"it\"\nseed = 7\n\
        worker = 2\ninstruments = [4, 9]\nsubscriptions = [\"l2\", \"phase\"]\ntimer_ns = 16\norders_at_start = \"keep\"\n[strategies.limits]\ngas_per_call = 1\n\
        gas_per_second = 2\ngas_init = 3\ndepth = 4\nmemory_pages = 5\nmodule_bytes = 6\ncommands_per_call = 7\n\
        orders_per_event = 8\norders_per_second = 9\nopen_orders = 10\nlog_bytes_per_second = 11\n\
        log_bytes_kept = 12\n[strategies.on_fault]\norders = \"keep\"\nrestart = true\nback_off_ms = 13\n\
        back_off_max_ms = 14\nquarantine_after = 15\n";
    let config = Config::parse("a", text).unwrap();
    let strategy = &config.strategies[0];
    let sandbox = SandboxConfig {
        gas_per_call: 1,
        gas_per_second: 2,
        gas_init: 3,
        depth: 4,
        memory_pages: 5,
        module_bytes_max: 6,
        commands_per_batch: 7,
        log_bytes_per_second: 11,
        log_bytes_kept: 12,
        seed: 7,
        cache_enabled: false,
        params: String::new(),
    };
    assert_eq!(strategy.sandbox(0, false), sandbox);
    let limits = Limits { orders_per_event: 8, orders_per_second: 9, open_orders: Some(10) };
    assert_eq!(strategy.limits.seat(), limits);
    let policy = FaultPolicy {
        orders: OpenOrders::Keep,
        restart: true,
        back_off_ns: 13_000_000,
        back_off_max_ns: 14_000_000,
        quarantine_after: 15,
    };
    assert_eq!(FaultPolicy::from(&strategy.on_fault), policy);
    assert_eq!((strategy.name(), strategy.worker()), ("it".to_owned(), Some(2)));
    let subscription = strategy.subscription(Subscription::NOTHING);
    assert_eq!(subscription.interest, Interest::L2.and(Interest::STATUS));
    assert_eq!(subscription.instruments, [InstrumentId(4), InstrumentId(9)]);
    assert_eq!(subscription.timer_ns, 16);
    let asked = Subscription { timer_ns: 5, ..Subscription::public(Interest::L3) };
    assert_eq!(StrategyConfig::new("a".into()).subscription(asked.clone()), asked);
    assert_eq!(strategy.orders_at_start, OpenOrders::Keep);
}

#[test]
fn workers_run_where_it_is_said_or_on_what_is_left() {
    let settings = |text: &str| Config::parse("a", text).unwrap().workers.settings(&[5, 6]);
    assert_eq!(settings(""), None);
    let workers = settings("[workers]\ncount = 2\nspins = true").unwrap();
    assert_eq!((workers.count, workers.processors, workers.spins), (2, vec![5, 6], true));
    let workers = settings("[workers]\ncount = 1\nprocessors = [7]").unwrap();
    assert_eq!((workers.count, workers.processors, workers.spins), (1, vec![7], false));
}

#[test]
fn a_file_that_is_no_text_is_named_as_such() {
    let file = std::env::temp_dir().join(format!("ringfence-{}-no-text.toml", std::process::id()));
    fs::write(&file, [b'a', 0xFF]).unwrap();
    let problem = Config::load(&file).unwrap_err().to_string();
    fs::remove_file(&file).unwrap();
    assert!(problem.contains("is not text in UTF-8 from byte 1 on"), "{problem}");
}

#[test]
fn parameters_of_strategies_become_their_lines() {
    let text = "[[strategies]]\nfile = \"a,b.wasm\"\nruntime = \"wasmedge\"\nparameters = { size = 100, on = true, \
        word = \"x y\" }\n[[strategies]]\nfile = \"c.wasm\"\n";
    let config = Config::parse("a", text).unwrap();
    assert_eq!(config.strategies[0].lines(), "on=true\nsize=100\nword=x y\n");
    assert_eq!(config.strategies[0].runtime, Some(super::RuntimeName::Wasmedge));
    assert_eq!((config.strategies[1].lines(), config.strategies[1].runtime), (String::new(), None));
}

#[test]
fn a_name_that_is_given_is_one_strategys_alone() {
    for (text, expected) in [
        (
            "[[strategies]]\nfile = \"a.wasm\"\nname = \"it\"\n[[strategies]]\nfile = \"b.wasm\"\n\
             [[strategies]]\nfile = \"c.wasm\"\nname = \"it\"\n",
            "a.toml, line 8, column 8: another strategy is called \"it\" already, in line 3, column 8; \
             give one of the two a `name` of its own",
        ),
        (
            "[[strategies]]\nfile = \"a.wasm\"\n[[strategies]]\nfile = \"b.wasm\"\nname = \"a\"\n",
            "line 5, column 8: another strategy is called \"a\" already, in line 2, column 8",
        ),
        (
            "[[strategies]]\nfile = \"b.wasm\"\nname = \"a\"\n[[strategies]]\nfile = \"a.wasm\"\n",
            "line 5, column 8: another strategy is called \"a\" already, in line 3, column 8",
        ),
    ] {
        let problem = problem(text);
        assert!(problem.contains(expected), "{problem}\ndoes not say\n{expected}");
    }
    // Those that are called by their file alone have the number of their seat before it.
    let text = "[[strategies]]\nfile = \"a.wasm\"\n[[strategies]]\nfile = \"a.wasm\"\n[[strategies]]\n\
        file = \"a.wasm\"\nname = \"b\"\n";
    assert_eq!(Config::parse("a", text).unwrap().strategies.len(), 3);
}

#[test]
fn an_empty_file_is_a_venue_with_defaults() {
    assert_eq!(Config::parse("a", "").unwrap(), Config::default());
    assert_eq!(Settings::from(&Config::default().journal), Settings::default());
}

#[test]
fn what_is_wrong_is_named_with_line_and_column() {
    for (text, expected) in [
        ("\n[journal]\nfoldr = \"x\"\n", "a.toml, line 3, column 1: unknown field `foldr`"),
        ("low_latency_mode = 1", "a.toml, line 1, column 20: invalid type"),
        (
            "[venue]\ntick_ms = -1",
            "line 2, column 11: -1 is out of range; give a whole number from 0 to 3600000",
        ),
        (
            "[venue.capacity]\norders = 0",
            "line 2, column 10: 0 is out of range; give a whole number from 1",
        ),
        ("[journal]\npolicy = \"never\"", "line 2, column 10: unknown variant `never`"),
        (
            "[journal]\nsegment_mib = 4097",
            "line 2, column 15: 4097 is out of range; give a whole number from 1 to 4096",
        ),
        ("[gateway]\naddress = \"here\"", "line 2, column 11: invalid socket address"),
        (
            "[[gateway.accounts]]\naccount = 7\nsecret = \"short\"",
            "line 3, column 10: a secret has 16 to 64 bytes",
        ),
        ("[[gateway.accounts]]\naccount = 1000001", "line 2, column 11: 1000001 is out of range"),
        ("x = ", "line 1, column 5"),
        ("[[gateway.accounts]]\n", "missing field `account`"),
        (
            "[http]\naddress = \"300.0.0.1:1\"\n",
            "line 2, column 11: invalid socket address `300.0.0.1:1`; write address and port",
        ),
        ("[[strategies]]\n", "missing field `file`"),
        (
            "[[strategies]]\nfile = \"a\"\nruntime = \"v8\"\n",
            "line 3, column 11: unknown variant `v8`",
        ),
        (
            "[[strategies]]\nfile = \"a\"\nparameters = { size = 1.5 }\n",
            "a whole number, true, false",
        ),
        (
            "[[strategies]]\nfile = \"a\"\n[strategies.limits]\ngas = 1\n",
            "line 4, column 1: unknown field `gas`",
        ),
        (
            "[[strategies]]\nfile = \"a\"\nlimits = { memory_pages = 32769 }\n",
            "line 3, column 27: 32769 is out of range; give a whole number from 1 to 32768",
        ),
        (
            "[[strategies]]\nfile = \"a\"\n[strategies.on_fault]\nretry = true\n",
            "line 4, column 1: unknown field `retry`",
        ),
        (
            "[[strategies]]\nfile = \"a\"\non_fault = { orders = \"sell\" }\n",
            "line 3, column 23: unknown variant `sell`",
        ),
        ("[workers]\nthreads = 1\n", "line 2, column 1: unknown field `threads`"),
        ("[workers]\ncount = 257\n", "line 2, column 9: 257 is out of range"),
        (
            "[workers]\ncount = 2\n[[strategies]]\nfile = \"a\"\nworker = 1\n[[strategies]]\nfile = \"b\"\n\
             worker = 2\n",
            "line 8, column 10: there is no worker 2: the first is 0, and [workers] has count = 2",
        ),
        ("watchdog_ms = -1\n", "line 1, column 15: -1 is out of range"),
    ] {
        let problem = problem(text);
        assert!(problem.contains(expected), "{problem}\ndoes not say\n{expected}");
    }
}

#[test]
fn a_policy_is_read_by_its_name() {
    let text = "[journal]\npolicy = \"interval\"\ninterval_ms = 25\nsegment_mib = 1";
    let config = Config::parse("a", text).unwrap();
    assert_eq!(config.journal.policy, PolicyName::Interval);
    let settings = Settings::from(&config.journal);
    assert_eq!(settings.policy, Policy::Interval(25_000_000));
    assert_eq!(settings.segment_len, 1 << 20);
}

#[test]
fn the_environment_goes_before_the_file() {
    let mut config = Config::parse("a", "cpu_affinity = [3]").unwrap();
    let variables = |name: &str| {
        let value = match name {
            "LOW_LATENCY_MODE" => "TRUE",
            "CPU_AFFINITY" => "0, 1",
            "NETWORK_OPTIMIZATION" => "False",
            "CACHE_ENABLED" => "0",
            _ => return None,
        };
        Some(value.to_owned())
    };
    config.take_environment(variables).unwrap();
    assert!(config.low_latency_mode);
    assert!(!config.network_optimization.0 && !config.cache_enabled.0);
    assert_eq!(config.cpu_affinity, [0, 1]);
    // One that is empty is not set.
    let before = config.clone();
    config.take_environment(|_| Some(String::new())).unwrap();
    assert_eq!(config, before);
    for (name, value) in [("LOW_LATENCY_MODE", "yes"), ("CPU_AFFINITY", "0,x")] {
        let given = |asked: &str| (asked == name).then(|| value.to_owned());
        let error = config.take_environment(given).expect_err("it means nothing").to_string();
        assert!(error.contains(name) && error.contains(value), "{error}");
    }
}

#[test]
fn what_no_single_value_shows_is_checked() {
    let account = "[[gateway.accounts]]\naccount = 7\n";
    let secret = "secret = \"0123456789abcdef\"\n";
    for (text, expected) in [
        (account.to_owned(), "account 7 has no secret"),
        (format!("{account}{secret}{account}{secret}"), "lists account 7 twice"),
        ("[gateway]\nheartbeat_ms = 1000\ntimeout_ms = 1999".to_owned(), "time for two heartbeats"),
    ] {
        let config = Config::parse("a", &text).unwrap();
        let problem = config.gateway.check().expect_err("it is wrong").to_string();
        assert!(problem.contains(expected), "{problem}");
    }
}

#[test]
fn secrets_come_from_a_file_that_others_may_not_read() {
    let path = std::env::temp_dir().join(format!("ringfence-secrets-{}", std::process::id()));
    let take = |text: &[u8], mode: u32| {
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let config = Config::parse("a", "[[gateway.accounts]]\naccount = 7\n").unwrap();
        let mut gateway = GatewayConfig { secrets_file: Some(path.clone()), ..config.gateway };
        gateway.take_secrets().map(|()| gateway.accounts[0].secret.clone())
    };
    let secret = Secret::new("0123456789abcdef").unwrap();
    assert_eq!(take(b"# mine\n7 0123456789abcdef\n", 0o600).unwrap(), Some(secret.clone()));
    assert_eq!(format!("{secret:?}"), "Secret");
    for (text, mode, expected) in [
        ("7 0123456789abcdef\n", 0o644, "chmod 600"),
        ("\n8 0123456789abcdef\n", 0o600, "line 2, column 1: account 8 is not in"),
        ("x 0123456789abcdef\n", 0o600, "`x` is not the number"),
        ("7\n", 0o600, "a line is"),
        ("7 short\n", 0o600, "a secret has"),
        ("7 0123456789abcdef\n7 0123456789abcdef\n", 0o600, "two secrets"),
    ] {
        let problem = take(text.as_bytes(), mode).expect_err("it is wrong").to_string();
        assert!(problem.contains(expected), "{problem}");
    }
    let problem = take(b"7 01234567\xff9abcdef\n", 0o600).expect_err("no text").to_string();
    assert!(problem.contains("not text in UTF-8 from byte 10 on"), "{problem}");
    assert!(!problem.contains("permissions") && !problem.contains("01234"), "{problem}");
    fs::remove_file(&path).unwrap();
}

#[test]
fn paths_are_meant_from_the_files_folder() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/venue.toml");
    let config = Config::load(&path).unwrap();
    assert!(config.journal.folder.ends_with("examples/journal"));
    assert!(config.venue.instruments.unwrap().is_file());
    assert_eq!(config.venue.tick_ms, Within::new(100));
}
