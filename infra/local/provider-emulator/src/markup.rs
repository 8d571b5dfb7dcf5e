//! Escapes text for the two markups that are written by hand: SNS's XML answers and the inbox's
//! HTML.

/// Escapes text so that it is safe as text and inside a quoted attribute, in HTML and in XML.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_that_opens_a_tag_or_ends_an_attribute_survives() {
        assert_eq!(
            super::escape(r#"<b a="1" b='2'>&é"#),
            "&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;é"
        );
    }
}
