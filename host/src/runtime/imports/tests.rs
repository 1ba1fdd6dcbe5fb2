use super::*;

const CONFIG: ImportsConfig = ImportsConfig { submitted_max: 1, ..ImportsConfig::NONE };

/// Serves one call, of which the arguments that are left out are 0.
fn serve(imports: &mut Imports, import: Import, args: &[u64]) -> Result<u64, ImportFault> {
    let mut all = [0; 4];
    all[..args.len()].copy_from_slice(args);
    imports.serve(import, all, b"one two \x04\0\0\0h\0i\0")
}

#[test]
fn of_all_panics_of_a_call_the_first_is_kept() {
    let mut imports = Imports::new(CONFIG);
    serve(&mut imports, Import::Panic, &[0, 3, 5, 6]).unwrap();
    serve(&mut imports, Import::Panic, &[4, 3, 7, 8]).unwrap();
    serve(&mut imports, Import::Abort, &[12, 0, 9, 9]).unwrap();
    let one = Panic { text: "one".to_owned(), line: 5, column: 6 };
    assert_eq!(imports.panicked(), Some(&one));
    // Bytes that it does not have stop it all the same.
    let fault = serve(&mut imports, Import::Panic, &[10, 7, 0, 0]).unwrap_err();
    assert_eq!(imports.fault(), Some(fault));
    imports.end_call();
    assert_eq!(imports.panicked(), None);
    serve(&mut imports, Import::Abort, &[12, 0, 1, 2]).unwrap();
    serve(&mut imports, Import::Panic, &[0, 3, 5, 6]).unwrap();
    let hi = Panic { text: "hi".to_owned(), line: 1, column: 2 };
    assert_eq!(imports.panicked(), Some(&hi));
}
