"""keyturn.exe as a file: what it needs of Windows, how it is hardened, what Windows shows of it, and whether it can be
signed."""

import pathlib
import re
import struct
import subprocess
import zipfile

import pytest

import wine

OBJDUMP = "x86_64-w64-mingw32-objdump"
# What every Windows Server from 2016 on has, a core installation and a container too.
OF_WINDOWS = {"advapi32", "bcrypt", "crypt32", "iphlpapi", "kernel32", "msvcrt", "odbc32", "ole32", "oleaut32", "shlwapi",
              "user32", "winhttp", "ws2_32", "xmllite"}
# Bits of DllCharacteristics.
HIGH_ENTROPY_VA, DYNAMIC_BASE, NX_COMPAT, TERMINAL_SERVER_AWARE = 0x20, 0x40, 0x100, 0x8000
LOAD_LIBRARY_SEARCH_SYSTEM32 = 0x800


class Image:
    """The header of a 64-bit Windows program."""

    def __init__(self, data):
        self.data = data
        header = struct.unpack_from("<I", data, 0x3C)[0]
        assert data[header:header + 4] == b"PE\0\0"
        self.machine, sections, self.timestamp, self.symbols, _, size, self.traits = struct.unpack_from(
            "<HHIIIHH", data, header + 4)
        optional = header + 24
        self.flags = struct.unpack_from("<H", data, optional + 70)[0]
        self.checksum = struct.unpack_from("<I", data, optional + 64)[0]
        self.directories = [struct.unpack_from("<II", data, optional + 112 + 8 * i) for i in range(16)]
        self.sections = [struct.unpack_from("<8sIIII", data, optional + size + 40 * i) for i in range(sections)]

    def at(self, address):
        for _, size, start, raw_size, raw in self.sections:
            if start <= address < start + min(size, raw_size):
                return raw + address - start
        raise AssertionError(f"no section holds {address:#x}")


@pytest.fixture(scope="module")
def image():
    return Image(wine.KEYTURN.read_bytes())


def test_it_needs_windows_alone():
    listing = subprocess.run([OBJDUMP, "-p", wine.KEYTURN], capture_output=True, text=True, check=True).stdout
    imported = {name.lower() for name in re.findall(r"DLL Name: (\S+)\.(?:dll|DLL)", listing)}
    assert {"kernel32", "odbc32", "winhttp"} <= imported
    assert imported <= OF_WINDOWS, "Windows brings no such library, or nobody has looked whether it does"


def test_it_is_hardened(image):
    assert image.machine == 0x8664
    wanted = HIGH_ENTROPY_VA | DYNAMIC_BASE | NX_COMPAT
    assert image.flags & wanted == wanted
    assert image.directories[5][1] > 0, "without relocations Windows can't move it"
    assert image.traits & 0x1 == 0, "relocations are marked as stripped"


def test_libraries_come_from_the_systems_folder(image):
    """No library of the program's own folder, which may be that of downloads, is loaded in the place of Windows's."""
    address, size = image.directories[10]
    at = image.at(address)
    assert size == struct.unpack_from("<I", image.data, at)[0] == 148
    assert struct.unpack_from("<H", image.data, at + 0x4E)[0] == LOAD_LIBRARY_SEARCH_SYSTEM32
    # Nothing else is configured by it.
    assert set(image.data[at + 4:at + 0x4E] + image.data[at + 0x50:at + size]) == {0}


def test_it_is_stripped_and_holds_no_time(image):
    assert image.symbols == 0
    assert image.timestamp == 0
    assert str(wine.ROOT).encode() not in image.data
    assert b"/tmp/" not in image.data


def test_its_size_is_stated():
    """docs/windows.md says how large it is, in whole megabytes."""
    size = wine.KEYTURN.stat().st_size
    assert 2_000_000 < size < 16_000_000
    print(f"{size:,} bytes")


def test_the_manifest():
    """As Windows finds it: resource 1 of type 24."""
    text = resources(wine.KEYTURN)[24, 1].decode()
    assert 'level="asInvoker"' in text
    assert "longPathAware" in text and "{8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a}" in text
    assert f'version="{version()}.0"' in text


