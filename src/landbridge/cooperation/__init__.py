"""What cooperation is worth, how to divide it, and what is certain about the division."""

from landbridge.cooperation.agreements import value_agreements
from landbridge.cooperation.certificate import Certificate, certify
from landbridge.cooperation.core import LeastCore, Subsidy, least_core, least_subsidy
from landbridge.cooperation.endow import QuotaRule
from landbridge.cooperation.equal_profit import EqualProfit, equal_profit
from landbridge.cooperation.game import Game, exact_game, is_convex, tighten, warn_superadditivity
from landbridge.cooperation.marginal import gately, proportional, tau
from landbridge.cooperation.nucleolus import Nucleolus, nucleolus, passes_kohlberg
from landbridge.cooperation.owen import OwenShares, owen_shares
from landbridge.cooperation.players import PlayerKind
from landbridge.cooperation.settlement import Payment, round_shares, settle
from landbridge.cooperation.shapley import SampledShapley, sample_shapley, shapley, shapley_interval
from landbridge.cooperation.share import Shared, ShareProgress, ShareWishes, share
from landbridge.cooperation.values import Effort

__all__ = [
    "value_agreements",
    "share",
    "ShareWishes",
    "ShareProgress",
    "Shared",
    "QuotaRule",
    "PlayerKind",
    "Effort",
    "Certificate",
    "EqualProfit",
    "Game",
    "LeastCore",
    "Nucleolus",
    "OwenShares",
    "Payment",
    "SampledShapley",
    "Subsidy",
    "certify",
    "equal_profit",
    "exact_game",
    "gately",
    "is_convex",
    "least_core",
    "least_subsidy",
    "nucleolus",
    "owen_shares",
    "passes_kohlberg",
    "proportional",
    "round_shares",
    "sample_shapley",
    "settle",
    "shapley",
    "shapley_interval",
    "tau",
    "tighten",
    "warn_superadditivity",
]
