"""Names of a locustfile's requests, as they stand in the record."""

import pytest

from loadtest.driver.reported import Namer


@pytest.mark.parametrize(
    ("name", "url", "told"),
    [
        ("/cart?key=s3cret", "http://web/cart?key=s3cret", "/cart?..."),
        ("/cart?key=a b", "http://web/cart?key=a%20b", "/cart?..."),
        ("http://me:s3cret@web/cart?x=1", "http://web/cart?x=1", "http://web/cart?..."),
        ("/item?id=[id]", "http://web/item?id=17", None),
        ("/cart", "http://web/cart?key=s3cret", None),
        ("what is it?", "http://web/", None),
        ("mail@work", None, None),
    ],
)
def test_a_name_that_nobody_gave_has_no_query(name: str, url: str | None, told: str | None) -> None:
    """Locust takes the URL for a name: its query and user may be secrets, and a report is passed on. A name that the
    locustfile gives stays as it is."""
    assert Namer().kind("GET", name, url).name == (told or name)


def test_requests_that_differ_by_their_query_alone_are_of_one_name() -> None:
    """So a query for each item does not make a name for each."""
    namer = Namer()
    names = {namer.kind("GET", f"/item?id={n}", f"http://web/item?id={n}") for n in range(50)}
    assert len(names) == 1
