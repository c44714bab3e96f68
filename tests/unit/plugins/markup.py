"""A page as a browser takes it: its text, its links, and whether its tags are in order."""

from __future__ import annotations

from html.parser import HTMLParser

_VOID = frozenset({"br", "link", "meta"})


class Markup(HTMLParser):
    """Reads a page; raises ``AssertionError`` where a tag is not closed in its turn."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.pills: dict[str, str] = {}
        self._words: list[str] = []
        self._open: list[str] = []
        self._pill = ""
        self.feed(page)
        self.close()
        assert not self._open, f"not closed: {self._open}"

    @property
    def text(self) -> str:
        """What is read on the page, in one line."""
        return " ".join(" ".join(self._words).split())

    @property
    def links(self) -> list[str]:
        return [value for name, value in self.attributes if name == "href"]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        classes = dict(attrs).get("class") or ""
        self._pill = classes.removeprefix("pill ") if classes.startswith("pill ") else ""
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag, f"</{tag}> closes {self._open}"

    def handle_data(self, data: str) -> None:
        self._words.append(data)
        if self._pill and data.strip():
            self.pills[data.strip()] = self._pill
            self._pill = ""
