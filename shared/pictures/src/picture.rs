//! Checks one uploaded file: a picture of a known format, complete, and small enough to be sent to
//! phones. Before it: the request's bytes. After it: [`PictureStore`](crate::PictureStore).
//!
//! Guarantee: what is checked here is served as a picture and as nothing else; its size in pixels is
//! what its header says, and no program that shows it has to unpack more than [`MAX_PIXELS`].

use bytes::Bytes;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::format::PictureFormat;

/// The largest file, in bytes. A picture for an e-mail has a tenth of it; more makes e-mails slow on
/// phones, and a request to the gateway has at most 10 MB.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;
/// The most pixels, as many as a phone's camera takes. A small file can unpack to gigabytes, and each
/// pixel takes four bytes of the phone that shows it.
pub const MAX_PIXELS: usize = 16_000_000;
/// The longest side in pixels: longer ones do not fit into a phone's graphics memory as one piece.
pub const MAX_SIDE: usize = 8_192;
/// The beginning of a file in which the first element of an SVG is looked for, in bytes.
const SVG_PROLOGUE: usize = 1_024;
/// The key of every picture begins with this.
const FOLDER: &str = "pictures";

/// The reason why a file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PictureFault {
    #[error("the body is the bytes of a picture, and there are none")]
    Empty,
    #[error("a picture has at most {MAX_BYTES} bytes")]
    TooLarge,
    #[error("SVG can hold scripts, and many mail programs do not show it: save it as PNG")]
    Svg,
    #[error("many mail programs do not show HEIC and AVIF: save it as JPEG")]
    Heif,
    #[error("it is not a PNG, JPEG, GIF or WebP")]
    UnknownFormat,
    #[error("a part of the file is missing or not readable: save it anew, or upload it again")]
    Incomplete,
    #[error("a picture has at most {MAX_PIXELS} pixels, and {MAX_SIDE} on its longest side")]
    TooManyPixels,
}

/// A file that may be kept and shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub format: PictureFormat,
    pub width: usize,
    pub height: usize,
    pub(crate) bytes: Bytes,
    pub(crate) digest: [u8; 32],
}

impl Picture {
    /// Checks the bytes of a file. Its name and the content type it came with do not count.
    pub fn check(bytes: Bytes) -> Result<Self, PictureFault> {
        if bytes.is_empty() {
            return Err(PictureFault::Empty);
        }
        if bytes.len() > MAX_BYTES {
            return Err(PictureFault::TooLarge);
        }
        let format = PictureFormat::recognise(&bytes).ok_or_else(|| fault_of_unknown(&bytes))?;
        let size = imagesize::blob_size(&bytes).map_err(|_| PictureFault::Incomplete)?;
        if size.width == 0 || size.height == 0 || !format.is_complete(&bytes) {
            return Err(PictureFault::Incomplete);
        }
        let pixels = size.width.checked_mul(size.height);
        if size.width.max(size.height) > MAX_SIDE || pixels.is_none_or(|it| it > MAX_PIXELS) {
            return Err(PictureFault::TooManyPixels);
        }
        let digest = Sha256::digest(&bytes).into();
        Ok(Self { format, width: size.width, height: size.height, bytes, digest })
    }

    /// Returns the picture's place: the same bytes always have the same one.
    pub fn key(&self) -> String {
        format!("{FOLDER}/{}.{}", HEXLOWER.encode(&self.digest), self.format.extension())
    }

    /// Returns the length of the file in bytes.
    pub fn length(&self) -> usize {
        self.bytes.len()
    }
}

