//! What is let in, and what is said to those that are not.

mod cache;

use ringfence_host::sandbox::{Cache, LoadError, Refusal, Sandbox, SandboxConfig, admit};
use ringfence_host::seat::Subscription;

use crate::guests::{Guest, echo, engines, events, run};

/// What is said about a module that is not let in.
#[track_caller]
fn refused(wasm: &[u8]) -> String {
    run(wasm, &SandboxConfig::default(), &[]).load_error().to_string()
}

#[test]
fn what_is_no_module_is_told_so() {
    for (bytes, what) in [
        (&b""[..], "the file is empty"),
        (b"(module)", "it is Wasm text"),
        (b"\x7fELF\x02", "native library"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"\0asm\x0d\0\x01\0", "component"),
        (b"\0asm\x07\0\0\0", "unknown Wasm version"),
        (b"\0as", "does not begin with"),
        (b"{\"op\":\"new\"}", "does not begin with"),
    ] {
        let said = refused(bytes);
        assert!(said.starts_with("is not a Wasm module: ") && said.contains(what), "{said}");
        assert!(said.contains("wasm32-unknown-unknown"), "{said}");
    }
}

#[test]
fn a_module_that_is_cut_off_anywhere_is_refused_without_a_panic() {
    let wasm = echo();
    let whole = |len: &usize| wasmparser::validate(&wasm[..*len]).is_ok();
    let taken = |len: &usize| admit(&wasm[..*len], &SandboxConfig::default()).is_ok();
    // Between two sections it is a module still, though one that may lack its data.
    assert!((0..wasm.len()).filter(taken).all(|len| whole(&len)));
    assert!((0..wasm.len()).filter(taken).count() < 4, "what is inside a section is missed");
}

#[test]
fn a_module_with_any_byte_changed_never_panics() {
    let wasm = echo();
    for at in 0..wasm.len() {
        for change in [1, 0x80, 0xff] {
            let mut wasm = wasm.clone();
            wasm[at] ^= change;
            // Some changes leave a valid module; then an engine must take what was made of it.
            if let Ok(admitted) = admit(&wasm, &SandboxConfig::default()) {
                wasmparser::validate(admitted.bytes())
                    .unwrap_or_else(|error| panic!("byte {at} changed by {change:#x}: {error}"));
            }
        }
    }
}

#[test]
fn foreign_imports_are_refused_by_name() {
    let wasm = Guest {
        imports: r#"(import "wasi_snapshot_preview1" "fd_write"
                        (func (param i32 i32 i32 i32) (result i32)))
                    (import "ringfence_1" "open" (func))
                    (import "ringfence_2" "log" (func (param i32 i32 i32)))
                    (import "ringfence_1" "submit" (func (param i32) (result i32)))
                    (import "ringfence_1" "seed" (global i32))"#,
        ..Guest::default()
    }
    .wasm();
    let LoadError::Refused(refusals) =
        run(&wasm, &SandboxConfig::default(), &[]).load_error().clone()
    else {
        panic!("it is refused by the rules");
    };
    let said: Vec<String> = refusals.iter().map(ToString::to_string).collect();
    assert_eq!(refusals.len(), 5, "{said:#?}");
    assert!(said[0].starts_with("imports `wasi_snapshot_preview1.fd_write`, which strategies may"));
    assert!(said[1].contains("`ringfence_1.open`") && said[2].contains("`ringfence_2.log`"));
    assert!(said[3].contains("`ringfence_1.submit` with another type than (i32, i32) -> i32"));
    assert!(matches!(&refusals[4], Refusal::ForeignImport { name, .. } if name == "seed"));
}

#[test]
fn exports_must_be_there_with_their_types() {
    let wasm = wat::parse_str(
        r#"(module
            (func (export "rf_abi_version") (result i64) (i64.const 1))
            (func (export "rf_io") (param i32) (result i32) (i32.const 64))
            (func (export "rf_timer") (param i32))
            (global (export "rf_init") i32 (i32.const 0)))"#,
    )
    .unwrap();
    let said = refused(&wasm);
    for part in [
        "does not export `memory`",
        "exports `rf_abi_version`, but not as () -> i32",
        "exports `rf_io`, but not as () -> i32",
        "exports `rf_init`, but not as (i32, i32) -> i32",
        "does not export `rf_on_events`",
        "exports `rf_timer`, but not as (i64)",
    ] {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
    assert!(!said.contains("rf_shutdown"), "what is optional may be left out: {said}");
}

