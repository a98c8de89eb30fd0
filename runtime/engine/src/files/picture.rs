//! Pictures: how large they are, and small copies of them.

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use std::io::{BufReader, Cursor, Read, Seek};

/// Pixels that are decoded at most; a larger picture is kept and has no small copy.
const MOST_PIXELS: u64 = 50_000_000;
/// Bytes that decoding may take.
const MOST_BYTES: u64 = 320 << 20;

fn reader<R: Read + Seek>(content: &mut R) -> Option<ImageReader<BufReader<&mut R>>> {
    content.rewind().ok()?;
    ImageReader::new(BufReader::new(content)).with_guessed_format().ok()
}

/// Width and height by the header alone; nothing for what cannot be decoded.
pub fn dimensions<R: Read + Seek>(content: &mut R) -> Option<(u32, u32)> {
    reader(content)?.into_dimensions().ok()
}

/// Makes a copy of at most `edge` pixels on its longer side, turned upright. Gives it with its media type; nothing where the
/// picture cannot be decoded or is too large. Where it was taken, and with what, stays in the original alone.
pub fn reduce<R: Read + Seek>(content: &mut R, edge: u32) -> Option<(Vec<u8>, &'static str)> {
    let (width, height) = dimensions(content)?;
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return None;
    }
    let mut decoder = reader(content)?.into_decoder().ok()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_BYTES);
    decoder.set_limits(limits).ok()?;
    let orientation = decoder.orientation().ok();
    let mut picture = DynamicImage::from_decoder(decoder).ok()?;
    if picture.width() > edge || picture.height() > edge {
        picture = picture.thumbnail(edge, edge);
    }
    if let Some(orientation) = orientation {
        picture.apply_orientation(orientation);
    }
    let (format, picture, found) = if picture.color().has_alpha() {
        (ImageFormat::Png, DynamicImage::ImageRgba8(picture.into_rgba8()), "image/png")
    } else {
        (ImageFormat::Jpeg, DynamicImage::ImageRgb8(picture.into_rgb8()), "image/jpeg")
    };
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, format).ok()?;
    Some((out.into_inner(), found))
}

/// The media type of a small copy.
pub fn kind_of<R: Read + Seek>(content: &mut R) -> Option<&'static str> {
    match reader(content)?.format()? {
        ImageFormat::Png => Some("image/png"),
        ImageFormat::Jpeg => Some("image/jpeg"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A JPEG 40 × 20 whose EXIF data say that the camera was turned.
    fn turned() -> Vec<u8> {
        let mut plain = std::io::Cursor::new(Vec::new());
        DynamicImage::new_rgb8(40, 20).write_to(&mut plain, ImageFormat::Jpeg).unwrap();
        let plain = plain.into_inner();
        let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        let mut out = vec![0xff, 0xd8, 0xff, 0xe1];
        out.extend_from_slice(&length);
        out.append(&mut exif);
        out.extend_from_slice(&plain[2..]);
        out
    }

    #[test]
    fn a_small_copy_stands_upright_and_carries_no_camera_data() {
        let (bytes, kind) = reduce(&mut Cursor::new(turned()), 10).unwrap();
        assert_eq!(kind, "image/jpeg");
        assert_eq!(dimensions(&mut Cursor::new(&bytes)), Some((5, 10)));
        assert_eq!(kind_of(&mut Cursor::new(&bytes)), Some("image/jpeg"));
        assert!(!bytes.windows(4).any(|w| w == b"Exif"));
    }

    #[test]
    fn what_would_unpack_to_too_much_is_not_decoded() {
        // the header of a PNG of 20,000 × 20,000, with nothing behind it
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend_from_slice(&20_000_u32.to_be_bytes());
        png.extend_from_slice(&20_000_u32.to_be_bytes());
        png.extend_from_slice(b"\x08\x02\0\0\0");
        let crc = crc(&png[12..]);
        png.extend_from_slice(&crc.to_be_bytes());
        png.extend_from_slice(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
        assert_eq!(reduce(&mut Cursor::new(png), 100), None);
    }

    fn crc(bytes: &[u8]) -> u32 {
        let mut crc = u32::MAX;
        for byte in bytes {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
            }
        }
        !crc
    }
}
