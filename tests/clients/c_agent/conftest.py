"""Fixtures of the suite of the agent in C."""

import subprocess

import pytest

from service import tool


@pytest.fixture(scope="session")
def pem(tmp_path_factory):
    """Files for TLS: a certificate for localhost, which is its own root, with its key; a key of something else; and some that
    are of no use."""
    folder = tmp_path_factory.mktemp("pem")
    openssl = tool("openssl")
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    for name in ("own", "other"):
        names = ["-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost"]
        made = ["-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"]
        subprocess.run([openssl, "req", "-x509", *curve, *names, *made], check=True, capture_output=True, timeout=30)
    der = ["-in", folder / "own.pem", "-outform", "DER", "-out", folder / "own.der"]
    subprocess.run([openssl, "x509", *der], check=True, timeout=30)
    for name, what in (("garbage.pem", "CERTIFICATE"), ("garbage.key", "PRIVATE KEY")):
        (folder / name).write_text(f"-----BEGIN {what}-----\ngarbage\n-----END {what}-----\n")
    (folder / "empty.pem").touch()
    return folder
