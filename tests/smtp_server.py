"""A mail server for tests: STARTTLS and a password required, each message kept as a file.

usage: smtp_server.py PORT CERTIFICATE KEY FOLDER USER PASSWORD
"""

import asyncio
import itertools
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

port, certificate, key, folder, user, password = sys.argv[1:7]
numbers = itertools.count()


class Keep:
    async def handle_DATA(self, server, session, envelope):
        name = os.path.join(folder, f"{next(numbers):04}.eml")
        with open(name + ".new", "wb") as file:
            recipients = ", ".join(envelope.rcpt_tos)
            file.write(f"X-Envelope: {envelope.mail_from} -> {recipients}\r\n".encode())
            file.write(envelope.original_content)
        os.rename(name + ".new", name)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    known = data.login == user.encode() and data.password == password.encode()
    return AuthResult(success=known, handled=False)


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def session():
        return SMTP(
            Keep(),
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            auth_require_tls=True,
            authenticator=authenticate,
            hostname="mail.example.org",
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(session, "127.0.0.1", int(port))
    await server.serve_forever()


asyncio.run(main())
