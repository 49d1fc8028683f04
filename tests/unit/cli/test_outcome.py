"""How commands end: codes, words and JSON."""

from __future__ import annotations

import json

import pytest
import typer

from landbridge.cli.outcome import MEANINGS, Ended, ExitCode, ending, exit_code_of, write_json
from landbridge.errors import (
    Finding,
    InvalidCase,
    InvalidGame,
    InvalidInstance,
    InvalidRun,
    LandbridgeError,
    MissingPackage,
    NoShare,
    OutputError,
    SolverError,
    UnknownName,
)

FINDING = Finding(where="orders.csv:79", column="qty", message="found 'abc', expected a number", code="not-a-number")


def subclasses(kind: type) -> set[type]:
    return {found for item in kind.__subclasses__() for found in (item, *subclasses(item))}


def test_every_error_of_landbridge_has_an_exit_code():
    expected = {
        InvalidCase: ExitCode.INVALID_INPUT,
        InvalidGame: ExitCode.INVALID_INPUT,
        InvalidInstance: ExitCode.INVALID_INPUT,
        MissingPackage: ExitCode.INVALID_INPUT,
        NoShare: ExitCode.INVALID_INPUT,
        UnknownName: ExitCode.INVALID_INPUT,
        InvalidRun: ExitCode.REFUSED,
        OutputError: ExitCode.OUTPUT,
        SolverError: ExitCode.INTERNAL,
    }
    known = {kind for kind in subclasses(LandbridgeError) if kind.__module__ == "landbridge.errors"}
    assert known == set(expected)
    for kind, code in expected.items():
        error = kind([FINDING]) if kind in (InvalidCase, InvalidRun) else kind("x")
        assert exit_code_of(error) is code


def test_every_exit_code_has_a_meaning():
    assert set(MEANINGS) == set(ExitCode)


@pytest.mark.parametrize(
    ("error", "code", "name"),
    [
        (InvalidCase([FINDING]), 3, "invalid-case"),
        (OutputError("mine: exists already", code="output-exists"), 4, "output-exists"),
        (Ended(ExitCode.NO_PLAN, "no plan"), 6, "no-plan"),
        (KeyboardInterrupt(), 130, "cancelled"),
        (RuntimeError("boom"), 1, "internal"),
    ],
)
def test_a_failure_is_words_on_stderr_and_one_document_on_stdout(error, code, name, capsys):
    with pytest.raises(typer.Exit) as ended, ending(as_json=True):
        raise error
    assert ended.value.exit_code == code
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert (document["ok"], document["exit_code"], document["code"]) == (False, code, name)
    assert err.strip()


def test_findings_travel_with_the_document(capsys):
    with pytest.raises(typer.Exit), ending(as_json=True):
        raise InvalidCase([FINDING])
    assert json.loads(capsys.readouterr().out)["findings"] == [
        {"where": "orders.csv:79", "column": "qty", "code": "not-a-number", "message": "found 'abc', expected a number"}
    ]


def test_without_json_stdout_stays_empty_when_a_command_fails(capsys):
    with pytest.raises(typer.Exit), ending():
        raise InvalidCase([FINDING])
    out, err = capsys.readouterr()
    assert out == ""
    assert "orders.csv:79: qty: found 'abc', expected a number [not-a-number]" in err


def test_an_unexpected_error_is_short_and_shows_its_traceback_only_on_demand(capsys):
    with pytest.raises(typer.Exit), ending():
        raise RuntimeError("boom")
    short = capsys.readouterr().err
    assert "Unexpected RuntimeError: boom" in short
    assert "report" in short
    assert "Traceback" not in short
    with pytest.raises(typer.Exit), ending(debug=True):
        raise RuntimeError("boom")
    assert "Traceback" in capsys.readouterr().err


def test_a_document_holds_no_number_that_json_does_not_know():
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json({"gap": float("nan")})
