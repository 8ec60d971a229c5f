"""How long hypothesis looks: `quick` by default, more with HYPOTHESIS_PROFILE=thorough."""

from __future__ import annotations

from support import hypothesis_profiles

hypothesis_profiles.load()
