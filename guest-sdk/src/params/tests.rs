use super::*;

const DECLARED: &[Param] = &[
    Param::u64("size", "100", "How much."),
    Param::i64("edge", "-5", "Where."),
    Param::bool("loud", "false", "Whether."),
    Param::side("side", "sell", "Which way."),
    Param::text("name", "ann", "Who."),
];

#[track_caller]
fn refused(text: &str, read: impl Fn(&Params<'_>) -> Option<ParamError>) -> String {
    match Params::parse(text, DECLARED) {
        Err(wrong) => wrong.to_string(),
        Ok(params) => read(&params).expect("something is wrong").to_string(),
    }
}

#[test]
fn what_is_not_given_is_the_default() {
    let params = Params::parse("", DECLARED).unwrap();
    assert_eq!(params.u64("size"), Ok(100));
    assert_eq!(params.i64("edge"), Ok(-5));
    assert_eq!(params.bool("loud"), Ok(false));
    assert_eq!(params.side("side"), Ok(Side::Sell));
    assert_eq!(params.text("name"), Ok("ann"));
}

#[test]
fn what_is_given_is_read() {
    let text = "size=7\r\n\nedge=9\nloud=true\nside=buy\nname=a=b c\n";
    let params = Params::parse(text, DECLARED).unwrap();
    assert_eq!(params.u64("size"), Ok(7));
    assert_eq!(params.instrument("size"), Ok(InstrumentId(7)));
    assert_eq!(params.i64("edge"), Ok(9));
    assert_eq!(params.bool("loud"), Ok(true));
    assert_eq!(params.side("side"), Ok(Side::Buy));
    assert_eq!(params.text("name"), Ok("a=b c"));
}

#[test]
fn bounds_are_part_of_what_is_allowed() {
    let params = Params::parse("size=7\nedge=-9", DECLARED).unwrap();
    assert_eq!(params.i64_in("edge", -9, -9), Ok(-9));
    assert_eq!(params.qty("size", 7), Ok(Qty(7)));
    assert_eq!(params.ms("size"), Ok(7_000_000));
    let wrong = params.i64_in("edge", -8, 3).unwrap_err().to_string();
    assert_eq!(wrong, "parameter `edge` is not from -8 to 3");
    let wrong = params.qty("size", 6).unwrap_err().to_string();
    assert_eq!(wrong, "parameter `size` is not from 1 to 6");
    assert!(Params::parse("size=86400001", DECLARED).unwrap().ms("size").is_err());
}

#[test]
fn what_is_wrong_is_named() {
    let none = |_: &Params<'_>| None;
    assert_eq!(refused("size", none), "parameter `size` has no value: write name=value");
    assert_eq!(refused("sise=1", none), "parameter `sise` is not one of this strategy's");
    assert_eq!(refused("size=1\nsize=2", none), "parameter `size` is given twice");
    assert_eq!(
        refused("size=-1", |params| params.u64("size").err()),
        "parameter `size` is not a whole number that fits"
    );
    assert_eq!(
        refused("size=4294967296", |params| params.instrument("size").err()),
        "parameter `size` is not a whole number that fits"
    );
    assert_eq!(
        refused("size=9", |params| params.u64_in("size", 1, 8).err()),
        "parameter `size` is not from 1 to 8"
    );
    assert_eq!(
        refused("loud=yes", |params| params.bool("loud").err()),
        "parameter `loud` is neither true nor false"
    );
    assert_eq!(
        refused("side=long", |params| params.side("side").err()),
        "parameter `side` is neither buy nor sell"
    );
    assert_eq!(
        refused("", |params| params.text("nam").err()),
        "parameter `nam` is not one of this strategy's"
    );
    let unfit = ParamError::unfit("edge", "must not be odd");
    assert_eq!(unfit.to_string(), "parameter `edge` must not be odd");
}

#[test]
fn a_long_name_is_cut_between_letters() {
    let wrong = ParamError::new("äöüäöüäöüäöüäöüäöüäöü", Problem::Unknown);
    assert_eq!(wrong.name.as_str(), "äöüäöüäöüäöüäöüä");
}
