#!/usr/bin/env python3
"""Finishes keyturn.exe after the linker: strips it, and points its header to the load configuration that the program holds
(src/cli/main_windows.cc), which Microsoft's linker does by itself and binutils' can't. That makes Windows load the libraries
the program links to from its own folder only: before any of the program's code runs, nothing else can see to it."""

import argparse
import pathlib
import struct
import subprocess

_SYMBOL = "keyturn_load_config"
_LOAD_CONFIG = 10  # IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG


def address_of_symbol(program, nm):
    """Of the load configuration, relative to the image's base."""
    lines = subprocess.run([nm, program], capture_output=True, text=True, check=True).stdout.splitlines()
    (address,) = [int(line.split()[0], 16) for line in lines if line.endswith(f" {_SYMBOL}")]
    image = program.read_bytes()
    return address - struct.unpack_from("<Q", image, struct.unpack_from("<I", image, 0x3C)[0] + 48)[0]


def offset_of(image, address):
    """Where in the file that address is."""
    header = struct.unpack_from("<I", image, 0x3C)[0]
    sections, optional_size = struct.unpack_from("<H12xH", image, header + 6)
    for i in range(sections):
        size, start, raw_size, raw = struct.unpack_from("<IIII", image, header + 24 + optional_size + 40 * i + 8)
        if start <= address < start + min(size, raw_size):
            return raw + address - start
    raise SystemExit(f"finish.py: no section holds address {address:#x}")


def checksum(image):
    """As CheckSumMappedFile has it; the field itself must be 0."""
    words = image + b"\0" * (len(image) % 2)
    total = 0
    for (word,) in struct.iter_unpack("<H", words):
        total += word
        total = (total & 0xFFFF) + (total >> 16)
    return (total + len(image)) & 0xFFFFFFFF


def without_time(image):
    """strip puts the present one into the header, so that no two builds were the same."""
    struct.pack_into("<I", image, struct.unpack_from("<I", image, 0x3C)[0] + 8, 0)


def point_to_load_config(image, address):
    header = struct.unpack_from("<I", image, 0x3C)[0]
    optional = header + 24
    assert struct.unpack_from("<H", image, optional)[0] == 0x20B, "not a 64-bit program"
    size = struct.unpack_from("<I", image, offset_of(image, address))[0]
    struct.pack_into("<II", image, optional + 112 + 8 * _LOAD_CONFIG, address, size)
    struct.pack_into("<I", image, optional + 64, 0)
    struct.pack_into("<I", image, optional + 64, checksum(bytes(image)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--nm", required=True)
    parser.add_argument("--strip", required=True)
    arguments = parser.parse_args()
    address = address_of_symbol(arguments.program, arguments.nm)
    subprocess.run([arguments.strip, "--strip-all", arguments.program], check=True)
    image = bytearray(arguments.program.read_bytes())
    without_time(image)
    point_to_load_config(image, address)
    arguments.program.write_bytes(image)


if __name__ == "__main__":
    main()
