//! How deep a text nests, measured before it is parsed: a parser that recurses must not be sent too deep.

use std::ops::Range;

/// Where the text first nests deeper than `limit`: tables by header and dotted key, inline tables and lists all count.
pub(crate) fn too_deep(text: &str, limit: usize) -> Option<Range<usize>> {
    let mut scan = Scan::default();
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' | '\'' => {
                let triple = text.get(at..).is_some_and(|rest| {
                    rest.as_bytes().get(1) == Some(&(character as u8))
                        && rest.as_bytes().get(2) == Some(&(character as u8))
                });
                let end = string_end(text, at, character, triple);
                while characters.peek().is_some_and(|(next, _)| *next < end) {
                    characters.next();
                }
            }
            '#' => while characters.next_if(|(_, next)| *next != '\n').is_some() {},
            _ => scan.take(character),
        }
        if scan.depth() > limit {
            return Some(at..at + character.len_utf8());
        }
    }
    None
}

/// The byte after a string that opens at `start`. A string that never closes ends with its line, as for the parser.
fn string_end(text: &str, start: usize, quote: char, triple: bool) -> usize {
    let open = if triple { 3 } else { 1 };
    let bytes = text.as_bytes();
    let quote = quote as u8;
    let mut at = start + open;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if quote == b'"' => at += 2,
            b'\n' if !triple => return at,
            _ if byte == quote && !triple => return at + 1,
            _ if byte == quote
                && bytes.get(at + 1) == Some(&quote)
                && bytes.get(at + 2) == Some(&quote) =>
            {
                return at + 3;
            }
            _ => at += 1,
        }
    }
    text.len()
}

/// What is open at one place of the text.
#[derive(Default)]
struct Scan {
    /// Keys in the current table's header.
    header: usize,
    in_header: bool,
    /// For each open bracket, the dots of the key before it.
    open: Vec<usize>,
    /// Their sum.
    outer_dots: usize,
    /// Dots of the key under way.
    dots: usize,
    line_is_blank: bool,
    is_first: bool,
}

impl Scan {
    fn depth(&self) -> usize {
        self.header + self.open.len() + self.outer_dots + self.dots
    }

    fn take(&mut self, character: char) {
        let starts_line = self.line_is_blank || !self.is_first;
        self.is_first = true;
        match character {
            '[' if starts_line && self.open.is_empty() => {
                self.in_header = true;
                self.header = 0;
                self.dots = 0;
            }
            '[' if self.in_header => {}
            '[' | '{' => {
                self.outer_dots += self.dots;
                self.open.push(std::mem::take(&mut self.dots));
            }
            ']' if self.in_header => {
                self.in_header = false;
                self.header = self.dots + 1;
                self.dots = 0;
            }
            ']' | '}' => {
                self.outer_dots -= self.open.pop().unwrap_or(0);
                self.dots = 0;
            }
            '.' => self.dots += 1,
            ',' => self.dots = 0,
            '\n' => {
                self.in_header = false;
                self.line_is_blank = true;
                self.dots = 0;
                return;
            }
            _ => {}
        }
        if !character.is_whitespace() {
            self.line_is_blank = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::too_deep;

    #[test]
    fn brackets_dots_and_headers_add_up() {
        let at_limit = format!(
            "[{}x]\n{}y = {}1{}",
            "a.".repeat(20),
            "b.".repeat(20),
            "[".repeat(23),
            "]".repeat(23)
        );
        assert_eq!(too_deep(&at_limit, 64), None);
        let over = at_limit.replace("= [", "= [[");
        assert!(too_deep(&over, 64).is_some());
    }

    #[test]
    fn strings_comments_and_long_lists_are_not_depth() {
        let dots = ".".repeat(1000);
        let text = format!(
            "a = \"{dots}\\\"[[[\"\nb = '{dots}' # {dots}\nc = \"\"\"\n{dots}\n{dots}\"\"\"\nd = [{}]",
            "1.5, ".repeat(500)
        );
        assert_eq!(too_deep(&text, 64), None);
    }

    #[test]
    fn a_key_of_many_dots_is_depth() {
        assert_eq!(
            too_deep(&format!("{}x = 1", "a.".repeat(200)), 64),
            Some(129..130)
        );
    }
}
