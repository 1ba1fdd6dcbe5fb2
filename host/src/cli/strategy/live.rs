//! `ringfence strategy list`, `load`, `unload`, `replace`, `snapshot`, `restore`: what an operator does
//! with the strategies of a venue that runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf, absolute};

use serde_json::Value;

use super::super::strategies::{Runtime, file_and_params};
use super::super::{Outcome, complain};
use super::{columns, plain, print};
use crate::admin::{ClientError, Request, Whom, ask};
use crate::config::Parameter;
use crate::error::RunError;
use crate::seat::OpenOrders;

/// Which venue.
#[derive(Debug, clap::Args)]
pub(super) struct At {
    /// Its admin socket, as `[admin]` of its configuration has it
    #[arg(long, value_name = "SOCKET")]
    admin: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(super) struct List {
    #[command(flatten)]
    at: At,
    /// Print the answer as it comes, in JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Load {
    #[command(flatten)]
    at: At,
    /// Its module and parameters; without one, what the venue's configuration says of --name
    #[arg(value_name = "FILE.wasm[,KEY=VALUE…]", required_unless_present = "name")]
    file: Option<String>,
    /// What people call it [default: as its file]
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    version: Version,
}

#[derive(Debug, clap::Args)]
pub(super) struct Unload {
    #[command(flatten)]
    at: At,
    /// Its name, or the number of its seat
    strategy: String,
    /// Leave its open orders in the book, instead of cancelling them
    #[arg(long)]
    keep_orders: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Replace {
    #[command(flatten)]
    at: At,
    /// Its name, or the number of its seat
    strategy: String,
    /// The new module and parameters; without one, what the venue's configuration says of it now
    #[arg(value_name = "FILE.wasm[,KEY=VALUE…]")]
    file: Option<String>,
    #[command(flatten)]
    version: Version,
    /// Cancel its open orders, instead of leaving them to the new version
    #[arg(long)]
    cancel_orders: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Snapshot {
    #[command(flatten)]
    at: At,
    /// Its name, or the number of its seat; all of them where none is named
    strategy: Option<String>,
    /// Write it to this file besides
    #[arg(long, value_name = "FILE", requires = "strategy")]
    to: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Restore {
    #[command(flatten)]
    at: At,
    /// Its name, or the number of its seat
    strategy: String,
    /// What `ringfence strategy snapshot` wrote
    #[arg(long, value_name = "FILE")]
    image: PathBuf,
    /// Leave its open orders in the book, instead of cancelling them
    #[arg(long)]
    keep_orders: bool,
}

/// What is said of a version besides its file.
#[derive(Debug, clap::Args)]
struct Version {
    /// What runs it
    #[arg(long, value_enum)]
    runtime: Option<Runtime>,
    /// A parameter; may be given again
    #[arg(long = "parameter", value_name = "KEY=VALUE")]
    parameters: Vec<String>,
}

pub(super) fn list(args: &List) -> Result<Outcome, RunError> {
    let request = Request::List {};
    args.at.ask(&request, |answer| {
        if args.json {
            return format!("{}\n", answer["strategies"]);
        }
        let none = Vec::new();
        let strategies = answer["strategies"].as_array().unwrap_or(&none);
        let mut rows = vec![HEADS.map(str::to_owned)];
        rows.extend(strategies.iter().map(row));
        let mut text = String::new();
        columns(&rows, &mut text);
        text
    })
}

pub(super) fn load(args: &Load) -> Result<Outcome, RunError> {
    let (file, parameters) = args.version.of(args.file.as_deref())?;
    let runtime = args.version.runtime.map(Into::into);
    let request = Request::Load { file, name: args.name.clone(), runtime, parameters };
    args.at.ask(&request, |answer| {
        let Said { seat, name } = Said::of(answer);
        format!("loaded {name} at seat {seat}, account {}\n{}", answer["account"], not_kept(answer))
    })
}

pub(super) fn unload(args: &Unload) -> Result<Outcome, RunError> {
    let orders = if args.keep_orders { OpenOrders::Keep } else { OpenOrders::Cancel };
    let request = Request::Unload { strategy: Whom::new(&args.strategy), orders };
    args.at.ask(&request, |answer| format!("unloaded seat {}\n{}", answer["seat"], besides(answer)))
}

pub(super) fn replace(args: &Replace) -> Result<Outcome, RunError> {
    let (file, parameters) = args.version.of(args.file.as_deref())?;
    let runtime = args.version.runtime.map(Into::into);
    let orders = if args.cancel_orders { OpenOrders::Cancel } else { OpenOrders::Keep };
    let strategy = Whom::new(&args.strategy);
    let request = Request::Replace { strategy, file, runtime, parameters, orders };
    args.at.ask(&request, |answer| {
        let Said { seat, name } = Said::of(answer);
        let state = match answer["state"].as_str() {
            Some("taken") => format!("took over {} bytes of state", answer["bytes"]),
            Some("lost") => format!(
                "begins from nothing: the old version {}",
                plain(answer["why"].as_str().unwrap_or_default())
            ),
            _ => "begins from nothing: one of the two hands over no state".to_owned(),
        };
        format!("replaced {name} at seat {seat}; the new version {state}\n{}", besides(answer))
    })
}

pub(super) fn snapshot(args: &Snapshot) -> Result<Outcome, RunError> {
    let to = args.to.as_deref().map(whole).transpose()?;
    let request = Request::Snapshot { strategy: args.strategy.as_deref().map(Whom::new), to };
    args.at.ask(&request, |answer| {
        let none = Vec::new();
        let images = answer["images"].as_array().unwrap_or(&none);
        let line = |image: &Value| {
            let Said { seat, name } = Said::of(image);
            let (place, bytes) = (&image["place"], &image["bytes"]);
            format!("kept {name} of seat {seat} as it was after place {place}: {bytes} bytes\n")
        };
        images.iter().map(line).collect()
    })
}

pub(super) fn restore(args: &Restore) -> Result<Outcome, RunError> {
    let orders = if args.keep_orders { OpenOrders::Keep } else { OpenOrders::Cancel };
    let (strategy, image) = (Whom::new(&args.strategy), whole(&args.image)?);
    let request = Request::Restore { strategy, image, orders };
    args.at.ask(&request, |answer| {
        let Said { seat, name } = Said::of(answer);
        let (place, besides) = (&answer["place"], besides(answer));
        format!("{name} at seat {seat} goes on as it was after place {place}\n{besides}")
    })
}

impl At {
    /// Asks, and prints what is to be said of the answer. What the venue looked at and turned down is
    /// a verdict, exit status 1.
    fn ask(
        &self,
        request: &Request,
        say: impl FnOnce(&Value) -> String,
    ) -> Result<Outcome, RunError> {
        match ask(&self.admin, request) {
            Ok(answer) => print(&say(&answer)).map(|()| Outcome::AsWished),
            Err(error @ ClientError::Refused { is_verdict: true, .. }) => {
                complain(&plain(&error.to_string()));
                Ok(Outcome::Differs)
            }
            Err(error) => Err(RunError::Usage(plain(&error.to_string()))),
        }
    }
}

impl Version {
    /// The file and the parameters, from both places where they can be given.
    fn of(
        &self,
        asked: Option<&str>,
    ) -> Result<(Option<PathBuf>, BTreeMap<String, Parameter>), RunError> {
        let (file, lines) = asked.map(file_and_params).transpose()?.unzip();
        let given = lines.iter().flat_map(|lines: &String| lines.lines());
        let mut parameters = BTreeMap::new();
        for pair in given.chain(self.parameters.iter().map(String::as_str)) {
            let parameter = pair.split_once('=');
            let parameter = parameter.and_then(|(key, it)| Some((key, Parameter::new(it)?)));
            let Some((key, value)) = parameter else {
                let problem = format!("the parameter {pair:?} is not KEY=VALUE, on one line");
                return Err(RunError::Usage(problem));
            };
            if parameters.insert(key.to_owned(), value).is_some() {
                return Err(RunError::Usage(format!("the parameter {key:?} is there twice")));
            }
        }
        let file = file.map(|file| whole(Path::new(file))).transpose()?;
        Ok((file, parameters))
    }
}

/// Whom an answer is about, as a terminal may have it.
struct Said<'a> {
    seat: &'a Value,
    name: String,
}

impl<'a> Said<'a> {
    fn of(answer: &'a Value) -> Self {
        let name = answer["name"].as_str().unwrap_or_default();
        Self { seat: &answer["seat"], name: format!("\"{}\"", plain(name)) }
    }
}

/// What is to be said besides of a strategy that left.
fn besides(answer: &Value) -> String {
    let last_words = answer["last_words"].as_str();
    let mut text = last_words.map_or_else(String::new, |fault| {
        format!("whoever was there {}; nothing else follows from it\n", plain(fault))
    });
    text += &not_kept(answer);
    text
}

/// What is to be said where something was done and is not on the disk.
fn not_kept(answer: &Value) -> String {
    answer["not_kept"].as_str().map_or_else(String::new, |why| {
        format!("it is done, but the venue's next start may not know of it: {}\n", plain(why))
    })
}

/// What the columns of a list are.
const HEADS: [&str; 10] =
    ["seat", "name", "account", "state", "open", "orders", "events", "gas", "faults", "last fault"];

fn row(strategy: &Value) -> [String; 10] {
    let orders = &strategy["orders"];
    let faults = strategy["faults"].as_object();
    let faults: u64 = faults.into_iter().flat_map(|it| it.values()).filter_map(Value::as_u64).sum();
    let text = |value: &Value| plain(value.as_str().unwrap_or_default());
    [
        strategy["seat"].to_string(),
        text(&strategy["name"]),
        strategy["account"].to_string(),
        text(&strategy["state"]),
        orders["open"].to_string(),
        orders["accepted"].to_string(),
        strategy["events"].to_string(),
        strategy["gas"].to_string(),
        faults.to_string(),
        text(&strategy["last_fault"]["what"]),
    ]
}

/// A path from the root: the venue stands elsewhere.
fn whole(path: &Path) -> Result<PathBuf, RunError> {
    absolute(path).map_err(|source| RunError::Open { file: path.display().to_string(), source })
}
