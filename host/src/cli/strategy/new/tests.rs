use super::*;

#[test]
fn names_are_those_that_cargo_and_manifests_take() {
    for sound in ["a", "quoter", "my-quoter_2", &"a".repeat(64)] {
        assert!(check_name(sound).is_ok(), "{sound}");
    }
    let long = "a".repeat(65);
    for unsound in ["", "-a", "2nd", "Quoter", "a b", "a/b", "..", "ä", "a.b", "a\"b", &long] {
        assert!(check_name(unsound).is_err(), "{unsound}");
    }
    assert!(TAKEN.is_sorted() && TAKEN.into_iter().all(|word| check_name(word).is_err()));
}

#[test]
fn any_path_can_be_written_into_a_manifest() {
    assert_eq!(toml_string("/a b/c"), r#""/a b/c""#);
    assert_eq!(toml_string("C:\\a\"b\n"), r#""C:\\a\"b\u000a""#);
}
