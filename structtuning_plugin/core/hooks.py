"""Markers of the plugin system. They stand alone, so that every room can implement a hook."""

from __future__ import annotations

import pluggy

GROUP = "structtuning"
hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)