#[test]
fn what_engines_disagree_on_is_refused_by_validation() {
    for (body, what) in [
        ("(i32.atomic.rmw.add (i32.const 0) (i32.const 1))", "threads"),
        ("(i32x4.extract_lane 0 (v128.const i32x4 1 2 3 4))", "SIMD"),
        ("(return_call $same (local.get $events) (local.get $count))", "tail calls"),
        ("(throw $t)", "exceptions"),
    ] {
        let guest = Guest {
            on_events: body.to_owned(),
            more: if body.contains("throw") {
                "(tag $t)".into()
            } else {
                "(func $same (param i32 i32) (result i32) (i32.const 0))".into()
            },
            ..Guest::default()
        };
        let said = refused(&guest.wasm());
        let start = "is not a Wasm module that strategies may use: ";
        assert!(said.starts_with(start) && said.contains(what), "{said}");
    }
    let wide = Guest { memory: "i64 2", ..Guest::default() };
    assert!(refused(&wide.wasm()).contains("memory64"));
    let shared = Guest { memory: "2 3 shared", ..Guest::default() };
    assert!(refused(&shared.wasm()).contains("threads"));
    let compact = Guest {
        imports: r#"(import "ringfence_1" (item "rand64" (func (result i64))))"#,
        ..Guest::default()
    };
    assert!(refused(&compact.wasm()).contains("compact"), "{}", refused(&compact.wasm()));
}

#[test]
fn functions_of_the_host_are_called_and_not_pointed_at() {
    for (more, body) in [
        ("(table 1 funcref) (elem (i32.const 0) $FUNC)", ""),
        ("(table 1 funcref) (elem (i32.const 0) funcref (ref.func $FUNC))", ""),
        ("(elem declare func $FUNC)", ""),
        ("(global funcref (ref.func $FUNC))", ""),
    ] {
        let guest = |function: &str| {
            Guest {
                imports: r#"(import "ringfence_1" "rand64" (func $rand (result i64)))
                            (import "ringfence_1" "log" (func $log (param i32 i32 i32)))"#,
                on_events: format!("{} (i32.const 0)", body.replace("FUNC", function)),
                more: format!("{} (func $own)", more.replace("FUNC", function)),
                ..Guest::default()
            }
            .wasm()
        };
        let said = refused(&guest("log"));
        assert!(said.starts_with("refers to `ringfence_1.log` as a function pointer"), "{said}");
        assert!(run(&guest("own"), &SandboxConfig::default(), &[events(1)]).delivered.is_ok());
    }
    // Where nothing else declares it, engines would not know it: its export is dropped.
    for more in ["(elem declare func $f)", "(export \"f\" (func $f))"] {
        let more = format!("{more} (func $f)");
        let on_events = "(drop (ref.func $f)) (i32.const 0)".to_owned();
        let said = refused(&Guest { on_events, more, ..Guest::default() }.wasm());
        assert!(said.starts_with("uses `ref.func`: tables of strategies are fixed"), "{said}");
    }
}

#[test]
fn another_abi_version_is_refused_with_both_versions() {
    let version = |version| Guest { version, ..Guest::default() }.wasm();
    let said = "ABI version 2.0; this host speaks 1.0: rebuild with ringfence-guest 0.1";
    assert_eq!(refused(&version("(i32.const 0x20000)")), said);
    assert!(refused(&version("(i32.const 0x10001)")).starts_with("ABI version 1.1;"));
    assert!(refused(&version("(i32.const 0)")).starts_with("ABI version 0.0;"));
}

/// A guest that logs, with this manifest.
fn with_manifest(json: &str) -> Vec<u8> {
    Guest {
        imports: r#"(import "ringfence_1" "log" (func (param i32 i32 i32)))"#,
        more: format!("(@custom \"ringfence.manifest\" {json:?})"),
        ..Guest::default()
    }
    .wasm()
}

