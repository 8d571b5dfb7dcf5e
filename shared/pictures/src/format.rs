//! The formats of pictures: recognised by their first bytes, and followed piece by piece to their
//! end. Reads bytes and decides; decodes no pixel.
//!
//! Guarantee: a file that was cut off anywhere is not complete, and no length in a file leads outside
//! it.

/// A format that browsers and mail programs show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureFormat {
    Png,
    Jpeg,
    Gif,
    Webp,
}

const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// The length and the type in front of a PNG chunk's data, and the checksum behind it, in bytes.
const PNG_CHUNK_FRAME: usize = 12;
const JPEG_SIGNATURE: &[u8] = b"\xff\xd8\xff";
const JPEG_END: [u8; 2] = [0xff, 0xd9];
const JPEG_SCAN: u8 = 0xda;
const GIF_HEADER: usize = 13;
/// The length of an image descriptor of a GIF behind its first byte.
const GIF_DESCRIPTOR: usize = 9;
/// The bytes of a RIFF file that its length leaves out: `RIFF` and the length itself.
const RIFF_HEAD: usize = 8;

impl PictureFormat {
    /// Recognises the format by its first bytes, whatever the file was called.
    pub(crate) fn recognise(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(PNG_SIGNATURE) {
            Some(Self::Png)
        } else if bytes.starts_with(JPEG_SIGNATURE) {
            Some(Self::Jpeg)
        } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
            Some(Self::Gif)
        } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            Some(Self::Webp)
        } else {
            None
        }
    }

    /// Returns the end of the file's name, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Gif => "gif",
            Self::Webp => "webp",
        }
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
        }
    }

    /// Returns true if the file goes on to its own end.
    pub(crate) fn is_complete(self, bytes: &[u8]) -> bool {
        let ended = match self {
            Self::Png => follow_png(bytes),
            Self::Jpeg => follow_jpeg(bytes),
            Self::Gif => follow_gif(bytes),
            Self::Webp => follow_webp(bytes),
        };
        ended.is_some()
    }
}

fn big_endian(bytes: &[u8], at: usize) -> Option<usize> {
    let four: [u8; 4] = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(four)).ok()
}

/// Follows the chunks to `IEND`, after at least one with pixels.
fn follow_png(bytes: &[u8]) -> Option<()> {
    let (mut at, mut has_pixels) = (PNG_SIGNATURE.len(), false);
    loop {
        let length = big_endian(bytes, at)?;
        let kind = bytes.get(at + 4..at + 8)?;
        let next = at.checked_add(PNG_CHUNK_FRAME)?.checked_add(length)?;
        bytes.get(at..next)?;
        match kind {
            b"IDAT" => has_pixels = true,
            b"IEND" => return has_pixels.then_some(()),
            _ => {}
        }
        at = next;
    }
}

/// Follows the segments to the first scan, and finds the end of the picture behind it.
fn follow_jpeg(bytes: &[u8]) -> Option<()> {
    let mut at = 2;
    loop {
        if *bytes.get(at)? != 0xff {
            return None;
        }
        let kind = *bytes.get(at + 1)?;
        if kind == 0xff {
            // a marker may have more than one of these in front
            at += 1;
            continue;
        }
        let length: [u8; 2] = bytes.get(at + 2..at + 4)?.try_into().ok()?;
        let length = usize::from(u16::from_be_bytes(length));
        if length < 2 {
            return None;
        }
        at += 2 + length;
        if kind == JPEG_SCAN {
            return bytes.get(at..)?.windows(2).any(|two| two == JPEG_END).then_some(());
        }
    }
}

/// Follows the blocks to the trailer, after at least one picture.
fn follow_gif(bytes: &[u8]) -> Option<()> {
    let mut at = GIF_HEADER + color_table(*bytes.get(10)?);
    let mut has_picture = false;
    loop {
        match *bytes.get(at)? {
            b'!' => at = skip_sub_blocks(bytes, at + 2)?,
            b',' => {
                let flags = *bytes.get(at + GIF_DESCRIPTOR)?;
                // one byte behind the colours tells the length of codes
                at = skip_sub_blocks(bytes, at + GIF_DESCRIPTOR + 1 + color_table(flags) + 1)?;
                has_picture = true;
            }
            b';' => return has_picture.then_some(()),
            _ => return None,
        }
    }
}

/// Returns the length of the colours that follow flags of a GIF.
fn color_table(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// Skips blocks that begin with their length, to the empty one, and returns where it ends.
fn skip_sub_blocks(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *bytes.get(at)? {
            0 => return Some(at + 1),
            length => at += 1 + usize::from(length),
        }
    }
}

/// Compares the length that the file states with the one it has.
fn follow_webp(bytes: &[u8]) -> Option<()> {
    let four: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
    let stated = usize::try_from(u32::from_le_bytes(four)).ok()?;
    (stated > 4 && bytes.len() >= stated.checked_add(RIFF_HEAD)?).then_some(())
}
