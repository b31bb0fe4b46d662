"""Exit codes that scripts can use, and the one place where an error becomes one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from core.errors import ConfigError, SkiptraceError, SourceUnusable, Transient


class Exit(IntEnum):
    """0 done · 1 stopped, nothing published · 2 wrong usage or configuration · 3 done, but a source failed ·
    4 try again (locked or unreachable) · 130 interrupted.
    """

    DONE = 0
    STOPPED = 1
    USAGE = 2
    INCOMPLETE = 3
    TRY_AGAIN = 4
    INTERRUPTED = 130


@contextmanager
def told() -> Iterator[None]:
    """Errors of ours become one line on stderr and an exit code; anything else is a defect and keeps its traceback."""
    from cli.messages import t

    try:
        yield
    except ConfigError as e:
        _leave(str(e), Exit.USAGE)
    except Transient as e:
        _leave(str(e), Exit.TRY_AGAIN)
    except SourceUnusable as e:
        _leave(str(e), Exit.STOPPED)
    except SkiptraceError as e:
        _leave(str(e), Exit.STOPPED)
    except OSError as e:
        _leave(f"{e.filename or ''}: {e.strerror}".lstrip(": "), Exit.USAGE)
    except KeyboardInterrupt:
        _leave(t("interrupted"), Exit.INTERRUPTED)


def _leave(message: str, code: Exit) -> None:
    print(message, file=sys.stderr)
    sys.exit(code)
