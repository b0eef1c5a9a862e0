//! Owns questions to whoever sits at the terminal.

use crate::failure::Failure;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use std::io::{self, BufRead, IsTerminal};

const CTRL_C: u8 = 3;
const CTRL_D: u8 = 4;
const BACKSPACE: [u8; 2] = [8, 127];
const CTRL_U: u8 = 21;

/// Whether whoever sits at the terminal types `expected` when asked `question`. `not_done` begins the refusal where
/// nobody sits there.
pub fn types(question: &str, expected: &str, not_done: &str) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::Usage(format!("{not_done}: this needs --yes, or a terminal to ask at")));
    }
    eprint!("{question}");
    let mut typed = String::new();
    io::stdin().read_line(&mut typed).map_err(|error| Failure::local("cannot read the answer", error))?;
    Ok(typed.trim_end_matches(['\r', '\n']) == expected)
}

/// Has the name of what is deleted typed, unless `yes` was said.
pub fn names(kind: &str, name: &str, yes: bool) -> Result<(), Failure> {
    match yes || types(&format!("Type the name of the {kind} to delete it: "), name, "not deleted")? {
        true => Ok(()),
        false => Err(Failure::Declined("not deleted: the name was not typed".into())),
    }
}

/// What is typed into standard input, a terminal, which does not show it; nothing when it is cancelled.
pub fn ask_unseen(prompt: &str) -> io::Result<Option<String>> {
    let line = {
        // Interrupts are read as characters, so that Ctrl-C does not leave a terminal that shows nothing.
        let _unseen = Unseen::begin()?;
        eprint!("{prompt}");
        line(io::stdin().lock())
    };
    eprintln!();
    line
}

/// The terminal while it shows nothing; it is as before once this is dropped.
struct Unseen(Termios);

impl Unseen {
    fn begin() -> io::Result<Unseen> {
        let before = tcgetattr(io::stdin())?;
        let mut unseen = before.clone();
        unseen.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        unseen.special_codes[SpecialCodeIndex::VMIN] = 1;
        unseen.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(io::stdin(), OptionalActions::Flush, &unseen)?;
        Ok(Unseen(before))
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

/// One line, with the corrections that a terminal would make.
fn line(from: impl BufRead) -> io::Result<Option<String>> {
    let mut typed = Vec::new();
    for byte in from.bytes() {
        match byte? {
            b'\n' | b'\r' => break,
            CTRL_C => return Ok(None),
            CTRL_D if typed.is_empty() => return Ok(None),
            CTRL_D => break,
            CTRL_U => typed.clear(),
            byte if BACKSPACE.contains(&byte) => drop_character(&mut typed),
            byte => typed.push(byte),
        }
    }
    String::from_utf8(typed).map(Some).map_err(|_| io::Error::other("it is not UTF-8"))
}

/// The last character of UTF-8, whole.
fn drop_character(typed: &mut Vec<u8>) {
    while let Some(byte) = typed.pop() {
        if byte & 0xc0 != 0x80 {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_line_is_corrected_as_it_is_typed() {
        let typed = |keys: &str| line(keys.as_bytes()).unwrap();
        assert_eq!(typed("secret\rmore"), Some("secret".into()));
        assert_eq!(typed("wrong\u{15}ri곳\u{7f}ghx\u{8}t\n"), Some("right".into()));
        assert_eq!(typed("half\u{3}"), None);
        assert_eq!(typed("\u{4}"), None);
        assert_eq!(typed("done\u{4}"), Some("done".into()));
        assert_eq!(typed("\n"), Some(String::new()));
    }
}