/// Names the formats that people try and that are not taken.
fn fault_of_unknown(bytes: &[u8]) -> PictureFault {
    let start = bytes.get(..SVG_PROLOGUE).unwrap_or(bytes).to_ascii_lowercase();
    let brand = bytes.get(8..12).unwrap_or_default();
    if start.windows(4).any(|four| four == b"<svg") {
        PictureFault::Svg
    } else if bytes.get(4..8) == Some(b"ftyp")
        && [b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif", b"avis"]
            .iter()
            .any(|it| *it == brand)
    {
        PictureFault::Heif
    } else {
        PictureFault::UnknownFormat
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
        let length = u32::try_from(data.len()).unwrap().to_be_bytes();
        // programs check the sum, this crate does not
        [&length, kind.as_slice(), data, &[0; 4]].concat()
    }
    fn png(width: u32, height: u32) -> Vec<u8> {
        let header = [&width.to_be_bytes(), &height.to_be_bytes(), &[8, 2, 0, 0, 0][..]].concat();
        let signature = b"\x89PNG\r\n\x1a\n".to_vec();
        [signature, chunk(b"IHDR", &header), chunk(b"IDAT", &[1; 20]), chunk(b"IEND", &[])].concat()
    }
    fn jpeg(width: u16, height: u16) -> Vec<u8> {
        let [(w1, w0), (h1, h0)] =
            [width, height].map(|side| (side.to_be_bytes()[0], side.to_be_bytes()[1]));
        let comment = [0xff, 0xfe, 0, 6, 0xff, 0xd9, 0xff, 0xd9];
        let frame = [0xff, 0xc0, 0, 11, 8, h1, h0, w1, w0, 1, 1, 0x11, 0];
        let scan = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 7, 7, 7, 0xff, 0, 7, 0xff, 0xd9];
        [&[0xff, 0xd8][..], &comment, &frame, &scan].concat()
    }
    fn gif(width: u16, height: u16) -> Vec<u8> {
        let sides = [width.to_le_bytes(), height.to_le_bytes()].concat();
        let colors = [0; 6];
        let extension = [b'!', 0xf9, 4, 0, 0, 0, 0, 0];
        let picture = [b',', 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x4c, 1, 0];
        [b"GIF89a", sides.as_slice(), &[0x80, 0, 0], &colors, &extension, &picture, b";"].concat()
    }
    fn webp(width: u32, height: u32) -> Vec<u8> {
        let side = |side: u32| (side - 1).to_le_bytes()[..3].to_vec();
        let extended = [&[0; 4][..], &side(width), &side(height)].concat();
        let chunk = [b"VP8X", &10_u32.to_le_bytes()[..], &extended].concat();
        let length = u32::try_from(chunk.len() + 4).unwrap().to_le_bytes();
        [b"RIFF", &length[..], b"WEBP", &chunk].concat()
    }
    fn samples(width: u16, height: u16) -> [(Vec<u8>, PictureFormat); 4] {
        [
            (png(width.into(), height.into()), PictureFormat::Png),
            (jpeg(width, height), PictureFormat::Jpeg),
            (gif(width, height), PictureFormat::Gif),
            (webp(width.into(), height.into()), PictureFormat::Webp),
        ]
    }
    fn fault(bytes: Vec<u8>) -> PictureFault {
        Picture::check(bytes.into()).unwrap_err()
    }

    #[test]
    fn each_format_is_known_by_its_bytes_and_measured() {
        for (bytes, format) in samples(640, 480) {
            let picture = Picture::check(bytes.clone().into()).unwrap();
            assert_eq!((picture.format, picture.width, picture.height), (format, 640, 480));
            assert_eq!(picture.length(), bytes.len());
        }
    }

    #[test]
    fn a_picture_is_named_after_its_content() {
        let key = |bytes: Vec<u8>| Picture::check(bytes.into()).unwrap().key();
        assert_eq!(key(gif(3, 2)), key(gif(3, 2)));
        assert_ne!(key(gif(3, 2)), key(gif(2, 3)));
        for (bytes, format) in samples(3, 2) {
            let key = key(bytes);
            let name = key.strip_prefix("pictures/").unwrap();
            let (digest, extension) = name.split_once('.').unwrap();
            assert_eq!((digest.len(), extension), (64, format.extension()), "{name}");
            assert!(digest.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()), "{name}");
        }
    }

    #[test]
    fn a_file_that_was_cut_off_anywhere_is_incomplete() {
        for (bytes, format) in samples(640, 480) {
            for length in 12..bytes.len() {
                let found = fault(bytes[..length].to_vec());
                assert_eq!(found, PictureFault::Incomplete, "{format:?} cut at {length}");
            }
        }
    }

    #[test]
    fn what_programs_append_does_not_matter() {
        for (mut bytes, format) in samples(640, 480) {
            bytes.extend([0; 9]);
            assert!(Picture::check(bytes.into()).is_ok(), "{format:?}");
        }
    }

    #[test]
    fn a_small_file_with_very_many_pixels_is_refused() {
        for (bytes, format) in samples(8_192, 2_000) {
            assert_eq!(fault(bytes), PictureFault::TooManyPixels, "{format:?}");
        }
        for (bytes, format) in samples(8_193, 1) {
            assert_eq!(fault(bytes), PictureFault::TooManyPixels, "{format:?}");
        }
        for (bytes, format) in samples(8_000, 2_000) {
            assert!(Picture::check(bytes.into()).is_ok(), "{format:?}");
        }
        assert_eq!(fault(png(u32::MAX, u32::MAX)), PictureFault::TooManyPixels);
    }

    #[test]
    fn a_side_of_nothing_is_no_picture() {
        for bytes in [png(0, 5), png(5, 0), jpeg(5, 0), gif(0, 5)] {
            assert_eq!(fault(bytes), PictureFault::Incomplete);
        }
    }

    #[test]
    fn the_size_of_the_file_is_limited() {
        let mut bytes = gif(3, 2);
        bytes.resize(MAX_BYTES, 0);
        assert!(Picture::check(bytes.clone().into()).is_ok());
        bytes.push(0);
        assert_eq!(fault(bytes), PictureFault::TooLarge);
        assert_eq!(fault(Vec::new()), PictureFault::Empty);
    }

    #[test]
    fn other_formats_are_refused_with_what_to_do() {
        let text = |text: &str| fault(text.as_bytes().to_vec());
        for svg in [
            "<svg xmlns='http://www.w3.org/2000/svg'/>",
            "\u{feff}<?xml version='1.0'?>\n<!-- x -->\n<SVG onload='alert(1)'>",
        ] {
            assert_eq!(text(svg), PictureFault::Svg, "{svg}");
        }
        assert_eq!(text("\0\0\0\u{18}ftypheic\0\0\0\0"), PictureFault::Heif);
        assert_eq!(text("\0\0\0\u{18}ftypavif\0\0\0\0"), PictureFault::Heif);
        for other in ["%PDF-1.7", "<html><script>", "BM", "II*\0", "{}", "GIF90a", "RIFF....WAVE"] {
            assert_eq!(text(other), PictureFault::UnknownFormat, "{other}");
        }
    }

    #[test]
    fn no_length_in_a_file_leads_outside_it() {
        let mut endless = png(3, 2);
        endless[33..37].fill(0xff);
        assert_eq!(fault(endless), PictureFault::Incomplete);
        let mut backwards = jpeg(3, 2);
        backwards[4..6].fill(0);
        assert_eq!(fault(backwards), PictureFault::Incomplete);
        let mut longer = webp(3, 2);
        longer[4..8].fill(0xff);
        assert_eq!(fault(longer), PictureFault::Incomplete);
    }
}
