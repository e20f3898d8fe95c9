use super::*;
use crate::openssl::OpenSsl;

#[test]
fn openssl_reads_what_is_written_and_the_other_way_round() {
    let ssl = OpenSsl::new();
    let make = |name: &str| {
        let pem = ssl.run(&format!(
            "req -x509 -nodes -days 10 -keyout key.pem -subj /CN={name} -newkey ec -pkeyopt ec_paramgen_curve:P-256"
        ));
        let der = crate::x509::pem::certificates(std::str::from_utf8(&pem).unwrap()).unwrap().remove(0);
        (pem, Certificate::from_der(&der).unwrap())
    };
    let ((first_pem, first), (second_pem, second)) = (make("first"), make("second"));
    let written = write(&[first.clone(), second.clone()]);
    assert_eq!(read(&written).unwrap(), [first.as_der(), second.as_der()]);
    ssl.write("bundle.p7b", &written);
    let printed = String::from_utf8(ssl.run("pkcs7 -inform DER -in bundle.p7b -print_certs")).unwrap();
    assert!(printed.find("CN = first").unwrap() < printed.find("CN = second").unwrap(), "{printed}");
    ssl.write("pair.pem", &[first_pem, second_pem].concat());
    let theirs = ssl.run("crl2pkcs7 -nocrl -certfile pair.pem -outform DER");
    assert_eq!(read(&theirs).unwrap(), [first.as_der(), second.as_der()]);
    assert_eq!(theirs, written, "octet for octet");
}

#[test]
fn something_else_is_refused() {
    assert!(read(b"").is_err());
    assert!(read(&value(SEQUENCE, &value(OBJECT_IDENTIFIER, ID_DATA.as_bytes()))).is_err());
    let empty = write(&[]);
    assert_eq!(read(&empty).unwrap(), Vec::<Vec<u8>>::new());
}

#[test]
fn lengths_take_the_shortest_form() {
    assert_eq!(value(0x04, &[])[..], [4, 0]);
    assert_eq!(value(0x04, &[7; 0x7f])[..2], [4, 0x7f]);
    assert_eq!(value(0x04, &[7; 0x80])[..3], [4, 0x81, 0x80]);
    assert_eq!(value(0x04, &[7; 0x100])[..4], [4, 0x82, 1, 0]);
}