def test_the_version_that_windows_shows():
    data = resources(wine.KEYTURN)[16, 1]
    major, minor, patch = map(int, version().split("."))
    signature, _, high, low = struct.unpack_from("<IIII", data, data.index(b"\xbd\x04\xef\xfe"))
    assert (signature, high, low) == (0xFEEF04BD, major << 16 | minor, patch << 16)
    for text in ("ProductVersion", version(), "OriginalFilename", "keyturn.exe"):
        assert text.encode("utf-16-le") in data


def test_the_events_have_texts():
    """The message table: each event is shown as it was reported."""
    data = resources(wine.KEYTURN)[11, 1]
    texts = {}
    for i in range(struct.unpack_from("<I", data)[0]):
        low, high, offset = struct.unpack_from("<III", data, 4 + 12 * i)
        for number in range(low, high + 1):
            length, flags = struct.unpack_from("<HH", data, offset)
            assert flags == 1  # UTF-16
            texts[number] = data[offset + 4:offset + length].decode("utf-16-le").rstrip("\0\r\n")
            offset += length
    assert texts == {0x40000001: "%1", 0x80000002: "%1", 0xC0000003: "%1"}
    header = (wine.ROOT / "src/cli/windows/event_text.h").read_text(encoding="utf-8")
    assert {int(number, 16) for number in re.findall(r"= (0x[0-9A-F]{8})", header)} == set(texts)


def test_it_can_be_signed(tmp_path):
    """With a certificate of a minute; the signature holds, and breaks with any byte of the program."""
    key, certificate, signed = tmp_path / "key.pem", tmp_path / "certificate.pem", tmp_path / "keyturn.exe"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=keyturn test",
                    "-addext", "extendedKeyUsage=codeSigning", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    subprocess.run(["osslsigncode", "sign", "-certs", certificate, "-key", key, "-h", "sha256", "-n", "keyturn",
                    "-in", wine.KEYTURN, "-out", signed], check=True, capture_output=True)

    def verified():
        result = subprocess.run(["osslsigncode", "verify", "-CAfile", certificate, "-in", signed], capture_output=True,
                                text=True, check=False)
        return result.returncode == 0

    assert verified()
    data = bytearray(signed.read_bytes())
    data[len(data) // 2] ^= 1
    signed.write_bytes(data)
    assert not verified()


def test_the_package(tmp_path):
    made = []
    for name in ("one.zip", "two.zip"):
        out = tmp_path / name
        subprocess.run([wine.ROOT / "tools/windows/package.py", "--keyturn", wine.KEYTURN, "--out", out], check=True,
                       capture_output=True)
        made.append(out.read_bytes())
    assert made[0] == made[1]
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert archive.namelist() == ["README.txt", "keyturn.exe", "keyturn.toml", "licenses.txt"]
        assert archive.read("keyturn.exe") == wine.KEYTURN.read_bytes()
        readme = archive.read("README.txt").decode("utf-8")
        licenses = archive.read("licenses.txt").decode("utf-8")
    assert f"keyturn {version()} for Windows" in readme and "@" not in readme
    assert readme.count("\r\n") == readme.count("\n")
    for linked in ("Apache License", "Niels Lohmann", "spdlog", "mingw-w64"):
        assert linked in licenses


def version():
    return re.search(r"project\(keyturn VERSION ([\d.]+)", (wine.ROOT / "CMakeLists.txt").read_text(encoding="utf-8"))[1]


def resources(program):
    """{(type, name): bytes} of the resources with numbers."""
    image = Image(pathlib.Path(program).read_bytes())
    root = image.at(image.directories[2][0])

    def entries(offset):
        named, numbered = struct.unpack_from("<HH", image.data, root + offset + 12)
        for i in range(named + numbered):
            name, child = struct.unpack_from("<II", image.data, root + offset + 16 + 8 * i)
            yield name, child & 0x7FFFFFFF

    found = {}
    for kind, names in entries(0):
        for name, languages in entries(names):
            for _, leaf in entries(languages):
                address, size = struct.unpack_from("<II", image.data, root + leaf)
                found[kind, name] = image.data[image.at(address):image.at(address) + size]
    return found
