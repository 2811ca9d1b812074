//! Images by their header: format, width and height; never decoded.

/// What the magic bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageFormat {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// GIF.
    Gif,
    /// WebP.
    Webp,
    /// Windows bitmap.
    Bmp,
}

impl ImageFormat {
    /// `jpeg`, `png` …
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::Webp => "webp",
            Self::Bmp => "bmp",
        }
    }
}

/// An image as its header describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Image {
    /// Which format.
    pub format: ImageFormat,
    /// Width × height in pixels, where the header says so.
    pub pixels: Option<(u32, u32)>,
}

/// The image `bytes` begin with.
pub(super) fn recognise(bytes: &[u8]) -> Option<Image> {
    let image = |format, pixels| Some(Image { format, pixels });
    match bytes {
        [0xff, 0xd8, 0xff, ..] => image(ImageFormat::Jpeg, jpeg_pixels(bytes)),
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, rest @ ..] => {
            image(ImageFormat::Png, be32(rest, 8).zip(be32(rest, 12)))
        }
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', rest @ ..] => {
            image(ImageFormat::Gif, le16(rest, 0).zip(le16(rest, 2)))
        }
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            rest @ ..,
        ] => image(ImageFormat::Webp, webp_pixels(rest)),
        [
            b'B',
            b'M',
            _,
            _,
            _,
            _,
            0,
            0,
            0,
            0,
            _,
            _,
            0,
            0,
            40,
            0,
            0,
            0,
            rest @ ..,
        ] => image(ImageFormat::Bmp, le32(rest, 0).zip(le32(rest, 4))),
        _ => None,
    }
}

/// Walks the segments up to the frame header (ITU T.81 §B.2.2); each step moves forward.
fn jpeg_pixels(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        let [0xff, marker] = *bytes.get(at..at + 2)? else {
            return None;
        };
        match marker {
            0xff => at += 1,
            0x01 | 0xd0..=0xd8 => at += 2,
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                return be16(bytes, at + 7).zip(be16(bytes, at + 5));
            }
            _ => at += 2 + be16(bytes, at + 2)? as usize,
        }
    }
}

/// The canvas of the extended, lossless and lossy forms (RFC 9649).
fn webp_pixels(chunk: &[u8]) -> Option<(u32, u32)> {
    match chunk.get(..4)? {
        b"VP8X" => Some(((le32(chunk, 12)? & 0x00ff_ffff) + 1, (le32(chunk, 14)? >> 8) + 1)),
        b"VP8L" => {
            let bits = le32(chunk, 9)?;
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8 " => Some((le16(chunk, 14)? & 0x3fff, le16(chunk, 16)? & 0x3fff)),
        _ => None,
    }
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

fn be16(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u16::from_be_bytes).map(u32::from)
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_be_bytes)
}

fn le16(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u16::from_le_bytes).map(u32::from)
}

fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_tell_format_and_size() {
        let jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x01\xe0\x02\x80\x03";
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0";
        let vp8x = b"RIFF\x1a\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x7f\x02\0\xdf\x01\0";
        for (bytes, format) in [
            (&jpeg[..], ImageFormat::Jpeg),
            (png, ImageFormat::Png),
            (b"GIF89a\x80\x02\xe0\x01", ImageFormat::Gif),
            (vp8x, ImageFormat::Webp),
        ] {
            assert_eq!(
                recognise(bytes),
                Some(Image {
                    format,
                    pixels: Some((640, 480))
                })
            );
        }
    }

    #[test]
    fn a_cut_header_still_names_the_format() {
        for bytes in [
            &b"\xff\xd8\xff\xe0\x00\x00"[..],
            b"\xff\xd8\xff\xff\xff",
            b"\xff\xd8\xff",
        ] {
            assert_eq!(
                recognise(bytes),
                Some(Image {
                    format: ImageFormat::Jpeg,
                    pixels: None
                })
            );
        }
        assert_eq!(recognise(b"GIF89b"), None);
    }
}
