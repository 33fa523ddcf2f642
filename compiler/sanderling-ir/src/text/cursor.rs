//! A position in the text, and the tokens that follow it.

use super::ParseError;

/// Sizes, offsets and numbers of values stay below this, so that no later sum or product of two can overflow.
pub(super) const MOST: usize = i32::MAX as usize;

#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

/// Characters of keywords, numbers and shapes such as `1x49x10`.
pub(super) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '+' | '-')
}

/// Characters of a name that needs no quotes.
pub(super) fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/')
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut cursor = Cursor { text, at: 0 };
        cursor.skip_space();
        cursor
    }

    pub(super) fn fail<T>(&self, why: impl Into<String>) -> Result<T, ParseError> {
        Err(ParseError::at(self.text, self.at, why.into()))
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn advance(&mut self, bytes: usize) {
        self.at += bytes;
        self.skip_space();
    }

    fn skip_space(&mut self) {
        loop {
            let rest = self.rest();
            let space = rest.len() - rest.trim_start().len();
            let comment = match rest[space..].starts_with("//") {
                true => rest[space..].find('\n').unwrap_or(rest.len() - space),
                false => 0,
            };
            self.at += space + comment;
            if comment == 0 {
                return;
            }
        }
    }

    /// What comes next, for messages.
    pub(super) fn found(&self) -> String {
        match self.rest().chars().next() {
            None => "the end of the text".into(),
            Some(c) if is_word(c) => format!("`{}`", self.peek_word().chars().take(24).collect::<String>()),
            Some(c) => format!("`{}`", c.escape_debug()),
        }
    }

    pub(super) fn at_end(&self) -> bool {
        self.rest().is_empty()
    }

    pub(super) fn sees(&self, token: char) -> bool {
        self.rest().starts_with(token)
    }

    /// Passes over `token` if it comes next.
    pub(super) fn eat(&mut self, token: char) -> bool {
        let found = self.sees(token);
        if found {
            self.advance(token.len_utf8());
        }
        found
    }

    pub(super) fn expect(&mut self, token: char) -> Result<(), ParseError> {
        match self.eat(token) {
            true => Ok(()),
            false => self.fail(format!("expected `{token}`, found {}", self.found())),
        }
    }

    pub(super) fn peek_word(&self) -> &'a str {
        let rest = self.rest();
        &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())]
    }

    pub(super) fn word(&mut self) -> Result<&'a str, ParseError> {
        let word = self.peek_word();
        if word.is_empty() {
            return self.fail(format!("expected a word, found {}", self.found()));
        }
        self.advance(word.len());
        Ok(word)
    }

    pub(super) fn keyword(&mut self, keyword: &str) -> Result<(), ParseError> {
        if self.peek_word() != keyword {
            return self.fail(format!("expected `{keyword}`, found {}", self.found()));
        }
        self.advance(keyword.len());
        Ok(())
    }

    /// A number below [`MOST`].
    pub(super) fn size(&mut self) -> Result<usize, ParseError> {
        let start = *self;
        let word = self.word()?;
        size(word).map_or_else(|why| start.fail(why), Ok)
    }

    /// `"..."` with the escapes of [`quote`].
    pub(super) fn string(&mut self) -> Result<String, ParseError> {
        let start = *self;
        if !self.sees('"') {
            return self.fail(format!("expected a quoted name, found {}", self.found()));
        }
        let mut text = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => {
                    self.advance(i + 1);
                    return Ok(text);
                }
                '\\' => match unescape(&mut chars) {
                    Some(c) => text.push(c),
                    None => {
                        self.at += i;
                        return self.fail("unknown escape: there are \\\\ \\\" \\n \\r \\t and \\u{hex}");
                    }
                },
                c => text.push(c),
            }
        }
        start.fail("this quote is never closed")
    }

    /// A name, bare or quoted.
    pub(super) fn name(&mut self) -> Result<String, ParseError> {
        if self.sees('"') {
            return self.string();
        }
        let rest = self.rest();
        let name = &rest[..rest.find(|c| !is_bare(c)).unwrap_or(rest.len())];
        if name.is_empty() {
            return self.fail(format!("expected a name, found {}", self.found()));
        }
        self.advance(name.len());
        Ok(name.to_string())
    }

    /// `hex"..."`, spaces allowed.
    pub(super) fn hex(&mut self, most: usize) -> Result<Vec<u8>, ParseError> {
        self.keyword("hex")?;
        let start = *self;
        let body = match self.rest().strip_prefix('"').and_then(|rest| rest.split_once('"')) {
            Some((body, _)) => body,
            None => return self.fail("expected bytes in quotes"),
        };
        let mut bytes = Vec::with_capacity((body.len() / 2).min(most));
        let mut high = None;
        for (i, c) in body.char_indices().filter(|(_, c)| !c.is_whitespace()) {
            let Some(digit) = c.to_digit(16) else {
                self.at += 1 + i;
                return self.fail(format!("`{}` is not a hexadecimal digit", c.escape_debug()));
            };
            high = match high {
                None => Some(digit),
                Some(high) => {
                    bytes.push((high << 4 | digit) as u8);
                    None
                }
            };
            if bytes.len() > most {
                return start.fail(format!("more than the {most} bytes that the type needs"));
            }
        }
        if high.is_some() {
            return start.fail("half a byte at the end");
        }
        self.advance(body.len() + 2);
        Ok(bytes)
    }

    /// `open item, item close`.
    pub(super) fn list<T>(
        &mut self,
        open: char,
        close: char,
        mut item: impl FnMut(&mut Self) -> Result<T, ParseError>,
    ) -> Result<Vec<T>, ParseError> {
        self.expect(open)?;
        let mut items = Vec::new();
        while !self.eat(close) {
            if !items.is_empty() {
                self.expect(',')?;
            }
            items.push(item(self)?);
        }
        Ok(items)
    }
}

/// Reads a number below [`MOST`].
pub(super) fn size(word: &str) -> Result<usize, String> {
    match word.parse::<usize>() {
        Ok(n) if n <= MOST => Ok(n),
        Ok(_) => Err(format!("{word} is above {MOST}")),
        Err(_) => Err(format!("`{}` is not a size", word.chars().take(24).collect::<String>())),
    }
}

fn unescape(chars: &mut impl Iterator<Item = (usize, char)>) -> Option<char> {
    match chars.next()?.1 {
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        c @ ('"' | '\\') => Some(c),
        'u' => {
            chars.next().filter(|(_, c)| *c == '{')?;
            let mut code = 0u32;
            for _ in 0..7 {
                match chars.next()?.1 {
                    '}' => return char::from_u32(code),
                    c => code = code.checked_mul(16)?.checked_add(c.to_digit(16)?)?,
                }
            }
            None
        }
        _ => None,
    }
}

/// A name in quotes, such that it stays on its line.
pub(super) fn quote(name: &str) -> String {
    let mut out = String::from("\"");
    for c in name.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
