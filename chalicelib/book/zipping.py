"""A ZIP archive written from beginning to end, into anything that takes bytes.

`zipfile` can do that too, but then has the size and checksum of an entry follow its content, and a reader that streams
cannot tell where an entry ends that is stored and not compressed, as sound and the first entry of an EPUB are.
"""

import struct
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

LARGEST = 2**32 - 2**20
"""Bytes of an archive without the extension for larger ones, which readers of books need not know."""

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_VERSION = 20
_UNIX = 3 << 8
_READABLE = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class _Entry:
    name: bytes
    method: int
    crc32: int
    packed: int
    size: int
    offset: int


class ZipWriter:
    """Writes entries one after another; `close` writes the directory. Raises ValueError beyond LARGEST bytes."""

    def __init__(self, write: Callable[[bytes], object], made: datetime) -> None:
        self._write = write
        self._day = max(0, made.year - 1980) << 9 | made.month << 5 | made.day
        self._time = made.hour << 11 | made.minute << 5 | made.second // 2
        self._entries: list[_Entry] = []
        self.written = 0

    def add(self, name: str, content: bytes, *, stored: bool = False) -> None:
        """Write an entry from memory, compressed unless `stored`."""
        crc = zlib.crc32(content)
        if stored:
            self.stream(name, len(content), crc, [content])
            return
        packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        packed = packer.compress(content) + packer.flush()
        self._begin(_Entry(name.encode(), 8, crc, len(packed), len(content), self.written))
        self._put(packed)

    def stream(self, name: str, size: int, crc32: int, chunks: Iterable[bytes]) -> None:
        """Write an entry as it comes, stored; raise ValueError where it has another size or checksum than was said."""
        self._begin(_Entry(name.encode(), 0, crc32, size, size, self.written))
        before, crc = self.written, 0
        for chunk in chunks:
            crc = zlib.crc32(chunk, crc)
            self._put(chunk)
        if self.written - before != size or crc != crc32:
            raise ValueError(f"{name} is not what it was said to be: {self.written - before} of {size} bytes")

    def close(self) -> int:
        """Write the directory; return the bytes written in all."""
        start = self.written
        for entry in self._entries:
            self._put(
                _CENTRAL.pack(
                    *(b"PK\1\2", _UNIX | _VERSION, _VERSION, 0, entry.method, self._time, self._day),
                    *(entry.crc32, entry.packed, entry.size, len(entry.name), 0, 0, 0, 0, _READABLE, entry.offset),
                )
                + entry.name
            )
        count = len(self._entries)
        self._put(_END.pack(b"PK\5\6", 0, 0, count, count, self.written - start, start, 0))
        return self.written

    def _begin(self, entry: _Entry) -> None:
        if self.written + entry.packed > LARGEST:
            raise ValueError(f"The archive would be larger than {LARGEST} bytes")
        self._entries.append(entry)
        self._put(
            _LOCAL.pack(
                *(b"PK\3\4", _VERSION, 0, entry.method, self._time, self._day),
                *(entry.crc32, entry.packed, entry.size, len(entry.name), 0),
            )
            + entry.name
        )

    def _put(self, data: bytes) -> None:
        self._write(data)
        self.written += len(data)
