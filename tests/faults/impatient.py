"""``costwatt`` with short time-outs, so that a mute server costs a test seconds, not minutes."""

from __future__ import annotations

from connectors import web

web.READ_SECONDS = 1.5
web.PATIENCE_SECONDS = 4.0
web.RETRY_AFTER_MAX_SECONDS = 1

from flows.cli import main  # noqa: E402  reads the limits above

main()
