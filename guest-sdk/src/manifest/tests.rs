use super::*;
use crate::prelude::*;

struct Plain;

impl Strategy for Plain {
    const NAME: &'static str = "plain";
    const VERSION: &'static str = "1.2.3";
    const SUBSCRIPTIONS: Interest = Interest::NONE;

    fn new(_: &Params<'_>) -> Result<Self, ParamError> {
        Ok(Self)
    }
}

struct Rich;

impl Strategy for Rich {
    const NAME: &'static str = "rich";
    const VERSION: &'static str = "0.1.0";
    const PARAMS: &'static [Param] =
        &[Param::u64("size", "100", "Lots."), Param::side("side", "buy", "Which way.")];
    const SUBSCRIPTIONS: Interest = Interest::ALL;
    const TIMER_NS: u64 = 1_500_000_000;
    const SUBMITS: bool = true;

    fn new(_: &Params<'_>) -> Result<Self, ParamError> {
        Ok(Self)
    }
}

#[test]
fn a_plain_manifest_is_this() {
    const LEN: usize = len::<Plain>();
    let expected = concat!(
        r#"{"abi":"1.0","name":"plain","version":"1.2.3","params":[],"subscriptions":[],"#,
        r#""timer_ns":0,"state_version":0,"imports":["log","panic","rand64","metric"]}"#,
    );
    assert_eq!(core::str::from_utf8(&bytes::<Plain, LEN>()), Ok(expected));
}

#[test]
fn a_rich_manifest_is_this() {
    const LEN: usize = len::<Rich>();
    let expected = concat!(
        r#"{"abi":"1.0","name":"rich","version":"0.1.0","params":["#,
        r#"{"name":"size","type":"u64","default":"100","about":"Lots."},"#,
        r#"{"name":"side","type":"side","default":"buy","about":"Which way."}],"#,
        r#""subscriptions":["trades","l1","l2","l3","phase","timer"],"timer_ns":1500000000,"state_version":0,"#,
        r#""imports":["log","panic","rand64","metric","submit"]}"#,
    );
    assert_eq!(core::str::from_utf8(&bytes::<Rich, LEN>()), Ok(expected));
}

#[test]
fn it_names_only_imports_of_the_abi() {
    assert!(ALL.iter().all(|name| abi::IMPORTS.contains(name)));
}

#[test]
#[should_panic(expected = "no quote")]
fn a_quote_in_a_text_does_not_compile() {
    _ = Counter::<0>::new().string("say \"so\"");
}
