"""Events: read from what posts and carriers send, written as twelve statuses, folded into a state."""

from landbridge.operations.events.codes import code_table
from landbridge.operations.events.fold import fold, fold_store
from landbridge.operations.events.formats import FORMATS
from landbridge.operations.events.importing import EventImport, import_events
from landbridge.operations.events.reading import BadEvents

__all__ = ["FORMATS", "BadEvents", "EventImport", "code_table", "fold", "fold_store", "import_events"]
