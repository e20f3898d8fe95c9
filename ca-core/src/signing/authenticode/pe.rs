//! Portable Executable images (EXE, DLL, SYS, EFI) as far as signatures concern them: what Authenticode hashes, where the
//! signature lies, how it gets there. The Microsoft PE format, *The Attribute Certificate Table*, and *Windows
//! Authenticode Portable Executable Signature Format*.

use std::mem::offset_of;
use std::ops::Range;

use aws_lc_rs::digest;
use object::LittleEndian as LE;
use object::pe::{
    IMAGE_DIRECTORY_ENTRY_SECURITY, IMAGE_NT_OPTIONAL_HDR32_MAGIC, ImageDataDirectory, ImageNtHeaders32,
    ImageNtHeaders64, ImageOptionalHeader32, ImageOptionalHeader64,
};
use object::read::pe::{ImageNtHeaders, PeFile, optional_header_magic};

use crate::hsm::DigestAlgorithm;

/// `WIN_CERT_REVISION_2_0`, `WIN_CERT_TYPE_PKCS_SIGNED_DATA`.
const REVISION_AND_TYPE: [u8; 4] = [0x00, 0x02, 0x02, 0x00];
/// Octets of a `WIN_CERTIFICATE` in front of its contents.
const HEADER: usize = 8;
/// Entries of the certificate table, and the table itself, start at multiples of this.
const ALIGNMENT: usize = 8;

/// An image whose headers, sections and certificate table lie within it.
#[derive(Clone, Debug)]
pub struct Image<'a> {
    bytes: &'a [u8],
    /// Where the optional header's CheckSum is.
    checksum: Range<usize>,
    /// Where the data directory names the certificate table.
    directory_entry: Range<usize>,
    /// Where the certificate table is.
    table: Option<Range<usize>>,
}

/// Why something is no image that could be signed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidImage {
    /// Other contents.
    #[error("this is no Portable Executable: {0}")]
    NotPortableExecutable(object::read::Error),
    /// The end is missing.
    #[error("the image is truncated: its section {0} lies beyond the end of the file")]
    TruncatedSection(String),
    /// There is no room for the entry that names the certificate table.
    #[error("the image has no place for a signature: its data directory ends before the certificate table's entry")]
    NoDirectoryEntry,
    /// The data directory names octets that are not there, or not at the end of the file.
    #[error("the image is truncated or was appended to: its certificate table is not the end of the file")]
    MisplacedTable,
    /// It has a signature already.
    #[error("the image is already signed: say that its signature is to be replaced, or sign the unsigned build")]
    AlreadySigned,
    /// Its certificate table holds something else.
    #[error("the certificate table of the image holds no PKCS #7 signature")]
    NoSignature,
    /// The hash leaves the certificate table out, so there may be nothing in it but the signature (CVE-2013-3900).
    #[error("the certificate table of the image holds octets besides its one signature, which nobody signed")]
    Unauthenticated,
    /// Offsets of 32 bits do not reach its end.
    #[error("the image is too large for a signature: offsets in it have 32 bits")]
    TooLarge,
}

