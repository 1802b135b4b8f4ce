"""One of the four answers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """One question, its answer in a few words (``tone``: pass | fail | unknown | invalid | plain) and the details."""

    question: str
    headline: str
    tone: str
    details: tuple[str, ...] = ()

    @property
    def short(self) -> str:
        """The answer with its first detail, as one line."""
        text = ". ".join([self.headline, *self.details[:1]])
        return text if text.endswith(("?", "!")) else text.rstrip(".") + "."
