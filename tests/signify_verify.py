"""signify_verify.py IMAGE FOLDER: verifies a signed program with signify, trusting the certificates in FOLDER."""

import pathlib
import re
import sys

# oscrypto 1.3.0 reads OpenSSL's version with one digit at its end and knows no 3.0.15.
search = re.search
re.search = lambda pattern, *rest, **more: search(
    pattern.replace(r"\d\.\d\.\d[a-z]*", r"\d\.\d\.\d+[a-z]*") if isinstance(pattern, str) else pattern, *rest, **more
)
import oscrypto._openssl._libcrypto_cffi  # noqa: E402, F401

re.search = search

from signify.authenticode import AuthenticodeFile  # noqa: E402
from signify.x509 import FileSystemCertificateStore  # noqa: E402

image, folder = sys.argv[1:]
store = FileSystemCertificateStore(location=pathlib.Path(folder), trusted=True)
with open(image, "rb") as file:
    signed = AuthenticodeFile.from_stream(file)
    signatures = list(signed.signatures)
    if not signatures:
        sys.exit("there is no signature")
    for signature in signatures:
        signature.verify(trusted_certificate_store=store)
        countersigner = signature.signer_info.countersigner
        print("verified", "timestamp", countersigner.signing_time if countersigner else None)
