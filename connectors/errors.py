"""What can go wrong between a question and its answer.

::

    CostwattError                 one clear line: what, where, what to do
    ├── UsageError                bad input of a person            -> exit code 2
    └── ConnectorError            a source gave no usable answer   -> the run goes on without it
        ├── MissingCredentials    optional credentials not given   -> skipped, with the reason
        │   └── RegionNotEnabled  the account may not use a region -> skipped, with the reason
        ├── SourceUnavailable     no answer, or an error status    -> last accepted rows, marked
        │   └── RateLimited       throttled beyond the run's budget
        ├── SchemaDrift           an answer in another shape       -> this partition fails
        └── UnsafeAddress         plain http or a foreign host     -> never followed
"""


class CostwattError(Exception):
    """Base of every error that costwatt raises on purpose; its text is fit for a person."""


class UsageError(CostwattError):
    """A person's input is wrong: which, where, and what would be right."""


class ConnectorError(CostwattError):
    """A source could not answer; the message names source, address and what to do."""


class MissingCredentials(ConnectorError):
    """The source needs a key that is not set; it is optional, so the source is skipped."""


class RegionNotEnabled(MissingCredentials):
    """The credentials are good, but the account has not opted in to this region."""


class SourceUnavailable(ConnectorError):
    """No connection, a time-out, an error status, or a body that ends early.

    Args:
        status: the HTTP status, where there was an answer.
        resumable: the body broke off and what came is kept for the next try.
    """

    def __init__(self, message: str, *, status: int | None = None, resumable: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.resumable = resumable


class RateLimited(SourceUnavailable):
    """The source throttles for longer than this run may wait."""


class SchemaDrift(ConnectorError):
    """The answer lacks a needed field or is in another format than documented."""


class UnsafeAddress(ConnectorError):
    """An address that is not https (loopback excepted), or one that leads to another host."""
