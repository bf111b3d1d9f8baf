//! The tokens of RTF (Rich Text Format 1.9.1, "Basic Entities"): groups, control words with their number, bytes.
//!
//! In: the document. Out: tokens, one after the other; what is no RTF comes as bytes of text. Nothing is decoded here.

/// What the next thing in a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token<'d> {
    /// `{`.
    Open,
    /// `}`.
    Close,
    /// `\word` with its number, if there is one.
    Word(&'d str, Option<i32>),
    /// `\` before anything but a letter.
    Symbol(u8),
    /// `\'xx`.
    Byte(u8),
    /// A byte of text.
    Text(u8),
}

/// Walks over a document.
pub struct Tokens<'d> {
    rest: &'d [u8],
}

impl<'d> Tokens<'d> {
    /// From the beginning.
    pub fn new(document: &'d [u8]) -> Self {
        Self { rest: document }
    }

    /// Passes over bytes that are no RTF (`\bin`) and returns them.
    pub fn raw(&mut self, size: usize) -> &'d [u8] {
        let (raw, rest) = self.rest.split_at(size.min(self.rest.len()));
        self.rest = rest;
        raw
    }

    fn control(&mut self) -> Token<'d> {
        let Some((first, rest)) = self.rest.split_first() else { return Token::Symbol(b'\\') };
        if *first == b'\'' {
            let digit = |at: usize| rest.get(at).and_then(|b| char::from(*b).to_digit(16));
            let (Some(high), Some(low)) = (digit(0), digit(1)) else {
                self.rest = rest;
                return Token::Symbol(b'\'');
            };
            self.raw(3);
            return Token::Byte((high << 4 | low) as u8);
        }
        let letters = self.rest.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        if letters == 0 {
            self.rest = rest;
            return Token::Symbol(*first);
        }
        let word = str::from_utf8(self.raw(letters)).unwrap_or_default();
        let sign = usize::from(self.rest.first() == Some(&b'-'));
        let digits = self.rest.iter().skip(sign).take_while(|b| b.is_ascii_digit()).count();
        let mut number = None;
        if digits > 0 {
            // Too large a number is none.
            number = str::from_utf8(self.raw(sign + digits)).ok().and_then(|digits| digits.parse().ok());
        }
        if self.rest.first() == Some(&b' ') {
            self.raw(1);
        }
        Token::Word(word, number)
    }
}

impl<'d> Iterator for Tokens<'d> {
    type Item = Token<'d>;

    fn next(&mut self) -> Option<Token<'d>> {
        loop {
            let (first, rest) = self.rest.split_first()?;
            self.rest = rest;
            return Some(match first {
                b'{' => Token::Open,
                b'}' => Token::Close,
                b'\\' => self.control(),
                // Line ends are for the eye.
                b'\r' | b'\n' | 0 => continue,
                byte => Token::Text(*byte),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_with_their_number_and_one_space() {
        let tokens: Vec<_> = Tokens::new(b"{\\b0 x\\u-10?\\par\n\\'e6\\~\\'zz\\i99999999999 y}\\").collect();
        use Token::*;
        assert_eq!(
            tokens,
            [
                Open,
                Word("b", Some(0)),
                Text(b'x'),
                Word("u", Some(-10)),
                Text(b'?'),
                Word("par", None),
                Byte(0xE6),
                Symbol(b'~'),
                Symbol(b'\''),
                Text(b'z'),
                Text(b'z'),
                Word("i", None),
                Text(b'y'),
                Close,
                Symbol(b'\\'),
            ]
        );
    }
}
