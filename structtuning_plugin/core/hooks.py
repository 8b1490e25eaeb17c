"""Markers of the plugin system.

They have a module of their own, so that every room can implement a hook without importing the
specifications.
"""

from __future__ import annotations

import pluggy

GROUP = "structtuning"
hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)
