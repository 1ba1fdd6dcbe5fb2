//! Random guests: arithmetic on every type, loops, branches, calls and memory, from a seed.

use crate::guests::Guest;

/// A guest that answers event `i` with what its function `i` makes of it.
pub fn module(seed: u64, functions: usize) -> Vec<u8> {
    let mut maker =
        Maker { state: seed.wrapping_mul(0x2545_F491_4F6C_DD1D) ^ 0x9E37_79B9, depth: 0 };
    let mut more = format!("(table funcref (elem {}))", names(functions));
    more.push_str("(type $f (func (param i64 f64 i32) (result i64)))");
    for number in 0..functions {
        more.push_str(&maker.function(number));
    }
    let on_events = format!(
        "(loop $next
            (if (i32.lt_u (local.get $i) (local.get $count)) (then
                (local.set $n (i32.add (i32.const 4224) (i32.mul (local.get $i) (i32.const 128))))
                (local.set $x (call_indirect (type $f)
                    (i64.load offset=32 (local.get $events))
                    (f64.convert_i64_s (i64.load offset=40 (local.get $events)))
                    (local.get $i)
                    (i32.rem_u (local.get $i) (i32.const {functions}))))
                (i64.store offset=48 (local.get $n) (local.get $x))
                (local.set $events (i32.add (local.get $events) (i32.const 64)))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br $next))))
        (local.get $i)"
    );
    Guest { on_events, more, ..Guest::default() }.wasm()
}

fn names(functions: usize) -> String {
    (0..functions).map(|number| format!("$f{number} ")).collect()
}

struct Maker {
    state: u64,
    depth: u32,
}

/// The four types, with the local variables that every function has of each.
const TYPES: [&str; 4] = ["i32", "i64", "f32", "f64"];

