"""The frames of SPDY/3.1: bytes in, frames out, and the other way round. No I/O.

Source: the SPDY protocol, draft 3.1 (sections 2.6 and 2.7); what its Go library leaves out (moby/spdystream: flow
control, pushed streams) is passed over here too.
"""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

VERSION = 3
MOST_BYTES = 4 * 1024 * 1024
"""What one frame may carry; clients send 32 KiB."""
MOST_HEADERS = 64 * 1024
_SYN_STREAM, _SYN_REPLY, _RST_STREAM, _PING, _GOAWAY = 1, 2, 3, 6, 7
_FIN = 1
_CANCEL = 5

_WORDS = """options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges
age allow authorization cache-control connection content-base content-encoding content-language
content-length content-location content-md5 content-range content-type date etag expect expires from host
if-match if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards
pragma proxy-authenticate proxy-authorization range referer retry-after server te trailer
transfer-encoding upgrade user-agent vary via warning www-authenticate method get status 200|OK version
HTTP/1.1 url public set-cookie keep-alive origin"""
_TEXT = (
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Au"
    "thoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidd"
    "en404 Not Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr Ma"
    "y Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,imag"
    "e/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,publicpri"
    "vatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0."
)
DICTIONARY = b"".join(
    struct.pack(">I", len(word)) + word.replace("|", " ").encode() for word in _WORDS.split()
) + _TEXT.encode()  # fmt: skip
"""What headers are compressed with."""


@dataclass(frozen=True)
class Frame:
    """One frame. ``stream`` is 0 where it is about the connection."""

    stream: int


@dataclass(frozen=True)
class Opened(Frame):
    """The client opens a stream; the names of headers are in small letters."""

    headers: Mapping[str, str]
    fin: bool


@dataclass(frozen=True)
class Data(Frame):
    """A piece of a stream; ``fin``: the last one of this side."""

    data: bytes
    fin: bool


@dataclass(frozen=True)
class Reset(Frame):
    """A stream is broken off."""


@dataclass(frozen=True)
class Ping(Frame):
    """A question whose ``number`` is the answer."""

    number: int


class Reader:
    """Frames of one side, from bytes as they come."""

    def __init__(self) -> None:
        self._rest = b""
        self._inflate = zlib.decompressobj(zdict=DICTIONARY)

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that are whole now; ValueError for what is no SPDY."""
        self._rest += data
        found = []
        while len(self._rest) >= 8:
            size = int.from_bytes(self._rest[5:8], "big")
            if size > MOST_BYTES:
                raise ValueError(f"a frame of {size} bytes")
            if len(self._rest) < 8 + size:
                break
            head, body, self._rest = self._rest[:8], self._rest[8 : 8 + size], self._rest[8 + size :]
            frame = self._frame(head, body)
            if frame is not None:
                found.append(frame)
        return found

    def _frame(self, head: bytes, body: bytes) -> Frame | None:
        word, flags = int.from_bytes(head[:4], "big"), head[4]
        if not word >> 31:
            return Data(word, body, bool(flags & _FIN))
        version, kind = (word >> 16) & 0x7FFF, word & 0xFFFF
        if version != VERSION:
            raise ValueError(f"SPDY of version {version}")
        if kind == _SYN_STREAM:
            return Opened(_number(body), self._headers(body[10:]), bool(flags & _FIN))
        if kind == _RST_STREAM:
            return Reset(_number(body))
        return Ping(0, _number(body)) if kind == _PING else None

    def _headers(self, packed: bytes) -> dict[str, str]:
        try:
            text = self._inflate.decompress(packed, MOST_HEADERS)
        except zlib.error as error:
            raise ValueError(f"headers that cannot be read: {error}") from None
        if self._inflate.unconsumed_tail:
            raise ValueError(f"headers of more than {MOST_HEADERS} bytes")
        count, at, found = _number(text), 4, {}
        for _ in range(count):
            pair = []
            for _ in range(2):
                size = _number(text[at:])
                pair.append(text[at + 4 : at + 4 + size].decode(errors="replace"))
                at += 4 + size
            if at > len(text):
                raise ValueError("headers that are not whole")
            found[pair[0].lower()] = pair[1]
        return found


def _number(data: bytes) -> int:
    if len(data) < 4:
        raise ValueError("a frame that is not whole")
    return int.from_bytes(data[:4], "big")


class Writer:
    """Frames of one side, as bytes."""

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(zdict=DICTIONARY)

    def opened(self, stream: int, headers: Mapping[str, str]) -> bytes:
        """A stream of one's own (what clients send)."""
        return _control(_SYN_STREAM, struct.pack(">IIH", stream, 0, 0) + self._pack(headers))

    def accepted(self, stream: int) -> bytes:
        """The other side's stream is taken."""
        return _control(_SYN_REPLY, struct.pack(">I", stream) + self._pack({}))

    def data(self, stream: int, data: bytes, *, fin: bool = False) -> bytes:
        """A piece of a stream."""
        return struct.pack(">II", stream, (_FIN if fin else 0) << 24 | len(data)) + data

    def reset(self, stream: int) -> bytes:
        """A stream is broken off."""
        return _control(_RST_STREAM, struct.pack(">II", stream, _CANCEL))

    def ping(self, number: int) -> bytes:
        """A question, or the answer to one."""
        return _control(_PING, struct.pack(">I", number))

    def _pack(self, headers: Mapping[str, str]) -> bytes:
        words = [part.encode() for pair in headers.items() for part in pair]
        text = struct.pack(">I", len(headers)) + b"".join(struct.pack(">I", len(word)) + word for word in words)
        return self._deflate.compress(text) + self._deflate.flush(zlib.Z_SYNC_FLUSH)


def _control(kind: int, body: bytes) -> bytes:
    return struct.pack(">HHI", 0x8000 | VERSION, kind, len(body)) + body
