use super::*;

const CONFIG: ImportsConfig = ImportsConfig { submitted_max: 1, ..ImportsConfig::NONE };

/// Serves one call, of which the arguments that are left out are 0.
fn serve(imports: &mut Imports, import: Import, args: &[u64]) -> Result<u64, ImportFault> {
    let mut all = [0; 4];
    all[..args.len()].copy_from_slice(args);
    imports.serve(import, all, b"one two \x04\0\0\0h\0i\0")
}

#[test]
fn who_gives_up_is_turned_down_and_what_it_said_is_kept() {
    let mut imports = Imports::new(CONFIG);
    let gave_up = Err(ImportFault::GaveUp);
    assert_eq!(serve(&mut imports, Import::Panic, &[0, 3, 5, 6]), gave_up);
    let one = Panic { text: "one".to_owned(), line: 5, column: 6 };
    assert_eq!((imports.panicked(), imports.fault()), (Some(&one), None));
    let mut imports = Imports::new(CONFIG);
    assert_eq!(serve(&mut imports, Import::Abort, &[12, 0, 1, 2]), gave_up);
    let hi = Panic { text: "hi".to_owned(), line: 1, column: 2 };
    assert_eq!(imports.panicked(), Some(&hi));
    // Bytes that it does not have are worse.
    let fault = serve(&mut imports, Import::Panic, &[10, 7, 0, 0]).unwrap_err();
    assert_eq!(imports.fault(), Some(fault));
}
