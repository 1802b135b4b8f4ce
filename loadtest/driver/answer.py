"""Answers as they arrive on a connection: checked and framed by llhttp (in httptools), counted and not kept.

httptools hands out each header as a whole, however long, and for every one of them calls back: the two things wanted of
a head, the pod's name and whether the body has an end of its own, are looked up in the bytes that llhttp has accepted.
"""

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

BROKEN = (HttpParserError, HttpParserUpgrade)  # what is raised for bytes that are no HTTP answer

_END = b"\r\n\r\n"
_KEPT = 4096  # bytes of a head that comes in pieces: enough for a field that was cut in two


class Answer:
    """The answer that is arriving, then the next one on the same connection (after ``expect``).

    ``begun`` whether anything has come. Once ``whole``: ``status``; ``keep``, whether the connection can take another
    request; ``length``, the bytes of the body; ``pod``, the X-Pod header (None where there is none or more than one).
    """

    __slots__ = (
        *("begun", "keep", "length", "pod", "status", "whole"),
        *("_bounded", "_headed", "_interim", "_parser", "_tail"),
    )

    def __init__(self) -> None:
        self.status, self.keep = 0, False
        self.expect()
        self.on_message_begin()
        self._parser: HttpResponseParser | None = HttpResponseParser(self)

    def expect(self) -> None:
        """A request goes out: what comes next is the answer to it."""
        self.begun = self.whole = self._headed = False
        self._interim = 0
        self._tail = b""

    def forget(self) -> None:
        """No more answers: the parser, which holds on to this, is let go."""
        self._parser = None

    def feed(self, data: bytes) -> None:
        """Take what has arrived; ``BROKEN`` where it is no HTTP answer."""
        assert self._parser is not None
        self.begun = True
        headed = self._headed
        self._parser.feed_data(data)
        if not headed:  # empty lines before an answer are passed over, as llhttp does
            self._look(self._tail + data if self._tail else data.lstrip(b"\r\n"))

    def end(self) -> None:
        """The connection has ended, which ends a body that has no other end; ``BROKEN`` where something is missing."""
        assert self._parser is not None
        if not self._headed or self._bounded:
            raise HttpParserError("The connection ended within an answer.")
        self.status = self._parser.get_status_code()
        self.whole, self.keep = True, False

    def on_message_begin(self) -> None:
        """Called by httptools; what was before was interim, or nobody asked for it."""
        self.whole = self._headed = self._bounded = False
        self.length = 0
        self.pod: str | None = None

    def on_body(self, part: bytes) -> None:
        """Called by httptools, for each piece."""
        self.length += len(part)

    def on_message_complete(self) -> None:
        """Called by httptools."""
        assert self._parser is not None
        self.status = self._parser.get_status_code()
        if self.status < 200:
            self._interim += 1
        else:
            self.keep = self._parser.should_keep_alive()
            self.whole = True

    def _look(self, text: bytes) -> bytes:
        """Look into a head, or as much of it as there is, and return it."""
        begin = 0
        for _ in range(self._interim):
            begin = text.find(_END, begin) + len(_END)
        self._interim = 0
        end = text.find(_END, begin)
        self._headed = end >= 0
        head = text[begin : end + 2] if self._headed else text[begin:]
        self.pod = _field(head, b"\r\nx-pod:") or self.pod
        if not self.whole:
            lower = head.lower()
            chunked = b"\r\ntransfer-encoding:" in lower and b"chunked" in lower
            self._bounded = self._bounded or chunked or b"\r\ncontent-length:" in lower
            self._tail = b"" if self._headed else head[-_KEPT:]
        return head


class HeadAnswer(Answer):
    """The answer to a HEAD: whole with its head, whatever that says of a body. Good for one."""

    __slots__ = ()

    def feed(self, data: bytes) -> None:
        """Take what has arrived; a body where none may be costs the connection only."""
        try:
            super().feed(data)
        except BROKEN:
            if not self.whole:
                raise
            self._look(self._tail + data)
            self.keep = False

    def on_headers_complete(self) -> None:
        """Called by httptools."""
        assert self._parser is not None
        self.status = self._parser.get_status_code()
        self.whole = self.status >= 200

    def _look(self, text: bytes) -> bytes:
        """llhttp takes a head without a length for one whose body ends with the connection: not so after a HEAD."""
        head = super()._look(text)
        assert self._parser is not None
        connection = (_field(head, b"\r\nconnection:") or "").lower()
        lasting = "keep-alive" in connection if self._parser.get_http_version() == "1.0" else "close" not in connection
        self.keep = lasting and not self.length
        self.length = 0
        return head


def _field(head: bytes, name: bytes) -> str | None:
    """The value of a field, named as ``\\r\\nname:``, in whole lines of a head; None unless it is there once."""
    lower = head.lower()
    at = lower.find(name)
    if at < 0 or lower.find(name, at + 2) >= 0:
        return None
    at += len(name)
    end = head.find(b"\r\n", at)
    return head[at:end].strip().decode("latin-1") if end >= 0 else None
