"""The service that is scaled: a small Flask app whose work per request is stated by the request."""
