"""Asks for a timestamp and verifies it with rfc3161-client.

Usage: rfc3161.py URL ROOT.pem HASH right|other, where "other" verifies against data that was not stamped.
"""

import sys
import urllib.request

from cryptography import x509
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, VerifierBuilder, decode_timestamp_response

url, root, algorithm, data = sys.argv[1:]
message = b"what is stamped"
builder = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm[algorithm])
query = builder.nonce(nonce=True).cert_request(cert_request=True).build()
headers = {"Content-Type": "application/timestamp-query"}
post = urllib.request.Request(url, data=query.as_bytes(), headers=headers, method="POST")
answer = decode_timestamp_response(urllib.request.urlopen(post, timeout=30).read())
with open(root, "rb") as file:
    anchor = x509.load_pem_x509_certificate(file.read())
verifier = VerifierBuilder.from_request(query).add_root_certificate(anchor).build()
verifier.verify_message(answer, message if data == "right" else b"something else")
print("verified", answer.tst_info.serial_number)
