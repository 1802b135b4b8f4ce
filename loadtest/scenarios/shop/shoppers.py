"""Shoppers of the project's app, as any Locust file: ``locust -f shoppers.py --host http://...`` takes it too."""

import random

from locust import HttpUser, SequentialTaskSet, constant, task

PAGES = 10
PAGE = 20


class Checkout(SequentialTaskSet):
    """One journey: look at a page, put two things of it into the cart, pay."""

    @task
    def browse(self) -> None:
        """Remember what the page offers."""
        page = random.randint(1, PAGES)
        with self.client.get(f"/shop/products?page={page}", name="browse", catch_response=True) as answer:
            if answer.ok and len(answer.json()["products"]) == PAGE:
                self.offered = [one["id"] for one in answer.json()["products"]]
            else:
                answer.failure(f"status {answer.status_code}" if not answer.ok else "a page with gaps")
                self.interrupt(reschedule=False)

    @task
    def fill(self) -> None:
        """Two things of the page."""
        for product in random.sample(self.offered, 2):
            self.client.post("/shop/cart", json={"product": product}, name="add to cart")

    @task
    def pay(self) -> None:
        """The last request closes the connection: who comes next may be sent to another pod."""
        self.client.post("/shop/pay", headers={"Connection": "close"}, name="pay")


class Shopper(HttpUser):
    """Logs in once, then shops as often as the plan sends somebody."""

    tasks = [Checkout]
    wait_time = constant(0)

    def on_start(self) -> None:
        """Log in; the cookie stays with this user's client."""
        self.client.post("/shop/login", json={"user": f"shopper-{id(self)}"}, name="log in")