impl<'a> Image<'a> {
    /// Reads the headers of PE32 and PE32+ images.
    ///
    /// # Errors
    /// [`InvalidImage`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, InvalidImage> {
        match optional_header_magic(bytes).map_err(InvalidImage::NotPortableExecutable)? {
            IMAGE_NT_OPTIONAL_HDR32_MAGIC => Self::read::<ImageNtHeaders32>(
                bytes,
                offset_of!(ImageNtHeaders32, optional_header) + offset_of!(ImageOptionalHeader32, check_sum),
            ),
            // `read` refuses what is neither.
            _ => Self::read::<ImageNtHeaders64>(
                bytes,
                offset_of!(ImageNtHeaders64, optional_header) + offset_of!(ImageOptionalHeader64, check_sum),
            ),
        }
    }

    fn read<H: ImageNtHeaders>(bytes: &'a [u8], checksum: usize) -> Result<Self, InvalidImage> {
        let file = PeFile::<H>::parse(bytes).map_err(InvalidImage::NotPortableExecutable)?;
        let headers = file.dos_header().nt_headers_offset() as usize;
        let checksum = headers + checksum;
        let directory = headers + size_of::<H>() + IMAGE_DIRECTORY_ENTRY_SECURITY * size_of::<ImageDataDirectory>();
        let entry = file.data_directories().iter().nth(IMAGE_DIRECTORY_ENTRY_SECURITY);
        let entry = entry.ok_or(InvalidImage::NoDirectoryEntry)?;
        let table = table(entry, bytes.len())?;
        let contents = table.as_ref().map_or(bytes.len(), |table| table.start);
        for section in file.section_table().iter() {
            let (start, size) = (section.pointer_to_raw_data.get(LE), section.size_of_raw_data.get(LE));
            if size > 0 && u64::from(start) + u64::from(size) > contents as u64 {
                let name = String::from_utf8_lossy(section.raw_name()).escape_debug().to_string();
                return Err(InvalidImage::TruncatedSection(name));
            }
        }
        let directory_entry = directory..directory + size_of::<ImageDataDirectory>();
        if checksum + 4 > directory_entry.start || directory_entry.end > contents {
            return Err(InvalidImage::MisplacedTable);
        }
        Ok(Self { bytes, checksum: checksum..checksum + 4, directory_entry, table })
    }

    /// Whether it has a certificate table.
    pub fn is_signed(&self) -> bool {
        self.table.is_some()
    }

    /// The image itself if it has no signature yet.
    ///
    /// # Errors
    /// [`InvalidImage::AlreadySigned`].
    pub fn unsigned(self) -> Result<Self, InvalidImage> {
        if self.is_signed() { Err(InvalidImage::AlreadySigned) } else { Ok(self) }
    }

    /// The Authenticode hash: everything but the checksum, the directory's entry for the certificate table and that table,
    /// with zeros up to a multiple of eight octets. It is the same before and after signing.
    pub fn digest(&self, algorithm: DigestAlgorithm) -> Vec<u8> {
        let mut context = digest::Context::new(algorithm.engine());
        let parts = [
            0..self.checksum.start,
            self.checksum.end..self.directory_entry.start,
            self.directory_entry.end..self.end(),
        ];
        for part in parts {
            context.update(self.bytes.get(part).unwrap_or_default());
        }
        context.update(padding(self.end()));
        context.finish().as_ref().to_vec()
    }

    /// The DER of the PKCS #7 signature that is the certificate table, without padding; none for an unsigned image.
    ///
    /// # Errors
    /// [`InvalidImage::NoSignature`] when the table holds something else, [`InvalidImage::Unauthenticated`] when it holds
    /// more.
    pub fn signature(&self) -> Result<Option<&'a [u8]>, InvalidImage> {
        let Some(table) = self.table.clone().and_then(|table| self.bytes.get(table)) else { return Ok(None) };
        only_signature(table).map(Some)
    }

    /// The image with this PKCS #7 SignedData (DER) as its only signature, and its checksum computed anew.
    ///
    /// # Errors
    /// [`InvalidImage::NoSignature`] when it is no DER, [`InvalidImage::TooLarge`].
    pub fn embed(&self, pkcs7: &[u8]) -> Result<Vec<u8>, InvalidImage> {
        der_value(pkcs7).filter(|value| value.len() == pkcs7.len()).ok_or(InvalidImage::NoSignature)?;
        let contents = self.bytes.get(..self.end()).unwrap_or_default();
        let length = HEADER + pkcs7.len() + padding(pkcs7.len()).len();
        let start = contents.len() + padding(contents.len()).len();
        let too_large = |_| InvalidImage::TooLarge;
        u32::try_from(start + length).map_err(too_large)?;
        let length_field = u32::try_from(length).map_err(too_large)?.to_le_bytes();
        let start_field = u32::try_from(start).map_err(too_large)?.to_le_bytes();
        let mut image = Vec::with_capacity(start + length);
        image.extend_from_slice(contents);
        image.extend_from_slice(padding(contents.len()));
        image.extend_from_slice(&length_field);
        image.extend_from_slice(&REVISION_AND_TYPE);
        image.extend_from_slice(pkcs7);
        image.extend_from_slice(padding(pkcs7.len()));
        write(&mut image, &self.directory_entry, &[start_field, length_field].concat());
        write(&mut image, &self.checksum, &[0; 4]);
        let checksum = checksum(&image).to_le_bytes();
        write(&mut image, &self.checksum, &checksum);
        Ok(image)
    }

    /// Where the contents end and the certificate table begins.
    fn end(&self) -> usize {
        self.table.as_ref().map_or(self.bytes.len(), |table| table.start)
    }
}

