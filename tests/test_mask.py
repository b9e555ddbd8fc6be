"""What may be kept of a text that may hold secrets."""

from __future__ import annotations

import json
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgjobs.mask import STACK_LIMIT, Mask, mask_parameters

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAK\n-----END RSA PRIVATE KEY-----"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZSJ9.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (
            "connect postgresql://app:S3cr3t@db/app failed",
            "connect postgresql://app:***@db/app failed",
        ),
        ("amqp://app:p@ss:w@mq:5672", "amqp://app:***@mq:5672"),
        ("postgresql://app@db:5432/app", "postgresql://app@db:5432/app"),
        ("host=db password=S3cr3t user=app", "host=db password=*** user=app"),
        (r"password='it\'s S3cr3t' user=app", "password=*** user=app"),
        ("PGPASSWORD=S3cr3t", "PGPASSWORD=***"),
        ("f(api_key => 'S3cr3t')", "f(api_key => ***)"),
        ('{"password": "S3cr3t", "user": "app"}', '{"password": "***", "user": "app"}'),
        ("?token=S3cr3t&page=2", "?token=***&page=2"),
        (
            'password authentication failed for user "app"',
            'password authentication failed for user "app"',
        ),
        ("Authorization: Bearer abc.def-123456", "Authorization: Bearer ***"),
        ("key AKIAIOSFODNN7EXAMPLE is off", "key AKIA*** is off"),
        (f"before\n{KEY}\nafter", "before\n***\nafter"),
        (KEY[:50], "***"),
        (f"jwt {JWT} sent", "jwt *** sent"),
        ("a\x00b\x07c\td\ne", "abc\td\ne"),
        ("\x1b[31mred\x1b[0m\r\nnext\rlast", "red\nnext\nlast"),
        ("half \udc80 pair", "half ? pair"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, kept: str) -> None:
    assert Mask()(text) == kept


@given(
    secret=st.text(min_size=4, max_size=30).filter(
        lambda text: Mask()(text) == text and text.strip("*")
    ),
    before=st.text(max_size=20),
    after=st.text(max_size=20),
)
def test_a_declared_secret_never_stays(secret: str, before: str, after: str) -> None:
    mask = Mask([secret])
    for form in (secret, quote_plus(secret), repr(secret)[1:-1]):
        assert form not in mask(f"{before}{form}{after}").replace("***", "")


def test_a_short_secret_hides_only_where_it_stands_alone() -> None:
    assert Mask(["a1"])("a1 ba1 'a1'") == "*** ba1 '***'"


def test_an_empty_secret_hides_nothing() -> None:
    assert Mask(["", "\x00"])("text") == "text"


def test_the_longer_of_two_secrets_is_hidden_first() -> None:
    assert Mask(["hunter", "hunter2"])("hunter2") == "***"


def test_a_stack_keeps_its_end_within_the_limit() -> None:
    kept = Mask().stack("first\n" + "ä" * 20_000 + "\nlast\ud800")
    assert len(kept.encode()) <= STACK_LIMIT
    assert kept.startswith("first\n")
    assert "[… cut …]" in kept
    assert kept.endswith("\nlast?")


def test_a_secret_at_the_cut_is_hidden_before_it() -> None:
    text = "x" * (STACK_LIMIT // 4 - 3) + "hunter2hunter2" + "y" * STACK_LIMIT
    assert "hun" not in Mask(["hunter2hunter2"]).stack(text)


def test_parameters_are_stored_without_secrets() -> None:
    params = {
        "token": "hunter2hunter2",
        "unset": None,
        "url": "https://a:b@c/",
        "note": "is hunter2hunter2",
        "days": 3,
        "many": ["hunter2hunter2", 1],
    }
    stored = mask_parameters(params, {"token", "unset"})
    assert stored == {
        "token": "***",
        "unset": None,
        "url": "https://a:***@c/",
        "note": "is ***",
        "days": 3,
        "many": ["***", 1],
    }
    assert "hunter2" not in json.dumps(stored)
