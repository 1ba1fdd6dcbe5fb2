//! Where a guest was when it failed: the same calls on every engine, in the module's own names.

use ringfence_core::quantity::Time;
use ringfence_host::runtime::Trap;
use ringfence_host::sandbox::{Cache, Fault, Sandbox, SandboxConfig};

use crate::guests::{Guest, engines, events, guest_file, tight, with_section};

/// Lets a guest fail on every engine, and returns where it was on all of them.
#[track_caller]
fn backtrace(wasm: &[u8], config: &SandboxConfig) -> Vec<String> {
    let mut found = Vec::new();
    for engine in engines() {
        let mut sandbox = Sandbox::load(&**engine, &Cache::disabled(), wasm, config).unwrap();
        assert_eq!(sandbox.backtrace(), [""; 0], "nothing has failed");
        sandbox.deliver(Time(1), &events(1), &mut Vec::new()).unwrap_err();
        found.push(sandbox.backtrace());
    }
    assert!(found.windows(2).all(|pair| pair[0] == pair[1]), "{found:?}");
    found.swap_remove(0)
}

/// A guest that calls `$outer`, which calls `$inner` once that has come back twice.
fn nested(inner: &str) -> Guest {
    Guest {
        on_events: "(call $outer (local.get $count))".into(),
        more: format!(
            "(func $outer (param i32) (result i32)
                (call $fine) (call $fine)
                (call_indirect (type $t) (local.get 0) (i32.const 0)))
             (func $fine)
             (type $t (func (param i32) (result i32)))
             (table funcref (elem $inner))
             (func $inner (param i32) (result i32) {inner})"
        ),
        ..Guest::default()
    }
}

#[test]
fn it_names_the_calls_that_were_open() {
    for inner in [
        "unreachable",
        "(i32.load (i32.const -4))",
        "(i32.div_u (local.get 0) (i32.const 0))",
        "(loop $l (br $l)) (i32.const 0)",
    ] {
        let found = backtrace(&nested(inner).wasm(), &tight());
        // The entry has no name: it is the fifth function.
        assert_eq!(found, ["inner", "outer", "function 3"], "{inner}");
    }
}

#[test]
fn a_start_that_fails_says_where() {
    let start = Guest { init: "(call $outer (local.get $len))".into(), ..nested("unreachable") };
    for engine in engines() {
        let loaded =
            Sandbox::load(&**engine, &Cache::disabled(), &start.wasm(), &SandboxConfig::default());
        let mut error = loaded.unwrap_err();
        let cut_off = format!("`rf_init` failed: it {}", Fault::Trapped(Trap::Unreachable));
        assert_eq!(error.to_string(), format!("{cut_off}; in inner, in outer, in function 2"));
        assert_eq!(error.take_backtrace(), ["inner", "outer", "function 2"]);
        assert_eq!(error.to_string(), cut_off);
    }
}

#[test]
fn a_host_call_that_is_turned_down_is_where_it_was_made() {
    let imports = r#"(import "ringfence_1" "log" (func $log (param i32 i32 i32)))"#;
    let inner = "(call $log (i32.const 1) (i32.const -1) (i32.const 1)) (local.get 0)";
    let guest = Guest { imports, ..nested(inner) };
    assert_eq!(backtrace(&guest.wasm(), &tight()), ["inner", "outer", "function 4"]);
}

#[test]
fn of_many_calls_the_innermost_are_kept() {
    let more =
        "(func $deep (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))";
    let on_events = "(call $deep (local.get $count))".into();
    let found =
        backtrace(&Guest { on_events, more: more.into(), ..Guest::default() }.wasm(), &tight());
    // Five functions: three bits each.
    assert_eq!(found, ["deep"; 21]);
}

#[test]
fn names_are_the_authors_and_do_no_harm() {
    let wasm = nested("unreachable").wasm();
    let found = |section: &[u8]| backtrace(&with_section(wasm.clone(), "name", section), &tight());
    // The last section counts: one that makes no sense names nothing.
    for broken in [&b""[..], &[1], &[1, 200, 200, 200, 200, 0], &[1, 3, 255, 255, 3], &[0xff; 300]]
    {
        assert_eq!(found(broken), ["function 6", "function 4", "function 3"], "{broken:?}");
    }
    let named = [&[1, 9, 2, 4, 1, b'\n', 6, 3, b'a', 0x1b, b'b'][..]].concat();
    assert_eq!(found(&named), ["ab", "", "function 3"]);
    let long = [&[1, 0xae, 0x02, 1, 6, 0xaa, 0x02][..], &[b'x'; 298]].concat();
    assert_eq!(found(&long)[0], "x".repeat(200));
}

#[test]
fn a_call_that_returns_nonsense_was_not_cut_off() {
    for engine in engines() {
        let wasm = Guest::doing("(i32.const -7)");
        let mut sandbox = Sandbox::load(&**engine, &Cache::disabled(), &wasm, &tight()).unwrap();
        let fault = sandbox.deliver(Time(1), &events(1), &mut Vec::new());
        assert_eq!(fault, Err(Fault::GuestError { code: -7 }));
        assert_eq!(sandbox.backtrace(), [""; 0]);
    }
}

#[test]
fn names_are_kept_for_code_from_the_cache() {
    let folder = std::env::temp_dir().join(format!("ringfence-names-{}", std::process::id()));
    let cache = Cache::at(&folder);
    let wasm =
        std::fs::read(guest_file("strategy-hostile")).expect("run .ci/build-guests.sh first");
    let config = SandboxConfig { params: "attack=recursion".into(), ..tight() };
    for cached in [false, true] {
        let mut sandbox = Sandbox::load(&*engines()[0], &cache, &wasm, &config).unwrap();
        assert_eq!(sandbox.stats().from_cache, cached);
        let fault = sandbox.deliver(Time(1), &events(1), &mut Vec::new()).unwrap_err();
        assert_ne!(fault, Fault::Trapped(Trap::Other));
        assert!(sandbox.backtrace().iter().all(|it| it == "strategy_hostile::guest::recurse"));
    }
    _ = std::fs::remove_dir_all(&folder);
}