/// The certificate table: the only directory whose address is an offset in the file. It ends the file, or octets behind it
/// could be changed without anybody noticing.
fn table(entry: &ImageDataDirectory, length: usize) -> Result<Option<Range<usize>>, InvalidImage> {
    let (start, size) = (entry.virtual_address.get(LE) as usize, entry.size.get(LE) as usize);
    if size == 0 {
        return Ok(None);
    }
    match start.checked_add(size) {
        Some(end) if end == length && start % ALIGNMENT == 0 => Ok(Some(start..end)),
        _ => Err(InvalidImage::MisplacedTable),
    }
}

/// One entry, one DER value in it, and behind it the zeros that align the table and no others.
fn only_signature(table: &[u8]) -> Result<&[u8], InvalidImage> {
    let entry = entry(table).ok_or(InvalidImage::NoSignature)?;
    let (der, rest) = table.split_at(HEADER + entry.len());
    let padding_only = rest.len() < ALIGNMENT && rest.iter().all(|octet| *octet == 0);
    if padding_only { der.get(HEADER..).ok_or(InvalidImage::NoSignature) } else { Err(InvalidImage::Unauthenticated) }
}

/// The DER in the first entry of the table.
fn entry(table: &[u8]) -> Option<&[u8]> {
    let length = u32::from_le_bytes(table.first_chunk().copied()?) as usize;
    let entry = table.get(..length)?;
    (entry.get(4..HEADER)? == REVISION_AND_TYPE).then_some(())?;
    der_value(entry.get(HEADER..)?)
}

/// The SEQUENCE at the start, with its identifier and length octets (X.690 §8.1).
fn der_value(bytes: &[u8]) -> Option<&[u8]> {
    let [0x30, first, rest @ ..] = bytes else { return None };
    let octets = usize::from(first & 0x7f);
    let (octets, length) = match first {
        0..0x80 => (0, octets),
        _ if octets == 0 || octets > size_of::<u32>() => return None,
        _ => (octets, rest.get(..octets)?.iter().fold(0, |length, octet| length << 8 | usize::from(*octet))),
    };
    bytes.get(..length.checked_add(2 + octets)?)
}

/// The zeros that follow `length` octets.
const fn padding(length: usize) -> &'static [u8] {
    const ZEROS: [u8; ALIGNMENT] = [0; ALIGNMENT];
    ZEROS.split_at(length.next_multiple_of(ALIGNMENT) - length).0
}

/// What ImageHlp's `CheckSumMappedFile` computes for an image whose CheckSum is zero: the ones' complement sum of its
/// 16-bit words, plus its length.
fn checksum(image: &[u8]) -> u32 {
    let word =
        |pair: &[u8]| u64::from(pair.first().copied().unwrap_or(0)) | u64::from(pair.get(1).copied().unwrap_or(0)) << 8;
    let mut sum: u64 = image.chunks(2).map(word).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    // Both fit: the sum has 16 bits, and `embed` refuses images of 4 GiB.
    u32::try_from(sum + image.len() as u64).unwrap_or(u32::MAX)
}

fn write(image: &mut [u8], at: &Range<usize>, octets: &[u8]) {
    if let Some(place) = image.get_mut(at.clone()) {
        place.copy_from_slice(octets);
    }
}

#[cfg(test)]
mod tests;
