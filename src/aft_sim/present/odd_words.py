"""State variables of the world in words, for the ODD protocol; a test compares the names with the world's."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

STATE: Mapping[str, str] = MappingProxyType(
    {
        "plan": "the scenario bound to a baseline: parameters by week, calendar, designations; does not change",
        "opening": "the state on the first Monday that chance does not touch; shared by runs, does not change",
        "n": "people waiting",
        "mix": "people waiting by board of residence, without weeks",
        "stock": "people waiting, all weeks together",
        "opening_list": "people waiting at the opening; does not change",
        "pattern": "expected starts a standard week, after choice of provider",
        "row_rate": "the same by row",
        "spared": "clock starts that lower need has spared, relative to those there are",
        "starts_index": "expected starts of the week, season apart",
        "row_z": "chance of referrals, a standard normal that lasts",
        "productivity": "log deviation of a provider's productivity from England's path",
        "validation": "effort of validation this month, mean one",
        "mean_list": "half-year mean of the list",
        "mean_starts": "half-year mean of starts",
        "missing": "share by which treatment of those who wait falls short of the opening's, remembered",
        "to_return": "people removed in error, by weeks until they come back",
        "returns": "people who come back this week",
        "wait_reference": "mean weeks waited at the opening; does not change",
        "recent_waits": "mean weeks waited in the last three returns",
        "theatre_gain": "further admitted completions a week from theatres and hubs",
        "equipment": "equipment relative to the opening",
        "revenue_gain": "further completions a week bought with one-off revenue",
        "staff": "staff that money pays for, relative to the usual path",
        "management": "output left by the load of oversight and by spending controls, relative to the opening",
        "held_back": "share of controlled spending that may not be spent, beyond the opening's",
        "outsourced": "work a week that goes to the independent sector beyond the opening",
        "opening_money": "the year of money at the opening; does not change",
        "ledger": "every payment, and so cash, income, cost and capital of every account",
        "money": "pots, backlog, envelopes, last year's deficits, the month's draws",
        "signals": "what the last monthly return told everybody: list and 18-week share by provider",
        "urgent": "emergency admissions, beds, occupancy, four-hour share, what emergencies displace",
        "health": "care outside hospital and prevention beyond the opening, and the need that is left",
        "contracts_iho": "population budgets: who holds them for whom, on what terms, and their books",
        "oversight": "scores and segments, scored and published, and capability of boards",
        "month": "people who started, were treated, removed, came back this month",
        "counts": "the list as the monthly return counts it",
        "events": "what happened to trusts, with reasons",
    }
)
"""What each field of `World` is."""