impl Maker {
    fn next(&mut self, below: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state >> 33).unwrap() % below
    }

    fn function(&mut self, number: usize) -> String {
        let mut body = String::new();
        for _ in 0..3 + self.next(5) {
            body.push_str(&self.statement(number));
        }
        let results = TYPES.map(|ty| format!("(local.get ${ty}b)"));
        format!(
            "(func $f{number} (type $f) (param $i64a i64) (param $f64a f64) (param $i32a i32)
                (result i64)
                (local $i32b i32) (local $i64b i64) (local $f32a f32) (local $f32b f32)
                (local $f64b f64) (local $k i32)
                {body}
                (i64.xor (i64.xor (i64.extend_i32_u {}) {})
                    (i64.xor (i64.extend_i32_u (i32.reinterpret_f32 {}))
                        (i64.reinterpret_f64 {}))))",
            results[0], results[1], results[2], results[3]
        )
    }

    fn statement(&mut self, number: usize) -> String {
        let ty = self.next(4);
        let (name, value) = (TYPES[ty], self.expression(ty));
        let letter = ["a", "b"][self.next(2)];
        match self.next(7) {
            0 => format!("({name}.store {} {value})", self.address()),
            1 => {
                let condition = self.expression(0);
                let other = self.expression(ty);
                format!(
                    "(if {condition} (then (local.set ${name}{letter} {value}))
                        (else (local.set ${name}b {other})))"
                )
            }
            2 => {
                let (turns, condition) = (2 + self.next(20), self.expression(0));
                format!(
                    "(local.set $k (i32.const {turns}))
                     (block $out (loop $again
                        (local.set ${name}{letter} {value})
                        (br_if $out (i32.eqz {condition}))
                        (local.set $k (i32.sub (local.get $k) (i32.const 1)))
                        (br_if $again (i32.gt_s (local.get $k) (i32.const 0)))))"
                )
            }
            3 => {
                let (selector, other) = (self.expression(0), self.expression(1));
                format!(
                    "(block $c (block $b (block $a
                        (br_table $a $b $c (i32.and {selector} (i32.const 3))))
                        (local.set ${name}{letter} {value}) (br $c))
                        (local.set $i64b {other}))"
                )
            }
            // Only earlier functions are called, so that every program ends.
            4 if number > 0 => format!(
                "(local.set $i64b (call $f{} {} {} {}))",
                self.next(number.min(3)) + number - number.min(3),
                self.expression(1),
                self.expression(3),
                self.expression(0)
            ),
            5 => {
                let len = self.next(200);
                let op = ["fill", "copy"][self.next(2)];
                format!("(memory.{op} {} {} (i32.const {len}))", self.address(), self.address())
            }
            _ => format!("(local.set ${name}{letter} {value})"),
        }
    }

    /// An address that the guest has, away from its buffers.
    fn address(&mut self) -> String {
        let inner = self.expression(0);
        format!("(i32.add (i32.const 65536) (i32.and {inner} (i32.const 0x7ff8)))")
    }

    fn expression(&mut self, ty: usize) -> String {
        let name = TYPES[ty];
        if self.depth >= 4 || self.next(4) == 0 {
            return self.leaf(ty);
        }
        self.depth += 1;
        let made = match self.next(6) {
            0 => self.conversion(ty),
            1 => {
                let compared = self.next(4);
                let of = TYPES[compared];
                let op = if compared < 2 { ["lt_s", "ge_u", "eq"] } else { ["lt", "ge", "eq"] };
                let op = op[self.next(3)];
                let (a, b) = (self.expression(compared), self.expression(compared));
                let (yes, no) = (self.expression(ty), self.expression(ty));
                format!("(select {yes} {no} ({of}.{op} {a} {b}))")
            }
            2 if ty >= 2 => {
                let ops = ["sqrt", "ceil", "floor", "trunc", "nearest", "abs", "neg"];
                format!("({name}.{} {})", ops[self.next(ops.len())], self.expression(ty))
            }
            2 => {
                let ops = ["clz", "ctz", "popcnt", "extend8_s", "extend16_s"];
                format!("({name}.{} {})", ops[self.next(ops.len())], self.expression(ty))
            }
            3 => format!("({name}.load {})", self.address()),
            _ => {
                let floats = ["add", "sub", "mul", "div", "min", "max", "copysign"];
                let whole = [
                    "add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl",
                    "rotr",
                ];
                let op = if ty >= 2 {
                    floats[self.next(floats.len())]
                } else {
                    whole[self.next(whole.len())]
                };
                let (a, b) = (self.expression(ty), self.expression(ty));
                if ty < 2 && self.next(6) == 0 {
                    // A divisor that is odd is neither zero nor, made positive, minus one.
                    format!("({name}.div_u {a} ({name}.or {b} ({name}.const 1)))")
                } else {
                    format!("({name}.{op} {a} {b})")
                }
            }
        };
        self.depth -= 1;
        made
    }

    fn conversion(&mut self, ty: usize) -> String {
        let from = (ty + 1 + self.next(3)) % 4;
        let inner = self.expression(from);
        let op = match (TYPES[ty], TYPES[from]) {
            ("i32", "i64") => "i32.wrap_i64",
            ("i32", "f32") => ["i32.reinterpret_f32", "i32.trunc_sat_f32_s"][self.next(2)],
            ("i32", _) => "i32.trunc_sat_f64_u",
            ("i64", "i32") => "i64.extend_i32_s",
            ("i64", "f32") => "i64.trunc_sat_f32_s",
            ("i64", _) => ["i64.reinterpret_f64", "i64.trunc_sat_f64_s"][self.next(2)],
            ("f32", "i32") => ["f32.reinterpret_i32", "f32.convert_i32_s"][self.next(2)],
            ("f32", "i64") => "f32.convert_i64_u",
            ("f32", _) => "f32.demote_f64",
            (_, "i32") => "f64.convert_i32_u",
            (_, "i64") => ["f64.reinterpret_i64", "f64.convert_i64_s"][self.next(2)],
            _ => "f64.promote_f32",
        };
        format!("({op} {inner})")
    }

    fn leaf(&mut self, ty: usize) -> String {
        let name = TYPES[ty];
        let letter = ["a", "b"][self.next(2)];
        if self.next(3) > 0 {
            return format!("(local.get ${name}{letter})");
        }
        let odd = ["nan:0x1234", "-nan", "inf", "-0", "1e-310", "3.25"];
        match ty {
            2 => format!("(f32.const {})", odd[self.next(odd.len())].replace("1e-310", "1e-40")),
            3 => format!("(f64.const {})", odd[self.next(odd.len())]),
            _ => format!("({name}.const {})", self.next(1 << 20)),
        }
    }
}
