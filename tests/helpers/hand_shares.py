"""A division of the week's plan, made by hand: it need not be a good one."""

from __future__ import annotations

from landbridge.model.shares import CertificateRow, MethodRow, PaymentRow, ShareRow, ShareSummary, ShareTables

SHARED = ShareTables(
    summary=ShareSummary(
        players=("N", "S"),
        kind="regions",
        method="shapley",
        agreements="all",
        quotas="",
        quota={},
        verdict="UNDECIDED",
        epsilon_low=-5.0,
        epsilon_high=12.0,
        tolerance=0.0,
        value=191.0,
        bound=201.0,
        subsidy_low=0.0,
        subsidy_high=0.0,
        currency="USD",
        is_complete=True,
    ),
    coalitions=(),
    methods=(
        MethodRow(method="shapley", verdict="UNDECIDED", epsilon_low=-5.0, epsilon_high=12.0, closest="N"),
        MethodRow(method="owen", verdict="UNDECIDED", epsilon_low=-1.0, epsilon_high=30.0, closest="S"),
    ),
    shares=(
        ShareRow(method="shapley", player="N", alone=20.0, share=120.0, gain=100.0, cash=0.0, payment=120.0),
        ShareRow(method="shapley", player="S", alone=30.0, share=71.0, gain=41.0, cash=191.0, payment=-120.0),
        ShareRow(method="owen", player="N", alone=20.0, share=90.0, gain=70.0, cash=0.0, payment=90.0),
    ),
    certificate=(
        CertificateRow(coalition="N", excess_low=-100.0, excess_high=-90.0, verdict="certified"),
        CertificateRow(coalition="S", excess_low=-5.0, excess_high=12.0, verdict="open"),
    ),
    weights=(),
    settlement=(PaymentRow(payer="S", payee="N", amount=120.0),),
)
