"""signature_timestamp.py SIGNATURE FOLDER: the timestamp of a CMS or PKCS #7 signature, as asn1crypto reads it: the token in
FOLDER/token, the signature's value, which it is about, in FOLDER/value."""

import pathlib
import sys

from asn1crypto import cms

# RFC 3161 appendix A, and Microsoft's attribute of the same contents.
NAMES = {"1.2.840.113549.1.9.16.2.14", "1.3.6.1.4.1.311.3.3.1"}

signature, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
message = cms.ContentInfo.load(signature.read_bytes(), strict=False)["content"]
(signer,) = message["signer_infos"]
unsigned = signer["unsigned_attrs"]
tokens = [value for attribute in unsigned if attribute["type"].dotted in NAMES for value in attribute["values"]]
if len(tokens) != 1:
    sys.exit(f"{len(tokens)} timestamps instead of one")
(folder / "token").write_bytes(tokens[0].dump())
(folder / "value").write_bytes(signer["signature"].native)
