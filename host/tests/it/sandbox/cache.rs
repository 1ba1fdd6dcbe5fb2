//! What is kept of a module for the next time, and when it is not believed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use ringfence_core::quantity::Time;
use ringfence_host::sandbox::{Cache, Sandbox, SandboxConfig};

use crate::command::Folder;
use crate::guests::{Guest, echo, engines, events};

/// Runs `wasm` on every engine that compiles, with this cache; says which came from it.
#[track_caller]
fn from_cache(cache: &Cache, wasm: &[u8]) -> Vec<bool> {
    let compiling = engines().iter().filter(|engine| engine.keeps_artifacts());
    compiling
        .map(|engine| {
            let mut sandbox =
                Sandbox::load(&**engine, cache, wasm, &SandboxConfig::default()).unwrap();
            let mut out = Vec::new();
            sandbox.deliver(Time(1), &events(3), &mut out).unwrap();
            assert_eq!(out.len(), 3, "{}", engine.name());
            assert_eq!(out[2].price, 9_991, "{}", engine.name());
            sandbox.stats().from_cache
        })
        .collect()
}

#[test]
fn compiled_modules_are_found_again() {
    let folder = Folder::new("cache-found-again");
    let cache = cache_in(&folder);
    let first = from_cache(&cache, &echo());
    assert!(first.iter().all(|hit| !hit), "nothing is there yet");
    assert!(from_cache(&cache, &echo()).into_iter().all(|hit| hit), "now all are");
    let files = files(&folder);
    assert_eq!(files.len(), first.len(), "one file for each engine, and no other: {files:?}");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(folder.path("modules").as_ref()), 0o700);
    // Other limits make other code.
    let config = SandboxConfig { memory_pages: 5, ..SandboxConfig::default() };
    let sandbox = Sandbox::load(&*engines()[0], &cache, &echo(), &config).unwrap();
    assert!(!sandbox.stats().from_cache);
}

/// Does something to each file of a filled cache, and checks that it is compiled anew.
fn check_damage(damage: impl Fn(&Path)) {
    let folder = Folder::new("cache-damaged");
    let cache = cache_in(&folder);
    from_cache(&cache, &echo());
    for file in files(&folder) {
        damage(&file);
    }
    assert!(from_cache(&cache, &echo()).into_iter().all(|hit| !hit), "it is not trusted");
    assert!(from_cache(&cache, &echo()).into_iter().all(|hit| hit), "but replaced");
}

/// Puts other bytes in place of a file, as another process would: by renaming.
fn replace(file: &Path, bytes: &[u8]) {
    let other = file.with_extension("new");
    fs::write(&other, bytes).unwrap();
    fs::rename(other, file).unwrap();
}

#[test]
fn a_damaged_file_is_compiled_again() {
    check_damage(|file| replace(file, b""));
    check_damage(|file| replace(file, &[0x7f, b'E', b'L', b'F']));
    check_damage(|file| {
        let bytes = fs::read(file).unwrap();
        replace(file, &bytes[..bytes.len() - 1]);
    });
    check_damage(|file| {
        let mut bytes = fs::read(file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        replace(file, &bytes);
    });
}

#[test]
fn a_file_under_another_name_is_not_trusted() {
    let folder = Folder::new("cache-other-name");
    let cache = cache_in(&folder);
    let other = Guest::doing("(i32.const 0)");
    let config = SandboxConfig::default();
    let load = |wasm: &[u8]| Sandbox::load(&*engines()[0], &cache, wasm, &config).unwrap();
    load(&echo());
    let echo_file = files(&folder).remove(0);
    load(&other);
    let files = files(&folder);
    let other_file = files.iter().find(|file| **file != echo_file).unwrap();
    replace(&echo_file, &fs::read(other_file).unwrap());
    let mut sandbox = load(&echo());
    assert!(!sandbox.stats().from_cache);
    let mut out = Vec::new();
    sandbox.deliver(Time(1), &events(2), &mut out).unwrap();
    assert_eq!(out.len(), 2);
}

#[test]
fn a_folder_that_others_may_write_is_no_cache() {
    let folder = Folder::new("cache-open-to-all");
    let modules = folder.path("modules");
    fs::create_dir_all(&modules).unwrap();
    fs::set_permissions(&modules, fs::Permissions::from_mode(0o777)).unwrap();
    let cache = cache_in(&folder);
    assert_eq!(cache.dir(), None);
    assert!(cache.why_disabled().unwrap().contains("chmod 700"));
    assert!(from_cache(&cache, &echo()).into_iter().all(|hit| !hit), "strategies run all the same");
    let file = folder.write("file", b"");
    assert_eq!(Cache::at(file.as_ref()).dir(), None, "a file is no folder");
}

fn cache_in(folder: &Folder) -> Cache {
    Cache::at(folder.path("").as_ref())
}

/// What is kept in a folder.
fn files(folder: &Folder) -> Vec<PathBuf> {
    let listed = fs::read_dir(folder.path("modules")).unwrap();
    let mut files: Vec<PathBuf> = listed.map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}
