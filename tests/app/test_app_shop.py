"""The shop, asked as a journey asks it: in steps, each of which another pod may answer."""

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.service import create_app
from app.settings import Settings, from_environment
from app.shop import CART_MOST, cents


def pod(name: str, **settings: str) -> FlaskClient:
    """A pod of the service; its client brings the cookies that it is given, and keeps none."""
    return create_app(Settings(pod=name, **settings)).test_client(use_cookies=False)


def cookie(answer: TestResponse) -> dict[str, str]:
    """The header that brings an answer's cookie back."""
    return {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}


def test_each_step_of_a_journey_may_be_another_pods() -> None:
    """Log in at one pod, fill the cart at the second, pay at the third: the cookie holds all there is."""
    first, second, third = pod("web-1"), pod("web-2"), pod("web-3")
    logged_in = first.post("/shop/login", json={"user": "ann"})
    assert first.get("/shop/products?page=2").json["products"][0] == {"id": 21, "cents": cents(21)}
    one = second.post("/shop/cart", json={"product": 21}, headers=cookie(logged_in))
    two = first.post("/shop/cart", json={"product": 3, "quantity": 2}, headers=cookie(one))
    assert two.json == {"cart": {"21": 1, "3": 2}, "cents": cents(21) + 2 * cents(3)}
    assert second.get("/shop/cart", headers=cookie(two)).json == two.json
    paid = third.post("/shop/pay", headers=cookie(two))
    assert paid.json == {"paid_cents": cents(21) + 2 * cents(3)}
    assert first.get("/shop/cart", headers=cookie(paid)).json == {"cart": {}, "cents": 0}
    assert paid.headers["X-Pod"] == "web-3"


@pytest.mark.parametrize(("method", "path", "body", "status"), [
    ("POST", "/shop/login", {}, 400), ("POST", "/shop/login", {"user": ""}, 400), ("POST", "/shop/login", [1], 400),
    ("GET", "/shop/products?page=0", None, 400), ("GET", "/shop/products?page=11", None, 400),
    ("GET", "/shop/products?page=x", None, 400), ("GET", "/shop/products?page=10", None, 200),
    ("GET", "/shop/cart", None, 401), ("POST", "/shop/cart", {"product": 1}, 401), ("POST", "/shop/pay", None, 401),
])  # fmt: skip
def test_a_stranger_may_browse_only(method: str, path: str, body: object, status: int) -> None:
    """Every refusal is a 4xx with a reason."""
    answer = pod("web-1").open(path, method=method, json=body)
    assert answer.status_code == status
    assert status == 200 or answer.json["detail"]


@pytest.mark.parametrize(("path", "body", "status"), [
    ("/shop/cart", {"product": 0}, 404), ("/shop/cart", {"product": 201}, 404), ("/shop/cart", {"product": "1"}, 404),
    ("/shop/cart", {"product": True}, 404), ("/shop/cart", {"product": 1, "quantity": 0}, 400),
    ("/shop/cart", {"product": 200, "quantity": 99}, 200), ("/shop/pay", {}, 409),
])  # fmt: skip
def test_what_is_not_in_the_shop_is_refused(path: str, body: dict[str, object], status: int) -> None:
    """And nobody pays for an empty cart."""
    client = pod("web-1")
    assert (
        client.post(path, json=body, headers=cookie(client.post("/shop/login", json={"user": "ann"}))).status_code
        == status
    )


def test_a_cart_has_bounds_so_that_its_cookie_fits() -> None:
    """4 kB is what browsers keep; one product more is refused, another number of one that is there is not."""
    client = pod("web-1")
    answer = client.post("/shop/login", json={"user": "a" * 64})
    for product in range(1, CART_MOST + 1):
        answer = client.post("/shop/cart", json={"product": product, "quantity": 99}, headers=cookie(answer))
        assert len(answer.headers["Set-Cookie"]) < 4000
    assert client.post("/shop/cart", json={"product": 100}, headers=cookie(answer)).status_code == 409
    assert client.post("/shop/cart", json={"product": 1, "quantity": 1}, headers=cookie(answer)).status_code == 200


def test_a_cookie_of_another_key_is_no_session() -> None:
    """SESSION_KEY signs them; the default is the same in every pod."""
    other = pod("web-1", session_key=from_environment({"SESSION_KEY": "another"}).session_key)
    logged_in = other.post("/shop/login", json={"user": "ann"})
    assert other.get("/shop/cart", headers=cookie(logged_in)).status_code == 200
    assert pod("web-2").get("/shop/cart", headers=cookie(logged_in)).status_code == 401
