//! Lines of a file, gzip or plain, or of standard input, each with its number.

use std::cell::Cell;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;

use crate::error::RunError;

/// The lines of an input.
pub struct Lines {
    file: String,
    is_standard: bool,
    source: Source,
    number: u64,
    bytes: Vec<u8>,
    /// Whether the rest of a line that is too long is still to be passed over.
    in_rest: bool,
    bytes_read: Rc<Cell<u64>>,
    bytes_total: u64,
}

/// No command and no row of any depth is nearly as long.
pub const LINE_LEN_MAX: usize = 1 << 16;

/// Bytes read from the system at once.
const CHUNK_LEN: usize = 1 << 16;

impl Lines {
    /// The lines of `file`; `-` is standard input. Gzip is told by its first two bytes.
    ///
    /// # Errors
    ///
    /// [`RunError::Open`] where there is no such file or it may not be read.
    pub fn open(file: &str) -> Result<Self, RunError> {
        let failed = |source| RunError::Open { file: file.to_owned(), source };
        let (raw, bytes_total): (Box<dyn Read>, u64) = if file == "-" {
            (Box::new(io::stdin()), 0)
        } else {
            let opened = File::open(file).map_err(failed)?;
            let metadata = opened.metadata().map_err(failed)?;
            if metadata.is_dir() {
                return Err(failed(io::ErrorKind::IsADirectory.into()));
            }
            (Box::new(opened), metadata.len())
        };
        let bytes_read = Rc::new(Cell::new(0));
        let counted = Counted { raw, bytes_read: Rc::clone(&bytes_read) };
        let mut plain = BufReader::with_capacity(CHUNK_LEN, counted);
        let is_gzip = plain.fill_buf().map_err(failed)?.starts_with(&GZIP_MAGIC);
        let source = if is_gzip {
            let unpacked = BufReader::with_capacity(CHUNK_LEN, MultiGzDecoder::new(plain));
            Source::Gzip(Box::new(unpacked))
        } else {
            Source::Plain(plain)
        };
        let is_standard = file == "-";
        let file = if is_standard { "standard input".to_owned() } else { file.to_owned() };
        let bytes = Vec::new();
        let in_rest = false;
        Ok(Self { file, is_standard, source, number: 0, bytes, in_rest, bytes_read, bytes_total })
    }

    /// The lines of a text that is in memory; messages call it `name`.
    #[must_use]
    pub fn of(name: &str, text: Vec<u8>) -> Self {
        let bytes_total = text.len() as u64;
        let bytes_read = Rc::new(Cell::new(0));
        let counted =
            Counted { raw: Box::new(io::Cursor::new(text)), bytes_read: Rc::clone(&bytes_read) };
        Self {
            file: name.to_owned(),
            is_standard: false,
            source: Source::Plain(BufReader::with_capacity(CHUNK_LEN, counted)),
            number: 0,
            bytes: Vec::new(),
            in_rest: false,
            bytes_read,
            bytes_total,
        }
    }

    /// The next line without its end; `None` after the last.
    ///
    /// # Errors
    ///
    /// [`RunError`] where the file cannot be read on or is cut short; [`RunError::Line`] where the line
    /// is not text or too long: the next call goes on behind it.
    pub fn next_line(&mut self) -> Result<Option<&str>, RunError> {
        self.bytes.clear();
        if self.in_rest {
            self.pass_rest()?;
        }
        let limit = u64::try_from(LINE_LEN_MAX).expect("a small number") + 1;
        let read = self.source.reader().take(limit).read_until(b'\n', &mut self.bytes);
        self.number += 1;
        match read {
            Ok(0) => return Ok(None),
            Ok(_) => {}
            Err(source) => return Err(self.failed(source)),
        }
        if self.bytes.last() == Some(&b'\n') {
            self.bytes.pop();
        } else if self.bytes.len() > LINE_LEN_MAX {
            self.in_rest = true;
            let problem =
                format!("the line is longer than {LINE_LEN_MAX} bytes; is this a text file?");
            return Err(self.error(LINE_LEN_MAX, problem));
        }
        if self.bytes.last() == Some(&b'\r') {
            self.bytes.pop();
        }
        match std::str::from_utf8(&self.bytes) {
            Ok(line) => Ok(Some(line)),
            Err(error) => {
                let column = String::from_utf8_lossy(&self.bytes[..error.valid_up_to()]);
                let column = column.chars().count() + 1;
                let problem = "this is not text in UTF-8; is the file compressed otherwise?";
                Err(RunError::Line {
                    file: self.file.clone(),
                    line: self.number,
                    column,
                    problem: problem.into(),
                })
            }
        }
    }

    /// Passes over the rest of a line, however long.
    fn pass_rest(&mut self) -> Result<(), RunError> {
        loop {
            let buffer = match self.source.reader().fill_buf() {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(source) => return Err(self.failed(source)),
            };
            let end = buffer.iter().position(|&byte| byte == b'\n');
            let passed = end.map_or(buffer.len(), |end| end + 1);
            let is_over = end.is_some() || passed == 0;
            self.source.reader().consume(passed);
            if is_over {
                self.in_rest = false;
                return Ok(());
            }
        }
    }

    /// Whether the next line comes from somebody who may still be writing it.
    #[must_use]
    pub fn would_wait(&self) -> bool {
        match &self.source {
            Source::Plain(plain) => self.is_standard && plain.buffer().is_empty(),
            Source::Gzip(_) => false,
        }
    }

    /// An error in the latest line.
    #[must_use]
    pub fn error(&self, column: usize, problem: impl Into<String>) -> RunError {
        let (file, line) = (self.file.clone(), self.number);
        RunError::Line { file, line, column, problem: problem.into() }
    }

    /// An error of the file as a whole.
    #[must_use]
    pub fn file_error(&self, problem: impl Into<String>) -> RunError {
        RunError::File { file: self.file.clone(), problem: problem.into() }
    }

    /// The number of the latest line, from 1.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The file's name as it was given.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Bytes read of the file as it lies there, and how many it has; 0 where nobody knows.
    #[must_use]
    pub fn progress(&self) -> (u64, u64) {
        (self.bytes_read.get(), self.bytes_total)
    }

    fn failed(&self, source: io::Error) -> RunError {
        let (file, line) = (self.file.clone(), self.number);
        match source.kind() {
            io::ErrorKind::UnexpectedEof => RunError::CutShort { file, line },
            _ => RunError::Read { file, line, source },
        }
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines")
            .field("file", &self.file)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

enum Source {
    Plain(BufReader<Counted>),
    Gzip(Box<BufReader<MultiGzDecoder<BufReader<Counted>>>>),
}

impl Source {
    fn reader(&mut self) -> &mut dyn BufRead {
        match self {
            Self::Plain(plain) => plain,
            Self::Gzip(unpacked) => unpacked,
        }
    }
}

/// The first two bytes of every gzip file.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

struct Counted {
    raw: Box<dyn Read>,
    bytes_read: Rc<Cell<u64>>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.raw.read(into)?;
        self.bytes_read.set(self.bytes_read.get() + u64::try_from(read).unwrap_or_default());
        Ok(read)
    }
}
