use super::{Request, Whom};
use crate::seat::OpenOrders;

/// What is refused, with what is said of it.
#[track_caller]
fn refused(line: &str, part: &str) {
    let said = Request::parse(line.as_bytes()).expect_err(line);
    assert!(said.contains(part), "{line}: {said}");
}

#[test]
fn a_request_is_the_line_that_says_it() {
    for line in [
        r#"{"do":"list"}"#,
        r#"{"do":"load","file":"/a/b.wasm"}"#,
        r#"{"do":"load","name":"quoter"}"#,
        r#"{"do":"load","file":"/a/7.wasm","name":"seven"}"#,
        r#"{"do":"load","file":"/b.wasm","name":"b","runtime":"wasmedge","parameters":{"size":"5"}}"#,
        r#"{"do":"unload","strategy":"b","orders":"keep"}"#,
        r#"{"do":"replace","strategy":3,"orders":"keep"}"#,
        r#"{"do":"replace","strategy":3,"file":"/b.wasm","orders":"cancel"}"#,
        r#"{"do":"snapshot"}"#,
        r#"{"do":"snapshot","strategy":0,"to":"/tmp/image"}"#,
        r#"{"do":"restore","strategy":"b","image":"/tmp/image","orders":"cancel"}"#,
    ] {
        let request = Request::parse(line.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(request.to_line(), line);
    }
    let unload = Request::parse(br#"{"do":"unload","strategy":"b"}"#).expect("orders go");
    let strategy = Whom::Name("b".to_owned());
    assert_eq!(unload, Request::Unload { strategy, orders: OpenOrders::Cancel });
    // A number and a truth are parameters too.
    let load = br#"{"do":"load","name":"b","parameters":{"size":5,"is_so":true}}"#;
    let load = Request::parse(load).expect("they are parameters");
    assert!(load.to_line().contains(r#""parameters":{"is_so":"true","size":"5"}"#));
}

#[test]
fn what_is_no_request_is_refused_with_a_sentence() {
    refused("", "not a request");
    refused("[]", "not a request");
    refused(r#"{"do":"explode"}"#, "unknown variant `explode`");
    refused(r#"{"do":"list","all":true}"#, "unknown field `all`");
    refused(r#"{"do":"load"}"#, "which strategy");
    refused(r#"{"do":"load","file":"b.wasm"}"#, "not absolute");
    refused(r#"{"do":"load","file":"/b.wasm","name":"7"}"#, "no name");
    refused(r#"{"do":"load","file":"/b.wasm","name":"a\nb"}"#, "no name");
    refused(r#"{"do":"load","file":"/x/7.wasm"}"#, "the seat 7: give it a name");
    refused(r#"{"do":"load","file":"/b.wasm","parameters":{"a":1.5}}"#, "a whole number");
    refused(r#"{"do":"load","file":"/b.wasm","parameters":{"a":"1\n2"}}"#, "one line");
    refused(r#"{"do":"unload"}"#, "missing field `strategy`");
    refused(r#"{"do":"snapshot","to":"/tmp/image"}"#, "name it");
    refused(r#"{"do":"restore","strategy":"b","image":"image"}"#, "not absolute");
}

#[test]
fn a_number_is_that_of_a_seat() {
    assert_eq!(Whom::new("12"), Whom::Number(12));
    assert_eq!(Whom::new("12a"), Whom::Name("12a".to_owned()));
    assert_eq!(Whom::new("70000"), Whom::Name("70000".to_owned()));
}
