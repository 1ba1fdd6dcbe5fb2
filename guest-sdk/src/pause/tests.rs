use super::*;
use crate::blotter::Blotter;

#[test]
fn it_goes_by_with_the_time_of_commands() {
    let mut blotter = Blotter::new();
    let mut pause = Pause::of_ns(10);
    let mut is_over =
        |pause: &Pause, time| pause.is_over(&Context::new(&mut blotter, &mut [], Time(time)));
    assert!(is_over(&pause, 0), "it has not begun");
    pause.begin(&Context::new(&mut Blotter::new(), &mut [], Time(100)));
    let over = [100, 109, 110, 99].map(|time| is_over(&pause, time));
    assert_eq!(over, [false, false, true, false]);
    pause.end();
    assert!(is_over(&pause, 101));
}
