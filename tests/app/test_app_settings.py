"""What the service reads from its environment."""

import pytest

from app.settings import Settings, SettingsError, from_environment


def test_defaults_stay_on_this_machine() -> None:
    """Without a pod around it the service binds loopback only, on the two documented ports."""
    settings = from_environment({"POD_NAME": "web-1"})
    assert settings == Settings(pod="web-1", host="127.0.0.1", port=8080, admin_port=8081)


def test_the_second_container_is_the_same_image() -> None:
    """Number, name and port come from the environment: the classic second container needs no second image."""
    settings = from_environment({"APP_NUMBER": "2", "APP_NAME": "Flask container", "PORT": "9090"})
    assert settings.greeting == "Hello from Flask container 2!"
    assert settings.port == 9090


def test_every_wrong_variable_is_named_at_once() -> None:
    """One message tells all mistakes, each with what was found and what is wanted."""
    with pytest.raises(SettingsError) as caught:
        from_environment({"PORT": "http", "ADMIN_PORT": "70000", "MAX_CONNECTION_AGE": "-1"})
    text = str(caught.value)
    assert "PORT: found 'http'" in text
    assert "ADMIN_PORT: found '70000', wanted a port from 1 to 65535" in text
    assert "MAX_CONNECTION_AGE: found '-1'" in text


def test_two_servers_need_two_ports() -> None:
    """The admin port may not be the service's own; one beside it may."""
    with pytest.raises(SettingsError, match="another port than PORT"):
        from_environment({"PORT": "9000", "ADMIN_PORT": "9000"})
    assert from_environment({"PORT": "9000", "ADMIN_PORT": "9001"}).admin_port == 9001


@pytest.mark.parametrize(("text", "age"), [("", None), ("2", 2.0), ("0.5", 0.5)])
def test_connections_may_be_given_an_age(text: str, age: float | None) -> None:
    """An unset age is no limit, which is not the same as zero."""
    assert from_environment({"MAX_CONNECTION_AGE": text}).max_connection_age_s == age


@pytest.mark.parametrize("text", ["0", "nan", "inf", "10s"])
def test_an_age_that_is_none_is_refused(text: str) -> None:
    """Zero, not-a-number, infinity and other words are refused."""
    with pytest.raises(SettingsError, match="MAX_CONNECTION_AGE"):
        from_environment({"MAX_CONNECTION_AGE": text})
