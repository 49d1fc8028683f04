"""A division in words and tables, for the terminal: what each player brings, gains, receives, and who might leave."""

from __future__ import annotations

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from landbridge.cli.numbers import money
from landbridge.model.shares import CertificateRow, ShareRow, ShareTables, Verdict

METHODS_A_TABLE = 4
"""Methods beside each other on a terminal of 80 columns."""


def print_share(console: Console, tables: ShareTables) -> None:
    """Print the verdict, a page for each player, the methods side by side and the payments."""
    console.print(_headline(tables))
    console.print(Text(verdict_words(tables), style="bold"))
    console.print("")
    for text in player_pages(tables):
        console.print(text, soft_wrap=True)
    names = [row.method for row in tables.methods]
    for first in range(0, len(names), METHODS_A_TABLE):
        title = Text("Methods side by side" if first == 0 else "", style="bold")
        console.print(Group("", title, _methods(tables, names[first : first + METHODS_A_TABLE])))
    if tables.sampled:
        heading = f"Shapley value, estimated from {tables.sampled[0].samples} orders of arrival"
        console.print(Group("", Text(heading, style="bold"), _sampled(tables)))
    payments = _payments(tables)
    if payments is not None:
        console.print(Group("", Text("Payments", style="bold"), payments))
    for line in sensitivity_lines(tables):
        console.print(line, soft_wrap=True)
    for name, note in tables.summary.notes.items():
        console.print(f"note: {name}: {note}", soft_wrap=True)


def _headline(tables: ShareTables) -> Table:
    summary = tables.summary
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    alone = sum(row.alone for row in chosen(tables))
    grid.add_row("together", money(summary.value, summary.currency))
    grid.add_row("alone", f"{money(alone, summary.currency)} in all")
    grid.add_row("gain", money(summary.value - alone, summary.currency))
    short = summary.bound - summary.value
    grid.add_row("left to find", f"at most {money(short, summary.currency)}: what a better joint plan could add")
    grid.add_row("division", summary.method)
    return grid


def chosen(tables: ShareTables) -> list[ShareRow]:
    """Rows of the method that is certified."""
    return [row for row in tables.shares if row.method == tables.summary.method]


def verdict_words(tables: ShareTables) -> str:
    """What is certain about the division, in a sentence."""
    summary = tables.summary
    worst = money(abs(summary.epsilon_high), summary.currency)
    match Verdict(summary.verdict):
        case Verdict.STABLE:
            return f"{summary.verdict}: no group of players can do better by itself; each is ahead by {worst} or more."
        case Verdict.EPSILON:
            return f"{summary.verdict}: no group of players can do better by itself by more than {worst}."
        case Verdict.EMPTY:
            low, high = money(summary.subsidy_low), money(summary.subsidy_high, summary.currency)
            return (
                f"{summary.verdict}: no division at all keeps every group; {low} to {high} would have to be added. In "
                f"this one a group gains at most {worst} by leaving."
            )
        case _:
            low = money(summary.epsilon_low)
            return f"{summary.verdict}: the most a group gains by leaving lies between {low} and {worst}."


def player_pages(tables: ShareTables) -> list[str]:
    """For each player, in words: what it brings, gains and pays, and with whom it is closest to leaving."""
    values = {frozenset(row.members.split()): row for row in tables.coalitions}
    everyone = frozenset(tables.summary.players)
    pages = []
    for row in chosen(tables):
        without = values.get(everyone - {row.player})
        brings = ""
        if without is not None:
            least = max(0.0, tables.summary.value - without.value_high)
            reach = money(without.value_high)
            brings = f"; without it the others reach at most {reach}, so it brings {money(least)} or more"
        pages.append(
            f"{row.player}: alone {money(row.alone)}{brings}. Its share is {money(row.share)}, "
            f"a gain of {money(row.gain)}. {_payment(row)} {_closest(tables, row.player)}"
        )
    return pages


def sensitivity_lines(tables: ShareTables) -> list[str]:
    """Who would lose if inputs were wrong and the payments stayed."""
    lines = []
    for scenario in dict.fromkeys(row.scenario for row in tables.sensitivity):
        rows = [row for row in tables.sensitivity if row.scenario == scenario]
        lose = [f"{row.player} ({money(row.alone_low - row.result)})" for row in rows if row.verdict == "loses"]
        unclear = [row.player for row in rows if row.verdict == "open"]
        told = f"lose against going alone: {', '.join(lose)}" if lose else "nobody is certain to lose"
        lines.append(f"if {scenario}: {told}." + (f" Open: {', '.join(unclear)}." if unclear else ""))
    return ["", *lines] if lines else []


def _payment(row: ShareRow) -> str:
    if row.payment == 0:
        return f"Its own cash in the plan, {money(row.cash)}, is its share: it pays and receives nothing."
    verb = "receives" if row.payment > 0 else "pays"
    return f"Its own cash in the plan is {money(row.cash)}: it {verb} {money(abs(row.payment))}."


def _closest(tables: ShareTables, player: str) -> str:
    """The coalition with this player that is closest to leaving, and by how much."""
    rows = [row for row in tables.certificate if player in row.coalition.split()]
    worst: CertificateRow = max(rows, key=lambda row: row.excess_high)
    group = worst.coalition.split()
    others = [name for name in group if name != player]
    who = f"together with {' '.join(others)}" if others else "by itself"
    if worst.excess_high <= 0 and not tables.summary.is_complete:  # only some coalitions have rows
        return f"{who.capitalize()} it would lose {money(-worst.excess_high)} or more."
    if worst.excess_high <= 0:
        return f"It is closest to leaving {who}, and would lose {money(-worst.excess_high)} or more."
    if worst.excess_low > 0:
        return f"It would gain {money(worst.excess_low)} or more by leaving {who}."
    return f"Whether it would gain by leaving {who} is open: at most {money(worst.excess_high)}."


def _methods(tables: ShareTables, names: list[str]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("player", no_wrap=True)
    for name in names:
        table.add_column(name, justify="right")
    share = {(row.method, row.player): row.share for row in tables.shares}
    for player in tables.summary.players:
        table.add_row(player, *(money(share[name, player]) for name in names))
    most = {row.method: row.epsilon_high for row in tables.methods}
    table.add_row("a group gains at most", *(money(most[name]) for name in names), style="dim")
    return table


def _sampled(tables: ShareTables) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("player", no_wrap=True)
    table.add_column("share", justify="right")
    table.add_column(f"{100 * tables.sampled[0].confidence:g} % within", justify="right")
    for row in tables.sampled:
        table.add_row(row.player, money(row.share), f"± {money(row.half_width)}")
    return table


def _payments(tables: ShareTables) -> Table | None:
    if not tables.settlement:
        return None
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for _ in range(3):
        table.add_column()
    for row in tables.settlement:
        table.add_row(row.payer, f"pays {row.payee}", f"{row.amount:,.2f} {tables.summary.currency}")
    return table