#[test]
fn the_manifest_is_read_and_its_version_is_checked() {
    let json = r#"{"abi":"1.0","name":"quoter","imports":["log","panic"]}"#;
    for engine in engines() {
        let config = SandboxConfig::default();
        let wasm = with_manifest(json);
        let sandbox = Sandbox::load(&**engine, &Cache::disabled(), &wasm, &config).unwrap();
        assert_eq!(sandbox.manifest(), Some(json));
    }
    assert!(refused(&with_manifest(r#"{"abi":"3.1"}"#)).starts_with("ABI version 3.1;"));
    for wrong in ["abi=1.0", r#"{"abi":"one"}"#, r#"{"imports":7}"#] {
        let said = refused(&with_manifest(wrong));
        assert!(said.contains("`ringfence.manifest` is no manifest that a host reads"), "{said}");
    }
}

#[test]
fn a_manifest_of_which_a_host_would_pass_over_a_part_is_refused() {
    for (wrong, parts) in [
        (r#"{"timer_ns":-1}"#, &["-1"][..]),
        (r#"{"timer_ns":1.5}"#, &["1.5"]),
        (r#"{"timer_ns":"5"}"#, &["string"]),
        (r#"{"timer_ns":18446744073709551616}"#, &["u64"]),
        (r#"{"state_version":-1}"#, &["-1"]),
        (r#"{"subscriptions":"l1"}"#, &["sequence"]),
        (r#"{"subscriptions":["l1",2]}"#, &["string"]),
        (r#"{"name":"x","name":"y"}"#, &["duplicate field `name`"]),
        (r#"["1.0","x","1",[],[],0,0,[]]"#, &["no JSON object"]),
        (r#"{"subscriptions":["l1","l9"]}"#, &["\"l9\"", "trades, l1, l2, l3, phase and timer"]),
        (r#"{"imports":["log","lag"]}"#, &["\"lag\"", "log, panic, time_ns"]),
    ] {
        let said = refused(&with_manifest(wrong));
        assert!(said.contains("is no manifest that a host reads"), "{wrong}: {said}");
        assert!(parts.iter().all(|part| said.contains(part)), "{wrong}: {said}");
    }
    // What only others read may be there, and who says nothing hears everything.
    let json = r#"{"colour":"red","timer_ns":5}"#;
    let wasm = with_manifest(json);
    let config = SandboxConfig::default();
    let sandbox = Sandbox::load(&*engines()[0], &Cache::disabled(), &wasm, &config).unwrap();
    let timed = Subscription { timer_ns: 5, ..Subscription::EVERYTHING };
    assert_eq!(Subscription::of(&sandbox), timed);
}

#[test]
fn an_import_that_the_manifest_does_not_list_is_refused() {
    let said = refused(&with_manifest(r#"{"abi":"1.0","imports":["panic"]}"#));
    assert!(
        said.starts_with("imports `ringfence_1.log`, which its manifest does not list"),
        "{said}"
    );
}

#[test]
fn parameters_that_do_not_fit_are_refused() {
    let config = SandboxConfig { params: "x".repeat(64 * 64 + 1), ..SandboxConfig::default() };
    let error = run(&echo(), &config, &[]).load_error().clone();
    assert_eq!(error, LoadError::ParamsTooLong { len: 4_097, cap: 4_096 });
    let config = SandboxConfig { params: "x".repeat(64 * 64), ..SandboxConfig::default() };
    assert!(run(&echo(), &config, &[]).delivered.is_ok());
}

#[test]
fn a_guest_that_refuses_to_start_is_quoted() {
    let guest = Guest { init: "(i32.const -7)".into(), ..Guest::default() };
    let error = run(&guest.wasm(), &SandboxConfig::default(), &[]).load_error().clone();
    assert_eq!(error, LoadError::InitRefused { code: -7, said: String::new() });
}

#[test]
fn what_a_guest_that_refuses_to_start_said_last_is_quoted() {
    let guest = Guest {
        imports: r#"(import "ringfence_1" "log" (func $log (param i32 i32 i32)))"#,
        init: "(call $log (i32.const 1) (i32.const 16) (i32.const 14)) (i32.const -7)".into(),
        more: r#"(data (i32.const 16) "size is\1b\0a zero")"#.into(),
        ..Guest::default()
    };
    let error = run(&guest.wasm(), &SandboxConfig::default(), &[]).load_error().clone();
    let sentence = "`rf_init` refused its parameters with code -7: size is zero";
    assert_eq!(error.to_string(), sentence);
}
