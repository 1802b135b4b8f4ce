"""A small shop, so that a journey means something: log in, browse, fill a cart, pay.

Who shops and what lies in the cart is in a signed cookie: any pod answers any step of a journey, and pods may come and
go in the middle of one. It is forgotten with the cookie; nothing is sold.
"""

from typing import Any

from flask import Blueprint, Response, jsonify, request, session

from app import work

PRODUCTS = 200
PAGE = 20
CART_MOST = 20  # different products: a cookie holds 4 kB
QUANTITY_MOST = 99
NAME_MOST = 64
LIST_MS, CART_MS, PAY_MS = 3.0, 1.0, 12.0
"""What the steps cost in CPU time."""

Answer = Response | tuple[Response, int]
shop = Blueprint("shop", __name__, url_prefix="/shop")


@shop.post("/login")
def login() -> Answer:
    """``{"user": NAME}``: begins a session with an empty cart."""
    user = _body().get("user")
    if not isinstance(user, str) or not 0 < len(user) <= NAME_MOST:
        return _refused(400, f"user: wanted a name of 1 to {NAME_MOST} characters")
    session.clear()
    session["user"], session["cart"] = user, {}
    return jsonify(user=user)


@shop.get("/products")
def products() -> Answer:
    """One ``page`` (from 1) of the catalogue; nobody has to be logged in."""
    page = request.args.get("page", "1")
    if not (page.isascii() and page.isdigit() and 1 <= int(page) <= PRODUCTS // PAGE):
        return _refused(400, f"page: wanted 1 to {PRODUCTS // PAGE}")
    work.burn(LIST_MS)
    first = (int(page) - 1) * PAGE + 1
    return jsonify(products=[{"id": n, "cents": cents(n)} for n in range(first, first + PAGE)])


@shop.get("/cart")
def see() -> Answer:
    """What lies in the cart, and what it costs."""
    return _cart() if "user" in session else _refused(401, "log in first")


@shop.post("/cart")
def add() -> Answer:
    """``{"product": N, "quantity": N}``: puts it into the cart, beside what is there."""
    if "user" not in session:
        return _refused(401, "log in first")
    product, quantity = _body().get("product"), _body().get("quantity", 1)
    if not _whole(product, PRODUCTS):
        return _refused(404, f"product: wanted 1 to {PRODUCTS}")
    if not _whole(quantity, QUANTITY_MOST):
        return _refused(400, f"quantity: wanted 1 to {QUANTITY_MOST}")
    cart = {**session["cart"], str(product): quantity}
    if len(cart) > CART_MOST:
        return _refused(409, f"at most {CART_MOST} different products")
    work.burn(CART_MS)
    session["cart"] = cart
    return _cart()


@shop.post("/pay")
def pay() -> Answer:
    """Takes the money and empties the cart: the dearest step."""
    if "user" not in session:
        return _refused(401, "log in first")
    if not session["cart"]:
        return _refused(409, "the cart is empty")
    work.burn(PAY_MS)
    paid, session["cart"] = _total(), {}
    return jsonify(paid_cents=paid)


def cents(product: int) -> int:
    """The price of a product."""
    return 100 + product * 37 % 900


def _whole(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


def _cart() -> Response:
    return jsonify(cart=session["cart"], cents=_total())


def _total() -> int:
    return sum(cents(int(product)) * quantity for product, quantity in session["cart"].items())


def _refused(status: int, detail: str) -> tuple[Response, int]:
    return jsonify(error="refused", detail=detail), status
